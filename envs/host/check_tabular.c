/* check_tabular.c: tests of worlds that number their states: the numbers, the transition table and
   whether steps do what the table says. */
#include "envs/host/check_tests.h"

#include <math.h>
#include <string.h>

#define CAPACITY 65536    /* outcomes of one state and action */
#define MAX_PAIRS 200000u /* states and actions looked at, evenly spread where there are more */
#define TOLERANCE 1e-12   /* of a sum of probabilities */

/* A rig of a tabular world; NULL where the test does not apply. */
static pv_rig *create_tabular(pv_check *check, int needs_outcomes)
{
    if (!check->env_class->state || (needs_outcomes && !check->env_class->outcomes)) {
        pv_check_skip(check, check->env_class->state ? "the world has no outcomes"
                                                     : "the world does not number its states");
        return NULL;
    }
    pv_rig *rig = pv_rig_create(check, NULL);
    if (rig && rig->spec.n_states == 0) {
        pv_check_skip(check, "the world is no table of states with these parameters");
        return NULL;
    }
    if (rig && needs_outcomes &&
        (rig->spec.n_action != 1 || rig->spec.action[0].n == 0 || rig->spec.agents != 1 ||
         pv_space_count(&rig->spec.action[0]) != 1)) {
        pv_check_fail(check, "outcomes need one agent and one action that is a category");
        return NULL;
    }
    return rig;
}

static void state_in_range(pv_check *check)
{
    pv_rig *rig = create_tabular(check, 0);
    for (int i = 0; rig && i < 10 * PV_CHECK_STEPS && !pv_check_late(check); i++) {
        if ((i == 0 ? pv_rig_begin(rig, 1) : pv_rig_go_on(rig)) != 0) {
            return;
        }
        const uint32_t state = pv_rig_state(rig);
        if (state >= rig->spec.n_states) {
            pv_check_fail(check, "state is %u of %u at step %llu of the episode with seed %llu",
                          state, rig->spec.n_states, (unsigned long long)rig->step,
                          (unsigned long long)rig->seed);
        }
    }
}

/* --- the table --- */

/* Reads outcomes in both ways a caller may: asking for the count first, and with little room. */
static int read_outcomes(pv_rig *rig, uint32_t state, uint32_t action, pv_buffer *buffer,
                         uint32_t *n)
{
    pv_outcome *outcomes = (pv_outcome *)(void *)buffer->data;
    *n = pv_rig_outcomes(rig, state, action, NULL, 0);
    if (*n > CAPACITY) {
        return pv_check_fail(rig->check, "state %u, action %u: %u outcomes", state, action, *n);
    }
    buffer->data[0] = 0x5A;
    if (*n > 1) {
        pv_outcome *last = &outcomes[*n - 1];
        memset(last, 0x5A, sizeof *last);
        const pv_outcome before = *last;
        if (pv_rig_outcomes(rig, state, action, outcomes, *n - 1) != *n ||
            memcmp(last, &before, sizeof before) != 0) {
            return pv_check_fail(rig->check,
                                 "state %u, action %u: with room for %u of %u outcomes "
                                 "it counts or writes others",
                                 state, action, *n - 1, *n);
        }
    }
    if (pv_rig_outcomes(rig, state, action, outcomes, *n) != *n) {
        return pv_check_fail(rig->check, "state %u, action %u: %u outcomes, then another number",
                             state, action, *n);
    }
    return 0;
}

/* Checks one distribution, and marks what can follow: 1 a state that goes on. */
static int check_distribution(pv_rig *rig, uint32_t state, uint32_t action, pv_buffer *buffer,
                              uint8_t *follows)
{
    uint32_t n;
    if (read_outcomes(rig, state, action, buffer, &n) != 0) {
        return -1;
    }
    const pv_outcome *outcomes = (const pv_outcome *)(const void *)buffer->data;
    const int is_start = state == UINT32_MAX;
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        const pv_outcome *o = &outcomes[i];
        if (!(o->probability >= 0.0 && o->probability <= 1.0 + TOLERANCE) ||
            o->next >= rig->spec.n_states ||
            (!is_start && (!isfinite(o->reward) || o->terminated > 1))) {
            return pv_check_fail(rig->check,
                                 "state %d, action %u, outcome %u: probability %g, "
                                 "next %u of %u, reward %g, terminated %u",
                                 (int)state, action, i, o->probability, o->next, rig->spec.n_states,
                                 o->reward, o->terminated);
        }
        sum += o->probability;
        if (o->probability > 0.0 && (is_start || !o->terminated)) {
            follows[o->next] = 1;
        }
    }
    if (fabs(sum - 1.0) > TOLERANCE && (n > 0 || is_start)) {
        return pv_check_fail(rig->check,
                             "state %d, action %u: the probabilities of %u outcomes "
                             "sum to %.17g",
                             (int)state, action, n, sum);
    }
    return n > 0;
}

static void outcomes_are_distributions(pv_check *check)
{
    pv_rig *rig = create_tabular(check, 1);
    pv_buffer buffer;
    if (!rig || pv_rig_begin(rig, 1) != 0 ||
        pv_buffer_init(check, &buffer, CAPACITY * sizeof(pv_outcome), "the outcomes") != 0) {
        return;
    }
    const uint32_t states = rig->spec.n_states, actions = rig->spec.action[0].n;
    const uint32_t stride = 1u + (uint32_t)((uint64_t)states * actions / MAX_PAIRS);
    uint8_t *follows = pv_check_alloc(check, states), *empty = pv_check_alloc(check, states);
    if (!follows || !empty || check_distribution(rig, UINT32_MAX, 0, &buffer, follows) < 0) {
        return;
    }
    for (uint32_t state = 0; state < states && !pv_check_late(check); state += stride) {
        for (uint32_t action = 0; action < actions; action++) {
            const int some = check_distribution(rig, state, action, &buffer, follows);
            if (some < 0 || pv_buffer_guard(check, &buffer) != 0) {
                return;
            }
            empty[state] |= !some;
        }
    }
    for (uint32_t state = 0; state < states; state++) {
        if (follows[state] && empty[state]) {
            pv_check_fail(check, "state %u can be reached and has an action without outcomes",
                          state);
            return;
        }
    }
}

