/* parity_classic.h: traces of classic control. Each step is taken from the recorded state; then
   whole episodes are run on from their start alone, where what one step rounds off grows in the
   next. How much it may have grown follows from the motion itself: a deviation d of the state
   becomes J d + r in a step, J being the derivative of the motion there and r what the step rounds,
   so that after n steps none exceeds the sum over k of |J_n ... J_k+1| r_k. */
#ifndef PAVLOV_TESTS_PARITY_CLASSIC_H
#define PAVLOV_TESTS_PARITY_CLASSIC_H

#include "parity_compare.h"

#include "envs/classic.h"

enum { STATES = CLASSIC_NUMBERS, OBSERVED = 6, LONGEST = 1000 };

/* what is known of each world beside its trace */
typedef struct classic_rules {
    const char *id;
    int numbers;                      /* of its state */
    double tolerance;                 /* of a step, in each of them */
    double rounding;                  /* of a step, relative to max(1, |s|), for open loops */
    double nudge;                     /* for its derivative */
    double low[STATES], high[STATES]; /* a reset draws between */
} classic_rules;

static const classic_rules classic_worlds[] = {
    {"CartPole-v0", 4, 1e-12, 1e-15, 1e-6, {-.05, -.05, -.05, -.05}, {.05, .05, .05, .05}},
    {"CartPole-v1", 4, 1e-12, 1e-15, 1e-6, {-.05, -.05, -.05, -.05}, {.05, .05, .05, .05}},
    {"MountainCar-v0", 2, 1e-12, 1e-15, 1e-6, {-.6}, {-.4}},
    {"MountainCarContinuous-v0", 2, 1e-7, 1e-7, 1e-3, {-.6}, {-.4}},
    {"Acrobot-v1", 4, 1e-12, 4e-15, 1e-6, {-.1, -.1, -.1, -.1}, {.1, .1, .1, .1}},
    {"Pendulum-v1", 2, 1e-8, 2e-15, 1e-6, {-3.141592653589793, -1}, {3.141592653589793, 1}},
};

static const classic_rules *classic_rules_of(const comparison *compared)
{
    for (size_t i = 0; i < sizeof classic_worlds / sizeof classic_worlds[0]; i++) {
        if (strcmp(classic_worlds[i].id, compared->played.env_class->id) == 0) {
            return &classic_worlds[i];
        }
    }
    return NULL;
}

/* --- rows --- */

/* the columns of a trace of steps, -1 where there is none */
typedef struct classic_columns {
    int episode, t, action, reward, terminated, truncated;
    int state[STATES], next[STATES], obs[OBSERVED], next_obs[OBSERVED];
} classic_columns;

static int numbered_column(const trace *table, char letter, int i, const char *ending)
{
    char name[32];
    snprintf(name, sizeof name, "%c%d%s", letter, i, ending);
    return trace_column(table, name);
}

static classic_columns find_columns(const trace *table)
{
    classic_columns found = {.episode = trace_column(table, "episode"),
                             .t = trace_column(table, "t"),
                             .action = trace_column(table, "action"),
                             .reward = trace_column(table, "reward"),
                             .terminated = trace_column(table, "terminated"),
                             .truncated = trace_column(table, "truncated")};
    for (int i = 0; i < STATES; i++) {
        found.state[i] = numbered_column(table, 's', i, "");
        found.next[i] = numbered_column(table, 's', i, "_next");
    }
    for (int i = 0; i < OBSERVED; i++) {
        found.obs[i] = numbered_column(table, 'o', i, "");
        found.next_obs[i] = numbered_column(table, 'o', i, "_next");
    }
    return found;
}

static int has_all_columns(const comparison *compared, const classic_columns *at, int numbers)
{
    int all = at->episode >= 0 && at->t >= 0 && at->action >= 0 && at->reward >= 0 &&
              at->terminated >= 0 && at->truncated >= 0;
    for (int i = 0; i < numbers; i++) {
        all = all && at->state[i] >= 0 && at->next[i] >= 0;
    }
    for (uint32_t i = 0; i < compared->played.spec->obs[0].shape[0]; i++) {
        all = all && i < OBSERVED && at->next_obs[i] >= 0;
    }
    return all;
}

