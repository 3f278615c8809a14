/* check_spaces.c: tests of what goes in and out: spaces that stay, outputs that are written, all of
   them and nothing else, and actions that are refused. */
#include "envs/host/check_tests.h"

#include <string.h>

/* --- spec-constant --- */

static int same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int same_bounds(const double *a, const double *b, size_t n)
{
    return a == b || (a && b && memcmp(a, b, n * sizeof *a) == 0);
}

static int same_spaces(const pv_space *a, const pv_space *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const size_t count = pv_space_count(&a[i]);
        if (!same_text(a[i].name, b[i].name) || a[i].dtype != b[i].dtype || a[i].n != b[i].n ||
            a[i].ndim != b[i].ndim ||
            memcmp(a[i].shape, b[i].shape, a[i].ndim * sizeof a[i].shape[0]) != 0 ||
            !same_bounds(a[i].low, b[i].low, count) || !same_bounds(a[i].high, b[i].high, count)) {
            return 0;
        }
    }
    return 1;
}

/* Returns what differs, NULL if nothing does. */
static const char *spec_difference(const pv_spec *a, const pv_spec *b)
{
    if (a->agents != b->agents || a->n_obs != b->n_obs || a->n_action != b->n_action ||
        a->n_info != b->n_info || a->n_keys != b->n_keys) {
        return "the number of agents, spaces, infos or keys";
    }
    if (!same_spaces(a->obs, b->obs, a->n_obs) || !same_spaces(a->action, b->action, a->n_action)) {
        return "a space";
    }
    for (uint32_t i = 0; i < a->n_info; i++) {
        if (!same_text(a->info[i], b->info[i])) {
            return "an info";
        }
    }
    if (a->max_steps != b->max_steps || memcmp(&a->solved, &b->solved, sizeof a->solved) != 0 ||
        a->n_states != b->n_states) {
        return "max_steps, solved or n_states";
    }
    if (a->width != b->width || a->height != b->height || a->fps < b->fps || a->fps > b->fps) {
        return "the picture";
    }
    return NULL;
}

static int compare_spec(pv_rig *rig, const char *when)
{
    pv_spec now;
    pv_rig_spec(rig, &now);
    const char *difference = spec_difference(&rig->spec, &now);
    return difference ? pv_check_fail(rig->check, "%s changed after %s", difference, when) : 0;
}

static void spec_constant(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    if (!rig || compare_spec(rig, "being asked") != 0 || pv_rig_begin(rig, 1) != 0 ||
        compare_spec(rig, "reset") != 0) {
        return;
    }
    for (int i = 0; i < PV_CHECK_STEPS; i++) {
        if (pv_rig_go_on(rig) != 0 || compare_spec(rig, "step") != 0) {
            return;
        }
    }
}

/* --- outputs --- */

static void obs_in_space(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    if (!rig || pv_rig_begin(rig, 1) != 0 || pv_check_outputs(rig) != 0) {
        return;
    }
    for (int i = 0; i < 10 * PV_CHECK_STEPS && !pv_check_late(check); i++) {
        if (pv_rig_go_on(rig) != 0 || pv_check_outputs(rig) != 0) {
            return;
        }
    }
}

/* The rig's outputs as they are now, one after the other. */
static void copy_outputs(const pv_rig *rig, uint8_t *to)
{
    int n;
    const pv_buffer *outputs = pv_rig_outputs(rig, &n);
    for (int i = 0; i < n; i++) {
        memcpy(to, outputs[i].data, outputs[i].size);
        to += outputs[i].size;
    }
}

