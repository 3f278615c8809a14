/* json.h: the few things cJSON leaves open: files, exact 64-bit numbers, and numbers JSON cannot
 * say. */
#ifndef PAVLOV_CORE_JSON_H
#define PAVLOV_CORE_JSON_H

#include "core/number.h"
#include "pavlov/status.h"

#include <cjson/cJSON.h>

/* Reads a JSON file; the message of a failure names file and line. NULL on failure; the caller
   frees it with cJSON_Delete. */
cJSON *pv_json_read(const char *path);

/* Writes a JSON value, indented, atomically (pv_file_write). */
pv_status pv_json_write(const char *path, const cJSON *json);

/* As pv_json_write, without waiting for the disk (pv_file_write_unsynced). */
pv_status pv_json_write_unsynced(const char *path, const cJSON *json);

/* Adds a 64-bit number as a string (cJSON's numbers are doubles). Returns 0, or -1 for want of
 * memory. */
int pv_json_add_u64(cJSON *object, const char *name, uint64_t value);

/* Adds a number with the digits it needs and no more (0.1, not 0.10000000000000001); NaN and the
   infinities become null. Returns 0, or -1. */
int pv_json_add_number(cJSON *object, const char *name, double value);

/* Returns a member of an object: text, number, 64-bit number (string or number). A missing one or
   one of another kind is the fallback. */
const char *pv_json_text(const cJSON *object, const char *name, const char *fallback);
double pv_json_number(const cJSON *object, const char *name, double fallback);
uint64_t pv_json_u64(const cJSON *object, const char *name, uint64_t fallback);

#endif
