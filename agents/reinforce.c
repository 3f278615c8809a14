/* REINFORCE (Williams 1992; Sutton & Barto 2018, 13.3 and 13.4): whole episodes are played, and the
   policy is changed along

     sum over t of (G_t - b) grad log pi(A_t | S_t)

   with G_t the discounted return from t on (or that of the whole episode, `returns=total`) and b a
   baseline: nothing, a number, the running mean of returns, or a learned value of S_t. An update
   takes the mean over `episodes` episodes. Each is turned into a gradient as soon as it ends, so
   that only running ones are kept. An episode of more than `longest` steps is learned from in
   pieces. */
#include "agents/reinforce.h"

#include "agents/list.h"
#include "core/memory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 256 }; /* steps of an episode that are learned from at once */

/* clang-format off */
static const pv_param params[] = {
    PV_DEEP_PARAMS("dense 64 init=orthogonal:1.414 tanh, dense 64 init=orthogonal:1.414 tanh",
                   "0.001"),
    PV_ACTOR_CRITIC_PARAMS,
    {.name = "gamma", .help = "discount of later rewards", .initial = 0.99, .low = 0.0,
     .high = 1.0},
    {.name = "returns", .help = "that an action is judged by: from it on, or the whole episode's",
     .choices = "to-go|total"},
    {.name = "baseline", .help = "what returns are compared with", .choices =
     "none|constant|mean|value", .initial = PV_BASELINE_VALUE},
    {.name = "constant", .help = "baseline=constant: that number", .initial = 0.0, .low = -1e9,
     .high = 1e9},
    {.name = "mean-rate", .help = "baseline=mean: how far it moves with each episode",
     .initial = 0.05, .low = 0.0, .high = 1.0},
    {.name = "value-coefficient", .help = "baseline=value: weight of its squared error",
     .initial = 0.5, .low = 0.0, .high = 1e3},
    {.name = "entropy", .help = "weight of the policy's entropy, which keeps it trying; a schedule",
     .text = "0"},
    {.name = "episodes", .help = "of an update", .initial = 4.0, .low = 1.0, .high = 1e6},
    {.name = "longest", .help = "steps of an episode that are kept; 0: the world's limit, or 1000",
     .initial = 0.0, .low = 0.0, .high = 1e7},
};
/* clang-format on */

static pv_status accepts(const pv_world *world)
{
    return pv_actor_critic_fits(world, "reinforce");
}

/* --- making --- */

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    pv_reinforce *agent = (pv_reinforce *)base;
    const pv_params *values = config->params;
    const uint32_t limit = pv_world_spec(config->world)->max_steps;
    agent->explore = pv_rng_split(config->seed, "explore");
    agent->baseline = (int)pv_params_number(values, "baseline");
    agent->total = pv_params_number(values, "returns") != 0.0;
    agent->gamma = pv_params_number(values, "gamma");
    agent->constant = pv_params_number(values, "constant");
    agent->rate = pv_params_number(values, "mean-rate");
    agent->value_coefficient = pv_params_number(values, "value-coefficient");
    pv_status status = pv_agent_whole(values, "episodes", &agent->episodes);
    status = status ? status : pv_agent_whole(values, "longest", &agent->longest);
    status = status ? status
                    : pv_schedule_parse(&agent->entropy, "entropy",
                                        pv_params_text(values, "entropy"), 0.0, 1e3);
    status = status
                 ? status
                 : pv_actor_critic_init(&agent->ac, config, agent->baseline == PV_BASELINE_VALUE);
    if (status == PV_OK) {
        agent->longest = agent->longest ? agent->longest : limit ? (int)limit : 1000;
        const int whole = agent->longest < CHUNK || pv_net_state_size(agent->ac.deep.net) > 0;
        agent->chunk = whole ? agent->longest : CHUNK;
    }
    return status;
}

static void free_learning(pv_reinforce *agent)
{
    for (int row = 0; agent->running && row < agent->base.rows; row++) {
        pv_rollout_destroy(agent->running[row]);
    }
    pv_free(agent->running);
    pv_policy_pass_free(&agent->pass);
    pv_free(agent->value);
    pv_free(agent->advantage);
    pv_free(agent->row);
    pv_free(agent->state);
    pv_free(agent->obs);
    pv_free(agent->next);
    pv_free(agent->final_obs);
    agent->running = NULL;
    agent->pass = (pv_policy_pass){0};
    agent->value = agent->advantage = agent->row = agent->state = NULL;
    agent->obs = agent->next = agent->final_obs = NULL;
}

