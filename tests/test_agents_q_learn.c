/* test_agents_q_learn.c: targets against an independent implementation, updates against hand
   computation, dueling against finite differences, overestimation against its definition. */
#include "agents/q_learn.h"
#include "agents/q_return.h"
#include "agents/q_target.h"
#include "agents_help.h"
#include "core/file.h"
#include "core/json.h"

#include <math.h>
#include <stdio.h>

/* --- targets --- */

static const float NONE = INFINITY;

START_TEST(the_best_action_is_the_lowest_of_the_legal_best)
{
    const float value[] = {1, 3, 3, 2, 5, 5, 5, 5, 0, 1, 2, 9};
    const uint8_t mask[] = {1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0};
    int32_t best[3];
    pv_q_best(3, 4, value, NULL, best);
    ck_assert_int_eq(best[0], 1);
    ck_assert_int_eq(best[1], 0);
    ck_assert_int_eq(best[2], 3);
    pv_q_best(3, 4, value, mask, best);
    ck_assert_int_eq(best[0], 2);
    ck_assert_int_eq(best[1], 0); /* a mask of zeros forbids nothing */
    ck_assert_int_eq(best[2], 1);
}
END_TEST

START_TEST(nothing_beyond_an_end_counts)
{
    const float value[] = {NONE, 1, 4, 2};
    const float reward[] = {0.5f, -1};
    const float discount[] = {0, 0.5f};
    const int32_t best[] = {0, 0};
    float target[2];
    pv_q_target(2, 2, reward, discount, value, best, target);
    ck_assert_float_eq(target[0], 0.5f);
    ck_assert_float_eq(target[1], 1.0f);
}
END_TEST

static int read_array(const cJSON *object, const char *name, float *x)
{
    const cJSON *data =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, name), "data");
    const cJSON *item = NULL;
    int n = 0;
    cJSON_ArrayForEach(item, data)
    {
        x[n++] = (float)item->valuedouble;
    }
    ck_assert_int_gt(n, 0);
    return n;
}

START_TEST(targets_are_those_of_an_independent_implementation)
{
    static const char path[] = PV_TEST_SOURCE_DIR "/reference/nets/target_dqn.json";
    enum { ROWS = 5, ACTIONS = 4 };
    float online[ROWS * ACTIONS], target[ROWS * ACTIONS], reward[ROWS], over[ROWS], plain[ROWS],
        twice[ROWS], discount[ROWS], own[ROWS];
    int32_t best[ROWS];
    size_t size;
    char *text = NULL;
    check(pv_file_read(path, &text, &size));
    cJSON *json = cJSON_ParseWithLength(text, size);
    ck_assert_int_eq(read_array(json, "q_online_next", online), ROWS * ACTIONS);
    ck_assert_int_eq(read_array(json, "q_target_next", target), ROWS * ACTIONS);
    ck_assert_int_eq(read_array(json, "reward", reward), ROWS);
    ck_assert_int_eq(read_array(json, "terminated", over), ROWS);
    ck_assert_int_eq(read_array(json, "target", plain), ROWS);
    ck_assert_int_eq(read_array(json, "double_target", twice), ROWS);
    for (int i = 0; i < ROWS; i++) {
        discount[i] = over[i] > 0.0f ? 0.0f : 0.99f;
    }
    pv_q_best(ROWS, ACTIONS, target, NULL, best);
    pv_q_target(ROWS, ACTIONS, reward, discount, target, best, own);
    for (int i = 0; i < ROWS; i++) {
        ck_assert_float_eq_tol(own[i], plain[i], 1e-6f);
    }
    pv_q_best(ROWS, ACTIONS, online, NULL, best);
    pv_q_target(ROWS, ACTIONS, reward, discount, target, best, own);
    for (int i = 0; i < ROWS; i++) {
        ck_assert_float_eq_tol(own[i], twice[i], 1e-6f);
    }
    cJSON_Delete(json);
    pv_free(text);
}
END_TEST

/* --- the overestimation --- */

