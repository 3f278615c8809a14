/* json.c: JSON files over cJSON. Numbers go out as text of our own making, because cJSON's doubles
   neither hold 64 bits nor print the fewest digits. */
#include "core/json.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Says where in the file the text stops being JSON. */
static void fail_at(const char *path, const char *text, const char *at)
{
    int line = 1;
    for (const char *c = text; c < at; c++) {
        line += *c == '\n';
    }
    at += strspn(at, " \t\r\n");
    const int length = (int)strcspn(at, "\r\n");
    if (length == 0) {
        pv_fail(PV_ERROR_FORMAT, "%s line %d: the JSON ends too early", path, line);
    } else {
        pv_fail(PV_ERROR_FORMAT, "%s line %d: this is not JSON: %.*s", path, line,
                length < 40 ? length : 40, at);
    }
}

cJSON *pv_json_read(const char *path)
{
    char *text;
    size_t size;
    if (pv_file_read(path, &text, &size) != PV_OK) {
        return NULL;
    }
    cJSON *json = NULL;
    const char *end = text;
    if (strlen(text) < size) {
        pv_fail(PV_ERROR_FORMAT, "%s is not JSON: it holds a zero byte", path);
    } else {
        json = cJSON_ParseWithOpts(text, &end, 1);
        if (!json) {
            fail_at(path, text, end);
        }
    }
    pv_free(text);
    return json;
}

typedef pv_status write_function(const char *path, const void *data, size_t size);

static pv_status write_json(const char *path, const cJSON *json, write_function *write)
{
    char *text = cJSON_Print(json);
    char *lines = text ? pv_format_text("%s\n", text) : NULL;
    cJSON_free(text);
    if (!lines) {
        return pv_fail(PV_ERROR_MEMORY, "cannot write %s: out of memory", path);
    }
    const pv_status status = write(path, lines, strlen(lines));
    pv_free(lines);
    return status;
}

pv_status pv_json_write(const char *path, const cJSON *json)
{
    return write_json(path, json, pv_file_write);
}

pv_status pv_json_write_unsynced(const char *path, const cJSON *json)
{
    return write_json(path, json, pv_file_write_unsynced);
}

int pv_json_add_u64(cJSON *object, const char *name, uint64_t value)
{
    char text[PV_NUMBER_SIZE];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return cJSON_AddStringToObject(object, name, text) ? 0 : -1;
}

int pv_json_add_number(cJSON *object, const char *name, double value)
{
    if (!isfinite(value)) {
        return cJSON_AddNullToObject(object, name) ? 0 : -1;
    }
    char text[PV_NUMBER_SIZE];
    pv_number_text(value, text);
    return cJSON_AddRawToObject(object, name, text) ? 0 : -1;
}

const char *pv_json_text(const cJSON *object, const char *name, const char *fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : fallback;
}

double pv_json_number(const cJSON *object, const char *name, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    double value;
    if (cJSON_IsNumber(item)) {
        return item->valuedouble;
    }
    /* one that pv_json_add_number added and no file has been between */
    return cJSON_IsRaw(item) && pv_number_read(item->valuestring, &value) == 0 ? value : fallback;
}

/* Reads digits and nothing else, up to 2^64 - 1; returns 1, or 0. */
static int read_u64(const char *text, uint64_t *value)
{
    *value = 0;
    if (*text == '\0') {
        return 0;
    }
    for (; *text; text++) {
        const uint64_t digit = (uint64_t)(*text - '0');
        if (digit > 9 || *value > (UINT64_MAX - digit) / 10) {
            return 0;
        }
        *value = *value * 10 + digit;
    }
    return 1;
}

uint64_t pv_json_u64(const cJSON *object, const char *name, uint64_t fallback)
{
    const char *text = pv_json_text(object, name, NULL);
    if (text) {
        uint64_t value;
        return read_u64(text, &value) ? value : fallback;
    }
    const double number = pv_json_number(object, name, -1.0);
    const int whole = number >= 0.0 && number <= 9007199254740992.0 && floor(number) == number;
    return whole ? (uint64_t)number : fallback;
}
