/* test_core_params.c: parameter tables, and the text of numbers. */
#include "core/params.h"

#include "core/memory.h"
#include "core/number.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const pv_param table[] = {
    {.name = "gamma", .help = "discount", .initial = 0.9, .low = 0, .high = 1},
    {.name = "slippery", .help = "slips", .initial = 1, .choices = "0|1"},
    {.name = "level", .help = "how hard", .initial = 1, .choices = "easy|hard|very hard"},
    {.name = "map", .help = "a file", .text = "4x4"},
    {.name = "bias", .help = "any", .initial = 0, .low = -INFINITY, .high = INFINITY},
    {.name = "rate", .help = "up", .initial = 1e-8, .low = 0, .high = INFINITY},
};
enum { N = sizeof table / sizeof table[0] };

static pv_params params;
static size_t live_before;

static void begin(void)
{
    live_before = pv_memory_live();
    ck_assert_int_eq(pv_params_init(&params, "world X-v1", table, N), PV_OK);
}

static void end(void)
{
    pv_params_free(&params);
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

static void expect_failure(const char *name, const char *text, const char *message)
{
    pv_clear_error();
    ck_assert_int_eq(pv_params_set(&params, name, text, PV_SOURCE_USER), PV_ERROR_ARGUMENT);
    ck_assert_str_eq(pv_last_error(), message);
}

static void expect_text(char *text, const char *expected)
{
    ck_assert_str_eq(text, expected);
    pv_free(text);
}

START_TEST(values_begin_with_their_defaults)
{
    ck_assert_double_eq(pv_params_number(&params, "gamma"), 0.9);
    ck_assert_double_eq(pv_params_number(&params, "level"), 1.0);
    ck_assert_str_eq(pv_params_text(&params, "map"), "4x4");
    static const char *const texts[N] = {"0.9", "1", "hard", "4x4", "0", "1e-08"};
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(pv_params_changed(&params, i), 0);
        ck_assert_int_eq(params.source[i], PV_SOURCE_DEFAULT);
        ck_assert_str_eq(pv_source_name(params.source[i]), "default");
        expect_text(pv_params_value_text(&params, i), texts[i]);
        expect_text(pv_param_default_text(&table[i]), texts[i]);
    }
}
END_TEST

START_TEST(values_are_set_by_name_from_text)
{
    static const char *const texts[N] = {"0.25", "0", "very hard", "a=b.txt", "-1e+30", "7"};
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(pv_params_set(&params, table[i].name, texts[i], PV_SOURCE_PRESET), PV_OK);
        ck_assert_int_eq(params.source[i], PV_SOURCE_PRESET);
        ck_assert_int_eq(pv_params_changed(&params, i), 1);
        expect_text(pv_params_value_text(&params, i), texts[i]);
    }
    ck_assert_double_eq(pv_params_number(&params, "gamma"), 0.25);
    ck_assert_double_eq(pv_params_number(&params, "slippery"), 0.0);
    ck_assert_double_eq(pv_params_number(&params, "level"), 2.0);
    ck_assert_double_eq(pv_params_number(&params, "bias"), -1e30);
    ck_assert_str_eq(pv_params_text(&params, "map"), "a=b.txt");
}
END_TEST

START_TEST(bounds_are_inclusive)
{
    ck_assert_int_eq(pv_params_set(&params, "gamma", "0", PV_SOURCE_USER), PV_OK);
    ck_assert_int_eq(pv_params_set(&params, "gamma", "1.0", PV_SOURCE_USER), PV_OK);
    ck_assert_int_eq(pv_params_set(&params, "gamma", "0.5", PV_SOURCE_SWITCH), PV_OK);
    ck_assert_double_eq(pv_params_number(&params, "gamma"), 1.0); /* a person's own stays */
    ck_assert_str_eq(pv_source_name(params.source[pv_params_find(&params, "gamma")]), "given");
    ck_assert_double_eq(pv_params_number(&params, "gamma"), 1.0);
}
END_TEST

START_TEST(a_wrong_value_is_refused_with_what_is_right)
{
    expect_failure("gamma", "1.5", "world X-v1: gamma=1.5 is out of bounds; it takes 0 to 1");
    expect_failure("gamma", "-1e-9", "world X-v1: gamma=-1e-9 is out of bounds; it takes 0 to 1");
    expect_failure("gamma", "high", "world X-v1: gamma=high is not a number; it takes 0 to 1");
    expect_failure("gamma", "nan", "world X-v1: gamma=nan is not a number; it takes 0 to 1");
    expect_failure("gamma", "", "world X-v1: gamma= is not a number; it takes 0 to 1");
    expect_failure("gamma", "0.5x", "world X-v1: gamma=0.5x is not a number; it takes 0 to 1");
    expect_failure("slippery", "2", "world X-v1: slippery=2 is out of bounds; it takes 0|1");
    expect_failure("slippery", "0.5", "world X-v1: slippery=0.5 is out of bounds; it takes 0|1");
    expect_failure("level", "har",
                   "world X-v1: level=har is none of its choices; it takes easy|hard|very hard");
    expect_failure("bias", "a", "world X-v1: bias=a is not a number; it takes any number");
    expect_failure("rate", "-1", "world X-v1: rate=-1 is out of bounds; it takes at least 0");
    for (int i = 0; i < N; i++) {
        ck_assert_int_eq(pv_params_changed(&params, i), 0);
    }
}
END_TEST

