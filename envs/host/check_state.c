/* check_state.c: tests of save and load: that a state is all of a world, has one size, and that
   anything else handed to load does no harm. */
#include "envs/host/check_tests.h"

#include <stdio.h>
#include <string.h>

#define POINTS 8        /* at which an episode is saved */
#define CONTINUATION 40 /* steps compared after each */
#define PICTURES 8      /* painted of them */
#define DAMAGES 300     /* states tried that are none */

/* A rig with a buffer for its state; NULL where the test cannot go on. */
static pv_rig *create_saver(pv_check *check, pv_buffer *state)
{
    if (!check->env_class->save) {
        pv_check_skip(check, "the world has no save");
        return NULL;
    }
    pv_rig *rig = pv_rig_create(check, NULL);
    if (!rig || pv_rig_begin(rig, 1) != 0) {
        return NULL;
    }
    const size_t size = pv_rig_state_size(rig);
    if (size == 0 || size > (size_t)1 << 30) {
        pv_check_fail(check, "state_size is %zu", size);
        return NULL;
    }
    return pv_buffer_init(check, state, size, "the state") == 0 ? rig : NULL;
}

/* Saves on two poisons: the whole state must be written, nothing around it, the same each time. */
static int check_save(pv_rig *rig, pv_buffer *state, pv_buffer *again)
{
    const size_t size = pv_rig_state_size(rig);
    if (size != state->size) {
        return pv_check_fail(rig->check, "state_size was %zu and is %zu after step %llu",
                             state->size, size, (unsigned long long)rig->step);
    }
    memset(state->data, 0xA5, state->size);
    memset(again->data, 0x5A, again->size);
    if (pv_rig_keep(rig, state->data) != 0 || pv_rig_keep(rig, again->data) != 0 ||
        pv_buffer_guard(rig->check, state) != 0 || pv_buffer_guard(rig->check, again) != 0) {
        return -1;
    }
    for (size_t i = 0; i < state->size; i++) {
        const uint8_t a = state->data[i], b = again->data[i];
        if (a != b) {
            return pv_check_fail(rig->check,
                                 a == 0xA5 && b == 0x5A
                                     ? "save does not write byte %zu of the %zu it asked for"
                                     : "two saves of one moment differ in byte %zu of %zu",
                                 i, state->size);
        }
    }
    return 0;
}

static void save_size_constant(pv_check *check)
{
    pv_buffer state, again;
    pv_rig *rig = create_saver(check, &state);
    if (!rig || pv_buffer_init(check, &again, state.size, "the state") != 0) {
        return;
    }
    for (int i = 0; i < PV_CHECK_STEPS; i++) {
        if (check_save(rig, &state, &again) != 0 || pv_rig_go_on(rig) != 0) {
            return;
        }
    }
    pv_rig_destroy(rig);
    rig = pv_rig_create(check, NULL);
    if (rig && pv_rig_state_size(rig) != state.size) {
        pv_check_fail(check, "state_size is %zu before the first reset and %zu after it",
                      pv_rig_state_size(rig), state.size);
    }
}

/* Goes some way into an episode that is not over. */
static int go_somewhere(pv_rig *rig, uint64_t seed)
{
    if (pv_rig_begin(rig, seed) != 0) {
        return -1;
    }
    const int64_t steps = pv_draw_integer(&rig->rng, NULL, 0, 60);
    for (int64_t i = 0; i < steps; i++) {
        if (pv_rig_act(rig) != 0 || (pv_rig_over(rig) && pv_rig_begin(rig, rig->seed + 1) != 0)) {
            return -1;
        }
    }
    return pv_rig_over(rig) ? pv_rig_begin(rig, seed) : 0;
}

/* Records what the rig does from here until the end of the episode, at most CONTINUATION steps. */
static pv_trace *record_rest(pv_rig *rig)
{
    pv_trace *trace = pv_trace_create(rig, CONTINUATION);
    while (trace && trace->n < CONTINUATION && !pv_rig_over(rig)) {
        if (pv_trace_act(trace, rig) != 0) {
            return NULL;
        }
    }
    return trace;
}

static int restore_and_compare(pv_rig *rig, const pv_buffer *state, const pv_trace *trace,
                               uint64_t step, const char *words)
{
    if (pv_rig_restore(rig, state->data, state->size) != 0) {
        return -1;
    }
    rig->step = step;
    return pv_trace_replay(trace, rig, words);
}

/* One point: saved, gone on from, then restored in the same instance, in one with another past, and
   in one that was never reset. */
static int restore_at(pv_check *check, pv_buffer *state, uint64_t seed)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    if (!rig || (pv_rng_init(&rig->rng, seed), go_somewhere(rig, seed)) != 0 ||
        pv_rig_keep(rig, state->data) != 0) {
        return -1;
    }
    const uint64_t step = rig->step, episode = rig->seed;
    pv_trace *trace = record_rest(rig);
    if (!trace ||
        restore_and_compare(rig, state, trace, step, "after a load in the same instance") != 0) {
        return -1;
    }
    pv_rig_destroy(rig);
    for (int past = 0; past < 2; past++) {
        rig = pv_rig_create(check, NULL);
        if (!rig || (past && go_somewhere(rig, seed + 1000) != 0)) {
            return -1;
        }
        rig->seed = episode;
        if (restore_and_compare(rig, state, trace, step,
                                past ? "after a load in an instance with another past"
                                     : "after a load in a fresh instance") != 0) {
            return -1;
        }
        pv_rig_destroy(rig);
    }
    return 0;
}

