/* Animated PNG. libpng compresses every picture, or the rectangle of it that changed, into memory;
   the chunks of the animation (acTL, fcTL, fdAT of the PNG specification, third edition) are
   written around its IDAT. One picture alone stays a plain PNG. */
#include "media/encoder.h"

#ifdef PV_WITH_PNG

#include "core/memory.h"

#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <string.h>

enum {
    SIGNATURE = 8,      /* bytes before the first chunk */
    HEADER = 8 + 25,    /* signature and IHDR */
    CHUNK = 12,         /* length, type and checksum of a chunk */
    COMPRESSION = 65536 /* bytes of an IDAT */
};

/* one PNG as libpng made it */
typedef struct pages {
    uint8_t *bytes;
    size_t size, room;
} pages;

typedef struct apng_state {
    pv_encoder_config config;
    uint8_t *before; /* the last picture */
    pages png;
    uint64_t frames;
    uint32_t sequence;                /* number of the next fcTL or fdAT */
    uint16_t delay_over, delay_under; /* a picture stands over / under seconds */
    char message[128];                /* libpng's complaint */
} apng_state;

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* CRC-32 of the PNG specification, half a byte a step. */
static uint32_t add_crc(uint32_t crc, const uint8_t *bytes, size_t size)
{
    static const uint32_t table[16] = {0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu,
                                       0x76DC4190u, 0x6B6B51F4u, 0x4DB26158u, 0x5005713Cu,
                                       0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
                                       0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15u];
        crc = crc >> 4 ^ table[crc & 15u];
    }
    return crc;
}

/* Writes a chunk whose data comes in two parts. */
static pv_status write_chunk(apng_state *s, const char type[5], const uint8_t *first,
                             size_t n_first, const uint8_t *rest, size_t n_rest)
{
    uint8_t head[8];
    put_u32(head, (uint32_t)(n_first + n_rest));
    memcpy(head + 4, type, 4);
    uint32_t crc = add_crc(0xFFFFFFFFu, head + 4, 4);
    crc = add_crc(add_crc(crc, first, n_first), rest, n_rest);
    uint8_t tail[4];
    put_u32(tail, ~crc);
    pv_output *output = s->config.output;
    pv_output_write(output, head, sizeof head);
    pv_output_write(output, first, n_first);
    pv_output_write(output, rest, n_rest);
    return pv_output_write(output, tail, sizeof tail);
}

/* --- libpng --- */

static png_voidp take_memory(png_structp png, png_alloc_size_t size)
{
    (void)png;
    return pv_alloc(size);
}

static void give_memory(png_structp png, png_voidp memory)
{
    (void)png;
    pv_free(memory);
}

