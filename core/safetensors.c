/* safetensors.c: the .safetensors file of a list of tensors: 8 bytes of header length, a JSON
   header padded with spaces, then the data of all tensors without gaps. Reading believes nothing:
   every number of the header is held against the size of the file before it is used. */
#include "core/tensors.h"

#include "core/events.h"
#include "core/file.h"
#include "core/memory.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are written as they lie in memory, which must be little-endian"
#endif

enum { LENGTH_BYTES = 8, ALIGNMENT = 8, NAME_LIMIT = 255, CRC_DIGITS = 8 };

#define DATA_CRC "pavlov.crc32c"
#define HEADER_CRC "pavlov.crc32c.header"
static const char metadata_name[] = "__metadata__";

static size_t bytes_of(const pv_tensor *tensor)
{
    return tensor->count * pv_dtype_size(tensor->dtype);
}

/* Returns where the digits of a checksum stand in the header, NULL if nowhere. A quote inside a
   text is escaped, so what is searched cannot be part of one; ours come first. */
static const char *crc_digits(const char *header, const char *key)
{
    char quoted[sizeof HEADER_CRC + 5];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", key);
    const char *found = strstr(header, quoted);
    return found ? found + strlen(quoted) : NULL;
}

/* The checksum of a header with its own digits as zeros. `digits` points into it. */
static uint32_t crc_of_header(const char *header, size_t size, const char *digits)
{
    static const char zeros[CRC_DIGITS] = {'0', '0', '0', '0', '0', '0', '0', '0'};
    const size_t before = (size_t)(digits - header);
    uint32_t crc = pv_crc32c(0, header, before);
    crc = pv_crc32c(crc, zeros, CRC_DIGITS);
    return pv_crc32c(crc, digits + CRC_DIGITS, size - before - CRC_DIGITS);
}

/* --- writing --- */

/* Returns where a tensor lies in the data: wide elements first, so that each is aligned to its size
   for those who map the file; among equals in the order they were added. */
static uint64_t offset_of(const pv_tensors *tensors, int index)
{
    const size_t width = pv_dtype_size(pv_tensors_at(tensors, index)->dtype);
    uint64_t offset = 0;
    for (int i = 0; i < pv_tensors_count(tensors); i++) {
        const pv_tensor *other = pv_tensors_at(tensors, i);
        const size_t other_width = pv_dtype_size(other->dtype);
        if (other_width > width || (other_width == width && i < index)) {
            offset += bytes_of(other);
        }
    }
    return offset;
}

/* Puts all tensors where they belong. */
static void fill_data(const pv_tensors *tensors, char *data)
{
    for (int i = 0; i < pv_tensors_count(tensors); i++) {
        const pv_tensor *tensor = pv_tensors_at(tensors, i);
        memcpy(data + offset_of(tensors, i), tensor->data, bytes_of(tensor));
    }
}

/* cJSON would write large numbers with an exponent */
static int add_whole_number(cJSON *array, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    cJSON *item = cJSON_CreateRaw(digits);
    return item && cJSON_AddItemToArray(array, item);
}

static int add_entry(cJSON *root, const pv_tensor *tensor, uint64_t begin)
{
    cJSON *entry = cJSON_AddObjectToObject(root, tensor->name);
    if (!entry || !cJSON_AddStringToObject(entry, "dtype", pv_dtype_name(tensor->dtype))) {
        return 0;
    }
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    int good = shape != NULL;
    for (int i = 0; i < tensor->ndim && good; i++) {
        good = add_whole_number(shape, tensor->shape[i]);
    }
    cJSON *offsets = good ? cJSON_AddArrayToObject(entry, "data_offsets") : NULL;
    return offsets && add_whole_number(offsets, begin) &&
           add_whole_number(offsets, begin + bytes_of(tensor));
}

/* The checksums are zeros until all bytes are known. */
static int add_metadata(cJSON *root, const pv_tensors *tensors)
{
    cJSON *metadata = cJSON_AddObjectToObject(root, metadata_name);
    int good = metadata && cJSON_AddStringToObject(metadata, HEADER_CRC, "00000000") &&
               cJSON_AddStringToObject(metadata, DATA_CRC, "00000000");
    for (int i = 0; i < pv_tensors_text_count(tensors) && good; i++) {
        const char *name;
        const char *value = pv_tensors_text_at(tensors, i, &name);
        good = cJSON_AddStringToObject(metadata, name, value) != NULL;
    }
    return good;
}

