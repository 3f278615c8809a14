/* evaluate.c: playing whole episodes without learning. Episodes are numbered in the order they
   begin, and every row draws from a stream seeded by its episode, so that episode k is the same
   however many are played beside it. */
#include "agents/evaluate.h"

#include "core/memory.h"
#include "core/rng.h"

#include <math.h>
#include <string.h>

enum { LANES_MAX = 16 };

pv_evaluation_config pv_evaluation_config_default(const pv_world *world, pv_agent *agent)
{
    return (pv_evaluation_config){.world = world,
                                  .agent = agent,
                                  .episodes = 100,
                                  .seed = 1,
                                  .purpose = PV_FOR_EVALUATION,
                                  .mode = PV_ACT_GREEDY,
                                  .max_length = 10000,
                                  .gamma = pv_agent_gamma(agent)};
}

double pv_agent_gamma(const pv_agent *agent)
{
    return pv_params_find(&agent->params, "gamma") >= 0 ? pv_params_number(&agent->params, "gamma")
                                                        : 1.0;
}

/* --- one acting vector: memory, streams and states beside it --- */

pv_status pv_player_init(pv_player *player, const pv_evaluation_config *config, int lanes)
{
    memset(player, 0, sizeof *player);
    const pv_spec *spec = pv_world_spec(config->world);
    const size_t rows = (size_t)lanes * spec->agents;
    pv_vector_config vector = pv_vector_config_default(config->world);
    vector.lanes = lanes;
    vector.seed = config->seed;
    vector.purpose = config->purpose;
    vector.statistics = config->agent->statistics;
    vector.shared_numbers = 1;
    vector.max_steps = spec->max_steps ? 0 : config->max_length;
    player->agent = config->agent;
    player->mode = config->mode;
    player->vector = pv_vector_create(&vector);
    player->memory = pv_alloc_array(rows, pv_agent_memory_size(config->agent));
    player->rng = pv_alloc_array(rows, sizeof(pv_rng));
    player->state = pv_alloc_array(rows, sizeof(uint32_t));
    if (!player->vector || !player->memory || !player->rng || !player->state) {
        pv_player_free(player);
        return pv_last_status();
    }
    player->seed = pv_seed_split(config->seed, "acting");
    return PV_OK;
}

void pv_player_free(pv_player *player)
{
    pv_vector_destroy(player->vector);
    pv_free(player->memory);
    pv_free(player->rng);
    pv_free(player->state);
    memset(player, 0, sizeof *player);
}

/* gives the lanes that begin an episode its streams; numbers run as the vector's do */
static void begin_episodes(pv_player *player)
{
    const pv_batch *batch = pv_vector_batch(player->vector);
    for (int lane = 0; lane < batch->lanes; lane++) {
        if (!batch->first[lane * batch->agents]) {
            continue;
        }
        const uint64_t number = player->next_number++;
        for (int i = 0; i < batch->agents; i++) {
            const uint64_t key[2] = {number, (uint64_t)i};
            pv_rng_init(&player->rng[lane * batch->agents + i], pv_seed_hash(player->seed, key, 2));
        }
    }
}

pv_status pv_player_reset(pv_player *player)
{
    const pv_status status = pv_vector_reset(player->vector);
    if (status == PV_OK) {
        begin_episodes(player);
    }
    return status;
}

void pv_vector_states(const pv_vector *vector, uint32_t *state)
{
    const pv_batch *batch = pv_vector_batch(vector);
    for (int row = 0; row < batch->rows; row++) {
        state[row] = pv_vector_state(vector, row / batch->agents);
    }
}

pv_status pv_player_step(pv_player *player)
{
    const pv_batch *batch = pv_vector_batch(player->vector);
    pv_agent *agent = player->agent;
    if (agent->agent_class->plans) {
        pv_vector_states(player->vector, player->state);
    }
    const pv_act act = {.rows = batch->rows,
                        .obs = batch->obs,
                        .first = batch->first,
                        .state = player->state,
                        .memory = player->memory,
                        .mode = player->mode,
                        .rng = player->rng,
                        .action = batch->action};
    pv_status status = agent->agent_class->act(agent, &act);
    if (status == PV_OK) {
        status = pv_vector_step(player->vector);
    }
    if (status == PV_OK) {
        begin_episodes(player);
    }
    return status;
}

/* --- evaluation --- */

typedef struct discounting {
    double sum, factor;
} discounting;

/* adds a step's rewards; the finished episodes' results are written where their number belongs */
static int collect(const pv_evaluation_config *config, const pv_batch *batch, discounting *running,
                   pv_evaluation *result)
{
    for (int lane = 0; lane < batch->lanes; lane++) {
        running[lane].sum +=
            running[lane].factor * (double)batch->world_reward[lane * batch->agents];
        running[lane].factor *= config->gamma;
    }
    int finished = 0;
    for (int i = 0; i < batch->episodes; i++) {
        const pv_episode *episode = &batch->episode[i];
        const uint64_t k = episode->number;
        if (k < (uint64_t)config->episodes) {
            result->returns[k] = episode->returns[0];
            result->discounted[k] = running[episode->lane].sum;
            result->lengths[k] = episode->length;
            result->cut += !episode->terminated && pv_world_spec(config->world)->max_steps == 0 &&
                           episode->length >= config->max_length;
            finished++;
        }
        running[episode->lane] = (discounting){0.0, 1.0};
    }
    return finished;
}

static pv_status play_all(const pv_evaluation_config *config, pv_player *player,
                          pv_evaluation *result)
{
    const pv_batch *batch = pv_vector_batch(player->vector);
    discounting running[LANES_MAX];
    for (int lane = 0; lane < LANES_MAX; lane++) {
        running[lane] = (discounting){0.0, 1.0};
    }
    pv_status status = pv_player_reset(player);
    for (int finished = 0; status == PV_OK && finished < config->episodes;) {
        status = pv_player_step(player);
        if (status == PV_OK) {
            finished += collect(config, batch, running, result);
        }
    }
    return status;
}

pv_status pv_evaluate(const pv_evaluation_config *config, pv_evaluation *evaluation)
{
    memset(evaluation, 0, sizeof *evaluation);
    if (config->episodes < 1) {
        return pv_fail(PV_ERROR_ARGUMENT, "an evaluation needs at least one episode, not %d",
                       config->episodes);
    }
    const int lanes = config->episodes < LANES_MAX ? config->episodes : LANES_MAX;
    const size_t n = (size_t)config->episodes;
    pv_player player;
    pv_status status = pv_player_init(&player, config, lanes);
    if (status) {
        return status;
    }
    evaluation->episodes = config->episodes;
    evaluation->returns = pv_alloc_array(n, sizeof(double));
    evaluation->discounted = pv_alloc_array(n, sizeof(double));
    evaluation->lengths = pv_alloc_array(n, sizeof(uint64_t));
    if (evaluation->returns && evaluation->discounted && evaluation->lengths) {
        status = play_all(config, &player, evaluation);
    } else {
        status = pv_last_status();
    }
    pv_player_free(&player);
    if (status) {
        pv_evaluation_free(evaluation);
    }
    return status;
}

void pv_evaluation_free(pv_evaluation *evaluation)
{
    pv_free(evaluation->returns);
    pv_free(evaluation->discounted);
    pv_free(evaluation->lengths);
    memset(evaluation, 0, sizeof *evaluation);
}
