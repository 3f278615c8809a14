/* What the machine has, and sizes in words. */
#include "core/machine.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

START_TEST(available_memory_is_some_and_no_more_than_there_is)
{
    const uint64_t there = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    ck_assert_uint_gt(pv_memory_available(), UINT64_C(1) << 20);
    ck_assert_uint_le(pv_memory_available(), there);
}
END_TEST

START_TEST(sizes_are_told_as_people_say_them)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 bytes"},
                 {999, "999 bytes"},
                 {1000, "1.0 KB"},
                 {9949, "9.9 KB"},
                 {9960, "10 KB"},
                 {999600, "1.0 MB"},
                 {UINT64_C(7069688152), "7.1 GB"},
                 {UINT64_MAX, "18 EB"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        ck_assert_str_eq(pv_size_text(cases[i].bytes, text), cases[i].text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("machine");
    TCase *machine = tcase_create("machine");
    tcase_add_test(machine, available_memory_is_some_and_no_more_than_there_is);
    tcase_add_test(machine, sizes_are_told_as_people_say_them);
    suite_add_tcase(suite, machine);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
