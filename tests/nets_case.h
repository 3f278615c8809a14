/* nets_case.h: reading a case of the reference numbers of the nets floor, and comparing with it.

   A case is a JSON file: its name, a note that fixes constants, numbers, and tensors {"shape",
   "data"}. The folder is the committed one or the one that PAVLOV_REFERENCE_NETS names. */
#ifndef PAVLOV_TESTS_NETS_CASE_H
#define PAVLOV_TESTS_NETS_CASE_H

#include "core/json.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the folder of the cases. */
static inline const char *case_folder(void)
{
    const char *folder = getenv("PAVLOV_REFERENCE_NETS");
    return folder ? folder : PV_TEST_SOURCE_DIR "/reference/nets";
}

/* Returns the case of that name, which must be there; the caller frees it with cJSON_Delete. */
static inline cJSON *case_read(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.json", case_folder(), name);
    cJSON *json = pv_json_read(path);
    ck_assert_msg(json != NULL, "%s", pv_last_error());
    return json;
}

/* Returns a tensor's data as an array of JSON numbers, its elements in *count and its rows (the
   first number of its shape) in *rows; either may be NULL. */
static inline const cJSON *case_tensor(const cJSON *json, const char *name, int *count, int *rows)
{
    const cJSON *tensor = cJSON_GetObjectItemCaseSensitive(json, name);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(tensor, "data");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(tensor, "shape");
    ck_assert_msg(data && shape, "the case has no tensor %s", name);
    if (count) {
        *count = cJSON_GetArraySize(data);
    }
    if (rows) {
        *rows = cJSON_GetArrayItem(shape, 0)->valueint;
    }
    return data;
}

/* Returns a tensor's numbers as floats; the caller frees them. */
static inline float *case_floats(const cJSON *json, const char *name)
{
    int count;
    const cJSON *item = case_tensor(json, name, &count, NULL)->child;
    float *data = malloc((size_t)count * sizeof *data);
    ck_assert_ptr_nonnull(data);
    for (int i = 0; i < count; i++, item = item->next) {
        data[i] = (float)item->valuedouble;
    }
    return data;
}

/* Returns a tensor of whole numbers (labels, actions); the caller frees them. */
static inline int32_t *case_integers(const cJSON *json, const char *name)
{
    int count;
    const cJSON *item = case_tensor(json, name, &count, NULL)->child;
    int32_t *data = malloc((size_t)count * sizeof *data);
    ck_assert_ptr_nonnull(data);
    for (int i = 0; i < count; i++, item = item->next) {
        data[i] = (int32_t)item->valuedouble;
    }
    return data;
}

/* Asserts that `got` is the tensor's element [first...] up to `tolerance` of the tensor's largest
   magnitude. */
static inline void case_compare(const cJSON *json, const char *name, int first, const double *got,
                                int count, double tolerance)
{
    int all;
    const cJSON *data = case_tensor(json, name, &all, NULL);
    double largest = 0.0;
    for (const cJSON *item = data->child; item; item = item->next) {
        largest = fmax(largest, fabs(item->valuedouble));
    }
    ck_assert_int_le(first + count, all);
    const cJSON *item = cJSON_GetArrayItem(data, first);
    for (int i = 0; i < count; i++, item = item->next) {
        ck_assert_msg(fabs(got[i] - item->valuedouble) <= tolerance * largest,
                      "%s: %s[%d] is %.9g instead of %.9g", pv_json_text(json, "case", "?"), name,
                      first + i, got[i], item->valuedouble);
    }
}

/* The same for floats. */
static inline void case_compare_floats(const cJSON *json, const char *name, int first,
                                       const float *got, int count, double tolerance)
{
    for (int i = 0; i < count; i++) {
        const double one = (double)got[i];
        case_compare(json, name, first + i, &one, 1, tolerance);
    }
}

#endif
