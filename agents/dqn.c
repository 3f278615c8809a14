/* DQN (Mnih et al. 2013, 2015): Q-learning with a network, on random batches of remembered
   transitions (s, a, r, d, s'), towards an older copy theta' of the network:

     y = r + d max_b Q(s', b; theta'),   minimise the mean of w loss(Q(s, a; theta) - y)

   with d the discount, 0 where the task is over and not where it was only cut short. And what was
   found since, each by a parameter of its own, all of them with rainbow=1 (Hessel et al. 2018):

     double        y = r + d Q(s', argmax_b Q(s', b; theta); theta')   van Hasselt et al. 2016
     n-step        r = r_1 + gamma r_2 + .. gamma^(n-1) r_n, d = gamma^n    Sutton 1988
     prioritised   P(i) ~ p_i^alpha, p = |error| + eps, w = (N P(i))^-beta / max w
                                                                       Schaul et al. 2016
     dueling       Q = v(s) + A(s, a) - mean_b A(s, b)                  Wang et al. 2016
     noisy         weights mu + sigma noise explore by themselves       Fortunato et al. 2018
     distribution  c51: Bellemare et al. 2017; qr: Dabney et al. 2018

   With a recurrent layer in `net`, DRQN (Hausknecht & Stone 2015): batches are stretches of
   `sequence` steps from a state of zeros, of which the first `burn-in` only bring the state about
   (Kapturowski et al. 2019). */
#include "agents/experience.h"
#include "agents/list.h"
#include "agents/q_actor.h"
#include "agents/q_learn.h"
#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { ACT_ROWS = 16 }; /* rows that act at once, at least; more come in several turns */

typedef struct dqn {
    pv_agent base;
    int learn_start, train_every, gradient_steps, clips, twice, sequence, burn_in;
    pv_q_net q;
    pv_q_actor actor;
    pv_q_return returns;
    pv_experience experience;
    pv_rng explore, draw, noise;
    uint64_t steps, episodes; /* transitions told, episodes ended */

    /* taken in begin */
    pv_q_learner learner;
    float *reward; /* [rows] as learning takes it */
    int begun;
} dqn;

/* clang-format off */
static const pv_param params[] = {
    PV_DEEP_PARAMS("dense 64 init=spread relu, dense 64 init=spread relu", "0.001"),
    {.name = "gamma", .help = "discount of the next value", .initial = 0.99, .low = 0.0,
     .high = 1.0},
    {.name = "loss", .help = "of errors; huber is squared up to 1 and straight beyond",
     .choices = "huber|squared"},
    {.name = "learn-start", .help = "steps before the first update; schedules begin here",
     .initial = 1000.0, .low = 0.0, .high = 1e9},
    {.name = "train-every", .help = "steps between trainings", .initial = 1.0, .low = 1.0,
     .high = 1e9},
    {.name = "gradient-steps", .help = "updates of a training", .initial = 1.0, .low = 1.0,
     .high = 1e6},
    PV_EXPERIENCE_PARAMS,
    {.name = "clip-reward", .help = "1: learns from rewards cut to -1..1", .initial = 0.0,
     .low = 0.0, .high = 1.0},
    {.name = "double", .help = "1: the network chooses the next action, its target values it",
     .initial = 0.0, .low = 0.0, .high = 1.0},
    PV_Q_NET_PARAMS,
    {.name = "sequence", .help = "recurrent net: steps of a stretch", .initial = 10.0, .low = 1.0,
     .high = 10000.0},
    {.name = "burn-in", .help = "recurrent net: first steps of it that are not learned from",
     .initial = 0.0, .low = 0.0, .high = 10000.0},
    {.name = "rainbow", .help = "1: double, dueling, prioritised, noisy, n-step=3, c51 at once",
     .initial = 0.0, .low = 0.0, .high = 1.0},
    PV_POLICY_PARAMS_UNCOUNTED("linear:1:0.05:10000"),
};
/* clang-format on */

/* what rainbow=1 sets where nothing else is asked for (Hessel et al. 2018, table 1) */
static const char rainbow[] = "double=1,dueling=1,prioritised=1,alpha=0.5,noisy=1,n-step=3,"
                              "distribution=c51,explore=greedy";

/* what a net that remembers needs: presets are for nets that do not */
static const char recurrent[] = "n-step=1,prioritised=0";

static pv_status resolve(pv_params *values)
{
    pv_status status = PV_OK;
    if (pv_q_net_is_recurrent(pv_params_text(values, "net"))) {
        status = pv_params_parse(values, recurrent, PV_SOURCE_SWITCH);
    }
    return status || pv_params_number(values, "rainbow") == 0.0
               ? status
               : pv_params_parse(values, rainbow, PV_SOURCE_SWITCH);
}

static pv_status accepts(const pv_world *world)
{
    const pv_status status = pv_deep_fits_choice(world, "dqn");
    return status ? status : pv_deep_fits(world, "dqn");
}

