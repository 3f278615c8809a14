/* The drawing of sheets: panels flow from left to right and wrap; headings begin a line of their
   own. Hinton diagrams are paths, pictures are images of whole pixels, so that the files stay small
   and sharp. */
#include "media/sheet.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { ROOM = 16 }; /* panels that the list grows by */

pv_panel *pv_sheet_add(pv_sheet *sheet)
{
    if (sheet->n % ROOM == 0) {
        pv_panel *grown =
            pv_realloc(sheet->panels, ((size_t)sheet->n + ROOM) * sizeof *sheet->panels);
        if (!grown) {
            return NULL;
        }
        sheet->panels = grown;
    }
    pv_panel *panel = &sheet->panels[sheet->n++];
    memset(panel, 0, sizeof *panel);
    return panel;
}

pv_status pv_sheet_head(pv_sheet *sheet, const char *title, const char *note, pv_legend_kind legend)
{
    pv_panel *panel = pv_sheet_add(sheet);
    if (!panel) {
        return pv_last_status();
    }
    panel->heading = 1;
    panel->legend = legend;
    strncpy(panel->title, title, sizeof panel->title - 1);
    strncpy(panel->note, note, sizeof panel->note - 1);
    return PV_OK;
}

void pv_sheet_free(pv_sheet *sheet)
{
    for (int i = 0; i < sheet->n; i++) {
        pv_free(sheet->panels[i].cell);
        pv_free(sheet->panels[i].pixels);
        pv_free(sheet->panels[i].down);
        pv_free(sheet->panels[i].across);
    }
    pv_free(sheet->panels);
    memset(sheet, 0, sizeof *sheet);
}

double pv_panel_label_room(const pv_panel *panel)
{
    size_t longest = 0;
    for (int i = 0; i < panel->n_down; i++) {
        const size_t length = strlen(panel->down[i]);
        longest = length > longest ? length : longest;
    }
    return longest ? ceil(4.4 * (double)longest) + 5.0 : 0.0;
}

uint32_t pv_sheet_colour(double value)
{
    /* Okabe and Ito's vermilion and blue, a little darker at the ends */
    static const double high[3] = {190.0, 60.0, 0.0};
    static const double low[3] = {0.0, 85.0, 160.0};
    const double part = isnan(value) ? 0.0 : fmin(fabs(value), 1.0);
    const double *end = value > 0.0 ? high : low;
    uint32_t colour = 0;
    for (int i = 0; i < 3; i++) {
        colour = colour << 8 | (uint32_t)lround(255.0 + part * (end[i] - 255.0));
    }
    return colour;
}

#ifdef PV_WITH_CAIRO

#include "media/figure.h"
#include "media/page.h"

static const double MARGIN = 20.0;
static const double GAP = 22.0; /* between panels */
static const double PANEL_MIN = 168.0;
static const double TITLE_SIZE = 15.0;
static const double HEADING_SIZE = 12.5;
static const double PANEL_SIZE = 10.0;
static const double NOTE_SIZE = 8.5;
static const double LABEL_SIZE = 7.5;

enum { PAGE_MOST = 14000 }; /* points: cairo's images end at 32767 pixels */

static void grey(cairo_t *cr, double level)
{
    cairo_set_source_rgb(cr, level, level, level);
}

/* A text of the caller's in the font that is set, its middle left out where it is too wide. */
static void draw_text(cairo_t *cr, const char *text, size_t n, double x, double y, double widest)
{
    char line[PV_PANEL_TEXT];
    n = n < sizeof line ? n : sizeof line - 1;
    memcpy(line, text, n);
    line[n] = '\0';
    pv_page_clean(line);
    pv_figure_text_cut(cr, line, x, y, widest);
}

/* --- a panel --------------------------------------------------------------------------------- */

static int note_lines(const char *note)
{
    int lines = *note != '\0';
    for (; *note; note++) {
        lines += *note == '\n';
    }
    return lines;
}

static double panel_width(const pv_panel *panel)
{
    return fmax(panel->width + pv_panel_label_room(panel), PANEL_MIN);
}

/* height of what stands above the drawing */
static double panel_head(const pv_panel *panel)
{
    return PANEL_SIZE + 3.0 + 11.0 * note_lines(panel->note) + 5.0 +
           (panel->n_across ? LABEL_SIZE + 4.0 : 0.0);
}

static void draw_note(cairo_t *cr, const char *note, double x, double y, double widest)
{
    pv_figure_font(cr, NOTE_SIZE, 0);
    grey(cr, 0.35);
    while (*note) {
        const size_t n = strcspn(note, "\n");
        draw_text(cr, note, n, x, y, widest);
        y += 11.0;
        note += n + (note[n] == '\n');
    }
}

