/* The training loop, evaluation, and the transitions of agents that take turns. */
#include "agents/evaluate.h"
#include "agents/train.h"
#include "agents/turns.h"
#include "core/memory.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* what a training run told */
typedef struct story {
    int episodes, evaluations, metrics;
    double returns[4096];
    uint64_t steps[4096];
    double evaluation_sum;
} story;

static pv_status on_episode(void *ctx, const pv_train_episode *episode)
{
    story *s = ctx;
    if (s->episodes < 4096) {
        s->returns[s->episodes] = episode->episode_return;
        s->steps[s->episodes] = episode->step;
    }
    s->episodes++;
    return PV_OK;
}

static pv_status on_metric(void *ctx, uint64_t step, const char *name, double value)
{
    story *s = ctx;
    (void)step;
    (void)name;
    ck_assert(!isnan(value));
    s->metrics++;
    return PV_OK;
}

static pv_status on_evaluation(void *ctx, uint64_t step, const pv_evaluation *evaluation)
{
    story *s = ctx;
    (void)step;
    for (int i = 0; i < evaluation->episodes; i++) {
        s->evaluation_sum += evaluation->returns[i];
    }
    s->evaluations++;
    return PV_OK;
}

typedef struct setup {
    pv_world *world;
    pv_agent *agent;
    pv_train_config config;
    story story;
} setup;

static void set_up(setup *s, const char *agent, const char *world, int lanes)
{
    memset(s, 0, sizeof *s);
    s->world = pv_world_open(world);
    ck_assert_msg(s->world != NULL, "%s", pv_last_error());
    s->agent = pv_agent_create(agent, s->world, NULL, lanes, 1);
    ck_assert_msg(s->agent != NULL, "%s", pv_last_error());
    s->config = pv_train_config_default(s->world, s->agent);
    s->config.lanes = lanes;
    s->config.ctx = &s->story;
    s->config.on_episode = on_episode;
    s->config.on_metric = on_metric;
    s->config.on_evaluation = on_evaluation;
}

static void tear_down(setup *s)
{
    pv_agent_destroy(s->agent);
    pv_world_close(s->world);
}

START_TEST(a_bound_on_episodes_ends_the_loop_with_the_episode)
{
    setup s;
    set_up(&s, "q-learning", "CliffWalking-v1", 1);
    s.config.episodes = 37;
    ck_assert_int_eq(pv_train(&s.config), PV_OK);
    ck_assert_int_eq(s.story.episodes, 37);
    tear_down(&s);
}
END_TEST

START_TEST(a_bound_on_steps_counts_the_steps_of_all_lanes)
{
    setup s;
    set_up(&s, "q-learning", "CliffWalking-v1", 4);
    s.config.steps = 1000;
    pv_trainer *trainer = pv_trainer_create(&s.config);
    ck_assert_ptr_nonnull(trainer);
    ck_assert_int_eq(pv_trainer_advance(trainer, 10000), PV_OK);
    ck_assert_uint_eq(pv_trainer_steps(trainer), 1000);
    ck_assert_int_eq(pv_trainer_done(trainer), 1);
    pv_trainer_destroy(trainer);
    tear_down(&s);
}
END_TEST

START_TEST(training_stops_when_the_last_hundred_returns_are_good_enough)
{
    setup s;
    set_up(&s, "q-learning", "CliffWalking-v1", 1);
    s.config.episodes = 4000;
    s.config.stop_at = -80.0;
    pv_trainer *trainer = pv_trainer_create(&s.config);
    while (!pv_trainer_done(trainer)) {
        ck_assert_int_eq(pv_trainer_advance(trainer, 1), PV_OK);
    }
    ck_assert_int_ge(s.story.episodes, 100);
    ck_assert_int_lt(s.story.episodes, 4000);
    double sum = 0.0;
    for (int i = s.story.episodes - 100; i < s.story.episodes; i++) {
        sum += s.story.returns[i];
    }
    ck_assert_double_ge(sum / 100.0, -80.0);
    ck_assert_double_eq_tol(pv_trainer_recent_return(trainer), sum / 100.0, 1e-9);
    pv_trainer_destroy(trainer);
    tear_down(&s);
}
END_TEST

START_TEST(no_bound_is_refused)
{
    setup s;
    set_up(&s, "q-learning", "CliffWalking-v1", 1);
    ck_assert_ptr_null(pv_trainer_create(&s.config));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_ARGUMENT);
    s.config.episodes = 1;
    s.config.lanes = 2;
    ck_assert_ptr_null(pv_trainer_create(&s.config));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "made for 1 rows"));
    tear_down(&s);
}
END_TEST

