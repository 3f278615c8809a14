/* Making a vector: every array and every pointer a step will hand to a world lies in one block,
   laid out here once. */
#include "core/memory.h"
#include "core/threads.h"
#include "envs/host/block.h"
#include "envs/host/lanes.h"
#include "envs/host/statistics.h"

#include <limits.h>
#include <string.h>

pv_vector_config pv_vector_config_default(const pv_world *world)
{
    return (pv_vector_config){.world = world, .lanes = 1, .seed = 1, .purpose = PV_FOR_TRAINING};
}

static pv_status check_config(const pv_vector_config *config)
{
    const pv_env_class *env_class = config->world->env_class;
    const int most = INT_MAX / (int)config->world->spec.agents;
    if (config->lanes < 1 || config->lanes > most) {
        return pv_fail(PV_ERROR_ARGUMENT, "%d lanes of world %s are impossible; 1 to %d are",
                       config->lanes, env_class->id, most);
    }
    if (config->lanes > 1 && (env_class->flags & PV_ONE_PER_PROCESS)) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "world %s runs one instance in a process, so 1 lane, not %d", env_class->id,
                       config->lanes);
    }
    return PV_OK;
}

/* lists pointers to the arrays of spaces [rows][...] and, the bytes of one lane in `sizes` */
static void take_spaces(pv_block *block, const pv_vector *v, const pv_space *spaces, uint32_t n,
                        void ***arrays, size_t **sizes)
{
    void **array = pv_block_take(block, n, sizeof *array);
    size_t *size = pv_block_take(block, n, sizeof *size);
    for (uint32_t i = 0; i < n; i++) {
        const size_t row_size = pv_space_size(&spaces[i]);
        void *rows = pv_block_take(block, (size_t)v->rows, row_size);
        if (array) {
            array[i] = rows;
            size[i] = row_size * (size_t)v->agents;
        }
    }
    *arrays = array;
    *sizes = size;
}

/* a table [lanes][n] of where each lane's part of each array begins */
static void **take_table(pv_block *block, const pv_vector *v, void **arrays, const size_t *sizes,
                         uint32_t n)
{
    void **table = pv_block_take(block, (size_t)v->lanes * n, sizeof *table);
    for (size_t lane = 0; table && lane < (size_t)v->lanes; lane++) {
        for (uint32_t i = 0; i < n; i++) {
            table[lane * n + i] = (char *)arrays[i] + lane * sizes[i];
        }
    }
    return table;
}

static void take_io(pv_block *block, pv_vector *v)
{
    const pv_spec *spec = v->spec;
    const size_t agents = (size_t)v->agents;
    void **action = take_table(block, v, v->action, v->action_size, spec->n_action);
    for (int half = 0; half < 2; half++) {
        void **obs = take_table(block, v, v->obs[half], v->obs_size, spec->n_obs);
        pv_io *io = pv_block_take(block, (size_t)v->lanes, sizeof *io);
        for (size_t lane = 0; io && lane < (size_t)v->lanes; lane++) {
            const size_t row = lane * agents;
            io[lane] = (pv_io){.action = (const void *const *)(action + lane * spec->n_action),
                               .obs = obs + lane * spec->n_obs,
                               .reward = v->reward + row,
                               .terminated = v->terminated + row,
                               .truncated = v->truncated + row,
                               .info = v->info + row * spec->n_info};
        }
        v->io[half] = io;
    }
}

static void take_ranges(pv_block *block, pv_vector *v)
{
    const size_t agents = (size_t)v->agents;
    pv_lane_range *ranges = pv_block_take(block, (size_t)v->ranges, sizeof *ranges);
    for (int i = 0; i < v->ranges; i++) {
        const pv_lane_range range = {
            .first = (int)((int64_t)v->lanes * i / v->ranges),
            .end = (int)((int64_t)v->lanes * (i + 1) / v->ranges),
            .reward = pv_block_take(block, agents, sizeof(float)),
            .terminated = pv_block_take(block, agents, 1),
            .truncated = pv_block_take(block, agents, 1),
            .info = pv_block_take(block, agents * v->spec->n_info, sizeof(float))};
        if (ranges) {
            ranges[i] = range;
        }
    }
    v->range = ranges;
}

static void take_wraps(pv_block *block, pv_vector *v)
{
    const pv_wraps *wraps = v->config.world->wraps;
    v->wrap = wraps ? pv_block_take(block, (size_t)v->lanes, sizeof *v->wrap) : NULL;
    for (int lane = 0; wraps && lane < v->lanes; lane++) {
        pv_wrap_lane_take(block, v->wrap ? &v->wrap[lane] : NULL, wraps);
    }
}

static void take_lanes(pv_block *block, pv_vector *v)
{
    const size_t lanes = (size_t)v->lanes;
    v->instance = pv_block_take(block, lanes, sizeof *v->instance);
    v->env = pv_block_take(block, lanes, sizeof *v->env);
    take_wraps(block, v);
    v->deadline = pv_block_take(block, lanes, sizeof *v->deadline);
    v->began = pv_block_take(block, lanes, sizeof *v->began);
    v->number = pv_block_take(block, lanes, sizeof *v->number);
    v->seed = pv_block_take(block, lanes, sizeof *v->seed);
    v->next_number = pv_block_take(block, lanes, sizeof *v->next_number);
    v->resetting = pv_block_take(block, lanes, 1);
    v->waiting = pv_block_take(block, lanes, 1);
    v->ended = pv_block_take(block, lanes, 1);
    v->episode = pv_block_take(block, lanes, sizeof *v->episode);
    const int replays = !v->env_class->save && !(v->env_class->flags & PV_NOT_REPEATABLE);
    v->log = replays ? pv_block_take(block, lanes, sizeof *v->log) : NULL;
}