static void keep_error(png_structp png, png_const_charp message)
{
    apng_state *s = png_get_error_ptr(png);
    strncpy(s->message, message, sizeof s->message - 1u);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void keep_bytes(png_structp png, png_bytep bytes, png_size_t size)
{
    pages *out = png_get_io_ptr(png);
    if (out->room - out->size < size) {
        const size_t room = 2u * out->room + size;
        uint8_t *grown = pv_realloc(out->bytes, room);
        if (!grown) {
            png_error(png, "out of memory");
        }
        out->bytes = grown;
        out->room = room;
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

/* The calls that jump back on an error: nothing in here is still needed after one. */
static void write_png(png_structp png, png_infop info, apng_state *s, const uint8_t *rgb,
                      const pv_rect *rect)
{
    png_set_write_fn(png, &s->png, keep_bytes, flush_nothing);
    png_set_compression_buffer_size(png, COMPRESSION);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    png_set_IHDR(png, info, (uint32_t)rect->width, (uint32_t)rect->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_write_info(png, info);
    for (int y = rect->y; y < rect->y + rect->height; y++) {
        png_write_row(png, rgb + ((size_t)y * (size_t)s->config.width + (size_t)rect->x) * 3u);
    }
    png_write_end(png, NULL);
}

/* Compresses a rectangle of a picture into s->png. */
static pv_status compress(apng_state *s, const uint8_t *rgb, const pv_rect *rect)
{
    s->png.size = 0;
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, s, keep_error,
                                                ignore_warning, NULL, take_memory, give_memory);
    if (!png) {
        return PV_ERROR_MEMORY;
    }
    png_infop info = png_create_info_struct(png);
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return PV_ERROR_MEMORY;
    }
    int failed = 0;
    if (setjmp(png_jmpbuf(png))) {
        failed = 1;
    } else {
        write_png(png, info, s, rgb, rect);
    }
    png_destroy_write_struct(&png, &info);
    if (failed) {
        return pv_fail(PV_ERROR, "cannot write %s: libpng says: %s", s->config.output->path,
                       s->message);
    }
    return PV_OK;
}

/* --- the animation --- */

/* The fraction with 16-bit parts nearest to 1 / fps. */
static void choose_delay(apng_state *s)
{
    double best = INFINITY;
    for (int over = 1; over <= 1000 && best > 0.0; over++) {
        const double under = fmin(fmax(round(over * s->config.fps), 1.0), UINT16_MAX);
        const double error = fabs(over / under * s->config.fps - 1.0);
        if (error < best - 1e-12) {
            best = error;
            s->delay_over = (uint16_t)over;
            s->delay_under = (uint16_t)under;
        }
    }
}

static pv_status apng_open(void *state, const pv_encoder_config *config)
{
    apng_state *s = state;
    s->config = *config;
    choose_delay(s);
    s->before = pv_alloc_array((size_t)config->width * 3u, (size_t)config->height);
    return s->before ? PV_OK : PV_ERROR_MEMORY;
}

static pv_status write_count(apng_state *s, uint32_t frames)
{
    uint8_t data[8];
    put_u32(data, frames);
    put_u32(data + 4, 0); /* again and again */
    return write_chunk(s, "acTL", data, sizeof data, NULL, 0);
}

static pv_status write_control(apng_state *s, const pv_rect *rect)
{
    uint8_t data[26] = {0}; /* dispose: leave it, blend: replace */
    put_u32(data, s->sequence++);
    put_u32(data + 4, (uint32_t)rect->width);
    put_u32(data + 8, (uint32_t)rect->height);
    put_u32(data + 12, (uint32_t)rect->x);
    put_u32(data + 16, (uint32_t)rect->y);
    data[20] = (uint8_t)(s->delay_over >> 8);
    data[21] = (uint8_t)s->delay_over;
    data[22] = (uint8_t)(s->delay_under >> 8);
    data[23] = (uint8_t)s->delay_under;
    return write_chunk(s, "fcTL", data, sizeof data, NULL, 0);
}

/* Writes the IDATs of s->png: as they are for the first picture, numbered as fdAT for the others.
 */
static pv_status write_data(apng_state *s, int first)
{
    const uint8_t *at = s->png.bytes + HEADER;
    const uint8_t *end = s->png.bytes + s->png.size;
    while (at < end) {
        const uint32_t size = get_u32(at);
        if (memcmp(at + 4, "IDAT", 4) == 0) {
            uint8_t number[4];
            put_u32(number, s->sequence);
            const pv_status status = write_chunk(s, first ? "IDAT" : "fdAT", number,
                                                 first ? 0 : sizeof number, at + 8, size);
            if (status != PV_OK) {
                return status;
            }
            s->sequence += !first;
        }
        at += CHUNK + size;
    }
    return PV_OK;
}

/* Writes the first picture, kept until now, as the beginning of an animation. */
static pv_status begin_animation(apng_state *s)
{
    const pv_rect all = {0, 0, s->config.width, s->config.height};
    pv_output_write(s->config.output, s->png.bytes, HEADER);
    write_count(s, 0);
    write_control(s, &all);
    return write_data(s, 1);
}

static pv_status apng_add(void *state, const uint8_t *rgb)
{
    apng_state *s = state;
    const int width = s->config.width;
    const int height = s->config.height;
    const int first = s->frames == 0;
    pv_status status = PV_OK;
    if (s->frames == 1) {
        status = begin_animation(s);
    }
    const pv_rect rect =
        first ? (pv_rect){0, 0, width, height} : pv_changed_rect(s->before, rgb, width, height);
    if (status == PV_OK) {
        status = compress(s, rgb, &rect);
    }
    if (status == PV_OK && !first) {
        write_control(s, &rect);
        status = write_data(s, 0);
    }
    memcpy(s->before, rgb, (size_t)width * 3u * (size_t)height);
    s->frames++;
    return status;
}

static pv_status apng_finish(void *state)
{
    apng_state *s = state;
    if (s->frames == 1) {
        return pv_output_write(s->config.output, s->png.bytes, s->png.size);
    }
    write_chunk(s, "IEND", NULL, 0, NULL, 0);
    /* now the count of pictures is known: the acTL again, over the first one */
    uint8_t chunk[CHUNK + 8];
    put_u32(chunk, 8);
    memcpy(chunk + 4, "acTL", 4);
    put_u32(chunk + 8, (uint32_t)s->frames);
    put_u32(chunk + 12, 0);
    put_u32(chunk + 16, ~add_crc(0xFFFFFFFFu, chunk + 4, 12));
    return pv_output_patch(s->config.output, HEADER, chunk, sizeof chunk);
}

static void apng_free(void *state)
{
    apng_state *s = state;
    pv_free(s->before);
    pv_free(s->png.bytes);
}

const pv_encoder_class pv_encoder_apng = {.ending = ".png",
                                          .size = sizeof(apng_state),
                                          .open = apng_open,
                                          .add = apng_add,
                                          .finish = apng_finish,
                                          .free = apng_free};

#else

const pv_encoder_class pv_encoder_apng = {.ending = ".png", .missing = "libpng"};

#endif
