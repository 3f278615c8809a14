/* train.c: the only training loop. Each step acts for every row, steps every lane, tells the agent
   what came of it, and reports the episodes that ended. It knows no clock: what is repeated from
   the same configuration is the same. */
#include "agents/train.h"

#include "agents/evaluate.h"
#include "agents/turns.h"
#include "core/memory.h"
#include "envs/host/vector.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { RECENT = 100 };
enum { REWARDS, DISCOUNTED };

/* everything that changes and has no home elsewhere; saved as it is */
typedef struct counters {
    uint64_t steps, episodes;
    uint64_t next_evaluation; /* step */
    uint64_t next_metrics;    /* step, or episode where only episodes bound the run */
    uint64_t begun;
    uint64_t ended_since, steps_since; /* since the last metrics */
} counters;

struct pv_trainer {
    pv_train_config config;
    pv_vector *vector;
    const pv_batch *batch;
    pv_turns *turns; /* NULL where every agent acts in every step */
    counters count;
    double recent[RECENT]; /* ring of the last returns of agent 0 */
    double *discounted;    /* [lanes] running discounted return of agent 0 */
    double *factor;        /* [lanes] gamma^t */
    double since[2];       /* sums since the last metrics: rewards, discounted returns */
    double gamma;
    void *memory;    /* [rows][memory_size] */
    uint32_t *state; /* [rows] for planners */
    uint8_t *valid;  /* [rows] all 1 */
};

pv_train_config pv_train_config_default(const pv_world *world, pv_agent *agent)
{
    return (pv_train_config){.world = world,
                             .agent = agent,
                             .lanes = 1,
                             .seed = 1,
                             .stop_at = NAN,
                             .eval_episodes = 10,
                             .max_length = 10000};
}

static pv_status check_config(const pv_train_config *config)
{
    const int rows = config->lanes * (int)pv_world_spec(config->world)->agents;
    if (config->lanes < 1) {
        return pv_fail(PV_ERROR_ARGUMENT, "training needs at least one lane, not %d",
                       config->lanes);
    }
    if (config->steps == 0 && config->episodes == 0) {
        return pv_fail(PV_ERROR_ARGUMENT, "training needs a bound: set steps or episodes");
    }
    if (config->agent->rows != rows) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "the agent was made for %d rows, but %d lanes of this world have %d",
                       config->agent->rows, config->lanes, rows);
    }
    return PV_OK;
}

static pv_status create_parts(pv_trainer *trainer)
{
    const pv_train_config *config = &trainer->config;
    const pv_spec *spec = pv_world_spec(config->world);
    const size_t lanes = (size_t)config->lanes;
    const size_t rows = lanes * spec->agents;
    pv_vector_config vector = pv_vector_config_default(config->world);
    vector.lanes = config->lanes;
    vector.seed = config->seed;
    vector.pool = config->pool;
    vector.statistics = config->agent->statistics;
    trainer->vector = pv_vector_create(&vector);
    trainer->memory = pv_alloc_array(rows, pv_agent_memory_size(config->agent));
    trainer->state = pv_alloc_array(rows, sizeof(uint32_t));
    trainer->valid = pv_alloc(rows);
    trainer->discounted = pv_alloc_array(lanes, sizeof(double));
    trainer->factor = pv_alloc_array(lanes, sizeof(double));
    if (pv_turns_needed(spec)) {
        trainer->turns = pv_turns_create(spec, (int)rows);
    }
    if (!trainer->vector || !trainer->memory || !trainer->state || !trainer->valid ||
        !trainer->discounted || !trainer->factor || (pv_turns_needed(spec) && !trainer->turns)) {
        return pv_last_status();
    }
    memset(trainer->valid, 1, rows);
    for (size_t lane = 0; lane < lanes; lane++) {
        trainer->factor[lane] = 1.0;
    }
    return PV_OK;
}

