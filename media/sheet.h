/* sheet.h: panels one after another on a page as wide as a paper's: Hinton diagrams and pictures
   made of little squares, each with a title and a line or two of small print, under headings.
   Lengths are points. */
#ifndef PAVLOV_MEDIA_SHEET_H
#define PAVLOV_MEDIA_SHEET_H

#include "pavlov/status.h"

enum {
    PV_SHEET_WIDTH = 720, /* of what can be drawn, between the margins */
    PV_PANEL_TEXT = 192,  /* bytes of a title or a note */
    PV_PANEL_LABEL = 48,  /* bytes of a label */
    PV_PANEL_APART = 4    /* points between weights and biases */
};

/* what explains the colours, in a heading */
typedef enum pv_legend_kind {
    PV_LEGEND_NONE,
    PV_LEGEND_SIGNS,  /* white and black squares */
    PV_LEGEND_COLOURS /* from negative to positive */
} pv_legend_kind;

/* One panel: a heading, a Hinton diagram (cell set) or a picture (pixels set). Arrays are the
   panel's, freed with the sheet. */
typedef struct pv_panel {
    char title[PV_PANEL_TEXT];
    char note[PV_PANEL_TEXT]; /* lines parted by \n */
    int heading;
    pv_legend_kind legend;
    double width, height; /* of the drawing */

    float *cell; /* [rows][columns]: area by magnitude relative to `full`, white where positive */
    int rows, columns;
    int apart, aside; /* 1: the last row (column), the biases, stands a little apart */
    double full, side;
    int cut; /* 1: some are larger than `full` */

    uint32_t *pixels; /* [pixel_height][pixel_width] 0xRRGGBB, `scale` points each */
    int pixel_width, pixel_height;
    double scale;

    char (*down)[PV_PANEL_LABEL];   /* labels at the left, every down_step points */
    char (*across)[PV_PANEL_LABEL]; /* labels above, every across_step points */
    int n_down, n_across;
    double down_step, across_step;
} pv_panel;

typedef struct pv_sheet {
    const char *title, *note; /* NULL: none */
    pv_panel *panels;
    int n;
} pv_sheet;

/* Adds an empty panel, or a heading with a legend; NULL for want of memory. The pointer holds until
   the next call. */
pv_panel *pv_sheet_add(pv_sheet *sheet);
pv_status pv_sheet_head(pv_sheet *sheet, const char *title, const char *note,
                        pv_legend_kind legend);
void pv_sheet_free(pv_sheet *sheet);

/* Room that labels take at the left of a panel. */
double pv_panel_label_room(const pv_panel *panel);

/* The colour of a value from -1 (blue) over 0 (white) to 1 (red). */
uint32_t pv_sheet_colour(double value);

/* Fails unless a sheet can be written to a file of this name. */
pv_status pv_sheet_check(const char *path);

/* Draws the sheet to a file; the ending chooses .svg, .png or .pdf. A sheet too long for one page
   is an error. */
pv_status pv_sheet_write(const pv_sheet *sheet, const char *path);

#endif