/* all squares of one sign as one path */
static void draw_squares(cairo_t *cr, const pv_panel *panel, double x, double y, int positive)
{
    for (int r = 0; r < panel->rows; r++) {
        const double down = r >= panel->rows - panel->apart ? PV_PANEL_APART : 0.0;
        for (int c = 0; c < panel->columns; c++) {
            const double value =
                (double)panel->cell[(size_t)r * (size_t)panel->columns + (size_t)c];
            const double size =
                panel->full > 0.0 ? panel->side * 0.96 * sqrt(fmin(fabs(value) / panel->full, 1.0))
                                  : 0.0;
            if ((value > 0.0) == positive && size > 0.02 * panel->side) {
                const double right = c >= panel->columns - panel->aside ? PV_PANEL_APART : 0.0;
                const double inset = 0.5 * (panel->side - size);
                cairo_rectangle(cr, x + right + c * panel->side + inset,
                                y + down + r * panel->side + inset, size, size);
            }
        }
    }
    grey(cr, positive ? 1.0 : 0.0);
    cairo_fill(cr);
}

static void draw_hinton(cairo_t *cr, const pv_panel *panel, double x, double y)
{
    const double height = (panel->rows - panel->apart) * panel->side;
    const double width = (panel->columns - panel->aside) * panel->side;
    grey(cr, 0.60);
    cairo_rectangle(cr, x - 1.0, y - 1.0, width + 2.0, height + 2.0); /* a frame for full squares */
    if (panel->apart) {
        cairo_rectangle(cr, x - 1.0, y + height + PV_PANEL_APART - 1.0, width + 2.0,
                        panel->side + 2.0);
    }
    if (panel->aside) {
        cairo_rectangle(cr, x + width + PV_PANEL_APART - 1.0, y - 1.0, panel->side + 2.0,
                        height + 2.0);
    }
    cairo_fill(cr);
    draw_squares(cr, panel, x, y, 1);
    draw_squares(cr, panel, x, y, 0);
}

static void draw_pixels(cairo_t *cr, const pv_panel *panel, double x, double y)
{
    cairo_surface_t *image = cairo_image_surface_create_for_data(
        (unsigned char *)panel->pixels, CAIRO_FORMAT_RGB24, panel->pixel_width, panel->pixel_height,
        4 * panel->pixel_width);
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, panel->scale, panel->scale);
    cairo_set_source_surface(cr, image, 0.0, 0.0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_surface_finish(image);
    cairo_surface_destroy(image);
}

static void draw_labels(cairo_t *cr, const pv_panel *panel, double x, double y)
{
    pv_figure_font(cr, LABEL_SIZE, 0);
    grey(cr, 0.35);
    for (int i = 0; i < panel->n_down; i++) {
        pv_figure_text(cr, panel->down[i], x - 4.0,
                       y + (i + 0.5) * panel->down_step + 0.35 * LABEL_SIZE - 1.0, PV_RIGHT);
    }
    for (int i = 0; i < panel->n_across; i++) {
        pv_figure_text(cr, panel->across[i], x + (i + 0.5) * panel->across_step - 1.0, y - 3.5,
                       PV_CENTRE);
    }
}

static void draw_panel(cairo_t *cr, const pv_panel *panel, double x, double y)
{
    const double widest = panel_width(panel);
    pv_figure_font(cr, PANEL_SIZE, 1);
    grey(cr, 0.1);
    draw_text(cr, panel->title, strlen(panel->title), x, y + PANEL_SIZE - 1.0, widest);
    draw_note(cr, panel->note, x, y + PANEL_SIZE + 3.0 + NOTE_SIZE, widest);
    x += pv_panel_label_room(panel);
    y += panel_head(panel);
    if (panel->cell) {
        draw_hinton(cr, panel, x, y);
    } else if (panel->pixels) {
        draw_pixels(cr, panel, round(2.0 * x) / 2.0, round(2.0 * y) / 2.0);
    }
    draw_labels(cr, panel, x, y);
}

/* --- headings -------------------------------------------------------------------------------- */

static void legend_square(cairo_t *cr, double x, double y, double level)
{
    grey(cr, 0.60);
    cairo_rectangle(cr, x, y, 11.0, 11.0);
    cairo_fill(cr);
    grey(cr, level);
    cairo_rectangle(cr, x + 2.0, y + 2.0, 7.0, 7.0);
    cairo_fill(cr);
}

/* ends at x, its top at y */
static void draw_legend(cairo_t *cr, pv_legend_kind kind, double x, double y)
{
    pv_figure_font(cr, NOTE_SIZE, 0);
    if (kind == PV_LEGEND_SIGNS) {
        legend_square(cr, x - 122.0, y, 1.0);
        legend_square(cr, x - 58.0, y, 0.0);
        grey(cr, 0.2);
        pv_figure_text(cr, "positive", x - 107.0, y + 9.0, PV_LEFT);
        pv_figure_text(cr, "negative", x - 43.0, y + 9.0, PV_LEFT);
    } else if (kind == PV_LEGEND_COLOURS) {
        for (int i = 0; i < 120; i++) {
            const uint32_t colour = pv_sheet_colour((i - 59.5) / 59.5);
            cairo_set_source_rgb(cr, (colour >> 16) / 255.0, (colour >> 8 & 255u) / 255.0,
                                 (colour & 255u) / 255.0);
            cairo_rectangle(cr, x - 166.0 + i, y, 1.5, 11.0);
            cairo_fill(cr);
        }
        grey(cr, 0.2);
        pv_figure_text(cr, "- largest", x - 171.0, y + 9.0, PV_RIGHT);
        pv_figure_text(cr, "+ largest", x - 41.0, y + 9.0, PV_LEFT);
    }
}

