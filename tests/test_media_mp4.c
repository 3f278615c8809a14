/* test_media_mp4.c: the pipe to ffmpeg, with small scripts in its place on the PATH that keep what
   they are given, fail, or go away. */
#include "media_pictures.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path_before;

static void use_path(const char *path)
{
    ck_assert_int_eq(setenv("PATH", path, 1), 0);
}

/* Puts a shell script named ffmpeg on the PATH; "$out" in it is the file to be written. */
static void fake_ffmpeg(const char *script)
{
    const char *path = in_folder("ffmpeg");
    FILE *file = fopen(path, "w");
    fprintf(file, "#!/bin/sh\nfor out; do :; done\nout=${out#file:}\n%s\n", script);
    fclose(file);
    ck_assert_int_eq(chmod(path, 0755), 0);
    char both[4096];
    snprintf(both, sizeof both, "%s:%s", folder, path_before);
    use_path(both);
}

static void keep_path(void)
{
    setup();
    path_before = strdup(getenv("PATH"));
}

static void restore_path(void)
{
    use_path(path_before);
    free(path_before);
    teardown();
}

START_TEST(ffmpeg_gets_every_picture_and_the_right_words)
{
    fake_ffmpeg("echo \"$*\" > \"${0%/*}/words\"; exec cat > \"$out\"");
    const char *path = in_folder("x.mp4");
    ck_assert_int_eq(write_video(path, 33, 17, 40, 12.5, 3, COLOURFUL), PV_OK);
    char *data;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
    ck_assert_uint_eq(size, 40 * 100 * 52 * 3);
    uint8_t given[33 * 17 * 3];
    for (int i = 0; i < 40; i++) {
        paint_picture(given, 33, 17, i, COLOURFUL);
        for (int y = 0; y < 52; y++) {
            for (int x = 0; x < 100; x++) {
                ck_assert_mem_eq(data + ((i * 52 + y) * 100 + x) * 3,
                                 expected_pixel(given, 33, 17, 3, x, y), 3);
            }
        }
    }
    pv_free(data);
    ck_assert_int_eq(pv_file_read(in_folder("words"), &data, NULL), PV_OK);
    ck_assert_ptr_nonnull(strstr(data, "-pix_fmt rgb24 -video_size 100x52 -framerate 12.5 -i"));
    ck_assert_ptr_nonnull(strstr(data, "-f mp4"));
    pv_free(data);
}
END_TEST

START_TEST(without_ffmpeg_the_error_says_what_to_do)
{
    static const char *const paths[] = {"", "/nonexistent", ":::", "/"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        use_path(paths[i]);
        const char *path = in_folder("x.mp4");
        ck_assert_int_eq(write_video(path, 8, 8, 2, 10, 1, FLAT), PV_ERROR_FILE);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "no ffmpeg on the PATH"));
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "install"));
        ck_assert_ptr_nonnull(strstr(pv_last_error(), path));
        ck_assert_int_eq(count_files(), 0);
    }
}
END_TEST

START_TEST(a_failing_ffmpeg_is_quoted_with_its_last_line)
{
    fake_ffmpeg("cat > /dev/null; echo one >&2; echo 'Unknown encoder libx264' >&2; exit 3");
    ck_assert_int_eq(write_video(in_folder("x.mp4"), 8, 8, 2, 10, 1, FLAT), PV_ERROR);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "ffmpeg failed: Unknown encoder libx264"));
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* it has gone away while pictures are still to be written: neither a signal nor a wait for ever */
START_TEST(an_ffmpeg_that_goes_away_is_an_error_and_no_signal)
{
    fake_ffmpeg("echo 'cannot go on' >&2; exit 1");
    ck_assert_int_eq(write_video(in_folder("x.mp4"), 200, 200, 50, 10, 2, FLAT), PV_ERROR);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "ffmpeg failed: cannot go on"));
    fake_ffmpeg("exit 0");
    ck_assert_int_eq(write_video(in_folder("x.mp4"), 200, 200, 50, 10, 2, FLAT), PV_ERROR);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "ffmpeg ended too early"));
    fake_ffmpeg("kill -9 $$");
    ck_assert_int_eq(write_video(in_folder("x.mp4"), 200, 200, 50, 10, 2, FLAT), PV_ERROR);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "ffmpeg was killed"));
    ck_assert_int_eq(count_files(), 1);
    sigset_t pending;
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, SIGPIPE), 0);
}
END_TEST