static void free_all(pv_agent *base)
{
    pv_reinforce *agent = (pv_reinforce *)base;
    free_learning(agent);
    pv_actor_critic_free(&agent->ac);
}

/* --- what learning needs --- */

static pv_rollout_config rollout_config(const pv_reinforce *agent)
{
    const pv_spec *spec = pv_world_spec(agent->base.world);
    return (pv_rollout_config){.steps = agent->longest,
                               .rows = 1,
                               .n_obs = (int)spec->n_obs,
                               .n_action = (int)spec->n_action,
                               .obs = spec->obs,
                               .action = spec->action};
}

static uint64_t learning_size(const pv_agent *base)
{
    const pv_rollout_config config = rollout_config((const pv_reinforce *)base);
    return (uint64_t)base->rows * pv_rollout_size(&config);
}

static pv_status make_learning(pv_reinforce *agent)
{
    const pv_rollout_config config = rollout_config(agent);
    const size_t rows = (size_t)agent->base.rows;
    const size_t n_obs = pv_world_spec(agent->base.world)->n_obs;
    agent->running = pv_alloc_array(rows, sizeof *agent->running);
    for (size_t row = 0; agent->running && row < rows; row++) {
        agent->running[row] = pv_rollout_create(&config);
        if (!agent->running[row]) {
            return pv_last_status();
        }
    }
    agent->value = pv_alloc_array((size_t)agent->longest, sizeof *agent->value);
    agent->advantage = pv_alloc_array((size_t)agent->longest, sizeof *agent->advantage);
    agent->row = pv_alloc_array((size_t)agent->chunk, PV_REINFORCE_NUMBERS * sizeof *agent->row);
    agent->state =
        pv_alloc_array(rows * pv_net_state_size(agent->ac.deep.net) + 1, sizeof *agent->state);
    agent->obs = pv_alloc_array(n_obs, sizeof *agent->obs);
    agent->next = pv_alloc_array(n_obs, sizeof *agent->next);
    agent->final_obs = pv_alloc_array(n_obs, sizeof *agent->final_obs);
    if (!agent->running || !agent->value || !agent->advantage || !agent->row || !agent->state ||
        !agent->obs || !agent->next || !agent->final_obs) {
        return pv_last_status();
    }
    return pv_policy_pass_init(&agent->pass, &agent->ac, agent->chunk, 1);
}

/* forgets the episodes that run and those of the batch so far */
static void forget(pv_reinforce *agent)
{
    const size_t state = pv_net_state_size(agent->ac.deep.net);
    for (int row = 0; row < agent->base.rows; row++) {
        pv_rollout_break(agent->running[row]);
    }
    memset(agent->state, 0, (size_t)agent->base.rows * state * sizeof *agent->state);
    memset(agent->ac.deep.gradient, 0,
           pv_net_parameter_count(agent->ac.deep.net) * sizeof *agent->ac.deep.gradient);
    if (agent->ac.continuous) {
        memset(agent->ac.log_std_gradient, 0, (size_t)agent->ac.n * sizeof(float));
    }
    agent->now.loss = 0.0;
    agent->now.ended = 0;
}

static pv_status begin(pv_agent *base)
{
    pv_reinforce *agent = (pv_reinforce *)base;
    if (!agent->begun) {
        const pv_status status = make_learning(agent);
        if (status) {
            free_learning(agent);
            return status;
        }
        agent->begun = 1;
    }
    forget(agent);
    return PV_OK;
}

/* --- acting and observing --- */

static pv_status act_rows(pv_agent *base, const pv_act *act)
{
    pv_reinforce *agent = (pv_reinforce *)base;
    pv_actor_critic_act(&agent->ac, act, &agent->explore);
    return PV_OK;
}