/* steps (or episodes, where only they bound the run) from one report of metrics to the next */
static uint64_t metrics_interval(const pv_train_config *config)
{
    if (config->metrics_every) {
        return config->metrics_every;
    }
    const uint64_t bound = config->steps ? config->steps : config->episodes;
    return bound / 100 ? bound / 100 : 1;
}

static int metrics_by_steps(const pv_train_config *config)
{
    return config->metrics_every || config->steps;
}

pv_trainer *pv_trainer_create(const pv_train_config *config)
{
    if (check_config(config)) {
        return NULL;
    }
    pv_trainer *trainer = pv_alloc(sizeof *trainer);
    if (!trainer) {
        return NULL;
    }
    trainer->config = *config;
    trainer->gamma = pv_agent_gamma(config->agent);
    trainer->count.next_evaluation = config->eval_every;
    trainer->count.next_metrics = metrics_interval(config);
    if (create_parts(trainer) || pv_agent_begin(config->agent)) {
        pv_trainer_destroy(trainer);
        return NULL;
    }
    trainer->batch = pv_vector_batch(trainer->vector);
    return trainer;
}

void pv_trainer_destroy(pv_trainer *trainer)
{
    if (trainer) {
        pv_vector_destroy(trainer->vector);
        pv_turns_destroy(trainer->turns);
        pv_free(trainer->memory);
        pv_free(trainer->state);
        pv_free(trainer->valid);
        pv_free(trainer->discounted);
        pv_free(trainer->factor);
        pv_free(trainer);
    }
}

/* --- one step --- */

static pv_status act(pv_trainer *trainer)
{
    const pv_batch *batch = trainer->batch;
    const pv_agent_class *agent_class = trainer->config.agent->agent_class;
    if (agent_class->plans) {
        pv_vector_states(trainer->vector, trainer->state);
    }
    const pv_act choice = {.rows = batch->rows,
                           .obs = batch->obs,
                           .first = batch->first,
                           .state = trainer->state,
                           .memory = trainer->memory,
                           .mode = PV_ACT_TRAIN,
                           .action = batch->action};
    return agent_class->act(trainer->config.agent, &choice);
}

static pv_status observe(pv_trainer *trainer)
{
    const pv_batch *batch = trainer->batch;
    pv_transitions transitions = {.rows = batch->rows,
                                  .valid = trainer->valid,
                                  .obs = batch->last_obs,
                                  .action = (const void *const *)batch->action,
                                  .reward = batch->reward,
                                  .terminated = batch->terminated,
                                  .truncated = batch->truncated,
                                  .next_obs = batch->obs,
                                  .final_obs = batch->final_obs,
                                  .memory = trainer->memory};
    if (trainer->turns) {
        pv_turns_after(trainer->turns, batch, &transitions);
    }
    return trainer->config.agent->agent_class->observe(trainer->config.agent, &transitions);
}

static void count_rewards(pv_trainer *trainer)
{
    const pv_batch *batch = trainer->batch;
    for (int lane = 0; lane < batch->lanes; lane++) {
        const double reward = (double)batch->world_reward[lane * batch->agents];
        trainer->discounted[lane] += trainer->factor[lane] * reward;
        trainer->factor[lane] *= trainer->gamma;
        trainer->since[REWARDS] += reward;
    }
    trainer->count.steps += (uint64_t)batch->lanes;
    trainer->count.steps_since += (uint64_t)batch->lanes;
}

static pv_status report_episodes(pv_trainer *trainer)
{
    const pv_train_config *config = &trainer->config;
    counters *count = &trainer->count;
    pv_status status = PV_OK;
    for (int i = 0; i < trainer->batch->episodes && status == PV_OK; i++) {
        const pv_episode *episode = &trainer->batch->episode[i];
        for (int agent = 0; agent < trainer->batch->agents && status == PV_OK; agent++) {
            const pv_train_episode row = {.step = count->steps,
                                          .episode = count->episodes,
                                          .lane = episode->lane,
                                          .agent = agent,
                                          .episode_return = episode->returns[agent],
                                          .length = episode->length};
            status = config->on_episode ? config->on_episode(config->ctx, &row) : PV_OK;
        }
        trainer->recent[count->episodes % RECENT] = episode->returns[0];
        trainer->since[DISCOUNTED] += trainer->discounted[episode->lane];
        trainer->discounted[episode->lane] = 0.0;
        trainer->factor[episode->lane] = 1.0;
        count->episodes++;
        count->ended_since++;
    }
    return status;
}

