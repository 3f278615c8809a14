/* test_envs_minatar.c: what the games of MinAtar have in common: boards, sets of actions, sticky
   actions, what happens after the end, and trajectories that every compiler must meet. What
   `pavlov check` asks of every world is not repeated here. */
#include "minatar_board.h"
#include "walk.h"

#include <stdio.h>

enum { NOTHING, LEFT, UP, RIGHT, DOWN, FIRE, ACTIONS };

/* as the rules list them */
static const struct {
    const char *name;
    uint32_t channels;
    uint32_t n_minimal;
    int32_t minimal[ACTIONS];
    uint32_t infos;
} games[] = {
    {"Asterix", 4, 5, {NOTHING, LEFT, UP, RIGHT, DOWN}, 1},
    {"Breakout", 4, 3, {NOTHING, LEFT, RIGHT}, 0},
    {"Freeway", 7, 3, {NOTHING, UP, DOWN}, 0},
    {"Seaquest", 10, 6, {NOTHING, LEFT, UP, RIGHT, DOWN, FIRE}, 1},
    {"SpaceInvaders", 6, 4, {NOTHING, LEFT, RIGHT, FIRE}, 1},
};
enum { GAMES = sizeof games / sizeof games[0] };

static const char *id_of(int game, const char *rest)
{
    static char id[128];
    snprintf(id, sizeof id, "MinAtar/%s-%s", games[game].name, rest);
    return id;
}

START_TEST(a_game_is_a_board_of_ten_by_ten_cells)
{
    for (int version = 0; version < 2; version++) {
        play played;
        ck_assert_int_eq(play_open(&played, id_of(_i, version ? "v1" : "v0"), NULL), PV_OK);
        const pv_spec *spec = played.spec;
        ck_assert(spec->n_obs == 1 && spec->obs[0].dtype == PV_U8 && spec->obs[0].ndim == 3);
        ck_assert(spec->obs[0].shape[0] == 10 && spec->obs[0].shape[1] == 10);
        ck_assert_uint_eq(spec->obs[0].shape[2], games[_i].channels);
        for (uint32_t i = 0; i < 100 * games[_i].channels; i++) {
            ck_assert(spec->obs[0].low[i] == 0.0 && spec->obs[0].high[i] == 1.0);
        }
        ck_assert_uint_eq(spec->action[0].n, version ? games[_i].n_minimal : ACTIONS);
        ck_assert_uint_eq(spec->max_steps, 0);
        ck_assert_uint_eq(spec->n_info, games[_i].infos);
        ck_assert_double_gt(spec->fps, 0.0);
        play_close(&played);
    }
}
END_TEST

START_TEST(every_action_has_a_key_and_doing_nothing_needs_none)
{
    play played;
    ck_assert_int_eq(play_open(&played, id_of(_i, "v1"), NULL), PV_OK);
    ck_assert_uint_eq(played.spec->n_keys, games[_i].n_minimal);
    for (uint32_t i = 0; i < played.spec->n_keys; i++) {
        static const char *const keys[ACTIONS] = {"",        "Left a", "Up w",
                                                  "Right d", "Down s", "Space"};
        const pv_key *key = &played.spec->keys[i];
        ck_assert_double_eq(key->value, i);
        ck_assert_uint_eq(key->idle, i == 0);
        ck_assert_str_eq(key->keys ? key->keys : "", keys[games[_i].minimal[i]]);
    }
    play_close(&played);
}
END_TEST

/* Plays a game twice from one seed; `first` and `second` say what is done in the two for each of
   the numbers chosen, and all must be seen alike. */
