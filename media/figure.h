/* figure.h: a plot being drawn with cairo: where its parts lie, and the parts.

   Lengths are points. The axes are the rectangle in which the curves are; data is mapped into it by
   pv_figure_x and pv_figure_y. */
#ifndef PAVLOV_MEDIA_FIGURE_H
#define PAVLOV_MEDIA_FIGURE_H

#include "media/plot.h"
#include "media/ticks.h"

#include <cairo.h>

typedef struct pv_axis {
    double low, high;
    int log;
    pv_ticks ticks;
} pv_axis;

typedef struct pv_figure {
    cairo_t *cr;
    const pv_plot *plot;
    double width, height;
    double left, top, right, bottom; /* the axes */
    pv_axis x, y;
} pv_figure;

/* Draws the whole plot. */
pv_status pv_figure_draw(cairo_t *cr, const pv_plot *plot, double width, double height);

/* Returns where a value lies; NaN for NaN and for what a logarithmic axis cannot show. Values far
   outside of the axes are moved to just far outside. */
double pv_figure_x(const pv_figure *figure, double x);
double pv_figure_y(const pv_figure *figure, double y);

/* --- curves (curves.c) --- */

/* Finds the axes' ranges from the data and the plot's wishes. */
void pv_curves_ranges(const pv_plot *plot, pv_axis *x, pv_axis *y);

/* Draws all series, cut off at the axes. */
void pv_curves_draw(const pv_figure *figure);

/* Sets colour and dashes of series i. */
void pv_curves_style(cairo_t *cr, const pv_plot *plot, int i, double alpha);

/* --- the legend (legend.c) --- */

typedef struct pv_legend {
    int n;                /* entries; 0: no legend */
    int outside;          /* 1: to the right of the axes */
    double width, height; /* of its box */
    double x, y;          /* its top left corner */
} pv_legend;

/* Measures the legend's box; it gets no wider than `widest`. */
void pv_legend_measure(cairo_t *cr, const pv_plot *plot, double widest, pv_legend *legend);

/* Finds the place in the axes where it hides least, or decides that it must stand outside. */
pv_status pv_legend_place(const pv_figure *figure, pv_legend *legend);

void pv_legend_draw(const pv_figure *figure, const pv_legend *legend);

/* --- text --- */

enum { PV_LEFT, PV_CENTRE, PV_RIGHT };

/* Sets the font; `bold` 0 or 1. */
void pv_figure_font(cairo_t *cr, double size, int bold);

/* Returns how wide a text is in the font set. */
double pv_figure_text_width(cairo_t *cr, const char *text);

/* Draws a text at (x, baseline y). */
void pv_figure_text(cairo_t *cr, const char *text, double x, double y, int align);

/* Draws a text, its middle left out where it is wider than `widest`. */
void pv_figure_text_cut(cairo_t *cr, const char *text, double x, double y, double widest);

#endif