/* A byte that was one poison in the first run and is the other now was never written. */
static int find_unwritten(const pv_rig *rig, const uint8_t *first, uint8_t poison, int is_reset)
{
    int n;
    const pv_buffer *outputs = pv_rig_outputs(rig, &n);
    for (int i = 0; i < n; i++) {
        const int asked = !is_reset || i < (int)rig->spec.n_obs || i == n - 1;
        for (size_t j = 0; asked && j < outputs[i].size; j++) {
            if (first[j] == poison && outputs[i].data[j] == rig->poison) {
                return pv_check_fail(rig->check,
                                     "%s does not write byte %zu of %zu of %s (%s %llu)",
                                     is_reset ? "reset" : "step", j, outputs[i].size,
                                     outputs[i].name, is_reset ? "seed" : "step",
                                     (unsigned long long)(is_reset ? rig->seed : rig->step));
            }
        }
        first += outputs[i].size;
    }
    return 0;
}

/* One of the two runs: the first copies the outputs of each call, the second compares. */
static int run_poisoned(pv_check *check, uint8_t poison, uint8_t *copies, size_t bytes, int calls,
                        int second)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    for (int i = 0; rig && i < calls; i++) {
        const int is_reset = i == 0 || pv_rig_over(rig);
        rig->poison = poison;
        if ((i == 0 ? pv_rig_begin(rig, 1) : pv_rig_go_on(rig)) != 0) {
            return -1;
        }
        uint8_t *copy = copies + (size_t)i * bytes;
        if (!second) {
            copy_outputs(rig, copy);
        } else if (find_unwritten(rig, copy, (uint8_t)~poison, is_reset) != 0) {
            return -1;
        }
    }
    if (rig) {
        pv_rig_destroy(rig);
    }
    return rig ? 0 : -1;
}

static void all_outputs_written(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    if (!rig) {
        return;
    }
    int n;
    size_t bytes = 0;
    const pv_buffer *outputs = pv_rig_outputs(rig, &n);
    for (int i = 0; i < n; i++) {
        bytes += outputs[i].size;
    }
    pv_rig_destroy(rig);
    const size_t most = ((size_t)64 << 20) / bytes; /* calls whose outputs are kept */
    const int calls = most > PV_CHECK_STEPS ? PV_CHECK_STEPS : most > 2 ? (int)most : 2;
    uint8_t *copies = pv_check_alloc(check, (size_t)calls * bytes);
    if (copies && run_poisoned(check, 0xA5, copies, bytes, calls, 0) == 0) {
        run_poisoned(check, 0x5A, copies, bytes, calls, 1);
    }
}

/* Acts, and looks whether the actions are still what they were. */
static int act_and_compare(pv_rig *rig, uint8_t *before)
{
    pv_rig_choose(rig);
    uint8_t *at = before;
    for (uint32_t a = 0; a < rig->spec.n_action; a++) {
        const pv_buffer *buffer = pv_rig_action(rig, a);
        memcpy(at, buffer->data, buffer->size);
        at += buffer->size;
    }
    const int errors = rig->errors;
    if (pv_rig_judge(rig, "step", pv_rig_step(rig), errors) != 0) {
        return -1;
    }
    at = before;
    for (uint32_t a = 0; a < rig->spec.n_action; a++) {
        const pv_buffer *buffer = pv_rig_action(rig, a);
        if (memcmp(buffer->data, at, buffer->size) != 0) {
            return pv_check_fail(rig->check, "step changed %s, which is the caller's",
                                 buffer->name);
        }
        at += buffer->size;
    }
    return 0;
}

static void no_write_outside(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    size_t size = 0;
    for (uint32_t a = 0; rig && a < rig->spec.n_action; a++) {
        size += pv_rig_action(rig, a)->size;
    }
    uint8_t *before = rig ? pv_check_alloc(check, size) : NULL;
    if (!before || pv_rig_guard(rig) != 0 || pv_rig_begin(rig, 1) != 0 || pv_rig_guard(rig) != 0) {
        return;
    }
    for (int i = 0; i < 2 * PV_CHECK_STEPS; i++) {
        const int over = pv_rig_over(rig);
        if ((over ? pv_rig_begin(rig, rig->seed + 1) : act_and_compare(rig, before)) != 0 ||
            pv_rig_guard(rig) != 0) {
            return;
        }
    }
}

/* --- actions --- */

