/* actor_critic.c: heads of a policy and of values on a network, and acting by them. Layers of their
   own are layers of the heads, so that one block of parameters holds everything but the deviation
   of Gaussian actions, which is the same in every state. */
#include "agents/actor_critic.h"

#include "agents/policy.h"
#include "agents/table.h"
#include "core/memory.h"
#include "nets/heads.h"

#include <math.h>
#include <string.h>

enum { POLICY, VALUE };    /* heads */
enum { ACT_ROWS = 16 };    /* rows that act at once, at least; more come in several turns */
enum { ACTIONS_MAX = 64 }; /* numbers of an action */

/* --- what fits --- */

static int is_numbers(const pv_spec *spec)
{
    return spec->n_action == 1 && spec->action[0].n == 0 && spec->action[0].dtype == PV_F32;
}

pv_status pv_actor_critic_fits(const pv_world *world, const char *agent)
{
    const pv_spec *spec = pv_world_spec(world);
    if (!is_numbers(spec)) {
        const pv_status status = pv_deep_fits_choice(world, agent);
        return status ? status : pv_deep_fits(world, agent);
    }
    if (pv_space_count(&spec->action[0]) > ACTIONS_MAX) {
        return pv_fail(PV_ERROR_FIT, "agent %s takes actions of up to %d numbers; world %s has %zu",
                       agent, ACTIONS_MAX, pv_world_name(world), pv_space_count(&spec->action[0]));
    }
    return pv_deep_fits(world, agent);
}

/* --- making --- */

static pv_status make_net(pv_actor_critic *ac, const pv_agent_config *config)
{
    const int shared = !ac->critic || pv_params_number(config->params, "shared") != 0.0;
    const char *net = pv_params_text(config->params, "net");
    const char *own = shared ? "" : net;
    const char *between = *own ? ", " : "";
    if (strchr(own, ':') && strchr(own, ';')) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "layers of each input cannot be doubled for policy and value; set shared=1");
    }
    char *policy = pv_format_text("%s%sdense %d init=orthogonal:0.01", own, between, ac->n);
    char *value = pv_format_text("%s%sdense 1 init=orthogonal", own, between);
    const pv_net_head heads[2] = {{"policy", policy}, {"value", value}};
    pv_status status = pv_last_status();
    if (policy && value) {
        status = pv_deep_init(&ac->deep, config, shared ? net : "", heads, 1 + ac->critic);
    }
    pv_free(policy);
    pv_free(value);
    return status;
}

static void set_bounds(pv_actor_critic *ac, const pv_space *space)
{
    for (int k = 0; k < ac->n; k++) {
        const double low = space->low ? space->low[k] : -INFINITY;
        const double high = space->high ? space->high[k] : INFINITY;
        const int bounded = isfinite(low) && isfinite(high) && high > low;
        ac->low[k] = (float)low;
        ac->high[k] = (float)high;
        ac->centre[k] = bounded ? (float)(0.5 * (low + high)) : 0.0f;
        ac->half[k] = bounded ? (float)(0.5 * (high - low)) : 1.0f;
    }
}

static pv_status make_gaussian(pv_actor_critic *ac, const pv_agent_config *config)
{
    const size_t n = (size_t)ac->n;
    const int draws = pv_params_find(config->params, "log-std") >= 0;
    float **const arrays[] = {&ac->log_std, &ac->log_std_gradient, &ac->low,
                              &ac->high,    &ac->centre,           &ac->half};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i] = pv_alloc_array(n, sizeof **arrays[i]);
        if (!*arrays[i]) {
            return pv_last_status();
        }
    }
    ac->raw = pv_alloc_array((size_t)config->rows * n, sizeof *ac->raw);
    if (!ac->raw) {
        return pv_last_status();
    }
    set_bounds(ac, &pv_world_spec(config->world)->action[0]);
    if (!draws) {
        return PV_OK;
    }
    const pv_optimizer_config optimizer = pv_deep_optimizer(config->params);
    for (size_t k = 0; k < n; k++) {
        ac->log_std[k] = (float)pv_params_number(config->params, "log-std");
    }
    ac->log_std_optimizer = pv_optimizer_create(&optimizer, n);
    return ac->log_std_optimizer ? PV_OK : pv_last_status();
}

pv_status pv_actor_critic_init(pv_actor_critic *ac, const pv_agent_config *config, int critic)
{
    const pv_spec *spec = pv_world_spec(config->world);
    const pv_space *action = &spec->action[0];
    ac->continuous = is_numbers(spec);
    ac->n = ac->continuous ? (int)pv_space_count(action) : (int)action->n;
    ac->critic = critic;
    ac->mask = ac->continuous ? -1 : pv_table_find_mask(spec);
    pv_status status = make_net(ac, config);
    status = status || !ac->continuous ? status : make_gaussian(ac, config);
    const int rows = config->rows > ACT_ROWS ? config->rows : ACT_ROWS;
    return status ? status : pv_policy_pass_init(&ac->acting, ac, rows, 0);
}

