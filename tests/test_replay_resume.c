/* A run that remembers, killed at any moment and gone on with, ends with the same bytes as one left
   alone: the order of a checkpoint (segments, then resume.safetensors renamed) held against
   kill -9, with a small agent that learns from whatever it draws. */
#include "agents/agent.h"
#include "agents/train.h"
#include "core/file.h"
#include "core/memory.h"
#include "pavlov/world.h"
#include "replay/replay.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VALUES = 64, LANES = 3, STEPS = 6000, PIECE = 300, BATCH = 8 };

/* a table of values under a hash of the observation's bytes: what is drawn decides what is learned,
   and that what is done */
typedef struct learner {
    pv_agent base;
    pv_replay *replay;
    pv_rng explore, draws;
    float value[VALUES][2];
} learner;

static pv_status accepts(const pv_world *world)
{
    (void)world;
    return PV_OK;
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    learner *l = (learner *)base;
    l->explore = pv_rng_split(config->seed, "explore");
    l->draws = pv_rng_split(config->seed, "replay");
    return PV_OK;
}

static void free_all(pv_agent *base)
{
    pv_replay_destroy(((learner *)base)->replay);
}

static pv_status begin_learning(pv_agent *base)
{
    learner *l = (learner *)base;
    if (l->replay) {
        pv_replay_break(l->replay);
        return PV_OK;
    }
    const pv_spec *spec = pv_world_spec(base->world);
    const int stack = (int)pv_world_stack(base->world, 0);
    pv_replay_config config = pv_replay_config_default();
    config.capacity = 700;
    config.rows = base->rows;
    config.n_obs = config.n_action = 1;
    config.obs = spec->obs;
    config.stack = &stack;
    config.action = spec->action;
    config.n_step = 2;
    config.kind = PV_REPLAY_PRIORITIZED;
    config.batch = BATCH;
    l->replay = pv_replay_create(&config);
    return l->replay ? PV_OK : pv_last_status();
}

static float *values_of(learner *l, const void *obs, int row)
{
    const size_t size = pv_space_size(&pv_world_spec(l->base.world)->obs[0]);
    const unsigned char *bytes = (const unsigned char *)obs + (size_t)row * size;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 16777619u;
    }
    return l->value[hash % VALUES];
}

static pv_status act(pv_agent *base, const pv_act *act)
{
    learner *l = (learner *)base;
    for (int row = 0; row < act->rows; row++) {
        const float *value = values_of(l, act->obs[0], row);
        const int explores = pv_rng_below(&l->explore, 4) == 0;
        ((int32_t *)act->action[0])[row] =
            explores ? (int32_t)pv_rng_below(&l->explore, 2) : value[1] > value[0];
    }
    return PV_OK;
}

static void learn(learner *l)
{
    float error[BATCH];
    const pv_replay_batch *b = pv_replay_sample(l->replay, &l->draws, BATCH, 0.5);
    for (int i = 0; i < BATCH; i++) {
        float *value = values_of(l, b->obs[0], i) + ((const int32_t *)b->action[0])[i];
        const float *next = values_of(l, b->next_obs[0], i);
        const float best = next[0] > next[1] ? next[0] : next[1];
        error[i] = b->reward[i] + b->discount[i] * best - *value;
        *value += 0.1f * b->weight[i] * error[i];
    }
    pv_replay_update(l->replay, b->index, error, BATCH);
}

static pv_status observe(pv_agent *base, const pv_transitions *t)
{
    learner *l = (learner *)base;
    const pv_replay_step step = {.valid = t->valid,
                                 .obs = t->obs,
                                 .action = t->action,
                                 .reward = t->reward,
                                 .terminated = t->terminated,
                                 .truncated = t->truncated,
                                 .next_obs = t->next_obs,
                                 .final_obs = t->final_obs};
    pv_replay_push(l->replay, &step);
    if (pv_replay_can_draw(l->replay)) {
        learn(l);
    }
    return PV_OK;
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const learner *l = (const learner *)base;
    pv_status status = pv_tensors_add(tensors, "explore", PV_U64, l->explore.s, 4);
    status = status ? status : pv_tensors_add(tensors, "draws", PV_U64, l->draws.s, 4);
    return status ? status : pv_tensors_add(tensors, "value", PV_F32, l->value, 2 * VALUES);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    learner *l = (learner *)base;
    pv_status status = pv_tensors_get(tensors, "explore", PV_U64, l->explore.s, 4);
    status = status ? status : pv_tensors_get(tensors, "draws", PV_U64, l->draws.s, 4);
    return status ? status : pv_tensors_get(tensors, "value", PV_F32, l->value, 2 * VALUES);
}

