/* test_core_file.c: whole files, folders and append-only files, on good and on full disks. */
#include "core/file.h"
#include "core/memory.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/pavlov-file-XXXXXX";
static size_t live_before;

static void setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    live_before = pv_memory_live();
    pv_clear_error();
}

static void teardown(void)
{
    ck_assert_int_eq(pv_path_remove(folder), PV_OK);
    ck_assert_int_eq(pv_dir_exists(folder), 0);
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

/* a path in the test's folder, in one of a few buffers */
static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

static int count_files(void)
{
    char **names;
    int n;
    ck_assert_int_eq(pv_dir_list(folder, &names, &n), PV_OK);
    pv_dir_list_free(names, n);
    return n;
}

static void assert_content(const char *path, const char *expected)
{
    char *data;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
    ck_assert_str_eq(data, expected);
    ck_assert_uint_eq(size, strlen(expected));
    pv_free(data);
}

static void assert_error(const char *path, const char *words)
{
    ck_assert_msg(strstr(pv_last_error(), path) != NULL, "no path in: %s", pv_last_error());
    ck_assert_msg(strstr(pv_last_error(), words) != NULL, "no \"%s\" in: %s", words,
                  pv_last_error());
}

/* runs what follows with files of at most `bytes` bytes */
static struct rlimit limit_files(rlim_t bytes)
{
    struct rlimit before;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit low = {bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &low);
    return before;
}

static void lift_limit(const struct rlimit *before)
{
    setrlimit(RLIMIT_FSIZE, before);
    signal(SIGXFSZ, SIG_DFL);
}

START_TEST(a_written_file_reads_back_with_every_byte)
{
    const char bytes[] = "a\0b\nc\xff";
    const char *path = in_folder("bytes");
    ck_assert_int_eq(pv_file_write(path, bytes, sizeof bytes), PV_OK);
    char *data;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
    ck_assert_uint_eq(size, sizeof bytes);
    ck_assert_mem_eq(data, bytes, sizeof bytes);
    ck_assert_int_eq(data[size], 0);
    pv_free(data);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_large_file_and_a_pipe_read_whole)
{
    const size_t size = 300001;
    char *bytes = malloc(size + 1);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (char)('a' + i % 23);
    }
    bytes[size] = '\0';
    const char *path = in_folder("large");
    ck_assert_int_eq(pv_file_write(path, bytes, size), PV_OK);
    assert_content(path, bytes);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], bytes, 10000), 10000);
    close(ends[1]);
    char name[32];
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    bytes[10000] = '\0';
    assert_content(name, bytes);
    close(ends[0]);
    free(bytes);
}
END_TEST

START_TEST(an_empty_file_is_a_file)
{
    ck_assert_int_eq(pv_file_write(in_folder("empty"), NULL, 0), PV_OK);
    assert_content(in_folder("empty"), "");
}
END_TEST

START_TEST(an_unsynced_file_replaces_the_old_one_too)
{
    const char *path = in_folder("light");
    ck_assert_int_eq(pv_file_write_unsynced(path, "old text", 8), PV_OK);
    ck_assert_int_eq(pv_file_write_unsynced(path, "new", 3), PV_OK);
    assert_content(path, "new");
    ck_assert_int_eq(count_files(), 1);
    ck_assert_int_eq(pv_file_write_unsynced("/dev/full", "text", 4), PV_ERROR_FILE);
}
END_TEST

