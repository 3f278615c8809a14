/* test_core_tensors.c: lists of tensors, and safetensors files, good, damaged and of others. */
#include "core/events.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/tensors.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/pavlov-tensors-XXXXXX";
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

/* Writes over the file without a sync, which the many files of these tests would wait for. */
static void put_file(const void *data, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    ck_assert_int_eq(close(fd), 0);
}

/* Puts a file together from a header and data, as another program would. */
static void put_parts(const char *header, const void *data, size_t size)
{
    char file[4096] = {0};
    const size_t length = strlen(header);
    ck_assert_uint_le(8 + length + size, sizeof file);
    file[0] = (char)(length & 0xFF);
    file[1] = (char)(length >> 8);
    memcpy(file + 8, header, length);
    memcpy(file + 8 + length, data, size);
    put_file(file, 8 + length + size);
}

/* Asserts that the file is refused with one line that names it and says `words`. */
static void assert_refused(const char *words)
{
    pv_tensors *tensors = pv_tensors_read(path);
    ck_assert_msg(tensors == NULL, "not refused: %s", words);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), path));
    ck_assert_msg(strstr(pv_last_error(), words) != NULL, "no \"%s\" in: %s", words,
                  pv_last_error());
    ck_assert_ptr_null(strchr(pv_last_error(), '\n'));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FORMAT);
}

static const float weights[6] = {1.5f, -0.0f, 3e-42f, INFINITY, 0.1f, -7.0f};
static const double q_values[3] = {0.1, -1e300, 5e-324};
static const uint64_t counters[2] = {UINT64_MAX, 1};
static const int32_t actions[2] = {-1, INT32_MAX};

static pv_tensors *small_list(void)
{
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_ptr_nonnull(tensors);
    const uint64_t shape[2] = {2, 3};
    ck_assert_int_eq(pv_tensors_add(tensors, "flag", PV_U8, "\x7f", 1), PV_OK);
    ck_assert_int_eq(pv_tensors_add_shaped(tensors, "net.w", PV_F32, weights, 2, shape), PV_OK);
    ck_assert_int_eq(pv_tensors_add(tensors, "q", PV_F64, q_values, 3), PV_OK);
    ck_assert_int_eq(pv_tensors_add_shaped(tensors, "step", PV_U64, counters, 0, NULL), PV_OK);
    ck_assert_int_eq(pv_tensors_add(tensors, "actions", PV_I32, actions, 2), PV_OK);
    ck_assert_int_eq(pv_tensors_set_text(tensors, "agent", "q-learning"), PV_OK);
    return tensors;
}

static char *small_file(size_t *size)
{
    pv_tensors *tensors = small_list();
    ck_assert_int_eq(pv_tensors_write(tensors, path), PV_OK);
    pv_tensors_destroy(tensors);
    char *file;
    ck_assert_int_eq(pv_file_read(path, &file, size), PV_OK);
    return file;
}

START_TEST(tensors_are_found_counted_and_copied_out)
{
    pv_tensors *tensors = small_list();
    float w[6];
    ck_assert_int_eq(pv_tensors_count(tensors), 5);
    ck_assert_int_eq(pv_tensors_get(tensors, "net.w", PV_F32, w, 6), PV_OK);
    ck_assert_mem_eq(w, weights, sizeof weights);
    const pv_tensor *found = pv_tensors_find(tensors, "net.w");
    ck_assert_ptr_eq(found, pv_tensors_at(tensors, 1));
    ck_assert_int_eq(found->ndim, 2);
    ck_assert_uint_eq(found->shape[0], 2);
    ck_assert_uint_eq(found->shape[1], 3);
    ck_assert_uint_eq(found->count, 6);
    ck_assert_uint_eq(pv_tensors_find(tensors, "step")->count, 1);
    ck_assert_ptr_null(pv_tensors_find(tensors, "w"));
    pv_tensors_destroy(tensors);
    pv_tensors_destroy(NULL);
}
END_TEST

