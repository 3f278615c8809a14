/* rollout.c: steps of all rows in order. Advantages are one walk back through each row, which
   carries the value and the advantage of what came after. */
#include "replay/rollout.h"

#include "core/memory.h"
#include "replay/ring.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* --- making --- */

uint64_t pv_rollout_size(const pv_rollout_config *config)
{
    uint64_t row = 2 * sizeof(float) + 4;
    uint64_t next = 1;
    for (int i = 0; i < config->n_obs; i++) {
        row += pv_replay_space_size(&config->obs[i]);
        next += pv_replay_space_size(&config->obs[i]);
    }
    for (int i = 0; i < config->n_action; i++) {
        row += pv_replay_space_size(&config->action[i]);
    }
    return (uint64_t)config->rows * (next + (uint64_t)config->steps * row);
}

/* an array of blocks, one for each space, and the bytes of their rows */
static int make_blocks(const pv_space *space, int n, size_t rows, size_t **size, void ***block)
{
    const size_t count = n > 0 ? (size_t)n : 1;
    if (!*size) {
        *size = pv_alloc_array(count, sizeof **size);
    }
    *block = pv_alloc_array(count, sizeof **block);
    for (int i = 0; *size && *block && i < n; i++) {
        (*size)[i] = pv_replay_space_size(&space[i]);
        (*block)[i] = pv_alloc_array(rows, (*size)[i]);
        if (!(*block)[i]) {
            return 0;
        }
    }
    return *size && *block;
}

static void free_blocks(void **block, int n)
{
    for (int i = 0; block && i < n; i++) {
        pv_free(block[i]);
    }
    pv_free(block);
}

pv_rollout *pv_rollout_create(const pv_rollout_config *config)
{
    assert(config->steps > 0 && config->rows > 0);
    pv_rollout *r = pv_alloc(sizeof *r);
    if (!r) {
        return NULL;
    }
    const size_t rows = (size_t)config->rows;
    const size_t places = (size_t)config->steps * rows;
    r->steps = config->steps;
    r->rows = config->rows;
    r->n_obs = config->n_obs;
    r->n_action = config->n_action;
    int made = make_blocks(config->obs, r->n_obs, places, &r->obs_size, &r->obs) &&
               make_blocks(config->action, r->n_action, places, &r->action_size, &r->action) &&
               make_blocks(config->obs, r->n_obs, rows, &r->obs_size, &r->next);
    r->reward = pv_alloc_array(places, sizeof *r->reward);
    r->beyond = pv_alloc_array(places, sizeof *r->beyond);
    r->valid = pv_alloc(places);
    r->terminated = pv_alloc(places);
    r->truncated = pv_alloc(places);
    r->first = pv_alloc(places);
    r->begins = pv_alloc(rows);
    made = made && r->reward && r->beyond && r->valid && r->terminated && r->truncated &&
           r->first && r->begins;
    if (!made) {
        pv_rollout_destroy(r);
        return NULL;
    }
    pv_rollout_break(r);
    return r;
}

void pv_rollout_destroy(pv_rollout *r)
{
    if (r) {
        free_blocks(r->obs, r->n_obs);
        free_blocks(r->action, r->n_action);
        free_blocks(r->next, r->n_obs);
        pv_free(r->obs_size);
        pv_free(r->action_size);
        pv_free(r->reward);
        pv_free(r->beyond);
        pv_free(r->valid);
        pv_free(r->terminated);
        pv_free(r->truncated);
        pv_free(r->first);
        pv_free(r->begins);
        pv_free(r);
    }
}

/* --- filling --- */

/* keeps what each row will be valued by if nothing follows: it may tell no more before the end */
static void keep_next(pv_rollout *r, const pv_replay_step *step)
{
    const uint8_t *valid = &r->valid[(size_t)r->filled * (size_t)r->rows];
    for (int i = 0; i < r->n_obs; i++) {
        const size_t size = r->obs_size[i];
        for (int row = 0; row < r->rows; row++) {
            if (valid[row]) {
                memcpy((char *)r->next[i] + (size_t)row * size,
                       (const char *)step->next_obs[i] + (size_t)row * size, size);
            }
        }
    }
}

void pv_rollout_push(pv_rollout *r, const pv_replay_step *step)
{
    assert(r->filled < r->steps);
    const size_t rows = (size_t)r->rows;
    const size_t at = (size_t)r->filled * rows;
    for (int i = 0; i < r->n_obs; i++) {
        memcpy((char *)r->obs[i] + at * r->obs_size[i], step->obs[i], rows * r->obs_size[i]);
    }
    for (int i = 0; i < r->n_action; i++) {
        memcpy((char *)r->action[i] + at * r->action_size[i], step->action[i],
               rows * r->action_size[i]);
    }
    memcpy(&r->reward[at], step->reward, rows * sizeof *r->reward);
    memset(&r->beyond[at], 0, rows * sizeof *r->beyond);
    for (size_t row = 0; row < rows; row++) {
        const int valid = !step->valid || step->valid[row];
        r->valid[at + row] = (uint8_t)valid;
        r->terminated[at + row] = step->terminated[row];
        r->truncated[at + row] = step->truncated[row];
        r->first[at + row] = r->begins[row];
        if (valid) {
            r->begins[row] = step->terminated[row] || step->truncated[row];
        }
    }
    keep_next(r, step);
    r->filled++;
}

