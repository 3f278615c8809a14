/* check_act.c: what a rig does with its instance: the calls into the world, each noted so that a
   crash can say where it was, and random legal actions. */
#include "envs/host/check_tests.h"

#include <stdio.h>
#include <string.h>

/* --- calls --- */

static void enter(pv_rig *rig, const char *call)
{
    rig->check->place.call = call;
}

static void leave(pv_rig *rig)
{
    rig->check->place.call = NULL;
}

static void fill_outputs(pv_rig *rig)
{
    int n;
    pv_buffer *outputs = pv_rig_outputs(rig, &n);
    for (int i = 0; i < n; i++) {
        memset(outputs[i].data, rig->poison, outputs[i].size);
    }
}

pv_status pv_rig_reset(pv_rig *rig, uint64_t seed)
{
    fill_outputs(rig);
    rig->check->place = (pv_place){.call = "reset", .seed = seed};
    rig->seed = seed;
    rig->step = 0;
    const pv_status status = rig->env_class->reset(rig->env, seed, &rig->io);
    leave(rig);
    /* flags are of steps: what was before the reset is over */
    memset(rig->io.terminated, 0, rig->spec.agents);
    memset(rig->io.truncated, 0, rig->spec.agents);
    return status;
}

pv_status pv_rig_step(pv_rig *rig)
{
    fill_outputs(rig);
    rig->step++;
    rig->check->place = (pv_place){.call = "step", .seed = rig->seed, .step = rig->step};
    const pv_status status = rig->env_class->step(rig->env, &rig->io);
    leave(rig);
    return status;
}

pv_status pv_rig_render(pv_rig *rig, uint8_t *rgb, size_t stride)
{
    enter(rig, "render");
    const pv_status status = rig->env_class->render(rig->env, rgb, stride);
    leave(rig);
    return status;
}

size_t pv_rig_state_size(pv_rig *rig)
{
    enter(rig, "state_size");
    const size_t size = rig->env_class->state_size(rig->env);
    leave(rig);
    return size;
}

pv_status pv_rig_save(pv_rig *rig, void *state)
{
    enter(rig, "save");
    const pv_status status = rig->env_class->save(rig->env, state);
    leave(rig);
    return status;
}

pv_status pv_rig_load(pv_rig *rig, const void *state, size_t size)
{
    enter(rig, "load");
    const pv_status status = rig->env_class->load(rig->env, state, size);
    leave(rig);
    return status;
}

uint32_t pv_rig_state(pv_rig *rig)
{
    enter(rig, "state");
    const uint32_t state = rig->env_class->state(rig->env);
    leave(rig);
    return state;
}

uint32_t pv_rig_outcomes(pv_rig *rig, uint32_t state, uint32_t action, pv_outcome *outcomes,
                         uint32_t capacity)
{
    enter(rig, "outcomes");
    const uint32_t n = rig->env_class->outcomes(rig->env, state, action, outcomes, capacity);
    leave(rig);
    return n;
}

uint32_t pv_rig_locate(pv_rig *rig, uint32_t state, pv_rect *rect)
{
    enter(rig, "locate");
    const uint32_t found = rig->env_class->locate(rig->env, state, rect);
    leave(rig);
    return found;
}

int pv_rig_judge(pv_rig *rig, const char *call, pv_status status, int errors)
{
    if (status > 0) {
        return pv_check_fail(rig->check, "%s returned %d: a status is 0 or negative", call, status);
    }
    if (status < 0 && rig->errors == errors) {
        return pv_check_fail(rig->check, "%s returned %d but logged no reason", call, status);
    }
    return 0;
}

/* A failure where none is allowed. */
static int must(pv_rig *rig, const char *call, pv_status status)
{
    if (status == 0) {
        return 0;
    }
    return pv_check_fail(rig->check,
                         "%s failed with %d at step %llu of the episode with seed %llu: %s", call,
                         status, (unsigned long long)rig->step, (unsigned long long)rig->seed,
                         rig->message[0] ? rig->message : "it logged no reason");
}

int pv_rig_begin(pv_rig *rig, uint64_t seed)
{
    return must(rig, "reset", pv_rig_reset(rig, seed));
}

int pv_rig_act(pv_rig *rig)
{
    pv_rig_choose(rig);
    return must(rig, "step", pv_rig_step(rig));
}

int pv_rig_keep(pv_rig *rig, void *state)
{
    return must(rig, "save", pv_rig_save(rig, state));
}

int pv_rig_restore(pv_rig *rig, const void *state, size_t size)
{
    return must(rig, "load of what save wrote", pv_rig_load(rig, state, size));
}

/* --- episodes --- */

int pv_rig_over(const pv_rig *rig)
{
    for (uint32_t agent = 0; agent < rig->spec.agents; agent++) {
        if (!rig->io.terminated[agent] && !rig->io.truncated[agent]) {
            return 0;
        }
    }
    return 1;
}