static pv_status save_data(pv_agent *base, const char *folder, pv_tensors *resume)
{
    return pv_replay_save(((learner *)base)->replay, folder, resume, "replay.");
}

static pv_status load_data(pv_agent *base, const char *folder, const pv_tensors *resume)
{
    return pv_replay_load(((learner *)base)->replay, folder, resume, "replay.");
}

static const pv_agent_class learner_class = {.name = "learner",
                                             .size = sizeof(learner),
                                             .accepts = accepts,
                                             .init = init,
                                             .free = free_all,
                                             .act = act,
                                             .observe = observe,
                                             .save = save,
                                             .load = load,
                                             .begin = begin_learning,
                                             .save_data = save_data,
                                             .load_data = load_data};

/* --- a run --- */

typedef struct run {
    pv_world *world;
    pv_agent *agent;
    pv_trainer *trainer;
    char *resume, *data;
} run;

static void open_run(run *r, const char *folder, const char *world, const char *wrap)
{
    pv_params params;
    r->resume = pv_path_join(folder, "resume.safetensors");
    r->data = pv_path_join(folder, "replay");
    r->world = pv_world_open_wrapped(world, wrap);
    ck_assert_msg(r->world != NULL, "%s", pv_last_error());
    ck_assert_int_eq(pv_params_init(&params, "learner", NULL, 0), PV_OK);
    r->agent = pv_agent_create_from(&learner_class, r->world, &params, LANES, 5);
    pv_params_free(&params);
    pv_train_config config = pv_train_config_default(r->world, r->agent);
    config.lanes = LANES;
    config.seed = 5;
    config.steps = STEPS;
    r->trainer = pv_trainer_create(&config);
    ck_assert_msg(r->trainer != NULL, "%s", pv_last_error());
    if (pv_file_exists(r->resume)) {
        pv_tensors *tensors = pv_tensors_read(r->resume);
        ck_assert_msg(tensors != NULL, "%s", pv_last_error());
        ck_assert_int_eq(pv_trainer_load(r->trainer, tensors), PV_OK);
        ck_assert_msg(pv_agent_load_data(r->agent, r->data, tensors) == PV_OK, "%s",
                      pv_last_error());
        pv_tensors_destroy(tensors);
    }
}

static void close_run(run *r)
{
    pv_trainer_destroy(r->trainer);
    pv_agent_destroy(r->agent);
    pv_world_close(r->world);
    pv_free(r->resume);
    pv_free(r->data);
}

static void checkpoint(run *r)
{
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_trainer_save(r->trainer, tensors), PV_OK);
    ck_assert_msg(pv_agent_save_data(r->agent, r->data, tensors) == PV_OK, "%s", pv_last_error());
    ck_assert_int_eq(pv_tensors_write(tensors, r->resume), PV_OK);
    pv_tensors_destroy(tensors);
}

static void go_on(const char *folder, const char *world, const char *wrap)
{
    run r;
    open_run(&r, folder, world, wrap);
    while (!pv_trainer_done(r.trainer)) {
        ck_assert_int_eq(pv_trainer_advance(r.trainer, PIECE), PV_OK);
        checkpoint(&r);
    }
    close_run(&r);
}

/* what was learned, and what will be drawn, must be the same bits */
static void compare_ends(const char *a, const char *b, const char *world, const char *wrap)
{
    run x;
    run y;
    open_run(&x, a, world, wrap);
    open_run(&y, b, world, wrap);
    learner *l = (learner *)x.agent;
    learner *m = (learner *)y.agent;
    ck_assert(pv_trainer_done(x.trainer) && pv_trainer_done(y.trainer));
    ck_assert_mem_eq(l->value, m->value, sizeof l->value);
    ck_assert_mem_eq(&l->explore, &m->explore, sizeof l->explore);
    ck_assert_mem_eq(&l->draws, &m->draws, sizeof l->draws);
    ck_assert_uint_eq(pv_replay_count(l->replay), pv_replay_count(m->replay));
    ck_assert_uint_gt(pv_replay_count(l->replay), 400);
    for (int i = 0; i < 50; i++) {
        learn(l);
        learn(m);
        ck_assert_mem_eq(l->value, m->value, sizeof l->value);
    }
    close_run(&x);
    close_run(&y);
}