static double heading_height(const pv_panel *panel)
{
    return HEADING_SIZE + 12.0 + 11.0 * note_lines(panel->note);
}

static void draw_heading(cairo_t *cr, const pv_panel *panel, double y)
{
    grey(cr, 0.75);
    cairo_set_line_width(cr, 0.8);
    cairo_move_to(cr, MARGIN, y);
    cairo_line_to(cr, MARGIN + PV_SHEET_WIDTH, y);
    cairo_stroke(cr);
    pv_figure_font(cr, HEADING_SIZE, 1);
    grey(cr, 0.1);
    draw_text(cr, panel->title, strlen(panel->title), MARGIN, y + HEADING_SIZE + 6.0,
              PV_SHEET_WIDTH - 240.0);
    draw_note(cr, panel->note, MARGIN, y + HEADING_SIZE + 10.0 + NOTE_SIZE, PV_SHEET_WIDTH);
    draw_legend(cr, panel->legend, MARGIN + PV_SHEET_WIDTH, y + 7.0);
}

/* --- the page -------------------------------------------------------------------------------- */

static double sheet_head(const pv_sheet *sheet)
{
    return MARGIN + (sheet->title ? TITLE_SIZE + 5.0 : 0.0) +
           (sheet->note ? 11.0 * note_lines(sheet->note) : 0.0) + 8.0;
}

/* the number of panels from `first` that stand in one line, and its height */
static int line_of(const pv_sheet *sheet, int first, double *height)
{
    double x = 0.0;
    int n = 0;
    *height = 0.0;
    while (first + n < sheet->n && !sheet->panels[first + n].heading) {
        const pv_panel *panel = &sheet->panels[first + n];
        x += panel_width(panel);
        if (n > 0 && x > PV_SHEET_WIDTH + 0.5) {
            break;
        }
        *height = fmax(*height, panel_head(panel) + panel->height);
        x += GAP;
        n++;
    }
    return n;
}

/* goes over all panels, drawing them unless cr is NULL; returns where the page ends */
static double flow(cairo_t *cr, const pv_sheet *sheet)
{
    double y = sheet_head(sheet);
    for (int i = 0; i < sheet->n;) {
        if (sheet->panels[i].heading) {
            if (cr) {
                draw_heading(cr, &sheet->panels[i], y);
            }
            y += heading_height(&sheet->panels[i++]) + 8.0;
            continue;
        }
        double height;
        double x = MARGIN;
        const int end = i + line_of(sheet, i, &height);
        for (; i < end; i++) {
            if (cr) {
                draw_panel(cr, &sheet->panels[i], x, y);
            }
            x += panel_width(&sheet->panels[i]) + GAP;
        }
        y += height + GAP;
    }
    return y - GAP + MARGIN;
}

static pv_status draw(cairo_t *cr, const pv_page *page)
{
    const pv_sheet *sheet = page->content;
    grey(cr, 1.0);
    cairo_paint(cr);
    if (sheet->title) {
        pv_figure_font(cr, TITLE_SIZE, 1);
        grey(cr, 0.1);
        draw_text(cr, sheet->title, strlen(sheet->title), MARGIN, MARGIN + TITLE_SIZE - 2.0,
                  PV_SHEET_WIDTH);
    }
    if (sheet->note) {
        draw_note(cr, sheet->note, MARGIN, MARGIN + TITLE_SIZE + 4.0 + NOTE_SIZE, PV_SHEET_WIDTH);
    }
    (void)flow(cr, sheet);
    return PV_OK;
}

pv_status pv_sheet_check(const char *path)
{
    return pv_page_check(path);
}

pv_status pv_sheet_write(const pv_sheet *sheet, const char *path)
{
    const double height = ceil(flow(NULL, sheet));
    const pv_page page = {PV_SHEET_WIDTH + 2 * (int)MARGIN, (int)height, draw, sheet};
    if (height > PAGE_MOST) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "%s would be a page of %.0f points, longer than %d: show fewer layers", path,
                       height, (int)PAGE_MOST);
    }
    return pv_page_write(&page, path);
}

#else

pv_status pv_sheet_write(const pv_sheet *sheet, const char *path)
{
    (void)sheet;
    return pv_sheet_check(path);
}

pv_status pv_sheet_check(const char *path)
{
    return pv_fail(PV_ERROR_ARGUMENT,
                   "cannot draw %s: this build cannot draw pictures; it was built without cairo",
                   path);
}

#endif