START_TEST(a_tensor_that_is_not_as_asked_for_says_so)
{
    pv_tensors *tensors = small_list();
    float w[6];
    ck_assert_int_eq(pv_tensors_get(tensors, "bias", PV_F32, w, 6), PV_ERROR_FORMAT);
    ck_assert_str_eq(pv_last_error(), "there is no tensor \"bias\"");
    ck_assert_int_eq(pv_tensors_get(tensors, "q", PV_F32, w, 3), PV_ERROR_FORMAT);
    ck_assert_str_eq(pv_last_error(), "tensor \"q\" is of type F64; F32 is needed");
    ck_assert_int_eq(pv_tensors_get(tensors, "net.w", PV_F32, w, 5), PV_ERROR_FORMAT);
    ck_assert_str_eq(pv_last_error(), "tensor \"net.w\" has 6 elements; 5 are needed");
    pv_tensors_destroy(tensors);
}
END_TEST

START_TEST(texts_are_set_replaced_and_listed)
{
    pv_tensors *tensors = pv_tensors_create();
    const char *name;
    ck_assert_ptr_null(pv_tensors_text(tensors, "a"));
    for (int i = 0; i < 20; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        ck_assert_int_eq(pv_tensors_set_text(tensors, key, "old"), PV_OK);
    }
    ck_assert_int_eq(pv_tensors_set_text(tensors, "k7", "new"), PV_OK);
    ck_assert_str_eq(pv_tensors_text(tensors, "k7"), "new");
    ck_assert_int_eq(pv_tensors_text_count(tensors), 20);
    ck_assert_str_eq(pv_tensors_text_at(tensors, 19, &name), "old");
    ck_assert_str_eq(name, "k19");
    pv_tensors_destroy(tensors);
}
END_TEST

START_TEST(a_written_file_reads_back_byte_for_byte)
{
    unsigned char every_bit[4096];
    for (size_t i = 0; i < sizeof every_bit; i++) {
        every_bit[i] = (unsigned char)(i * 167 + i / 256);
    }
    pv_tensors *tensors = small_list();
    const uint64_t shape[4] = {1, 4, 0, 9};
    ck_assert_int_eq(pv_tensors_add_shaped(tensors, "none", PV_I64, NULL, 4, shape), PV_OK);
    ck_assert_int_eq(pv_tensors_add(tensors, "\"odd\" \\name\n", PV_F32, every_bit, 1024), PV_OK);
    ck_assert_int_eq(pv_tensors_set_text(tensors, "\"pavlov.crc32c.header\":\"x", "\xc3\xa9\t\""),
                     PV_OK);
    ck_assert_int_eq(pv_tensors_write(tensors, path), PV_OK);
    pv_tensors *back = pv_tensors_read(path);
    ck_assert_msg(back != NULL, "%s", pv_last_error());
    ck_assert_int_eq(pv_tensors_count(back), pv_tensors_count(tensors));
    for (int i = 0; i < pv_tensors_count(back); i++) {
        const pv_tensor *a = pv_tensors_at(tensors, i);
        const pv_tensor *b = pv_tensors_at(back, i);
        ck_assert_str_eq(a->name, b->name);
        ck_assert_uint_eq(a->dtype, b->dtype);
        ck_assert_int_eq(a->ndim, b->ndim);
        ck_assert_mem_eq(a->shape, b->shape, sizeof a->shape);
        ck_assert_uint_eq(a->count, b->count);
        if (a->count > 0) {
            ck_assert_mem_eq(a->data, b->data, a->count * pv_dtype_size(a->dtype));
        }
    }
    ck_assert_int_eq(pv_tensors_text_count(back), 2);
    ck_assert_str_eq(pv_tensors_text(back, "agent"), "q-learning");
    ck_assert_str_eq(pv_tensors_text(back, "\"pavlov.crc32c.header\":\"x"), "\xc3\xa9\t\"");
    pv_tensors_destroy(tensors);
    pv_tensors_destroy(back);
}
END_TEST

