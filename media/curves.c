/* The series of a plot: thin lines of the members, the band, the mean. Colours are those of Okabe
   and Ito (2008), which people with colour blindness tell apart. Where many points share a column
   of the picture, their first, lowest, highest and last are drawn, which looks the same. */
#include "media/plot.h"

#ifdef PV_WITH_CAIRO

#include "media/figure.h"

#include <math.h>
#include <stddef.h>

static const double PI = 3.14159265358979323846;
static const double LINE_WIDTH = 2.0;
static const double MEMBER_WIDTH = 0.6;
static const double BAND_ALPHA = 0.2;
static const double MARK_RADIUS = 3.0;
static const double COLUMN = 0.5; /* points closer than this along x share a column */

/* --- style --- */

static const unsigned char colours[][3] = {
    {0x00, 0x72, 0xB2}, {0xD5, 0x5E, 0x00}, {0x00, 0x9E, 0x73}, {0xCC, 0x79, 0xA7},
    {0xE6, 0x9F, 0x00}, {0x56, 0xB4, 0xE9}, {0x00, 0x00, 0x00}, {0xF0, 0xE4, 0x42}};
enum { COLOURS = sizeof colours / sizeof colours[0] };
static const unsigned char grey[3] = {0x66, 0x66, 0x66};

/* number of the colour of series i: dashed ones take none */
static int colour_of(const pv_plot *plot, int i)
{
    int colour = 0;
    for (int k = 0; k < i; k++) {
        colour += !plot->series[k].dashed;
    }
    return colour;
}

void pv_curves_style(cairo_t *cr, const pv_plot *plot, int i, double alpha)
{
    static const double dashes[][2] = {{6.0, 3.5}, {1.5, 2.5}, {10.0, 4.0}};
    const int dashed = plot->series[i].dashed;
    const int colour = colour_of(plot, i);
    const unsigned char *c = dashed ? grey : colours[colour % COLOURS];
    cairo_set_source_rgba(cr, c[0] / 255.0, c[1] / 255.0, c[2] / 255.0, alpha);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    /* reference values are grey and dashed, and a colour that is used again is dashed */
    const int round_trip = dashed ? 0 : colour / COLOURS;
    if (dashed || round_trip > 0) {
        cairo_set_dash(cr, dashes[round_trip % 3], 2, 0.0);
    } else {
        cairo_set_dash(cr, NULL, 0, 0.0);
    }
}

/* --- ranges --- */

/* Widens low..high to hold a value; what is not finite, or not positive on a logarithmic axis, does
   not count. */
static void include(pv_axis *axis, double value)
{
    if (isfinite(value) && (!axis->log || value > 0.0)) {
        axis->low = fmin(axis->low, value);
        axis->high = fmax(axis->high, value);
    }
}

/* Returns 1 if the point has a place in the plot, so that its x counts. */
static int is_drawn(const pv_plot_series *s, size_t i)
{
    int drawn = isfinite(s->y[i]) || (s->low && isfinite(s->low[i]) && isfinite(s->high[i]));
    for (int m = 0; m < s->members && !drawn; m++) {
        drawn = isfinite(s->member[(size_t)m * s->points + i]);
    }
    return drawn;
}

static void include_series(const pv_plot_series *s, pv_axis *x, pv_axis *y)
{
    for (size_t i = 0; i < s->points; i++) {
        if (!is_drawn(s, i) || !isfinite(s->x[i]) || (x->log && s->x[i] <= 0.0)) {
            continue;
        }
        include(x, s->x[i]);
        include(y, s->y[i]);
        if (s->low) {
            include(y, s->low[i]);
            include(y, s->high[i]);
        }
    }
}

static void include_members(const pv_plot_series *s, pv_axis *y)
{
    const size_t n = s->points * (size_t)s->members;
    for (size_t i = 0; i < n; i++) {
        include(y, s->member[i]);
    }
}