START_TEST(overestimation_is_the_mean_of_q_minus_the_discounted_rest)
{
    enum { STEPS = 7 };
    const double gamma = 0.9;
    const double q[STEPS] = {3, 1, 4, 1, 5, 9, 2};
    const double r[STEPS] = {2, 7, 1, 8, 2, 8, 1};
    const double beyond = 6.0;
    double over = 0.0;
    for (int t = 0; t < STEPS; t++) {
        double rest = 0.0;
        for (int k = t; k < STEPS; k++) {
            rest += pow(gamma, k - t) * r[k];
        }
        over += q[t] - rest - pow(gamma, STEPS - t) * beyond;
    }
    pv_q_return returns = {0};
    ck_assert_int_eq(pv_q_return_init(&returns, 2, gamma), PV_OK);
    ck_assert(isnan(pv_q_return_over(&returns)));
    for (int t = 0; t < STEPS; t++) {
        pv_q_return_choose(&returns, 1, q[t]);
        pv_q_return_earn(&returns, 1, r[t]);
    }
    pv_q_return_end(&returns, 1, beyond);
    ck_assert_double_eq_tol(pv_q_return_over(&returns), over / STEPS, 1e-12);
    ck_assert(isnan(pv_q_return_over(&returns)));
    pv_q_return_free(&returns);
}
END_TEST

/* --- updates --- */

/* three states in a row, two actions */
static const mdp_row chain_rows[] = {
    {0, 0, {1.0, 1.0, 1, 0}}, {0, 1, {1.0, 0.0, 2, 0}}, {1, 0, {1.0, 2.0, 2, 0}},
    {1, 1, {1.0, 0.0, 0, 0}}, {2, 0, {1.0, 5.0, 2, 1}}, {2, 1, {1.0, 0.0, 0, 0}},
};
static const mdp_table chain_table = {
    .states = 3, .actions = 2, .row = chain_rows, .rows = sizeof chain_rows / sizeof chain_rows[0]};
MDP_WORLD(chain, chain_table);

/* a learner on the chain world, whose parameters are those of dqn and `settings` */
typedef struct rig {
    pv_world *world;
    pv_params params;
    pv_q_net q;
    pv_q_learner learner;
    pv_rng rng;
} rig;

enum { BATCH = 6 };

static void rig_init(rig *r, const char *settings, int twice, float delta)
{
    memset(r, 0, sizeof *r);
    r->world = open_mdp(&chain);
    const pv_agent_class *dqn = pv_agent_class_find("dqn");
    check(pv_agent_params(&r->params, dqn, r->world));
    check(pv_params_parse(&r->params, settings, PV_SOURCE_USER));
    r->rng = pv_rng_split(1, "noise");
    const pv_agent_config config = {.world = r->world, .params = &r->params, .rows = 1, .seed = 1};
    const pv_q_learner_config learner = {.rows = BATCH,
                                         .samples = BATCH,
                                         .twice = twice,
                                         .delta = delta,
                                         .mask = -1,
                                         .rng = &r->rng};
    check(pv_q_net_init(&r->q, &config));
    check(pv_q_learner_init(&r->learner, &r->q, &learner));
}

static void rig_free(rig *r)
{
    pv_q_learner_free(&r->learner);
    pv_q_net_free(&r->q);
    pv_params_free(&r->params);
    pv_world_close(r->world);
}

/* every (state, action) once */
typedef struct table_batch {
    int32_t state[BATCH], next[BATCH], action[BATCH];
    float reward[BATCH], discount[BATCH], weight[BATCH];
    uint64_t zero[BATCH];
    uint8_t reset[BATCH];
    const void *obs[1], *next_obs[1], *actions[1];
    pv_replay_batch batch;
} table_batch;

static void fill_batch(table_batch *b, float gamma)
{
    memset(b, 0, sizeof *b);
    for (int i = 0; i < BATCH; i++) {
        const mdp_row *row = &chain_rows[i];
        b->state[i] = (int32_t)row->state;
        b->action[i] = (int32_t)row->action;
        b->next[i] = (int32_t)row->outcome.next;
        b->reward[i] = (float)row->outcome.reward;
        b->discount[i] = row->outcome.terminated ? 0.0f : gamma;
        b->weight[i] = 1.0f;
    }
    b->obs[0] = b->state;
    b->next_obs[0] = b->next;
    b->actions[0] = b->action;
    b->batch = (pv_replay_batch){.samples = BATCH,
                                 .steps = 1,
                                 .obs = b->obs,
                                 .action = b->actions,
                                 .reward = b->reward,
                                 .discount = b->discount,
                                 .next_obs = b->next_obs,
                                 .reset = b->reset,
                                 .weight = b->weight,
                                 .index = b->zero,
                                 .age = b->zero};
}