START_TEST(an_unknown_name_is_answered_with_the_nearest)
{
    expect_failure("slipery", "1",
                   "world X-v1 has no parameter \"slipery\"; did you mean \"slippery\"?");
    expect_failure("lr", "1",
                   "world X-v1 has no parameter \"lr\"; it takes: gamma, slippery, level, map, "
                   "bias, rate");
    pv_params none;
    ck_assert_int_eq(pv_params_init(&none, "agent random", NULL, 0), PV_OK);
    ck_assert_int_eq(pv_params_set(&none, "x", "1", PV_SOURCE_USER), PV_ERROR_ARGUMENT);
    ck_assert_str_eq(pv_last_error(), "agent random has no parameter \"x\"; it takes: nothing");
    pv_params_free(&none);
}
END_TEST

START_TEST(a_list_sets_many_values)
{
    ck_assert_int_eq(pv_params_parse(&params, "gamma=0.5, level = easy ,map=\"a,b=c.txt\",bias=3",
                                     PV_SOURCE_USER),
                     PV_OK);
    ck_assert_double_eq(pv_params_number(&params, "gamma"), 0.5);
    ck_assert_double_eq(pv_params_number(&params, "level"), 0.0);
    ck_assert_str_eq(pv_params_text(&params, "map"), "a,b=c.txt");
    ck_assert_double_eq(pv_params_number(&params, "bias"), 3.0);
    ck_assert_int_eq(pv_params_parse(&params, "map='say \"x\", twice'", PV_SOURCE_USER), PV_OK);
    ck_assert_str_eq(pv_params_text(&params, "map"), "say \"x\", twice");
    ck_assert_int_eq(pv_params_parse(&params, "map=,gamma=1", PV_SOURCE_USER), PV_OK);
    ck_assert_str_eq(pv_params_text(&params, "map"), "");
    ck_assert_int_eq(pv_params_parse(&params, "map=\"\"", PV_SOURCE_USER), PV_OK);
    ck_assert_str_eq(pv_params_text(&params, "map"), "");
    ck_assert_int_eq(pv_params_parse(&params, "", PV_SOURCE_USER), PV_OK);
    ck_assert_int_eq(pv_params_parse(&params, "  ", PV_SOURCE_USER), PV_OK);
}
END_TEST

