/* test_media_video.c: what all video formats have in common: endings, sizes, names, failures. */
#include "media_pictures.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* the formats of this build that are written by this program itself */
static const char *const own_formats[] = {
#ifdef PV_WITH_VPX
    "webm",
#endif
#ifdef PV_WITH_GIF
    "gif",
#endif
#ifdef PV_WITH_PNG
    "png",
#endif
    NULL};

static const char *named(const char *name, const char *format)
{
    char file[64];
    snprintf(file, sizeof file, "%s.%s", name, format);
    return in_folder(file);
}

START_TEST(an_unknown_ending_is_answered_with_those_that_are_known)
{
    const char *const wrong[] = {"a.avi", "a", "a.", ".webm.txt", "webm", ".gif"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const pv_video_config config = {wrong[i], 8, 8, 25, 1};
        ck_assert_ptr_null(pv_video_open(&config));
        ck_assert_int_eq(pv_last_status(), PV_ERROR_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), pv_video_endings()));
        ck_assert_ptr_nonnull(strstr(pv_last_error(), wrong[i]));
    }
    ck_assert_ptr_nonnull(strstr(pv_video_endings(), ".mp4"));
}
END_TEST

START_TEST(a_format_left_out_of_the_build_is_answered_with_the_library_it_needs)
{
    static const char *const formats[][2] = {
        {".webm", "libvpx"}, {".gif", "giflib"}, {".png", "libpng"}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const char *path = named("x", formats[i][0] + 1);
        const int built = strstr(pv_video_endings(), formats[i][0]) != NULL;
        const pv_status status = write_video(path, 8, 8, 2, 10, 1, FLAT);
        ck_assert_int_eq(status, built ? PV_OK : PV_ERROR_ARGUMENT);
        ck_assert_int_eq(pv_file_exists(path), built);
        if (!built) {
            ck_assert_ptr_nonnull(strstr(pv_last_error(), formats[i][1]));
            ck_assert_ptr_nonnull(strstr(pv_last_error(), "this build cannot write"));
        }
    }
}
END_TEST

START_TEST(the_ending_may_be_in_capitals)
{
    for (int i = 0; own_formats[i]; i++) {
        char capitals[8];
        snprintf(capitals, sizeof capitals, "%s", own_formats[i]);
        for (char *c = capitals; *c; c++) {
            *c = (char)(*c - 'a' + 'A');
        }
        ck_assert_int_eq(write_video(named("x", capitals), 8, 8, 2, 10, 1, FLAT), PV_OK);
    }
}
END_TEST

START_TEST(sizes_and_rates_out_of_range_are_refused)
{
    static const pv_video_config wrong[] = {
        {"x.mp4", 8, 8, 0.0, 1},    {"x.mp4", 8, 8, -5.0, 1},     {"x.mp4", 8, 8, 1e6, 1},
        {"x.mp4", 8, 8, 25.0, 0},   {"x.mp4", 8, 8, 25.0, -2},    {"x.mp4", 8, 8, 25.0, 100000},
        {"x.mp4", 20000, 8, 25, 1}, {"x.mp4", 1, 2000, 25.0, 10},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_ptr_null(pv_video_open(&wrong[i]));
        ck_assert_int_eq(pv_last_status(), PV_ERROR_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "must be"));
    }
}
END_TEST

START_TEST(the_name_appears_only_when_the_file_is_closed_well)
{
    for (int i = 0; own_formats[i]; i++) {
        const char *path = named("clip", own_formats[i]);
        ck_assert_int_eq(pv_file_write(path, "old", 3), PV_OK);
        uint8_t rgb[8 * 8 * 3];
        paint_picture(rgb, 8, 8, 0, FLAT);
        const pv_video_config config = {path, 8, 8, 10, 1};

        pv_video *video = pv_video_open(&config);
        ck_assert_int_eq(pv_video_add(video, rgb, 24), PV_OK);
        pv_video_abandon(video);
        char *data;
        ck_assert_int_eq(pv_file_read(path, &data, NULL), PV_OK);
        ck_assert_str_eq(data, "old");
        pv_free(data);
        ck_assert_int_eq(count_files(), i + 1);

        video = pv_video_open(&config);
        ck_assert_int_eq(count_files(), i + 2);
        ck_assert_int_eq(pv_video_add(video, rgb, 24), PV_OK);
        ck_assert_int_eq(pv_video_close(video), PV_OK);
        size_t size;
        ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
        ck_assert_uint_gt(size, 30);
        pv_free(data);
        ck_assert_int_eq(count_files(), i + 1);
    }
    pv_video_abandon(NULL);
}
END_TEST

START_TEST(two_videos_of_the_same_name_do_not_disturb_each_other)
{
    for (int i = 0; own_formats[i]; i++) {
        const pv_video_config config = {named("same", own_formats[i]), 8, 8, 10, 1};
        uint8_t rgb[8 * 8 * 3];
        pv_video *one = pv_video_open(&config);
        pv_video *other = pv_video_open(&config);
        for (int k = 0; k < 3; k++) {
            paint_picture(rgb, 8, 8, k, FLAT);
            ck_assert_int_eq(pv_video_add(one, rgb, 24), PV_OK);
            ck_assert_int_eq(pv_video_add(other, rgb, 24), PV_OK);
        }
        ck_assert_int_eq(pv_video_close(one), PV_OK);
        ck_assert_int_eq(pv_video_close(other), PV_OK);
        ck_assert_int_eq(count_files(), i + 1);
    }
}
END_TEST

