/* test_core_json.c: JSON files, exact numbers, and what wrong files are told. */
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/pavlov-json-XXXXXX";
static size_t live_before;

static void setup(void)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    close(mkstemp(path));
    live_before = pv_memory_live();
    pv_clear_error();
}

static void teardown(void)
{
    unlink(path);
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

static void put_text(const char *text)
{
    ck_assert_int_eq(pv_file_write(path, text, strlen(text)), PV_OK);
}

START_TEST(a_written_value_reads_back)
{
    cJSON *json = cJSON_CreateObject();
    ck_assert_ptr_nonnull(cJSON_AddStringToObject(json, "agent", "q-\"learning\""));
    ck_assert_int_eq(pv_json_add_u64(json, "seed", UINT64_MAX), 0);
    ck_assert_int_eq(pv_json_add_number(json, "alpha", 0.1), 0);
    ck_assert_int_eq(pv_json_add_number(json, "third", 1.0 / 3.0), 0);
    ck_assert_int_eq(pv_json_add_number(json, "solved", NAN), 0);
    ck_assert_int_eq(pv_json_write(path, json), PV_OK);
    cJSON_Delete(json);

    json = pv_json_read(path);
    ck_assert_msg(json != NULL, "%s", pv_last_error());
    ck_assert_str_eq(pv_json_text(json, "agent", ""), "q-\"learning\"");
    ck_assert_uint_eq(pv_json_u64(json, "seed", 0), UINT64_MAX);
    ck_assert_double_eq(pv_json_number(json, "alpha", 0.0), 0.1);
    ck_assert_double_eq(pv_json_number(json, "third", 0.0), 1.0 / 3.0);
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(json, "solved")));
    cJSON_Delete(json);
}
END_TEST

START_TEST(numbers_have_the_digits_they_need_and_no_more)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "{\"x\":0.1}"},       {0.1 + 0.2, "{\"x\":0.30000000000000004}"},
                 {5e-324, "{\"x\":5e-324}"}, {100000.0, "{\"x\":100000}"},
                 {-2.5, "{\"x\":-2.5}"},     {NAN, "{\"x\":null}"},
                 {INFINITY, "{\"x\":null}"}, {-INFINITY, "{\"x\":null}"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cJSON *json = cJSON_CreateObject();
        ck_assert_int_eq(pv_json_add_number(json, "x", cases[i].value), 0);
        char *text = cJSON_PrintUnformatted(json);
        ck_assert_str_eq(text, cases[i].text);
        const double value = pv_json_number(json, "x", -99.0);
        ck_assert_double_eq(value, isfinite(cases[i].value) ? cases[i].value : -99.0);
        cJSON_free(text);
        cJSON_Delete(json);
    }
}
END_TEST

START_TEST(a_file_is_indented_and_ends_with_its_line)
{
    cJSON *json = cJSON_CreateObject();
    ck_assert_int_eq(pv_json_add_u64(json, "seed", 7), 0);
    ck_assert_int_eq(pv_json_write(path, json), PV_OK);
    cJSON_Delete(json);
    char *text;
    ck_assert_int_eq(pv_file_read(path, &text, NULL), PV_OK);
    ck_assert_str_eq(text, "{\n\t\"seed\":\t\"7\"\n}\n");
    pv_free(text);
}
END_TEST