static void take_rows(pv_block *block, pv_vector *v)
{
    const size_t rows = (size_t)v->rows;
    v->returns = pv_block_take(block, rows, sizeof *v->returns);
    v->reward = pv_block_take(block, rows, sizeof *v->reward);
    v->world_reward =
        v->config.world->wraps ? pv_block_take(block, rows, sizeof *v->reward) : v->reward;
    v->terminated = pv_block_take(block, rows, 1);
    v->truncated = pv_block_take(block, rows, 1);
    v->was_terminated = pv_block_take(block, rows, 1);
    v->was_truncated = pv_block_take(block, rows, 1);
    v->first = pv_block_take(block, rows, 1);
    v->info = pv_block_take(block, rows * v->spec->n_info, sizeof *v->info);
    v->episode_returns = pv_block_take(block, rows, sizeof *v->episode_returns);
}

/* lays out all arrays; run once to count and once to place */
static void take_all(pv_block *block, pv_vector *v)
{
    const pv_spec *spec = v->spec;
    take_lanes(block, v);
    take_rows(block, v);
    take_spaces(block, v, spec->action, spec->n_action, &v->action, &v->action_size);
    take_spaces(block, v, spec->obs, spec->n_obs, &v->obs[0], &v->obs_size);
    take_spaces(block, v, spec->obs, spec->n_obs, &v->obs[1], &v->obs_size);
    take_spaces(block, v, spec->obs, spec->n_obs, &v->final_obs, &v->obs_size);
    take_io(block, v);
    take_ranges(block, v);
}

static pv_status allocate(pv_vector *v)
{
    pv_block block = {NULL, 0};
    take_all(&block, v);
    if (block.used == SIZE_MAX) {
        return pv_fail(PV_ERROR_MEMORY, "out of memory: %d lanes of world %s", v->lanes,
                       v->env_class->id);
    }
    block.memory = v->memory = pv_alloc(block.used);
    if (!block.memory) {
        return PV_ERROR_MEMORY;
    }
    block.used = 0;
    take_all(&block, v);
    for (uint32_t i = 0; i < v->spec->n_action; i++) {
        v->action_bytes += v->action_size[i];
    }
    return PV_OK;
}

static void fill_batch(pv_vector *v)
{
    v->batch = (pv_batch){.spec = v->spec,
                          .lanes = v->lanes,
                          .agents = v->agents,
                          .rows = v->rows,
                          .action = v->action,
                          .final_obs = (const void *const *)v->final_obs,
                          .reward = v->reward,
                          .world_reward = v->world_reward,
                          .terminated = v->terminated,
                          .truncated = v->truncated,
                          .info = v->info,
                          .first = v->first,
                          .ended = v->ended,
                          .episode = v->episode};
    pv_vector_show(v);
}

/* the parts of wrappers that are no memory of theirs */
static void connect_wraps(pv_vector *v)
{
    v->learns = v->config.statistics && v->config.purpose == PV_FOR_TRAINING;
    const pv_wraps *wraps = v->config.world->wraps;
    const int limits = v->config.max_steps == 0 && !wraps->limited;
    for (int lane = 0; lane < v->lanes; lane++) {
        pv_wrap_lane *wrap = &v->wrap[lane];
        wrap->env_class = v->env_class;
        wrap->env = v->env[lane];
        wrap->max_steps = limits ? wraps->spec[0].max_steps : 0;
        wrap->training = v->config.purpose == PV_FOR_TRAINING;
        wrap->statistics = v->config.statistics;
        wrap->world_reward = v->world_reward + (size_t)lane * (size_t)v->agents;
    }
}

pv_vector *pv_vector_create(const pv_vector_config *config)
{
    if (check_config(config)) {
        return NULL;
    }
    pv_vector *v = pv_alloc(sizeof *v);
    if (!v) {
        return NULL;
    }
    const int threads = config->pool ? pv_pool_size(config->pool) : 1;
    v->config = *config;
    v->env_class = config->world->env_class;
    v->spec = &config->world->spec;
    v->lanes = config->lanes;
    v->agents = (int)v->spec->agents;
    v->rows = v->lanes * v->agents;
    const uint64_t own_limit = config->world->wraps ? 0 : v->spec->max_steps;
    v->max_steps = config->max_steps ? config->max_steps : own_limit;
    v->ranges = threads < v->lanes ? threads : v->lanes;
    if (allocate(v)) {
        goto fail;
    }
    for (int lane = 0; lane < v->lanes; lane++) {
        if (pv_instance_init(&v->instance[lane], config->world, NULL)) {
            goto fail;
        }
        v->env[lane] = v->instance[lane].env;
    }
    if (v->wrap && !v->config.statistics) {
        if (pv_statistics_create(config->world, &v->own_statistics)) {
            goto fail;
        }
        v->config.statistics = v->own_statistics;
    }
    if (v->wrap) {
        connect_wraps(v);
    }
    fill_batch(v);
    return v;
fail:
    pv_vector_destroy(v);
    return NULL;
}

void pv_vector_destroy(pv_vector *v)
{
    if (!v) {
        return;
    }
    for (int lane = 0; v->memory && lane < v->lanes; lane++) {
        pv_instance_free(&v->instance[lane]);
        if (v->log) {
            pv_free(v->log[lane].bytes);
        }
    }
    pv_statistics_destroy(v->own_statistics);
    pv_free(v->memory);
    pv_free(v);
}