/* Returns the header as text, NULL for want of memory; the caller frees it with cJSON_free. */
static char *print_header(const pv_tensors *tensors)
{
    cJSON *root = cJSON_CreateObject();
    int good = root && add_metadata(root, tensors);
    for (int i = 0; i < pv_tensors_count(tensors) && good; i++) {
        good = add_entry(root, pv_tensors_at(tensors, i), offset_of(tensors, i));
    }
    char *text = good ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    return text;
}

static void put_crc(char *digits, uint32_t crc)
{
    char text[CRC_DIGITS + 1];
    snprintf(text, sizeof text, "%08" PRIx32, crc);
    memcpy(digits, text, CRC_DIGITS);
}

/* Returns the whole file as one block, NULL for want of memory; the caller frees it. */
static char *print_file(const pv_tensors *tensors, const char *header, size_t *size)
{
    const size_t length = strlen(header);
    const size_t padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t data_size = 0;
    for (int i = 0; i < pv_tensors_count(tensors); i++) {
        data_size += bytes_of(pv_tensors_at(tensors, i));
    }
    *size = LENGTH_BYTES + padded + data_size;
    char *file = pv_alloc(*size);
    if (!file) {
        return NULL;
    }
    for (int i = 0; i < LENGTH_BYTES; i++) {
        file[i] = (char)(unsigned char)((uint64_t)padded >> (8 * i));
    }
    char *text = file + LENGTH_BYTES;
    memcpy(text, header, length);
    memset(text + length, ' ', padded - length);
    fill_data(tensors, text + padded);
    /* the header's last, for it covers the other */
    put_crc(text + (crc_digits(header, DATA_CRC) - header), pv_crc32c(0, text + padded, data_size));
    char *digits = text + (crc_digits(header, HEADER_CRC) - header);
    put_crc(digits, crc_of_header(text, padded, digits));
    return file;
}

pv_status pv_tensors_write(const pv_tensors *tensors, const char *path)
{
    char *header = print_header(tensors);
    if (!header) {
        return pv_fail(PV_ERROR_MEMORY, "cannot write %s: out of memory", path);
    }
    size_t size;
    char *file = print_file(tensors, header, &size);
    cJSON_free(header);
    if (!file) {
        return pv_fail_in("cannot write %s", path);
    }
    const pv_status status = pv_file_write(path, file, size);
    pv_free(file);
    return status;
}

/* --- reading --- */

/* a file in memory, while it is taken apart */
typedef struct source {
    const char *data; /* the data section */
    size_t data_size;
    char *header; /* a copy, ended by 0 */
    size_t header_size;
    cJSON *root;
    int n; /* tensors */
} source;

/* which bytes of the data section a tensor has */
typedef struct span {
    uint64_t begin, end;
} span;

static pv_status not_safetensors(const char *why)
{
    return pv_fail(PV_ERROR_FORMAT, "%s; it was changed or is no safetensors file", why);
}

/* Finds header and data. */
static pv_status split_file(source *in, const char *file, size_t size)
{
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_BYTES && (size_t)i < size; i++) {
        length |= (uint64_t)(unsigned char)file[i] << (8 * i);
    }
    if (size < LENGTH_BYTES || length > size - LENGTH_BYTES) {
        return pv_fail(PV_ERROR_FORMAT,
                       "the file ends in its header (%zu bytes); it was cut short or is no "
                       "safetensors file",
                       size);
    }
    in->header_size = (size_t)length;
    in->data = file + LENGTH_BYTES + in->header_size;
    in->data_size = size - LENGTH_BYTES - in->header_size;
    in->header = pv_alloc(in->header_size + 1);
    if (!in->header) {
        return PV_ERROR_MEMORY;
    }
    memcpy(in->header, file + LENGTH_BYTES, in->header_size);
    return PV_OK;
}