START_TEST(evaluating_changes_no_training_episode)
{
    setup a;
    setup b;
    set_up(&a, "sarsa", "CliffWalking-v1", 1);
    set_up(&b, "sarsa", "CliffWalking-v1", 1);
    a.config.episodes = b.config.episodes = 50;
    b.config.eval_every = 100;
    b.config.max_length = 200;
    ck_assert_int_eq(pv_train(&a.config), PV_OK);
    ck_assert_int_eq(pv_train(&b.config), PV_OK);
    ck_assert_int_eq(a.story.evaluations, 0);
    ck_assert_int_gt(b.story.evaluations, 3);
    for (int i = 0; i < 50; i++) {
        ck_assert_double_eq(a.story.returns[i], b.story.returns[i]);
    }
    tear_down(&a);
    tear_down(&b);
}
END_TEST

START_TEST(a_loaded_trainer_continues_as_the_saved_one)
{
    setup whole;
    setup first;
    setup second;
    set_up(&whole, "sarsa", "FrozenLake-v1", 3);
    set_up(&first, "sarsa", "FrozenLake-v1", 3);
    set_up(&second, "sarsa", "FrozenLake-v1", 3);
    whole.config.steps = first.config.steps = second.config.steps = 6000;
    whole.config.eval_every = first.config.eval_every = second.config.eval_every = 900;
    ck_assert_int_eq(pv_train(&whole.config), PV_OK);

    pv_trainer *trainer = pv_trainer_create(&first.config);
    ck_assert_int_eq(pv_trainer_advance(trainer, 2500), PV_OK);
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_trainer_save(trainer, tensors), PV_OK);
    pv_trainer_destroy(trainer);

    trainer = pv_trainer_create(&second.config);
    ck_assert_msg(pv_trainer_load(trainer, tensors) == PV_OK, "%s", pv_last_error());
    pv_tensors_destroy(tensors);
    while (!pv_trainer_done(trainer)) {
        ck_assert_int_eq(pv_trainer_advance(trainer, 100), PV_OK);
    }
    pv_trainer_destroy(trainer);

    ck_assert_int_eq(first.story.episodes + second.story.episodes, whole.story.episodes);
    for (int i = 0; i < second.story.episodes && first.story.episodes + i < 4096; i++) {
        ck_assert_double_eq(second.story.returns[i], whole.story.returns[first.story.episodes + i]);
        ck_assert_uint_eq(second.story.steps[i], whole.story.steps[first.story.episodes + i]);
    }
    ck_assert_double_eq(first.story.evaluation_sum + second.story.evaluation_sum,
                        whole.story.evaluation_sum);
    ck_assert_int_eq(first.story.metrics + second.story.metrics, whole.story.metrics);
    tear_down(&whole);
    tear_down(&first);
    tear_down(&second);
}
END_TEST

START_TEST(episode_k_of_an_evaluation_does_not_depend_on_how_many_there_are)
{
    setup s;
    set_up(&s, "random", "FrozenLake-v1", 1);
    pv_evaluation_config config = pv_evaluation_config_default(s.world, s.agent);
    config.mode = PV_ACT_SAMPLE;
    pv_evaluation few;
    pv_evaluation many;
    config.episodes = 7;
    ck_assert_int_eq(pv_evaluate(&config, &few), PV_OK);
    config.episodes = 60;
    ck_assert_int_eq(pv_evaluate(&config, &many), PV_OK);
    for (int i = 0; i < 7; i++) {
        ck_assert_double_eq(few.returns[i], many.returns[i]);
        ck_assert_uint_eq(few.lengths[i], many.lengths[i]);
    }
    pv_evaluation_free(&few);
    pv_evaluation_free(&many);
    tear_down(&s);
}
END_TEST

START_TEST(the_discounted_return_weighs_rewards_by_time)
{
    setup s;
    set_up(&s, "random", "CliffWalking-v1", 1);
    pv_evaluation_config config = pv_evaluation_config_default(s.world, s.agent);
    pv_evaluation e;
    config.mode = PV_ACT_SAMPLE;
    config.episodes = 3;
    config.max_length = 5;
    config.gamma = 0.5;
    ck_assert_int_eq(pv_evaluate(&config, &e), PV_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(e.lengths[i], 5);
        if (e.returns[i] == -5.0) { /* no cliff met: -1 each step */
            ck_assert_double_eq(e.discounted[i], -(1.0 + 0.5 + 0.25 + 0.125 + 0.0625));
        }
    }
    ck_assert_int_eq(e.cut, 3);
    pv_evaluation_free(&e);
    tear_down(&s);
}
END_TEST

/* --- turns --- */

/* two agents in one lane; hand-made batches */
typedef struct table_top {
    int32_t position[2];
    uint8_t mask[2][2];
    int32_t move[2];
    float reward[2];
    uint8_t terminated[2], truncated[2], first[2], ended[1];
    const void *obs[2];
    void *action[1];
    pv_batch batch;
} table_top;