/* Q of the three states by a net */
static void values_of(rig *r, const pv_net *net, float value[BATCH])
{
    const int32_t state[3] = {0, 1, 2};
    const void *input[1] = {state};
    pv_q_pass pass = {0};
    check(pv_q_pass_init(&pass, &r->q, 3, 0));
    pv_q_forward(&pass, &r->q, net, &(pv_net_batch){.steps = 1, .sequences = 3, .input = input});
    memcpy(value, pass.value, BATCH * sizeof *value);
    pv_q_pass_free(&pass);
}

/* an update of a linear net by plain gradient descent, by hand: the weight of a state and the bias
   of an action both move by lr / BATCH times the error */
static void expect_update_by_hand(const char *settings, int twice)
{
    const float lr = 0.3f;
    rig r;
    table_batch b;
    float online[BATCH], target[BATCH], after[BATCH];
    double weight[BATCH] = {0};
    double bias[2] = {0};
    rig_init(&r, settings, twice, 0.0f);
    if (r.q.target) {
        pv_net_init_parameters(r.q.target, 77); /* two nets that disagree */
    }
    fill_batch(&b, 0.9f);
    b.weight[3] = 0.25f;
    values_of(&r, r.q.deep.net, online);
    values_of(&r, r.q.target ? r.q.target : r.q.deep.net, target);
    for (int i = 0; i < BATCH; i++) {
        const float *choose = (twice ? online : target) + 2 * b.next[i];
        const int best = choose[1] > choose[0];
        const double y =
            (double)b.reward[i] + (double)(b.discount[i] * target[2 * b.next[i] + best]);
        const double error = y - (double)online[2 * b.state[i] + b.action[i]];
        weight[2 * b.state[i] + b.action[i]] += (double)(lr * b.weight[i]) * error / BATCH;
        bias[b.action[i]] += (double)(lr * b.weight[i]) * error / BATCH;
    }
    check(pv_q_learn(&r.learner, &b.batch, 0));
    values_of(&r, r.q.deep.net, after);
    for (int i = 0; i < BATCH; i++) {
        const double right = (double)online[i] + weight[i] + bias[i % 2];
        ck_assert_double_eq_tol((double)after[i], right, 1e-5);
    }
    rig_free(&r);
}

START_TEST(an_update_moves_values_to_their_targets)
{
    expect_update_by_hand("net='',optimizer=sgd,lr=0.3", 0);
}
END_TEST

START_TEST(double_learning_lets_the_network_choose_and_the_target_value)
{
    expect_update_by_hand("net='',optimizer=sgd,lr=0.3", 1);
}
END_TEST

START_TEST(without_a_target_network_the_network_is_its_own)
{
    expect_update_by_hand("net='',optimizer=sgd,lr=0.3,target=0", 0);
    expect_update_by_hand("net='',optimizer=sgd,lr=0.3,target=0", 1);
}
END_TEST

START_TEST(a_target_network_follows_by_period_or_by_part)
{
    rig r;
    table_batch b;
    fill_batch(&b, 0.9f);
    rig_init(&r, "net='dense 4 tanh',target-every=3", 0, 1.0f);
    const size_t bytes = pv_net_parameter_count(r.q.target) * sizeof(float);
    for (int i = 1; i <= 6; i++) {
        check(pv_q_learn(&r.learner, &b.batch, 0));
        const int same =
            memcmp(pv_net_parameters(r.q.target), pv_net_parameters(r.q.deep.net), bytes) == 0;
        ck_assert_int_eq(same, i % 3 == 0);
    }
    rig_free(&r);
    rig_init(&r, "net='dense 4 tanh',tau=0.25", 0, 1.0f);
    const float before = pv_net_parameters(r.q.target)[0];
    check(pv_q_learn(&r.learner, &b.batch, 0));
    const float online = pv_net_parameters(r.q.deep.net)[0];
    ck_assert_float_eq_tol(pv_net_parameters(r.q.target)[0], before + 0.25f * (online - before),
                           1e-6f);
    ck_assert_float_ne(online, before);
    rig_free(&r);
}
END_TEST