START_TEST(a_wrong_list_is_refused)
{
    static const char *const wrong[][2] = {
        {"gamma", "\"gamma\" sets no parameter; write name=value,name=value"},
        {"gamma=1,", "\"\" sets no parameter"},
        {"gamma=1,slippery,map=x", "\"slippery\" sets no parameter"},
        {",gamma=1", "\"\" sets no parameter"},
        {"map=\"a,b", "quoted value of map must end"},
        {"map='a'b,gamma=1", "quoted value of map must end"},
        {"=1", "no parameter \"\""},
        {"gamma=2", "gamma=2 is out of bounds"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        pv_clear_error();
        ck_assert_int_eq(pv_params_parse(&params, wrong[i][0], PV_SOURCE_USER), PV_ERROR_ARGUMENT);
        ck_assert_msg(strstr(pv_last_error(), wrong[i][1]) != NULL, "%s", pv_last_error());
        ck_assert_int_eq(strncmp(pv_last_error(), "world X-v1", 10), 0);
    }
}
END_TEST

START_TEST(a_value_of_higher_precedence_stays)
{
    pv_params_parse(&params, "gamma=0.1", PV_SOURCE_USER);
    ck_assert_int_eq(pv_params_parse(&params, "gamma=0.2,bias=4", PV_SOURCE_PRESET), PV_OK);
    ck_assert_double_eq(pv_params_number(&params, "gamma"), 0.1);
    ck_assert_double_eq(pv_params_number(&params, "bias"), 4.0);
    ck_assert_int_eq(pv_params_parse(&params, "gamma=7", PV_SOURCE_PRESET), PV_ERROR_ARGUMENT);
    pv_params_parse(&params, "gamma=0.3,bias=5", PV_SOURCE_USER);
    ck_assert_double_eq(pv_params_number(&params, "gamma"), 0.3);
    ck_assert_double_eq(pv_params_number(&params, "bias"), 5.0);
}
END_TEST

START_TEST(a_copy_is_equal_and_apart)
{
    pv_params copy;
    pv_params_parse(&params, "map=m.txt,gamma=0.1", PV_SOURCE_USER);
    ck_assert_int_eq(pv_params_copy(&copy, &params), PV_OK);
    pv_params_parse(&params, "map=other,gamma=0.2", PV_SOURCE_USER);
    ck_assert_str_eq(pv_params_text(&copy, "map"), "m.txt");
    ck_assert_double_eq(pv_params_number(&copy, "gamma"), 0.1);
    ck_assert_int_eq(copy.source[0], PV_SOURCE_USER);
    ck_assert_int_eq(copy.source[1], PV_SOURCE_DEFAULT);
    ck_assert_str_eq(copy.owner, "world X-v1");
    pv_params_free(&copy);
}
END_TEST

START_TEST(ranges_are_told_in_words)
{
    static const char *const words[N] = {"0 to 1", "0|1",        "easy|hard|very hard",
                                         "text",   "any number", "at least 0"};
    for (int i = 0; i < N; i++) {
        expect_text(pv_param_range_text(&table[i]), words[i]);
    }
    const pv_param negative = {.name = "x", .low = -INFINITY, .high = -0.5};
    expect_text(pv_param_range_text(&negative), "at most -0.5");
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    const size_t before = pv_memory_live();
    static const char *const lists[] = {"map=abc,gamma=0.5", "gamma=9", "slipery=1", "zzz=1"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (uint64_t n = 1, done = 0; !done; n++) {
            pv_params p;
            pv_params copy;
            pv_clear_error();
            pv_memory_fail_at(n);
            if (pv_params_init(&p, "world X-v1", table, N) == PV_OK) {
                (void)pv_params_parse(&p, lists[i], PV_SOURCE_USER);
                if (pv_params_copy(&copy, &p) == PV_OK) {
                    done = pv_last_status() != PV_ERROR_MEMORY;
                    pv_params_free(&copy);
                }
                pv_params_free(&p);
            }
            pv_memory_fail_at(0);
            ck_assert_uint_eq(pv_memory_live(), before);
            ck_assert(done || pv_last_status() == PV_ERROR_MEMORY);
            ck_assert_uint_lt(n, 100);
        }
    }
}
END_TEST

START_TEST(near_names_are_found_by_edit_distance)
{
    static const char *const names[] = {"q-learning",       "sarsa",  "dqn", "td", "FrozenLake-v1",
                                        "FrozenLake8x8-v1", "Taxi-v4"};
    static const char *const cases[][2] = {
        {"dqm", "dqn"},
        {"srasa", "sarsa"},
        {"qlearning", "q-learning"},
        {"SARSA", "sarsa"},
        {"frozenlake", "FrozenLake-v1"},
        {"frozenlake8", "FrozenLake8x8-v1"},
        {"taxi", "Taxi-v4"},
        {"FrozenLake-v2", "FrozenLake-v1"},
        {"td", "td"},
        {"reinforce", NULL},
        {"xy", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *near = pv_near_name(cases[i][0], names, 7);
        if (cases[i][1]) {
            ck_assert_msg(near && strcmp(near, cases[i][1]) == 0, "%s", cases[i][0]);
        } else {
            ck_assert_ptr_null(near);
        }
    }
    char longest[1000];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    ck_assert_ptr_null(pv_near_name(longest, names, 7));
    ck_assert_ptr_null(pv_near_name("a", NULL, 0));
}
END_TEST

START_TEST(a_number_is_written_with_the_digits_it_needs)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {1.0 / 3.0, "0.3333333333333333"},
        {100000, "100000"},
        {-0.5, "-0.5"},
        {1e-8, "1e-08"},
        {123456789012345, "123456789012345"},
        {1e20, "1e+20"},
        {0, "0"},
        {0.3 - 0.1, "0.19999999999999998"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
        {-NAN, "nan"},
        {5e-324, "5e-324"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[PV_NUMBER_SIZE];
        pv_number_text(cases[i].value, text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(a_written_number_reads_back_equally)
{
    uint64_t state = 1;
    int wrong = 0;
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = pv_splitmix(&state);
        double value;
        double back = 0.0;
        char text[PV_NUMBER_SIZE];
        memcpy(&value, &bits, sizeof value);
        pv_number_text(value, text);
        const int failed = pv_number_read(text, &back) != 0;
        wrong += isnan(value) ? !failed : failed || memcmp(&value, &back, sizeof value) != 0;
    }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("params");
    TCase *tests = tcase_create("params");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, values_begin_with_their_defaults);
    tcase_add_test(tests, values_are_set_by_name_from_text);
    tcase_add_test(tests, bounds_are_inclusive);
    tcase_add_test(tests, a_wrong_value_is_refused_with_what_is_right);
    tcase_add_test(tests, an_unknown_name_is_answered_with_the_nearest);
    tcase_add_test(tests, a_list_sets_many_values);
    tcase_add_test(tests, a_wrong_list_is_refused);
    tcase_add_test(tests, a_value_of_higher_precedence_stays);
    tcase_add_test(tests, a_copy_is_equal_and_apart);
    tcase_add_test(tests, ranges_are_told_in_words);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    tcase_add_test(tests, near_names_are_found_by_edit_distance);
    tcase_add_test(tests, a_number_is_written_with_the_digits_it_needs);
    tcase_add_test(tests, a_written_number_reads_back_equally);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
