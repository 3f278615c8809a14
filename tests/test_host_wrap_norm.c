/* test_host_wrap_norm.c: running statistics of observations and rewards. */
#include "tests/wrap_help.h"

#include "core/threads.h"
#include "envs/host/statistics.h"
#include "pavlov/train.h"
#include "tests/equal_runs.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 512 };

/* all that was seen of one number, judged in two passes */
typedef struct seen {
    double x[MOST];
    int n;
} seen;

static void see(seen *s, double x)
{
    ck_assert_int_lt(s->n, MOST);
    s->x[s->n++] = x;
}

static double mean_of(const seen *s)
{
    double sum = 0.0;
    for (int i = 0; i < s->n; i++) {
        sum += s->x[i];
    }
    return s->n ? sum / s->n : 0.0;
}

/* the deviation as wrap_norm.c has it: one more seen, 1 away */
static double deviation_of(const seen *s)
{
    const double mean = mean_of(s);
    double sum = 1.0;
    for (int i = 0; i < s->n; i++) {
        sum += (s->x[i] - mean) * (s->x[i] - mean);
    }
    return sqrt(sum / (1.0 + s->n) + 1e-8);
}

static double normed(const seen *s, double x)
{
    const double y = (x - mean_of(s)) / deviation_of(s);
    return y > 10.0 ? 10.0 : y < -10.0 ? -10.0 : y;
}

START_TEST(observations_are_normed_by_what_was_seen_before_them)
{
    begin_test();
    seen time = {.n = 0};
    start(SHOW ":end=500", "norm", 1, PV_FOR_TRAINING);
    ck_assert_double_eq(batch->spec->obs[NUMBERS].high[0], 10.0);
    for (int t = 0; t < 50; t++) {
        ck_assert_float_eq_tol(numbers(0)[0], (float)normed(&time, t), 1e-5f);
        see(&time, t);
        step(0);
    }
    ck_assert_float_gt(numbers(0)[0], 1.5f); /* the time grows beyond what was */
    end_test();
}
END_TEST

START_TEST(lanes_add_to_the_same_statistics_and_threads_change_nothing)
{
    begin_test();
    seen time = {.n = 0};
    start(SHOW ":end=7", "norm", 5, PV_FOR_TRAINING);
    pv_pool *pool = pv_pool_create(3);
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = 5;
    config.pool = pool;
    pv_vector *other = pv_vector_create(&config);
    ck_assert_int_eq(pv_vector_reset(other), PV_OK);
    expect_equal_runs(vector, other, 30);
    pv_vector_destroy(other);
    pv_pool_destroy(pool);
    /* five lanes in step: the reset, 30 steps, and the resets at every seventh */
    for (int lane = 0; lane < 5; lane++) {
        see(&time, 0.0);
        for (int t = 1; t <= 30; t++) {
            see(&time, (t - 1) % 7 + 1);
            if (t % 7 == 0) {
                see(&time, 0.0);
            }
        }
    }
    step(0); /* step 31: the third of an episode */
    ck_assert_float_eq_tol(numbers(3)[0], (float)normed(&time, 3.0), 1e-5f);
    end_test();
}
END_TEST

START_TEST(rewards_are_normed_by_the_deviation_of_discounted_returns)
{
    begin_test();
    seen returns = {.n = 0};
    double sum = 0.0;
    start(SHOW ":end=6", "norm-reward 0.5", 1, PV_FOR_TRAINING);
    for (int i = 0; i < 20; i++) {
        const int t = i % 6 + 1;
        sum = t == 1 ? 1.0 : 0.5 * sum + t;
        step(0);
        const double y = t / deviation_of(&returns);
        ck_assert_float_eq_tol(batch->reward[0], (float)(y > 10.0 ? 10.0 : y), 1e-5f);
        ck_assert_float_eq(batch->world_reward[0], (float)t);
        see(&returns, sum);
        if (t == 6) {
            ck_assert_double_eq(batch->episode[0].returns[0], 21.0);
        }
    }
    end_test();
}
END_TEST