/* the observations of one row */
static const void *const *slice(const pv_rollout *r, const void *const *obs, int row,
                                const void **to)
{
    for (int i = 0; i < r->n_obs; i++) {
        to[i] = (const char *)obs[i] + (size_t)row * r->obs_size[i];
    }
    return to;
}

static void push(pv_reinforce *agent, const pv_transitions *t, int row)
{
    pv_rollout *r = agent->running[row];
    const char *actions = agent->ac.continuous ? (const char *)agent->ac.raw : t->action[0];
    const void *const action[1] = {actions + (size_t)row * r->action_size[0]};
    const pv_replay_step step = {.obs = slice(r, t->obs, row, agent->obs),
                                 .action = action,
                                 .reward = t->reward + row,
                                 .terminated = t->terminated + row,
                                 .truncated = t->truncated + row,
                                 .next_obs = slice(r, t->next_obs, row, agent->next),
                                 .final_obs = slice(r, t->final_obs, row, agent->final_obs)};
    pv_rollout_push(r, &step);
}

/* what a piece ended by `longest` begins its successor with */
static void keep_state(pv_reinforce *agent, const pv_transitions *t, int row, int ended)
{
    const size_t size = pv_net_state_size(agent->ac.deep.net);
    float *state = agent->state + (size_t)row * size;
    if (size && ended) {
        memset(state, 0, size * sizeof *state);
    } else if (size && t->memory) {
        memcpy(state, (const float *)t->memory + (size_t)row * size, size * sizeof *state);
    }
}

static pv_status observe_row(pv_reinforce *agent, const pv_transitions *t, int row)
{
    const int ended = t->terminated[row] || t->truncated[row];
    pv_rollout *r = agent->running[row];
    push(agent, t, row);
    if (!ended && r->filled < r->steps) {
        return PV_OK;
    }
    float last = 0.0f;
    if (!t->terminated[row]) {
        pv_actor_critic_values(&agent->ac, pv_transition_next(t, row), t->memory, row, 1, &last);
        r->beyond[r->filled - 1] = last;
    }
    const pv_status status = pv_reinforce_learn(agent, row, ended, last);
    keep_state(agent, t, row, ended);
    return status;
}

static pv_status observe(pv_agent *base, const pv_transitions *t)
{
    pv_reinforce *agent = (pv_reinforce *)base;
    pv_status status = PV_OK;
    assert(agent->begun);
    for (int row = 0; row < t->rows && status == PV_OK; row++) {
        if (t->valid[row]) {
            agent->now.decisions++;
            status = observe_row(agent, t, row);
        }
    }
    return status;
}

static size_t memory_size(const pv_agent *base)
{
    return pv_net_state_size(((const pv_reinforce *)base)->ac.deep.net) * sizeof(float);
}

/* --- telling --- */

static pv_status explain_rows(pv_agent *base, const pv_explain *explain)
{
    return pv_actor_critic_explain(&((pv_reinforce *)base)->ac, explain);
}

static int metrics(pv_agent *base, pv_metric told[PV_METRICS_MAX])
{
    pv_reinforce *agent = (pv_reinforce *)base;
    const pv_policy_told *sum = &agent->told;
    int n = 0;
    if (sum->rows > 0.0) {
        told[n++] = (pv_metric){"entropy", sum->entropy / sum->rows};
        told[n++] = (pv_metric){"mean_return_to_go", agent->now.mean};
    }
    if (sum->rows > 0.0 && agent->baseline == PV_BASELINE_VALUE) {
        told[n++] = (pv_metric){"value_loss", sum->value / sum->rows};
    }
    agent->told = (pv_policy_told){0};
    return agent->begun ? pv_deep_metrics(&agent->ac.deep, agent->pass.pass, told, n) : n;
}

static const pv_net *net_of(const pv_agent *base)
{
    return ((const pv_reinforce *)base)->ac.deep.net;
}

