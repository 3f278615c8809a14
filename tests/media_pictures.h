/* media_pictures.h: what the tests of the video formats share: a folder of their own, pictures to
   write, and a whole video written in one call. */
#ifndef PAVLOV_TESTS_MEDIA_PICTURES_H
#define PAVLOV_TESTS_MEDIA_PICTURES_H

#include "core/file.h"
#include "core/memory.h"
#include "media/video.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/pavlov-video-XXXXXX";
static size_t live_before;

static inline void setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    live_before = pv_memory_live();
    pv_clear_error();
}

static inline void teardown(void)
{
    ck_assert_int_eq(pv_path_remove(folder), PV_OK);
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

/* a path in the test's folder, in one of a few buffers */
static inline const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static inline int count_files(void)
{
    char **names;
    int n;
    ck_assert_int_eq(pv_dir_list(folder, &names, &n), PV_OK);
    pv_dir_list_free(names, n);
    return n;
}

/* how a picture is filled: few colours with a block that moves, or a colour of its own each pixel
 */
typedef enum pictures { FLAT, COLOURFUL, STILL } pictures;

static inline void paint_picture(uint8_t *rgb, int width, int height, int number, pictures kind)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            uint8_t *p = rgb + (y * width + x) * 3;
            if (kind == COLOURFUL) {
                p[0] = (uint8_t)(x * 255 / width);
                p[1] = (uint8_t)(y * 255 / height);
                p[2] = (uint8_t)((x + y) / 2 + 5 * number);
                continue;
            }
            const int moved = kind == FLAT ? number : 0;
            const int inside =
                x / 4 == moved % (width / 4 + 1) && y / 4 == moved / 3 % (height / 4 + 1);
            p[0] = (uint8_t)(inside ? 220 : 200 - 40 * (x / 4 % 2));
            p[1] = (uint8_t)(inside ? 20 : 190 - 40 * (y / 4 % 2));
            p[2] = inside ? 30 : 120;
        }
    }
}

/* Writes n pictures; returns the status of the first call that fails. */
static inline pv_status write_video(const char *path, int width, int height, int n, double fps,
                                    int scale, pictures kind)
{
    const pv_video_config config = {path, width, height, fps, scale};
    pv_video *video = pv_video_open(&config);
    if (!video) {
        return pv_last_status();
    }
    uint8_t *rgb = malloc((size_t)(width * height * 3));
    pv_status status = PV_OK;
    for (int i = 0; i < n && status == PV_OK; i++) {
        paint_picture(rgb, width, height, i, kind);
        status = pv_video_add(video, rgb, (size_t)width * 3u);
    }
    free(rgb);
    if (status != PV_OK) {
        pv_video_abandon(video);
        return status;
    }
    return pv_video_close(video);
}

/* the colour that pixel (x, y) of picture `number` should have once scaled and padded */
static inline const uint8_t *expected_pixel(const uint8_t *rgb, int width, int height, int scale,
                                            int x, int y)
{
    const int column = x / scale < width ? x / scale : width - 1;
    const int row = y / scale < height ? y / scale : height - 1;
    return rgb + (row * width + column) * 3;
}

static inline int run_suite_with(const char *name, TCase *tests, SFun before, SFun after)
{
    tcase_add_checked_fixture(tests, before, after);
    tcase_set_timeout(tests, 60);
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

static inline int run_suite(const char *name, TCase *tests)
{
    return run_suite_with(name, tests, setup, teardown);
}

#endif
