/* turns.c: transitions of agents that do not act in every step. The last choice of every row is
   copied aside and stays open until the row acts again or ends. */
#include "agents/turns.h"

#include "core/memory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct pv_turns {
    const pv_spec *spec;
    int rows;
    int mask;       /* index of the action mask among the observations, -1: everyone always acts */
    void **obs;     /* [n_obs] -> [rows][...] on which the open choice was made */
    void **action;  /* [n_action] -> [rows][...] the open choice */
    void **next;    /* [n_obs] -> [rows][...] what followed it */
    float *reward;  /* [rows] summed since the open choice */
    uint8_t *open;  /* [rows] a choice is open */
    uint8_t *over;  /* [rows] this agent's task is over, though its lane goes on */
    uint8_t *valid; /* [rows] closed in the last step */
    uint8_t *terminated;
    uint8_t *truncated;
};

int pv_turns_needed(const pv_spec *spec)
{
    return spec->agents > 1;
}

static int find_mask(const pv_spec *spec)
{
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        if (strncmp(spec->obs[i].name, "action_mask", 11) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void **create_rows(const pv_space *spaces, uint32_t n, int rows)
{
    void **arrays = pv_alloc_array(n, sizeof *arrays);
    for (uint32_t i = 0; arrays && i < n; i++) {
        arrays[i] = pv_alloc_array((size_t)rows, pv_space_size(&spaces[i]));
        if (!arrays[i]) {
            while (i > 0) {
                pv_free(arrays[--i]);
            }
            pv_free(arrays);
            return NULL;
        }
    }
    return arrays;
}

static void destroy_rows(void **arrays, uint32_t n)
{
    for (uint32_t i = 0; arrays && i < n; i++) {
        pv_free(arrays[i]);
    }
    pv_free(arrays);
}

pv_turns *pv_turns_create(const pv_spec *spec, int rows)
{
    pv_turns *turns = pv_alloc(sizeof *turns);
    if (!turns) {
        return NULL;
    }
    const size_t n = (size_t)rows;
    turns->spec = spec;
    turns->rows = rows;
    turns->mask = find_mask(spec);
    turns->obs = create_rows(spec->obs, spec->n_obs, rows);
    turns->next = create_rows(spec->obs, spec->n_obs, rows);
    turns->action = create_rows(spec->action, spec->n_action, rows);
    turns->reward = pv_alloc_array(n, sizeof(float));
    turns->open = pv_alloc(n);
    turns->over = pv_alloc(n);
    turns->valid = pv_alloc(n);
    turns->terminated = pv_alloc(n);
    turns->truncated = pv_alloc(n);
    if (!turns->obs || !turns->next || !turns->action || !turns->reward || !turns->open ||
        !turns->over || !turns->valid || !turns->terminated || !turns->truncated) {
        pv_turns_destroy(turns);
        return NULL;
    }
    return turns;
}

void pv_turns_destroy(pv_turns *turns)
{
    if (!turns) {
        return;
    }
    destroy_rows(turns->obs, turns->spec->n_obs);
    destroy_rows(turns->next, turns->spec->n_obs);
    destroy_rows(turns->action, turns->spec->n_action);
    pv_free(turns->reward);
    pv_free(turns->open);
    pv_free(turns->over);
    pv_free(turns->valid);
    pv_free(turns->terminated);
    pv_free(turns->truncated);
    pv_free(turns);
}

static void copy_row(void *to, const void *from, int row, size_t size)
{
    memcpy((char *)to + (size_t)row * size, (const char *)from + (size_t)row * size, size);
}

/* 1 if the row's mask allows it some action */
static int acts(const pv_turns *turns, const void *const *obs, int row)
{
    if (turns->mask < 0) {
        return 1;
    }
    const size_t size = pv_space_size(&turns->spec->obs[turns->mask]);
    const uint8_t *mask = (const uint8_t *)obs[turns->mask] + (size_t)row * size;
    for (size_t i = 0; i < size; i++) {
        if (mask[i]) {
            return 1;
        }
    }
    return 0;
}

void pv_turns_before(pv_turns *turns, const pv_batch *batch)
{
    const pv_spec *spec = turns->spec;
    for (int row = 0; row < turns->rows; row++) {
        if (batch->first[row]) {
            turns->open[row] = turns->over[row] = 0;
        }
        if (turns->over[row] || !acts(turns, batch->obs, row)) {
            continue;
        }
        turns->open[row] = 1;
        turns->reward[row] = 0.0f;
        for (uint32_t i = 0; i < spec->n_obs; i++) {
            copy_row(turns->obs[i], batch->obs[i], row, pv_space_size(&spec->obs[i]));
        }
        for (uint32_t i = 0; i < spec->n_action; i++) {
            copy_row(turns->action[i], batch->action[i], row, pv_space_size(&spec->action[i]));
        }
    }
}

void pv_turns_after(pv_turns *turns, const pv_batch *batch, pv_transitions *transitions)
{
    const pv_spec *spec = turns->spec;
    for (int row = 0; row < turns->rows; row++) {
        const int ended = batch->ended[row / batch->agents];
        const int over = batch->terminated[row] || batch->truncated[row];
        const void *const *next = ended ? batch->final_obs : batch->obs;
        turns->reward[row] += batch->reward[row];
        turns->terminated[row] = batch->terminated[row];
        turns->truncated[row] = batch->truncated[row];
        turns->valid[row] = turns->open[row] && (over || acts(turns, next, row));
        if (turns->valid[row]) {
            turns->open[row] = 0;
            for (uint32_t i = 0; i < spec->n_obs; i++) {
                copy_row(turns->next[i], next[i], row, pv_space_size(&spec->obs[i]));
            }
        }
        turns->over[row] = over && !ended;
    }
    transitions->rows = turns->rows;
    transitions->valid = turns->valid;
    transitions->obs = (const void *const *)turns->obs;
    transitions->action = (const void *const *)turns->action;
    transitions->reward = turns->reward;
    transitions->terminated = turns->terminated;
    transitions->truncated = turns->truncated;
    transitions->next_obs = (const void *const *)turns->next;
    transitions->final_obs = (const void *const *)turns->next;
}

/* --- saving: what is open --- */

typedef pv_status visit_tensor(void *tensors, const char *name, void *data, size_t size);

static pv_status each_tensor(const pv_turns *turns, visit_tensor *visit, void *tensors)
{
    const pv_spec *spec = turns->spec;
    const size_t n = (size_t)turns->rows;
    char name[32];
    pv_status status = visit(tensors, "turns.reward", turns->reward, n * sizeof(float));
    status = status ? status : visit(tensors, "turns.open", turns->open, n);
    status = status ? status : visit(tensors, "turns.over", turns->over, n);
    for (uint32_t i = 0; !status && i < spec->n_obs; i++) {
        snprintf(name, sizeof name, "turns.obs%u", i);
        status = visit(tensors, name, turns->obs[i], n * pv_space_size(&spec->obs[i]));
    }
    for (uint32_t i = 0; !status && i < spec->n_action; i++) {
        snprintf(name, sizeof name, "turns.action%u", i);
        status = visit(tensors, name, turns->action[i], n * pv_space_size(&spec->action[i]));
    }
    return status;
}

static pv_status save_tensor(void *tensors, const char *name, void *data, size_t size)
{
    return pv_tensors_add(tensors, name, PV_U8, data, size);
}

static pv_status load_tensor(void *tensors, const char *name, void *data, size_t size)
{
    return pv_tensors_get(tensors, name, PV_U8, data, size);
}

pv_status pv_turns_save(const pv_turns *turns, pv_tensors *tensors)
{
    return each_tensor(turns, save_tensor, tensors);
}

pv_status pv_turns_load(pv_turns *turns, const pv_tensors *tensors)
{
    union {
        const pv_tensors *in;
        void *out;
    } list = {tensors}; /* the visitor writes to neither in this direction */
    return each_tensor(turns, load_tensor, list.out);
}