START_TEST(the_same_pictures_give_the_same_bytes)
{
    for (int i = 0; own_formats[i]; i++) {
        const char *path[2] = {named("one", own_formats[i]), named("two", own_formats[i])};
        char *data[2];
        size_t size[2];
        for (int k = 0; k < 2; k++) {
            ck_assert_int_eq(write_video(path[k], 33, 17, 20, 10, 2, COLOURFUL), PV_OK);
            ck_assert_int_eq(pv_file_read(path[k], &data[k], &size[k]), PV_OK);
        }
        ck_assert_uint_eq(size[0], size[1]);
        ck_assert_mem_eq(data[0], data[1], size[0]);
        pv_free(data[0]);
        pv_free(data[1]);
    }
}
END_TEST

START_TEST(a_video_without_pictures_is_an_error)
{
    for (int i = 0; own_formats[i]; i++) {
        ck_assert_int_eq(write_video(named("x", own_formats[i]), 8, 8, 0, 10, 1, FLAT),
                         PV_ERROR_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "no pictures"));
        ck_assert_int_eq(count_files(), 0);
    }
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_named)
{
    for (int i = 0; own_formats[i]; i++) {
        const char *path = named("none/there", own_formats[i]);
        ck_assert_int_eq(write_video(path, 8, 8, 2, 10, 1, FLAT), PV_ERROR_FILE);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), path));
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "No such file"));

        path = named("taken", own_formats[i]);
        ck_assert_int_eq(pv_dir_create(path), PV_OK);
        ck_assert_int_eq(write_video(path, 8, 8, 2, 10, 1, FLAT), PV_ERROR_FILE);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "folder"));
        ck_assert_int_eq(pv_path_remove(path), PV_OK);
    }
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

/* files may not grow beyond 2000 bytes, which fails like a full disk */
START_TEST(a_full_disk_is_one_clear_error_and_leaves_nothing)
{
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; own_formats[i]; i++) {
        const char *path = named("x", own_formats[i]);
        const struct rlimit tight = {2000, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &tight);
        const pv_status status = write_video(path, 64, 48, 60, 10, 2, COLOURFUL);
        setrlimit(RLIMIT_FSIZE, &before);
        ck_assert_int_eq(status, PV_ERROR_FILE);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), path));
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "File too large"));
        ck_assert_int_eq(count_files(), 0);
    }
    signal(SIGXFSZ, handler);
}
END_TEST

START_TEST(memory_does_not_grow_with_the_length)
{
    for (int i = 0; own_formats[i]; i++) {
        const pv_video_config config = {named("long", own_formats[i]), 16, 16, 50, 1};
        uint8_t rgb[16 * 16 * 3];
        pv_video *video = pv_video_open(&config);
        size_t live = 0;
        for (int k = 0; k < 1500; k++) {
            paint_picture(rgb, 16, 16, k, FLAT);
            ck_assert_int_eq(pv_video_add(video, rgb, 48), PV_OK);
            live = k == 500 ? pv_memory_live() : live;
        }
        ck_assert_uint_eq(pv_memory_live(), live);
        ck_assert_int_eq(pv_video_close(video), PV_OK);
    }
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    for (int i = 0; own_formats[i]; i++) {
        const char *path = named("x", own_formats[i]);
        int n = 0;
        for (int failed = 1; failed; n++) {
            pv_memory_fail_at((uint64_t)n + 1u);
            pv_clear_error();
            const pv_status status = write_video(path, 12, 12, 3, 10, 1, FLAT);
            failed = status != PV_OK;
            pv_memory_fail_at(0);
            ck_assert_int_eq(pv_last_status(), status);
            ck_assert_uint_eq(pv_memory_live(), live_before);
            ck_assert_int_eq(count_files(), failed ? 0 : 1);
        }
        ck_assert_int_gt(n, 5);
        ck_assert_int_eq(pv_path_remove(path), PV_OK);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("video");
    tcase_add_test(tests, an_unknown_ending_is_answered_with_those_that_are_known);
    tcase_add_test(tests, a_format_left_out_of_the_build_is_answered_with_the_library_it_needs);
    tcase_add_test(tests, the_ending_may_be_in_capitals);
    tcase_add_test(tests, sizes_and_rates_out_of_range_are_refused);
    tcase_add_test(tests, the_name_appears_only_when_the_file_is_closed_well);
    tcase_add_test(tests, two_videos_of_the_same_name_do_not_disturb_each_other);
    tcase_add_test(tests, the_same_pictures_give_the_same_bytes);
    tcase_add_test(tests, a_video_without_pictures_is_an_error);
    tcase_add_test(tests, a_place_that_cannot_be_written_is_named);
    tcase_add_test(tests, a_full_disk_is_one_clear_error_and_leaves_nothing);
    tcase_add_test(tests, memory_does_not_grow_with_the_length);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
    return run_suite("media/video", tests);
}
