/* check_params.c: tests of the declared parameters: their defaults, their bounds, their choices. */
#include "envs/host/check_tests.h"

#include <math.h>
#include <stdio.h>

#define EPISODE_STEPS 50 /* of the short episode after each create */

/* Creates a world with these parameters and runs it for a while. */
static int try_values(pv_check *check, const pv_value *values, int may_fail)
{
    const pv_rig_config config = {.values = values, .may_fail = may_fail};
    const pv_chunk *mark = check->chunks;
    pv_rig *rig = pv_rig_create(check, &config);
    if (!rig || (rig->env && pv_rig_begin(rig, 1) != 0)) {
        return -1;
    }
    for (int i = 0; rig->env && i < EPISODE_STEPS && !pv_rig_over(rig); i++) {
        if (pv_rig_act(rig) != 0) {
            return -1;
        }
    }
    pv_rig_destroy(rig);
    pv_check_release(check, mark);
    return 0;
}

/* Returns a copy of the parameters asked for, to be changed; NULL after failing the check. */
static pv_value *copy_values(pv_check *check)
{
    const uint32_t n = check->env_class->n_params;
    pv_value *values = pv_check_alloc(check, (n ? n : 1) * sizeof *values);
    for (uint32_t i = 0; values && i < n; i++) {
        values[i] = check->values[i];
    }
    return values;
}

static void defaults_in_bounds(pv_check *check)
{
    const pv_env_class *env_class = check->env_class;
    for (uint32_t i = 0; env_class->params && i < env_class->n_params; i++) {
        const pv_param *param = &env_class->params[i];
        if (param->text) {
            continue;
        }
        const double low = param->choices ? 0.0 : param->low;
        const double high = param->choices ? pv_check_choices(param->choices) - 1.0 : param->high;
        if (!(param->initial >= low && param->initial <= high) ||
            (param->choices && param->initial != floor(param->initial))) {
            pv_check_fail(check, "the default of %s is %g, outside of %g to %g", param->name,
                          param->initial, low, high);
            return;
        }
    }
}

static void defaults_work(pv_check *check)
{
    const pv_env_class *env_class = check->env_class;
    pv_value *values = copy_values(check);
    for (uint32_t i = 0; values && i < env_class->n_params; i++) {
        const pv_param *param = &env_class->params[i];
        values[i] = (pv_value){.number = param->initial, .text = param->text};
    }
    if (values) {
        snprintf(check->note, sizeof check->note, "all parameters at their defaults");
        try_values(check, values, 0);
    }
}

static void every_bound_works(pv_check *check)
{
    const pv_env_class *env_class = check->env_class;
    pv_value *values = copy_values(check);
    int tried = 0;
    for (uint32_t i = 0; values && i < env_class->n_params; i++) {
        const pv_param *param = &env_class->params[i];
        for (int side = 0; side < 2 && !param->choices && !param->text; side++) {
            values[i].number = side ? param->high : param->low;
            if (!isfinite(values[i].number)) {
                continue;
            }
            snprintf(check->note, sizeof check->note, "%s=%g", param->name, values[i].number);
            if (try_values(check, values, 1) != 0) {
                return;
            }
            tried++;
        }
        values[i] = check->values[i];
    }
    if (tried == 0) {
        pv_check_skip(check, "no numeric parameter with a finite bound");
    }
}

static void choices_work(pv_check *check)
{
    const pv_env_class *env_class = check->env_class;
    pv_value *values = copy_values(check);
    int tried = 0;
    for (uint32_t i = 0; values && i < env_class->n_params; i++) {
        const pv_param *param = &env_class->params[i];
        const int choices = param->choices ? pv_check_choices(param->choices) : 0;
        for (int choice = 0; choice < choices; choice++) {
            values[i].number = choice;
            snprintf(check->note, sizeof check->note, "choice %d of %s=%s", choice, param->name,
                     param->choices);
            if (try_values(check, values, 0) != 0) {
                return;
            }
            tried++;
        }
        values[i] = check->values[i];
    }
    if (tried == 0) {
        pv_check_skip(check, "no parameter with choices");
    }
}

const pv_check_test pv_check_params[] = {
    {{"defaults-in-bounds", "params", "Every parameter's default is within its bounds."},
     defaults_in_bounds,
     PV_CHECK_CLASS},
    {{"defaults-work", "params", "The world runs with every parameter at its default."},
     defaults_work,
     PV_CHECK_WORLD},
    {{"every-bound-works", "params",
      "At each bound of each number the world runs, or create refuses it and says why."},
     every_bound_works,
     PV_CHECK_WORLD},
    {{"choices-work", "params", "The world runs with each choice of each parameter."},
     choices_work,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
