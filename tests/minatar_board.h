/* minatar_board.h: one MinAtar game in the hands of a test that decides its draws, for the files
   that include a game's .c file and set up the moments they are about. */
#ifndef PAVLOV_TESTS_MINATAR_BOARD_H
#define PAVLOV_TESTS_MINATAR_BOARD_H

#include "play.h"

#include "core/memory.h"

#include <stdlib.h>

typedef struct board {
    play played;
    pv_draws draws;
    double value[40]; /* what the next draws give, in order */
    int n, drawn;     /* how many are set; how many were taken in the last call */
} board;

/* a draw that nobody decided is one that changes nothing: not sticky, the lowest integer */
static inline double board_uniform(void *ctx)
{
    board *b = ctx;
    return b->drawn < b->n ? b->value[b->drawn++] : (b->drawn++, 0.9);
}

static inline int64_t board_integer(void *ctx, int64_t low, int64_t end)
{
    board *b = ctx;
    const int64_t value = b->drawn < b->n ? (int64_t)b->value[b->drawn] : low;
    b->drawn++;
    ck_assert_msg(value >= low && value < end, "%d is not one of %d to %d", (int)value, (int)low,
                  (int)end - 1);
    return value;
}

static inline void board_reset(board *b)
{
    b->drawn = 0;
    ck_assert_int_eq(play_reset(&b->played, 1), PV_OK);
    b->n = 0;
}

/* Opens a game and begins an episode, in which the draws set before are taken. */
static inline void board_open(board *b, const char *world)
{
    b->draws = (pv_draws){(uint32_t)sizeof(pv_draws), b, board_uniform, board_integer};
    ck_assert_msg(!play_open(&b->played, world, &b->draws), "%s", pv_last_error());
    board_reset(b);
}

static inline void board_close(board *b)
{
    play_close(&b->played);
    ck_assert_uint_eq(pv_memory_live(), 0);
}

/* Sets what the next draws give. */
static inline void board_decide(board *b, const double *values, int n)
{
    ck_assert_int_le(n, (int)(sizeof b->value / sizeof b->value[0]));
    memcpy(b->value, values, (size_t)n * sizeof *values);
    b->n = n;
}

/* Sets the draws of the next step, the first of which is the one for sticky actions. */
#define DECIDE(b, ...)                                                                             \
    board_decide(b, (const double[]){0.9, __VA_ARGS__},                                            \
                 (int)(sizeof((const double[]){0.9, __VA_ARGS__}) / sizeof(double)))

/* Takes a step; returns the reward. */
static inline int act(board *b, int action)
{
    b->drawn = 0;
    ck_assert_int_eq(play_step(&b->played, action), PV_OK);
    ck_assert_int_ge(b->drawn, b->n); /* what was decided was asked for */
    b->n = 0;
    return (int)b->played.reward;
}

/* Takes the same action a number of times; returns the sum of the rewards. */
static inline int act_times(board *b, int action, int times)
{
    int sum = 0;
    for (int i = 0; i < times; i++) {
        sum += act(b, action);
    }
    return sum;
}

static inline int is_over(const board *b)
{
    return b->played.terminated;
}

static inline int flag_at(const board *b, int channel, int row, int column)
{
    const uint32_t channels = b->played.spec->obs[0].shape[2];
    const uint8_t *flags = (const uint8_t *)b->played.obs[0];
    return flags[((uint32_t)row * 10u + (uint32_t)column) * channels + (uint32_t)channel];
}

/* How many flags of a channel are set. */
static inline int flags_of(const board *b, int channel)
{
    int n = 0;
    for (int cell = 0; cell < 100; cell++) {
        n += flag_at(b, channel, cell / 10, cell % 10);
    }
    return n;
}

static inline int run_tests(const char *name, const TTest *const *tests, int n)
{
    Suite *suite = suite_create(name);
    TCase *rules = tcase_create("rules");
    for (int i = 0; i < n; i++) {
        tcase_add_test(rules, tests[i]);
    }
    suite_add_tcase(suite, rules);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