/* --- what is told now and then --- */

static pv_status report_metric(pv_trainer *trainer, const char *name, double value)
{
    const pv_train_config *config = &trainer->config;
    return isnan(value) ? PV_OK : config->on_metric(config->ctx, trainer->count.steps, name, value);
}

static pv_status report_metrics(pv_trainer *trainer)
{
    counters *count = &trainer->count;
    const uint64_t now = metrics_by_steps(&trainer->config) ? count->steps : count->episodes;
    if (now < count->next_metrics) {
        return PV_OK;
    }
    const uint64_t interval = metrics_interval(&trainer->config);
    count->next_metrics += interval * ((now - count->next_metrics) / interval + 1);
    pv_metric metrics[PV_METRICS_MAX];
    pv_agent *agent = trainer->config.agent;
    const int n = agent->agent_class->metrics ? agent->agent_class->metrics(agent, metrics) : 0;
    pv_status status = PV_OK;
    if (trainer->config.on_metric) {
        const double ended = (double)count->ended_since;
        status = report_metric(trainer, "return", pv_trainer_recent_return(trainer));
        if (status == PV_OK && count->ended_since) {
            status =
                report_metric(trainer, "discounted_return", trainer->since[DISCOUNTED] / ended);
        }
        if (status == PV_OK) {
            status = report_metric(trainer, "average_reward",
                                   trainer->since[REWARDS] / (double)count->steps_since);
        }
        for (int i = 0; i < n && status == PV_OK; i++) {
            status = report_metric(trainer, metrics[i].name, metrics[i].value);
        }
    }
    trainer->since[REWARDS] = trainer->since[DISCOUNTED] = 0.0;
    count->ended_since = count->steps_since = 0;
    return status;
}

static pv_status evaluate(pv_trainer *trainer)
{
    const pv_train_config *config = &trainer->config;
    counters *count = &trainer->count;
    if (config->eval_every == 0 || count->steps < count->next_evaluation) {
        return PV_OK;
    }
    count->next_evaluation +=
        config->eval_every * ((count->steps - count->next_evaluation) / config->eval_every + 1);
    pv_evaluation_config evaluation = pv_evaluation_config_default(config->world, config->agent);
    evaluation.episodes = config->eval_episodes;
    evaluation.seed = config->seed;
    evaluation.max_length = config->max_length;
    pv_evaluation result;
    pv_status status = pv_evaluate(&evaluation, &result);
    if (status == PV_OK && config->on_evaluation) {
        status = config->on_evaluation(config->ctx, count->steps, &result);
    }
    pv_evaluation_free(&result);
    return status;
}

static pv_status step(pv_trainer *trainer)
{
    pv_status status = act(trainer);
    if (status) {
        return status;
    }
    if (trainer->turns) {
        pv_turns_before(trainer->turns, trainer->batch);
    }
    status = pv_vector_step(trainer->vector);
    if (status) {
        return status;
    }
    count_rewards(trainer);
    status = observe(trainer);
    if (status) {
        return pv_fail_in("step %llu", (unsigned long long)trainer->count.steps);
    }
    status = report_episodes(trainer);
    status = status ? status : report_metrics(trainer);
    return status ? status : evaluate(trainer);
}

pv_status pv_trainer_advance(pv_trainer *trainer, uint64_t steps)
{
    const uint64_t until = trainer->count.steps + steps;
    pv_status status = PV_OK;
    if (!trainer->count.begun) {
        status = pv_vector_reset(trainer->vector);
        trainer->count.begun = 1;
    }
    while (status == PV_OK && trainer->count.steps < until && !pv_trainer_done(trainer)) {
        status = step(trainer);
    }
    return status;
}