/* lets a child go on for a while, then kills it; returns 1 if it had ended by itself */
static int run_for(const char *folder, const char *world, const char *wrap, long microseconds)
{
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        go_on(folder, world, wrap);
        _exit(0);
    }
    const struct timespec pause = {.tv_nsec = microseconds * 1000};
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

static void killed_run_ends_alike(const char *world, const char *wrap)
{
    char folder[] = "/tmp/pavlov-resume-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *whole = pv_path_join(folder, "whole");
    char *cut = pv_path_join(folder, "cut");
    ck_assert_int_eq(pv_dir_create(whole), PV_OK);
    ck_assert_int_eq(pv_dir_create(cut), PV_OK);
    go_on(whole, world, wrap);
    pv_rng when = pv_rng_split((uint64_t)getpid(), "kills");
    int ended = 0;
    for (int kills = 0; kills < 12 && !ended; kills++) {
        ended = run_for(cut, world, wrap, 10000 + (long)pv_rng_below(&when, 120000));
    }
    if (!ended) {
        go_on(cut, world, wrap);
    }
    compare_ends(whole, cut, world, wrap);
    ck_assert_int_eq(pv_path_remove(folder), PV_OK);
    pv_free(whole);
    pv_free(cut);
}

START_TEST(a_killed_run_with_stacked_pictures_ends_as_one_left_alone)
{
    killed_run_ends_alike("MinAtar/Breakout-v0", "stack 3");
}
END_TEST

START_TEST(a_killed_run_with_numbers_ends_as_one_left_alone)
{
    killed_run_ends_alike("CartPole-v1", NULL);
}
END_TEST

START_TEST(evaluation_needs_no_replay)
{
    pv_params params;
    pv_world *world = pv_world_open("CartPole-v1");
    ck_assert_int_eq(pv_params_init(&params, "learner", NULL, 0), PV_OK);
    pv_agent *agent = pv_agent_create_from(&learner_class, world, &params, 1, 1);
    pv_evaluation_config config = pv_evaluation_config_default(world, agent);
    config.episodes = 3;
    pv_evaluation result;
    ck_assert_int_eq(pv_evaluate(&config, &result), PV_OK);
    ck_assert_ptr_null(((learner *)agent)->replay);
    pv_evaluation_free(&result);
    pv_params_free(&params);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(a_second_training_goes_on_with_the_same_memory)
{
    pv_params params;
    pv_world *world = pv_world_open("CartPole-v1");
    ck_assert_int_eq(pv_params_init(&params, "learner", NULL, 0), PV_OK);
    pv_agent *agent = pv_agent_create_from(&learner_class, world, &params, 1, 1);
    pv_train_config config = pv_train_config_default(world, agent);
    config.steps = 100;
    for (uint64_t round = 1; round <= 3; round++) {
        ck_assert_int_eq(pv_train(&config), PV_OK);
        ck_assert_uint_eq(pv_replay_pushed(((learner *)agent)->replay), 100 * round);
    }
    pv_params_free(&params);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(memory_stays_flat)
{
    pv_params params;
    pv_world *world = pv_world_open("CartPole-v1");
    ck_assert_int_eq(pv_params_init(&params, "learner", NULL, 0), PV_OK);
    pv_agent *agent = pv_agent_create_from(&learner_class, world, &params, 1, 1);
    pv_train_config config = pv_train_config_default(world, agent);
    config.steps = 30000;
    pv_trainer *trainer = pv_trainer_create(&config);
    ck_assert_int_eq(pv_trainer_advance(trainer, 1000), PV_OK);
    const size_t live = pv_memory_live();
    ck_assert_int_eq(pv_trainer_advance(trainer, 29000), PV_OK);
    ck_assert_uint_eq(pv_memory_live(), live);
    pv_trainer_destroy(trainer);
    pv_params_free(&params);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay_resume");
    TCase *runs = tcase_create("runs");
    tcase_add_test(runs, a_killed_run_with_stacked_pictures_ends_as_one_left_alone);
    tcase_add_test(runs, a_killed_run_with_numbers_ends_as_one_left_alone);
    tcase_add_test(runs, evaluation_needs_no_replay);
    tcase_add_test(runs, a_second_training_goes_on_with_the_same_memory);
    tcase_add_test(runs, memory_stays_flat);
    suite_add_tcase(suite, runs);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
