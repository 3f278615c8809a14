/* on_policy.c: playing a rollout and handing it to its learner. What a truncated episode would have
   gone on to be worth is asked of the network at once, while the memory of a recurrent one still
   stands there. */
#include "agents/on_policy.h"

#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { ADVANTAGE, TARGET, OLD_LOG, OLD_VALUE, LOG, COEFFICIENT, SCRATCH, NUMBERS };

/* --- making --- */

pv_status pv_on_policy_init(pv_on_policy *agent, const pv_agent_config *config)
{
    const pv_params *params = config->params;
    agent->explore = pv_rng_split(config->seed, "explore");
    agent->shuffle = pv_rng_split(config->seed, "shuffle");
    agent->gamma = pv_params_number(params, "gamma");
    agent->lambda = pv_params_number(params, "lambda");
    agent->value_coefficient = pv_params_number(params, "value-coefficient");
    pv_status status = pv_agent_whole(params, "normalise", &agent->normalise);
    status = status ? status
                    : pv_schedule_parse(&agent->entropy, "entropy",
                                        pv_params_text(params, "entropy"), 0.0, 1e3);
    status = status ? status : pv_actor_critic_init(&agent->ac, config, 1);
    if (status == PV_OK && pv_net_state_size(agent->ac.deep.net) > 0 &&
        pv_world_spec(config->world)->agents > 1) {
        return pv_fail(PV_ERROR_FIT, "a recurrent net needs a world of one agent; %s has %u",
                       pv_world_name(config->world),
                       (unsigned)pv_world_spec(config->world)->agents);
    }
    return status;
}

static void free_learning(pv_on_policy *agent)
{
    pv_rollout_destroy(agent->rollout);
    pv_policy_pass_free(&agent->pass);
    pv_free(agent->value);
    pv_free(agent->advantage);
    pv_free(agent->log_prob);
    pv_free(agent->order);
    pv_free(agent->last);
    pv_free(agent->state);
    for (uint32_t i = 0; agent->obs && i < pv_world_spec(agent->base.world)->n_obs; i++) {
        pv_free(agent->obs[i]);
    }
    pv_free(agent->obs);
    pv_free(agent->action);
    pv_free(agent->reset);
    pv_free(agent->row);
}

void pv_on_policy_free(pv_agent *base)
{
    pv_on_policy *agent = (pv_on_policy *)base;
    free_learning(agent);
    pv_actor_critic_free(&agent->ac);
}

/* --- what learning needs --- */

static pv_rollout_config rollout_config(const pv_on_policy *agent)
{
    const pv_spec *spec = pv_world_spec(agent->base.world);
    return (pv_rollout_config){.steps = agent->steps,
                               .rows = agent->base.rows,
                               .n_obs = (int)spec->n_obs,
                               .n_action = (int)spec->n_action,
                               .obs = spec->obs,
                               .action = spec->action};
}

uint64_t pv_on_policy_learning_size(const pv_agent *base)
{
    const pv_rollout_config config = rollout_config((const pv_on_policy *)base);
    return pv_rollout_size(&config);
}

static pv_status make_batch(pv_on_policy *agent)
{
    const pv_spec *spec = pv_world_spec(agent->base.world);
    const size_t batch = (size_t)agent->batch;
    agent->obs = pv_alloc_array(spec->n_obs, sizeof *agent->obs);
    for (uint32_t i = 0; agent->obs && i < spec->n_obs; i++) {
        agent->obs[i] = pv_alloc_array(batch, pv_space_size(&spec->obs[i]));
        if (!agent->obs[i]) {
            return pv_last_status();
        }
    }
    agent->action = pv_alloc_array(batch, pv_space_size(&spec->action[0]));
    agent->reset = pv_alloc(batch);
    agent->row = pv_alloc_array(batch, NUMBERS * sizeof *agent->row);
    return agent->obs && agent->action && agent->reset && agent->row ? PV_OK : pv_last_status();
}

static pv_status make_learning(pv_on_policy *agent)
{
    const pv_rollout_config config = rollout_config(agent);
    const size_t rows = (size_t)agent->base.rows;
    const size_t places = rows * (size_t)agent->steps;
    agent->rollout = pv_rollout_create(&config);
    agent->value = pv_alloc_array(places, sizeof *agent->value);
    agent->advantage = pv_alloc_array(places, sizeof *agent->advantage);
    agent->log_prob = pv_alloc_array(places, sizeof *agent->log_prob);
    agent->order = pv_alloc_array(places, sizeof *agent->order);
    agent->last = pv_alloc_array(rows, sizeof *agent->last);
    agent->state =
        pv_alloc_array(rows * pv_net_state_size(agent->ac.deep.net) + 1, sizeof *agent->state);
    if (!agent->rollout || !agent->value || !agent->advantage || !agent->log_prob ||
        !agent->order || !agent->last || !agent->state) {
        return pv_last_status();
    }
    const pv_status status = make_batch(agent);
    return status ? status : pv_policy_pass_init(&agent->pass, &agent->ac, agent->batch, 1);
}

