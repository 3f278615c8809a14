/* test_media_ticks.c: the round numbers of an axis, and how they are written. */
#include "media/ticks.h"

#include "pavlov/env.h"

#include <check.h>
#include <math.h>
#include <string.h>

static void assert_labels(const pv_ticks *ticks, const char *expected)
{
    char all[512] = "";
    for (int i = 0; i < ticks->n; i++) {
        strcat(all, i ? " " : "");
        strcat(all, ticks->label[i]);
    }
    ck_assert_str_eq(all, expected);
}

START_TEST(labels_are_short_and_round)
{
    static const struct {
        double low, high;
        const char *labels;
    } cases[] = {
        {0, 500, "0 100 200 300 400 500"},
        {-100, 0, "−100 −80 −60 −40 −20 0"},
        {0, 1, "0 0.2 0.4 0.6 0.8 1.0"},
        {0.1, 0.13, "0.100 0.105 0.110 0.115 0.120 0.125 0.130"},
        {0, 9000, "0 2000 4000 6000 8000"},
        {0, 12000, "0 2k 4k 6k 8k 10k 12k"},
        {0, 1e6, "0 200k 400k 600k 800k 1M"},
        {0, 3e6, "0 500k 1M 1.5M 2M 2.5M 3M"},
        {-2.1e6, 1e5, "−2M −1.5M −1M −500k 0"},
        {0, 2.5e9, "0 500M 1G 1.5G 2G 2.5G"},
        {0, 1e-7, "0 2e−8 4e−8 6e−8 8e−8 1e−7"},
        {1e300, 4e300, "1e300 1.5e300 2e300 2.5e300 3e300 3.5e300 4e300"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pv_ticks ticks;
        pv_ticks_linear(&ticks, cases[i].low, cases[i].high, 6);
        assert_labels(&ticks, cases[i].labels);
    }
}
END_TEST

START_TEST(logarithmic_labels_are_powers_of_ten_and_their_doubles_where_there_is_room)
{
    static const struct {
        double low, high;
        const char *labels;
        int minor;
    } cases[] = {
        {1, 1e6, "1 10 100 1k 10k 100k 1M", 48},       {1, 512, "1 2 5 10 20 50 100 200 500", 14},
        {0.01, 1, "0.01 0.02 0.05 0.1 0.2 0.5 1", 12}, {1e-9, 1e9, "1e−9 1e−6 0.001 1 1k 1M 1G", 0},
        {5, 8, "5.0 5.5 6.0 6.5 7.0 7.5 8.0", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pv_ticks ticks;
        pv_ticks_log(&ticks, cases[i].low, cases[i].high, 6);
        assert_labels(&ticks, cases[i].labels);
        ck_assert_int_eq(ticks.n_minor, cases[i].minor);
    }
}
END_TEST

/* whatever the range: 2 to 12 ticks inside it, equally far apart by 1, 2 or 5 times a power of ten
 */
START_TEST(ticks_of_any_range_are_one_two_five_apart)
{
    pv_rng rng;
    pv_rng_init(&rng, 1);
    for (int i = 0; i < 5000; i++) {
        const double scale = pow(10.0, 30.0 * pv_draw_uniform(&rng, NULL) - 15.0);
        const double low = (pv_draw_uniform(&rng, NULL) - 0.5) * scale;
        const double high = low + (0.01 + pv_draw_uniform(&rng, NULL)) * scale;
        pv_ticks ticks;
        pv_ticks_linear(&ticks, low, high, 6);
        ck_assert_int_ge(ticks.n, 2);
        ck_assert_int_le(ticks.n, 12);
        const double step = (ticks.at[ticks.n - 1] - ticks.at[0]) / (ticks.n - 1);
        const double digit = step / pow(10.0, floor(log10(step * 1.0000001)));
        ck_assert(fabs(digit - 1) < 1e-5 || fabs(digit - 2) < 1e-5 || fabs(digit - 5) < 1e-5);
        for (int k = 0; k < ticks.n; k++) {
            ck_assert(ticks.at[k] >= low && ticks.at[k] <= high);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media/ticks");
    TCase *tests = tcase_create("ticks");
    tcase_add_test(tests, labels_are_short_and_round);
    tcase_add_test(tests,
                   logarithmic_labels_are_powers_of_ten_and_their_doubles_where_there_is_room);
    tcase_add_test(tests, ticks_of_any_range_are_one_two_five_apart);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