static const pv_space observations[] = {
    {.name = "position", .dtype = PV_I32, .n = 100},
    {.name = "action_mask", .dtype = PV_U8, .ndim = 1, .shape = {2}}};
static const pv_space moves[] = {{.name = "move", .dtype = PV_I32, .n = 2}};
static const pv_spec two_players = {.size = sizeof(pv_spec),
                                    .agents = 2,
                                    .n_obs = 2,
                                    .obs = observations,
                                    .n_action = 1,
                                    .action = moves};

static void lay_table(table_top *t)
{
    memset(t, 0, sizeof *t);
    t->obs[0] = t->position;
    t->obs[1] = t->mask;
    t->action[0] = t->move;
    t->batch = (pv_batch){.spec = &two_players,
                          .lanes = 1,
                          .agents = 2,
                          .rows = 2,
                          .action = t->action,
                          .obs = t->obs,
                          .final_obs = t->obs,
                          .reward = t->reward,
                          .terminated = t->terminated,
                          .truncated = t->truncated,
                          .first = t->first,
                          .ended = t->ended};
}

static void whose_turn(table_top *t, int player)
{
    t->mask[player][0] = t->mask[player][1] = 1;
    t->mask[1 - player][0] = t->mask[1 - player][1] = 0;
}

START_TEST(rewards_add_up_until_the_agent_acts_again)
{
    table_top t;
    lay_table(&t);
    pv_turns *turns = pv_turns_create(&two_players, 2);
    pv_transitions transitions = {0};

    /* player 0 moves from 10 and is paid 1; player 1 is next */
    whose_turn(&t, 0);
    t.first[0] = t.first[1] = 1;
    t.position[0] = 10;
    t.move[0] = 1;
    pv_turns_before(turns, &t.batch);
    t.first[0] = t.first[1] = 0;
    whose_turn(&t, 1);
    t.position[0] = 11;
    t.position[1] = 20;
    t.reward[0] = 1.0f;
    t.reward[1] = 0.0f;
    pv_turns_after(turns, &t.batch, &transitions);
    ck_assert_int_eq(transitions.valid[0], 0);
    ck_assert_int_eq(transitions.valid[1], 0);

    /* player 1 moves; player 0 is paid 5 for it and is next */
    t.move[1] = 0;
    pv_turns_before(turns, &t.batch);
    whose_turn(&t, 0);
    t.position[0] = 12;
    t.reward[0] = 5.0f;
    t.reward[1] = -2.0f;
    pv_turns_after(turns, &t.batch, &transitions);
    ck_assert_int_eq(transitions.valid[0], 1);
    ck_assert_int_eq(transitions.valid[1], 0);
    ck_assert_float_eq(transitions.reward[0], 6.0f);
    ck_assert_int_eq(((const int32_t *)transitions.obs[0])[0], 10);
    ck_assert_int_eq(((const int32_t *)transitions.action[0])[0], 1);
    ck_assert_int_eq(((const int32_t *)transitions.next_obs[0])[0], 12);
    pv_turns_destroy(turns);
}
END_TEST

START_TEST(the_end_closes_the_open_choice_of_every_agent)
{
    table_top t;
    lay_table(&t);
    pv_turns *turns = pv_turns_create(&two_players, 2);
    pv_transitions transitions = {0};
    t.first[0] = t.first[1] = 1;
    whose_turn(&t, 0);
    pv_turns_before(turns, &t.batch);
    t.first[0] = t.first[1] = 0;
    whose_turn(&t, 1);
    pv_turns_after(turns, &t.batch, &transitions);

    pv_turns_before(turns, &t.batch);
    t.reward[0] = -1.0f;
    t.reward[1] = 1.0f;
    t.terminated[0] = t.terminated[1] = t.ended[0] = 1;
    t.position[0] = 77;
    pv_turns_after(turns, &t.batch, &transitions);
    ck_assert_int_eq(transitions.valid[0], 1);
    ck_assert_int_eq(transitions.valid[1], 1);
    ck_assert_int_eq(transitions.terminated[0], 1);
    ck_assert_float_eq(transitions.reward[0], -1.0f);
    ck_assert_float_eq(transitions.reward[1], 1.0f);
    ck_assert_int_eq(((const int32_t *)pv_transition_next(&transitions, 0)[0])[0], 77);
    pv_turns_destroy(turns);
}
END_TEST

