/* Filters, feature maps and observations as tiles: images of whole pixels in which a number is a
   square, parted by grey lines. */
#include "media/net_panels.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    GAP = 4,       /* pixels between tiles */
    CELL_MAX = 24, /* pixels of a number */
    BAND = 32,     /* filters in one panel */
    FILTERS_MAX = 256,
    CHANNELS_MAX = 64,
    MAPS_MAX = 256,
    PIXELS = 2 * PV_SHEET_WIDTH, /* across a page */
    MAP_PIXELS = 82,             /* of a feature map, about */
    VIEW_PIXELS = 190,           /* of a channel of an observation, about */
    FRAME_WIDTH = 640,
    FRAME_HEIGHT = 400
};

static const uint32_t LINE_COLOUR = 0xB4B4B4;

/* how tiles are laid out in pixels */
typedef struct tiling {
    int across, down;  /* tiles */
    int height, width; /* numbers of a tile */
    int cell;          /* pixels of a number */
} tiling;

static int whole(double x, int low, int high)
{
    return x < low ? low : x > high ? high : (int)x;
}

static pv_status make_pixels(pv_panel *panel, const tiling *t)
{
    panel->pixel_width = t->across * (t->width * t->cell + GAP) + GAP;
    panel->pixel_height = t->down * (t->height * t->cell + GAP) + GAP;
    const size_t n = (size_t)panel->pixel_width * (size_t)panel->pixel_height;
    panel->pixels = pv_alloc_array(n, sizeof *panel->pixels);
    if (!panel->pixels) {
        return pv_last_status();
    }
    for (size_t i = 0; i < n; i++) {
        panel->pixels[i] = LINE_COLOUR;
    }
    panel->scale = fmin(0.5, (double)PV_SHEET_WIDTH / panel->pixel_width);
    panel->width = panel->pixel_width * panel->scale;
    panel->height = panel->pixel_height * panel->scale;
    panel->across_step = (t->width * t->cell + GAP) * panel->scale;
    panel->down_step = (t->height * t->cell + GAP) * panel->scale;
    return PV_OK;
}

/* paints number (y, x) of the tile in column i, row j */
static void paint(pv_panel *panel, const tiling *t, int i, int j, int y, int x, uint32_t colour)
{
    const int left = GAP + i * (t->width * t->cell + GAP) + x * t->cell;
    const int top = GAP + j * (t->height * t->cell + GAP) + y * t->cell;
    for (int b = 0; b < t->cell; b++) {
        uint32_t *line = panel->pixels + (size_t)(top + b) * (size_t)panel->pixel_width + left;
        for (int a = 0; a < t->cell; a++) {
            line[a] = colour;
        }
    }
}

static uint32_t grey_of(double part)
{
    const uint32_t level = (uint32_t)lround(255.0 * fmin(fmax(part, 0.0), 1.0));
    return level << 16 | level << 8 | level;
}

static double largest_of(const float *x, size_t n)
{
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)x[i]));
    }
    return largest;
}

static double relative(float x, double largest)
{
    return largest > 0.0 ? (double)x / largest : 0.0;
}

/* --- labels ---------------------------------------------------------------------------------- */

/* "now", "t-1 c2" or "channel 3" */
static void name_channel(char *label, int channel, int channels, int frames)
{
    const int each = frames > 0 && channels % frames == 0 ? channels / frames : channels;
    const int age = frames - 1 - channel / each;
    char frame[16] = "now";
    if (age > 0) {
        (void)snprintf(frame, sizeof frame, "t-%d", age);
    }
    if (frames <= 1 || each == channels) {
        (void)snprintf(label, PV_PANEL_LABEL, "channel %d", channel);
    } else if (each == 1) {
        (void)snprintf(label, PV_PANEL_LABEL, "%s", frame);
    } else {
        (void)snprintf(label, PV_PANEL_LABEL, "%s, channel %d", frame, channel % each);
    }
}

