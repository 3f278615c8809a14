/* test_agents_actor_critic.c: the losses of policies and their critics against an independent
   implementation and finite differences, with numbers as actions and with choices. */
#include "agents/actor_critic.h"
#include "agents_help.h"
#include "core/json.h"

#include <math.h>
#include <stdio.h>

enum { ROWS = 7, MOST = 64 };

/* --- a world of so many numbers seen and an action of so many choices, or numbers --- */

static uint32_t shape_seen, shape_choices, shape_numbers;

static pv_status shape_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    (void)params;
    *env = host->alloc(host->ctx, sizeof(struct pv_env));
    if (*env) {
        (*env)->host = host;
    }
    return *env ? 0 : -1;
}

static void shape_spec(const pv_env *env, pv_spec *spec)
{
    pv_env *own = (pv_env *)(uintptr_t)env;
    static const double low[2] = {-2.0, 0.0};
    static const double high[2] = {2.0, 3.0};
    own->obs[0] = (pv_space){.name = "seen", .dtype = PV_F32, .ndim = 1, .shape = {shape_seen}};
    own->action = (pv_space){.name = "move", .dtype = PV_I32, .n = shape_choices};
    if (shape_numbers) {
        own->action = (pv_space){.name = "push",
                                 .dtype = PV_F32,
                                 .ndim = 1,
                                 .shape = {shape_numbers},
                                 .low = low,
                                 .high = high};
    }
    spec->agents = 1;
    spec->n_obs = spec->n_action = 1;
    spec->obs = own->obs;
    spec->action = &own->action;
}

static pv_status shape_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    (void)env;
    (void)seed;
    memset(io->obs[0], 0, shape_seen * sizeof(float));
    return 0;
}

static pv_status shape_step(pv_env *env, const pv_io *io)
{
    io->reward[0] = 0.0f;
    io->terminated[0] = io->truncated[0] = 0;
    return shape_reset(env, 0, io);
}

static const pv_env_class shape_class = {.size = sizeof shape_class,
                                         .abi = PV_ABI,
                                         .id = "Shape-v0",
                                         .version = "1",
                                         .summary = "a world of the tests",
                                         .create = shape_create,
                                         .destroy = mdp_destroy,
                                         .spec = shape_spec,
                                         .reset = shape_reset,
                                         .step = shape_step};

/* --- an actor and critic, its pass and a batch for it --- */

typedef struct rig {
    pv_world *world;
    pv_agent *agent; /* for its parameters */
    pv_actor_critic ac;
    pv_policy_pass pass;
    pv_policy_batch batch;
    float seen[ROWS * MOST], advantage[ROWS], target[ROWS], old_log[ROWS], old_value[ROWS];
    float log_prob[ROWS], coefficient[ROWS], scratch[ROWS], draws[ROWS * MOST];
    int32_t action[ROWS];
} rig;

static void begin(rig *r, int seen, int choices, int numbers, const char *settings, int rows)
{
    memset(r, 0, sizeof *r);
    shape_seen = (uint32_t)seen;
    shape_choices = (uint32_t)choices;
    shape_numbers = (uint32_t)numbers;
    r->world = open_mdp(&shape_class);
    r->agent = make_agent("a2c", r->world, settings);
    const pv_agent_config config = {
        .world = r->world, .params = &r->agent->params, .rows = 1, .seed = 5};
    check(pv_actor_critic_init(&r->ac, &config, 1));
    check(pv_policy_pass_init(&r->pass, &r->ac, rows, 1));
    r->batch = (pv_policy_batch){.rows = rows,
                                 .action = numbers ? (void *)r->draws : (void *)r->action,
                                 .advantage = r->advantage,
                                 .target = r->target,
                                 .old_log_prob = r->old_log,
                                 .old_value = r->old_value,
                                 .log_prob = r->log_prob,
                                 .coefficient = r->coefficient,
                                 .scratch = r->scratch};
}

static void end(rig *r)
{
    pv_policy_pass_free(&r->pass);
    pv_actor_critic_free(&r->ac);
    pv_agent_destroy(r->agent);
    pv_world_close(r->world);
}

