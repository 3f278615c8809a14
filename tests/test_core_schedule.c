/* test_core_schedule.c: numbers that change with time. */
#include "core/schedule.h"

#include "core/memory.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static pv_schedule read(const char *text)
{
    pv_schedule schedule;
    ck_assert_int_eq(pv_schedule_parse(&schedule, "epsilon", text, 0.0, 1.0), PV_OK);
    return schedule;
}

START_TEST(a_constant_stays)
{
    const pv_schedule schedule = read("0.1");
    ck_assert_int_eq(schedule.kind, PV_SCHEDULE_CONSTANT);
    ck_assert_double_eq(pv_schedule_at(&schedule, 0, 1), 0.1);
    ck_assert_double_eq(pv_schedule_at(&schedule, UINT64_MAX, 1000), 0.1);
}
END_TEST

START_TEST(a_linear_schedule_falls_by_equal_steps_and_then_stays)
{
    const pv_schedule schedule = read("linear:1:0.05:10000");
    ck_assert_double_eq(pv_schedule_at(&schedule, 0, 1), 1.0);
    ck_assert_double_eq_tol(pv_schedule_at(&schedule, 1000, 1), 0.905, 1e-15);
    ck_assert_double_eq_tol(pv_schedule_at(&schedule, 5000, 1), 0.525, 1e-15);
    ck_assert_double_gt(pv_schedule_at(&schedule, 9999, 1), 0.05);
    ck_assert_double_eq(pv_schedule_at(&schedule, 10000, 1), 0.05);
    ck_assert_double_eq(pv_schedule_at(&schedule, UINT64_MAX, 1), 0.05);
    const pv_schedule rising = read("linear:0.2:0.6:4");
    ck_assert_double_eq_tol(pv_schedule_at(&rising, 1, 1), 0.3, 1e-15);
    ck_assert_double_eq(pv_schedule_at(&rising, 7, 1), 0.6);
    const pv_schedule to_zero = read("linear:1:0:2");
    ck_assert_double_eq(pv_schedule_at(&to_zero, 1, 1), 0.5);
    ck_assert_double_eq(pv_schedule_at(&to_zero, 2, 1), 0.0);
}
END_TEST

START_TEST(an_exponential_schedule_falls_by_equal_factors_and_then_stays)
{
    const pv_schedule schedule = read("exp:1:0.01:100");
    ck_assert_double_eq(pv_schedule_at(&schedule, 0, 1), 1.0);
    ck_assert_double_eq_tol(pv_schedule_at(&schedule, 50, 1), 0.1, 1e-15);
    ck_assert_double_eq_tol(pv_schedule_at(&schedule, 75, 1), 0.031622776601683793, 1e-15);
    ck_assert_double_eq(pv_schedule_at(&schedule, 100, 1), 0.01);
    ck_assert_double_eq(pv_schedule_at(&schedule, 5000, 1), 0.01);
    const pv_schedule rising = read("exp:0.25:1:2");
    ck_assert_double_eq_tol(pv_schedule_at(&rising, 1, 1), 0.5, 1e-15);
    ck_assert_double_eq(pv_schedule_at(&rising, 3, 1), 1.0);
}
END_TEST

START_TEST(a_schedule_by_count_divides_by_the_count)
{
    const pv_schedule plain = read("1/k");
    ck_assert_double_eq(pv_schedule_at(&plain, 99, 1), 1.0);
    ck_assert_double_eq(pv_schedule_at(&plain, 0, 3), 1.0 / 3.0);
    const pv_schedule power = read("0.5/k^0.7");
    ck_assert_double_eq(pv_schedule_at(&power, 0, 1), 0.5);
    /* 2^0.7 = 1.6245047927124712 */
    ck_assert_double_eq_tol(pv_schedule_at(&power, 0, 2), 0.5 / 1.6245047927124712, 1e-15);
}
END_TEST