/* --- making --- */

static pv_status read_whole(dqn *agent, const pv_params *values)
{
    const struct {
        const char *name;
        int *value;
    } whole[] = {{"learn-start", &agent->learn_start},
                 {"train-every", &agent->train_every},
                 {"gradient-steps", &agent->gradient_steps},
                 {"clip-reward", &agent->clips},
                 {"double", &agent->twice},
                 {"sequence", &agent->sequence},
                 {"burn-in", &agent->burn_in}};
    pv_status status = PV_OK;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0] && status == PV_OK; i++) {
        status = pv_agent_whole(values, whole[i].name, whole[i].value);
    }
    return status;
}

/* a network that remembers learns from stretches, any other from single steps */
static pv_status set_stretches(dqn *agent)
{
    if (pv_net_state_size(agent->q.deep.net) == 0) {
        agent->sequence = 1;
        agent->burn_in = 0;
    }
    return agent->burn_in < agent->sequence
               ? PV_OK
               : pv_fail(PV_ERROR_ARGUMENT,
                         "burn-in=%d leaves nothing of sequence=%d to learn from; set it lower",
                         agent->burn_in, agent->sequence);
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    dqn *agent = (dqn *)base;
    const int rows = base->rows > ACT_ROWS ? base->rows : ACT_ROWS;
    agent->explore = pv_rng_split(config->seed, "explore");
    agent->draw = pv_rng_split(config->seed, "replay");
    agent->noise = pv_rng_split(config->seed, "noise");
    pv_status status = read_whole(agent, config->params);
    status = status ? status : pv_q_net_init(&agent->q, config);
    status = status ? status : set_stretches(agent);
    status = status ? status : pv_experience_init(&agent->experience, config, agent->sequence);
    status = status ? status : pv_q_actor_init(&agent->actor, &agent->q, config, rows);
    return status ? status : pv_q_return_init(&agent->returns, base->rows, agent->experience.gamma);
}

static void free_learning(dqn *agent)
{
    pv_q_learner_free(&agent->learner);
    pv_free(agent->reward);
}

static void free_all(pv_agent *base)
{
    dqn *agent = (dqn *)base;
    free_learning(agent);
    pv_experience_free(&agent->experience);
    pv_q_return_free(&agent->returns);
    pv_q_actor_free(&agent->actor);
    pv_q_net_free(&agent->q);
}

/* --- what learning needs --- */

static uint64_t learning_size(const pv_agent *base)
{
    return pv_experience_size(&((const dqn *)base)->experience);
}

static pv_status begin_learning(dqn *agent)
{
    const pv_params *values = &agent->base.params;
    const int samples = agent->experience.replays ? agent->experience.batch : agent->base.rows;
    const pv_q_learner_config config = {.rows = samples * agent->sequence,
                                        .samples = samples,
                                        .burn_in = agent->burn_in,
                                        .twice = agent->twice,
                                        .delta =
                                            pv_params_number(values, "loss") == 0.0 ? 1.0f : 0.0f,
                                        .mask = agent->actor.mask,
                                        .rng = &agent->noise};
    agent->reward = pv_alloc_array((size_t)agent->base.rows, sizeof *agent->reward);
    const pv_status status =
        agent->reward ? pv_q_learner_init(&agent->learner, &agent->q, &config) : pv_last_status();
    if (status) {
        free_learning(agent);
        memset(&agent->learner, 0, sizeof agent->learner);
        agent->reward = NULL;
    }
    return status;
}

static pv_status begin(pv_agent *base)
{
    dqn *agent = (dqn *)base;
    pv_q_return_forget(&agent->returns);
    pv_status status = pv_experience_begin(&agent->experience);
    if (status == PV_OK && !agent->begun) {
        status = begin_learning(agent);
        agent->begun = status == PV_OK;
    }
    return status;
}

/* --- acting --- */

/* where schedules are: they begin with learning */
static uint64_t schedule_step(const dqn *agent)
{
    const uint64_t start = (uint64_t)agent->learn_start;
    return agent->steps > start ? agent->steps - start : 0;
}

static pv_status act_rows(pv_agent *base, const pv_act *act)
{
    dqn *agent = (dqn *)base;
    agent->actor.step = schedule_step(agent);
    agent->actor.episode = agent->episodes + 1;
    pv_q_actor_act(&agent->actor, act, &agent->explore, &agent->noise, &agent->returns);
    return PV_OK;
}

static size_t memory_size(const pv_agent *base)
{
    return pv_net_state_size(((const dqn *)base)->q.deep.net) * sizeof(float);
}

/* --- learning --- */

