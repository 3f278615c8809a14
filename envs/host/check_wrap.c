/* check_wrap.c: what must hold of a world behind wrappers. Unlike the tests of a world's own
   interface these run whole vectors, two of them side by side, which must show the same. */
#include "envs/host/check_tests.h"

#include "core/rng.h"
#include "core/threads.h"
#include "envs/host/vector.h"

#include <math.h>
#include <string.h>

enum { STEPS = 400, LANES = 3 };

/* --- random actions --- */

static double bound(const double *bounds, size_t i, double otherwise)
{
    return bounds && isfinite(bounds[i]) ? bounds[i] : otherwise;
}

static void choose(const pv_batch *batch, pv_rng *rng)
{
    for (uint32_t a = 0; a < batch->spec->n_action; a++) {
        const pv_space *space = &batch->spec->action[a];
        const size_t count = pv_space_count(space);
        for (size_t i = 0; i < (size_t)batch->rows * count; i++) {
            const double low = bound(space->low, i % count, -1.0);
            const double high = bound(space->high, i % count, 1.0);
            if (space->n) {
                ((int32_t *)batch->action[a])[i] = (int32_t)pv_rng_below(rng, space->n);
            } else if (space->dtype == PV_F32) {
                ((float *)batch->action[a])[i] = (float)(low + (high - low) * pv_rng_uniform(rng));
            }
        }
    }
}

/* an illegal action becomes the next legal one; an agent that does not act keeps its own */
static void obey(const pv_batch *batch)
{
    const uint32_t n = batch->spec->action[0].n;
    for (uint32_t i = 0; i < batch->spec->n_obs; i++) {
        if (strcmp(batch->spec->obs[i].name, "action_mask") != 0) {
            continue;
        }
        int32_t *action = batch->action[0];
        const uint8_t *mask = batch->obs[i];
        for (int row = 0; row < batch->rows; row++, mask += n) {
            for (uint32_t k = 0; k < n && !mask[action[row]]; k++) {
                action[row] = (int32_t)(((uint32_t)action[row] + 1u) % n);
            }
        }
    }
}

static void copy_actions(const pv_batch *from, const pv_batch *to, int first_row)
{
    for (uint32_t a = 0; a < from->spec->n_action; a++) {
        const size_t size = pv_space_size(&from->spec->action[a]);
        memcpy(to->action[a], (const char *)from->action[a] + (size_t)first_row * size,
               (size_t)to->rows * size);
    }
}

/* --- two vectors side by side --- */

/* what `y` shows must be what rows first_row... of `x` show */
static int compare(pv_check *check, const pv_batch *x, const pv_batch *y, int first_row, int step)
{
    const size_t rows = (size_t)y->rows;
    for (uint32_t i = 0; i < x->spec->n_obs; i++) {
        const size_t size = pv_space_size(&x->spec->obs[i]);
        if (memcmp((const char *)x->obs[i] + (size_t)first_row * size, y->obs[i], rows * size)) {
            return pv_check_fail(check, "observation \"%s\" differs after %d steps",
                                 x->spec->obs[i].name, step);
        }
    }
    if (memcmp(x->reward + first_row, y->reward, rows * sizeof *y->reward) ||
        memcmp(x->terminated + first_row, y->terminated, rows) ||
        memcmp(x->truncated + first_row, y->truncated, rows)) {
        return pv_check_fail(check, "reward or flags differ after %d steps", step);
    }
    const size_t n_info = x->spec->n_info;
    if (memcmp(x->info + (size_t)first_row * n_info, y->info, rows * n_info * sizeof *y->info)) {
        return pv_check_fail(check, "info differs after %d steps", step);
    }
    return 0;
}

static int take_steps(pv_check *check, pv_vector *x, pv_vector *y, int first_row, int steps)
{
    const pv_batch *a = pv_vector_batch(x);
    const pv_batch *b = pv_vector_batch(y ? y : x);
    pv_rng rng = pv_rng_split(check->seed, "actions");
    for (int step = 0; step < steps && !pv_check_late(check); step++) {
        if (y && compare(check, a, b, first_row, step)) {
            return -1;
        }
        choose(a, &rng);
        obey(a);
        copy_actions(a, b, y ? first_row : 0);
        if (pv_vector_step(x) || (y && pv_vector_step(y))) {
            return pv_check_fail(check, "%s", pv_last_error());
        }
    }
    return 0;
}

static pv_vector *make(pv_check *check, int lanes, uint32_t first_lane, pv_pool *pool)
{
    pv_vector_config config = pv_vector_config_default(check->wrapped);
    config.lanes = lanes;
    config.first_lane = first_lane;
    config.seed = check->seed;
    config.pool = pool;
    pv_vector *vector = pv_vector_create(&config);
    if (!vector || pv_vector_reset(vector)) {
        pv_check_fail(check, "%s", pv_last_error());
        pv_vector_destroy(vector);
        return NULL;
    }
    return vector;
}

/* --- the tests --- */