void pv_actor_critic_free(pv_actor_critic *ac)
{
    pv_policy_pass_free(&ac->acting);
    pv_optimizer_destroy(ac->log_std_optimizer);
    pv_free(ac->log_std);
    pv_free(ac->log_std_gradient);
    pv_free(ac->low);
    pv_free(ac->high);
    pv_free(ac->centre);
    pv_free(ac->half);
    pv_free(ac->raw);
    pv_deep_free(&ac->deep);
}

/* --- passes --- */

pv_status pv_policy_pass_init(pv_policy_pass *pass, const pv_actor_critic *ac, int rows, int learns)
{
    const pv_pass_config config = {.rows = rows, .learns = learns};
    pass->rows = rows;
    pass->pass = pv_pass_create(ac->deep.net, &config);
    pass->log_prob = pv_alloc_array((size_t)rows * (size_t)ac->n, sizeof *pass->log_prob);
    return pass->pass && pass->log_prob ? PV_OK : pv_last_status();
}

void pv_policy_pass_free(pv_policy_pass *pass)
{
    pv_pass_destroy(pass->pass);
    pv_free(pass->log_prob);
}

void pv_actor_critic_forward(const pv_actor_critic *ac, pv_policy_pass *pass,
                             const pv_net_batch *batch, const uint8_t *mask)
{
    pv_pass_forward(pass->pass, ac->deep.net, batch);
    if (!ac->continuous) {
        pv_categorical_log(batch->steps * batch->sequences, ac->n,
                           pv_pass_output(pass->pass, POLICY), mask, pass->log_prob);
    }
    pass->value = ac->critic ? pv_pass_output(pass->pass, VALUE) : NULL;
}

static pv_gaussian gaussian_of(const pv_actor_critic *ac, const pv_policy_pass *pass, int rows)
{
    return (pv_gaussian){.rows = rows,
                         .n = ac->n,
                         .mean = pv_pass_output(pass->pass, POLICY),
                         .log_std = ac->log_std,
                         .shared = 1};
}

void pv_actor_critic_log(const pv_actor_critic *ac, const pv_policy_pass *pass, int rows,
                         const void *action, float *log_prob)
{
    if (ac->continuous) {
        const pv_gaussian g = gaussian_of(ac, pass, rows);
        pv_gaussian_log(&g, action, log_prob);
    } else {
        pv_categorical_chosen(rows, ac->n, pass->log_prob, action, log_prob);
    }
}

/* --- acting --- */

/* rows of observations that go through the network together */
typedef struct rows {
    const void *const *obs;
    const uint8_t *reset;
    void *memory;
    int first, end, moves; /* moves: memory goes on */
} rows;

static const uint8_t *mask_of(const pv_actor_critic *ac, const void *const *obs, int row)
{
    return ac->mask < 0 ? NULL : (const uint8_t *)obs[ac->mask] + (size_t)row * (size_t)ac->n;
}

/* as many of them as the pass has room for; returns how many */
static int forward(pv_actor_critic *ac, const rows *r)
{
    const int n = r->end - r->first < ac->acting.rows ? r->end - r->first : ac->acting.rows;
    const size_t size = pv_net_state_size(ac->deep.net);
    float *state = r->memory && size ? (float *)r->memory + (size_t)r->first * size : NULL;
    const pv_net_batch batch = {.steps = 1,
                                .sequences = n,
                                .input = pv_deep_inputs(&ac->deep, r->obs, r->first),
                                .reset = r->reset && state ? r->reset + r->first : NULL,
                                .state = state,
                                .state_after = r->moves ? state : NULL};
    pv_actor_critic_forward(ac, &ac->acting, &batch, mask_of(ac, r->obs, r->first));
    return n;
}

static void choose(pv_actor_critic *ac, const pv_act *act, int row, const float *log_prob,
                   pv_rng *rng)
{
    int32_t *action = (int32_t *)act->action[0] + row;
    if (!pv_mask_any(mask_of(ac, act->obs, row), ac->n)) {
        *action = 0; /* does not act now */
    } else if (act->mode == PV_ACT_GREEDY) {
        pv_categorical_best(1, ac->n, log_prob, action);
    } else {
        pv_categorical_sample(1, ac->n, log_prob, rng, action);
    }
}