/* Gives an axis without data, or with one value, a range around it. */
static void open_range(pv_axis *axis)
{
    if (!(axis->low <= axis->high)) {
        axis->low = axis->log ? 1.0 : 0.0;
        axis->high = axis->log ? 10.0 : 1.0;
    }
    if (axis->log) {
        if (axis->high < axis->low * 1.0001) {
            axis->low /= 2.0;
            axis->high *= 2.0;
        }
        return;
    }
    axis->low = fmax(axis->low, -1e300);
    axis->high = fmin(axis->high, 1e300);
    const double size = fmax(fabs(axis->low), fabs(axis->high));
    if (axis->high - axis->low <= 1e-9 * size || size == 0.0) {
        const double half = size > 0.0 ? 0.5 * size : 1.0;
        axis->low -= half;
        axis->high += half;
    }
}

/* Leaves some air at the ends that nobody wished for. */
static void pad_range(pv_axis *axis, double part, int low, int high)
{
    const double air = part * (axis->high - axis->low);
    const double factor = axis->log ? pow(axis->high / axis->low, part) : 1.0;
    if (low) {
        axis->low = axis->log ? axis->low / factor : axis->low - air;
    }
    if (high) {
        axis->high = axis->log ? axis->high * factor : axis->high + air;
    }
}

/* Makes room for the thin lines at the ends that nobody wished for, but at most three tenths of
   what the means and bands take: the outliers among them are cut off. */
static void reach_members(pv_axis *y, const pv_axis *members, int low, int high)
{
    const double most = 0.3 * (y->high - y->low);
    if (low) {
        y->low = fmax(fmin(y->low, members->low), y->low - most);
    }
    if (high) {
        y->high = fmin(fmax(y->high, members->high), y->high + most);
    }
}

/* Ends that were wished for take the place of the data's. */
static void wish_range(pv_axis *y, double low, double high)
{
    y->low = isfinite(low) ? low : y->low;
    y->high = isfinite(high) ? high : y->high;
    if (!(y->low < y->high)) {
        /* one wish alone lies beyond the data: the other end follows */
        const double air = fmax(fabs(y->low), fabs(y->high)) * 0.1 + 1e-3;
        if (isfinite(low)) {
            y->high = y->low + air;
        } else {
            y->low = y->high - air;
        }
    }
}

void pv_curves_ranges(const pv_plot *plot, pv_axis *x, pv_axis *y)
{
    *x = (pv_axis){.low = INFINITY, .high = -INFINITY, .log = plot->x_log};
    *y = (pv_axis){.low = INFINITY, .high = -INFINITY};
    pv_axis members = *y;
    int marks = 0;
    for (int i = 0; i < plot->n_series; i++) {
        include_series(&plot->series[i], x, y);
        marks |= plot->series[i].marks;
    }
    for (int i = 0; i < plot->n_series; i++) {
        include_members(&plot->series[i], &members);
    }
    if (!(y->low <= y->high)) {
        *y = members;
    }
    open_range(x);
    open_range(y);
    if (marks) {
        pad_range(x, 0.03, 1, 1);
    } else if (!x->log && x->low > 0.0 && x->low < 0.05 * x->high) {
        x->low = 0.0;
    }
    wish_range(y, plot->y_low, plot->y_high);
    reach_members(y, &members, !isfinite(plot->y_low), !isfinite(plot->y_high));
    pad_range(y, 0.05, !isfinite(plot->y_low), !isfinite(plot->y_high));
}

/* --- lines --- */

/* a line being drawn column by column */
typedef struct pen {
    cairo_t *cr;
    int down; /* 1: the line has begun */
    int n;    /* points in the column */
    double x, first, lowest, highest, last;
} pen;

/* Coordinates to an eighth of a point: no eye sees it, and the file becomes half as long. */
static double coarse(double v)
{
    return round(v * 8.0) / 8.0;
}

