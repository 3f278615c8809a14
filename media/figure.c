/* The frame of a plot: how much room titles, numbers and note take, the axes with a light grid, and
   the text. The curves and the legend have files of their own. */
#include "media/plot.h"

#ifdef PV_WITH_CAIRO

#include "media/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

/* sizes in points */
static const double MARGIN = 10.0;
static const double TITLE_SIZE = 12.5;
static const double NAME_SIZE = 11.0;
static const double NUMBER_SIZE = 9.5;
static const double NOTE_SIZE = 8.0;
static const double TICK_LENGTH = 4.0;

enum { NOTE_LINES_MAX = 4 };

/* --- text --- */

void pv_figure_font(cairo_t *cr, double size, int bold)
{
    const cairo_font_weight_t weight = bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL;
    cairo_select_font_face(cr, "sans", CAIRO_FONT_SLANT_NORMAL, weight);
    cairo_set_font_size(cr, size);
    /* a figure is not made for one screen: the same letters everywhere, without coloured edges */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cr, options);
    cairo_font_options_destroy(options);
}

double pv_figure_text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance;
}

void pv_figure_text(cairo_t *cr, const char *text, double x, double y, int align)
{
    const double width = pv_figure_text_width(cr, text);
    cairo_move_to(cr, x - (align == PV_CENTRE ? width / 2.0 : align == PV_RIGHT ? width : 0.0), y);
    cairo_show_text(cr, text);
}

/* Returns the length of the longest beginning of text, in whole characters and at most n bytes,
   that `widest` has room for. */
static size_t fitting_length(cairo_t *cr, const char *text, size_t n, double widest)
{
    char part[256];
    n = n < sizeof part ? n : sizeof part - 1u;
    for (;; n--) {
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) {
            n--;
        }
        memcpy(part, text, n);
        part[n] = 0;
        if (n == 0 || pv_figure_text_width(cr, part) <= widest) {
            return n;
        }
    }
}

void pv_figure_text_cut(cairo_t *cr, const char *text, double x, double y, double widest)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    char part[512];
    if (pv_figure_text_width(cr, text) <= widest) {
        pv_figure_text(cr, text, x, y, PV_LEFT);
        return;
    }
    /* names that are long differ at their ends: the middle goes */
    const double room = widest - pv_figure_text_width(cr, ellipsis);
    const size_t n = fitting_length(cr, text, strlen(text), 0.5 * room);
    memcpy(part, text, n);
    part[n] = 0;
    const double left = room - pv_figure_text_width(cr, part);
    const char *end = text + n;
    while (*end && (strlen(end) > sizeof part / 2u || pv_figure_text_width(cr, end) > left)) {
        end++;
        while (((unsigned char)*end & 0xC0) == 0x80) {
            end++;
        }
    }
    snprintf(part + n, sizeof part - n, "%s%s", ellipsis, end);
    pv_figure_text(cr, part, x, y, PV_LEFT);
}

/* Sets the largest font size at or below `size` at which the text is not wider than `widest`, but
   not less than two thirds of it. */
static void fit_font(cairo_t *cr, const char *text, double size, int bold, double widest)
{
    pv_figure_font(cr, size, bold);
    const double width = pv_figure_text_width(cr, text);
    if (width > widest) {
        pv_figure_font(cr, fmax(size * widest / width, size * 2.0 / 3.0), bold);
    }
}

/* Draws a text on lines of their own where it is too wide, downwards from baseline y; only counts
   the lines where `draw` is 0. Returns how many there are. */
static int wrap_text(cairo_t *cr, const char *text, double x, double y, double widest, int draw)
{
    int lines = 0;
    while (*text && lines < NOTE_LINES_MAX) {
        const size_t length = strcspn(text, "\n");
        size_t n = fitting_length(cr, text, length, widest);
        if (n < length) {
            size_t space = n;
            while (space > 0 && text[space] != ' ') {
                space--;
            }
            n = space > 0 ? space : n > 0 ? n : 1;
        }
        if (draw) {
            char line[256];
            memcpy(line, text, n);
            line[n] = 0;
            pv_figure_text(cr, line, x, y + 1.35 * NOTE_SIZE * lines, PV_LEFT);
        }
        lines++;
        text += n;
        text += strspn(text, " \n");
    }
    return lines;
}

/* --- data to points --- */

static double axis_part(const pv_axis *axis, double value)
{
    if (axis->log) {
        return value > 0.0 ? log(value / axis->low) / log(axis->high / axis->low) : (double)NAN;
    }
    return value / (axis->high - axis->low) - axis->low / (axis->high - axis->low);
}

