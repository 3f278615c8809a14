/* check_trace.c: what a rig did, to be done again. A trace keeps the seeds and actions of a row of
   calls and one hash of each thing the world wrote, so that two runs are compared exactly and the
   first difference has a name, without keeping the pictures themselves. */
#include "envs/host/check_tests.h"

#include <string.h>

/* FNV-1a over words of eight bytes, the rest byte by byte. */
static uint64_t hash_bytes(const uint8_t *data, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, data + i, sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    for (; i < size; i++) {
        hash = (hash ^ data[i]) * 0x100000001b3u;
    }
    return hash;
}

pv_trace *pv_trace_create(pv_rig *rig, int capacity)
{
    pv_check *check = rig->check;
    pv_trace *trace = pv_check_alloc(check, sizeof *trace);
    if (!trace) {
        return NULL;
    }
    const size_t n = (size_t)capacity;
    trace->capacity = capacity;
    pv_rig_outputs(rig, &trace->fields);
    for (uint32_t i = 0; i < rig->spec.n_action; i++) {
        trace->action_size += pv_rig_action(rig, i)->size;
    }
    trace->seed = pv_check_alloc(check, n * sizeof *trace->seed);
    trace->kind = pv_check_alloc(check, n);
    trace->action = pv_check_alloc(check, n * trace->action_size);
    trace->hash = pv_check_alloc(check, n * (size_t)trace->fields * sizeof *trace->hash);
    return trace->seed && trace->kind && trace->action && trace->hash ? trace : NULL;
}

/* Adds what the rig just did. */
static void add(pv_trace *trace, pv_rig *rig, int is_reset)
{
    const size_t i = (size_t)trace->n++;
    trace->seed[i] = rig->seed;
    trace->kind[i] = (uint8_t)is_reset;
    uint8_t *action = trace->action + i * trace->action_size;
    for (uint32_t a = 0; a < rig->spec.n_action; a++) {
        const pv_buffer *buffer = pv_rig_action(rig, a);
        memcpy(action, buffer->data, buffer->size);
        action += buffer->size;
    }
    int n;
    const pv_buffer *outputs = pv_rig_outputs(rig, &n);
    for (int field = 0; field < n; field++) {
        trace->hash[i * (size_t)n + (size_t)field] =
            hash_bytes(outputs[field].data, outputs[field].size);
    }
}

int pv_trace_begin(pv_trace *trace, pv_rig *rig, uint64_t seed)
{
    if (pv_rig_begin(rig, seed) != 0) {
        return -1;
    }
    add(trace, rig, 1);
    return 0;
}

int pv_trace_act(pv_trace *trace, pv_rig *rig)
{
    if (pv_rig_over(rig)) {
        return pv_trace_begin(trace, rig, rig->seed + 1);
    }
    if (pv_rig_act(rig) != 0) {
        return -1;
    }
    add(trace, rig, 0);
    return 0;
}

pv_trace *pv_trace_record(pv_rig *rig, uint64_t seed, int steps)
{
    pv_trace *trace = pv_trace_create(rig, steps);
    if (!trace || pv_trace_begin(trace, rig, seed) != 0) {
        return NULL;
    }
    while (trace->n < steps) {
        if (pv_trace_act(trace, rig) != 0) {
            return NULL;
        }
    }
    return trace;
}

pv_trace *pv_trace_fresh(pv_check *check, const pv_rig_config *config, uint64_t seed, int steps)
{
    pv_rig *rig = pv_rig_create(check, config);
    pv_trace *trace = rig ? pv_trace_record(rig, seed, steps) : NULL;
    if (trace) {
        pv_rig_destroy(rig);
    }
    return trace;
}

void pv_trace_load_action(const pv_trace *trace, int i, pv_rig *rig)
{
    const uint8_t *action = trace->action + (size_t)i * trace->action_size;
    for (uint32_t a = 0; a < rig->spec.n_action; a++) {
        pv_buffer *buffer = pv_rig_action(rig, a);
        memcpy(buffer->data, action, buffer->size);
        action += buffer->size;
    }
}

int pv_trace_compare(const pv_trace *trace, int i, pv_rig *rig, const char *words)
{
    int n;
    const pv_buffer *outputs = pv_rig_outputs(rig, &n);
    for (int field = 0; field < n; field++) {
        if (field < (int)rig->spec.n_obs && !rig->obs[field]) {
            continue;
        }
        if (trace->hash[i * n + field] != hash_bytes(outputs[field].data, outputs[field].size)) {
            return pv_check_fail(rig->check,
                                 "%s differs at step %llu of the episode with seed %llu "
                                 "%s",
                                 outputs[field].name, (unsigned long long)rig->step,
                                 (unsigned long long)rig->seed, words);
        }
    }
    return 0;
}

int pv_trace_follow(const pv_trace *trace, int i, pv_rig *rig, const char *words)
{
    if (trace->kind[i]) {
        if (pv_rig_begin(rig, trace->seed[i]) != 0) {
            return -1;
        }
    } else {
        pv_trace_load_action(trace, i, rig);
        const pv_status status = pv_rig_step(rig);
        if (status != 0) {
            return pv_check_fail(rig->check,
                                 "step failed with %d at step %llu of the episode with "
                                 "seed %llu, which it did not before, %s: %s",
                                 status, (unsigned long long)rig->step,
                                 (unsigned long long)rig->seed, words,
                                 rig->message[0] ? rig->message : "it logged no reason");
        }
    }
    return pv_trace_compare(trace, i, rig, words);
}

int pv_trace_replay(const pv_trace *trace, pv_rig *rig, const char *words)
{
    for (int i = 0; i < trace->n; i++) {
        if (pv_trace_follow(trace, i, rig, words) != 0) {
            return -1;
        }
    }
    return 0;
}

int pv_trace_equal(const pv_trace *a, const pv_trace *b)
{
    const size_t hashes = (size_t)a->n * (size_t)a->fields * sizeof *a->hash;
    return a->n == b->n && a->fields == b->fields && memcmp(a->kind, b->kind, (size_t)a->n) == 0 &&
           memcmp(a->hash, b->hash, hashes) == 0;
}
