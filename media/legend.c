/* The legend, put where it hides least: what is drawn is counted on a coarse grid of cells, and of
   the corners and edges of the axes the one with the least under it wins. Where it would hide a
   curve anyway it stands outside, to the right. */
#include "media/plot.h"

#ifdef PV_WITH_CAIRO

#include "core/memory.h"
#include "media/figure.h"

#include <math.h>
#include <string.h>

static const double TEXT_SIZE = 10.0;
static const double ROW = 15.5;
static const double SAMPLE = 22.0; /* the length of the line shown */
static const double GAP = 7.0;
static const double INSET = 6.0; /* around the rows, and from the axes */

static const double CELL = 4.0; /* points */

/* what a cell weighs by what is drawn in it */
static const float CURVE = 1.0f;
static const float BAND = 0.12f;
static const float MEMBER = 0.01f;

/* more than this under the best place: outside */
static const float BEARABLE = 4.0f;

typedef struct cells {
    int columns, rows;
    float *weight; /* [rows][columns] */
} cells;

static int has_entry(const pv_plot_series *s)
{
    return s->label && *s->label;
}

void pv_legend_measure(cairo_t *cr, const pv_plot *plot, double widest, pv_legend *legend)
{
    double text = 0.0;
    legend->n = 0;
    pv_figure_font(cr, TEXT_SIZE, 0);
    for (int i = 0; i < plot->n_series; i++) {
        if (has_entry(&plot->series[i])) {
            text = fmax(text, pv_figure_text_width(cr, plot->series[i].label));
            legend->n++;
        }
    }
    legend->width = fmin(2.0 * INSET + SAMPLE + GAP + text, widest);
    legend->height = 2.0 * INSET + legend->n * ROW - 4.0;
}

/* --- what is where --- */

/* Adds to the cells along a line from one point to the other. */
static void count_line(const pv_figure *f, cells *c, const double from[2], const double to[2],
                       float weight)
{
    const double length = fmax(fabs(to[0] - from[0]), fabs(to[1] - from[1]));
    const int steps = (int)fmin(length / CELL, 4096.0) + 1;
    for (int i = 0; i < steps; i++) {
        const double t = (double)i / steps;
        const double column = (from[0] + t * (to[0] - from[0]) - f->left) / CELL;
        const double row = (from[1] + t * (to[1] - from[1]) - f->top) / CELL;
        if (column >= 0.0 && row >= 0.0 && column < c->columns && row < c->rows) {
            float *cell = &c->weight[(int)row * c->columns + (int)column];
            *cell = fmaxf(*cell, weight);
        }
    }
}

static void count_curve(const pv_figure *f, cells *c, const double *x, const double *y, size_t n,
                        float weight)
{
    double before[2] = {(double)NAN, (double)NAN};
    for (size_t i = 0; i < n; i++) {
        const double now[2] = {pv_figure_x(f, x[i]), pv_figure_y(f, y[i])};
        if (!isnan(now[0]) && !isnan(now[1])) {
            const int joined = !isnan(before[0]) && !isnan(before[1]);
            count_line(f, c, joined ? before : now, now, weight);
            count_line(f, c, now, now, weight);
        }
        memcpy(before, now, sizeof before);
    }
}

static void count_band(const pv_figure *f, cells *c, const pv_plot_series *s)
{
    for (size_t i = 0; i < s->points; i++) {
        const double from[2] = {pv_figure_x(f, s->x[i]), pv_figure_y(f, s->low[i])};
        const double to[2] = {from[0], pv_figure_y(f, s->high[i])};
        if (!isnan(from[0]) && !isnan(from[1]) && !isnan(to[1])) {
            count_line(f, c, from, to, BAND);
        }
    }
}

static void count_all(const pv_figure *f, cells *c)
{
    for (int i = 0; i < f->plot->n_series; i++) {
        const pv_plot_series *s = &f->plot->series[i];
        for (int m = 0; m < s->members; m++) {
            count_curve(f, c, s->x, s->member + (size_t)m * s->points, s->points, MEMBER);
        }
        if (s->low) {
            count_band(f, c, s);
        }
        count_curve(f, c, s->x, s->y, s->points, CURVE);
    }
}