START_TEST(an_agent_whose_task_is_over_tells_nothing_more)
{
    table_top t;
    lay_table(&t);
    memset(t.mask, 1, sizeof t.mask);
    pv_turns *turns = pv_turns_create(&two_players, 2);
    pv_transitions transitions = {0};
    t.first[0] = t.first[1] = 1;
    pv_turns_before(turns, &t.batch);
    t.first[0] = t.first[1] = 0;
    t.terminated[0] = 1; /* player 1 plays on */
    pv_turns_after(turns, &t.batch, &transitions);
    ck_assert_int_eq(transitions.valid[0], 1);
    ck_assert_int_eq(transitions.valid[1], 1);
    pv_turns_before(turns, &t.batch);
    pv_turns_after(turns, &t.batch, &transitions);
    ck_assert_int_eq(transitions.valid[0], 0);
    ck_assert_int_eq(transitions.valid[1], 1);
    pv_turns_destroy(turns);
}
END_TEST

START_TEST(open_choices_survive_saving)
{
    table_top t;
    lay_table(&t);
    pv_turns *saved = pv_turns_create(&two_players, 2);
    pv_turns *loaded = pv_turns_create(&two_players, 2);
    pv_transitions transitions = {0};
    t.first[0] = t.first[1] = 1;
    t.position[0] = 42;
    whose_turn(&t, 0);
    pv_turns_before(saved, &t.batch);
    t.first[0] = t.first[1] = 0;
    whose_turn(&t, 1);
    t.reward[0] = 3.0f;
    pv_turns_after(saved, &t.batch, &transitions);
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_turns_save(saved, tensors), PV_OK);
    ck_assert_int_eq(pv_turns_load(loaded, tensors), PV_OK);
    pv_tensors_destroy(tensors);

    pv_turns_before(loaded, &t.batch);
    whose_turn(&t, 0);
    t.position[0] = 43;
    pv_turns_after(loaded, &t.batch, &transitions);
    ck_assert_int_eq(transitions.valid[0], 1);
    ck_assert_float_eq(transitions.reward[0], 6.0f);
    ck_assert_int_eq(((const int32_t *)transitions.obs[0])[0], 42);
    pv_turns_destroy(saved);
    pv_turns_destroy(loaded);
}
END_TEST

/* --- memory --- */

START_TEST(every_failing_allocation_is_survived)
{
    setup s;
    set_up(&s, "sarsa", "FrozenLake-v1", 2);
    s.config.steps = 10;
    const size_t live = pv_memory_live();
    pv_trainer *trainer = NULL;
    for (uint64_t n = 1; !trainer; n++) {
        ck_assert_uint_lt(n, 1000);
        pv_memory_fail_at(n);
        trainer = pv_trainer_create(&s.config);
        if (!trainer) {
            /* a world that gets no memory says so in its own words */
            ck_assert(pv_last_status() == PV_ERROR_MEMORY || pv_last_status() == PV_ERROR_WORLD);
            ck_assert_uint_eq(pv_memory_live(), live);
        }
    }
    pv_memory_fail_at(0);
    pv_trainer_destroy(trainer);

    pv_evaluation_config config = pv_evaluation_config_default(s.world, s.agent);
    pv_evaluation evaluation;
    pv_status status = PV_ERROR_MEMORY;
    config.episodes = 4;
    for (uint64_t n = 1; status; n++) {
        ck_assert_uint_lt(n, 1000);
        pv_memory_fail_at(n);
        status = pv_evaluate(&config, &evaluation);
        ck_assert(status == PV_OK || status == PV_ERROR_MEMORY || status == PV_ERROR_WORLD);
        ck_assert(status == PV_OK || pv_memory_live() == live);
    }
    pv_memory_fail_at(0);
    pv_evaluation_free(&evaluation);
    tear_down(&s);
    ck_assert_uint_eq(pv_memory_live(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents/train");
    TCase *tests = tcase_create("train");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_bound_on_episodes_ends_the_loop_with_the_episode);
    tcase_add_test(tests, a_bound_on_steps_counts_the_steps_of_all_lanes);
    tcase_add_test(tests, training_stops_when_the_last_hundred_returns_are_good_enough);
    tcase_add_test(tests, no_bound_is_refused);
    tcase_add_test(tests, evaluating_changes_no_training_episode);
    tcase_add_test(tests, a_loaded_trainer_continues_as_the_saved_one);
    tcase_add_test(tests, episode_k_of_an_evaluation_does_not_depend_on_how_many_there_are);
    tcase_add_test(tests, the_discounted_return_weighs_rewards_by_time);
    tcase_add_test(tests, rewards_add_up_until_the_agent_acts_again);
    tcase_add_test(tests, the_end_closes_the_open_choice_of_every_agent);
    tcase_add_test(tests, an_agent_whose_task_is_over_tells_nothing_more);
    tcase_add_test(tests, open_choices_survive_saving);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