START_TEST(an_empty_list_is_a_file_too)
{
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_tensors_write(tensors, path), PV_OK);
    pv_tensors_destroy(tensors);
    tensors = pv_tensors_read(path);
    ck_assert_msg(tensors != NULL, "%s", pv_last_error());
    ck_assert_int_eq(pv_tensors_count(tensors), 0);
    pv_tensors_destroy(tensors);
}
END_TEST

START_TEST(equal_lists_make_equal_files)
{
    size_t size;
    size_t again;
    char *file = small_file(&size);
    pv_tensors *back = pv_tensors_read(path);
    ck_assert_int_eq(pv_tensors_write(back, path), PV_OK);
    pv_tensors_destroy(back);
    char *second;
    ck_assert_int_eq(pv_file_read(path, &second, &again), PV_OK);
    ck_assert_uint_eq(size, again);
    ck_assert_mem_eq(file, second, size);
    pv_free(file);
    pv_free(second);
}
END_TEST

START_TEST(a_file_is_laid_out_as_the_format_says)
{
    pv_tensors *tensors = pv_tensors_create();
    const uint64_t shape[2] = {1, 2};
    ck_assert_int_eq(pv_tensors_add(tensors, "b", PV_U8, "1", 1), PV_OK);
    ck_assert_int_eq(pv_tensors_add_shaped(tensors, "w", PV_F32, "abcdefgh", 2, shape), PV_OK);
    ck_assert_int_eq(pv_tensors_write(tensors, path), PV_OK);
    pv_tensors_destroy(tensors);
    char *file;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &file, &size), PV_OK);
    char expected[512];
    const uint32_t crc = pv_crc32c(0, "abcdefgh1", 9);
    char *header = file + 8;
    char *digits = strstr(header, "header\":\"") + 9;
    snprintf(expected, sizeof expected,
             "{\"__metadata__\":{\"pavlov.crc32c.header\":\"00000000\",\"pavlov.crc32c\":\"%08x\"},"
             "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]},"
             "\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}",
             crc);
    const size_t length = (size_t)(unsigned char)file[0] + 256u * (unsigned char)file[1];
    ck_assert_uint_eq(length, (strlen(expected) + 7) / 8 * 8);
    ck_assert_uint_eq(size, 8 + length + 9);
    ck_assert_mem_eq(file + 8 + length, "abcdefgh1", 9);
    char stored[9] = {0};
    memcpy(stored, digits, 8);
    memset(digits, '0', 8);
    ck_assert_mem_eq(header, expected, strlen(expected));
    for (size_t i = strlen(expected); i < length; i++) {
        ck_assert_int_eq(header[i], ' ');
    }
    snprintf(expected, sizeof expected, "%08x", pv_crc32c(0, header, length));
    ck_assert_str_eq(stored, expected);
    pv_free(file);
}
END_TEST

START_TEST(files_of_other_programs_are_read)
{
    /* no checksums, tensors listed in another order than they lie, spaces and line breaks */
    put_parts("{ \"b\": {\"shape\": [], \"data_offsets\": [4, 8], \"dtype\": \"I32\"},\n"
              "  \"a\": {\"dtype\": \"U8\", \"shape\": [2, 2], \"data_offsets\": [0, 4]},"
              "  \"__metadata__\": {\"format\": \"pt\"} }   ",
              "1234\x01\x02\x00\x00", 8);
    pv_tensors *tensors = pv_tensors_read(path);
    ck_assert_msg(tensors != NULL, "%s", pv_last_error());
    int32_t b;
    unsigned char a[4];
    ck_assert_int_eq(pv_tensors_get(tensors, "b", PV_I32, &b, 1), PV_OK);
    ck_assert_int_eq(b, 513);
    ck_assert_int_eq(pv_tensors_get(tensors, "a", PV_U8, a, 4), PV_OK);
    ck_assert_mem_eq(a, "1234", 4);
    ck_assert_str_eq(pv_tensors_text(tensors, "format"), "pt");
    pv_tensors_destroy(tensors);
}
END_TEST