/* the tensors of a world's statistics; the caller destroys them */
static pv_tensors *tensors_of(const pv_statistics *statistics)
{
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_statistics_save(statistics, tensors), PV_OK);
    ck_assert_int_gt(pv_tensors_count(tensors), 0);
    return tensors;
}

static void expect_equal_tensors(pv_tensors *a, pv_tensors *b)
{
    ck_assert_int_eq(pv_tensors_count(a), pv_tensors_count(b));
    for (int i = 0; i < pv_tensors_count(a); i++) {
        const pv_tensor *x = pv_tensors_at(a, i);
        const pv_tensor *y = pv_tensors_at(b, i);
        ck_assert_str_eq(x->name, y->name);
        ck_assert_uint_eq(x->count, y->count);
        ck_assert_mem_eq(x->data, y->data, x->count * sizeof(double));
    }
    pv_tensors_destroy(a);
    pv_tensors_destroy(b);
}

START_TEST(statistics_are_frozen_outside_training)
{
    begin_test();
    pv_statistics *statistics = NULL;
    world = pv_world_open_wrapped(SHOW ":end=9", "norm, norm-reward");
    ck_assert_int_eq(pv_statistics_create(world, &statistics), PV_OK);
    pv_vector_config config = pv_vector_config_default(world);
    config.statistics = statistics;
    for (int purpose = PV_FOR_TRAINING; purpose <= PV_FOR_RECORDING; purpose++) {
        config.purpose = (pv_purpose)purpose;
        vector = pv_vector_create(&config);
        batch = pv_vector_batch(vector);
        pv_tensors *before = tensors_of(statistics);
        ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
        for (int t = 0; t < 20; t++) {
            step(0);
        }
        if (purpose == PV_FOR_TRAINING) {
            pv_tensors_destroy(before);
            ck_assert_double_eq(*statistics->running[0].n, 23.0); /* steps and resets */
            ck_assert_double_eq(*statistics->running[1].n, 20.0);
        } else {
            /* the second step of the third episode */
            const pv_running *r = &statistics->running[0];
            const float expected = (float)((2.0 - r->mean[0]) * r->inverse[0]);
            ck_assert_float_eq(numbers(0)[0], expected);
            expect_equal_tensors(before, tensors_of(statistics));
        }
        pv_vector_destroy(vector);
        vector = NULL;
    }
    pv_statistics_destroy(statistics);
    end_test();
}
END_TEST

START_TEST(saved_lanes_go_on_equally)
{
    static const char *const texts[] = {SHOW ":end=11", SHOW_AGAIN ":end=11"};
    begin_test();
    for (int i = 0; i < 2; i++) {
        start(texts[i], "norm, stack 3, norm-reward, skip 2", 3, PV_FOR_TRAINING);
        for (int t = 0; t < 17; t++) {
            step(t % 4);
        }
        pv_tensors *tensors = pv_tensors_create();
        ck_assert_int_eq(pv_vector_save(vector, tensors, "lanes"), PV_OK);
        pv_vector_config config = pv_vector_config_default(world);
        config.lanes = 3;
        pv_vector *other = pv_vector_create(&config);
        ck_assert_msg(pv_vector_load(other, tensors, "lanes") == PV_OK, "%s", pv_last_error());
        expect_equal_runs(vector, other, 60);
        pv_vector_destroy(other);
        pv_tensors_destroy(tensors);
        close_world();
    }
    end_test();
}
END_TEST

/* --- with an agent --- */

static pv_agent *train_random(const pv_world *on, uint64_t steps)
{
    pv_agent *agent = pv_agent_create("random", on, NULL, 2, 1);
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    pv_train_config config = pv_train_config_default(on, agent);
    config.lanes = 2;
    config.steps = steps;
    config.eval_every = 40; /* must leave no trace */
    ck_assert_msg(pv_train(&config) == PV_OK, "%s", pv_last_error());
    return agent;
}

