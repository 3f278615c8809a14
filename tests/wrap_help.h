/* wrap_help.h: wrapped worlds of tests/good/show.c, stepped by hand. */
#ifndef PAVLOV_TESTS_WRAP_HELP_H
#define PAVLOV_TESTS_WRAP_HELP_H

#include "core/memory.h"
#include "core/rng.h"
#include "envs/host/vector.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define GOOD PV_TEST_BUILD_DIR "/good"
#define SHOW GOOD "/show.so#test/Show-v1"
#define SHOW_AGAIN GOOD "/show.so#test/ShowAgain-v1"
#define DUEL GOOD "/duel.so#test/Duel-v1"

enum { FRAME, NUMBERS, KIND };

static size_t live_before;
static pv_world *world;
static pv_vector *vector;
static const pv_batch *batch;

static inline void begin_test(void)
{
    live_before = pv_memory_live();
}

static inline void close_world(void)
{
    pv_vector_destroy(vector);
    pv_world_close(world);
    vector = NULL;
    world = NULL;
}

static inline void end_test(void)
{
    close_world();
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

/* opens a world behind wrappers and begins an episode in every lane */
static inline void start(const char *text, const char *wrap, int lanes, pv_purpose purpose)
{
    world = pv_world_open_wrapped(text, wrap);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = lanes;
    config.purpose = purpose;
    vector = pv_vector_create(&config);
    ck_assert_msg(vector != NULL, "%s", pv_last_error());
    batch = pv_vector_batch(vector);
    ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
}

/* the same action in every row */
static inline void step(int32_t action)
{
    for (int row = 0; row < batch->rows; row++) {
        ((int32_t *)batch->action[0])[row] = action;
    }
    ck_assert_msg(pv_vector_step(vector) == PV_OK, "%s", pv_last_error());
}

static inline const float *numbers(int lane)
{
    return (const float *)batch->obs[NUMBERS] +
           (size_t)lane * pv_space_count(&batch->spec->obs[NUMBERS]);
}

/* the start s of an episode, worked out apart from the vector */
static inline int32_t start_of(uint64_t lane, uint64_t number)
{
    const uint64_t hashed[] = {PV_FOR_TRAINING, lane, number};
    pv_rng rng;
    pv_rng_init(&rng, pv_seed_hash(1, hashed, 3));
    return (int32_t)pv_draw_integer(&rng, NULL, 0, 10);
}

/* the byte of a frame by the world's formula */
static inline uint8_t frame_byte(int32_t t, uint32_t y, uint32_t x, uint32_t c, int32_t s)
{
    return (uint8_t)(40u * (uint32_t)t + 17u * y + 5u * x + 60u * c + (uint32_t)s);
}

#endif