/* all that free_learning gives back */
static void clear_learning(pv_on_policy *agent)
{
    free_learning(agent);
    agent->rollout = NULL;
    agent->pass = (pv_policy_pass){0};
    agent->value = agent->advantage = agent->log_prob = agent->last = agent->state = NULL;
    agent->order = NULL;
    agent->obs = NULL;
    agent->action = NULL;
    agent->reset = NULL;
    agent->row = NULL;
}

pv_status pv_on_policy_begin(pv_agent *base)
{
    pv_on_policy *agent = (pv_on_policy *)base;
    if (agent->begun) {
        pv_rollout_break(agent->rollout);
        return PV_OK;
    }
    const pv_status status = make_learning(agent);
    if (status) {
        clear_learning(agent);
    }
    agent->begun = status == PV_OK;
    return status;
}

/* --- batches --- */

static void gather(pv_on_policy *agent, int first, int n)
{
    const pv_rollout *r = agent->rollout;
    const int *order = agent->order + first;
    const size_t action = r->action_size[0];
    for (int i = 0; i < r->n_obs; i++) {
        const size_t size = r->obs_size[i];
        for (int k = 0; k < n; k++) {
            memcpy((char *)agent->obs[i] + (size_t)k * size,
                   (const char *)r->obs[i] + (size_t)order[k] * size, size);
        }
    }
    for (int k = 0; k < n; k++) {
        memcpy((char *)agent->action + (size_t)k * action,
               (const char *)r->action[0] + (size_t)order[k] * action, action);
        agent->reset[k] = r->first[order[k]];
    }
}

void pv_on_policy_forward(pv_on_policy *agent, int first, int n, int trains)
{
    pv_actor_critic *ac = &agent->ac;
    const int recurrent = pv_net_state_size(ac->deep.net) > 0;
    assert(n <= agent->batch && (!recurrent || n == agent->steps * agent->base.rows));
    gather(agent, first, n);
    const pv_net_batch batch = {.steps = recurrent ? agent->steps : 1,
                                .sequences = recurrent ? agent->base.rows : n,
                                .input =
                                    pv_deep_inputs(&ac->deep, (const void *const *)agent->obs, 0),
                                .reset = recurrent ? agent->reset : NULL,
                                .state = recurrent ? agent->state : NULL,
                                .training = trains};
    const uint8_t *mask = ac->mask < 0 ? NULL : agent->obs[ac->mask];
    float *row = agent->row;
    const size_t stride = (size_t)agent->batch;
    pv_actor_critic_forward(ac, &agent->pass, &batch, mask);
    agent->gathered = (pv_policy_batch){.rows = n,
                                        .action = agent->action,
                                        .advantage = row + ADVANTAGE * stride,
                                        .target = row + TARGET * stride,
                                        .old_log_prob = row + OLD_LOG * stride,
                                        .old_value = row + OLD_VALUE * stride,
                                        .log_prob = row + LOG * stride,
                                        .coefficient = row + COEFFICIENT * stride,
                                        .scratch = row + SCRATCH * stride};
}

void pv_on_policy_keep(pv_on_policy *agent, int first, int n)
{
    float *log_prob = agent->gathered.log_prob;
    pv_actor_critic_log(&agent->ac, &agent->pass, n, agent->action, log_prob);
    for (int k = 0; k < n; k++) {
        const int place = agent->order[first + k];
        agent->value[place] = agent->pass.value[k];
        agent->log_prob[place] = log_prob[k];
    }
}

/* --- advantages --- */

/* 1 - Var(target - V) / Var(target): how much of the returns the values foresaw */
static void explain_variance(pv_on_policy *agent, int n)
{
    double sum[2] = {0.0, 0.0};
    double squares[2] = {0.0, 0.0};
    for (int k = 0; k < n; k++) {
        const int place = agent->order[k];
        const double x[2] = {(double)agent->advantage[place],
                             (double)agent->advantage[place] + (double)agent->value[place]};
        for (int i = 0; i < 2; i++) {
            sum[i] += x[i];
            squares[i] += x[i] * x[i];
        }
    }
    const double left = squares[0] - sum[0] * sum[0] / n;
    const double all = squares[1] - sum[1] * sum[1] / n;
    if (all > 1e-12) {
        agent->explained += 1.0 - left / all;
        agent->rollouts++;
    }
}

