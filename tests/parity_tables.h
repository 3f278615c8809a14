/* parity_tables.h: traces that are tables: transitions, start distribution, values. */
#ifndef PAVLOV_TESTS_PARITY_TABLES_H
#define PAVLOV_TESTS_PARITY_TABLES_H

#include "parity_compare.h"

#include <math.h>

enum { MOST_OUTCOMES = 2048 };

static uint32_t outcomes_of(const comparison *compared, uint32_t state, uint32_t action,
                            pv_outcome *outcomes)
{
    ck_assert(compared->played.env_class->outcomes != NULL);
    const uint32_t n = play_outcomes(&compared->played, state, action, outcomes, MOST_OUTCOMES);
    ck_assert_uint_le(n, MOST_OUTCOMES);
    return n;
}

static int same_outcome(const comparison *compared, size_t row, const pv_outcome *outcome)
{
    return outcome->probability == trace_number(compared->table, row, 2) &&
           outcome->next == (uint32_t)trace_number(compared->table, row, 3) &&
           (float)outcome->reward == (float)trace_number(compared->table, row, 4) &&
           outcome->terminated == (uint32_t)trace_number(compared->table, row, 5);
}

/* The k-th row of a (state, action) is the k-th outcome the world lists. */
static void compare_transitions(comparison *compared)
{
    static pv_outcome outcomes[MOST_OUTCOMES];
    const uint32_t actions = compared->played.spec->action[0].n;
    const size_t pairs = (size_t)compared->played.spec->n_states * actions;
    uint32_t *seen = must(calloc(pairs + 1, sizeof *seen));
    for (size_t row = 0; row < compared->table->rows; row++) {
        const size_t state = (size_t)trace_number(compared->table, row, 0);
        const size_t action = (size_t)trace_number(compared->table, row, 1);
        if (state >= compared->played.spec->n_states || action >= actions) {
            mismatch(compared, row, "the world has no such state or action");
            continue;
        }
        const uint32_t n = outcomes_of(compared, (uint32_t)state, (uint32_t)action, outcomes);
        const uint32_t k = seen[state * actions + action]++;
        if (k >= n) {
            mismatch(compared, row, "the world has fewer outcomes");
        } else if (!same_outcome(compared, row, &outcomes[k])) {
            mismatch(compared, row, "another outcome");
        }
    }
    for (size_t pair = 0; pair < pairs; pair++) {
        if (seen[pair] != outcomes_of(compared, (uint32_t)(pair / actions),
                                      (uint32_t)(pair % actions), outcomes)) {
            mismatch(compared, compared->table->rows, "the world has other outcomes");
        }
    }
    free(seen);
}

static void compare_start(comparison *compared)
{
    static pv_outcome outcomes[MOST_OUTCOMES];
    const uint32_t n = outcomes_of(compared, UINT32_MAX, 0, outcomes);
    for (size_t row = 0; row < compared->table->rows; row++) {
        if (row >= n || outcomes[row].next != (uint32_t)trace_number(compared->table, row, 0) ||
            outcomes[row].probability != trace_number(compared->table, row, 1)) {
            mismatch(compared, row, "another start");
        }
    }
    if (n > compared->table->rows) {
        mismatch(compared, compared->table->rows, "the world has more starts");
    }
}

/* r + gamma v(s') summed over the outcomes of (state, action) */
static double action_value(const comparison *compared, uint32_t state, uint32_t action,
                           const double *value)
{
    pv_outcome outcomes[64];
    const uint32_t n = play_outcomes(&compared->played, state, action, outcomes, 64);
    double sum = 0.0;
    ck_assert_uint_le(n, 64);
    for (uint32_t i = 0; i < n; i++) {
        const double after = outcomes[i].terminated ? 0.0 : value[outcomes[i].next];
        sum += outcomes[i].probability * (outcomes[i].reward + compared->gamma * after);
    }
    return sum;
}

/* Value iteration until no value moves; returns the values, which the caller frees. */
static double *optimal_values(const comparison *compared)
{
    const uint32_t states = compared->played.spec->n_states;
    double *value = must(calloc(states, sizeof *value));
    double moved = 1.0;
    for (int sweep = 0; sweep < 100000 && moved > 1e-12; sweep++) {
        moved = 0.0;
        for (uint32_t state = 0; state < states; state++) {
            double best = -INFINITY;
            for (uint32_t action = 0; action < compared->played.spec->action[0].n; action++) {
                best = fmax(best, action_value(compared, state, action, value));
            }
            moved = fmax(moved, fabs(best - value[state]));
            value[state] = best;
        }
    }
    return value;
}

static void compare_values(comparison *compared)
{
    const int actions = (int)compared->played.spec->action[0].n;
    double *value = optimal_values(compared);
    if (compared->table->rows != compared->played.spec->n_states ||
        compared->table->columns != actions + 2) {
        mismatch(compared, 0, "the world has other states or actions");
    }
    for (size_t row = 0; row < compared->table->rows; row++) {
        const size_t state = (size_t)trace_number(compared->table, row, 0);
        int same = state < compared->played.spec->n_states &&
                   compared->table->columns == actions + 2 &&
                   fabs(value[state] - trace_number(compared->table, row, actions + 1)) <= 1e-9;
        for (int action = 0; same && action < actions; action++) {
            const double q = action_value(compared, (uint32_t)state, (uint32_t)action, value);
            same = fabs(q - trace_number(compared->table, row, action + 1)) <= 1e-9;
        }
        if (!same) {
            mismatch(compared, row, "another value");
        }
    }
    free(value);
}

#endif