void pv_rollout_clear(pv_rollout *r)
{
    r->filled = 0;
}

void pv_rollout_break(pv_rollout *r)
{
    r->filled = 0;
    memset(r->begins, 1, (size_t)r->rows);
}

/* --- advantages --- */

static void row_advantages(const pv_rollout *r, int row, const float *value, double next,
                           double gamma, double lambda, float *advantage)
{
    double trace = 0.0;
    for (int t = r->filled - 1; t >= 0; t--) {
        const size_t i = (size_t)t * (size_t)r->rows + (size_t)row;
        if (!r->valid[i]) {
            advantage[i] = 0.0f;
            continue;
        }
        const int ends = r->terminated[i] || r->truncated[i];
        const double beyond = r->terminated[i] ? 0.0 : ends ? (double)r->beyond[i] : next;
        const double delta = (double)r->reward[i] + gamma * beyond - (double)value[i];
        trace = delta + (ends ? 0.0 : gamma * lambda * trace);
        advantage[i] = (float)trace;
        next = (double)value[i];
    }
}

void pv_rollout_advantages(const pv_rollout *r, const float *value, const float *last, double gamma,
                           double lambda, float *advantage)
{
    for (int row = 0; row < r->rows; row++) {
        row_advantages(r, row, value, (double)last[row], gamma, lambda, advantage);
    }
}

/* --- saving --- */

typedef struct part {
    const char *name;
    int number; /* -1: there is only one */
    pv_dtype dtype;
    void *data;
    size_t count;
} part;

enum { ARRAYS = 7 };

/* array number i of a rollout; 0 past the last */
static int part_of(const pv_rollout *r, int i, part *p)
{
    const size_t rows = (size_t)r->rows;
    const size_t places = rows * (size_t)r->steps;
    const part arrays[ARRAYS] = {{"reward", -1, PV_F32, r->reward, places},
                                 {"beyond", -1, PV_F32, r->beyond, places},
                                 {"valid", -1, PV_U8, r->valid, places},
                                 {"terminated", -1, PV_U8, r->terminated, places},
                                 {"truncated", -1, PV_U8, r->truncated, places},
                                 {"first", -1, PV_U8, r->first, places},
                                 {"begins", -1, PV_U8, r->begins, rows}};
    const struct {
        const char *name;
        int n;
        void *const *data;
        const size_t *size;
        size_t rows;
    } blocks[] = {{"obs", r->n_obs, r->obs, r->obs_size, places},
                  {"action", r->n_action, r->action, r->action_size, places},
                  {"next", r->n_obs, r->next, r->obs_size, rows}};
    if (i < ARRAYS) {
        *p = arrays[i];
        return 1;
    }
    i -= ARRAYS;
    for (size_t k = 0; k < sizeof blocks / sizeof blocks[0]; k++) {
        if (i < blocks[k].n) {
            *p = (part){blocks[k].name, i, PV_U8, blocks[k].data[i],
                        blocks[k].rows * blocks[k].size[i]};
            return 1;
        }
        i -= blocks[k].n;
    }
    return 0;
}

static const char *name_of(char name[64], const char *prefix, const part *p)
{
    char number[16] = "";
    if (p->number >= 0) {
        snprintf(number, sizeof number, "%d", p->number);
    }
    snprintf(name, 64, "%.31s%s%s", prefix, p->name, number);
    return name;
}

pv_status pv_rollout_save(const pv_rollout *r, pv_tensors *tensors, const char *prefix)
{
    part p;
    char name[64];
    const uint64_t filled = (uint64_t)r->filled;
    snprintf(name, sizeof name, "%.31sfilled", prefix);
    pv_status status = pv_tensors_add(tensors, name, PV_U64, &filled, 1);
    for (int i = 0; status == PV_OK && part_of(r, i, &p); i++) {
        status = pv_tensors_add(tensors, name_of(name, prefix, &p), p.dtype, p.data, p.count);
    }
    return status;
}

pv_status pv_rollout_load(pv_rollout *r, const pv_tensors *tensors, const char *prefix)
{
    part p;
    char name[64];
    uint64_t filled = 0;
    snprintf(name, sizeof name, "%.31sfilled", prefix);
    pv_status status = pv_tensors_get(tensors, name, PV_U64, &filled, 1);
    for (int i = 0; status == PV_OK && part_of(r, i, &p); i++) {
        status = pv_tensors_get(tensors, name_of(name, prefix, &p), p.dtype, p.data, p.count);
    }
    if (status == PV_OK && filled >= (uint64_t)r->steps) {
        status = pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: a rollout of %llu of %d steps",
                         (unsigned long long)filled, r->steps);
    }
    r->filled = status == PV_OK ? (int)filled : 0;
    return status;
}