static void expect_alike(const char *world, const char *other, const int32_t *first,
                         const int32_t *second, int32_t n)
{
    char name[128];
    play one;
    play two;
    pv_rng choice;
    pv_rng_init(&choice, 5);
    snprintf(name, sizeof name, "%s", world);
    ck_assert_int_eq(play_open(&one, name, NULL), PV_OK);
    ck_assert_int_eq(play_open(&two, other, NULL), PV_OK);
    for (uint64_t step = 0; step < 3000; step++) {
        if (step == 0 || one.terminated) {
            ck_assert_int_eq(play_reset(&one, step), PV_OK);
            ck_assert_int_eq(play_reset(&two, step), PV_OK);
        }
        const int64_t i = pv_draw_integer(&choice, NULL, 0, n);
        ck_assert_int_eq(play_step(&one, first[i]), PV_OK);
        ck_assert_int_eq(play_step(&two, second[i]), PV_OK);
        expect(memcmp(one.obs[0], two.obs[0], pv_space_size(&one.spec->obs[0])) == 0 &&
                   one.reward == two.reward && one.terminated == two.terminated,
               "the two differ");
    }
    play_close(&one);
    play_close(&two);
}

START_TEST(the_small_set_has_the_actions_that_do_something_in_the_order_of_the_rules)
{
    static const int32_t index[ACTIONS] = {0, 1, 2, 3, 4, 5};
    char small[128];
    snprintf(small, sizeof small, "%s", id_of(_i, "v1"));
    expect_alike(small, id_of(_i, "v0"), index, games[_i].minimal, (int32_t)games[_i].n_minimal);
}
END_TEST

START_TEST(an_action_that_means_nothing_acts_as_nothing)
{
    int32_t meant[ACTIONS] = {0};
    static const int32_t all[ACTIONS] = {NOTHING, LEFT, UP, RIGHT, DOWN, FIRE};
    char world[128];
    for (uint32_t i = 0; i < games[_i].n_minimal; i++) {
        meant[games[_i].minimal[i]] = games[_i].minimal[i];
    }
    snprintf(world, sizeof world, "%s", id_of(_i, "v0:sticky=0"));
    expect_alike(world, world, all, meant, ACTIONS);
}
END_TEST

/* what tells that the player of Breakout went right from column 4 */
static int paddle_is_at(const board *b, int column)
{
    return flag_at(b, 0, 9, column);
}

START_TEST(a_draw_below_the_chance_takes_the_action_before_again)
{
    board b = {.n = 0};
    board_open(&b, "MinAtar/Breakout-v0:sticky=0.25");
    board_decide(&b, (const double[]){0.2}, 1); /* nothing was done before */
    act(&b, RIGHT);
    ck_assert(paddle_is_at(&b, 4));
    board_decide(&b, (const double[]){0.25}, 1); /* not below it */
    act(&b, RIGHT);
    ck_assert(paddle_is_at(&b, 5));
    board_decide(&b, (const double[]){0.2499}, 1);
    act(&b, LEFT);
    ck_assert(paddle_is_at(&b, 6));
    board_decide(&b, (const double[]){0.1}, 1); /* what was executed counts, not what was asked */
    act(&b, NOTHING);
    ck_assert(paddle_is_at(&b, 7));
    board_close(&b);
}
END_TEST

START_TEST(the_small_set_remembers_the_actions_of_the_full_one)
{
    board b = {.n = 0};
    board_open(&b, "MinAtar/Breakout-v1:sticky=0.25");
    act(&b, 2); /* right */
    board_decide(&b, (const double[]){0.0}, 1);
    act(&b, 0);
    ck_assert(paddle_is_at(&b, 6));
    board_close(&b);
}
END_TEST

START_TEST(a_reset_forgets_the_action_before)
{
    board b = {.n = 0};
    board_open(&b, "MinAtar/Breakout-v0");
    act(&b, RIGHT);
    board_reset(&b);
    board_decide(&b, (const double[]){0.0}, 1);
    act(&b, LEFT);
    ck_assert(paddle_is_at(&b, 4));
    board_close(&b);
}
END_TEST

