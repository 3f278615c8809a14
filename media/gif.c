/* GIF through giflib. A picture after the first is only the rectangle that changed, its unchanged
   pixels transparent, with a colour table of its own: exact while up to 255 colours changed, cut to
   as many otherwise. */
#include "media/encoder.h"

#ifdef PV_WITH_GIF

#include "core/memory.h"
#include "media/palette.h"

#include <gif_lib.h>
#include <math.h>
#include <string.h>

/* browsers take a shorter delay (in hundredths of a second) for a mistake and make it 10 */
enum { DELAY_MIN = 2, DELAY_MAX = 65535, NOT_TRANSPARENT = -1 };

typedef struct gif_state {
    pv_encoder_config config;
    GifFileType *gif;
    pv_palette *palette;
    uint8_t *before;    /* the last picture */
    GifPixelType *line; /* [width] */
    uint64_t frames;
    double shown_until; /* hundredths of a second since the beginning */
} gif_state;

static int write_bytes(GifFileType *gif, const GifByteType *bytes, int n)
{
    pv_output *output = gif->UserData;
    return pv_output_write(output, bytes, (size_t)n) == PV_OK ? n : 0;
}

static pv_status gif_failed(const gif_state *s)
{
    if (s->config.output->failure != PV_OK) {
        return s->config.output->failure;
    }
    const char *why = s->gif ? GifErrorString(s->gif->Error) : NULL;
    return pv_fail(PV_ERROR, "cannot write %s: giflib says: %s", s->config.output->path,
                   why ? why : "out of memory");
}

/* The header, and the extension that browsers know for "play it again and again". */
static pv_status write_header(gif_state *s)
{
    static const GifByteType forever[3] = {1, 0, 0};
    EGifSetGifVersion(s->gif, true);
    if (EGifPutScreenDesc(s->gif, s->config.width, s->config.height, 8, 0, NULL) == GIF_ERROR ||
        EGifPutExtensionLeader(s->gif, APPLICATION_EXT_FUNC_CODE) == GIF_ERROR ||
        EGifPutExtensionBlock(s->gif, 11, "NETSCAPE2.0") == GIF_ERROR ||
        EGifPutExtensionBlock(s->gif, sizeof forever, forever) == GIF_ERROR ||
        EGifPutExtensionTrailer(s->gif) == GIF_ERROR) {
        return gif_failed(s);
    }
    return PV_OK;
}

static pv_status gif_open(void *state, const pv_encoder_config *config)
{
    gif_state *s = state;
    s->config = *config;
    s->palette = pv_palette_create();
    s->before = pv_alloc_array((size_t)config->width * 3u, (size_t)config->height);
    s->line = pv_alloc((size_t)config->width);
    if (!s->palette || !s->before || !s->line) {
        return PV_ERROR_MEMORY;
    }
    int error = 0;
    s->gif = EGifOpen(config->output, write_bytes, &error);
    return s->gif ? write_header(s) : gif_failed(s);
}

/* How long a picture stands: the rounding error is carried on, so that the whole takes its time. */
static int next_delay(gif_state *s)
{
    const double end = round((double)s->frames * 100.0 / s->config.fps);
    const double delay = fmin(fmax(end - s->shown_until, DELAY_MIN), DELAY_MAX);
    s->shown_until += delay;
    return (int)delay;
}

static int is_same(const uint8_t *a, const uint8_t *b)
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

/* Makes the palette of the pixels that changed (all of the first picture); returns its size. */
static int count_colours(gif_state *s, const uint8_t *rgb, const pv_rect *rect, int first)
{
    pv_palette_begin(s->palette, first ? 256 : 255);
    for (int y = rect->y; y < rect->y + rect->height; y++) {
        const size_t at = ((size_t)y * (size_t)s->config.width + (size_t)rect->x) * 3u;
        for (size_t x = 0; x < (size_t)rect->width * 3u; x += 3u) {
            if (first || !is_same(rgb + at + x, s->before + at + x)) {
                pv_palette_count(s->palette, rgb + at + x);
            }
        }
    }
    return pv_palette_build(s->palette);
}

