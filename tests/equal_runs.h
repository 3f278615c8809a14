/* equal_runs.h: two vectors held against each other, step by step. */
#ifndef PAVLOV_TESTS_EQUAL_RUNS_H
#define PAVLOV_TESTS_EQUAL_RUNS_H

#include "core/rng.h"
#include "pavlov/world.h"

#include <check.h>
#include <string.h>

/* what must be equal of two batches, also right after one was loaded from the other */
static inline void expect_equal_batches(const pv_batch *x, const pv_batch *y)
{
    const size_t rows = (size_t)x->rows;
    ck_assert_int_eq(x->rows, y->rows);
    for (uint32_t i = 0; i < x->spec->n_obs; i++) {
        const size_t bytes = rows * pv_space_size(&x->spec->obs[i]);
        ck_assert_int_eq(memcmp(x->obs[i], y->obs[i], bytes), 0);
    }
    ck_assert_int_eq(memcmp(x->reward, y->reward, rows * sizeof *x->reward), 0);
    ck_assert_int_eq(memcmp(x->terminated, y->terminated, rows), 0);
    ck_assert_int_eq(memcmp(x->truncated, y->truncated, rows), 0);
    ck_assert_int_eq(memcmp(x->first, y->first, rows), 0);
    ck_assert_int_eq(memcmp(x->ended, y->ended, (size_t)x->lanes), 0);
    ck_assert_int_eq(memcmp(x->info, y->info, rows * x->spec->n_info * sizeof *x->info), 0);
}

/* what else a step leaves */
static inline void expect_equal_steps(const pv_batch *x, const pv_batch *y)
{
    const size_t agents = (size_t)x->agents;
    ck_assert_int_eq(x->episodes, y->episodes);
    for (uint32_t i = 0; i < x->spec->n_obs; i++) {
        const size_t size = agents * pv_space_size(&x->spec->obs[i]);
        ck_assert_int_eq(memcmp(x->last_obs[i], y->last_obs[i], (size_t)x->lanes * size), 0);
        for (int e = 0; e < x->episodes; e++) {
            const size_t at = (size_t)x->episode[e].lane * size;
            ck_assert_int_eq(memcmp((const char *)x->final_obs[i] + at,
                                    (const char *)y->final_obs[i] + at, size),
                             0);
        }
    }
    for (int e = 0; e < x->episodes; e++) {
        ck_assert_int_eq(x->episode[e].lane, y->episode[e].lane);
        ck_assert_uint_eq(x->episode[e].seed, y->episode[e].seed);
        ck_assert_uint_eq(x->episode[e].number, y->episode[e].number);
        ck_assert_uint_eq(x->episode[e].length, y->episode[e].length);
        ck_assert_int_eq(x->episode[e].terminated, y->episode[e].terminated);
        ck_assert_int_eq(
            memcmp(x->episode[e].returns, y->episode[e].returns, agents * sizeof(double)), 0);
    }
}

/* steps both with the same random actions (0 or 1) and compares all they show */
static inline void expect_equal_runs(pv_vector *a, pv_vector *b, int steps)
{
    const pv_batch *x = pv_vector_batch(a);
    const pv_batch *y = pv_vector_batch(b);
    pv_rng rng = pv_rng_split(1, "actions");
    expect_equal_batches(x, y);
    for (int i = 0; i < steps; i++) {
        for (int row = 0; row < x->rows; row++) {
            const int32_t action = (int32_t)pv_rng_below(&rng, 2);
            ((int32_t *)x->action[0])[row] = ((int32_t *)y->action[0])[row] = action;
        }
        ck_assert_int_eq(pv_vector_step(a), PV_OK);
        ck_assert_int_eq(pv_vector_step(b), PV_OK);
        expect_equal_batches(x, y);
        expect_equal_steps(x, y);
    }
}

#endif