static void read_numbers(const comparison *compared, size_t row, const int *columns, int n,
                         double *numbers)
{
    for (int i = 0; i < n; i++) {
        numbers[i] = trace_number(compared->table, row, columns[i]);
    }
}

/* --- stepping from a state --- */

/* Steps from a state of the test's choice with the action of a row; returns its status. */
static pv_status step_from(comparison *compared, const classic_columns *at, size_t row,
                           const double *from, uint32_t phase, double *to)
{
    play *played = &compared->played;
    classic_state state = {.phase = phase};
    for (int i = 0; i < STATES; i++) {
        state.s[i] = from[i];
    }
    ck_assert_uint_eq(played->env_class->state_size(played->env), sizeof state);
    if (played->env_class->load(played->env, &state, sizeof state)) {
        return -1;
    }
    const double action = trace_number(compared->table, row, at->action);
    const int discrete = played->spec->action[0].n > 0;
    if (discrete ? play_step(played, (int32_t)action) : play_push(played, (float)action)) {
        return -1;
    }
    played->env_class->save(played->env, &state);
    for (int i = 0; i < STATES; i++) {
        to[i] = state.s[i];
    }
    return PV_OK;
}

/* A reset keeps more digits than a step, and steps beyond the end are paid otherwise. */
static uint32_t phase_of(const comparison *compared, const classic_columns *at, size_t row)
{
    if (trace_number(compared->table, row, at->t) == 0.0) {
        return CLASSIC_BEGUN;
    }
    const int over = row > 0 && trace_number(compared->table, row - 1, at->terminated) != 0.0;
    return over ? CLASSIC_OVER : CLASSIC_RUNNING;
}

/* --- step by step --- */

/* Compares what was observed; a state within its tolerance may round to the float beside. */
static int same_floats(const comparison *compared, size_t row, const int *columns, double tolerance)
{
    float seen[OBSERVED];
    const uint32_t n = compared->played.spec->obs[0].shape[0];
    memcpy(seen, compared->played.obs[0], n * sizeof *seen);
    for (uint32_t i = 0; i < n; i++) {
        const double recorded = trace_number(compared->table, row, columns[i]);
        const double unit = (double)nextafterf((float)fabs(recorded), INFINITY) - fabs(recorded);
        if (!(fabs((double)seen[i] - recorded) <= tolerance + unit)) {
            return 0;
        }
    }
    return 1;
}

static const char *compare_step(comparison *compared, const classic_columns *at, size_t row,
                                const classic_rules *rules, int *exact)
{
    const trace *table = compared->table;
    const play *played = &compared->played;
    double from[STATES] = {0};
    double to[STATES];
    double recorded[STATES] = {0};
    read_numbers(compared, row, at->state, rules->numbers, from);
    read_numbers(compared, row, at->next, rules->numbers, recorded);
    if (step_from(compared, at, row, from, phase_of(compared, at, row), to)) {
        return played->instance.message;
    }
    for (int i = 0; i < rules->numbers; i++) {
        if (!(fabs(to[i] - recorded[i]) <= rules->tolerance)) {
            return "another state";
        }
        *exact = *exact && to[i] == recorded[i];
    }
    const double limit = played->spec->max_steps;
    const int late = trace_number(table, row, at->t) + 1.0 >= limit;
    return played->reward != (float)trace_number(table, row, at->reward)    ? "another reward"
           : played->terminated != trace_number(table, row, at->terminated) ? "another end"
           : late != (int)trace_number(table, row, at->truncated)           ? "cut short elsewhere"
           : !same_floats(compared, row, at->next_obs, rules->tolerance)    ? "another observation"
                                                                            : NULL;
}

/* --- whole episodes --- */

typedef struct matrix {
    double at[STATES][STATES];
} matrix;

/* how deviations of earlier steps have grown since */
typedef struct growth {
    matrix since[LONGEST]; /* J_n ... J_k+1 */
    double rounded[LONGEST][STATES];
    int n;
} growth;

/* Angles that were wrapped differ by whole turns from those that were not. */
static double difference(double a, double b)
{
    const double d = a - b;
    return fabs(d) > 3.0 ? remainder(d, 2.0 * classic_pi) : d;
}

/* Finds the derivative of a row's motion at a state, by differences; fails where it cannot be
   stepped from. */