/* The colour table: the palette, an entry for "transparent", up to a power of two. */
static ColorMapObject *make_map(const gif_state *s, int n, int with_transparent)
{
    int size = 2;
    while (size < n + with_transparent) {
        size *= 2;
    }
    ColorMapObject *map = GifMakeMapObject(size, NULL);
    for (int i = 0; map && i < n; i++) {
        const uint8_t *colour = pv_palette_colour(s->palette, i);
        map->Colors[i] = (GifColorType){colour[0], colour[1], colour[2]};
    }
    return map;
}

static pv_status write_control(gif_state *s, int transparent)
{
    const GraphicsControlBlock control = {.DisposalMode = DISPOSE_DO_NOT,
                                          .UserInputFlag = false,
                                          .DelayTime = next_delay(s),
                                          .TransparentColor = transparent};
    GifByteType bytes[4];
    EGifGCBToExtension(&control, bytes);
    if (EGifPutExtension(s->gif, GRAPHICS_EXT_FUNC_CODE, sizeof bytes, bytes) == GIF_ERROR) {
        return gif_failed(s);
    }
    return PV_OK;
}

static pv_status write_lines(gif_state *s, const uint8_t *rgb, const pv_rect *rect, int transparent)
{
    for (int y = rect->y; y < rect->y + rect->height; y++) {
        const size_t at = ((size_t)y * (size_t)s->config.width + (size_t)rect->x) * 3u;
        for (int x = 0; x < rect->width; x++) {
            const uint8_t *now = rgb + at + x * 3;
            const int same = transparent != NOT_TRANSPARENT && is_same(now, s->before + at + x * 3);
            s->line[x] = same ? (uint8_t)transparent : pv_palette_index(s->palette, now);
        }
        if (EGifPutLine(s->gif, s->line, rect->width) == GIF_ERROR) {
            return gif_failed(s);
        }
    }
    return PV_OK;
}

static pv_status gif_add(void *state, const uint8_t *rgb)
{
    gif_state *s = state;
    const int first = s->frames++ == 0;
    const int width = s->config.width;
    const int height = s->config.height;
    const pv_rect rect =
        first ? (pv_rect){0, 0, width, height} : pv_changed_rect(s->before, rgb, width, height);
    const int n = count_colours(s, rgb, &rect, first);
    const int transparent = first ? NOT_TRANSPARENT : n;
    ColorMapObject *map = make_map(s, n, !first);
    if (!map) {
        return pv_fail(PV_ERROR_MEMORY, "out of memory for a colour table of %s",
                       s->config.output->path);
    }
    pv_status status = write_control(s, transparent);
    if (status == PV_OK && EGifPutImageDesc(s->gif, rect.x, rect.y, rect.width, rect.height, false,
                                            map) == GIF_ERROR) {
        status = gif_failed(s);
    }
    GifFreeMapObject(map);
    if (status == PV_OK) {
        status = write_lines(s, rgb, &rect, transparent);
    }
    memcpy(s->before, rgb, (size_t)width * 3u * (size_t)height);
    return status;
}

static pv_status gif_finish(void *state)
{
    gif_state *s = state;
    const int closed = EGifCloseFile(s->gif, NULL);
    s->gif = NULL;
    return closed == GIF_ERROR ? gif_failed(s) : s->config.output->failure;
}

static void gif_free(void *state)
{
    gif_state *s = state;
    if (s->gif) {
        EGifCloseFile(s->gif, NULL);
    }
    pv_palette_destroy(s->palette);
    pv_free(s->before);
    pv_free(s->line);
}

const pv_encoder_class pv_encoder_gif = {.ending = ".gif",
                                         .size = sizeof(gif_state),
                                         .open = gif_open,
                                         .add = gif_add,
                                         .finish = gif_finish,
                                         .free = gif_free};

#else

const pv_encoder_class pv_encoder_gif = {.ending = ".gif", .missing = "giflib"};

#endif