int pv_rig_go_on(pv_rig *rig)
{
    return pv_rig_over(rig) ? pv_rig_begin(rig, rig->seed + 1) : pv_rig_act(rig);
}

int pv_rig_finish(pv_rig *rig, uint64_t seed)
{
    if (pv_rig_begin(rig, seed) != 0) {
        return -1;
    }
    for (int i = 0; i < PV_CHECK_PATIENCE && !pv_check_late(rig->check); i++) {
        if (pv_rig_act(rig) != 0) {
            return -1;
        }
        if (pv_rig_over(rig)) {
            return 1;
        }
    }
    return 0;
}

/* --- random actions --- */

int pv_rig_mask(const pv_rig *rig, uint32_t action)
{
    for (uint32_t i = 0; i < rig->spec.n_obs; i++) {
        const char *name = rig->spec.obs[i].name;
        if (strncmp(name, "action_mask", 11) == 0 &&
            (name[11] == '.' ? strcmp(name + 12, rig->spec.action[action].name) == 0
                             : name[11] == '\0' && rig->spec.n_action == 1)) {
            return (int)i;
        }
    }
    return -1;
}

/* The mask of one agent, NULL if there is none. */
static const uint8_t *mask_row(const pv_rig *rig, uint32_t agent, uint32_t action)
{
    const int mask = pv_rig_mask(rig, action);
    return mask < 0 ? NULL
                    : pv_rig_obs(rig, (uint32_t)mask)->data +
                          agent * pv_space_count(&rig->spec.obs[mask]);
}

int pv_rig_acts(const pv_rig *rig, uint32_t agent)
{
    for (uint32_t action = 0; action < rig->spec.n_action; action++) {
        const uint8_t *mask = mask_row(rig, agent, action);
        if (!mask) {
            return 1;
        }
        const size_t n = rig->spec.action[action].n * pv_space_count(&rig->spec.action[action]);
        for (size_t i = 0; i < n; i++) {
            if (mask[i]) {
                return 1;
            }
        }
    }
    return 0;
}

static uint32_t below(pv_rig *rig, uint32_t n)
{
    return (uint32_t)pv_draw_integer(&rig->rng, NULL, 0, (int64_t)n);
}

/* A category that the mask allows; 0 where it allows none. */
static int32_t choose_category(pv_rig *rig, uint32_t n, const uint8_t *mask)
{
    uint32_t allowed = n;
    if (mask) {
        allowed = 0;
        for (uint32_t i = 0; i < n; i++) {
            allowed += mask[i] != 0;
        }
    }
    if (allowed == 0) {
        return 0;
    }
    uint32_t left = below(rig, allowed);
    for (uint32_t i = 0; mask && i < n; i++) {
        if (mask[i] && left-- == 0) {
            return (int32_t)i;
        }
    }
    return (int32_t)left;
}

/* A number between the bounds, one time in eight at one of them; unbounded: -1 to 1. */
static double choose_number(pv_rig *rig, const pv_space *space, size_t element)
{
    const int bytes = space->dtype == PV_U8;
    double low = space->low ? space->low[element] : bytes ? 0.0 : -1.0;
    double high = space->high ? space->high[element] : bytes ? 255.0 : 1.0;
    low = low > -1e9 ? low : (high > -1e9 && high < 1.0 ? high - 2.0 : -1.0);
    high = high < 1e9 ? high : low + 2.0;
    const uint32_t edge = below(rig, 16);
    const double u = edge == 0 ? 0.0 : edge == 1 ? 1.0 : pv_draw_uniform(&rig->rng, NULL);
    double number = low + u * (high - low);
    if (space->dtype != PV_F32) {
        number = low + (double)below(rig, (uint32_t)(high - low) + 1u);
    }
    return number;
}

static void put_number(uint8_t *data, pv_dtype dtype, size_t i, double number)
{
    if (dtype == PV_U8) {
        data[i] = (uint8_t)number;
    } else if (dtype == PV_I32) {
        const int32_t value = (int32_t)number;
        memcpy(data + i * sizeof value, &value, sizeof value);
    } else {
        const float value = (float)number;
        memcpy(data + i * sizeof value, &value, sizeof value);
    }
}

void pv_rig_choose(pv_rig *rig)
{
    for (uint32_t a = 0; a < rig->spec.n_action; a++) {
        const pv_space *space = &rig->spec.action[a];
        const size_t count = pv_space_count(space);
        uint8_t *data = pv_rig_action(rig, a)->data;
        for (uint32_t agent = 0; agent < rig->spec.agents; agent++) {
            const uint8_t *mask = mask_row(rig, agent, a);
            for (size_t i = 0; i < count; i++) {
                const double number =
                    space->n > 0 ? choose_category(rig, space->n, mask ? mask + i * space->n : NULL)
                                 : choose_number(rig, space, i);
                put_number(data, space->dtype, agent * count + i, number);
            }
        }
    }
}