static pv_status make_labels(char (**labels)[PV_PANEL_LABEL], int *n, int count)
{
    *labels = pv_alloc_array((size_t)count, sizeof **labels);
    *n = *labels ? count : 0;
    return *labels ? PV_OK : pv_last_status();
}

/* --- filters --------------------------------------------------------------------------------- */

/* what a band of filters is made from */
typedef struct filters {
    const float *weight;
    const int *shape;
    int frames, channels; /* channels shown */
    int colour;           /* 1: three channels are one tile */
    double largest;
} filters;

static double filter_weight(const filters *f, int y, int x, int channel, int filter)
{
    const int *s = f->shape;
    return relative(f->weight[((y * s[1] + x) * s[2] + channel) * s[3] + filter], f->largest);
}

static void paint_filter(pv_panel *panel, const tiling *t, const filters *f, int i, int j,
                         int filter)
{
    for (int y = 0; y < t->height; y++) {
        for (int x = 0; x < t->width; x++) {
            uint32_t colour = 0;
            for (int c = 0; c < 3 && f->colour; c++) {
                const double part = 0.5 + 0.5 * filter_weight(f, y, x, c, filter);
                colour = colour << 8 | (grey_of(part) & 255u);
            }
            paint(panel, t, i, j, y, x,
                  f->colour ? colour : pv_sheet_colour(filter_weight(f, y, x, j, filter)));
        }
    }
}

static pv_status label_filters(pv_panel *panel, const filters *f, int first, int n)
{
    pv_status status = PV_OK;
    if (!f->colour && f->shape[2] > 1) {
        status = make_labels(&panel->down, &panel->n_down, f->channels);
    }
    for (int j = 0; j < panel->n_down; j++) {
        name_channel(panel->down[j], j, f->shape[2], f->frames);
    }
    status = status ? status : make_labels(&panel->across, &panel->n_across, n);
    for (int i = 0; i < panel->n_across; i++) {
        (void)snprintf(panel->across[i], sizeof panel->across[i], "%d", first + i);
    }
    return status;
}

/* filters first .. first + n - 1 as one panel */
static pv_status add_band(pv_sheet *sheet, const char *title, const filters *f, int first, int n)
{
    pv_panel *panel = pv_sheet_add(sheet);
    if (!panel || label_filters(panel, f, first, n) != PV_OK) {
        return pv_last_status();
    }
    tiling t = {n, f->colour ? 1 : f->channels, f->shape[0], f->shape[1], 1};
    const int in_band = f->shape[3] < BAND ? f->shape[3] : BAND; /* all bands alike */
    const double room = PIXELS - 2.0 * pv_panel_label_room(panel);
    t.cell = whole((room / in_band - GAP - 1.0) / t.width, 1, CELL_MAX);
    if (make_pixels(panel, &t) != PV_OK) {
        return pv_last_status();
    }
    for (int j = 0; j < t.down; j++) {
        for (int i = 0; i < n; i++) {
            paint_filter(panel, &t, f, i, j, first + i);
        }
    }
    (void)snprintf(panel->title, sizeof panel->title, "%s", title);
    const int *s = f->shape;
    int used =
        snprintf(panel->note, sizeof panel->note,
                 "%d filters of %d x %d over %d channel%s%s; full colour: %.3g", s[3], s[0], s[1],
                 s[2], s[2] == 1 ? "" : "s", f->colour ? " (red, green, blue)" : "", f->largest);
    if (f->channels < s[2] || s[3] > FILTERS_MAX) {
        (void)snprintf(panel->note + used, sizeof panel->note - (size_t)used,
                       "; shown are at most %d channels and %d filters", CHANNELS_MAX, FILTERS_MAX);
    }
    return PV_OK;
}

pv_status pv_panel_filters(pv_sheet *sheet, const char *title, const float *weight,
                           const int shape[4], int frames)
{
    const filters f = {.weight = weight,
                       .shape = shape,
                       .frames = frames,
                       .channels = shape[2] < CHANNELS_MAX ? shape[2] : CHANNELS_MAX,
                       .colour = shape[2] == 3 && frames <= 1,
                       .largest = largest_of(weight, (size_t)shape[0] * (size_t)shape[1] *
                                                         (size_t)shape[2] * (size_t)shape[3])};
    const int n = shape[3] < FILTERS_MAX ? shape[3] : FILTERS_MAX;
    pv_status status = PV_OK;
    for (int first = 0; first < n && status == PV_OK; first += BAND) {
        status = add_band(sheet, title, &f, first, n - first < BAND ? n - first : BAND);
    }
    return status;
}

