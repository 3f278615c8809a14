/* check_fuzz.c: random lives of random instances, for what no other test thought of. All of it
   comes from one seed, which the message names. */
#include "envs/host/check_tests.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIVES 60 /* instances tried */
#define STEPS 80 /* of each */

typedef struct fuzz {
    pv_check *check;
    pv_rng rng;
    pv_value *values;
} fuzz;

static double uniform(fuzz *f)
{
    return pv_draw_uniform(&f->rng, NULL);
}

/* A number within bounds: often the default, sometimes a bound; whole where bounds and default
   are. */
static double random_number(fuzz *f, const pv_param *param)
{
    const double u = uniform(f);
    if (param->choices) {
        return floor(u * pv_check_choices(param->choices));
    }
    if (u < 0.4) {
        return param->initial;
    }
    const double low = fmax(param->low, param->initial - 10.0 * (1.0 + fabs(param->initial)));
    const double high = fmin(param->high, param->initial + 10.0 * (1.0 + fabs(param->initial)));
    if (u < 0.5) {
        return u < 0.45 ? low : high;
    }
    const double value = low + uniform(f) * (high - low);
    const int whole = low == floor(low) && high == floor(high) && high - low > 1.0 &&
                      param->initial == floor(param->initial);
    return whole ? floor(value) : value;
}

/* Draws the parameters and writes them into the note. */
static void random_values(fuzz *f, int life)
{
    pv_check *check = f->check;
    const pv_env_class *env_class = check->env_class;
    size_t at = (size_t)snprintf(check->note, sizeof check->note, "fuzz seed %llu, instance %d",
                                 (unsigned long long)check->seed, life);
    for (uint32_t i = 0; i < env_class->n_params; i++) {
        const pv_param *param = &env_class->params[i];
        f->values[i] = check->values[i];
        if (!param->text) {
            f->values[i].number = random_number(f, param);
            if (at < sizeof check->note) {
                at += (size_t)snprintf(check->note + at, sizeof check->note - at, ", %s=%.9g",
                                       param->name, f->values[i].number);
            }
        }
    }
}

/* A moment that can be gone back to: the world's state and what it had written then. */
typedef struct moment {
    pv_buffer state;
    uint8_t *outputs;
    int saved;
} moment;

static int init_moment(pv_rig *rig, moment *m)
{
    int n;
    const pv_buffer *outputs = pv_rig_outputs(rig, &n);
    size_t size = 0;
    for (int i = 0; i < n; i++) {
        size += outputs[i].size;
    }
    *m = (moment){.outputs = pv_check_alloc(rig->check, size)};
    return m->outputs &&
                   pv_buffer_init(rig->check, &m->state, pv_rig_state_size(rig), "the state") == 0
               ? 0
               : -1;
}

/* Copies the rig's outputs to the moment, or back. */
static void copy_outputs(pv_rig *rig, moment *m, int back)
{
    int n;
    const pv_buffer *outputs = pv_rig_outputs(rig, &n);
    uint8_t *at = m->outputs;
    for (int i = 0; i < n; i++) {
        memcpy(back ? outputs[i].data : at, back ? at : outputs[i].data, outputs[i].size);
        at += outputs[i].size;
    }
}

/* Keeps the moment at random points and goes back to it at others. */
static int save_or_load(fuzz *f, pv_rig *rig, moment *m)
{
    const double u = uniform(f);
    if (u < 0.05) {
        m->saved = 1;
        copy_outputs(rig, m, 0);
        return pv_rig_keep(rig, m->state.data);
    }
    if (m->saved && u < 0.1) {
        copy_outputs(rig, m, 1);
        return pv_rig_restore(rig, m->state.data, m->state.size);
    }
    return 0;
}

static int live(fuzz *f, pv_rig *rig)
{
    moment m = {.saved = 0};
    pv_buffer picture;
    const size_t line = 3 * (size_t)rig->spec.width;
    if (pv_rig_begin(rig, pv_rng_next(&f->rng)) != 0 ||
        (rig->env_class->save && init_moment(rig, &m) != 0) ||
        pv_buffer_init(f->check, &picture, line * rig->spec.height, "the picture") != 0) {
        return -1;
    }
    for (int i = 0; i < STEPS; i++) {
        if (pv_rig_go_on(rig) != 0 || pv_check_outputs(rig) != 0 ||
            (m.outputs && save_or_load(f, rig, &m) != 0)) {
            return -1;
        }
        if (rig->env_class->render && uniform(f) < 0.003) {
            pv_rig_render(rig, picture.data, line);
        }
        if (uniform(f) < 0.02 && pv_rig_begin(rig, pv_rng_next(&f->rng)) != 0) {
            return -1;
        }
    }
    return pv_rig_guard(rig) != 0 || (m.outputs && pv_buffer_guard(f->check, &m.state) != 0) ||
                   pv_buffer_guard(f->check, &picture) != 0
               ? -1
               : 0;
}

static void random_lives(pv_check *check)
{
    const uint32_t n = check->env_class->n_params;
    fuzz f = {.check = check, .values = pv_check_alloc(check, (n ? n : 1) * sizeof *f.values)};
    pv_rng_init(&f.rng, check->seed);
    for (int life = 0; f.values && life < LIVES && !pv_check_late(check); life++) {
        const pv_chunk *mark = check->chunks;
        random_values(&f, life);
        pv_rig *rig = pv_rig_create(check, &(pv_rig_config){.values = f.values, .may_fail = 1});
        if (!rig) {
            return;
        }
        pv_rng_init(&rig->rng, pv_rng_next(&f.rng));
        if (rig->env && live(&f, rig) != 0) {
            return;
        }
        pv_rig_destroy(rig);
        pv_check_release(check, mark);
    }
}

const pv_check_test pv_check_fuzz[] = {
    {{"random-lives", "fuzz", "Random parameters, actions, saves, loads and resets break no rule."},
     random_lives,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