static pv_status derivative(comparison *compared, const classic_columns *at, size_t row,
                            const classic_rules *rules, const double *state, matrix *j)
{
    const uint32_t phase = phase_of(compared, at, row);
    double here[STATES];
    memset(j, 0, sizeof *j);
    if (step_from(compared, at, row, state, phase, here)) {
        return -1;
    }
    for (int k = 0; k < rules->numbers; k++) {
        double there[2][STATES];
        double width = 0.0;
        for (int side = 0; side < 2; side++) {
            double moved[STATES];
            memcpy(moved, state, sizeof moved);
            moved[k] += side ? rules->nudge : -rules->nudge;
            if (step_from(compared, at, row, moved, phase, there[side])) { /* beyond the edge */
                memcpy(there[side], here, sizeof here);
            } else {
                width += rules->nudge;
            }
        }
        for (int i = 0; width > 0.0 && i < rules->numbers; i++) {
            j->at[i][k] = difference(there[1][i], there[0][i]) / width;
        }
    }
    return PV_OK;
}

static matrix product(const matrix *a, const matrix *b)
{
    matrix c = {{{0}}};
    for (int i = 0; i < STATES; i++) {
        for (int j = 0; j < STATES; j++) {
            for (int k = 0; k < STATES; k++) {
                c.at[i][j] += a->at[i][k] * b->at[k][j];
            }
        }
    }
    return c;
}

/* Adds a step that moves deviations by `j` and rounds its result; `bound` is what may now be,
   unbounded in episodes too long. */
static void grow(growth *g, const matrix *j, const classic_rules *rules, const double *to,
                 double *bound)
{
    for (int i = 0; i < STATES; i++) {
        bound[i] = g->n < LONGEST ? 0.0 : INFINITY;
    }
    if (g->n == LONGEST) {
        return;
    }
    for (int k = 0; k < g->n; k++) {
        g->since[k] = product(j, &g->since[k]);
    }
    matrix one = {{{0}}};
    for (int i = 0; i < STATES; i++) {
        one.at[i][i] = 1.0;
        g->rounded[g->n][i] = rules->rounding * fmax(1.0, fabs(to[i]));
    }
    g->since[g->n++] = one;
    for (int i = 0; i < STATES; i++) {
        for (int k = 0; k < g->n; k++) {
            for (int m = 0; m < rules->numbers; m++) {
                bound[i] += fabs(g->since[k].at[i][m]) * g->rounded[k][m];
            }
        }
    }
}

/* how whole episodes went */
typedef struct drift {
    long long steps; /* that could be bounded */
    double largest;  /* deviation */
    double share;    /* of its bound, the largest */
} drift;

enum { BOUNDED = 1000 }; /* a thousandth is a bound, more is chaos */

/* Compares where an episode has come to with what was recorded, as far as that can be bounded. */
static void compare_drift(comparison *compared, size_t row, const classic_rules *rules,
                          const double *now, const double *recorded, const double *bound,
                          drift *found)
{
    for (int i = 0; i < rules->numbers; i++) {
        if (!(bound[i] * BOUNDED < 1.0)) {
            return;
        }
    }
    int explained = 1;
    for (int i = 0; i < rules->numbers; i++) {
        const double deviation = fabs(difference(now[i], recorded[i]));
        found->largest = fmax(found->largest, deviation);
        found->share = fmax(found->share, deviation / bound[i]);
        explained = explained && deviation <= bound[i];
    }
    found->steps++;
    if (!explained) {
        mismatch(compared, row, "the episode has drifted further than rounding explains");
    }
}

/* Runs one episode on from its start, from row `first`; returns the row after its last. */
static size_t compare_episode(comparison *compared, const classic_columns *at, size_t first,
                              const classic_rules *rules, growth *g, drift *found)
{
    const double episode = trace_number(compared->table, first, at->episode);
    double now[STATES] = {0};
    size_t row = first;
    g->n = 0;
    read_numbers(compared, first, at->state, rules->numbers, now);
    for (; row < compared->table->rows; row++) {
        double recorded[STATES] = {0};
        double from[STATES] = {0};
        double bound[STATES];
        matrix j;
        if (trace_number(compared->table, row, at->episode) != episode) {
            break;
        }
        read_numbers(compared, row, at->state, rules->numbers, from);
        read_numbers(compared, row, at->next, rules->numbers, recorded);
        if (derivative(compared, at, row, rules, from, &j)) {
            mismatch(compared, row, compared->played.instance.message);
            continue;
        }
        grow(g, &j, rules, recorded, bound);
        if (step_from(compared, at, row, now, phase_of(compared, at, row), now) == PV_OK) {
            compare_drift(compared, row, rules, now, recorded, bound, found);
        }
    }
    return row;
}