START_TEST(what_is_no_schedule_is_refused_with_what_is)
{
    static const char *const wrong[] = {
        "",
        "fast",
        "linear",
        "linear:1:0",
        "linear:1:0:",
        "linear:1::5",
        "linear:1:0:5:6",
        "linear:1:0:0",
        "linear:1:0:-5",
        "linear:1:0:inf",
        "linear:a:0:5",
        "exp:1:0.1",
        "exp:1:0.1:x",
        "1/",
        "1/n",
        "/k",
        "1/k^",
        "1/k^0",
        "1/k^-1",
        "1/kk",
        "1/k^x",
        "nan",
        "Linear:1:0:5",
        "1/k^inf",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        pv_schedule schedule = {.initial = 42};
        pv_clear_error();
        ck_assert_msg(pv_schedule_parse(&schedule, "alpha", wrong[i], 0, 1) == PV_ERROR_ARGUMENT,
                      "%s", wrong[i]);
        ck_assert_int_eq(strncmp(pv_last_error(), "alpha=", 6), 0);
        ck_assert_msg(strstr(pv_last_error(), "is no schedule; write a number, linear:") != NULL,
                      "%s", pv_last_error());
        ck_assert_double_eq(schedule.initial, 42);
    }
    char much[200];
    memset(much, '1', sizeof much);
    memcpy(much, "linear:", 7);
    much[sizeof much - 1] = '\0';
    pv_schedule schedule;
    ck_assert_int_eq(pv_schedule_parse(&schedule, "alpha", much, 0, 1), PV_ERROR_ARGUMENT);
}
END_TEST

START_TEST(every_value_it_can_take_is_within_the_bounds)
{
    static const char *const wrong[][2] = {
        {"1.5", "epsilon=1.5 reaches 1.5, which is out of bounds; it takes 0.1 to 1"},
        {"linear:2:1:5", "reaches 2,"},
        {"linear:1:0:5", "reaches 0,"},
        {"exp:1:0.01:5", "reaches 0.01,"},
        {"1/k", "reaches 0,"},
        {"2/k", "reaches 2,"},
    };
    pv_schedule schedule;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        pv_clear_error();
        ck_assert_int_eq(pv_schedule_parse(&schedule, "epsilon", wrong[i][0], 0.1, 1.0),
                         PV_ERROR_ARGUMENT);
        ck_assert_msg(strstr(pv_last_error(), wrong[i][1]) != NULL, "%s", pv_last_error());
    }
    ck_assert_int_eq(pv_schedule_parse(&schedule, "x", "exp:1:0:5", 0, 1), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "must begin and end above 0"));
    ck_assert_int_eq(pv_schedule_parse(&schedule, "x", "inf", 0, INFINITY), PV_ERROR_ARGUMENT);
    ck_assert_int_eq(pv_schedule_parse(&schedule, "x", "linear:9:-9:3", -INFINITY, INFINITY),
                     PV_OK);
    ck_assert_double_eq(pv_schedule_at(&schedule, 2, 1), -3.0);
}
END_TEST

START_TEST(a_refusal_survives_a_failing_allocation)
{
    const size_t before = pv_memory_live();
    pv_schedule schedule;
    pv_memory_fail_at(1);
    ck_assert_int_eq(pv_schedule_parse(&schedule, "x", "7", 0, 1), PV_ERROR_MEMORY);
    pv_memory_fail_at(0);
    ck_assert_int_eq(pv_schedule_parse(&schedule, "x", "7", 0, 1), PV_ERROR_ARGUMENT);
    ck_assert_uint_eq(pv_memory_live(), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tests = tcase_create("schedule");
    tcase_add_test(tests, a_constant_stays);
    tcase_add_test(tests, a_linear_schedule_falls_by_equal_steps_and_then_stays);
    tcase_add_test(tests, an_exponential_schedule_falls_by_equal_factors_and_then_stays);
    tcase_add_test(tests, a_schedule_by_count_divides_by_the_count);
    tcase_add_test(tests, what_is_no_schedule_is_refused_with_what_is);
    tcase_add_test(tests, every_value_it_can_take_is_within_the_bounds);
    tcase_add_test(tests, a_refusal_survives_a_failing_allocation);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
