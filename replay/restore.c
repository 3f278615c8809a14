/* restore.c: loading a saved replay: the rings are filled from the segments that the checkpoint
   names, the rest comes from the checkpoint itself, and all that follows from both is counted
   anew. */
#include "replay/segments.h"

#include "core/file.h"
#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static pv_status check_shape(const pv_replay *replay, const pv_tensors *tensors, const char *prefix)
{
    char key[PV_REPLAY_KEY];
    uint64_t saved[PV_REPLAY_SHAPE];
    uint64_t own[PV_REPLAY_SHAPE];
    const pv_status status = pv_tensors_get(tensors, pv_replay_key(key, prefix, "shape"), PV_U64,
                                            saved, PV_REPLAY_SHAPE);
    if (status) {
        return status;
    }
    pv_replay_shape(replay, own);
    return memcmp(saved, own, sizeof own) == 0
               ? PV_OK
               : pv_fail(PV_ERROR_FORMAT,
                         "the saved replay has another shape (%" PRIu64 " rows of %" PRIu64
                         " places; %" PRIu64 " of %" PRIu64 " are needed)",
                         saved[0], saved[1], own[0], own[1]);
}

static pv_status load_rows(pv_replay *replay, const pv_tensors *tensors, const char *prefix)
{
    char key[PV_REPLAY_KEY];
    const size_t rows = (size_t)replay->config.rows;
    pv_replay_row_state *states = pv_alloc_array(rows, sizeof *states);
    if (!states) {
        return PV_ERROR_MEMORY;
    }
    pv_status status =
        pv_tensors_get(tensors, pv_replay_key(key, prefix, "rows"), PV_U64, states, rows * 3);
    for (size_t i = 0; i < rows && status == PV_OK; i++) {
        const pv_replay_row_state *s = &states[i];
        if (s->head > UINT64_MAX / 4 || s->open > 1 || s->ready > s->head) {
            status = pv_fail(PV_ERROR_FORMAT, "row %zu of the saved replay makes no sense", i);
        } else {
            replay->row[i] = (pv_replay_row){
                .head = s->head, .saved = s->head, .ready = s->ready, .open = (int)s->open};
        }
    }
    pv_free(states);
    return status;
}

/* --- segments --- */

/* copies those of a segment's places that the ring still holds */
static void fill_column(pv_replay *replay, const pv_replay_column *c, const pv_replay_range *ranges,
                        const unsigned char *from)
{
    for (int row = 0; row < replay->config.rows; row++) {
        const pv_replay_range r = ranges[row];
        const uint64_t first = pv_replay_first_kept(replay, row);
        for (uint64_t i = 0; i < r.count; i++, from += c->size) {
            const uint64_t place = r.from + i;
            if (place >= first && place < replay->row[row].head) {
                memcpy(c->data + pv_replay_slot(replay, row, place) * c->size, from, c->size);
            }
        }
    }
}

static pv_status fill_from(pv_replay *replay, const pv_tensors *tensors,
                           const pv_replay_range *ranges)
{
    uint64_t total = 0;
    for (int row = 0; row < replay->config.rows; row++) {
        if (ranges[row].from > UINT64_MAX / 4 || ranges[row].count > replay->places) {
            return pv_fail(PV_ERROR_FORMAT, "its places of row %d make no sense", row);
        }
        total += ranges[row].count;
    }
    for (int i = 0; i < pv_replay_columns(replay); i++) {
        pv_replay_column c;
        pv_replay_column_at(replay, i, &c);
        const pv_tensor *tensor = pv_tensors_find(tensors, c.name);
        const uint64_t elements = total * (c.size / pv_dtype_size(c.dtype));
        if (!tensor || tensor->dtype != c.dtype || tensor->count != elements) {
            return pv_fail(PV_ERROR_FORMAT,
                           "its tensor \"%s\" does not have the %" PRIu64 " elements of type %s",
                           c.name, elements, pv_dtype_name(c.dtype));
        }
        fill_column(replay, &c, ranges, tensor->data);
    }
    return PV_OK;
}

/* notes what the segment holds; places must join those of the segments before */
static pv_status cover(pv_replay *replay, const pv_replay_range *ranges, uint64_t *covered)
{
    uint64_t *to = replay->segments[replay->n_segments - 1].to;
    for (int row = 0; row < replay->config.rows; row++) {
        const pv_replay_range r = ranges[row];
        if (r.count == 0) {
            continue;
        }
        if (r.from > covered[row]) {
            return pv_fail(PV_ERROR_FORMAT,
                           "places %" PRIu64 " to %" PRIu64 " of row %d before it "
                           "are missing",
                           covered[row], r.from - 1, row);
        }
        to[row] = r.from + r.count;
        covered[row] = to[row] > covered[row] ? to[row] : covered[row];
    }
    return PV_OK;
}

static pv_status load_segment(pv_replay *replay, const char *path, uint64_t id, uint64_t *covered,
                              pv_replay_range *ranges)
{
    pv_tensors *tensors = pv_tensors_read(path);
    if (!tensors) {
        return pv_last_status();
    }
    pv_status status =
        pv_tensors_get(tensors, "rows", PV_U64, ranges, 2 * (size_t)replay->config.rows);
    status = status ? status : fill_from(replay, tensors, ranges);
    status = status ? status : pv_replay_list_segment(replay, id);
    status = status ? status : cover(replay, ranges, covered);
    pv_tensors_destroy(tensors);
    return status ? pv_fail_in("%s", path) : PV_OK;
}