static void restore_continues_equally(pv_check *check)
{
    pv_buffer state;
    pv_rig *rig = create_saver(check, &state);
    if (!rig) {
        return;
    }
    pv_rig_destroy(rig);
    for (uint64_t i = 0; i < POINTS; i++) {
        if (restore_at(check, &state, 10 * i + 1) != 0) {
            return;
        }
    }
}

/* --- states that are none --- */

/* Makes damage number i of a good state. */
static void damage(pv_rng *rng, const uint8_t *good, uint8_t *bad, size_t size, int i)
{
    const int64_t bytes = (int64_t)(size < UINT32_MAX ? size : UINT32_MAX);
    memcpy(bad, good, size);
    if (i < 2) {
        memset(bad, i ? 0xFF : 0, size);
    } else if (i % 4 == 0) {
        for (size_t j = 0; j < size; j++) {
            bad[j] = (uint8_t)pv_draw_integer(rng, NULL, 0, 256);
        }
    } else {
        for (int j = 0; j < i % 4; j++) {
            bad[pv_draw_integer(rng, NULL, 0, bytes)] = (uint8_t)pv_draw_integer(rng, NULL, 0, 256);
        }
    }
}

/* Uses the instance in every way, whatever the answers. */
static int use_damaged(pv_rig *rig, pv_buffer *state, pv_buffer *picture, int with_picture)
{
    for (int i = 0; i < 8; i++) {
        pv_rig_choose(rig);
        const int errors = rig->errors;
        if (pv_rig_judge(rig, "step", pv_rig_step(rig), errors) != 0) {
            return -1;
        }
        if (rig->env_class->state && i == 0) {
            pv_rig_state(rig);
        }
        if (rig->env_class->render && with_picture && i == 0) {
            pv_rig_render(rig, picture->data, 3u * (size_t)rig->spec.width);
        }
    }
    pv_rig_save(rig, state->data);
    return pv_buffer_guard(rig->check, state) || pv_buffer_guard(rig->check, picture) ||
                   pv_rig_guard(rig)
               ? -1
               : 0;
}

static void damaged_state_refused(pv_check *check)
{
    pv_buffer good, bad, picture;
    pv_rig *rig = create_saver(check, &good);
    pv_rng rng;
    pv_rng_init(&rng, 7);
    if (!rig || pv_buffer_init(check, &bad, good.size, "the state") != 0 ||
        pv_buffer_init(check, &picture, 3 * (size_t)rig->spec.width * rig->spec.height,
                       "the picture") != 0) {
        return;
    }
    int pictures = 0;
    for (int i = 0; i < DAMAGES && !pv_check_late(check); i++) {
        if (go_somewhere(rig, (uint64_t)i) != 0 || pv_rig_keep(rig, good.data) != 0) {
            return;
        }
        damage(&rng, good.data, bad.data, good.size, i);
        snprintf(check->note, sizeof check->note, "damaged state %d of seed 7", i);
        const int errors = rig->errors;
        const pv_status status = pv_rig_load(rig, bad.data, bad.size);
        if (pv_rig_judge(rig, "load of a damaged state", status, errors) != 0 ||
            use_damaged(rig, &bad, &picture, status == 0 && pictures++ < PICTURES) != 0) {
            return;
        }
    }
}

static void truncated_state_refused(pv_check *check)
{
    pv_buffer state;
    pv_rig *rig = create_saver(check, &state);
    if (!rig || go_somewhere(rig, 3) != 0 || pv_rig_keep(rig, state.data) != 0) {
        return;
    }
    const uint64_t step = rig->step;
    pv_trace *trace = record_rest(rig);
    if (!trace || pv_rig_restore(rig, state.data, state.size) != 0) {
        return;
    }
    rig->step = step;
    const size_t sizes[] = {state.size - 1, state.size / 2, 0, state.size + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const int errors = rig->errors;
        const pv_status status = pv_rig_load(rig, state.data, sizes[i]);
        if (status >= 0) {
            pv_check_fail(check, "load took %zu bytes for a state of %zu", sizes[i], state.size);
            return;
        }
        if (pv_rig_judge(rig, "load of a truncated state", status, errors) != 0) {
            return;
        }
    }
    pv_trace_replay(trace, rig, "after loads that were refused");
}

const pv_check_test pv_check_state[] = {
    {{"save-size-constant", "state",
      "A state has one size at all times, and save writes all of it and no more."},
     save_size_constant,
     PV_CHECK_WORLD},
    {{"restore-continues-equally", "state",
      "From a loaded state an episode goes on as it did, in any instance."},
     restore_continues_equally,
     PV_CHECK_WORLD},
    {{"damaged-state-refused", "state", "A damaged state is refused, or at least crashes nothing."},
     damaged_state_refused,
     PV_CHECK_WORLD},
    {{"truncated-state-refused", "state",
      "A state of another size is refused and changes nothing."},
     truncated_state_refused,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