START_TEST(a_header_that_lies_is_refused_with_the_reason)
{
#define T(name, rest) "\"" name "\":{" rest "}"
    static const struct {
        const char *header;
        size_t size;
        const char *words;
    } cases[] = {
        {"", 0, "no JSON header"},
        {"[1]", 0, "no JSON header"},
        {"{\"a\":", 0, "no JSON object"},
        {"{} {}", 0, "no JSON object"},
        {"{}", 1, "take 0 bytes, but 1 follow"},
        {"{\"__metadata__\":3}", 0, "no JSON object"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "\"a\" of the metadata is no text"},
        {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "there twice"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "two metadata"},
        {"{\"a\":7}", 0, "type none"},
        {"{" T("a", "\"shape\":[1],\"data_offsets\":[0,1]") "}", 1, "type none"},
        {"{" T("a", "\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]") "}", 2, "type BF16"},
        {"{" T("a", "\"dtype\":\"U8\",\"data_offsets\":[0,1]") "}", 1, "shape"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,1]") "}", 1,
         "at most 4"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]") "}", 1, "shape"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[0.5],\"data_offsets\":[0,1]") "}", 1, "shape"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[\"1\"],\"data_offsets\":[0,1]") "}", 1, "shape"},
        {"{" T("a", "\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],"
                    "\"data_offsets\":[0,0]") "}",
         0, "shape"},
        {"{" T("a", "\"dtype\":\"F64\",\"shape\":[9007199254740992],\"data_offsets\":[0,0]") "}", 0,
         "shape"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[1e300],\"data_offsets\":[0,0]") "}", 0, "shape"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]") "}", 1, "offsets"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,1]") "}", 1, "offsets"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]") "}", 1, "offsets"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]") "}", 1, "offsets"},
        {"{" T("a", "\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,3]") "}", 3,
         "has 3 bytes, but its shape and type take 4"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]") "}", 2, "gap"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]") "," T(
             "b", "\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]") "}",
         3, "overlap"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]") "," T(
             "a", "\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]") "}",
         2, "there twice"},
        {"{" T("a", "\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]") "}", 2,
         "take 1 bytes, but 2 follow"},
        {"{\"__metadata__\":{\"pavlov.crc32c\":\"00000000\"}}", 0, "checksum of the header"},
        {"{\"__metadata__\":{\"pavlov.crc32c.header\":\"0\"}}", 0, "checksum of the header"},
        {"{\"__metadata__\":{\"pavlov.crc32c.header\":\"", 0, "no JSON object"},
    };
#undef T
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_parts(cases[i].header, "abcd", cases[i].size);
        assert_refused(cases[i].words);
    }
}
END_TEST

START_TEST(a_name_of_more_than_255_bytes_is_refused)
{
    char name[258];
    char header[512];
    memset(name, 'n', sizeof name);
    for (int length = 255; length <= 256; length++) {
        snprintf(header, sizeof header,
                 "{\"%.*s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", length,
                 name);
        put_parts(header, "x", 1);
        if (length == 255) {
            pv_tensors *tensors = pv_tensors_read(path);
            ck_assert_ptr_nonnull(tensors);
            pv_tensors_destroy(tensors);
        } else {
            assert_refused("more than 255 bytes");
        }
    }
}
END_TEST

