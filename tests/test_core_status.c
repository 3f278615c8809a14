/* test_core_status.c: status codes and the last error. */
#include "pavlov/status.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_failure_leaves_its_status_and_its_line)
{
    ck_assert_int_eq(pv_fail(PV_ERROR_FILE, "cannot open %s (%d)", "x.csv", 7), PV_ERROR_FILE);
    ck_assert_str_eq(pv_last_error(), "cannot open x.csv (7)");
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FILE);
    pv_clear_error();
    ck_assert_str_eq(pv_last_error(), "");
    ck_assert_int_eq(pv_last_status(), PV_OK);
}
END_TEST

START_TEST(a_caller_puts_where_before_what)
{
    pv_fail(PV_ERROR_FORMAT, "no header");
    ck_assert_int_eq(pv_fail_in("run %s", "a/b"), PV_ERROR_FORMAT);
    ck_assert_int_eq(pv_fail_in("resume"), PV_ERROR_FORMAT);
    ck_assert_str_eq(pv_last_error(), "resume: run a/b: no header");
}
END_TEST

START_TEST(where_without_what_is_still_a_failure)
{
    pv_clear_error();
    ck_assert_int_eq(pv_fail_in("loading"), PV_ERROR);
    ck_assert_str_eq(pv_last_error(), "loading: failed");
}
END_TEST

START_TEST(the_old_message_may_be_part_of_the_new_one)
{
    pv_fail(PV_ERROR, "inner");
    pv_fail(PV_ERROR_WORLD, "outer <%s>", pv_last_error());
    ck_assert_str_eq(pv_last_error(), "outer <inner>");
}
END_TEST

START_TEST(a_message_is_one_line_that_is_cut_where_it_is_too_long)
{
    char text[4000];
    memset(text, 'a', sizeof text);
    text[5] = '\n';
    text[sizeof text - 1] = '\0';
    pv_fail(PV_ERROR, "%s", text);
    const size_t length = strlen(pv_last_error());
    ck_assert_uint_gt(length, 500);
    ck_assert_uint_lt(length, sizeof text - 1);
    ck_assert_str_eq(pv_last_error() + length - 4, "a...");
    ck_assert_ptr_null(strchr(pv_last_error(), '\n'));
    /* and putting words before a full message keeps the words */
    pv_fail_in("where");
    ck_assert_int_eq(strncmp(pv_last_error(), "where: aaaaa aaa", 16), 0);
}
END_TEST

START_TEST(every_status_has_a_name_and_words_of_its_own)
{
    for (pv_status a = PV_ERROR_EXISTS; a <= PV_OK; a++) {
        for (pv_status b = PV_ERROR_EXISTS; b < a; b++) {
            ck_assert_str_ne(pv_status_name(a), pv_status_name(b));
            ck_assert_str_ne(pv_status_text(a), pv_status_text(b));
        }
    }
    ck_assert_str_eq(pv_status_name(-4), "PV_ERROR_FILE");
    ck_assert_str_eq(pv_status_text(-4), "file error");
    ck_assert_str_eq(pv_status_name(-1000), "unknown status");
    ck_assert_str_eq(pv_status_text(3), "unknown status");
}
END_TEST

static void *fail_elsewhere(void *ctx)
{
    char *seen = ctx;
    snprintf(seen, 64, "<%s>", pv_last_error());
    pv_fail(PV_ERROR_MEMORY, "of the other thread");
    return NULL;
}

START_TEST(each_thread_has_an_error_of_its_own)
{
    char seen[64];
    pthread_t thread;
    pv_fail(PV_ERROR_FILE, "of this thread");
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, seen), 0);
    pthread_join(thread, NULL);
    ck_assert_str_eq(seen, "<>");
    ck_assert_str_eq(pv_last_error(), "of this thread");
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FILE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tests = tcase_create("status");
    tcase_add_test(tests, a_failure_leaves_its_status_and_its_line);
    tcase_add_test(tests, a_caller_puts_where_before_what);
    tcase_add_test(tests, where_without_what_is_still_a_failure);
    tcase_add_test(tests, the_old_message_may_be_part_of_the_new_one);
    tcase_add_test(tests, a_message_is_one_line_that_is_cut_where_it_is_too_long);
    tcase_add_test(tests, every_status_has_a_name_and_words_of_its_own);
    tcase_add_test(tests, each_thread_has_an_error_of_its_own);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
