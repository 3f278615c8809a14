/* test_envs_randomwalk.c: the chain against the values the book solves by hand. */
#include "play.h"

#include "core/memory.h"

#include <math.h>
#include <stdlib.h>

enum { LEFT, RIGHT };

/* The value of going left or right evenly, by iterating the table until nothing moves; value[0] and
   value[last] are the ends. */
static void solve(const play *played, double *value)
{
    double moved = 1.0;
    memset(value, 0, played->spec->n_states * sizeof *value);
    while (moved > 1e-14) {
        moved = 0.0;
        for (uint32_t state = 0; state < played->spec->n_states; state++) {
            double sum = 0.0;
            for (uint32_t action = 0; action < 2; action++) {
                pv_outcome o;
                ck_assert_uint_eq(play_outcomes(played, state, action, &o, 1), 1);
                ck_assert_double_eq(o.probability, 1.0);
                sum += 0.5 * (o.reward + (o.terminated ? 0.0 : value[o.next]));
            }
            moved = fmax(moved, fabs(sum - value[state]));
            value[state] = sum;
        }
    }
}

START_TEST(five_places_are_worth_sixths)
{
    double value[7];
    play played;
    ck_assert_int_eq(play_open(&played, "RandomWalk-v0", NULL), PV_OK);
    ck_assert_uint_eq(played.spec->n_states, 7);
    solve(&played, value);
    for (int i = 1; i <= 5; i++) {
        ck_assert_double_eq_tol(value[i], i / 6.0, 1e-12);
    }
    play_close(&played);
}
END_TEST

START_TEST(nineteen_places_from_minus_one_are_worth_tenths)
{
    double value[21];
    play played;
    ck_assert_int_eq(play_open(&played, "RandomWalk-v0:states=19,left=-1", NULL), PV_OK);
    solve(&played, value);
    for (int i = 1; i <= 19; i++) {
        ck_assert_double_eq_tol(value[i], (i - 10) / 10.0, 1e-11);
    }
    play_close(&played);
}
END_TEST

/* worlds, and where their walks begin */
static const struct {
    const char *world;
    int start, right; /* steps to the right end */
} walks[] = {
    {"RandomWalk-v0", 3, 3},
    {"RandomWalk-v0:states=1", 1, 1},
    {"RandomWalk-v0:states=2", 1, 2},
    {"RandomWalk-v0:states=4", 2, 3},
    {"RandomWalk-v0:states=10000", 5000, 5001},
};
enum { WALKS = sizeof walks / sizeof walks[0] };

START_TEST(a_walk_begins_in_the_lower_middle_and_ends_at_an_end)
{
    pv_outcome start;
    play played;
    ck_assert_int_eq(play_open(&played, walks[_i].world, NULL), PV_OK);
    ck_assert_uint_eq(play_outcomes(&played, UINT32_MAX, 0, &start, 1), 1);
    ck_assert_int_eq((int)start.next, walks[_i].start);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_int_eq(played.obs[0][0], walks[_i].start);
    for (int step = 1; step <= walks[_i].right; step++) {
        ck_assert_int_eq(play_step(&played, RIGHT), PV_OK);
        ck_assert_int_eq(played.obs[0][0], walks[_i].start + step);
        ck_assert_int_eq(played.terminated, step == walks[_i].right);
        ck_assert(played.reward == (step == walks[_i].right ? 1.0f : 0.0f));
    }
    ck_assert_uint_eq(play_state(&played), played.spec->n_states - 1);
    play_close(&played);
}
END_TEST

START_TEST(each_end_pays_its_own_reward)
{
    play played;
    ck_assert_int_eq(play_open(&played, "RandomWalk-v0:states=1,left=-2.5,right=4", NULL), PV_OK);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_int_eq(play_step(&played, LEFT), PV_OK);
    ck_assert(played.terminated == 1 && played.reward == -2.5f && played.obs[0][0] == 0);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_int_eq(play_step(&played, RIGHT), PV_OK);
    ck_assert(played.terminated == 1 && played.reward == 4.0f && played.obs[0][0] == 2);
    play_close(&played);
}
END_TEST

START_TEST(a_length_that_is_not_whole_is_refused)
{
    play played;
    ck_assert_int_lt(play_open(&played, "RandomWalk-v0:states=2.5", NULL), 0);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "states must be a whole number"));
}
END_TEST

START_TEST(a_long_chain_shows_the_places_around_the_walker)
{
    pv_rect rect;
    play played;
    ck_assert_int_eq(play_open(&played, "RandomWalk-v0:states=1000", NULL), PV_OK);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_uint_eq(played.env_class->locate(played.env, 500, &rect), 1);
    ck_assert_int_eq(rect.x + rect.width / 2, (int)played.spec->width / 2);
    ck_assert_uint_eq(played.env_class->locate(played.env, 490, &rect), 1);
    ck_assert_uint_eq(played.env_class->locate(played.env, 489, &rect), 0);
    ck_assert_uint_eq(played.env_class->locate(played.env, 511, &rect), 0);
    for (int step = 0; step < 500; step++) {
        ck_assert_int_eq(play_step(&played, LEFT), PV_OK);
    }
    ck_assert_uint_eq(played.env_class->locate(played.env, 0, &rect), 1);
    ck_assert_int_ge(rect.x, 0);
    play_close(&played);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("randomwalk");
    TCase *tests = tcase_create("randomwalk");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_test(tests, five_places_are_worth_sixths);
    tcase_add_test(tests, nineteen_places_from_minus_one_are_worth_tenths);
    tcase_add_loop_test(tests, a_walk_begins_in_the_lower_middle_and_ends_at_an_end, 0, WALKS);
    tcase_add_test(tests, each_end_pays_its_own_reward);
    tcase_add_test(tests, a_length_that_is_not_whole_is_refused);
    tcase_add_test(tests, a_long_chain_shows_the_places_around_the_walker);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
