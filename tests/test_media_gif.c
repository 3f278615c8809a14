/* test_media_gif.c: GIF files read back with giflib's decoder, and the palettes in them. */
#include "media_pictures.h"

#ifdef PV_WITH_GIF

#include "media/palette.h"

#include <gif_lib.h>
#include <math.h>

typedef struct read_gif {
    int width, height, frames, loops;
    int delay[512];
    uint8_t *rgb; /* [frames][height][width][3] as shown */
} read_gif;

/* Draws a frame over what is shown. */
static void show_frame(const SavedImage *image, int transparent, uint8_t *shown, int width)
{
    const GifImageDesc *rect = &image->ImageDesc;
    for (int y = 0; y < rect->Height; y++) {
        for (int x = 0; x < rect->Width; x++) {
            const int index = image->RasterBits[y * rect->Width + x];
            if (index != transparent) {
                ck_assert_int_lt(index, rect->ColorMap->ColorCount);
                const GifColorType *colour = &rect->ColorMap->Colors[index];
                uint8_t *out = shown + ((rect->Top + y) * width + rect->Left + x) * 3;
                out[0] = colour->Red;
                out[1] = colour->Green;
                out[2] = colour->Blue;
            }
        }
    }
}

static read_gif read_back(const char *path)
{
    int error = 0;
    GifFileType *gif = DGifOpenFileName(path, &error);
    ck_assert_msg(gif != NULL, "%s", GifErrorString(error));
    ck_assert_int_eq(DGifSlurp(gif), GIF_OK);
    read_gif read = {.width = gif->SWidth, .height = gif->SHeight, .frames = gif->ImageCount};
    const size_t size = (size_t)(read.width * read.height * 3);
    ck_assert_int_le(read.frames, 512);
    read.rgb = calloc((size_t)read.frames, size);
    for (int i = 0; i < read.frames; i++) {
        GraphicsControlBlock control;
        ck_assert_int_eq(DGifSavedExtensionToGCB(gif, i, &control), GIF_OK);
        read.delay[i] = control.DelayTime;
        uint8_t *shown = read.rgb + (size_t)i * size;
        if (i > 0) {
            ck_assert_int_eq(control.DisposalMode, DISPOSE_DO_NOT);
            memcpy(shown, shown - size, size);
        }
        show_frame(&gif->SavedImages[i], control.TransparentColor, shown, read.width);
    }
    const SavedImage *first = &gif->SavedImages[0];
    for (int i = 0; i < first->ExtensionBlockCount; i++) {
        const ExtensionBlock *block = &first->ExtensionBlocks[i];
        read.loops |= block->ByteCount == 11 && memcmp(block->Bytes, "NETSCAPE2.0", 11) == 0;
    }
    DGifCloseFile(gif, &error);
    return read;
}

/* Returns the largest difference of a channel from what was to be shown. */
static int largest_error(const read_gif *read, int width, int height, int scale, pictures kind)
{
    uint8_t *rgb = malloc((size_t)(width * height * 3));
    int largest = 0;
    for (int i = 0; i < read->frames; i++) {
        paint_picture(rgb, width, height, i, kind);
        for (int y = 0; y < read->height; y++) {
            for (int x = 0; x < read->width; x++) {
                const uint8_t *wanted = expected_pixel(rgb, width, height, scale, x, y);
                const uint8_t *shown = read->rgb + ((i * read->height + y) * read->width + x) * 3;
                for (int k = 0; k < 3; k++) {
                    const int error = abs(wanted[k] - shown[k]);
                    largest = error > largest ? error : largest;
                }
            }
        }
    }
    free(rgb);
    return largest;
}

START_TEST(pictures_of_few_colours_come_back_exactly)
{
    static const int shapes[][4] = {
        {16, 16, 12, 1}, {13, 7, 30, 3}, {1, 1, 3, 1}, {64, 2, 9, 2}, {40, 40, 1, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int *s = shapes[i];
        const char *path = in_folder("x.gif");
        ck_assert_int_eq(write_video(path, s[0], s[1], s[2], 10, s[3], FLAT), PV_OK);
        read_gif read = read_back(path);
        ck_assert_int_eq(read.width, s[0] * s[3]);
        ck_assert_int_eq(read.height, s[1] * s[3]);
        ck_assert_int_eq(read.frames, s[2]);
        ck_assert_int_eq(read.loops, 1);
        ck_assert_int_eq(largest_error(&read, s[0], s[1], s[3], FLAT), 0);
        free(read.rgb);
    }
}
END_TEST

START_TEST(pictures_of_many_colours_come_back_nearly)
{
    const char *path = in_folder("x.gif");
    ck_assert_int_eq(write_video(path, 120, 90, 4, 10, 1, COLOURFUL), PV_OK);
    read_gif read = read_back(path);
    const int largest = largest_error(&read, 120, 90, 1, COLOURFUL);
    ck_assert_int_gt(largest, 0);
    ck_assert_int_lt(largest, 48);
    free(read.rgb);
}
END_TEST

START_TEST(equal_pictures_stay_separate_frames_and_cost_little)
{
    const char *path = in_folder("x.gif");
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        char *data;
        ck_assert_int_eq(write_video(path, 60, 60, i ? 101 : 1, 10, 1, STILL), PV_OK);
        ck_assert_int_eq(pv_file_read(path, &data, &size[i]), PV_OK);
        pv_free(data);
    }
    read_gif read = read_back(path);
    ck_assert_int_eq(read.frames, 101);
    ck_assert_int_eq(largest_error(&read, 60, 60, 1, STILL), 0);
    ck_assert_uint_le(size[1] - size[0], 100 * 40);
    free(read.rgb);
}
END_TEST