START_TEST(writing_replaces_the_old_file_and_leaves_nothing_over)
{
    const char *path = in_folder("one");
    ck_assert_int_eq(pv_file_write(path, "old text", 8), PV_OK);
    ck_assert_int_eq(pv_file_write(path, "new", 3), PV_OK);
    assert_content(path, "new");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_new_file_has_the_usual_permissions)
{
    const mode_t mask = umask(022);
    ck_assert_int_eq(pv_file_write(in_folder("usual"), "x", 1), PV_OK);
    umask(mask);
    struct stat about;
    ck_assert_int_eq(stat(in_folder("usual"), &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0644);
}
END_TEST

START_TEST(a_file_too_large_leaves_the_old_one_and_nothing_over)
{
    char bytes[3000] = {1};
    const char *path = in_folder("kept");
    ck_assert_int_eq(pv_file_write(path, "kept", 4), PV_OK);
    const struct rlimit before = limit_files(1000);
    const pv_status status = pv_file_write(path, bytes, sizeof bytes);
    lift_limit(&before);
    ck_assert_int_eq(status, PV_ERROR_FILE);
    assert_error(path, "cannot write");
    assert_error(path, "File too large");
    assert_content(path, "kept");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_full_disk_is_named_by_whole_files)
{
    ck_assert_int_eq(pv_file_write("/dev/full", "text", 4), PV_ERROR_FILE);
    ck_assert_str_eq(pv_last_error(), "cannot write /dev/full: No space left on device");
    struct stat about;
    ck_assert_int_eq(stat("/dev/full", &about), 0);
    ck_assert(S_ISCHR(about.st_mode));
}
END_TEST

START_TEST(a_left_over_of_a_killed_process_does_not_disturb)
{
    char name[64];
    snprintf(name, sizeof name, "one.tmp.%ld.0", (long)getpid());
    ck_assert_int_eq(pv_file_write(in_folder(name), "stale", 5), PV_OK);
    ck_assert_int_eq(pv_file_write(in_folder("one"), "fresh", 5), PV_OK);
    assert_content(in_folder("one"), "fresh");
    assert_content(in_folder(name), "stale");
}
END_TEST

START_TEST(what_cannot_be_read_or_written_is_named_with_its_reason)
{
    char *data;
    const char *absent = in_folder("absent");
    ck_assert_int_eq(pv_file_read(absent, &data, NULL), PV_ERROR_FILE);
    assert_error(absent, "No such file or directory");
    ck_assert_int_eq(pv_file_read(folder, &data, NULL), PV_ERROR_FILE);
    assert_error(folder, "Is a directory");
    ck_assert_int_eq(pv_file_write(folder, "x", 1), PV_ERROR_FILE);
    assert_error(folder, "Is a directory");
    const char *nowhere = in_folder("no/folder");
    ck_assert_int_eq(pv_file_write(nowhere, "x", 1), PV_ERROR_FILE);
    assert_error(nowhere, "No such file or directory");
    ck_assert_int_eq(pv_file_copy(absent, in_folder("copy")), PV_ERROR_FILE);
    assert_error(absent, "No such file or directory");
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(a_copy_equals_its_original)
{
    ck_assert_int_eq(pv_file_write(in_folder("a"), "text", 4), PV_OK);
    ck_assert_int_eq(pv_file_copy(in_folder("a"), in_folder("b")), PV_OK);
    assert_content(in_folder("b"), "text");
}
END_TEST

START_TEST(folders_are_made_with_those_above_them)
{
    ck_assert_int_eq(pv_dir_create(in_folder("a/b//c/")), PV_OK);
    ck_assert_int_eq(pv_dir_exists(in_folder("a/b/c")), 1);
    ck_assert_int_eq(pv_dir_create(in_folder("a/b/c")), PV_OK);
    ck_assert_int_eq(pv_file_exists(in_folder("a")), 0);
    ck_assert_int_eq(pv_dir_create("/"), PV_OK);
}
END_TEST

START_TEST(a_file_in_the_way_of_a_folder_is_an_error)
{
    const char *file = in_folder("file");
    ck_assert_int_eq(pv_file_write(file, "x", 1), PV_OK);
    ck_assert_int_eq(pv_dir_create(file), PV_ERROR_FILE);
    assert_error(file, "there is a file of that name");
    ck_assert_int_eq(pv_dir_create(in_folder("file/below")), PV_ERROR_FILE);
    assert_error(file, "there is a file of that name");
    ck_assert_int_eq(pv_dir_create(""), PV_ERROR_FILE);
    ck_assert_int_eq(pv_dir_exists(file), 0);
    ck_assert_int_eq(pv_file_exists(file), 1);
    ck_assert_int_eq(pv_file_exists(in_folder("none")), 0);
}
END_TEST

START_TEST(a_folder_lists_sorted_and_is_removed_whole)
{
    const char *names[] = {"m", "a", "z", "b.txt", "B"};
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(pv_file_write(in_folder(names[i]), "x", 1), PV_OK);
    }
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "deep/er/%02d", i);
        ck_assert_int_eq(pv_dir_create(in_folder(name)), PV_OK);
    }
    char **list;
    int n;
    ck_assert_int_eq(pv_dir_list(folder, &list, &n), PV_OK);
    const char *expected[] = {"B", "a", "b.txt", "deep", "m", "z"};
    ck_assert_int_eq(n, 6);
    for (int i = 0; i < n; i++) {
        ck_assert_str_eq(list[i], expected[i]);
    }
    pv_dir_list_free(list, n);
    ck_assert_int_eq(pv_path_remove(in_folder("deep")), PV_OK);
    ck_assert_int_eq(pv_path_remove(in_folder("z")), PV_OK);
    ck_assert_int_eq(pv_path_remove(in_folder("never there")), PV_OK);
    ck_assert_int_eq(count_files(), 4);
    ck_assert_int_eq(pv_dir_list(in_folder("none"), &list, &n), PV_ERROR_FILE);
    assert_error(in_folder("none"), "No such file or directory");
}
END_TEST