/* Looks for what happened among the outcomes; rewards compare as floats, which step gives. */
static int find_outcome(pv_rig *rig, uint32_t state, uint32_t action, pv_buffer *buffer)
{
    const uint32_t next = pv_rig_state(rig);
    const float reward = rig->io.reward[0];
    const uint32_t terminated = rig->io.terminated[0];
    uint32_t n;
    if (read_outcomes(rig, state, action, buffer, &n) != 0) {
        return -1;
    }
    const pv_outcome *outcomes = (const pv_outcome *)(const void *)buffer->data;
    for (uint32_t i = 0; i < n; i++) {
        const float listed = (float)outcomes[i].reward;
        if (outcomes[i].probability > 0.0 && outcomes[i].next == next &&
            outcomes[i].terminated == terminated && !(listed < reward) && !(listed > reward)) {
            return 0;
        }
    }
    return pv_check_fail(rig->check,
                         "state %u, action %u led to state %u, reward %g, terminated "
                         "%u, which is none of its %u outcomes (seed %llu, step %llu)",
                         state, action, next, (double)reward, terminated, n,
                         (unsigned long long)rig->seed, (unsigned long long)rig->step);
}

/* A state an episode began in must be one of the start distribution. */
static int find_start(pv_rig *rig, pv_buffer *buffer)
{
    const uint32_t state = pv_rig_state(rig);
    uint32_t n;
    if (read_outcomes(rig, UINT32_MAX, 0, buffer, &n) != 0) {
        return -1;
    }
    const pv_outcome *outcomes = (const pv_outcome *)(const void *)buffer->data;
    for (uint32_t i = 0; i < n; i++) {
        if (outcomes[i].next == state && outcomes[i].probability > 0.0) {
            return 0;
        }
    }
    return pv_check_fail(rig->check,
                         "reset(%llu) begins in state %u, which the start distribution "
                         "does not have",
                         (unsigned long long)rig->seed, state);
}

static void outcomes_match_steps(pv_check *check)
{
    pv_rig *rig = create_tabular(check, 1);
    pv_buffer buffer;
    if (!rig ||
        pv_buffer_init(check, &buffer, CAPACITY * sizeof(pv_outcome), "the outcomes") != 0 ||
        pv_rig_begin(rig, 1) != 0 || find_start(rig, &buffer) != 0) {
        return;
    }
    for (int i = 0; i < 10 * PV_CHECK_STEPS && !pv_check_late(check); i++) {
        if (pv_rig_over(rig)) {
            if (pv_rig_begin(rig, rig->seed + 1) != 0 || find_start(rig, &buffer) != 0) {
                return;
            }
            continue;
        }
        const uint32_t state = pv_rig_state(rig);
        if (pv_rig_act(rig) != 0) {
            return;
        }
        int32_t action;
        memcpy(&action, pv_rig_action(rig, 0)->data, sizeof action);
        if (find_outcome(rig, state, (uint32_t)action, &buffer) != 0) {
            return;
        }
    }
}

/* --- the picture --- */

static int check_rects(pv_rig *rig)
{
    const uint32_t states = rig->spec.n_states, stride = 1u + states / 5000u;
    int found = 0;
    for (uint32_t state = 0; state < states; state += stride) {
        pv_rect rect = {0};
        if (!pv_rig_locate(rig, state, &rect)) {
            continue;
        }
        found = 1;
        if (rect.x < 0 || rect.y < 0 || rect.width <= 0 || rect.height <= 0 ||
            (int64_t)rect.x + rect.width > (int64_t)rig->spec.width ||
            (int64_t)rect.y + rect.height > (int64_t)rig->spec.height) {
            return pv_check_fail(rig->check,
                                 "state %u is located at %d,%d with %d x %d, the "
                                 "picture has %u x %u",
                                 state, rect.x, rect.y, rect.width, rect.height, rig->spec.width,
                                 rig->spec.height);
        }
    }
    return found;
}

static void locate_inside_picture(pv_check *check)
{
    if (!check->env_class->locate) {
        pv_check_skip(check, "the world has no locate");
        return;
    }
    pv_rig *rig = create_tabular(check, 0);
    int found = 0;
    for (int i = 0; rig && i < 20; i++) {
        if ((i == 0 ? pv_rig_begin(rig, 1) : pv_rig_go_on(rig)) != 0) {
            return;
        }
        const int some = check_rects(rig);
        if (some < 0) {
            return;
        }
        found |= some;
    }
    if (rig && !found) {
        pv_check_fail(check, "locate finds no state in the picture");
    }
}

const pv_check_test pv_check_tabular[] = {
    {{"state-in-range", "tabular", "The number of the state is below n_states."},
     state_in_range,
     PV_CHECK_WORLD},
    {{"outcomes-are-distributions", "tabular",
      "The outcomes of each state and action, and the starts, have probabilities that sum to 1."},
     outcomes_are_distributions,
     PV_CHECK_WORLD},
    {{"outcomes-match-steps", "tabular", "Whatever a step or reset does is among the outcomes."},
     outcomes_match_steps,
     PV_CHECK_WORLD},
    {{"locate-inside-picture", "tabular", "Where a state is drawn is inside the picture."},
     locate_inside_picture,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
