/* test_core_events.c: TensorBoard records, read back by a small reader that shares no code with the
   writer. */
#include "core/events.h"
#include "core/memory.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- a reader of event files, from the definitions --- */

/* the polynomial division, bit by bit */
static uint32_t slow_crc(const unsigned char *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size * 8; i++) {
        const uint32_t bit = (crc ^ (uint32_t)(data[i / 8] >> (i % 8))) & 1u;
        crc = (crc >> 1) ^ (bit ? 0x82F63B78u : 0u);
    }
    return crc ^ 0xFFFFFFFFu;
}

static uint32_t slow_masked_crc(const unsigned char *data, size_t size)
{
    const uint64_t crc = slow_crc(data, size);
    return (uint32_t)((((crc >> 15) | (crc << 17)) + 0xA282EAD8u) & 0xFFFFFFFFu);
}

static uint64_t little(const unsigned char *data, int bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0) {
        value = value * 256 + data[bytes];
    }
    return value;
}

typedef struct field {
    unsigned number, kind;
    uint64_t value;             /* varint, fixed32, fixed64 */
    const unsigned char *bytes; /* [value], of kind 2 */
} field;

static uint64_t take_varint(const unsigned char **data)
{
    uint64_t value = 0;
    int shift = 0;
    do {
        value |= (uint64_t)(**data & 0x7F) << shift;
        shift += 7;
    } while (*(*data)++ & 0x80);
    return value;
}

/* Splits a message into fields; returns how many. */
static int split(const unsigned char *data, size_t size, field *fields, int limit)
{
    const unsigned char *end = data + size;
    int n = 0;
    while (data < end) {
        ck_assert_int_lt(n, limit);
        field *f = &fields[n++];
        const uint64_t key = take_varint(&data);
        f->number = (unsigned)(key >> 3);
        f->kind = (unsigned)(key & 7);
        f->bytes = NULL;
        if (f->kind == 0) {
            f->value = take_varint(&data);
        } else if (f->kind == 2) {
            f->value = take_varint(&data);
            f->bytes = data;
            data += f->value;
        } else {
            ck_assert(f->kind == 1 || f->kind == 5);
            const int width = f->kind == 1 ? 8 : 4;
            f->value = little(data, width);
            data += width;
        }
    }
    ck_assert_ptr_eq(data, end);
    return n;
}

/* Checks the frame of the record at `at`; returns its data and moves on. */
static const unsigned char *take_record(const unsigned char **at, const unsigned char *end,
                                        size_t *size)
{
    ck_assert_int_ge(end - *at, 16);
    *size = (size_t)little(*at, 8);
    ck_assert_uint_eq(little(*at + 8, 4), slow_masked_crc(*at, 8));
    const unsigned char *data = *at + 12;
    ck_assert_uint_le(*size + 4, (size_t)(end - data));
    ck_assert_uint_eq(little(data + *size, 4), slow_masked_crc(data, *size));
    *at = data + *size + 4;
    return data;
}

static void assert_double(const field *f, unsigned number, double expected)
{
    double value;
    ck_assert_uint_eq(f->number, number);
    ck_assert_uint_eq(f->kind, 1);
    memcpy(&value, &f->value, sizeof value);
    ck_assert_double_eq(value, expected);
}

typedef struct scalar {
    double wall;
    uint64_t step;
    const char *tag;
    float value;
} scalar;

static void assert_scalar(const unsigned char *data, size_t size, const scalar *expected)
{
    field event[3];
    ck_assert_int_eq(split(data, size, event, 3), 3);
    assert_double(&event[0], 1, expected->wall);
    ck_assert_uint_eq(event[1].number, 2);
    ck_assert_uint_eq(event[1].kind, 0);
    ck_assert_uint_eq(event[1].value, expected->step);
    ck_assert_uint_eq(event[2].number, 5);
    field summary[1];
    ck_assert_int_eq(split(event[2].bytes, event[2].value, summary, 1), 1);
    ck_assert_uint_eq(summary[0].number, 1);
    field entry[2];
    ck_assert_int_eq(split(summary[0].bytes, summary[0].value, entry, 2), 2);
    ck_assert_uint_eq(entry[0].number, 1);
    ck_assert_uint_eq(entry[0].value, strlen(expected->tag));
    ck_assert_mem_eq(entry[0].bytes, expected->tag, strlen(expected->tag));
    ck_assert_uint_eq(entry[1].number, 2);
    ck_assert_uint_eq(entry[1].kind, 5);
    const uint32_t bits = (uint32_t)entry[1].value;
    ck_assert_mem_eq(&bits, &expected->value, sizeof bits);
}

/* --- the tests --- */

static char path[] = "/tmp/pavlov-events-XXXXXX";

static pv_append *open_file(void)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    close(mkstemp(path));
    pv_append *append = pv_append_open(path, 0);
    ck_assert_ptr_nonnull(append);
    return append;
}