/* Q* of the chain for gamma 0.9: state 2 ends with 5, staying away from it pays the detour */
static void chain_values(double q[BATCH])
{
    double v[3] = {0};
    for (int sweep = 0; sweep < 500; sweep++) {
        for (int i = 0; i < BATCH; i++) {
            const pv_outcome *o = &chain_rows[i].outcome;
            q[i] = o->reward + (o->terminated ? 0.0 : 0.9 * v[o->next]);
        }
        for (int s = 0; s < 3; s++) {
            v[s] = fmax(q[2 * s], q[2 * s + 1]);
        }
    }
}

static void expect_solved(const char *settings, int twice, double tolerance)
{
    rig r;
    table_batch b;
    float own[BATCH];
    double right[BATCH];
    rig_init(&r, settings, twice, 1.0f);
    fill_batch(&b, 0.9f);
    chain_values(right);
    for (int i = 0; i < 4000; i++) {
        check(pv_q_learn(&r.learner, &b.batch, (uint64_t)i));
    }
    pv_pass_draw_noise(r.learner.learning.pass, NULL);
    values_of(&r, r.q.deep.net, own);
    for (int i = 0; i < BATCH; i++) {
        ck_assert_msg(fabs((double)own[i] - right[i]) < tolerance, "%s: Q %d is %g, not %g",
                      settings, i, (double)own[i], right[i]);
    }
    rig_free(&r);
}

#define SLOWING "lr=exp:0.02:0.0005:4000,target-every=20,net='dense 16 tanh'"

START_TEST(one_batch_is_learned_to_its_solution)
{
    expect_solved(SLOWING, 0, 0.01);
    expect_solved(SLOWING ",loss=squared", 1, 0.01);
    expect_solved(SLOWING ",dueling=1", 0, 0.01);
    expect_solved(SLOWING ",dueling=1,streams='dense 8 tanh'", 1, 0.01);
    expect_solved(SLOWING ",target=0", 0, 0.01);
}
END_TEST

START_TEST(distributions_are_learned_to_its_solution)
{
    /* atoms 0.25 apart: between them a return has its mean exactly, but its spread grows */
    expect_solved(SLOWING ",distribution=c51,atoms=61,v-min=0,v-max=15", 0, 0.1);
    expect_solved(SLOWING ",distribution=c51,atoms=61,v-min=0,v-max=15,dueling=1", 1, 0.1);
    expect_solved(SLOWING ",distribution=qr,quantiles=8", 0, 0.05);
    expect_solved(SLOWING ",distribution=qr,quantiles=8,dueling=1", 1, 0.05);
}
END_TEST

START_TEST(noisy_nets_are_learned_to_nearly_its_solution)
{
    expect_solved(SLOWING ",noisy=1", 0, 0.5);
}
END_TEST

/* --- dueling --- */

START_TEST(dueling_has_the_gradient_of_finite_differences)
{
    rig r;
    const int32_t state[3] = {0, 1, 2};
    const void *input[1] = {state};
    const pv_net_batch batch = {.steps = 1, .sequences = 3, .input = input};
    rig_init(&r, "net='dense 5 tanh',dueling=1,streams='dense 4 tanh',distribution=qr,quantiles=3",
             0, 1.0f);
    pv_q_pass *pass = &r.learner.learning;
    const size_t outputs = 3 * 2 * 3;
    float factor[18];
    for (size_t i = 0; i < outputs; i++) {
        factor[i] = (float)pv_rng_normal(&r.rng);
    }
    pv_q_forward(pass, &r.q, r.q.deep.net, &batch);
    memcpy(pass->gradient, factor, sizeof factor); /* of the sum of factor * output */
    pv_q_backward(pass, &r.q);
    float *p = pv_net_parameters(r.q.deep.net);
    for (size_t k = 0; k < pv_net_parameter_count(r.q.deep.net); k++) {
        double sum[2] = {0.0, 0.0};
        const float kept = p[k];
        for (int side = 0; side < 2; side++) {
            p[k] = kept + (side ? 0.01f : -0.01f);
            pv_q_forward(&r.learner.beyond, &r.q, r.q.deep.net, &batch);
            for (size_t i = 0; i < outputs; i++) {
                sum[side] += (double)(factor[i] * r.learner.beyond.output[i]);
            }
        }
        p[k] = kept;
        ck_assert_double_eq_tol((double)r.q.deep.gradient[k], (sum[1] - sum[0]) / 0.02, 2e-3);
    }
    rig_free(&r);
}
END_TEST