/* --- feature maps ---------------------------------------------------------------------------- */

pv_status pv_panel_maps(pv_sheet *sheet, const char *title, const float *x, const int shape[3])
{
    const int maps = shape[2] < MAPS_MAX ? shape[2] : MAPS_MAX;
    const double largest = largest_of(x, (size_t)shape[0] * (size_t)shape[1] * (size_t)shape[2]);
    tiling t = {.height = shape[0], .width = shape[1]};
    t.cell = whole(MAP_PIXELS / (double)t.width, 1, CELL_MAX);
    t.across = whole((PIXELS - GAP) / (double)(t.width * t.cell + GAP), 1, maps);
    t.down = (maps + t.across - 1) / t.across;
    t.across = (maps + t.down - 1) / t.down; /* lines of the same length */
    pv_panel *panel = pv_sheet_add(sheet);
    if (!panel || make_pixels(panel, &t) != PV_OK) {
        return pv_last_status();
    }
    for (int m = 0; m < maps; m++) {
        for (int k = 0; k < t.height * t.width; k++) {
            const double part = relative(x[(size_t)k * (size_t)shape[2] + (size_t)m], largest);
            paint(panel, &t, m % t.across, m / t.across, k / t.width, k % t.width,
                  pv_sheet_colour(part));
        }
    }
    (void)snprintf(panel->title, sizeof panel->title, "%s", title);
    const int used =
        snprintf(panel->note, sizeof panel->note, "%d map%s of %d x %d; full colour: %.3g",
                 shape[2], shape[2] == 1 ? "" : "s", shape[0], shape[1], largest);
    if (maps < shape[2]) {
        (void)snprintf(panel->note + used, sizeof panel->note - (size_t)used, "; the first %d",
                       maps);
    }
    return PV_OK;
}

/* --- observations ---------------------------------------------------------------------------- */

static double observed(const pv_net_view *view, size_t i)
{
    switch (view->input.dtype) {
    case PV_U8:
        return (double)view->input.scale * ((const uint8_t *)view->obs)[i];
    case PV_I32:
        return ((const int32_t *)view->obs)[i];
    default:
        return (double)((const float *)view->obs)[i];
    }
}

/* the colour of a place: three channels at once, or one in grey; numbers that may be negative in
   the colours of weights */
static uint32_t observed_colour(const pv_net_view *view, int colour, size_t i, double largest)
{
    if (colour) {
        return (grey_of(observed(view, i)) & 0xFF0000u) |
               (grey_of(observed(view, i + 1)) & 0x00FF00u) |
               (grey_of(observed(view, i + 2)) & 0x0000FFu);
    }
    if (view->input.dtype == PV_U8) {
        return grey_of(observed(view, i));
    }
    return pv_sheet_colour(largest > 0.0 ? observed(view, i) / largest : 0.0);
}

static pv_status label_channels(pv_panel *panel, const pv_net_view *view, int channels)
{
    const pv_status status = make_labels(&panel->across, &panel->n_across, channels);
    for (int i = 0; i < panel->n_across; i++) {
        name_channel(panel->across[i], i, channels, view->frames);
    }
    return status;
}