START_TEST(the_checksum_equals_the_published_one)
{
    /* RFC 3720, appendix B.4, and the usual check value */
    unsigned char bytes[32];
    ck_assert_uint_eq(pv_crc32c(0, "123456789", 9), 0xE3069283u);
    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_eq(pv_crc32c(0, bytes, 32), 0x8A9136AAu);
    memset(bytes, 0xFF, sizeof bytes);
    ck_assert_uint_eq(pv_crc32c(0, bytes, 32), 0x62A8AB43u);
    for (int i = 0; i < 32; i++) {
        bytes[i] = (unsigned char)i;
    }
    ck_assert_uint_eq(pv_crc32c(0, bytes, 32), 0x46DD794Eu);
    ck_assert_uint_eq(pv_crc32c(0, NULL, 0), 0);
}
END_TEST

START_TEST(every_byte_divides_as_bit_by_bit_and_in_parts)
{
    unsigned char bytes[256];
    for (int i = 0; i < 256; i++) {
        bytes[i] = (unsigned char)i;
        ck_assert_uint_eq(pv_crc32c(0, bytes + i, 1), slow_crc(bytes + i, 1));
    }
    for (size_t cut = 0; cut <= 256; cut += 16) {
        const uint32_t first = pv_crc32c(0, bytes, cut);
        ck_assert_uint_eq(pv_crc32c(first, bytes + cut, 256 - cut), slow_crc(bytes, 256));
    }
}
END_TEST

START_TEST(records_read_back_as_they_were_written)
{
    char long_tag[256];
    memset(long_tag, 't', 255);
    long_tag[255] = '\0';
    const scalar scalars[] = {{1000.5, 0, "loss", 0.25f},
                              {1.7e9, 1, "", -1.0f},
                              {1.7e9, 300, "eval/return", 3.5e37f},
                              {0.0, UINT64_MAX, "q", NAN},
                              {2.0, (uint64_t)1 << 40, long_tag, -INFINITY}};
    pv_append *append = open_file();
    ck_assert_int_eq(pv_events_begin(append, 1234.5), PV_OK);
    for (int i = 0; i < 5; i++) {
        const scalar *s = &scalars[i];
        ck_assert_int_eq(pv_events_scalar(append, s->wall, s->step, s->tag, s->value), PV_OK);
    }
    ck_assert_int_eq(pv_append_close(append), PV_OK);

    char *file;
    size_t size;
    ck_assert_int_eq(pv_file_read(path, &file, &size), PV_OK);
    const unsigned char *at = (const unsigned char *)file;
    const unsigned char *end = at + size;
    const unsigned char *data = take_record(&at, end, &size);
    field begin[2];
    ck_assert_int_eq(split(data, size, begin, 2), 2);
    assert_double(&begin[0], 1, 1234.5);
    ck_assert_uint_eq(begin[1].number, 3);
    ck_assert_uint_eq(begin[1].value, 13);
    ck_assert_mem_eq(begin[1].bytes, "brain.Event:2", 13);
    for (int i = 0; i < 5; i++) {
        data = take_record(&at, end, &size);
        assert_scalar(data, size, &scalars[i]);
    }
    ck_assert_ptr_eq(at, end);
    pv_free(file);
    unlink(path);
}
END_TEST

START_TEST(a_name_too_long_for_a_record_is_refused)
{
    char tag[257];
    memset(tag, 't', 256);
    tag[256] = '\0';
    pv_append *append = open_file();
    ck_assert_int_eq(pv_events_scalar(append, 0.0, 0, tag, 0.0f), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "256 bytes"));
    ck_assert_uint_eq(pv_append_length(append), 0);
    ck_assert_int_eq(pv_append_close(append), PV_OK);
    unlink(path);
}
END_TEST

START_TEST(a_full_disk_is_reported)
{
    pv_append *append = pv_append_open("/dev/full", 0);
    ck_assert_int_eq(pv_events_begin(append, 0.0), PV_OK);
    ck_assert_int_eq(pv_append_flush(append), PV_ERROR_FILE);
    ck_assert_int_eq(pv_events_scalar(append, 0.0, 0, "loss", 0.0f), PV_ERROR_FILE);
    ck_assert_int_eq(pv_append_close(append), PV_ERROR_FILE);
    ck_assert_uint_eq(pv_memory_live(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/events");
    TCase *tests = tcase_create("events");
    tcase_add_test(tests, the_checksum_equals_the_published_one);
    tcase_add_test(tests, every_byte_divides_as_bit_by_bit_and_in_parts);
    tcase_add_test(tests, records_read_back_as_they_were_written);
    tcase_add_test(tests, a_name_too_long_for_a_record_is_refused);
    tcase_add_test(tests, a_full_disk_is_reported);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