static void compare_episodes(comparison *compared, const classic_columns *at,
                             const classic_rules *rules)
{
    drift found = {0};
    growth *g = must(malloc(sizeof *g));
    size_t row = 0;
    while (row < compared->table->rows) {
        row = trace_number(compared->table, row, at->t) == 0.0
                  ? compare_episode(compared, at, row, rules, g, &found)
                  : row + 1;
    }
    free(g);
    say(compared->total,
        "  open loop: %lld steps can be bounded; largest deviation %.1e, %.2g of its bound\n",
        found.steps, found.largest, found.share);
}

/* --- kinds of traces --- */

static void compare_steps(comparison *compared)
{
    const classic_rules *rules = classic_rules_of(compared);
    const classic_columns at = find_columns(compared->table);
    int exact_rows = 0;
    if (!rules || !has_all_columns(compared, &at, rules->numbers)) {
        mismatch(compared, 0, "columns are missing");
        return;
    }
    for (size_t row = 0; row < compared->table->rows; row++) {
        int exact = 1;
        const char *wrong = compare_step(compared, &at, row, rules, &exact);
        exact_rows += exact;
        if (wrong) {
            mismatch(compared, row, wrong);
        }
    }
    say(compared->total, "  step by step: %d of %zu rows to the last bit\n", exact_rows,
        compared->table->rows);
    compare_episodes(compared, &at, rules);
}

/* The draw that leads to a number between low and high. */
static void invert_draw(char *text, size_t room, double number, double low, double high)
{
    const double u = (number - low) / (high - low);
    const double grid = 0x1p53;
    const size_t used = strlen(text);
    snprintf(text + used, room - used, "%suniform()=%.17g", used ? ";" : "",
             fmin(fmax(nearbyint(u * grid) / grid, 0.0), 1.0 - 1.0 / grid));
}

/* Resets with the row's draws, or, where a trace has none, with those its start tells. */
static const char *compare_reset(comparison *compared, const classic_columns *at, int draws_column,
                                 size_t row, const classic_rules *rules)
{
    play *played = &compared->played;
    recorded_draws *draws = played->instance.host.draws->ctx;
    double start[STATES] = {0};
    double tolerance = draws_column < 0 ? 1e-15 : 0.0;
    char inverted[256] = "";
    classic_state state;
    read_numbers(compared, row, at->state, rules->numbers, start);
    for (int i = 0; draws_column < 0 && i < rules->numbers; i++) {
        if (rules->low[i] < rules->high[i]) {
            invert_draw(inverted, sizeof inverted, start[i], rules->low[i], rules->high[i]);
        }
    }
    const char *text = draws_column < 0 ? inverted : trace_cell(compared->table, row, draws_column);
    *draws = (recorded_draws){text, 0};
    if (play_reset(played, 0)) {
        return played->instance.message;
    }
    played->env_class->save(played->env, &state);
    for (int i = 0; i < rules->numbers; i++) {
        if (!(fabs(state.s[i] - start[i]) <= tolerance)) {
            return "another start";
        }
    }
    return draws->wrong || *draws->rest                      ? "other draws"
           : !same_floats(compared, row, at->obs, tolerance) ? "another observation"
                                                             : NULL;
}

static void compare_resets(comparison *compared)
{
    const classic_rules *rules = classic_rules_of(compared);
    const classic_columns at = find_columns(compared->table);
    const int draws_column = trace_column(compared->table, "draws");
    if (!rules) {
        mismatch(compared, 0, "not a world of classic control");
        return;
    }
    for (size_t row = 0; row < compared->table->rows; row++) {
        const char *wrong = compare_reset(compared, &at, draws_column, row, rules);
        if (wrong) {
            mismatch(compared, row, wrong);
        }
    }
}

#endif