/* delays are whole hundredths, but a second of pictures takes a second */
START_TEST(delays_add_up_to_the_true_time)
{
    static const struct {
        double fps;
        int shortest, longest, total;
    } cases[] = {
        {30, 3, 4, 300},          {15, 6, 7, 600}, {8, 12, 13, 1125}, {25, 4, 4, 360},
        {0.1, 1000, 1000, 90000}, {60, 2, 2, 180}, /* faster than browsers show: two hundredths each
                                                    */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = in_folder("x.gif");
        ck_assert_int_eq(write_video(path, 8, 8, 90, cases[i].fps, 1, FLAT), PV_OK);
        read_gif read = read_back(path);
        int total = 0;
        for (int k = 0; k < read.frames; k++) {
            ck_assert_int_ge(read.delay[k], cases[i].shortest);
            ck_assert_int_le(read.delay[k], cases[i].longest);
            total += read.delay[k];
        }
        ck_assert_int_eq(total, cases[i].total);
        free(read.rgb);
    }
}
END_TEST

static void colour_at(int i, uint8_t rgb[3])
{
    rgb[0] = (uint8_t)(i * 7);
    rgb[1] = (uint8_t)(i * 13);
    rgb[2] = (uint8_t)(i / 2);
}

START_TEST(a_palette_is_exact_up_to_its_limit)
{
    pv_palette *palette = pv_palette_create();
    static const int limits[] = {256, 255, 1, 2, 100};
    for (size_t k = 0; k < sizeof limits / sizeof limits[0]; k++) {
        uint8_t rgb[3];
        pv_palette_begin(palette, limits[k]);
        for (int i = 0; i < 3 * limits[k]; i++) {
            colour_at(i % limits[k], rgb);
            pv_palette_count(palette, rgb);
        }
        ck_assert_int_eq(pv_palette_build(palette), limits[k]);
        for (int i = 0; i < limits[k]; i++) {
            colour_at(i, rgb);
            ck_assert_mem_eq(pv_palette_colour(palette, pv_palette_index(palette, rgb)), rgb, 3);
        }
    }
    pv_palette_destroy(palette);
}
END_TEST

START_TEST(one_colour_too_many_still_fits_the_limit_with_small_errors)
{
    pv_palette *palette = pv_palette_create();
    uint8_t rgb[3];
    pv_palette_begin(palette, 256);
    for (int i = 0; i < 300; i++) {
        colour_at(i, rgb);
        pv_palette_count(palette, rgb);
    }
    const int n = pv_palette_build(palette);
    ck_assert_int_gt(n, 200);
    ck_assert_int_le(n, 256);
    for (int i = 0; i < 300; i++) {
        colour_at(i, rgb);
        const uint8_t *entry = pv_palette_colour(palette, pv_palette_index(palette, rgb));
        for (int k = 0; k < 3; k++) {
            ck_assert_int_lt(abs(entry[k] - rgb[k]), 16);
        }
    }
    pv_palette_destroy(palette);
}
END_TEST

/* two clouds of many greys each, cut into two: the entries are their means */
START_TEST(cutting_separates_what_lies_apart)
{
    pv_palette *palette = pv_palette_create();
    pv_palette_begin(palette, 2);
    for (int i = 0; i < 21; i++) {
        const uint8_t dark[3] = {(uint8_t)(10 + i), (uint8_t)(10 + i), (uint8_t)(10 + i)};
        const uint8_t light[3] = {(uint8_t)(200 + i), (uint8_t)(200 + i), (uint8_t)(200 + i)};
        pv_palette_count(palette, dark);
        pv_palette_count(palette, light);
    }
    ck_assert_int_eq(pv_palette_build(palette), 2);
    const int first = pv_palette_colour(palette, 0)[0];
    const int second = pv_palette_colour(palette, 1)[0];
    ck_assert_int_eq(first < second ? first : second, 20);
    ck_assert_int_eq(first < second ? second : first, 210);
    pv_palette_destroy(palette);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("gif");
    tcase_add_test(tests, pictures_of_few_colours_come_back_exactly);
    tcase_add_test(tests, pictures_of_many_colours_come_back_nearly);
    tcase_add_test(tests, equal_pictures_stay_separate_frames_and_cost_little);
    tcase_add_test(tests, delays_add_up_to_the_true_time);
    tcase_add_test(tests, a_palette_is_exact_up_to_its_limit);
    tcase_add_test(tests, one_colour_too_many_still_fits_the_limit_with_small_errors);
    tcase_add_test(tests, cutting_separates_what_lies_apart);
    return run_suite("media/gif", tests);
}

#else

START_TEST(gif_is_not_among_the_endings)
{
    ck_assert_ptr_null(strstr(pv_video_endings(), ".gif"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("gif");
    tcase_add_test(tests, gif_is_not_among_the_endings);
    return run_suite("media/gif", tests);
}

#endif