START_TEST(the_agent_keeps_statistics_in_its_checkpoint)
{
    begin_test();
    char path[] = "/tmp/pavlov-norm-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    world = pv_world_open_wrapped(SHOW ":end=50", "norm, norm-reward");
    pv_agent *agent = train_random(world, 100);
    ck_assert_double_eq(*pv_agent_statistics(agent)->running[0].n, 104.0);
    ck_assert_int_eq(pv_agent_save(agent, path), PV_OK);
    pv_agent *loaded = pv_agent_create("random", world, NULL, 2, 1);
    ck_assert_msg(pv_agent_load(loaded, path) == PV_OK, "%s", pv_last_error());
    expect_equal_tensors(tensors_of(pv_agent_statistics(agent)),
                         tensors_of(pv_agent_statistics(loaded)));
    ck_assert_mem_eq(pv_agent_statistics(agent)->running[0].inverse,
                     pv_agent_statistics(loaded)->running[0].inverse, 4 * sizeof(double));
    pv_agent_destroy(loaded);
    pv_agent_destroy(agent);
    close_world();
    world = pv_world_open(SHOW);
    agent = pv_agent_create("random", world, NULL, 1, 1);
    ck_assert_ptr_null(pv_agent_statistics(agent));
    ck_assert_int_eq(pv_agent_load(agent, path), PV_ERROR_FIT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "it was trained behind norm or norm-reward"));
    pv_agent_destroy(agent);
    unlink(path);
    end_test();
}
END_TEST

START_TEST(evaluation_in_between_changes_no_training)
{
    begin_test();
    pv_tensors *tensors[2];
    world = pv_world_open_wrapped(SHOW ":end=50", "norm, norm-reward, sticky 0.3");
    for (int i = 0; i < 2; i++) {
        pv_agent *agent = pv_agent_create("random", world, NULL, 1, 1);
        pv_train_config config = pv_train_config_default(world, agent);
        config.steps = 300;
        config.eval_every = i ? 37 : 0;
        ck_assert_int_eq(pv_train(&config), PV_OK);
        tensors[i] = tensors_of(pv_agent_statistics(agent));
        pv_agent_destroy(agent);
    }
    expect_equal_tensors(tensors[0], tensors[1]);
    end_test();
}
END_TEST

START_TEST(what_cannot_be_normed_is_refused)
{
    begin_test();
    ck_assert_ptr_null(pv_world_open_wrapped("CliffWalking-v1", "limit 9, norm"));
    ck_assert_str_eq(pv_last_error(),
                     "wrap \"limit 9, norm\": norm takes an observation of numbers (f32), and "
                     "CliffWalking-v1 has none, at \"norm\" (column 10)");
    ck_assert_ptr_null(pv_world_open_wrapped(SHOW, "norm-reward 2"));
    ck_assert_str_eq(pv_last_error(), "wrap \"norm-reward 2\": norm-reward takes a discount from 0 "
                                      "to 1, like norm-reward 0.99, at \"2\" (column 13)");
    end_test();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    begin_test();
    for (uint64_t n = 1;; n++) {
        pv_memory_fail_at(n);
        world = pv_world_open_wrapped(SHOW, "norm, norm-reward, stack 2");
        pv_agent *agent = world ? pv_agent_create("random", world, NULL, 1, 1) : NULL;
        if (agent) {
            pv_vector_config config = pv_vector_config_default(world);
            vector = pv_vector_create(&config);
        }
        pv_memory_fail_at(0);
        const int done = vector != NULL;
        ck_assert(done || strstr(pv_last_error(), "memory"));
        pv_agent_destroy(agent);
        close_world();
        ck_assert_uint_eq(pv_memory_live(), live_before);
        if (done) {
            ck_assert_uint_gt(n, 30);
            break;
        }
    }
    end_test();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrap norm");
    TCase *tests = tcase_create("wrap norm");
    tcase_add_test(tests, observations_are_normed_by_what_was_seen_before_them);
    tcase_add_test(tests, lanes_add_to_the_same_statistics_and_threads_change_nothing);
    tcase_add_test(tests, rewards_are_normed_by_the_deviation_of_discounted_returns);
    tcase_add_test(tests, statistics_are_frozen_outside_training);
    tcase_add_test(tests, saved_lanes_go_on_equally);
    tcase_add_test(tests, the_agent_keeps_statistics_in_its_checkpoint);
    tcase_add_test(tests, evaluation_in_between_changes_no_training);
    tcase_add_test(tests, what_cannot_be_normed_is_refused);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