START_TEST(dueling_values_are_centred_on_the_states_value)
{
    rig r;
    float q[BATCH];
    rig_init(&r, "net='dense 5 tanh',dueling=1", 0, 1.0f);
    values_of(&r, r.q.deep.net, q);
    const pv_net_tensor *t = pv_net_tensor_find(r.q.deep.net, "value.dense1.bias");
    ck_assert_ptr_nonnull(t);
    pv_net_parameters(r.q.deep.net)[t->offset] += 2.0f; /* v, and so every Q, is 2 more */
    t = pv_net_tensor_find(r.q.deep.net, "advantage.dense1.bias");
    ck_assert_ptr_nonnull(t);
    pv_net_parameters(r.q.deep.net)[t->offset] += 1.0f; /* A of action 0: +1 less the mean 1/2 */
    float after[BATCH];
    values_of(&r, r.q.deep.net, after);
    for (int i = 0; i < BATCH; i++) {
        ck_assert_float_eq_tol(after[i], q[i] + (i % 2 ? 1.5f : 2.5f), 1e-5f);
    }
    rig_free(&r);
}
END_TEST

/* --- numbers that are none --- */

START_TEST(what_is_not_finite_stops_with_its_layer)
{
    rig r;
    table_batch b;
    rig_init(&r, "net='dense 4 relu'", 0, 1.0f);
    fill_batch(&b, 0.9f);
    b.reward[2] = NAN;
    ck_assert_int_eq(pv_q_learn(&r.learner, &b.batch, 0), PV_ERROR_NUMBER);
    ck_assert_msg(strstr(pv_last_error(), "update 1: the loss is not finite") != NULL, "%s",
                  pv_last_error());
    rig_free(&r);
    rig_init(&r, "net='dense 4 relu'", 0, 1.0f);
    fill_batch(&b, 0.9f);
    pv_net_parameters(r.q.deep.net)[0] = INFINITY;
    ck_assert_int_eq(pv_q_learn(&r.learner, &b.batch, 0), PV_ERROR_NUMBER);
    ck_assert_msg(strstr(pv_last_error(), "dense1") != NULL, "%s", pv_last_error());
    rig_free(&r);
}
END_TEST

static Suite *q_learn_suite(void)
{
    Suite *suite = suite_create("agents/q_learn");
    TCase *tcase = tcase_create("q_learn");
    tcase_add_test(tcase, the_best_action_is_the_lowest_of_the_legal_best);
    tcase_add_test(tcase, nothing_beyond_an_end_counts);
    tcase_add_test(tcase, targets_are_those_of_an_independent_implementation);
    tcase_add_test(tcase, overestimation_is_the_mean_of_q_minus_the_discounted_rest);
    tcase_add_test(tcase, an_update_moves_values_to_their_targets);
    tcase_add_test(tcase, double_learning_lets_the_network_choose_and_the_target_value);
    tcase_add_test(tcase, without_a_target_network_the_network_is_its_own);
    tcase_add_test(tcase, a_target_network_follows_by_period_or_by_part);
    tcase_add_test(tcase, one_batch_is_learned_to_its_solution);
    tcase_add_test(tcase, distributions_are_learned_to_its_solution);
    tcase_add_test(tcase, noisy_nets_are_learned_to_nearly_its_solution);
    tcase_add_test(tcase, dueling_has_the_gradient_of_finite_differences);
    tcase_add_test(tcase, dueling_values_are_centred_on_the_states_value);
    tcase_add_test(tcase, what_is_not_finite_stops_with_its_layer);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(q_learn_suite());
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
