/* walk.h: a world in the hands of random actions, for tests that look at whole trajectories. */
#ifndef PAVLOV_TESTS_WALK_H
#define PAVLOV_TESTS_WALK_H

#include "play.h"

#include <stdlib.h>

typedef struct walk {
    play played;
    pv_rng choice;
    uint64_t episode;
    uint32_t length;
} walk;

static inline void walk_open(walk *walked, const char *world)
{
    walked->episode = walked->length = 0;
    pv_rng_init(&walked->choice, 11);
    ck_assert_msg(!play_open(&walked->played, world, NULL), "%s", pv_last_error());
}

/* ck_assert for what is asked a hundred thousand times */
static inline void expect(int truth, const char *what)
{
    if (!truth) {
        ck_abort_msg("%s", what);
    }
}

/* Takes one random step, or begins the next episode; returns whether it was a step. */
static inline int walk_on(walk *walked)
{
    play *played = &walked->played;
    const int32_t n = (int32_t)played->spec->action[0].n;
    if (walked->episode == 0 || played->terminated || walked->length == 200) {
        played->reward = 0.0f;
        played->terminated = played->truncated = 0;
        walked->length = 0;
        ck_assert_int_eq(play_reset(played, ++walked->episode), PV_OK);
        return 0;
    }
    walked->length++;
    played->reward = -12345.0f;
    played->terminated = played->truncated = 7;
    const int32_t action = (int32_t)pv_draw_integer(&walked->choice, NULL, 0, n);
    expect(play_step(played, action) == PV_OK, "a step failed");
    expect(played->reward != -12345.0f && played->terminated <= 1 && played->truncated == 0,
           "a step left its reward or flags unwritten");
    return 1;
}

static inline void walk_far(walk *walked, int steps)
{
    while (steps > 0) {
        steps -= walk_on(walked);
    }
}

static inline void add_bytes(uint64_t *hash, const void *data, size_t size)
{
    const uint8_t *byte = data;
    for (size_t i = 0; i < size; i++) {
        *hash = (*hash ^ byte[i]) * 1099511628211u; /* FNV-1a */
    }
}

/* Hashes what a walk shows over a number of steps, resets included. */
static inline uint64_t walk_hash(walk *walked, int steps)
{
    uint64_t hash = 14695981039346656037u;
    while (steps > 0) {
        steps -= walk_on(walked);
        const play *played = &walked->played;
        for (uint32_t i = 0; i < played->spec->n_obs; i++) {
            add_bytes(&hash, played->obs[i], pv_space_size(&played->spec->obs[i]));
        }
        add_bytes(&hash, &played->reward, sizeof played->reward);
        add_bytes(&hash, &played->terminated, 1);
        add_bytes(&hash, played->info, played->spec->n_info * sizeof played->info[0]);
    }
    return hash;
}

static inline uint8_t *must(void *memory)
{
    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* Returns the saved state, which the caller frees. */
static inline uint8_t *saved(const play *played)
{
    uint8_t *state = must(calloc(played->env_class->state_size(played->env), 1));
    ck_assert_int_eq(played->env_class->save(played->env, state), PV_OK);
    return state;
}

static inline void expect_unchanged(const play *played, const uint8_t *before)
{
    uint8_t *after = saved(played);
    ck_assert_mem_eq(after, before, played->env_class->state_size(played->env));
    free(after);
}

#endif