/* counts what the rows tell, and what they say of the values that were believed in */
static void count_rows(dqn *agent, const pv_transitions *t)
{
    for (int row = 0; row < t->rows; row++) {
        if (!t->valid[row]) {
            continue;
        }
        const float reward = t->reward[row];
        const float cut = reward < -1.0f ? -1.0f : reward > 1.0f ? 1.0f : reward;
        agent->reward[row] = agent->clips ? cut : reward;
        agent->steps++;
        pv_q_return_earn(&agent->returns, row, (double)agent->reward[row]);
        if (t->terminated[row] || t->truncated[row]) {
            agent->episodes++;
            pv_q_return_end(&agent->returns, row,
                            t->terminated[row]
                                ? 0.0
                                : pv_q_actor_value(&agent->actor, t->final_obs, t->memory, row));
        }
    }
}

static pv_status learn(dqn *agent)
{
    const uint64_t step = schedule_step(agent);
    const pv_replay_batch *batch =
        pv_experience_batch(&agent->experience, &agent->draw, step, agent->q.deep.updates + 1);
    const pv_status status = batch ? pv_q_learn(&agent->learner, batch, step) : PV_OK;
    if (status == PV_OK && batch) {
        pv_experience_update(&agent->experience, batch, agent->learner.error);
    }
    return status;
}

static pv_status observe(pv_agent *base, const pv_transitions *t)
{
    dqn *agent = (dqn *)base;
    const uint64_t every = (uint64_t)agent->train_every;
    const uint64_t before = agent->steps;
    assert(agent->begun);
    count_rows(agent, t);
    pv_experience_keep(&agent->experience, t, agent->reward);
    if (agent->steps < (uint64_t)agent->learn_start) {
        return PV_OK;
    }
    const uint64_t trainings = agent->steps / every - before / every;
    pv_status status = PV_OK;
    for (uint64_t i = 0; i < trainings * (uint64_t)agent->gradient_steps && !status; i++) {
        status = learn(agent);
    }
    return status ? pv_fail_in("agent dqn") : PV_OK;
}

/* --- telling --- */

static int metrics(pv_agent *base, pv_metric told[PV_METRICS_MAX])
{
    dqn *agent = (dqn *)base;
    int n = 0;
    double now;
    const char *exploration =
        pv_policy_metric(&agent->actor.policy, schedule_step(agent), agent->episodes + 1, &now);
    if (exploration) {
        told[n++] = (pv_metric){exploration, now};
    }
    told[n++] = (pv_metric){"overestimation", pv_q_return_over(&agent->returns)};
    if (agent->experience.replay) {
        const double size = (double)pv_replay_count(agent->experience.replay);
        told[n++] = (pv_metric){"replay_size", size};
    }
    return agent->begun ? pv_q_learner_metrics(&agent->learner, told, n) : n;
}

static pv_status explain_rows(pv_agent *base, const pv_explain *explain)
{
    return pv_q_actor_explain(&((dqn *)base)->actor, explain);
}

static const pv_net *net_of(const pv_agent *base)
{
    return ((const dqn *)base)->q.deep.net;
}

/* --- saving --- */

enum { STEPS, EPISODES, COUNTERS, STREAMS = 3 };

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const dqn *agent = (const dqn *)base;
    const uint64_t counters[COUNTERS] = {agent->steps, agent->episodes};
    const pv_rng streams[STREAMS] = {agent->explore, agent->draw, agent->noise};
    pv_status status = pv_q_net_save(&agent->q, tensors);
    status = status ? status : pv_tensors_add(tensors, "counters", PV_U64, counters, COUNTERS);
    status = status ? status : pv_q_return_save(&agent->returns, tensors);
    return status ? status : pv_tensors_add(tensors, "rng", PV_U64, streams, STREAMS * 4);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    dqn *agent = (dqn *)base;
    uint64_t counters[COUNTERS];
    pv_rng streams[STREAMS];
    pv_status status = pv_q_net_load(&agent->q, tensors);
    status = status ? status : pv_tensors_get(tensors, "counters", PV_U64, counters, COUNTERS);
    status = status ? status : pv_q_return_load(&agent->returns, tensors);
    status = status ? status : pv_tensors_get(tensors, "rng", PV_U64, streams, STREAMS * 4);
    if (status == PV_OK) {
        agent->steps = counters[STEPS];
        agent->episodes = counters[EPISODES];
        agent->explore = streams[0];
        agent->draw = streams[1];
        agent->noise = streams[2];
    }
    return status;
}

static pv_status save_data(pv_agent *base, const char *folder, pv_tensors *resume)
{
    return pv_experience_save(&((dqn *)base)->experience, folder, resume);
}

static pv_status load_data(pv_agent *base, const char *folder, const pv_tensors *resume)
{
    return pv_experience_load(&((dqn *)base)->experience, folder, resume);
}

const pv_agent_class pv_agent_dqn = {
    .name = "dqn",
    .summary = "learns action values with a network and a memory of experience",
    .source = "Mnih et al. 2013, 2015; rainbow: Hessel et al. 2018",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(dqn),
    .accepts = accepts,
    .resolve = resolve,
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
