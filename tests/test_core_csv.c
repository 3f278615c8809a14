/* test_core_csv.c: tables, good and damaged. */
#include "core/csv.h"
#include "core/file.h"
#include "core/memory.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/pavlov-csv-XXXXXX";
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

static void put_file(const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static void put_text(const char *text)
{
    put_file(text, strlen(text));
}

static void assert_table(const pv_csv *csv, int columns, size_t rows, const char *const *cells)
{
    ck_assert_int_eq(csv->columns, columns);
    ck_assert_uint_eq(csv->rows, rows);
    for (size_t row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
            ck_assert_str_eq(pv_csv_cell(csv, row, column),
                             cells[row * (size_t)columns + (size_t)column]);
        }
    }
}

START_TEST(a_table_has_its_names_and_cells)
{
    static const char *const cells[] = {"1", "0", "-13.5", "2", "", "-14"};
    static const char *const texts[] = {"step,lane,return\n1,0,-13.5\n2,,-14\n",
                                        "step,lane,return\n1,0,-13.5\n2,,-14",
                                        "step,lane,return\r\n1,0,-13.5\r\n2,,-14\r\n"};
    for (int i = 0; i < 3; i++) {
        pv_csv csv;
        put_text(texts[i]);
        ck_assert_int_eq(pv_csv_read(&csv, path), PV_OK);
        assert_table(&csv, 3, 2, cells);
        ck_assert_int_eq(pv_csv_column(&csv, "step"), 0);
        ck_assert_int_eq(pv_csv_column(&csv, "return"), 2);
        ck_assert_int_eq(pv_csv_column(&csv, "Return"), -1);
        pv_csv_free(&csv);
    }
}
END_TEST

START_TEST(quoted_cells_hold_commas_and_quotes)
{
    static const char *const cells[] = {"a,b", "say \"hi\"", "", "\"", "x\"y", "z"};
    pv_csv csv;
    put_text("\"na,me\",b\n\"a,b\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\r\nx\"y,\"z\"");
    ck_assert_int_eq(pv_csv_read(&csv, path), PV_OK);
    assert_table(&csv, 2, 3, cells);
    ck_assert_int_eq(pv_csv_column(&csv, "na,me"), 0);
    pv_csv_free(&csv);
}
END_TEST

START_TEST(a_table_may_have_no_rows_or_many)
{
    pv_csv csv;
    put_text("a,b");
    ck_assert_int_eq(pv_csv_read(&csv, path), PV_OK);
    assert_table(&csv, 2, 0, NULL);
    ck_assert_int_eq(pv_csv_numbers(&csv, 1, NULL), PV_OK);
    pv_csv_free(&csv);

    char *text = malloc(200000);
    size_t length = (size_t)sprintf(text, "i,square\n");
    for (int i = 0; i < 10000; i++) {
        length += (size_t)sprintf(text + length, "%d,%d\n", i, i * i);
    }
    put_text(text);
    free(text);
    ck_assert_int_eq(pv_csv_read(&csv, path), PV_OK);
    ck_assert_uint_eq(csv.rows, 10000);
    double *squares = malloc(10000 * sizeof *squares);
    ck_assert_int_eq(pv_csv_numbers(&csv, 1, squares), PV_OK);
    for (int i = 0; i < 10000; i++) {
        ck_assert_double_eq(squares[i], (double)i * i);
    }
    free(squares);
    pv_csv_free(&csv);
}
END_TEST

START_TEST(numbers_are_read_in_every_form_we_write)
{
    pv_csv csv;
    double out[5];
    put_text("x\n0.1\n-1e-08\nnan\n-inf\n100000\n");
    ck_assert_int_eq(pv_csv_read(&csv, path), PV_OK);
    ck_assert_int_eq(pv_csv_numbers(&csv, 0, out), PV_OK);
    ck_assert_double_eq(out[0], 0.1);
    ck_assert_double_eq(out[1], -1e-08);
    ck_assert(isnan(out[2]));
    ck_assert(isinf(out[3]) && out[3] < 0.0);
    ck_assert_double_eq(out[4], 100000.0);
    pv_csv_free(&csv);
}
END_TEST

START_TEST(a_cell_that_is_no_number_names_its_line_and_column)
{
    static const char *const cells[] = {"", "x", "1.5x", "1 "};
    for (int i = 0; i < 4; i++) {
        char text[64];
        char expected[256];
        pv_csv csv;
        double out[2];
        snprintf(text, sizeof text, "step,return\n1,2\n2,%s\n", cells[i]);
        put_text(text);
        ck_assert_int_eq(pv_csv_read(&csv, path), PV_OK);
        ck_assert_int_eq(pv_csv_numbers(&csv, 1, out), PV_ERROR_FORMAT);
        snprintf(expected, sizeof expected, "%s line 3: \"%s\" in column return is not a number",
                 path, cells[i]);
        ck_assert_str_eq(pv_last_error(), expected);
        pv_csv_free(&csv);
    }
}
END_TEST

START_TEST(a_damaged_table_names_its_line)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"a,b\n1,2\n3\n", "line 3: the number of cells is 1; the first line names 2"},
        {"a,b\n1,2,3\n", "line 2: the number of cells is 3; the first line names 2"},
        {"a,b\n\n1,2\n", "line 2: the number of cells is 1"},
        {"a,b\n1,2\n3,4,", "line 3: the number of cells is 3"},
        {"a,b\n1,\"2\n", "line 2: a quoted cell must end with a quote"},
        {"a,b\n1,\"2\"x\n", "line 2: a quoted cell must end with a quote"},
        {"\"a", "line 1: a quoted cell must end with a quote"},
        {"", "is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pv_csv csv;
        put_text(cases[i].text);
        ck_assert_int_eq(pv_csv_read(&csv, path), PV_ERROR_FORMAT);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), path));
        ck_assert_msg(strstr(pv_last_error(), cases[i].words) != NULL, "no \"%s\" in: %s",
                      cases[i].words, pv_last_error());
    }
    pv_csv csv;
    put_file("a\n1\0\n", 5);
    ck_assert_int_eq(pv_csv_read(&csv, path), PV_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "zero byte"));
    ck_assert_int_eq(pv_csv_read(&csv, "/nowhere/a.csv"), PV_ERROR_FILE);
    pv_csv_free(&csv);
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    pv_csv csv;
    char text[800] = "a,b\n";
    for (int i = 0; i < 90; i++) {
        strcat(text, "123,45\n");
    }
    put_text(text);
    uint64_t n = 0;
    pv_status status = PV_ERROR;
    while (status != PV_OK) {
        pv_clear_error();
        pv_memory_fail_at(++n);
        status = pv_csv_read(&csv, path);
        pv_memory_fail_at(0);
        ck_assert(status == PV_OK || pv_memory_live() == live_before);
        ck_assert_int_eq(pv_last_status(), status == PV_OK ? PV_OK : PV_ERROR_MEMORY);
    }
    ck_assert_uint_eq(csv.rows, 90);
    ck_assert_uint_gt(n, 5);
    pv_csv_free(&csv);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/csv");
    TCase *tests = tcase_create("csv");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_table_has_its_names_and_cells);
    tcase_add_test(tests, quoted_cells_hold_commas_and_quotes);
    tcase_add_test(tests, a_table_may_have_no_rows_or_many);
    tcase_add_test(tests, numbers_are_read_in_every_form_we_write);
    tcase_add_test(tests, a_cell_that_is_no_number_names_its_line_and_column);
    tcase_add_test(tests, a_damaged_table_names_its_line);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