static void pen_to(pen *p, double x, double y)
{
    if (p->down) {
        cairo_line_to(p->cr, coarse(x), coarse(y));
    } else {
        cairo_move_to(p->cr, coarse(x), coarse(y));
        p->down = 1;
    }
}

static void pen_flush(pen *p)
{
    if (p->n > 0) {
        pen_to(p, p->x, p->first);
    }
    if (p->n > 2 && (p->lowest < fmin(p->first, p->last) || p->highest > fmax(p->first, p->last))) {
        pen_to(p, p->x, p->lowest);
        pen_to(p, p->x, p->highest);
    }
    if (p->n > 1) {
        pen_to(p, p->x, p->last);
    }
    p->n = 0;
}

static void pen_add(pen *p, double x, double y)
{
    if (p->n > 0 && fabs(x - p->x) >= COLUMN) {
        pen_flush(p);
    }
    if (p->n == 0) {
        p->x = x;
        p->first = p->lowest = p->highest = y;
    }
    p->lowest = fmin(p->lowest, y);
    p->highest = fmax(p->highest, y);
    p->last = y;
    p->n++;
}

static void pen_lift(pen *p)
{
    pen_flush(p);
    p->down = 0;
}

/* Puts a line through the numbers into the path; NaN is a gap. */
static void trace_line(const pv_figure *f, const double *x, const double *y, size_t n)
{
    pen p = {.cr = f->cr};
    for (size_t i = 0; i < n; i++) {
        const double px = pv_figure_x(f, x[i]);
        const double py = pv_figure_y(f, y[i]);
        if (isnan(px) || isnan(py)) {
            pen_lift(&p);
        } else {
            pen_add(&p, px, py);
        }
    }
    pen_lift(&p);
}

/* More lines than that tell no more and make huge files: some of many, evenly chosen. */
static void draw_members(const pv_figure *f, int i)
{
    const pv_plot_series *s = &f->plot->series[i];
    const int drawn = s->members < PV_PLOT_MEMBERS_MAX ? s->members : PV_PLOT_MEMBERS_MAX;
    const double alpha = fmin(0.45 / sqrt((double)drawn), 0.35);
    cairo_set_line_width(f->cr, MEMBER_WIDTH);
    for (int k = 0; k < drawn; k++) {
        const size_t m = (size_t)k * (size_t)s->members / (size_t)drawn;
        pv_curves_style(f->cr, f->plot, i, alpha);
        trace_line(f, s->x, s->member + m * s->points, s->points);
        cairo_stroke(f->cr);
    }
}

/* Fills first..end-1, which has no gap: along the upper edge and back along the lower one. Points
   of one column become its highest and its lowest. */
static void fill_band(const pv_figure *f, const pv_plot_series *s, size_t first, size_t end)
{
    int down = 0;
    for (size_t i = first; i < end;) {
        const double x = pv_figure_x(f, s->x[i]);
        double y = pv_figure_y(f, s->high[i]);
        for (i++; i < end && pv_figure_x(f, s->x[i]) - x < COLUMN; i++) {
            y = fmin(y, pv_figure_y(f, s->high[i]));
        }
        if (down) {
            cairo_line_to(f->cr, coarse(x), coarse(y));
        } else {
            cairo_move_to(f->cr, coarse(x), coarse(y));
        }
        down = 1;
    }
    for (size_t i = end; i > first;) {
        const double x = pv_figure_x(f, s->x[i - 1]);
        double y = pv_figure_y(f, s->low[i - 1]);
        for (i--; i > first && x - pv_figure_x(f, s->x[i - 1]) < COLUMN; i--) {
            y = fmax(y, pv_figure_y(f, s->low[i - 1]));
        }
        cairo_line_to(f->cr, coarse(x), coarse(y));
    }
    cairo_close_path(f->cr);
}

static int has_band(const pv_figure *f, const pv_plot_series *s, size_t i)
{
    return !isnan(pv_figure_x(f, s->x[i])) && !isnan(s->low[i]) && !isnan(s->high[i]);
}