static pv_status add_channels(pv_sheet *sheet, const pv_net_view *view)
{
    const uint32_t *shape = view->input.shape;
    const int channels = view->input.ndim == 3 ? (int)shape[2] : 1;
    const int colour = channels == 3 && view->frames <= 1 && view->input.dtype == PV_U8;
    const int tiles = colour ? 1 : channels < CHANNELS_MAX ? channels : CHANNELS_MAX;
    tiling t = {.height = (int)shape[0], .width = (int)shape[1]};
    const double fits = (PIXELS - GAP) / (double)tiles - GAP;
    t.cell = whole(fmax(fmin(VIEW_PIXELS, fits), MAP_PIXELS) / t.width, 1, CELL_MAX);
    t.across = whole((PIXELS - GAP) / (double)(t.width * t.cell + GAP), 1, tiles);
    t.down = (tiles + t.across - 1) / t.across;
    t.across = (tiles + t.down - 1) / t.down;
    pv_panel *panel = pv_sheet_add(sheet);
    if (!panel || make_pixels(panel, &t) != PV_OK) {
        return pv_last_status();
    }
    double largest = 0.0;
    for (size_t i = 0; i < (size_t)t.height * (size_t)t.width * (size_t)channels; i++) {
        largest = fmax(largest, fabs(observed(view, i)));
    }
    for (int m = 0; m < tiles; m++) {
        for (int k = 0; k < t.height * t.width; k++) {
            const size_t i = (size_t)k * (size_t)channels + (size_t)m;
            paint(panel, &t, m % t.across, m / t.across, k / t.width, k % t.width,
                  observed_colour(view, colour, i, largest));
        }
    }
    (void)snprintf(panel->title, sizeof panel->title, "%s, as the network sees it",
                   view->input.name);
    (void)snprintf(panel->note, sizeof panel->note, "%d x %d, %d channel%s", t.height, t.width,
                   channels, channels == 1 ? "" : "s");
    return t.down == 1 && tiles > 1 ? label_channels(panel, view, tiles) : PV_OK;
}

static pv_status add_category(pv_sheet *sheet, const pv_net_view *view)
{
    pv_panel *panel = pv_sheet_add(sheet);
    if (!panel) {
        return pv_last_status();
    }
    (void)snprintf(panel->title, sizeof panel->title, "%s", view->input.name);
    (void)snprintf(panel->note, sizeof panel->note, "category %d of %u",
                   *(const int32_t *)view->obs, (unsigned)view->input.n);
    return PV_OK;
}

pv_status pv_panel_observation(pv_sheet *sheet, const pv_net_view *view)
{
    const pv_net_input *input = &view->input;
    if (input->dtype != PV_I32 && (input->ndim == 2 || input->ndim == 3)) {
        return add_channels(sheet, view);
    }
    int n = 1;
    for (uint32_t d = 0; d < input->ndim; d++) {
        n *= (int)input->shape[d];
    }
    if (input->dtype == PV_I32 && n == 1) {
        return add_category(sheet, view);
    }
    float *x = pv_alloc_array((size_t)n, sizeof *x);
    for (int i = 0; i < n && x; i++) {
        x[i] = (float)observed(view, (size_t)i);
    }
    const pv_status status = x ? pv_panel_row(sheet, input->name, x, n) : pv_last_status();
    pv_free(x);
    return status;
}

pv_status pv_panel_frame(pv_sheet *sheet, const char *title, const pv_canvas *frame)
{
    const double fits =
        fmin(FRAME_WIDTH / (double)frame->width, FRAME_HEIGHT / (double)frame->height);
    const int cell = whole(fits, 1, CELL_MAX);
    const tiling t = {1, 1, frame->height, frame->width, cell};
    pv_panel *panel = pv_sheet_add(sheet);
    if (!panel || make_pixels(panel, &t) != PV_OK) {
        return pv_last_status();
    }
    if (fits < 1.0) { /* larger than wanted: drawn smaller than its pixels */
        panel->scale = 0.5 * fits;
        panel->width = panel->pixel_width * panel->scale;
        panel->height = panel->pixel_height * panel->scale;
    }
    for (int y = 0; y < frame->height; y++) {
        for (int x = 0; x < frame->width; x++) {
            const uint8_t *p = frame->rgb + (size_t)y * frame->stride + (size_t)x * 3u;
            paint(panel, &t, 0, 0, y, x, (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]);
        }
    }
    (void)snprintf(panel->title, sizeof panel->title, "%s", title);
    return PV_OK;
}