START_TEST(removing_does_not_follow_links)
{
    ck_assert_int_eq(pv_dir_create(in_folder("kept")), PV_OK);
    ck_assert_int_eq(pv_file_write(in_folder("kept/file"), "x", 1), PV_OK);
    ck_assert_int_eq(pv_dir_create(in_folder("gone")), PV_OK);
    ck_assert_int_eq(symlink(in_folder("kept"), in_folder("gone/link")), 0);
    ck_assert_int_eq(pv_path_remove(in_folder("gone")), PV_OK);
    ck_assert_int_eq(pv_file_exists(in_folder("kept/file")), 1);
}
END_TEST

START_TEST(joined_paths_have_one_slash)
{
    const char *parts[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}};
    for (int i = 0; i < 3; i++) {
        char *path = pv_path_join(parts[i][0], parts[i][1]);
        ck_assert_str_eq(path, parts[i][2]);
        pv_free(path);
    }
}
END_TEST

START_TEST(appended_bytes_reach_the_file_when_flushed)
{
    const char *path = in_folder("rows.csv");
    pv_append *append = pv_append_open(path, 0);
    ck_assert_ptr_nonnull(append);
    ck_assert_int_eq(pv_append_write(append, "a,b\n", 4), PV_OK);
    ck_assert_int_eq(pv_append_print(append, "%d,%s\n", 12, "x"), PV_OK);
    ck_assert_uint_eq(pv_append_length(append), 9);
    assert_content(path, "");
    ck_assert_int_eq(pv_append_flush(append), PV_OK);
    assert_content(path, "a,b\n12,x\n");
    ck_assert_int_eq(pv_append_print(append, "13,y\n"), PV_OK);
    ck_assert_int_eq(pv_append_sync(append), PV_OK);
    ck_assert_int_eq(pv_append_sync(append), PV_OK);
    assert_content(path, "a,b\n12,x\n13,y\n");
    ck_assert_int_eq(pv_append_print(append, "14,z\n"), PV_OK);
    ck_assert_uint_eq(pv_append_length(append), 19);
    ck_assert_int_eq(pv_append_close(append), PV_OK);
    assert_content(path, "a,b\n12,x\n13,y\n14,z\n");
    ck_assert_int_eq(pv_append_close(NULL), PV_OK);
}
END_TEST

START_TEST(opening_at_a_length_cuts_the_rest_off)
{
    const char *path = in_folder("cut");
    ck_assert_int_eq(pv_file_write(path, "0123456789", 10), PV_OK);
    pv_append *append = pv_append_open(path, 4);
    ck_assert_ptr_nonnull(append);
    ck_assert_uint_eq(pv_append_length(append), 4);
    ck_assert_int_eq(pv_append_print(append, "new"), PV_OK);
    ck_assert_int_eq(pv_append_close(append), PV_OK);
    assert_content(path, "0123new");
}
END_TEST

START_TEST(a_file_shorter_than_its_run_wrote_is_refused_and_kept)
{
    const char *path = in_folder("short");
    ck_assert_int_eq(pv_file_write(path, "0123", 4), PV_OK);
    ck_assert_ptr_null(pv_append_open(path, 5));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FORMAT);
    char expected[256];
    snprintf(expected, sizeof expected,
             "%s is shorter (4 bytes) than the 5 bytes its run wrote; it was damaged", path);
    ck_assert_str_eq(pv_last_error(), expected);
    assert_content(path, "0123");
    ck_assert_ptr_null(pv_append_open(in_folder("lost"), 5));
    assert_error(in_folder("lost"), "No such file or directory");
    ck_assert_int_eq(pv_file_exists(in_folder("lost")), 0);
}
END_TEST

START_TEST(rows_around_the_buffer_keep_their_order_and_are_never_torn)
{
    const char *path = in_folder("many");
    pv_append *append = pv_append_open(path, 0);
    char *expected = malloc(400000);
    size_t length = 0;
    for (int i = 0; i < 20000; i++) {
        const int width = i == 9000 ? 100000 : 1 + i % 13;
        ck_assert_int_eq(pv_append_print(append, "%0*d\n", width, i), PV_OK);
        length += (size_t)snprintf(expected + length, 400000 - length, "%0*d\n", width, i);
        ck_assert_uint_eq(pv_append_length(append), length);
        if (i % 1000 == 999) {
            char *data;
            size_t size;
            ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
            ck_assert(size == 0 || data[size - 1] == '\n');
            pv_free(data);
        }
    }
    ck_assert_int_eq(pv_append_close(append), PV_OK);
    assert_content(path, expected);
    free(expected);
}
END_TEST