static double loss_of(rig *r, const pv_policy_loss *weights)
{
    const void *const input[1] = {r->seen};
    const pv_net_batch batch = {.steps = 1, .sequences = r->batch.rows, .input = input};
    pv_policy_told told = {0};
    pv_actor_critic_forward(&r->ac, &r->pass, &batch, NULL);
    return pv_actor_critic_loss(&r->ac, &r->pass, &r->batch, weights, &told);
}

/* --- against an independent implementation --- */

static cJSON *open_case(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/reference/nets/%s.json", PV_TEST_SOURCE_DIR, name);
    cJSON *json = pv_json_read(path);
    ck_assert_msg(json != NULL, "%s", pv_last_error());
    return json;
}

static int read_array(const cJSON *object, const char *name, float *x)
{
    const cJSON *data =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, name), "data");
    const int n = cJSON_GetArraySize(data);
    ck_assert(n > 0 && n <= ROWS * MOST);
    for (int i = 0; i < n; i++) {
        x[i] = (float)cJSON_GetArrayItem(data, i)->valuedouble;
    }
    return n;
}

static void read_actions(const cJSON *json, int32_t *action)
{
    float x[ROWS * MOST];
    const int n = read_array(json, "action", x);
    for (int i = 0; i < n; i++) {
        action[i] = (int32_t)x[i];
    }
}

static const struct {
    const char *theirs, *own;
} names[] = {{"d1.W", "dense1.weight"},        {"d1.b", "dense1.bias"},
             {"pi.W", "policy.dense1.weight"}, {"pi.b", "policy.dense1.bias"},
             {"v.W", "value.dense1.weight"},   {"v.b", "value.dense1.bias"}};

START_TEST(gradients_of_actor_and_critic_are_those_of_an_independent_implementation)
{
    rig r;
    float x[ROWS * MOST], loss[1], value[ROWS];
    cJSON *json = open_case("net_actor_critic_step");
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(json, "params");
    const cJSON *gradients = cJSON_GetObjectItemCaseSensitive(json, "dparams");
    begin(&r, 5, 3, 0, "net='dense 8 tanh',shared=1", ROWS);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const pv_net_tensor *tensor = pv_net_tensor_find(r.ac.deep.net, names[i].own);
        ck_assert_ptr_nonnull(tensor);
        ck_assert_int_eq(read_array(params, names[i].theirs, x), (int)tensor->count);
        memcpy(pv_net_parameters(r.ac.deep.net) + tensor->offset, x, tensor->count * sizeof *x);
    }
    read_array(json, "x", r.seen);
    read_array(json, "returns", r.target);
    read_array(json, "value", value);
    read_array(json, "loss", loss);
    read_actions(json, r.action);
    for (int i = 0; i < ROWS; i++) {
        r.advantage[i] = r.target[i] - value[i];
    }
    const pv_policy_loss weights = {.entropy = 0.01, .value = 0.5};
    ck_assert_double_eq_tol(loss_of(&r, &weights), (double)loss[0], 1e-4);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const pv_net_tensor *tensor = pv_net_tensor_find(r.ac.deep.net, names[i].own);
        read_array(gradients, names[i].theirs, x);
        for (size_t k = 0; k < tensor->count; k++) {
            ck_assert_float_eq_tol(r.ac.deep.gradient[tensor->offset + k], x[k], 1e-4f);
        }
    }
    cJSON_Delete(json);
    end(&r);
}
END_TEST

/* the policy's head passes on what is seen, so that gradients by it are known by its weights */
static void pass_on(rig *r)
{
    const pv_net_tensor *weight = pv_net_tensor_find(r->ac.deep.net, "policy.dense1.weight");
    float *w = pv_net_parameters(r->ac.deep.net) + weight->offset;
    const size_t n = (size_t)r->ac.n;
    for (size_t i = 0; i < n * n; i++) {
        w[i] = i % (n + 1) == 0 ? 1.0f : 0.0f;
    }
}

