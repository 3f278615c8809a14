/* check_spec.c: what a world says of itself and what it writes, held against pavlov/env.h. What a
   world must have to be opened at all is judged where it is opened (loader.h, spec.h); the rest,
   without which it runs but serves people badly, here. */
#include "envs/host/check_tests.h"

#include "envs/host/loader.h"
#include "envs/host/spec.h"

#include <math.h>
#include <string.h>

static int is_empty(const char *text)
{
    return !text || !*text;
}

int pv_check_choices(const char *choices)
{
    int n = 1;
    for (const char *c = choices; *c; c++) {
        n += *c == '|';
    }
    return n;
}

static int check_param(pv_check *check, const pv_env_class *env_class, uint32_t i)
{
    const pv_param *param = &env_class->params[i];
    if (is_empty(param->name) || strpbrk(param->name, " =,:#\"'")) {
        return pv_check_fail(check, "parameter %u has no name fit for name=value", i);
    }
    if (is_empty(param->help)) {
        return pv_check_fail(check, "parameter %s has no help", param->name);
    }
    if (param->choices && param->text) {
        return pv_check_fail(check, "parameter %s is both a choice and a text", param->name);
    }
    for (uint32_t j = 0; j < i; j++) {
        if (strcmp(env_class->params[j].name, param->name) == 0) {
            return pv_check_fail(check, "two parameters are named %s", param->name);
        }
    }
    return 0;
}

int pv_check_class(pv_check *check, const pv_env_class *c)
{
    if (pv_class_check(c, check->file ? check->file : "built-in worlds") != PV_OK) {
        return pv_check_fail(check, "%s", pv_last_error());
    }
    if (is_empty(c->version) || is_empty(c->summary)) {
        return pv_check_fail(check, "version and summary must say something");
    }
    if (c->flags & ~(uint32_t)(PV_ONE_PER_PROCESS | PV_NOT_REPEATABLE)) {
        return pv_check_fail(check, "flags 0x%x has bits that mean nothing", c->flags);
    }
    for (uint32_t i = 0; i < c->n_params; i++) {
        if (check_param(check, c, i) != 0) {
            return -1;
        }
    }
    if (c->outcomes && !c->state) {
        return pv_check_fail(check, "outcomes without state: nobody can ask where the world is");
    }
    if (c->locate && (!c->state || !c->render)) {
        return pv_check_fail(check, "locate needs state and render");
    }
    return 0;
}

int pv_check_spec(pv_check *check, const pv_env_class *env_class, const pv_spec *spec)
{
    if (pv_spec_check(spec, env_class) != PV_OK) {
        return pv_check_fail(check, "%s", pv_last_error());
    }
    if (!spec->width != !env_class->render) {
        return pv_check_fail(check, "spec: a picture of %u x %u and %s render", spec->width,
                             spec->height, env_class->render ? "a" : "no");
    }
    if (spec->n_states > 0 && !env_class->state) {
        return pv_check_fail(check, "spec: %u states, but no state() to ask for the one of now",
                             spec->n_states);
    }
    return 0;
}

/* --- what is written --- */

static double element(const uint8_t *data, pv_dtype dtype, size_t i)
{
    if (dtype == PV_U8) {
        return data[i];
    }
    if (dtype == PV_I32) {
        int32_t value;
        memcpy(&value, data + i * sizeof value, sizeof value);
        return value;
    }
    float value;
    memcpy(&value, data + i * sizeof value, sizeof value);
    return (double)value;
}

/* A bound as the space's numbers can show it: rounded to float where they are floats. */
static double shown(const pv_space *space, const double *bounds, size_t i, double none)
{
    if (!bounds) {
        return none;
    }
    return space->dtype == PV_F32 ? (double)(float)bounds[i] : bounds[i];
}

static int check_row(pv_rig *rig, const pv_space *space, const uint8_t *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double value = element(row, space->dtype, i);
        const double low = space->n ? 0.0 : shown(space, space->low, i, -INFINITY);
        const double high =
            space->n ? (double)space->n - 1.0 : shown(space, space->high, i, INFINITY);
        if (!isfinite(value) || value < low || value > high) {
            return pv_check_fail(rig->check,
                                 "observation \"%s\": element %zu is %.9g, its space is "
                                 "%.9g to %.9g; step %llu of the episode with seed %llu",
                                 space->name, i, value, low, high, (unsigned long long)rig->step,
                                 (unsigned long long)rig->seed);
        }
    }
    return 0;
}

int pv_check_outputs(pv_rig *rig)
{
    for (uint32_t o = 0; o < rig->spec.n_obs; o++) {
        const pv_space *space = &rig->spec.obs[o];
        const size_t count = pv_space_count(space);
        const uint8_t *data = pv_rig_obs(rig, o)->data;
        for (uint32_t agent = 0; agent < rig->spec.agents; agent++) {
            if (check_row(rig, space, data + agent * pv_space_size(space), count) != 0) {
                return -1;
            }
        }
    }
    for (uint32_t agent = 0; agent < rig->spec.agents && rig->step > 0; agent++) {
        if (!isfinite(rig->io.reward[agent])) {
            return pv_check_fail(rig->check,
                                 "the reward of agent %u is %g at step %llu of the "
                                 "episode with seed %llu",
                                 agent, (double)rig->io.reward[agent],
                                 (unsigned long long)rig->step, (unsigned long long)rig->seed);
        }
    }
    return 0;
}
