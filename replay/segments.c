/* segments.c: saving a replay without writing it anew each time. Places never change once they are
   complete, so each save appends those of which no earlier one knew as files of their own, and what
   does change (heads, running frames, priorities) goes with the checkpoint, which also names the
   files that together hold the ring. */
#include "replay/segments.h"

#include "core/file.h"
#include "core/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* about as many bytes go into a segment, so that saving takes little memory beside the replay */
static const uint64_t SEGMENT_BYTES = (uint64_t)32 << 20;

enum { NAME_SIZE = 48 };

int pv_replay_columns(const pv_replay *replay)
{
    return 2 + replay->config.n_obs + replay->config.n_action;
}

void pv_replay_column_at(const pv_replay *replay, int i, pv_replay_column *c)
{
    const int n_obs = replay->config.n_obs;
    if (i == 0) {
        *c = (pv_replay_column){"flags", PV_U8, sizeof(uint8_t), replay->flags};
    } else if (i == 1) {
        *c = (pv_replay_column){"reward", PV_F32, sizeof(float), (unsigned char *)replay->reward};
    } else if (i < 2 + n_obs) {
        const pv_replay_frames *f = &replay->frames[i - 2];
        *c = (pv_replay_column){"", f->dtype, f->frame, f->data};
        snprintf(c->name, sizeof c->name, "obs.%d", i - 2);
    } else {
        const pv_replay_actions *a = &replay->actions[i - 2 - n_obs];
        *c = (pv_replay_column){"", a->dtype, a->size, a->data};
        snprintf(c->name, sizeof c->name, "action.%d", i - 2 - n_obs);
    }
}

char *pv_replay_segment_path(const char *folder, uint64_t id)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "segment-%08" PRIu64 ".safetensors", id);
    return pv_path_join(folder, name);
}

uint64_t pv_replay_first_kept(const pv_replay *replay, int row)
{
    const pv_replay_row *r = &replay->row[row];
    const uint64_t written = r->head + (uint64_t)r->open;
    return written > replay->places ? written - replay->places : 0;
}

pv_status pv_replay_list_segment(pv_replay *replay, uint64_t id)
{
    if (replay->n_segments == replay->segments_capacity) {
        const int more = replay->segments_capacity ? replay->segments_capacity * 2 : 16;
        pv_replay_segment *grown =
            pv_realloc(replay->segments, (size_t)more * sizeof *replay->segments);
        if (!grown) {
            return PV_ERROR_MEMORY;
        }
        replay->segments = grown;
        replay->segments_capacity = more;
    }
    uint64_t *to = pv_alloc_array((size_t)replay->config.rows, sizeof *to);
    if (!to) {
        return PV_ERROR_MEMORY;
    }
    replay->segments[replay->n_segments++] = (pv_replay_segment){id, to};
    return PV_OK;
}

/* --- writing segments --- */

/* copies a row's places, in order, out of its ring */
static void unroll(const pv_replay *replay, const pv_replay_column *c, int row, pv_replay_range r,
                   unsigned char *to)
{
    const unsigned char *ring = c->data + pv_replay_slot(replay, row, 0) * c->size;
    uint64_t from = r.from;
    while (from < r.from + r.count) {
        const uint64_t slot = from % replay->places;
        const uint64_t left = r.from + r.count - from;
        const uint64_t n = left < replay->places - slot ? left : replay->places - slot;
        memcpy(to, ring + slot * c->size, (size_t)n * c->size);
        to += n * c->size;
        from += n;
    }
}

static pv_status add_column(const pv_replay *replay, const pv_replay_column *c,
                            const pv_replay_range *ranges, uint64_t total, pv_tensors *tensors)
{
    unsigned char *data = pv_alloc_array((size_t)total, c->size);
    if (!data) {
        return PV_ERROR_MEMORY;
    }
    unsigned char *to = data;
    for (int row = 0; row < replay->config.rows; row++) {
        unroll(replay, c, row, ranges[row], to);
        to += ranges[row].count * c->size;
    }
    const uint64_t shape[2] = {total, c->size / pv_dtype_size(c->dtype)};
    const pv_status status = pv_tensors_add_shaped(tensors, c->name, c->dtype, data, 2, shape);
    pv_free(data);
    return status;
}