/* Hands in one wrong category, then goes on with legal ones. */
static int try_bad_action(pv_rig *rig, uint32_t space, uint32_t agent, int32_t value)
{
    const size_t row = pv_space_size(&rig->spec.action[space]);
    if (pv_rig_begin(rig, 1) != 0) {
        return -1;
    }
    for (int i = 0; i < 100 && !pv_rig_over(rig) && !pv_rig_acts(rig, agent); i++) {
        if (pv_rig_act(rig) != 0) {
            return -1;
        }
    }
    pv_rig_choose(rig);
    memcpy(pv_rig_action(rig, space)->data + agent * row, &value, sizeof value);
    const int errors = rig->errors;
    const pv_status status = pv_rig_step(rig);
    if (status >= 0) {
        return pv_check_fail(rig->check, "step took %d for %s of %u categories", value,
                             pv_rig_action(rig, space)->name, rig->spec.action[space].n);
    }
    if (pv_rig_judge(rig, "step with an action that is none", status, errors) != 0 ||
        pv_rig_begin(rig, 2) != 0) {
        return -1;
    }
    for (int i = 0; i < 10 && !pv_rig_over(rig); i++) {
        if (pv_rig_act(rig) != 0) {
            return -1;
        }
    }
    return 0;
}

static void bad_action_refused(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    int tried = 0;
    for (uint32_t space = 0; rig && space < rig->spec.n_action; space++) {
        const int32_t n = (int32_t)rig->spec.action[space].n;
        const int32_t bad[] = {n, -1, n < INT32_MAX - 1000 ? n + 1000 : n, INT32_MIN, INT32_MAX};
        for (size_t i = 0; n > 0 && i < sizeof bad / sizeof bad[0]; i++) {
            if (try_bad_action(rig, space, rig->spec.agents - 1, bad[i]) != 0) {
                return;
            }
            tried++;
        }
    }
    if (rig && tried == 0) {
        pv_check_skip(check, "no action space has categories");
    }
}

/* What is wanted in call i: everything in every fourth, one or no observation in the others. */
static void choose_wanted(pv_rig *rig, int i)
{
    for (uint32_t o = 0; o < rig->spec.n_obs; o++) {
        const int wanted = i % 4 == 0 || (i % 4 == 2 && (uint32_t)i % rig->spec.n_obs == o);
        rig->obs[o] = wanted ? pv_rig_obs(rig, o)->data : NULL;
    }
}

static void obs_may_be_unwanted(pv_check *check)
{
    pv_trace *trace = pv_trace_fresh(check, NULL, 1, PV_CHECK_STEPS);
    pv_rig *rig = trace ? pv_rig_create(check, NULL) : NULL;
    for (int i = 0; rig && i < trace->n; i++) {
        choose_wanted(rig, trace->kind[i] ? 0 : i);
        if (pv_trace_follow(trace, i, rig, "when observations before it were not wanted") != 0) {
            return;
        }
    }
}

const pv_check_test pv_check_spaces[] = {
    {{"spec-constant", "spaces", "spec says the same before and after reset and steps."},
     spec_constant,
     PV_CHECK_WORLD},
    {{"obs-in-space", "spaces", "Every observation lies in its space, every reward is finite."},
     obs_in_space,
     PV_CHECK_WORLD},
    {{"all-outputs-written", "spaces",
      "reset writes observations and infos, step these and rewards and flags, to the last byte."},
     all_outputs_written,
     PV_CHECK_WORLD},
    {{"no-write-outside", "spaces",
      "Nothing outside the world's arrays and memory is written, nor the actions."},
     no_write_outside,
     PV_CHECK_WORLD},
    {{"bad-action-refused", "spaces",
      "A category out of range is an error with a reason, and the instance goes on after a reset."},
     bad_action_refused,
     PV_CHECK_WORLD},
    {{"obs-may-be-unwanted", "spaces",
      "An observation whose array is NULL is left out and changes nothing else."},
     obs_may_be_unwanted,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