START_TEST(every_step_draws_once_for_sticky_actions_even_without_them)
{
    board b = {.n = 0};
    board_open(&b, id_of(_i, "v0:sticky=0"));
    for (int step = 0; step < 3; step++) {
        board_decide(&b, (const double[]){0.0}, 1); /* is not below 0 */
        act(&b, FIRE);
        ck_assert_int_eq(b.drawn, 1);
    }
    board_close(&b);
}
END_TEST

START_TEST(a_step_after_the_end_pays_nothing_and_changes_nothing_but_draws_and_remembers)
{
    board b = {.n = 0};
    board_open(&b, "MinAtar/Breakout-v0:sticky=0.5"); /* the ball comes down in column 6 */
    while (!is_over(&b)) {
        act(&b, LEFT);
    }
    const size_t size = pv_space_size(&b.played.spec->obs[0]);
    uint8_t before[400];
    memcpy(before, b.played.obs[0], size);
    ck_assert_int_eq(act(&b, RIGHT), 0);
    ck_assert_int_eq(b.drawn, 1);
    ck_assert(is_over(&b));
    ck_assert_mem_eq(before, b.played.obs[0], size);
    int32_t last; /* a saved state begins with it */
    uint8_t *state = saved(&b.played);
    memcpy(&last, state, sizeof last);
    ck_assert_int_eq(last, RIGHT);
    free(state);
    board_close(&b);
}
END_TEST

START_TEST(a_state_saved_before_the_first_reset_can_be_loaded)
{
    play played;
    ck_assert_int_eq(play_open(&played, id_of(_i, "v1"), NULL), PV_OK);
    const size_t size = played.env_class->state_size(played.env);
    uint8_t *state = saved(&played);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_int_eq(played.env_class->load(played.env, state, size), PV_OK);
    ck_assert_int_lt(play_step(&played, 0), 0);
    ck_assert_str_eq(played.instance.message, "step without a reset before it");
    free(state);
    play_close(&played);
}
END_TEST

START_TEST(trajectories_are_the_same_under_every_compiler)
{
    char world[128];
    unsigned long long golden;
    int n = 0;
    FILE *file = fopen(PV_TEST_SOURCE_DIR "/golden/minatar", "r");
    ck_assert_ptr_nonnull(file);
    while (fscanf(file, "%127s %llx", world, &golden) == 2) {
        walk walked;
        walk_open(&walked, world);
        const uint64_t hash = walk_hash(&walked, 20000);
        ck_assert_msg(hash == golden, "%s: %016llx", world, (unsigned long long)hash);
        play_close(&walked.played);
        n++;
    }
    fclose(file);
    ck_assert_int_eq(n, 2 * GAMES);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("minatar");
    TCase *tests = tcase_create("minatar");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_loop_test(tests, a_game_is_a_board_of_ten_by_ten_cells, 0, GAMES);
    tcase_add_loop_test(tests, every_action_has_a_key_and_doing_nothing_needs_none, 0, GAMES);
    tcase_add_loop_test(
        tests, the_small_set_has_the_actions_that_do_something_in_the_order_of_the_rules, 0, GAMES);
    tcase_add_loop_test(tests, an_action_that_means_nothing_acts_as_nothing, 0, GAMES);
    tcase_add_test(tests, a_draw_below_the_chance_takes_the_action_before_again);
    tcase_add_test(tests, the_small_set_remembers_the_actions_of_the_full_one);
    tcase_add_test(tests, a_reset_forgets_the_action_before);
    tcase_add_loop_test(tests, every_step_draws_once_for_sticky_actions_even_without_them, 0,
                        GAMES);
    tcase_add_test(tests,
                   a_step_after_the_end_pays_nothing_and_changes_nothing_but_draws_and_remembers);
    tcase_add_loop_test(tests, a_state_saved_before_the_first_reset_can_be_loaded, 0, GAMES);
    tcase_add_test(tests, trajectories_are_the_same_under_every_compiler);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