/* cairo's numbers end at 2^23 points: what lies far outside comes near, still outside */
static double limit_part(double part)
{
    return isnan(part) ? part : fmin(fmax(part, -20.0), 21.0);
}

double pv_figure_x(const pv_figure *f, double x)
{
    return f->left + limit_part(axis_part(&f->x, x)) * (f->right - f->left);
}

double pv_figure_y(const pv_figure *f, double y)
{
    return f->bottom - limit_part(axis_part(&f->y, y)) * (f->bottom - f->top);
}

/* --- layout --- */

static int is_given(const char *text)
{
    return text && *text;
}

/* On a machine without fonts cairo has strokes of its own, for ASCII alone. */
static void make_ascii(cairo_t *cr, char *label)
{
    static const char minus[] = "\xE2\x88\x92";
    pv_figure_font(cr, NUMBER_SIZE, 0);
    if (cairo_scaled_font_get_type(cairo_get_scaled_font(cr)) != CAIRO_FONT_TYPE_USER) {
        return;
    }
    for (char *at = strstr(label, minus); at; at = strstr(label, minus)) {
        *at = '-';
        memmove(at + 1, at + 3, strlen(at + 3) + 1u);
    }
}

static void make_ticks(cairo_t *cr, pv_axis *axis, double length, double apart)
{
    const int about = (int)fmin(fmax(length / apart, 2.0), 10.0);
    if (axis->log) {
        pv_ticks_log(&axis->ticks, axis->low, axis->high, about);
    } else {
        pv_ticks_linear(&axis->ticks, axis->low, axis->high, about);
    }
    for (int i = 0; i < axis->ticks.n; i++) {
        make_ascii(cr, axis->ticks.label[i]);
    }
}

static double widest_label(cairo_t *cr, const pv_ticks *ticks)
{
    double widest = 0.0;
    for (int i = 0; i < ticks->n; i++) {
        widest = fmax(widest, pv_figure_text_width(cr, ticks->label[i]));
    }
    return widest;
}

/* Room for everything outside the axes; the ticks are chosen on the way, since the numbers at the
   left make the axes narrower. */
static void lay_out(pv_figure *f, const pv_legend *legend)
{
    const pv_plot *plot = f->plot;
    f->top = MARGIN + (is_given(plot->title) ? TITLE_SIZE + 10.0 : 4.0);
    f->bottom = f->height - MARGIN - TICK_LENGTH - NUMBER_SIZE - 4.0;
    if (is_given(plot->x_title)) {
        f->bottom -= NAME_SIZE + 6.0;
    }
    if (is_given(plot->note)) {
        pv_figure_font(f->cr, NOTE_SIZE, 0);
        const int lines = wrap_text(f->cr, plot->note, 0.0, 0.0, f->width - 2.0 * MARGIN, 0);
        f->bottom -= 1.35 * NOTE_SIZE * lines + 4.0;
    }
    make_ticks(f->cr, &f->y, f->bottom - f->top, 46.0);
    pv_figure_font(f->cr, NUMBER_SIZE, 0);
    f->left = MARGIN + widest_label(f->cr, &f->y.ticks) + TICK_LENGTH + 4.0;
    if (is_given(plot->y_title)) {
        f->left += NAME_SIZE + 6.0;
    }
    f->right = f->width - MARGIN - (legend->outside ? legend->width + 6.0 : 8.0);
    /* on whole points the axes are sharp */
    f->left = round(f->left);
    f->top = round(f->top);
    f->right = round(f->right);
    f->bottom = round(f->bottom);
    make_ticks(f->cr, &f->x, f->right - f->left, 90.0);
}

/* --- drawing --- */

static void grey(cairo_t *cr, double level)
{
    cairo_set_source_rgb(cr, level, level, level);
}

static void line(cairo_t *cr, double x0, double y0, double x1, double y1)
{
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
}

static void draw_grid(const pv_figure *f)
{
    cairo_t *cr = f->cr;
    grey(cr, 0.90);
    cairo_set_line_width(cr, 0.7);
    for (int i = 0; i < f->y.ticks.n; i++) {
        const double y = pv_figure_y(f, f->y.ticks.at[i]);
        line(cr, f->left, y, f->right, y);
    }
    for (int i = 0; i < f->x.ticks.n; i++) {
        const double x = pv_figure_x(f, f->x.ticks.at[i]);
        line(cr, x, f->top, x, f->bottom);
    }
    cairo_stroke(cr);
    grey(cr, 0.955);
    cairo_set_line_width(cr, 0.5);
    for (int i = 0; i < f->x.ticks.n_minor; i++) {
        const double x = pv_figure_x(f, f->x.ticks.minor[i]);
        line(cr, x, f->top, x, f->bottom);
    }
    cairo_stroke(cr);
}