START_TEST(an_ffmpeg_that_talks_more_than_a_pipe_holds_does_not_block)
{
    fake_ffmpeg(
        "i=0; while [ $i -lt 3000 ]; do echo \"line $i of much to say, and on and on\" >&2; "
        "i=$((i+1)); done; cat > \"$out\"");
    ck_assert_int_eq(write_video(in_folder("x.mp4"), 100, 100, 20, 10, 2, FLAT), PV_OK);
}
END_TEST

START_TEST(something_that_cannot_be_run_is_said_so)
{
    fake_ffmpeg("");
    FILE *file = fopen(in_folder("ffmpeg"), "w");
    fprintf(file, "#!/no/such/interpreter\n");
    fclose(file);
    ck_assert_int_eq(write_video(in_folder("x.mp4"), 100, 100, 20, 10, 2, FLAT), PV_ERROR);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "could not be started"));
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(abandoning_ends_ffmpeg_and_leaves_nothing)
{
    fake_ffmpeg("exec sleep 1000");
    const pv_video_config config = {in_folder("x.mp4"), 8, 8, 10, 1};
    pv_video *video = pv_video_open(&config);
    ck_assert_ptr_nonnull(video);
    pv_video_abandon(video);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    fake_ffmpeg("exec cat > \"$out\"");
    int n = 0;
    for (int failed = 1; failed; n++) {
        pv_memory_fail_at((uint64_t)n + 1u);
        pv_clear_error();
        const pv_status status = write_video(in_folder("x.mp4"), 12, 12, 3, 10, 1, FLAT);
        failed = status != PV_OK;
        pv_memory_fail_at(0);
        ck_assert_int_eq(pv_last_status(), status);
        ck_assert_uint_eq(pv_memory_live(), live_before);
        ck_assert_int_eq(count_files(), failed ? 1 : 2);
    }
    ck_assert_int_gt(n, 8);
}
END_TEST

/* only where there is one: the real ffmpeg makes a file that begins like an MP4 */
START_TEST(the_real_ffmpeg_writes_an_mp4)
{
    const char *path = in_folder("-x:y.mp4");
    const pv_status status = write_video(path, 33, 17, 10, 25, 2, FLAT);
    if (status == PV_ERROR_FILE && strstr(pv_last_error(), "no ffmpeg on the PATH")) {
        return;
    }
    if (status == PV_ERROR && strstr(pv_last_error(), "libx264")) {
        return; /* an ffmpeg built without the encoder, said clearly */
    }
    ck_assert_msg(status == PV_OK, "%s", pv_last_error());
    char *data;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
    ck_assert_uint_gt(size, 500);
    ck_assert_mem_eq(data + 4, "ftyp", 4);
    pv_free(data);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("mp4");
    tcase_add_test(tests, ffmpeg_gets_every_picture_and_the_right_words);
    tcase_add_test(tests, without_ffmpeg_the_error_says_what_to_do);
    tcase_add_test(tests, a_failing_ffmpeg_is_quoted_with_its_last_line);
    tcase_add_test(tests, an_ffmpeg_that_goes_away_is_an_error_and_no_signal);
    tcase_add_test(tests, an_ffmpeg_that_talks_more_than_a_pipe_holds_does_not_block);
    tcase_add_test(tests, something_that_cannot_be_run_is_said_so);
    tcase_add_test(tests, abandoning_ends_ffmpeg_and_leaves_nothing);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
    tcase_add_test(tests, the_real_ffmpeg_writes_an_mp4);
    return run_suite_with("media/mp4", tests, keep_path, restore_path);
}
