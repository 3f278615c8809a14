/* Lists of every row in three flat tensors. A checkpoint is read with suspicion: no length and no
   entry of a damaged one may lead out of an array. */
#include "agents/lists.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 64 };

static const char *name_of(char name[NAME], const char *prefix, const char *part)
{
    snprintf(name, NAME, "%s.%s", prefix, part);
    return name;
}

static pv_status take(pv_lists *lists, int rows, size_t n)
{
    lists->rows = rows;
    lists->n = n;
    lists->length = pv_alloc_array((size_t)rows, sizeof *lists->length);
    lists->entry = pv_alloc_array(n, sizeof *lists->entry);
    lists->number = pv_alloc_array(n, sizeof *lists->number);
    if (!lists->length || !lists->entry || !lists->number) {
        pv_lists_free(lists);
        return PV_ERROR_MEMORY;
    }
    return PV_OK;
}

pv_status pv_lists_init(pv_lists *lists, int rows, const uint64_t *length)
{
    size_t n = 0;
    for (int row = 0; row < rows; row++) {
        n += length[row];
    }
    const pv_status status = take(lists, rows, n);
    if (!status) {
        memcpy(lists->length, length, (size_t)rows * sizeof *length);
    }
    return status;
}

void pv_lists_free(pv_lists *lists)
{
    pv_free(lists->length);
    pv_free(lists->entry);
    pv_free(lists->number);
    memset(lists, 0, sizeof *lists);
}

pv_status pv_lists_save(const pv_lists *lists, pv_tensors *tensors, const char *prefix)
{
    char name[NAME];
    pv_status status = pv_tensors_add(tensors, name_of(name, prefix, "length"), PV_U64,
                                      lists->length, (size_t)lists->rows);
    if (!status) {
        status =
            pv_tensors_add(tensors, name_of(name, prefix, "entry"), PV_U64, lists->entry, lists->n);
    }
    if (!status) {
        status = pv_tensors_add(tensors, name_of(name, prefix, "number"), PV_F64, lists->number,
                                lists->n);
    }
    return status;
}

static pv_status get(pv_lists *lists, const pv_tensors *tensors, const char *prefix)
{
    char name[NAME];
    pv_status status = pv_tensors_get(tensors, name_of(name, prefix, "length"), PV_U64,
                                      lists->length, (size_t)lists->rows);
    if (!status) {
        status =
            pv_tensors_get(tensors, name_of(name, prefix, "entry"), PV_U64, lists->entry, lists->n);
    }
    if (!status) {
        status = pv_tensors_get(tensors, name_of(name, prefix, "number"), PV_F64, lists->number,
                                lists->n);
    }
    return status;
}

static int is_sound(const pv_lists *lists, size_t entries)
{
    size_t left = lists->n;
    for (int row = 0; row < lists->rows; row++) {
        if (lists->length[row] > left) {
            return 0;
        }
        left -= lists->length[row];
    }
    for (size_t i = 0; i < lists->n; i++) {
        if (lists->entry[i] >= entries) {
            return 0;
        }
    }
    return left == 0;
}

pv_status pv_lists_load(pv_lists *lists, const pv_tabular *agent, const pv_tensors *tensors,
                        const char *prefix)
{
    char name[NAME];
    const int same = pv_tabular_same_rows(&agent->base, tensors);
    const pv_tensor *entry = same ? pv_tensors_find(tensors, name_of(name, prefix, "entry")) : NULL;
    pv_status status = take(lists, agent->base.rows, entry ? entry->count : 0);
    if (status || !same) {
        return status;
    }
    status = get(lists, tensors, prefix);
    if (!status && !is_sound(lists, agent->table.entries)) {
        status = pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: the lists of \"%s\"", prefix);
    }
    if (status) {
        pv_lists_free(lists);
    }
    return status;
}
