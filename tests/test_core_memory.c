/* test_core_memory.c: counted allocation. */
#include "core/memory.h"

#include "pavlov/status.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static int is_zero(const unsigned char *memory, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (memory[i] != 0) {
            return 0;
        }
    }
    return 1;
}

START_TEST(a_block_is_zeroed_aligned_and_counted)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 1000, 1048575, 1048576, 3000001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int again = 0; again < 3; again++) { /* the second time the block has been used */
            const size_t before = pv_memory_live();
            unsigned char *memory = pv_alloc(sizes[i]);
            ck_assert_ptr_nonnull(memory);
            ck_assert_uint_eq((uintptr_t)memory % (sizes[i] < 1048576 ? 64 : 4096), 0);
            ck_assert_uint_eq(pv_memory_live() - before, sizes[i] ? sizes[i] : 1);
            ck_assert(is_zero(memory, sizes[i]));
            memset(memory, 0xA5, sizes[i]);
            pv_free(memory);
            ck_assert_uint_eq(pv_memory_live(), before);
        }
    }
}
END_TEST

START_TEST(a_grown_block_keeps_its_bytes_and_is_zero_beyond)
{
    const size_t before = pv_memory_live();
    unsigned char *memory = pv_realloc(NULL, 10);
    memset(memory, 7, 10);
    memory = pv_realloc(memory, 2000000);
    ck_assert_uint_eq(pv_memory_live() - before, 2000000);
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(memory[i], 7);
    }
    ck_assert(is_zero(memory + 10, 2000000 - 10));
    memory = pv_realloc(memory, 4);
    ck_assert_uint_eq(pv_memory_live() - before, 4);
    ck_assert_uint_eq(memory[3], 7);
    pv_free(memory);
    ck_assert_uint_eq(pv_memory_live(), before);
}
END_TEST

START_TEST(an_array_too_big_to_count_fails)
{
    const size_t before = pv_memory_live();
    pv_clear_error();
    ck_assert_ptr_null(pv_alloc_array(SIZE_MAX / 4, 8));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_MEMORY);
    ck_assert_ptr_null(pv_alloc_array(SIZE_MAX / 2 + 2, 2)); /* the product wraps to 2 */
    ck_assert_ptr_null(pv_alloc(SIZE_MAX));
    ck_assert_ptr_null(pv_alloc(SIZE_MAX - 64));
    double *three = pv_alloc_array(3, sizeof *three);
    ck_assert_uint_eq(pv_memory_live() - before, 24);
    pv_free(three);
    void *none = pv_alloc_array(5, 0);
    ck_assert_ptr_nonnull(none);
    pv_free(none);
}
END_TEST

START_TEST(the_nth_allocation_fails_once_and_says_so)
{
    const size_t before = pv_memory_live();
    for (uint64_t n = 1; n <= 4; n++) {
        void *blocks[5];
        pv_clear_error();
        pv_memory_fail_at(n);
        for (uint64_t i = 1; i <= 5; i++) {
            blocks[i - 1] = pv_alloc(10);
            ck_assert_int_eq(blocks[i - 1] == NULL, i == n);
        }
        ck_assert_int_eq(pv_last_status(), PV_ERROR_MEMORY);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "out of memory"));
        for (int i = 0; i < 5; i++) {
            pv_free(blocks[i]);
        }
    }
    pv_memory_fail_at(1);
    pv_memory_fail_at(0);
    void *block = pv_alloc(1);
    ck_assert_ptr_nonnull(block);
    pv_free(block);
    ck_assert_uint_eq(pv_memory_live(), before);
}
END_TEST

START_TEST(a_block_that_cannot_grow_is_untouched)
{
    char *text = pv_copy_text("kept");
    pv_memory_fail_at(1);
    ck_assert_ptr_null(pv_realloc(text, 1000));
    ck_assert_str_eq(text, "kept");
    pv_free(text);
}
END_TEST

START_TEST(every_request_is_counted)
{
    const uint64_t before = pv_memory_count();
    char *text = pv_format_text("%d", 1);
    char *copy = pv_copy_text(text);
    copy = pv_realloc(copy, 100);
    pv_memory_fail_at(1);
    ck_assert_ptr_null(pv_alloc(1));
    ck_assert_uint_eq(pv_memory_count() - before, 4);
    pv_free(text);
    pv_free(copy);
}
END_TEST

START_TEST(texts_are_copied_and_printed)
{
    const size_t before = pv_memory_live();
    char *copy = pv_copy_text("");
    ck_assert_str_eq(copy, "");
    char *printed = pv_format_text("%s=%0500d", "x", 3);
    ck_assert_uint_eq(strlen(printed), 502);
    ck_assert_int_eq(strncmp(printed, "x=000", 5), 0);
    pv_free(copy);
    pv_free(printed);
    pv_free(NULL);
    ck_assert_uint_eq(pv_memory_live(), before);
    pv_memory_fail_at(1);
    ck_assert_ptr_null(pv_copy_text("x"));
    pv_memory_fail_at(1);
    ck_assert_ptr_null(pv_format_text("x"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_add_test(tests, a_block_is_zeroed_aligned_and_counted);
    tcase_add_test(tests, a_grown_block_keeps_its_bytes_and_is_zero_beyond);
    tcase_add_test(tests, an_array_too_big_to_count_fails);
    tcase_add_test(tests, the_nth_allocation_fails_once_and_says_so);
    tcase_add_test(tests, a_block_that_cannot_grow_is_untouched);
    tcase_add_test(tests, every_request_is_counted);
    tcase_add_test(tests, texts_are_copied_and_printed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