static pv_status load_listed(pv_replay *replay, const char *folder, const pv_tensor *ids,
                             uint64_t *covered, pv_replay_range *ranges)
{
    pv_status status = PV_OK;
    for (int row = 0; row < replay->config.rows; row++) {
        covered[row] = pv_replay_first_kept(replay, row);
    }
    for (size_t i = 0; i < ids->count && status == PV_OK; i++) {
        const uint64_t id = ((const uint64_t *)ids->data)[i];
        char *path = pv_replay_segment_path(folder, id);
        status = path ? load_segment(replay, path, id, covered, ranges) : PV_ERROR_MEMORY;
        pv_free(path);
    }
    for (int row = 0; row < replay->config.rows && status == PV_OK; row++) {
        if (covered[row] < replay->row[row].head) {
            status =
                pv_fail(PV_ERROR_FORMAT, "%s lacks places %" PRIu64 " to %" PRIu64 " of row %d",
                        folder, covered[row], replay->row[row].head - 1, row);
        }
    }
    return status;
}

static pv_status load_segments(pv_replay *replay, const char *folder, const pv_tensors *tensors,
                               const char *prefix)
{
    char key[PV_REPLAY_KEY];
    const pv_tensor *ids = pv_tensors_find(tensors, pv_replay_key(key, prefix, "segments"));
    if (!ids || ids->dtype != PV_U64) {
        return pv_fail(PV_ERROR_FORMAT, "there is no tensor \"%s\" of type U64", key);
    }
    const size_t rows = (size_t)replay->config.rows;
    uint64_t *covered = pv_alloc_array(rows, sizeof *covered);
    pv_replay_range *ranges = pv_alloc_array(rows, sizeof *ranges);
    const pv_status status =
        covered && ranges ? load_listed(replay, folder, ids, covered, ranges) : PV_ERROR_MEMORY;
    pv_free(covered);
    pv_free(ranges);
    return status;
}

/* --- the rest --- */

static pv_status load_open(pv_replay *replay, const pv_tensors *tensors, const char *prefix)
{
    const size_t rows = (size_t)replay->config.rows;
    for (int i = 0; i < pv_replay_columns(replay); i++) {
        char name[32];
        char key[PV_REPLAY_KEY];
        pv_replay_column c;
        pv_replay_column_at(replay, i, &c);
        snprintf(name, sizeof name, "open.%s", c.name);
        const pv_tensor *tensor = pv_tensors_find(tensors, pv_replay_key(key, prefix, name));
        if (!tensor || tensor->dtype != c.dtype ||
            tensor->count != rows * (c.size / pv_dtype_size(c.dtype))) {
            return pv_fail(PV_ERROR_FORMAT, "the tensor \"%s\" is missing or does not fit", key);
        }
        for (size_t row = 0; row < rows; row++) {
            if (replay->row[row].open) {
                const size_t slot = pv_replay_slot(replay, (int)row, replay->row[row].head);
                memcpy(c.data + slot * c.size, (const unsigned char *)tensor->data + row * c.size,
                       c.size);
            }
        }
    }
    return PV_OK;
}

static pv_status load_priorities(pv_replay *replay, const pv_tensors *tensors, const char *prefix)
{
    char key[PV_REPLAY_KEY];
    const size_t slots = (size_t)(replay->places * (uint64_t)replay->config.rows);
    const pv_tensor *tensor = pv_tensors_find(tensors, pv_replay_key(key, prefix, "priority"));
    if (!tensor || tensor->dtype != PV_F32 || tensor->count != slots) {
        return pv_fail(PV_ERROR_FORMAT, "the tensor \"%s\" is missing or does not fit", key);
    }
    pv_sum_tree_set_all(replay->tree, tensor->data);
    return pv_tensors_get(tensors, pv_replay_key(key, prefix, "greatest"), PV_F32,
                          &replay->greatest, 1);
}

/* what follows from the rows and the flags of their places */
static void count_places(pv_replay *replay)
{
    replay->filled = replay->count = 0;
    replay->stretches = 0;
    for (int row = 0; row < replay->config.rows; row++) {
        pv_replay_row *r = &replay->row[row];
        const uint64_t written = r->head + (uint64_t)r->open;
        const uint64_t filled = written < replay->places ? written : replay->places;
        replay->filled = filled > replay->filled ? filled : replay->filled;
        r->oldest = written > replay->per_row + 1 ? written - replay->per_row - 1 : 0;
        for (uint64_t place = r->oldest; place < r->ready; place++) {
            r->drawable += (uint64_t)pv_replay_is_drawable(replay, row, place);
        }
        replay->count += r->drawable;
        replay->stretches += r->drawable >= (uint64_t)replay->config.steps;
    }
}

pv_status pv_replay_load(pv_replay *replay, const char *folder, const pv_tensors *tensors,
                         const char *prefix)
{
    char key[PV_REPLAY_KEY];
    uint64_t counters[2] = {0, 0};
    pv_status status = check_shape(replay, tensors, prefix);
    status = status ? status
                    : pv_tensors_get(tensors, pv_replay_key(key, prefix, "counters"), PV_U64,
                                     counters, 2);
    status = status ? status : load_rows(replay, tensors, prefix);
    status = status ? status : load_segments(replay, folder, tensors, prefix);
    status = status ? status : load_open(replay, tensors, prefix);
    if (status == PV_OK && replay->tree) {
        status = load_priorities(replay, tensors, prefix);
    }
    if (status) {
        return status;
    }
    replay->pushed = counters[0];
    replay->next_id = counters[1];
    count_places(replay);
    return PV_OK;
}