/* draws numbers and tells them in the world's scale */
static void draw(pv_actor_critic *ac, const pv_act *act, int row, const float *mean, pv_rng *rng)
{
    float raw[ACTIONS_MAX];
    float *action = (float *)act->action[0] + (size_t)row * (size_t)ac->n;
    const pv_gaussian g = {
        .rows = 1, .n = ac->n, .mean = mean, .log_std = ac->log_std, .shared = 1};
    if (act->mode == PV_ACT_GREEDY) {
        pv_gaussian_best(&g, raw);
    } else {
        pv_gaussian_sample(&g, rng, raw, NULL);
    }
    for (int k = 0; k < ac->n; k++) {
        const float x = ac->centre[k] + ac->half[k] * raw[k];
        action[k] = x < ac->low[k] ? ac->low[k] : x > ac->high[k] ? ac->high[k] : x;
    }
    if (act->mode == PV_ACT_TRAIN) {
        memcpy(ac->raw + (size_t)row * (size_t)ac->n, raw, (size_t)ac->n * sizeof *raw);
    }
}

void pv_actor_critic_act(pv_actor_critic *ac, const pv_act *act, pv_rng *explore)
{
    rows r = {.obs = act->obs, .reset = act->first, .memory = act->memory, .moves = 1};
    r.end = act->rows;
    for (int n = 0; r.first < r.end; r.first += n) {
        n = forward(ac, &r);
        const float *policy =
            ac->continuous ? pv_pass_output(ac->acting.pass, POLICY) : ac->acting.log_prob;
        for (int i = 0; i < n; i++) {
            const int row = r.first + i;
            const float *of_row = policy + (size_t)i * (size_t)ac->n;
            pv_rng *rng = act->mode == PV_ACT_TRAIN ? explore : act->rng ? &act->rng[row] : NULL;
            if (ac->continuous) {
                draw(ac, act, row, of_row, rng);
            } else {
                choose(ac, act, row, of_row, rng);
            }
        }
    }
}

void pv_actor_critic_values(pv_actor_critic *ac, const void *const *obs, void *memory, int first,
                            int n, float *value)
{
    rows r = {.obs = obs, .memory = memory, .first = first, .end = first + n};
    if (!ac->critic) {
        memset(value, 0, (size_t)n * sizeof *value);
        return;
    }
    while (r.first < r.end) {
        const int some = forward(ac, &r);
        memcpy(value, ac->acting.value, (size_t)some * sizeof *value);
        r.first += some;
        value += some;
    }
}

/* --- explaining --- */

static void explain_row(const pv_actor_critic *ac, const pv_explain *explain, int row,
                        const float *log_prob)
{
    int32_t best;
    pv_categorical_best(1, ac->n, log_prob, &best);
    for (int a = 0; a < ac->n; a++) {
        explain->probability[(size_t)row * (size_t)ac->n + (size_t)a] = a == best ? 1.0 : 0.0;
    }
}

pv_status pv_actor_critic_explain(pv_actor_critic *ac, const pv_explain *explain)
{
    rows r = {.obs = explain->obs, .end = explain->rows};
    if (!explain->obs) {
        return pv_fail(PV_ERROR_FIT, "the agent judges observations, and none was given");
    }
    if (explain->action_value || (explain->value && !ac->critic) ||
        (explain->probability && ac->continuous)) {
        return pv_fail(PV_ERROR_FIT, "the agent has a policy and no values of %s",
                       explain->value ? "states" : "actions");
    }
    for (int n = 0; r.first < r.end; r.first += n) {
        n = forward(ac, &r);
        for (int i = 0; i < n; i++) {
            if (explain->value) {
                explain->value[r.first + i] = (double)ac->acting.value[i];
            }
            if (explain->probability) {
                explain_row(ac, explain, r.first + i,
                            ac->acting.log_prob + (size_t)i * (size_t)ac->n);
            }
        }
    }
    return PV_OK;
}

/* --- saving --- */

pv_status pv_actor_critic_save(const pv_actor_critic *ac, pv_tensors *tensors)
{
    pv_status status = pv_deep_save(&ac->deep, tensors);
    if (status || !ac->continuous) {
        return status;
    }
    status = pv_tensors_add(tensors, "policy.log_std", PV_F32, ac->log_std, (size_t)ac->n);
    return status ? status : pv_optimizer_save(ac->log_std_optimizer, tensors, "policy.optimizer.");
}

pv_status pv_actor_critic_load(pv_actor_critic *ac, const pv_tensors *tensors)
{
    pv_status status = pv_deep_load(&ac->deep, tensors);
    if (status || !ac->continuous) {
        return status;
    }
    status = pv_tensors_get(tensors, "policy.log_std", PV_F32, ac->log_std, (size_t)ac->n);
    return status ? status : pv_optimizer_load(ac->log_std_optimizer, tensors, "policy.optimizer.");
}

pv_status pv_actor_critic_check(const pv_actor_critic *ac, const pv_rollout *rollout)
{
    const int32_t *action = rollout->action[0];
    for (int i = 0; !ac->continuous && i < rollout->filled * rollout->rows; i++) {
        if (action[i] < 0 || action[i] >= ac->n) {
            return pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: action %d of a rollout",
                           (int)action[i]);
        }
    }
    return PV_OK;
}