/* compares the gradient by the bias with the sum over rows of that by the head's output */
static void expect_head_gradient(const rig *r, const cJSON *json)
{
    float right[ROWS * MOST];
    const int n = r->ac.n;
    ck_assert_int_eq(read_array(json, "dpred", right), n * r->batch.rows);
    const pv_net_tensor *bias = pv_net_tensor_find(r->ac.deep.net, "policy.dense1.bias");
    for (int j = 0; j < n; j++) {
        double sum = 0.0;
        for (int i = 0; i < r->batch.rows; i++) {
            sum += (double)right[i * n + j];
        }
        ck_assert_double_eq_tol((double)r->ac.deep.gradient[bias->offset + (size_t)j], sum, 1e-5);
    }
    const pv_net_tensor *weight = pv_net_tensor_find(r->ac.deep.net, "policy.dense1.weight");
    for (int j = 0; j < n; j++) { /* the diagonal, which has no orientation */
        double sum = 0.0;
        for (int i = 0; i < r->batch.rows; i++) {
            sum += (double)(right[i * n + j] * r->seen[i * n + j]);
        }
        const size_t at = weight->offset + (size_t)(j * (n + 1));
        ck_assert_double_eq_tol((double)r->ac.deep.gradient[at], sum, 1e-4);
    }
}

START_TEST(the_clipped_objective_is_that_of_an_independent_implementation)
{
    rig r;
    float loss[1];
    cJSON *json = open_case("loss_ppo_clip");
    begin(&r, 4, 4, 0, "net='',shared=1", 5);
    pass_on(&r);
    read_array(json, "pred", r.seen);
    read_array(json, "advantage", r.advantage);
    read_array(json, "old_log_prob", r.old_log);
    read_array(json, "loss", loss);
    read_actions(json, r.action);
    const pv_policy_loss weights = {.clip = 0.2};
    ck_assert_double_eq_tol(loss_of(&r, &weights), (double)loss[0], 1e-5);
    expect_head_gradient(&r, json);
    cJSON_Delete(json);
    end(&r);
}
END_TEST

START_TEST(the_loss_of_numbers_is_that_of_an_independent_implementation)
{
    rig r;
    float loss[1];
    cJSON *json = open_case("loss_gaussian_policy");
    begin(&r, 2, 0, 2, "net='',shared=1", 5);
    pass_on(&r);
    read_array(json, "pred", r.seen);
    read_array(json, "advantage", r.advantage);
    read_array(json, "action", r.draws);
    read_array(json, "log_std", r.ac.log_std);
    read_array(json, "loss", loss);
    const pv_policy_loss weights = {0};
    ck_assert_double_eq_tol(loss_of(&r, &weights), (double)loss[0], 1e-4);
    expect_head_gradient(&r, json);
    cJSON_Delete(json);
    end(&r);
}
END_TEST

/* --- against finite differences --- */

static void fill(rig *r, int numbers)
{
    pv_rng rng = pv_rng_split(3, "numbers");
    for (int i = 0; i < ROWS * MOST; i++) {
        r->seen[i] = (float)pv_rng_normal(&rng);
        r->draws[i] = (float)pv_rng_normal(&rng);
    }
    for (int i = 0; i < ROWS; i++) {
        r->action[i] = (int32_t)pv_rng_below(&rng, 3);
        r->advantage[i] = (float)pv_rng_normal(&rng);
        r->target[i] = (float)pv_rng_normal(&rng);
        r->old_value[i] = (float)pv_rng_normal(&rng);
        /* ratios inside and outside of the clip, none at its edge */
        r->old_log[i] = (numbers ? -2.8f : -1.1f) + 0.07f * (float)(i - 3);
    }
}

static void expect_slope(rig *r, const pv_policy_loss *weights, float *parameter, double gradient,
                         const char *what)
{
    const float kept = *parameter;
    const float step = 2e-3f;
    *parameter = kept + step;
    const double above = loss_of(r, weights);
    *parameter = kept - step;
    const double below = loss_of(r, weights);
    *parameter = kept;
    const double slope = (above - below) / (2.0 * (double)step);
    ck_assert_msg(fabs(slope - gradient) < 2e-3 * (1.0 + fabs(slope)), "%s: %g, not %g", what,
                  gradient, slope);
}