START_TEST(a_full_disk_is_named_by_appended_files_and_sticks)
{
    pv_append *append = pv_append_open("/dev/full", 0);
    ck_assert_ptr_nonnull(append);
    ck_assert_int_eq(pv_append_print(append, "row\n"), PV_OK);
    ck_assert_int_eq(pv_append_flush(append), PV_ERROR_FILE);
    for (int i = 0; i < 3; i++) {
        pv_clear_error();
        const pv_status status = i == 0   ? pv_append_print(append, "more\n")
                                 : i == 1 ? pv_append_sync(append)
                                          : pv_append_close(append);
        ck_assert_int_eq(status, PV_ERROR_FILE);
        ck_assert_str_eq(pv_last_error(), "cannot write /dev/full: No space left on device");
    }
}
END_TEST

START_TEST(a_disk_that_fills_up_fails_a_large_append)
{
    char *bytes = calloc(1, 200000);
    pv_append *append = pv_append_open(in_folder("big"), 0);
    const struct rlimit before = limit_files(100000);
    ck_assert_int_eq(pv_append_write(append, bytes, 50000), PV_OK);
    const pv_status first = pv_append_write(append, bytes, 200000);
    const pv_status second = pv_append_write(append, bytes, 1);
    const pv_status last = pv_append_close(append);
    lift_limit(&before);
    ck_assert_int_eq(first, PV_ERROR_FILE);
    ck_assert_int_eq(second, PV_ERROR_FILE);
    ck_assert_int_eq(last, PV_ERROR_FILE);
    assert_error("big", "File too large");
    free(bytes);
}
END_TEST

/* One thing of each kind; returns 0 when all of it worked. */
static int use_everything(void)
{
    char *data;
    char **names;
    int n;
    int failed = pv_file_write(in_folder("sweep"), "x", 1) != PV_OK;
    if (pv_file_read(in_folder("sweep"), &data, NULL) == PV_OK) {
        pv_free(data);
    } else {
        failed = 1;
    }
    failed |= pv_dir_create(in_folder("s/t")) != PV_OK;
    if (pv_dir_list(folder, &names, &n) == PV_OK) {
        pv_dir_list_free(names, n);
    } else {
        failed = 1;
    }
    pv_append *append = pv_append_open(in_folder("rows"), 0);
    failed |= !append;
    if (append) {
        failed |= pv_append_print(append, "%0700d\n", 1) != PV_OK;
        failed |= pv_append_sync(append) != PV_OK;
        failed |= pv_append_close(append) != PV_OK;
    }
    failed |= pv_path_remove(in_folder("s")) != PV_OK;
    return failed;
}

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    uint64_t n = 0;
    int failed = 1;
    ck_assert_int_eq(pv_file_write(in_folder("sweep"), "x", 1), PV_OK);
    while (failed) {
        pv_clear_error();
        const size_t live = pv_memory_live();
        pv_memory_fail_at(++n);
        failed = use_everything();
        pv_memory_fail_at(0);
        ck_assert_uint_eq(pv_memory_live(), live);
        ck_assert_int_eq(pv_last_status(), failed ? PV_ERROR_MEMORY : PV_OK);
    }
    ck_assert_uint_gt(n, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/file");
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_written_file_reads_back_with_every_byte);
    tcase_add_test(tests, a_large_file_and_a_pipe_read_whole);
    tcase_add_test(tests, an_empty_file_is_a_file);
    tcase_add_test(tests, an_unsynced_file_replaces_the_old_one_too);
    tcase_add_test(tests, writing_replaces_the_old_file_and_leaves_nothing_over);
    tcase_add_test(tests, a_new_file_has_the_usual_permissions);
    tcase_add_test(tests, a_file_too_large_leaves_the_old_one_and_nothing_over);
    tcase_add_test(tests, a_full_disk_is_named_by_whole_files);
    tcase_add_test(tests, a_left_over_of_a_killed_process_does_not_disturb);
    tcase_add_test(tests, what_cannot_be_read_or_written_is_named_with_its_reason);
    tcase_add_test(tests, a_copy_equals_its_original);
    tcase_add_test(tests, folders_are_made_with_those_above_them);
    tcase_add_test(tests, a_file_in_the_way_of_a_folder_is_an_error);
    tcase_add_test(tests, a_folder_lists_sorted_and_is_removed_whole);
    tcase_add_test(tests, removing_does_not_follow_links);
    tcase_add_test(tests, joined_paths_have_one_slash);
    tcase_add_test(tests, appended_bytes_reach_the_file_when_flushed);
    tcase_add_test(tests, opening_at_a_length_cuts_the_rest_off);
    tcase_add_test(tests, a_file_shorter_than_its_run_wrote_is_refused_and_kept);
    tcase_add_test(tests, rows_around_the_buffer_keep_their_order_and_are_never_torn);
    tcase_add_test(tests, a_full_disk_is_named_by_appended_files_and_sticks);
    tcase_add_test(tests, a_disk_that_fills_up_fails_a_large_append);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