START_TEST(a_header_longer_than_the_file_is_refused)
{
    put_file("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    assert_refused("ends in its header");
    put_file("\x03\0\0\0\0\0\0\0{}", 10);
    assert_refused("ends in its header");
    put_file("\x06\0\0\0\0\0\0\0{\"a\0\"}", 14);
    assert_refused("no JSON header");
}
END_TEST

START_TEST(every_cut_is_noticed)
{
    size_t size;
    char *file = small_file(&size);
    for (size_t cut = 0; cut < size; cut++) {
        put_file(file, cut);
        assert_refused("");
    }
    char *longer = malloc(size + 1);
    memcpy(longer, file, size);
    longer[size] = '\0';
    put_file(longer, size + 1);
    assert_refused("follow the header");
    free(longer);
    pv_free(file);
}
END_TEST

START_TEST(every_changed_byte_is_noticed)
{
    size_t size;
    char *file = small_file(&size);
    for (size_t i = 0; i < size; i++) {
        const char was = file[i];
        static const char others[] = {'\0', ' ', '"', '0', '9', '}', '\n', '\\', (char)0xFF};
        for (size_t k = 0; k < 8 + sizeof others; k++) {
            const int flipped = was ^ (1 << (k % 8));
            file[i] = k < 8 ? (char)flipped : others[k - 8];
            if (file[i] != was) {
                put_file(file, size);
                assert_refused("");
            }
        }
        file[i] = was;
    }
    put_file(file, size);
    pv_tensors *tensors = pv_tensors_read(path);
    ck_assert_ptr_nonnull(tensors);
    pv_tensors_destroy(tensors);
    pv_free(file);
}
END_TEST

START_TEST(changed_data_is_named_as_such)
{
    size_t size;
    char *file = small_file(&size);
    file[size - 1] = (char)(file[size - 1] ^ 1);
    put_file(file, size);
    assert_refused("checksum of the data");
    pv_free(file);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_a_file_error)
{
    ck_assert_ptr_null(pv_tensors_read("/nowhere/checkpoint.safetensors"));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FILE);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "/nowhere/checkpoint.safetensors"));
    pv_tensors *tensors = small_list();
    ck_assert_int_eq(pv_tensors_write(tensors, "/dev/full"), PV_ERROR_FILE);
    ck_assert_str_eq(pv_last_error(), "cannot write /dev/full: No space left on device");
    pv_tensors_destroy(tensors);
}
END_TEST

/* Builds, writes and reads; returns 0 when all of it worked. */
static int use_everything(void)
{
    int failed = 1;
    pv_tensors *back = NULL;
    pv_tensors *tensors = pv_tensors_create();
    if (tensors && pv_tensors_add(tensors, "q", PV_F64, q_values, 3) == PV_OK &&
        pv_tensors_set_text(tensors, "agent", "sarsa") == PV_OK &&
        pv_tensors_set_text(tensors, "agent", "q-learning") == PV_OK &&
        pv_tensors_write(tensors, path) == PV_OK) {
        back = pv_tensors_read(path);
        failed = !back;
    }
    pv_tensors_destroy(tensors);
    pv_tensors_destroy(back);
    return failed;
}

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    uint64_t n = 0;
    int failed = 1;
    while (failed) {
        pv_clear_error();
        pv_memory_fail_at(++n);
        failed = use_everything();
        pv_memory_fail_at(0);
        ck_assert_uint_eq(pv_memory_live(), live_before);
        ck_assert_int_eq(pv_last_status(), failed ? PV_ERROR_MEMORY : PV_OK);
    }
    ck_assert_uint_gt(n, 15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/tensors");
    TCase *tests = tcase_create("tensors");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, tensors_are_found_counted_and_copied_out);
    tcase_add_test(tests, a_tensor_that_is_not_as_asked_for_says_so);
    tcase_add_test(tests, texts_are_set_replaced_and_listed);
    tcase_add_test(tests, a_written_file_reads_back_byte_for_byte);
    tcase_add_test(tests, an_empty_list_is_a_file_too);
    tcase_add_test(tests, equal_lists_make_equal_files);
    tcase_add_test(tests, a_file_is_laid_out_as_the_format_says);
    tcase_add_test(tests, files_of_other_programs_are_read);
    tcase_add_test(tests, a_header_that_lies_is_refused_with_the_reason);
    tcase_add_test(tests, a_name_of_more_than_255_bytes_is_refused);
    tcase_add_test(tests, a_header_longer_than_the_file_is_refused);
    tcase_add_test(tests, every_cut_is_noticed);
    tcase_add_test(tests, every_changed_byte_is_noticed);
    tcase_add_test(tests, changed_data_is_named_as_such);
    tcase_add_test(tests, a_file_that_is_not_there_is_a_file_error);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
