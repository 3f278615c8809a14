/* output.h: the JSON answers of the commands, built row by row. */
#ifndef PAVLOV_CLI_OUTPUT_H
#define PAVLOV_CLI_OUTPUT_H

#include "core/json.h"

/* Writes one JSON value and a line end to stdout. */
pv_status pv_print_json(const cJSON *json);

/* Adds a text or number to an object unless *failed is set already; sets it when out of memory.
   NULL text becomes null. */
void pv_put_text(cJSON *object, const char *name, const char *text, int *failed);
void pv_put_number(cJSON *object, const char *name, double number, int *failed);

/* Adds an empty object to an array, or an empty array to an object, and returns it; NULL sets
 * *failed. */
cJSON *pv_put_row(cJSON *array, int *failed);
cJSON *pv_put_array(cJSON *object, const char *name, int *failed);

#endif