static void seed_decides(pv_check *check)
{
    pv_vector *x = make(check, LANES, 0, NULL);
    pv_vector *y = x ? make(check, LANES, 0, NULL) : NULL;
    if (y) {
        take_steps(check, x, y, 0, STEPS);
    }
    pv_vector_destroy(x);
    pv_vector_destroy(y);
}

/* statistics are common to all lanes of a vector */
static int keeps_statistics(const pv_check *check)
{
    return strstr(pv_world_wrap(check->wrapped), "norm") != NULL;
}

static void lanes_apart(pv_check *check)
{
    if (keeps_statistics(check)) {
        pv_check_skip(check, "lanes share the statistics of norm");
        return;
    }
    const int agents = (int)pv_world_spec(check->wrapped)->agents;
    pv_vector *x = make(check, LANES, 0, NULL);
    pv_vector *y = x ? make(check, 1, LANES - 1, NULL) : NULL;
    if (y) {
        take_steps(check, x, y, (LANES - 1) * agents, STEPS);
    }
    pv_vector_destroy(x);
    pv_vector_destroy(y);
}

static void threads_equal(pv_check *check)
{
    pv_pool *pool = pv_pool_create(2);
    pv_vector *x = pool ? make(check, LANES, 0, NULL) : NULL;
    pv_vector *y = x ? make(check, LANES, 0, pool) : NULL;
    if (y) {
        take_steps(check, x, y, 0, STEPS);
    }
    pv_vector_destroy(x);
    pv_vector_destroy(y);
    pv_pool_destroy(pool);
}

static void restore_continues(pv_check *check)
{
    pv_tensors *tensors = pv_tensors_create();
    pv_vector *x = make(check, LANES, 0, NULL);
    pv_vector *y = x ? make(check, LANES, 0, NULL) : NULL;
    if (y && take_steps(check, x, NULL, 0, STEPS / 4) == 0) {
        if (!tensors || pv_vector_save(x, tensors, "lanes") ||
            pv_vector_load(y, tensors, "lanes")) {
            pv_check_fail(check, "%s", pv_last_error());
        } else {
            take_steps(check, x, y, 0, STEPS);
        }
    }
    pv_vector_destroy(x);
    pv_vector_destroy(y);
    pv_tensors_destroy(tensors);
}

/* the first number outside the bounds told, NaN included; -1: none */
static long outside(const pv_space *space, const void *data)
{
    const size_t count = pv_space_count(space);
    for (size_t i = 0; i < count; i++) {
        const double x = space->dtype == PV_F32   ? (double)((const float *)data)[i]
                         : space->dtype == PV_I32 ? (double)((const int32_t *)data)[i]
                                                  : (double)((const uint8_t *)data)[i];
        const double low = space->n ? 0.0 : bound(space->low, i, -INFINITY);
        const double high = space->n ? space->n - 1.0 : bound(space->high, i, INFINITY);
        if (!(x >= low && x <= high)) {
            return (long)i;
        }
    }
    return -1;
}

static void check_rows(pv_check *check, const pv_batch *batch, const void *const *obs, int first,
                       int rows)
{
    for (uint32_t i = 0; i < batch->spec->n_obs; i++) {
        const pv_space *space = &batch->spec->obs[i];
        for (int row = first; row < first + rows; row++) {
            const long at =
                outside(space, (const char *)obs[i] + (size_t)row * pv_space_size(space));
            if (at >= 0) {
                pv_check_fail(check, "element %ld of \"%s\" is outside its space", at, space->name);
            }
        }
    }
}

static void obs_in_space(pv_check *check)
{
    pv_vector *x = make(check, LANES, 0, NULL);
    const pv_batch *batch = x ? pv_vector_batch(x) : NULL;
    for (int step = 0; x && step < STEPS && check->outcome == PV_CHECK_PASSED; step++) {
        check_rows(check, batch, batch->obs, 0, batch->rows);
        for (int e = 0; e < batch->episodes; e++) {
            check_rows(check, batch, batch->final_obs, batch->episode[e].lane * batch->agents,
                       batch->agents);
        }
        check->seed++; /* other actions each time */
        if (take_steps(check, x, NULL, 0, 1)) {
            break;
        }
    }
    pv_vector_destroy(x);
}

const pv_check_test pv_check_wrap[] = {
    {{"wrapped-obs-in-space", "wrappers",
      "Behind wrappers (--wrap), observations lie in the space that is told."},
     obs_in_space,
     PV_CHECK_WRAPPED},
    {{"wrapped-seed-decides", "wrappers", "Behind wrappers, the same seed is the same run."},
     seed_decides,
     PV_CHECK_WRAPPED},
    {{"wrapped-lanes-apart", "wrappers", "Behind wrappers, a lane does not notice the others."},
     lanes_apart,
     PV_CHECK_WRAPPED},
    {{"wrapped-threads-equal", "wrappers", "Behind wrappers, two threads do the same as one."},
     threads_equal,
     PV_CHECK_WRAPPED},
    {{"wrapped-restore-continues", "wrappers",
      "Behind wrappers, saved lanes go on as if nothing had happened."},
     restore_continues,
     PV_CHECK_WRAPPED},
    {{NULL, NULL, NULL}, NULL, 0}};