/* --- saving --- */

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_reinforce *agent = (const pv_reinforce *)base;
    const uint64_t counters[2] = {agent->now.decisions, agent->now.judged};
    pv_status status = pv_actor_critic_save(&agent->ac, tensors);
    status = status ? status : pv_tensors_add(tensors, "mean", PV_F64, &agent->now.mean, 1);
    status = status ? status : pv_tensors_add(tensors, "counters", PV_U64, counters, 2);
    return status ? status : pv_tensors_add(tensors, "rng", PV_U64, &agent->explore, 4);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    pv_reinforce *agent = (pv_reinforce *)base;
    uint64_t counters[2];
    pv_status status = pv_actor_critic_load(&agent->ac, tensors);
    status = status ? status : pv_tensors_get(tensors, "mean", PV_F64, &agent->now.mean, 1);
    status = status ? status : pv_tensors_get(tensors, "counters", PV_U64, counters, 2);
    status = status ? status : pv_tensors_get(tensors, "rng", PV_U64, &agent->explore, 4);
    if (status == PV_OK) {
        agent->now.decisions = counters[0];
        agent->now.judged = counters[1];
    }
    return status;
}

/* a block that goes into resume.safetensors as it is */
typedef struct part {
    const char *name;
    pv_dtype dtype;
    void *data;
    size_t count;
} part;

enum { PARTS = 6 };

static void list_parts(pv_reinforce *agent, part parts[PARTS])
{
    const pv_actor_critic *ac = &agent->ac;
    const size_t state = (size_t)agent->base.rows * pv_net_state_size(ac->deep.net);
    const part list[PARTS] = {
        {"batch.gradient", PV_F32, ac->deep.gradient, pv_net_parameter_count(ac->deep.net)},
        {"batch.loss", PV_F64, &agent->now.loss, 1},
        {"batch.episodes", PV_U64, &agent->now.ended, 1},
        {"batch.log_std", PV_F32, ac->log_std_gradient, ac->continuous ? (size_t)ac->n : 0},
        {"episode.dropout", PV_U64, pv_pass_rng(agent->pass.pass), 4},
        {"episode.state", PV_F32, agent->state, state}};
    memcpy(parts, list, sizeof list);
}

static const char *row_name(char name[32], int row)
{
    snprintf(name, 32, "episode.%d.", row);
    return name;
}

static pv_status save_data(pv_agent *base, const char *folder, pv_tensors *resume)
{
    pv_reinforce *agent = (pv_reinforce *)base;
    part parts[PARTS];
    char name[32];
    pv_status status = PV_OK;
    (void)folder;
    if (!agent->begun) {
        return PV_OK;
    }
    list_parts(agent, parts);
    for (int i = 0; i < PARTS && status == PV_OK; i++) {
        status = parts[i].count ? pv_tensors_add(resume, parts[i].name, parts[i].dtype,
                                                 parts[i].data, parts[i].count)
                                : PV_OK;
    }
    for (int row = 0; row < base->rows && status == PV_OK; row++) {
        status = pv_rollout_save(agent->running[row], resume, row_name(name, row));
    }
    return status;
}

static pv_status load_data(pv_agent *base, const char *folder, const pv_tensors *resume)
{
    pv_reinforce *agent = (pv_reinforce *)base;
    part parts[PARTS];
    char name[32];
    pv_status status = PV_OK;
    (void)folder;
    if (!agent->begun) {
        return PV_OK;
    }
    list_parts(agent, parts);
    for (int i = 0; i < PARTS && status == PV_OK; i++) {
        status = parts[i].count ? pv_tensors_get(resume, parts[i].name, parts[i].dtype,
                                                 parts[i].data, parts[i].count)
                                : PV_OK;
    }
    for (int row = 0; row < base->rows && status == PV_OK; row++) {
        status = pv_rollout_load(agent->running[row], resume, row_name(name, row));
        status = status ? status : pv_actor_critic_check(&agent->ac, agent->running[row]);
    }
    return status;
}

const pv_agent_class pv_agent_reinforce = {
    .name = "reinforce",
    .summary = "learns a policy from whole episodes, by their returns less a baseline",
    .source = "Williams 1992; Sutton & Barto 2018, 13.3, 13.4",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(pv_reinforce),
    .accepts = accepts,
    .init = init,
    .free = free_all,
    .act = act_rows,
    .observe = observe,
    .save = save,
    .load = load,
    .memory_size = memory_size,
    .explain = explain_rows,
    .metrics = metrics,
    .net = net_of,
    .learning_size = learning_size,
    .begin = begin,
    .save_data = save_data,
    .load_data = load_data,
};