static void expect_slopes(int numbers, const char *settings, const pv_policy_loss *weights)
{
    rig r;
    begin(&r, 4, numbers ? 0 : 3, numbers, settings, ROWS);
    fill(&r, numbers);
    loss_of(&r, weights);
    const size_t count = pv_net_parameter_count(r.ac.deep.net);
    float *gradient = pv_alloc_array(count, sizeof *gradient);
    ck_assert_ptr_nonnull(gradient);
    memcpy(gradient, r.ac.deep.gradient, count * sizeof *gradient);
    float deviations[2] = {0};
    for (int k = 0; k < numbers; k++) {
        deviations[k] = r.ac.log_std_gradient[k];
    }
    for (size_t i = 0; i < count; i++) {
        expect_slope(&r, weights, pv_net_parameters(r.ac.deep.net) + i, (double)gradient[i],
                     "a parameter");
    }
    for (int k = 0; k < numbers; k++) {
        expect_slope(&r, weights, &r.ac.log_std[k], (double)deviations[k], "a deviation");
    }
    pv_free(gradient);
    end(&r);
}

START_TEST(gradients_are_the_slopes_of_the_loss)
{
    const pv_policy_loss plain = {.entropy = 0.05, .value = 0.7};
    const pv_policy_loss clipped = {.entropy = 0.02, .value = 0.5, .clip = 0.15};
    const pv_policy_loss near = {.value = 0.5, .clip = 0.3, .value_clip = 0.4};
    expect_slopes(0, "net='dense 5 tanh'", &plain);
    expect_slopes(0, "net='dense 5 tanh',shared=1", &clipped);
    expect_slopes(0, "net='dense 5 tanh'", &near);
    expect_slopes(2, "net='dense 5 tanh',log-std=-0.3", &plain);
    expect_slopes(2, "net='dense 5 tanh',shared=1", &clipped);
    expect_slopes(2, "net='dense 5 tanh'", &near);
}
END_TEST

/* --- acting with numbers --- */

START_TEST(numbers_are_told_in_the_worlds_scale_and_kept_within_its_bounds)
{
    rig r;
    float action[2], seen[4] = {0};
    const uint8_t first[1] = {1};
    const void *const obs[1] = {seen};
    void *const actions[1] = {action};
    pv_rng rng = pv_rng_split(1, "eval");
    pv_act act = {.rows = 1, .obs = obs, .first = first, .mode = PV_ACT_GREEDY, .action = actions};
    begin(&r, 4, 0, 2, "net='',shared=1,log-std=1", ROWS);
    pv_actor_critic_act(&r.ac, &act, NULL);
    ck_assert_float_eq_tol(action[0], 0.0f, 1e-6f); /* the middle of -2..2 and of 0..3 */
    ck_assert_float_eq_tol(action[1], 1.5f, 1e-6f);
    int cut = 0;
    for (int i = 0; i < 300; i++) {
        act.mode = PV_ACT_TRAIN;
        pv_actor_critic_act(&r.ac, &act, &rng);
        ck_assert(action[0] >= -2.0f && action[0] <= 2.0f && action[1] >= 0.0f &&
                  action[1] <= 3.0f);
        const float whole = 1.5f + 1.5f * r.ac.raw[1];
        const float kept = whole < 0.0f ? 0.0f : whole > 3.0f ? 3.0f : whole;
        ck_assert_float_eq_tol(action[1], kept, 1e-5f);
        cut += whole < 0.0f || whole > 3.0f;
    }
    ck_assert(cut > 50 && cut < 290); /* P(|N(0, e)| > 1) = 0.71 */
    end(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents/actor_critic");
    TCase *tests = tcase_create("actor_critic");
    tcase_add_test(tests, gradients_of_actor_and_critic_are_those_of_an_independent_implementation);
    tcase_add_test(tests, the_clipped_objective_is_that_of_an_independent_implementation);
    tcase_add_test(tests, the_loss_of_numbers_is_that_of_an_independent_implementation);
    tcase_add_test(tests, gradients_are_the_slopes_of_the_loss);
    tcase_add_test(tests, numbers_are_told_in_the_worlds_scale_and_kept_within_its_bounds);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