static pv_status write_segment(const pv_replay *replay, const char *path,
                               const pv_replay_range *ranges, uint64_t total)
{
    const uint64_t shape[2] = {(uint64_t)replay->config.rows, 2};
    pv_tensors *tensors = pv_tensors_create();
    pv_status status = tensors ? PV_OK : PV_ERROR_MEMORY;
    status = status ? status : pv_tensors_add_shaped(tensors, "rows", PV_U64, ranges, 2, shape);
    for (int i = 0; i < pv_replay_columns(replay) && status == PV_OK; i++) {
        pv_replay_column c;
        pv_replay_column_at(replay, i, &c);
        status = add_column(replay, &c, ranges, total, tensors);
    }
    status = status ? status : pv_tensors_write(tensors, path);
    pv_tensors_destroy(tensors);
    return status;
}

/* takes up to `most` new places, row after row; returns how many */
static uint64_t choose_ranges(const pv_replay *replay, uint64_t most, pv_replay_range *ranges)
{
    uint64_t total = 0;
    for (int row = 0; row < replay->config.rows; row++) {
        const pv_replay_row *r = &replay->row[row];
        const uint64_t kept = pv_replay_first_kept(replay, row);
        const uint64_t from = r->saved > kept ? r->saved : kept;
        const uint64_t count = r->head - from < most - total ? r->head - from : most - total;
        ranges[row] = (pv_replay_range){from, count};
        total += count;
    }
    return total;
}

static pv_status append_segment(pv_replay *replay, const char *folder,
                                const pv_replay_range *ranges, uint64_t total)
{
    const uint64_t id = replay->next_id;
    char *path = pv_replay_segment_path(folder, id);
    pv_status status = path ? write_segment(replay, path, ranges, total) : PV_ERROR_MEMORY;
    status = status ? status : pv_replay_list_segment(replay, id);
    pv_free(path);
    if (status) {
        return status;
    }
    replay->next_id++;
    for (int row = 0; row < replay->config.rows; row++) {
        if (ranges[row].count > 0) {
            const uint64_t to = ranges[row].from + ranges[row].count;
            replay->segments[replay->n_segments - 1].to[row] = to;
            replay->row[row].saved = to;
        }
    }
    return PV_OK;
}

static pv_status append_new(pv_replay *replay, const char *folder)
{
    uint64_t bytes = 0;
    for (int i = 0; i < pv_replay_columns(replay); i++) {
        pv_replay_column c;
        pv_replay_column_at(replay, i, &c);
        bytes += c.size;
    }
    const uint64_t most = SEGMENT_BYTES / bytes + 1;
    pv_replay_range *ranges = pv_alloc_array((size_t)replay->config.rows, sizeof *ranges);
    pv_status status = ranges ? PV_OK : PV_ERROR_MEMORY;
    while (status == PV_OK) {
        const uint64_t total = choose_ranges(replay, most, ranges);
        if (total == 0) {
            break;
        }
        status = append_segment(replay, folder, ranges, total);
    }
    pv_free(ranges);
    return status;
}

/* --- segments that are no longer needed --- */

/* strikes segments all of whose places have been overwritten off the list */
static void drop_overwritten(pv_replay *replay)
{
    int kept = 0;
    for (int i = 0; i < replay->n_segments; i++) {
        const pv_replay_segment segment = replay->segments[i];
        int needed = 0;
        for (int row = 0; row < replay->config.rows && !needed; row++) {
            needed = segment.to[row] > pv_replay_first_kept(replay, row);
        }
        if (needed) {
            replay->segments[kept++] = segment;
        } else {
            pv_free(segment.to);
        }
    }
    replay->n_segments = kept;
}