void pv_on_policy_advantages(pv_on_policy *agent, int n)
{
    pv_rollout_advantages(agent->rollout, agent->value, agent->last, agent->gamma, agent->lambda,
                          agent->advantage);
    explain_variance(agent, n);
}

static void normalise(float *x, int n)
{
    double mean = 0.0;
    double squares = 0.0;
    for (int i = 0; i < n; i++) {
        mean += (double)x[i] / n;
    }
    for (int i = 0; i < n; i++) {
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    }
    const double deviation = sqrt(squares / n) + 1e-8;
    for (int i = 0; i < n; i++) {
        x[i] = (float)(((double)x[i] - mean) / deviation);
    }
}

void pv_on_policy_targets(pv_on_policy *agent, int first, int n)
{
    const size_t stride = (size_t)agent->batch;
    float *row = agent->row;
    for (int k = 0; k < n; k++) {
        const int place = agent->order[first + k];
        row[ADVANTAGE * stride + (size_t)k] = agent->advantage[place];
        row[TARGET * stride + (size_t)k] = agent->advantage[place] + agent->value[place];
        row[OLD_LOG * stride + (size_t)k] = agent->log_prob[place];
        row[OLD_VALUE * stride + (size_t)k] = agent->value[place];
    }
    if (agent->normalise && n > 1) {
        normalise(row + ADVANTAGE * stride, n);
    }
}

pv_policy_loss pv_on_policy_loss(const pv_on_policy *agent)
{
    return (pv_policy_loss){
        .entropy = pv_schedule_at(&agent->entropy, agent->counter, agent->ac.deep.updates + 1),
        .value = agent->value_coefficient};
}

/* --- acting and observing --- */

pv_status pv_on_policy_act(pv_agent *base, const pv_act *act)
{
    pv_on_policy *agent = (pv_on_policy *)base;
    pv_actor_critic_act(&agent->ac, act, &agent->explore);
    return PV_OK;
}

/* values what truncated episodes would have gone on to */
static void value_truncated(pv_on_policy *agent, const pv_transitions *t)
{
    float *beyond =
        agent->rollout->beyond + (size_t)(agent->rollout->filled - 1) * (size_t)agent->base.rows;
    for (int row = 0; row < t->rows; row++) {
        if (t->valid[row] && t->truncated[row] && !t->terminated[row]) {
            pv_actor_critic_values(&agent->ac, t->final_obs, t->memory, row, 1, &beyond[row]);
        }
    }
}

/* the rollout is full: learns from it and begins another */
static pv_status learn(pv_on_policy *agent, const pv_transitions *t)
{
    pv_rollout *r = agent->rollout;
    const size_t state = pv_net_state_size(agent->ac.deep.net);
    int n = 0;
    pv_actor_critic_values(&agent->ac, (const void *const *)r->next, t->memory, 0, r->rows,
                           agent->last);
    for (int i = 0; i < r->steps * r->rows; i++) {
        if (r->valid[i]) {
            agent->order[n++] = i;
        }
    }
    const pv_status status = n > 0 ? agent->learn(agent, n) : PV_OK;
    pv_rollout_clear(r);
    if (state && t->memory) {
        memcpy(agent->state, t->memory, (size_t)r->rows * state * sizeof *agent->state);
    }
    return status ? pv_fail_in("agent %s", pv_agent_name(&agent->base)) : PV_OK;
}

pv_status pv_on_policy_observe(pv_agent *base, const pv_transitions *t)
{
    pv_on_policy *agent = (pv_on_policy *)base;
    const void *const raw[1] = {agent->ac.raw};
    const pv_replay_step step = {.valid = t->valid,
                                 .obs = t->obs,
                                 .action = agent->ac.continuous ? raw : t->action,
                                 .reward = t->reward,
                                 .terminated = t->terminated,
                                 .truncated = t->truncated,
                                 .next_obs = t->next_obs,
                                 .final_obs = t->final_obs};
    assert(agent->begun);
    pv_rollout_push(agent->rollout, &step);
    value_truncated(agent, t);
    for (int row = 0; row < t->rows; row++) {
        agent->counter += t->valid[row];
    }
    return agent->rollout->filled == agent->steps ? learn(agent, t) : PV_OK;
}