int pv_trainer_done(const pv_trainer *trainer)
{
    const pv_train_config *config = &trainer->config;
    const counters *count = &trainer->count;
    return (config->steps && count->steps >= config->steps) ||
           (config->episodes && count->episodes >= config->episodes) ||
           (!isnan(config->stop_at) && count->episodes >= RECENT &&
            pv_trainer_recent_return(trainer) >= config->stop_at);
}

uint64_t pv_trainer_steps(const pv_trainer *trainer)
{
    return trainer->count.steps;
}

uint64_t pv_trainer_episodes(const pv_trainer *trainer)
{
    return trainer->count.episodes;
}

double pv_trainer_recent_return(const pv_trainer *trainer)
{
    const uint64_t n = trainer->count.episodes < RECENT ? trainer->count.episodes : RECENT;
    double sum = 0.0;
    for (uint64_t i = 0; i < n; i++) {
        sum += trainer->recent[i];
    }
    return n ? sum / (double)n : NAN;
}

pv_status pv_train(const pv_train_config *config)
{
    pv_trainer *trainer = pv_trainer_create(config);
    if (!trainer) {
        return pv_last_status();
    }
    pv_status status = PV_OK;
    while (status == PV_OK && !pv_trainer_done(trainer)) {
        status = pv_trainer_advance(trainer, 1000000);
    }
    pv_trainer_destroy(trainer);
    return status;
}

/* --- saving --- */

typedef struct part {
    const char *name;
    pv_dtype dtype;
    void *data;
    size_t count;
} part;

enum { PARTS = 6 };

/* what is the loop's own in a checkpoint */
static void list_parts(const pv_trainer *trainer, part parts[PARTS])
{
    pv_trainer *t = (pv_trainer *)(uintptr_t)trainer; /* saving only reads */
    const size_t lanes = (size_t)t->batch->lanes;
    const size_t memory = (size_t)t->batch->rows * pv_agent_memory_size(t->config.agent);
    const part list[PARTS] = {
        {"run.counters", PV_U64, &t->count, sizeof t->count / sizeof(uint64_t)},
        {"run.recent", PV_F64, t->recent, RECENT},
        {"run.discounted", PV_F64, t->discounted, lanes},
        {"run.factor", PV_F64, t->factor, lanes},
        {"run.since", PV_F64, t->since, 2},
        {"run.memory", PV_U8, t->memory, memory},
    };
    memcpy(parts, list, sizeof list);
}

pv_status pv_trainer_save(const pv_trainer *trainer, pv_tensors *tensors)
{
    const pv_agent *agent = trainer->config.agent;
    part parts[PARTS];
    list_parts(trainer, parts);
    pv_status status = pv_agent_save_to(agent, tensors);
    status = status ? status : pv_vector_save(trainer->vector, tensors, "lanes");
    for (int i = 0; i < PARTS && status == PV_OK; i++) {
        status =
            pv_tensors_add(tensors, parts[i].name, parts[i].dtype, parts[i].data, parts[i].count);
    }
    return status || !trainer->turns ? status : pv_turns_save(trainer->turns, tensors);
}

pv_status pv_trainer_load(pv_trainer *trainer, const pv_tensors *tensors)
{
    pv_agent *agent = trainer->config.agent;
    part parts[PARTS];
    list_parts(trainer, parts);
    pv_status status = pv_agent_load_from(agent, tensors);
    status = status ? status : pv_vector_load(trainer->vector, tensors, "lanes");
    for (int i = 0; i < PARTS && status == PV_OK; i++) {
        status =
            pv_tensors_get(tensors, parts[i].name, parts[i].dtype, parts[i].data, parts[i].count);
    }
    return status || !trainer->turns ? status : pv_turns_load(trainer->turns, tensors);
}