static int is_listed(const pv_replay *replay, const char *name)
{
    for (int i = 0; i < replay->n_segments; i++) {
        char listed[NAME_SIZE];
        snprintf(listed, sizeof listed, "segment-%08" PRIu64 ".safetensors",
                 replay->segments[i].id);
        if (strcmp(listed, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* removes what the last save did not name: what it dropped, and leftovers of a killed process */
static pv_status remove_unlisted(const pv_replay *replay, const char *folder)
{
    char **names = NULL;
    int n = 0;
    pv_status status = pv_dir_list(folder, &names, &n);
    for (int i = 0; i < n && status == PV_OK; i++) {
        if (strncmp(names[i], "segment-", 8) != 0 || is_listed(replay, names[i])) {
            continue;
        }
        char *path = pv_path_join(folder, names[i]);
        status = path ? pv_path_remove(path) : PV_ERROR_MEMORY;
        pv_free(path);
    }
    pv_dir_list_free(names, n);
    return status;
}

/* --- what goes with the checkpoint --- */

void pv_replay_shape(const pv_replay *replay, uint64_t shape[PV_REPLAY_SHAPE])
{
    shape[0] = (uint64_t)replay->config.rows;
    shape[1] = replay->places;
    shape[2] = (uint64_t)replay->config.n_step;
    shape[3] = (uint64_t)replay->config.kind;
    shape[4] = (uint64_t)pv_replay_columns(replay);
}

const char *pv_replay_key(char key[PV_REPLAY_KEY], const char *prefix, const char *name)
{
    snprintf(key, PV_REPLAY_KEY, "%s%s", prefix, name);
    return key;
}

static pv_status add_rows(const pv_replay *replay, pv_tensors *tensors, const char *prefix)
{
    char key[PV_REPLAY_KEY];
    const size_t rows = (size_t)replay->config.rows;
    const uint64_t shape[2] = {(uint64_t)rows, 3};
    pv_replay_row_state *states = pv_alloc_array(rows, sizeof *states);
    if (!states) {
        return PV_ERROR_MEMORY;
    }
    for (size_t i = 0; i < rows; i++) {
        states[i] = (pv_replay_row_state){replay->row[i].head, (uint64_t)replay->row[i].open,
                                          replay->row[i].ready};
    }
    const pv_status status = pv_tensors_add_shaped(tensors, pv_replay_key(key, prefix, "rows"),
                                                   PV_U64, states, 2, shape);
    pv_free(states);
    return status;
}

/* the frames (and flags) of running episodes' newest places, which are not complete */
static pv_status add_open(const pv_replay *replay, pv_tensors *tensors, const char *prefix)
{
    const size_t rows = (size_t)replay->config.rows;
    pv_status status = PV_OK;
    for (int i = 0; i < pv_replay_columns(replay) && status == PV_OK; i++) {
        char name[NAME_SIZE + 8];
        char key[PV_REPLAY_KEY];
        pv_replay_column c;
        pv_replay_column_at(replay, i, &c);
        snprintf(name, sizeof name, "open.%s", c.name);
        unsigned char *data = pv_alloc_array(rows, c.size);
        status = data ? PV_OK : PV_ERROR_MEMORY;
        for (size_t row = 0; row < rows && status == PV_OK; row++) {
            const size_t slot = pv_replay_slot(replay, (int)row, replay->row[row].head);
            memcpy(data + row * c.size, c.data + slot * c.size, c.size);
        }
        const uint64_t shape[2] = {(uint64_t)rows, c.size / pv_dtype_size(c.dtype)};
        status = status ? status
                        : pv_tensors_add_shaped(tensors, pv_replay_key(key, prefix, name), c.dtype,
                                                data, 2, shape);
        pv_free(data);
    }
    return status;
}

static pv_status add_list(const pv_replay *replay, pv_tensors *tensors, const char *prefix)
{
    char key[PV_REPLAY_KEY];
    const size_t n = (size_t)replay->n_segments;
    uint64_t *ids = pv_alloc_array(n, sizeof *ids);
    if (!ids) {
        return PV_ERROR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        ids[i] = replay->segments[i].id;
    }
    const pv_status status =
        pv_tensors_add(tensors, pv_replay_key(key, prefix, "segments"), PV_U64, ids, n);
    pv_free(ids);
    return status;
}

static pv_status add_state(const pv_replay *replay, pv_tensors *tensors, const char *prefix)
{
    char key[PV_REPLAY_KEY];
    uint64_t shape[PV_REPLAY_SHAPE];
    const uint64_t counters[2] = {replay->pushed, replay->next_id};
    pv_replay_shape(replay, shape);
    pv_status status = pv_tensors_add(tensors, pv_replay_key(key, prefix, "shape"), PV_U64, shape,
                                      PV_REPLAY_SHAPE);
    status = status ? status
                    : pv_tensors_add(tensors, pv_replay_key(key, prefix, "counters"), PV_U64,
                                     counters, 2);
    status = status ? status : add_rows(replay, tensors, prefix);
    status = status ? status : add_open(replay, tensors, prefix);
    status = status ? status : add_list(replay, tensors, prefix);
    if (status == PV_OK && replay->tree) {
        const size_t slots = (size_t)(replay->places * (uint64_t)replay->config.rows);
        status = pv_tensors_add(tensors, pv_replay_key(key, prefix, "priority"), PV_F32,
                                pv_sum_tree_all(replay->tree), slots);
        status = status ? status
                        : pv_tensors_add(tensors, pv_replay_key(key, prefix, "greatest"), PV_F32,
                                         &replay->greatest, 1);
    }
    return status;
}

pv_status pv_replay_save(pv_replay *replay, const char *folder, pv_tensors *tensors,
                         const char *prefix)
{
    pv_status status = pv_dir_create(folder);
    status = status ? status : remove_unlisted(replay, folder);
    status = status ? status : append_new(replay, folder);
    if (status) {
        return status;
    }
    drop_overwritten(replay);
    return add_state(replay, tensors, prefix);
}