size_t pv_on_policy_memory_size(const pv_agent *base)
{
    return pv_net_state_size(((const pv_on_policy *)base)->ac.deep.net) * sizeof(float);
}

/* --- telling --- */

pv_status pv_on_policy_explain(pv_agent *base, const pv_explain *explain)
{
    return pv_actor_critic_explain(&((pv_on_policy *)base)->ac, explain);
}

int pv_on_policy_metrics(pv_agent *base, pv_metric told[PV_METRICS_MAX])
{
    pv_on_policy *agent = (pv_on_policy *)base;
    const pv_policy_told *sum = &agent->told;
    const int clips = pv_params_find(&base->params, "clip") >= 0;
    int n = 0;
    if (sum->rows > 0.0) {
        told[n++] = (pv_metric){"entropy", sum->entropy / sum->rows};
        told[n++] = (pv_metric){"policy_loss", sum->policy / sum->rows};
        told[n++] = (pv_metric){"value_loss", sum->value / sum->rows};
    }
    if (sum->rows > 0.0 && clips) {
        told[n++] = (pv_metric){"kl", sum->kl / sum->rows};
        told[n++] = (pv_metric){"clip_fraction", sum->clipped / sum->rows};
    }
    if (agent->rollouts > 0) {
        told[n++] = (pv_metric){"explained_variance", agent->explained / agent->rollouts};
    }
    agent->told = (pv_policy_told){0};
    agent->explained = 0.0;
    agent->rollouts = 0;
    return agent->begun ? pv_deep_metrics(&agent->ac.deep, agent->pass.pass, told, n) : n;
}

const pv_net *pv_on_policy_net(const pv_agent *base)
{
    return ((const pv_on_policy *)base)->ac.deep.net;
}

/* --- saving --- */

pv_status pv_on_policy_save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_on_policy *agent = (const pv_on_policy *)base;
    const pv_rng streams[2] = {agent->explore, agent->shuffle};
    pv_status status = pv_actor_critic_save(&agent->ac, tensors);
    status = status ? status : pv_tensors_add(tensors, "counters", PV_U64, &agent->counter, 1);
    return status ? status : pv_tensors_add(tensors, "rng", PV_U64, streams, 2 * 4);
}

pv_status pv_on_policy_load(pv_agent *base, const pv_tensors *tensors)
{
    pv_on_policy *agent = (pv_on_policy *)base;
    pv_rng streams[2];
    pv_status status = pv_actor_critic_load(&agent->ac, tensors);
    status = status ? status : pv_tensors_get(tensors, "counters", PV_U64, &agent->counter, 1);
    status = status ? status : pv_tensors_get(tensors, "rng", PV_U64, streams, 2 * 4);
    if (status == PV_OK) {
        agent->explore = streams[0];
        agent->shuffle = streams[1];
    }
    return status;
}

pv_status pv_on_policy_save_data(pv_agent *base, const char *folder, pv_tensors *resume)
{
    const pv_on_policy *agent = (const pv_on_policy *)base;
    (void)folder;
    if (!agent->begun) {
        return PV_OK;
    }
    const size_t state = (size_t)base->rows * pv_net_state_size(agent->ac.deep.net);
    const pv_rng *dropout = pv_pass_rng(agent->pass.pass);
    pv_status status = pv_rollout_save(agent->rollout, resume, "rollout.");
    status = status ? status : pv_tensors_add(resume, "rollout.dropout", PV_U64, dropout, 4);
    return status || !state ? status
                            : pv_tensors_add(resume, "rollout.state", PV_F32, agent->state, state);
}

pv_status pv_on_policy_load_data(pv_agent *base, const char *folder, const pv_tensors *resume)
{
    pv_on_policy *agent = (pv_on_policy *)base;
    (void)folder;
    if (!agent->begun) {
        return PV_OK;
    }
    const size_t state = (size_t)base->rows * pv_net_state_size(agent->ac.deep.net);
    pv_status status = pv_rollout_load(agent->rollout, resume, "rollout.");
    status = status ? status : pv_actor_critic_check(&agent->ac, agent->rollout);
    status = status ? status
                    : pv_tensors_get(resume, "rollout.dropout", PV_U64,
                                     pv_pass_rng(agent->pass.pass), 4);
    return status || !state ? status
                            : pv_tensors_get(resume, "rollout.state", PV_F32, agent->state, state);
}