static pv_status parse_header(source *in)
{
    if (in->header[0] != '{' || strlen(in->header) != in->header_size) {
        return not_safetensors("there is no JSON header");
    }
    in->root = cJSON_ParseWithOpts(in->header, NULL, 1);
    if (!cJSON_IsObject(in->root)) {
        return not_safetensors("the header is no JSON object");
    }
    return PV_OK;
}

/* Compares a checksum of the metadata, which may be missing in files of others. */
static pv_status check_crc(const cJSON *metadata, const char *key, uint32_t crc, const char *what)
{
    char digits[CRC_DIGITS + 1];
    snprintf(digits, sizeof digits, "%08" PRIx32, crc);
    const char *stored = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, key));
    if (!stored || strcmp(stored, digits) != 0) {
        return pv_fail(PV_ERROR_FORMAT,
                       "the checksum of the %s is %s, but %s was written; it was "
                       "changed",
                       what, digits, stored ? stored : "none");
    }
    return PV_OK;
}

/* Files of ours carry both checksums. */
static pv_status check_header_crc(const source *in, const cJSON *metadata)
{
    if (!cJSON_HasObjectItem(metadata, DATA_CRC) && !cJSON_HasObjectItem(metadata, HEADER_CRC)) {
        return PV_OK;
    }
    const char *digits = crc_digits(in->header, HEADER_CRC);
    if (!digits || strlen(digits) < CRC_DIGITS) {
        return not_safetensors("the checksum of the header is missing");
    }
    return check_crc(metadata, HEADER_CRC, crc_of_header(in->header, in->header_size, digits),
                     "header");
}

static pv_status check_data_crc(const source *in, const cJSON *metadata)
{
    if (!cJSON_HasObjectItem(metadata, HEADER_CRC)) {
        return PV_OK;
    }
    return check_crc(metadata, DATA_CRC, pv_crc32c(0, in->data, in->data_size), "data");
}

static pv_status read_texts(pv_tensors *tensors, const cJSON *metadata)
{
    if (!cJSON_IsObject(metadata)) {
        return not_safetensors("the metadata is no JSON object");
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, metadata)
    {
        if (strcmp(item->string, DATA_CRC) == 0 || strcmp(item->string, HEADER_CRC) == 0) {
            continue;
        }
        if (!cJSON_IsString(item) || pv_tensors_text(tensors, item->string)) {
            return pv_fail(PV_ERROR_FORMAT, "text \"%.80s\" of the metadata is %s", item->string,
                           cJSON_IsString(item) ? "there twice" : "no text");
        }
        const pv_status status = pv_tensors_set_text(tensors, item->string, item->valuestring);
        if (status != PV_OK) {
            return status;
        }
    }
    return PV_OK;
}

/* Reads an array of whole numbers; returns how many, -1 if it is none or has more than `limit`. */
static int read_whole_numbers(const cJSON *array, uint64_t *numbers, int limit)
{
    int n = 0;
    if (!cJSON_IsArray(array)) {
        return -1;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        const double value = cJSON_IsNumber(item) ? item->valuedouble : -1.0;
        if (n == limit || !(value >= 0.0 && value <= 9007199254740992.0)) {
            return -1;
        }
        numbers[n] = (uint64_t)value;
        if ((double)numbers[n++] != value) {
            return -1;
        }
    }
    return n;
}

/* Reads shape and place of a tensor, both held against the data. */
static pv_status read_extent(const source *in, const cJSON *entry, pv_dtype dtype,
                             pv_tensor *tensor, span *place)
{
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(entry, "shape");
    size_t bytes;
    tensor->ndim = read_whole_numbers(shape, tensor->shape, 4);
    if (tensor->ndim < 0 ||
        !pv_shape_size(dtype, tensor->ndim, tensor->shape, &tensor->count, &bytes)) {
        return pv_fail(PV_ERROR_FORMAT,
                       "the shape of tensor \"%s\" is not an array of at most 4 sizes",
                       entry->string);
    }
    uint64_t offsets[2];
    const cJSON *pair = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    if (read_whole_numbers(pair, offsets, 2) != 2 || offsets[0] > offsets[1] ||
        offsets[1] > in->data_size) {
        return pv_fail(
            PV_ERROR_FORMAT,
            "the offsets of tensor \"%s\" are not within the %zu bytes of data; the file "
            "was cut short or changed",
            entry->string, in->data_size);
    }
    if (offsets[1] - offsets[0] != bytes) {
        return pv_fail(PV_ERROR_FORMAT,
                       "tensor \"%s\" has %" PRIu64 " bytes, but its shape and type take %zu",
                       entry->string, offsets[1] - offsets[0], bytes);
    }
    *place = (span){offsets[0], offsets[1]};
    return PV_OK;
}