START_TEST(a_member_of_another_kind_is_the_fallback)
{
    put_text("{\"t\": \"text\", \"n\": 2.5, \"w\": 12, \"big\": 9007199254740994, \"minus\": -1,"
             "\"s\": \"34\", \"max\": \"18446744073709551615\", \"over\": \"18446744073709551616\","
             "\"bad1\": \"-1\", \"bad2\": \"1x\", \"bad3\": \"\", \"bad4\": \" 1\","
             "\"long\": \"99999999999999999999999999\", \"a\": [1], \"null\": null}");
    cJSON *json = pv_json_read(path);
    ck_assert_ptr_nonnull(json);
    static const char *const no_u64[] = {"t",    "n",    "big",  "minus", "over", "bad1", "bad2",
                                         "bad3", "bad4", "long", "a",     "null", "none", "W"};
    for (size_t i = 0; i < sizeof no_u64 / sizeof no_u64[0]; i++) {
        ck_assert_msg(pv_json_u64(json, no_u64[i], 77) == 77, "%s", no_u64[i]);
    }
    ck_assert_uint_eq(pv_json_u64(json, "w", 0), 12);
    ck_assert_uint_eq(pv_json_u64(json, "s", 0), 34);
    ck_assert_uint_eq(pv_json_u64(json, "max", 0), UINT64_MAX);
    ck_assert_str_eq(pv_json_text(json, "t", "no"), "text");
    ck_assert_str_eq(pv_json_text(json, "n", "no"), "no");
    ck_assert_ptr_null(pv_json_text(json, "none", NULL));
    ck_assert_double_eq(pv_json_number(json, "n", 0.0), 2.5);
    ck_assert_double_eq(pv_json_number(json, "s", 1.0), 1.0);
    ck_assert_double_eq(pv_json_number(json, "null", 1.0), 1.0);
    ck_assert_double_eq(pv_json_number(NULL, "n", 1.0), 1.0);
    cJSON_Delete(json);
}
END_TEST

START_TEST(a_syntax_error_names_file_and_line)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"{\n  \"a\": 1,\n  \"b\": oops\n}\n", " line 3: this is not JSON: oops"},
        {"{\n  \"a\": 1\n  \"b\": 2\n}\n", " line 3: this is not JSON: \"b\": 2"},
        {"{}\n{}\n", " line 2: this is not JSON: {}"},
        {"{\n  \"a\": 1,\n", "the JSON ends too early"},
        {"", " line 1: the JSON ends too early"},
        {"hello", " line 1: this is not JSON: hello"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_text(cases[i].text);
        ck_assert_ptr_null(pv_json_read(path));
        ck_assert_int_eq(pv_last_status(), PV_ERROR_FORMAT);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), path));
        ck_assert_msg(strstr(pv_last_error(), cases[i].words) != NULL, "no \"%s\" in: %s",
                      cases[i].words, pv_last_error());
    }
}
END_TEST

START_TEST(files_that_cannot_be_read_or_written_are_named)
{
    ck_assert_ptr_null(pv_json_read("/nowhere/run.json"));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FILE);
    ck_assert_str_eq(pv_last_error(), "cannot read /nowhere/run.json: No such file or directory");
    ck_assert_int_eq(pv_file_write(path, "{}\0", 3), PV_OK);
    ck_assert_ptr_null(pv_json_read(path));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "zero byte"));
    cJSON *json = cJSON_CreateObject();
    ck_assert_int_eq(pv_json_write("/dev/full", json), PV_ERROR_FILE);
    ck_assert_str_eq(pv_last_error(), "cannot write /dev/full: No space left on device");
    cJSON_Delete(json);
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    cJSON *json = cJSON_CreateObject();
    ck_assert_int_eq(pv_json_add_u64(json, "seed", 7), 0);
    uint64_t n = 0;
    int failed = 1;
    while (failed) {
        pv_clear_error();
        pv_memory_fail_at(++n);
        cJSON *back = pv_json_write(path, json) == PV_OK ? pv_json_read(path) : NULL;
        pv_memory_fail_at(0);
        failed = !back;
        cJSON_Delete(back);
        ck_assert_uint_eq(pv_memory_live(), live_before);
        ck_assert_int_eq(pv_last_status(), failed ? PV_ERROR_MEMORY : PV_OK);
    }
    ck_assert_uint_gt(n, 3);
    cJSON_Delete(json);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/json");
    TCase *tests = tcase_create("json");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_written_value_reads_back);
    tcase_add_test(tests, numbers_have_the_digits_they_need_and_no_more);
    tcase_add_test(tests, a_file_is_indented_and_ends_with_its_line);
    tcase_add_test(tests, a_member_of_another_kind_is_the_fallback);
    tcase_add_test(tests, a_syntax_error_names_file_and_line);
    tcase_add_test(tests, files_that_cannot_be_read_or_written_are_named);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
