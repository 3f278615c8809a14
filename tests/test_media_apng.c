/* test_media_apng.c: animated PNGs taken apart chunk by chunk; every picture is put into a PNG of
   its own, which libpng reads back. */
#include "media_pictures.h"

#ifdef PV_WITH_PNG

#include <png.h>

enum { ROOM = 1 << 20 };

typedef struct chunk {
    uint32_t size;
    const uint8_t *type, *data;
} chunk;

static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/* CRC-32 by its definition, a bit a step. */
static uint32_t crc_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++) {
            crc = crc & 1u ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        }
    }
    return ~crc;
}

/* Reads the chunk at *at and moves on; its checksum must be right. */
static chunk next_chunk(const uint8_t **at)
{
    const chunk c = {get_u32(*at), *at + 4, *at + 8};
    ck_assert_uint_eq(get_u32(c.data + c.size), crc_of(c.type, c.size + 4u));
    *at += c.size + 12u;
    return c;
}

static int is_type(const chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

static size_t add_chunk(uint8_t *out, const char *type, const uint8_t *data, uint32_t size)
{
    put_u32(out, size);
    memcpy(out + 4, type, 4);
    memcpy(out + 8, data, size);
    put_u32(out + 8 + size, crc_of(out + 4, size + 4u));
    return size + 12u;
}

/* Decodes a PNG in memory. */
static void read_png(const uint8_t *bytes, size_t size, uint8_t *rgb, int width, int height)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert_msg(png_image_begin_read_from_memory(&image, bytes, size), "%s", image.message);
    ck_assert_uint_eq(image.width, (unsigned)width);
    ck_assert_uint_eq(image.height, (unsigned)height);
    image.format = PNG_FORMAT_RGB;
    ck_assert_msg(png_image_finish_read(&image, NULL, rgb, width * 3, NULL), "%s", image.message);
}

typedef struct animation {
    int frames, width, height;
    double delay;           /* seconds, of the last frame */
    uint32_t next_sequence; /* that the next fcTL or fdAT must have */
    uint8_t shown[ROOM];    /* [height][width][3] */
    uint8_t header[13];     /* IHDR's data */
    uint8_t png[ROOM];      /* the picture being put together */
    size_t png_size;
    uint32_t rect[4]; /* width, height, x, y */
} animation;

static void begin_picture(animation *a, const chunk *control)
{
    ck_assert_uint_eq(control->size, 26);
    ck_assert_uint_eq(get_u32(control->data), a->next_sequence++);
    for (int i = 0; i < 4; i++) {
        a->rect[i] = get_u32(control->data + 4 + 4 * i);
    }
    const uint8_t *delay = control->data + 20;
    a->delay = (delay[0] * 256.0 + delay[1]) / (delay[2] * 256.0 + delay[3]);
    ck_assert_uint_eq(control->data[24], 0);
    ck_assert_uint_eq(control->data[25], 0);
    uint8_t header[13];
    memcpy(header, a->header, sizeof header);
    memcpy(header, control->data + 4, 8);
    memcpy(a->png, "\x89PNG\r\n\x1a\n", 8);
    a->png_size = 8 + add_chunk(a->png + 8, "IHDR", header, sizeof header);
}

/* Decodes the picture put together and shows it. */
static void end_picture(animation *a)
{
    static uint8_t rgb[ROOM];
    const int width = (int)a->rect[0];
    const int height = (int)a->rect[1];
    a->png_size += add_chunk(a->png + a->png_size, "IEND", a->png, 0);
    read_png(a->png, a->png_size, rgb, width, height);
    for (int y = 0; y < height; y++) {
        const size_t out = (((size_t)y + a->rect[3]) * (size_t)a->width + a->rect[2]) * 3u;
        memcpy(a->shown + out, rgb + y * width * 3, (size_t)width * 3u);
    }
    a->frames++;
}

static void compare_shown(const animation *a, int width, int height, int scale, pictures kind)
{
    static uint8_t rgb[ROOM];
    paint_picture(rgb, width, height, a->frames - 1, kind);
    for (int y = 0; y < a->height; y++) {
        for (int x = 0; x < a->width; x++) {
            ck_assert_mem_eq(a->shown + (y * a->width + x) * 3,
                             expected_pixel(rgb, width, height, scale, x, y), 3);
        }
    }
}