static pv_status read_tensor(pv_tensors *tensors, const source *in, const cJSON *entry, span *place)
{
    const char *name = entry->string;
    if (strlen(name) > NAME_LIMIT || pv_tensors_find(tensors, name)) {
        return pv_fail(PV_ERROR_FORMAT, "the tensor name \"%.80s\" %s", name,
                       strlen(name) > NAME_LIMIT ? "has more than 255 bytes" : "is there twice");
    }
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "dtype"));
    const pv_dtype dtype = type ? pv_dtype_find(type) : 0;
    if (!dtype) {
        return pv_fail(PV_ERROR_FORMAT,
                       "tensor \"%s\" is of type %.20s; U8, I32, F32, F64, I64 and U64 are known",
                       name, type ? type : "none");
    }
    pv_tensor extent = {0};
    const pv_status status = read_extent(in, entry, dtype, &extent, place);
    if (status != PV_OK) {
        return status;
    }
    return pv_tensors_add_shaped(tensors, name, dtype, in->data + place->begin, extent.ndim,
                                 extent.shape);
}

static int compare_spans(const void *a, const void *b)
{
    const span *x = a;
    const span *y = b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return (x->end > y->end) - (x->end < y->end);
}

/* The tensors must fill the data, each byte belonging to one. */
static pv_status check_spans(span *spans, int n, size_t data_size)
{
    uint64_t end = 0;
    qsort(spans, (size_t)n, sizeof *spans, compare_spans);
    for (int i = 0; i < n; i++) {
        if (spans[i].begin != end) {
            return pv_fail(PV_ERROR_FORMAT,
                           "tensors leave a gap or overlap at byte %" PRIu64 " of the data", end);
        }
        end = spans[i].end;
    }
    if (end != data_size) {
        return pv_fail(PV_ERROR_FORMAT,
                       "the tensors take %" PRIu64 " bytes, but %zu follow the header", end,
                       data_size);
    }
    return PV_OK;
}

static pv_status read_entries(pv_tensors *tensors, const source *in, span *spans)
{
    int n = 0;
    int metadatas = 0;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, in->root)
    {
        pv_status status;
        if (strcmp(entry->string, metadata_name) == 0) {
            status = metadatas++ ? not_safetensors("there are two metadata entries")
                                 : read_texts(tensors, entry);
        } else {
            status = read_tensor(tensors, in, entry, &spans[n++]);
        }
        if (status != PV_OK) {
            return status;
        }
    }
    return check_spans(spans, n, in->data_size);
}

static pv_status read_source(pv_tensors *tensors, source *in, const char *file, size_t size)
{
    pv_status status = split_file(in, file, size);
    if (status == PV_OK) {
        status = parse_header(in);
    }
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(in->root, metadata_name);
    if (status == PV_OK) {
        status = check_header_crc(in, metadata);
    }
    if (status != PV_OK) {
        return status;
    }
    span *spans = pv_alloc_array((size_t)cJSON_GetArraySize(in->root), sizeof *spans);
    if (!spans) {
        return PV_ERROR_MEMORY;
    }
    status = read_entries(tensors, in, spans);
    pv_free(spans);
    return status == PV_OK ? check_data_crc(in, metadata) : status;
}

pv_tensors *pv_tensors_read(const char *path)
{
    char *file;
    size_t size;
    if (pv_file_read(path, &file, &size) != PV_OK) {
        return NULL;
    }
    source in = {0};
    pv_tensors *tensors = pv_tensors_create();
    if (!tensors || read_source(tensors, &in, file, size) != PV_OK) {
        pv_fail_in("cannot read %s", path);
        pv_tensors_destroy(tensors);
        tensors = NULL;
    }
    cJSON_Delete(in.root);
    pv_free(in.header);
    pv_free(file);
    return tensors;
}