static void draw_band(const pv_figure *f, int i)
{
    const pv_plot_series *s = &f->plot->series[i];
    pv_curves_style(f->cr, f->plot, i, BAND_ALPHA);
    for (size_t first = 0; first < s->points; first++) {
        size_t end = first;
        while (end < s->points && has_band(f, s, end)) {
            end++;
        }
        if (end > first) {
            fill_band(f, s, first, end);
            first = end;
        }
    }
    cairo_fill(f->cr);
}

/* An interval at a point, for series of marks: a bar with two ends. */
static void draw_bars(const pv_figure *f, int i)
{
    const pv_plot_series *s = &f->plot->series[i];
    pv_curves_style(f->cr, f->plot, i, 0.8);
    cairo_set_dash(f->cr, NULL, 0, 0.0);
    cairo_set_line_width(f->cr, 1.0);
    for (size_t k = 0; k < s->points; k++) {
        if (has_band(f, s, k)) {
            const double x = pv_figure_x(f, s->x[k]);
            const double ends[2] = {pv_figure_y(f, s->low[k]), pv_figure_y(f, s->high[k])};
            cairo_move_to(f->cr, x, ends[0]);
            cairo_line_to(f->cr, x, ends[1]);
            for (int e = 0; e < 2; e++) {
                cairo_move_to(f->cr, x - 2.5, ends[e]);
                cairo_line_to(f->cr, x + 2.5, ends[e]);
            }
        }
    }
    cairo_stroke(f->cr);
}

/* Returns where point k of the mean lies, NaN if nowhere. */
static double point_y(const pv_figure *f, const pv_plot_series *s, size_t k)
{
    return isnan(pv_figure_x(f, s->x[k])) ? (double)NAN : pv_figure_y(f, s->y[k]);
}

/* Returns 1 if no line leads to the point, which then needs a mark to be seen. */
static int is_alone(const pv_figure *f, const pv_plot_series *s, size_t k)
{
    const int before = k > 0 && !isnan(point_y(f, s, k - 1));
    const int after = k + 1 < s->points && !isnan(point_y(f, s, k + 1));
    return !before && !after;
}

static void draw_mean(const pv_figure *f, int i)
{
    const pv_plot_series *s = &f->plot->series[i];
    pv_curves_style(f->cr, f->plot, i, 1.0);
    cairo_set_line_width(f->cr, s->marks ? 1.4 : LINE_WIDTH);
    cairo_set_line_cap(f->cr, s->dashed ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
    trace_line(f, s->x, s->y, s->points);
    cairo_stroke(f->cr);
    cairo_set_line_cap(f->cr, CAIRO_LINE_CAP_BUTT);
    for (size_t k = 0; k < s->points; k++) {
        if (!isnan(point_y(f, s, k)) && (s->marks || is_alone(f, s, k))) {
            cairo_new_sub_path(f->cr);
            cairo_arc(f->cr, pv_figure_x(f, s->x[k]), point_y(f, s, k), MARK_RADIUS, 0.0, 2.0 * PI);
        }
    }
    cairo_fill(f->cr);
}

void pv_curves_draw(const pv_figure *f)
{
    cairo_save(f->cr);
    cairo_rectangle(f->cr, f->left, f->top, f->right - f->left, f->bottom - f->top);
    cairo_clip(f->cr);
    for (int i = 0; i < f->plot->n_series; i++) {
        draw_members(f, i);
    }
    for (int i = 0; i < f->plot->n_series; i++) {
        if (f->plot->series[i].low && !f->plot->series[i].marks) {
            draw_band(f, i);
        }
    }
    for (int i = 0; i < f->plot->n_series; i++) {
        if (f->plot->series[i].low && f->plot->series[i].marks) {
            draw_bars(f, i);
        }
        draw_mean(f, i);
    }
    cairo_restore(f->cr);
}

#endif