/* Takes a file apart and compares every picture; returns the seconds a picture stands. */
static double check_animation(const char *path, int width, int height, int n, int scale,
                              pictures kind)
{
    static animation a;
    memset(&a, 0, sizeof a);
    a.width = width * scale;
    a.height = height * scale;
    char *data;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
    const uint8_t *at = (const uint8_t *)data + 8;
    ck_assert_mem_eq(data, "\x89PNG\r\n\x1a\n", 8);
    chunk c = next_chunk(&at);
    ck_assert(is_type(&c, "IHDR"));
    memcpy(a.header, c.data, sizeof a.header);
    c = next_chunk(&at);
    ck_assert(is_type(&c, "acTL"));
    ck_assert_uint_eq(get_u32(c.data), (unsigned)n);
    ck_assert_uint_eq(get_u32(c.data + 4), 0);
    c = next_chunk(&at);
    while (is_type(&c, "fcTL")) {
        begin_picture(&a, &c);
        const int first = a.frames == 0;
        for (c = next_chunk(&at); is_type(&c, first ? "IDAT" : "fdAT"); c = next_chunk(&at)) {
            if (!first) {
                ck_assert_uint_eq(get_u32(c.data), a.next_sequence++);
            }
            const uint32_t number = first ? 0 : 4;
            a.png_size += add_chunk(a.png + a.png_size, "IDAT", c.data + number, c.size - number);
        }
        end_picture(&a);
        compare_shown(&a, width, height, scale, kind);
    }
    ck_assert(is_type(&c, "IEND"));
    ck_assert_ptr_eq(at, (const uint8_t *)data + size);
    ck_assert_int_eq(a.frames, n);
    pv_free(data);
    return a.delay;
}

START_TEST(every_picture_comes_back_exactly)
{
    static const int shapes[][4] = {
        {16, 16, 12, 1}, {13, 7, 30, 3}, {1, 1, 3, 1}, {64, 2, 9, 2}, {200, 150, 2, 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int *s = shapes[i];
        for (int kind = FLAT; kind <= STILL; kind++) {
            const char *path = in_folder("x.png");
            ck_assert_int_eq(write_video(path, s[0], s[1], s[2], 10, s[3], (pictures)kind), PV_OK);
            check_animation(path, s[0], s[1], s[2], s[3], (pictures)kind);
        }
    }
}
END_TEST

START_TEST(one_picture_is_a_plain_png)
{
    static uint8_t rgb[18 * 10 * 3];
    uint8_t given[9 * 5 * 3];
    const char *path = in_folder("x.png");
    ck_assert_int_eq(write_video(path, 9, 5, 1, 10, 2, COLOURFUL), PV_OK);
    char *data;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
    read_png((const uint8_t *)data, size, rgb, 18, 10);
    paint_picture(given, 9, 5, 0, COLOURFUL);
    for (int y = 0; y < 10; y++) {
        for (int x = 0; x < 18; x++) {
            ck_assert_mem_eq(rgb + (y * 18 + x) * 3, expected_pixel(given, 9, 5, 2, x, y), 3);
        }
    }
    const uint8_t *at = (const uint8_t *)data + 8;
    while (at < (const uint8_t *)data + size) {
        const chunk c = next_chunk(&at);
        ck_assert(!is_type(&c, "acTL") && !is_type(&c, "fcTL"));
    }
    pv_free(data);
}
END_TEST

START_TEST(a_reader_that_knows_no_animation_sees_the_first_picture)
{
    static uint8_t rgb[16 * 16 * 3];
    uint8_t given[16 * 16 * 3];
    const char *path = in_folder("x.png");
    ck_assert_int_eq(write_video(path, 16, 16, 5, 10, 1, FLAT), PV_OK);
    char *data;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
    read_png((const uint8_t *)data, size, rgb, 16, 16);
    paint_picture(given, 16, 16, 0, FLAT);
    ck_assert_mem_eq(rgb, given, sizeof given);
    pv_free(data);
}
END_TEST

START_TEST(a_picture_stands_for_the_inverse_of_the_rate)
{
    static const double rates[] = {30, 60, 29.97, 0.5, 1000, 12.5, 0.1, 23.976};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const char *path = in_folder("x.png");
        ck_assert_int_eq(write_video(path, 8, 8, 2, rates[i], 1, FLAT), PV_OK);
        const double delay = check_animation(path, 8, 8, 2, 1, FLAT);
        ck_assert_double_eq_tol(delay * rates[i], 1.0, 1e-9);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("apng");
    tcase_add_test(tests, every_picture_comes_back_exactly);
    tcase_add_test(tests, one_picture_is_a_plain_png);
    tcase_add_test(tests, a_reader_that_knows_no_animation_sees_the_first_picture);
    tcase_add_test(tests, a_picture_stands_for_the_inverse_of_the_rate);
    return run_suite("media/apng", tests);
}

#else

START_TEST(png_is_not_among_the_endings)
{
    ck_assert_ptr_null(strstr(pv_video_endings(), ".png"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("apng");
    tcase_add_test(tests, png_is_not_among_the_endings);
    return run_suite("media/apng", tests);
}

#endif