static void draw_axes(const pv_figure *f)
{
    cairo_t *cr = f->cr;
    grey(cr, 0.25);
    cairo_set_line_width(cr, 1.0);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_SQUARE);
    line(cr, f->left, f->top, f->left, f->bottom);
    line(cr, f->left, f->bottom, f->right, f->bottom);
    for (int i = 0; i < f->y.ticks.n; i++) {
        const double y = pv_figure_y(f, f->y.ticks.at[i]);
        line(cr, f->left - TICK_LENGTH, y, f->left, y);
    }
    for (int i = 0; i < f->x.ticks.n; i++) {
        const double x = pv_figure_x(f, f->x.ticks.at[i]);
        line(cr, x, f->bottom, x, f->bottom + TICK_LENGTH);
    }
    cairo_stroke(cr);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    pv_figure_font(cr, NUMBER_SIZE, 0);
    for (int i = 0; i < f->y.ticks.n; i++) {
        const double y = pv_figure_y(f, f->y.ticks.at[i]) + 0.36 * NUMBER_SIZE;
        pv_figure_text(cr, f->y.ticks.label[i], f->left - TICK_LENGTH - 3.0, y, PV_RIGHT);
    }
    for (int i = 0; i < f->x.ticks.n; i++) {
        const double x = pv_figure_x(f, f->x.ticks.at[i]);
        pv_figure_text(cr, f->x.ticks.label[i], x, f->bottom + TICK_LENGTH + 2.0 + NUMBER_SIZE,
                       PV_CENTRE);
    }
}

static void draw_titles(const pv_figure *f)
{
    cairo_t *cr = f->cr;
    const pv_plot *plot = f->plot;
    grey(cr, 0.1);
    if (is_given(plot->title)) {
        fit_font(cr, plot->title, TITLE_SIZE, 1, f->width - MARGIN - f->left);
        pv_figure_text(cr, plot->title, f->left, MARGIN + TITLE_SIZE - 1.0, PV_LEFT);
    }
    if (is_given(plot->x_title)) {
        fit_font(cr, plot->x_title, NAME_SIZE, 0, f->width - 2.0 * MARGIN);
        pv_figure_text(cr, plot->x_title, (f->left + f->right) / 2.0,
                       f->bottom + TICK_LENGTH + NUMBER_SIZE + NAME_SIZE + 8.0, PV_CENTRE);
    }
    if (is_given(plot->y_title)) {
        fit_font(cr, plot->y_title, NAME_SIZE, 0, f->height - 2.0 * MARGIN);
        cairo_save(cr);
        cairo_translate(cr, MARGIN + NAME_SIZE - 2.0, (f->top + f->bottom) / 2.0);
        cairo_rotate(cr, -PI / 2.0);
        pv_figure_text(cr, plot->y_title, 0.0, 0.0, PV_CENTRE);
        cairo_restore(cr);
    }
    if (is_given(plot->note)) {
        const double widest = f->width - 2.0 * MARGIN;
        grey(cr, 0.4);
        pv_figure_font(cr, NOTE_SIZE, 0);
        const int lines = wrap_text(cr, plot->note, 0.0, 0.0, widest, 0);
        wrap_text(cr, plot->note, MARGIN, f->height - MARGIN + 2.0 - 1.35 * NOTE_SIZE * (lines - 1),
                  widest, 1);
    }
}

pv_status pv_figure_draw(cairo_t *cr, const pv_plot *plot, double width, double height)
{
    pv_figure f = {.cr = cr, .plot = plot, .width = width, .height = height};
    pv_legend legend = {0};
    pv_curves_ranges(plot, &f.x, &f.y);
    pv_legend_measure(cr, plot, 0.4 * width, &legend);
    lay_out(&f, &legend);
    if (legend.n > 0) {
        const pv_status status = pv_legend_place(&f, &legend);
        if (status != PV_OK) {
            return status;
        }
        if (legend.outside) {
            lay_out(&f, &legend);
            legend.x = f.right + 8.0;
            legend.y = f.top;
        }
    }
    cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
    cairo_paint(cr);
    draw_grid(&f);
    pv_curves_draw(&f);
    draw_axes(&f);
    draw_titles(&f);
    pv_legend_draw(&f, &legend);
    return PV_OK;
}

#endif
