/* plot.h: reward curves as a paper prints them: mean and interval over seeds, thin lines per seed,
   drawn with cairo into .svg, .png or .pdf by the same code. */
#ifndef PAVLOV_MEDIA_PLOT_H
#define PAVLOV_MEDIA_PLOT_H

#include "pavlov/status.h"

/* of the thin lines of a series no more are drawn */
enum { PV_PLOT_MEMBERS_MAX = 20 };

/* one line with its band */
typedef struct pv_plot_series {
    const char *label;
    size_t points;
    const double *x;          /* [points] rising */
    const double *y;          /* [points] */
    const double *low, *high; /* [points] interval; NULL: no band */
    int members;              /* thin lines behind it: one per seed; 0: none */
    const double *member;     /* [members][points]; NaN: a gap */
    int marks;  /* 1: a dot at every point, its interval a bar (figures over a few settings) */
    int dashed; /* 1: a dashed grey line (reference values) */
} pv_plot_series;

typedef struct pv_plot {
    const char *title, *x_title, *y_title; /* title may be NULL */
    const char *note; /* small print under the figure: smoothing, seeds; may be NULL */
    const pv_plot_series *series;
    int n_series;
    double y_low, y_high; /* axis; NaN: from the data */
    int x_log;            /* 1: logarithmic x axis */
    int width, height;    /* points; 0: 640 x 400 */
} pv_plot;

/* Draws it to a file; the ending chooses .svg, .png (2 pixels a point) or .pdf. */
pv_status pv_plot_write(const pv_plot *plot, const char *path);

#endif
