/* output.c: the JSON answers of the commands, built row by row. */
#include "cli/output.h"

#include <stdio.h>

pv_status pv_print_json(const cJSON *json)
{
    char *text = cJSON_Print(json);
    if (!text) {
        return pv_fail(PV_ERROR_MEMORY, "out of memory for the JSON answer");
    }
    puts(text);
    cJSON_free(text);
    return PV_OK;
}

void pv_put_text(cJSON *object, const char *name, const char *text, int *failed)
{
    if (!*failed) {
        *failed = text ? !cJSON_AddStringToObject(object, name, text)
                       : !cJSON_AddNullToObject(object, name);
    }
}

void pv_put_number(cJSON *object, const char *name, double number, int *failed)
{
    if (!*failed) {
        *failed = pv_json_add_number(object, name, number) != 0;
    }
}

cJSON *pv_put_row(cJSON *array, int *failed)
{
    cJSON *row = *failed ? NULL : cJSON_CreateObject();
    if (row && !cJSON_AddItemToArray(array, row)) {
        cJSON_Delete(row);
        row = NULL;
    }
    *failed |= !row;
    return row;
}

cJSON *pv_put_array(cJSON *object, const char *name, int *failed)
{
    cJSON *array = *failed ? NULL : cJSON_AddArrayToObject(object, name);
    *failed |= !array;
    return array;
}