static float weight_under(const pv_figure *f, const cells *c, const pv_legend *legend, double x,
                          double y)
{
    const int left = (int)((x - f->left) / CELL);
    const int top = (int)((y - f->top) / CELL);
    const int right = (int)((x + legend->width - f->left) / CELL);
    const int bottom = (int)((y + legend->height - f->top) / CELL);
    float sum = 0.0f;
    for (int row = top; row <= bottom && row < c->rows; row++) {
        for (int column = left; column <= right && column < c->columns; column++) {
            sum += c->weight[row * c->columns + column];
        }
    }
    return sum;
}

pv_status pv_legend_place(const pv_figure *f, pv_legend *legend)
{
    const double width = f->right - f->left;
    const double height = f->bottom - f->top;
    legend->outside = legend->width + 2.0 * INSET > width || legend->height + 2.0 * INSET > height;
    if (legend->outside) {
        return PV_OK;
    }
    cells c = {(int)(width / CELL) + 1, (int)(height / CELL) + 1, NULL};
    c.weight = pv_alloc_array((size_t)c.columns * (size_t)c.rows, sizeof *c.weight);
    if (!c.weight) {
        return PV_ERROR_MEMORY;
    }
    count_all(f, &c);
    /* in order of preference: right before left, bottom before top (curves of learning rise) */
    const double xs[3] = {f->right - INSET - legend->width, f->left + INSET,
                          (f->left + f->right - legend->width) / 2.0};
    const double ys[3] = {f->bottom - INSET - legend->height, f->top + INSET,
                          (f->top + f->bottom - legend->height) / 2.0};
    float best = INFINITY;
    for (int i = 0; i < 9; i++) {
        const float weight = weight_under(f, &c, legend, xs[i % 3], ys[i / 3]);
        if (weight < best - 0.5f) {
            best = weight;
            legend->x = xs[i % 3];
            legend->y = ys[i / 3];
        }
    }
    legend->outside = best > BEARABLE;
    pv_free(c.weight);
    return PV_OK;
}

/* --- drawing --- */

static void draw_sample(const pv_figure *f, int i, double x, double y)
{
    const pv_plot_series *s = &f->plot->series[i];
    cairo_t *cr = f->cr;
    if (s->low && !s->marks) {
        pv_curves_style(cr, f->plot, i, 0.2);
        cairo_rectangle(cr, x, y - 4.5, SAMPLE, 9.0);
        cairo_fill(cr);
    }
    pv_curves_style(cr, f->plot, i, 1.0);
    cairo_set_line_width(cr, s->marks ? 1.4 : 2.0);
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, x + SAMPLE, y);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0.0);
    if (s->marks) {
        cairo_arc(cr, x + SAMPLE / 2.0, y, 3.0, 0.0, 6.2831853);
        cairo_fill(cr);
    }
}

void pv_legend_draw(const pv_figure *f, const pv_legend *legend)
{
    cairo_t *cr = f->cr;
    if (legend->n == 0) {
        return;
    }
    if (!legend->outside) {
        cairo_rectangle(cr, legend->x, legend->y, legend->width, legend->height);
        cairo_set_source_rgba(cr, 1.0, 1.0, 1.0, 0.85);
        cairo_fill_preserve(cr);
        cairo_set_source_rgb(cr, 0.85, 0.85, 0.85);
        cairo_set_line_width(cr, 0.6);
        cairo_stroke(cr);
    }
    double y = legend->y + INSET + 0.5 * ROW - 2.0;
    for (int i = 0; i < f->plot->n_series; i++) {
        if (has_entry(&f->plot->series[i])) {
            const double x = legend->x + INSET;
            draw_sample(f, i, x, y);
            cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
            pv_figure_font(cr, TEXT_SIZE, 0);
            pv_figure_text_cut(cr, f->plot->series[i].label, x + SAMPLE + GAP, y + 0.36 * TEXT_SIZE,
                               legend->width - 2.0 * INSET - SAMPLE - GAP + 0.5);
            y += ROW;
        }
    }
}

#endif
