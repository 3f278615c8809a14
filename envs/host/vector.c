/* Many lanes of one world, stepped together. All pointers a step hands to a world are laid out when
   the vector is made; a step flips two observation buffers, calls the worlds and adds up rewards,
   and only lanes whose episode ended are looked at a second time. */
#include "pavlov/world.h"

#include "core/memory.h"
#include "core/rng.h"
#include "core/threads.h"
#include "envs/host/lanes.h"

#include <assert.h>
#include <string.h>

/* --- failures --- */

pv_status pv_lane_failed(const pv_vector *v, int lane)
{
    char *where = pv_format_text(
        "lane %d, episode %llu, seed %llu, step %llu", lane, (unsigned long long)v->number[lane],
        (unsigned long long)v->seed[lane], (unsigned long long)(v->now - v->began[lane]));
    if (!where) {
        return PV_ERROR_MEMORY;
    }
    const pv_status status = pv_instance_failed(&v->instance[lane], where);
    pv_free(where);
    return status;
}

/* the first failure in order of lanes; of lanes stepped at once, the one that said why */
static pv_status first_failure(const pv_vector *v)
{
    for (int i = 0; i < v->ranges; i++) {
        const pv_lane_range *range = &v->range[i];
        int lane = range->failed;
        if (lane < 0) {
            continue;
        }
        for (int j = 0; j < range->failed_count; j++) {
            if (v->instance[range->failed + j].message[0]) {
                lane = range->failed + j;
                break;
            }
        }
        return pv_lane_failed(v, lane);
    }
    return PV_OK;
}

/* runs a task on every range and returns the first failure */
static pv_status run(pv_vector *v, pv_pool_task *task)
{
    for (int i = 0; i < v->ranges; i++) {
        v->range[i].ended = 0;
        v->range[i].failed = -1;
        v->range[i].failed_count = 1;
        v->range[i].lost = 0;
    }
    if (v->ranges == 1) {
        task(v, 0);
    } else {
        pv_pool_run(v->config.pool, task, v, v->ranges);
    }
    return first_failure(v);
}

/* --- the beginning of an episode --- */

pv_status pv_lane_reset(pv_vector *v, int lane, const pv_lane_range *range)
{
    const size_t row = (size_t)lane * (size_t)v->agents;
    const size_t agents = (size_t)v->agents;
    pv_io io = v->io[v->half][lane];
    io.reward = range->reward; /* what the step left stays for who reads the batch */
    io.terminated = range->terminated;
    io.truncated = range->truncated;
    io.info = range->info;
    v->began[lane] = v->now;
    v->deadline[lane] =
        v->max_steps && v->max_steps <= UINT64_MAX - v->now ? v->now + v->max_steps : UINT64_MAX;
    for (size_t i = row; i < row + agents; i++) {
        v->returns[i] = 0.0;
        v->was_terminated[i] = v->was_truncated[i] = 0;
        v->first[i] = 1;
    }
    return v->wrap ? pv_wrap_lane_reset(&v->wrap[lane], v->seed[lane], &io)
                   : v->env_class->reset(v->env[lane], v->seed[lane], &io);
}

/* gives a lane its next episode; called in order of lanes */
static void deal_episode(pv_vector *v, int lane)
{
    uint64_t *next = v->config.shared_numbers ? v->next_number : &v->next_number[lane];
    const uint64_t global =
        v->config.shared_numbers ? 0 : (uint64_t)v->config.first_lane + (uint64_t)lane;
    v->number[lane] = (*next)++;
    const uint64_t numbers[] = {(uint64_t)v->config.purpose, global, v->number[lane]};
    v->seed[lane] = pv_seed_hash(v->config.seed, numbers, 3);
    v->resetting[lane] = 1;
    v->marked = 1;
}

static void keep_final(const pv_vector *v, int lane)
{
    for (uint32_t i = 0; i < v->spec->n_obs; i++) {
        const size_t size = v->obs_size[i];
        memcpy((char *)v->final_obs[i] + (size_t)lane * size,
               (const char *)v->obs[v->half][i] + (size_t)lane * size, size);
    }
}

/* keeps the last observation of a lane that ended and begins the episode dealt to it */
static pv_status reset_lane(pv_vector *v, int lane, const pv_lane_range *range)
{
    if (v->ended[lane]) {
        keep_final(v, lane);
    }
    if (!v->resetting[lane]) {
        return PV_OK;
    }
    v->resetting[lane] = 0;
    return pv_lane_reset(v, lane, range);
}

/* pool task: that, for every lane of a range */
static void reset_range(void *ctx, int index)
{
    pv_vector *v = ctx;
    pv_lane_range *range = &v->range[index];
    for (int lane = range->first; lane < range->end; lane++) {
        if (reset_lane(v, lane, range)) {
            range->failed = lane;
            return;
        }
    }
}

/* adds what the lanes have seen to the statistics of wrappers, in order of lanes, so that it does
   not matter which thread ran which */
static void learn(pv_vector *v)
{
    for (int lane = 0; lane < v->lanes; lane++) {
        pv_wrap_lane_learn(&v->wrap[lane], 0);
    }
}

static void clear_marks(pv_vector *v)
{
    memset(v->first, 0, (size_t)v->rows);
    memset(v->ended, 0, (size_t)v->lanes);
    v->batch.episodes = 0;
    v->marked = 0;
}

pv_status pv_vector_reset(pv_vector *v)
{
    const size_t rows = (size_t)v->rows;
    clear_marks(v);
    memset(v->reward, 0, rows * sizeof *v->reward);
    memset(v->world_reward, 0, rows * sizeof *v->reward);
    memset(v->terminated, 0, rows);
    memset(v->truncated, 0, rows);
    memset(v->info, 0, rows * v->spec->n_info * sizeof *v->info);
    memset(v->waiting, 0, (size_t)v->lanes);
    v->n_waiting = 0;
    for (int lane = 0; lane < v->lanes; lane++) {
        deal_episode(v, lane);
    }
    const pv_status status = run(v, reset_range);
    if (status == PV_OK && v->learns) {
        learn(v);
    }
    return status;
}

/* --- one step --- */

/* the end of a one-agent lane: flags become 0 or 1, the step limit sets its own */
static void end_single(pv_vector *v, int lane)
{
    v->terminated[lane] = v->terminated[lane] != 0;
    v->truncated[lane] = v->truncated[lane] != 0 || v->now >= v->deadline[lane];
    v->ended[lane] = 1;
}

/* The plain case, one agent and no lane that waits: steps lanes first..end-1. Returns how many of
   them ended; *failed is set to the lane whose world failed. */
static inline int step_lanes(pv_vector *v, int first, int end, int *failed)
{
    pv_status (*const step)(pv_env *, const pv_io *) = v->env_class->step;
    pv_env *const *const env = v->env;
    const pv_io *const io = v->io[v->half];
    const float *const reward = v->reward;
    const uint8_t *const terminated = v->terminated;
    const uint8_t *const truncated = v->truncated;
    const uint64_t *const deadline = v->deadline;
    double *const returns = v->returns;
    const uint64_t now = v->now;
    int ended = 0;
    for (int lane = first; lane < end; lane++) {
        if (step(env[lane], &io[lane])) {
            *failed = lane;
            return ended;
        }
        returns[lane] += (double)reward[lane];
        if ((terminated[lane] | truncated[lane]) || now >= deadline[lane]) {
            end_single(v, lane);
            ended++;
        }
    }
    return ended;
}

/* pool task: the plain case */
static void step_single(void *ctx, int index)
{
    pv_vector *v = ctx;
    pv_lane_range *range = &v->range[index];
    range->ended = step_lanes(v, range->first, range->end, &range->failed);
}

/* pool task: the plain case of a world that steps many instances itself */
static void step_many_single(void *ctx, int index)
{
    pv_vector *v = ctx;
    pv_lane_range *range = &v->range[index];
    const int n = range->end - range->first;
    if (v->env_class->step_many(v->env + range->first, v->io[v->half] + range->first, (size_t)n)) {
        range->failed = range->first;
        range->failed_count = n;
        return;
    }
    for (int lane = range->first; lane < range->end; lane++) {
        v->returns[lane] += (double)v->reward[lane];
        if ((v->terminated[lane] | v->truncated[lane]) || v->now >= v->deadline[lane]) {
            end_single(v, lane);
            range->ended++;
        }
    }
}

/* Flags once set stay set, and what a finished agent is paid does not count; returns 1 when every
   agent of the lane has finished. */
static int settle_agents(pv_vector *v, int lane)
{
    const int late = v->now >= v->deadline[lane];
    int running = 0;
    for (int row = lane * v->agents; row < (lane + 1) * v->agents; row++) {
        if (v->was_terminated[row] | v->was_truncated[row]) {
            v->reward[row] = 0.0f;
            v->world_reward[row] = 0.0f;
            v->terminated[row] = v->was_terminated[row];
            v->truncated[row] = v->was_truncated[row];
            continue;
        }
        v->returns[row] += (double)v->world_reward[row];
        v->terminated[row] = v->was_terminated[row] = v->terminated[row] != 0;
        v->truncated[row] = v->was_truncated[row] = v->truncated[row] != 0 || late;
        running += !(v->terminated[row] | v->truncated[row]);
    }
    return running == 0;
}

/* a lane whose step was spent on its reset */
static void clear_step(pv_vector *v, int lane)
{
    const size_t row = (size_t)lane * (size_t)v->agents;
    const size_t agents = (size_t)v->agents;
    memset(v->reward + row, 0, agents * sizeof *v->reward);
    memset(v->world_reward + row, 0, agents * sizeof *v->reward);
    memset(v->terminated + row, 0, agents);
    memset(v->truncated + row, 0, agents);
    memset(v->info + row * v->spec->n_info, 0, agents * v->spec->n_info * sizeof *v->info);
}

/* pool task: any number of agents, and lanes that waited */
static void step_general(void *ctx, int index)
{
    pv_vector *v = ctx;
    pv_lane_range *range = &v->range[index];
    for (int lane = range->first; lane < range->end; lane++) {
        if (v->waiting[lane]) {
            clear_step(v, lane);
            continue;
        }
        if (v->env_class->step(v->env[lane], &v->io[v->half][lane])) {
            range->failed = lane;
            return;
        }
        v->ended[lane] = (uint8_t)settle_agents(v, lane);
        range->ended += v->ended[lane];
    }
}

/* Begins what is a new episode to who learns, in a world that goes on after a lost life. */
static pv_status go_on(pv_vector *v, int lane, const pv_lane_range *range)
{
    pv_io io = v->io[v->half][lane];
    io.reward = range->reward;
    io.terminated = range->terminated;
    io.truncated = range->truncated;
    io.info = range->info;
    keep_final(v, lane);
    v->ended[lane] = 0;
    v->was_terminated[lane] = 0; /* lives are for one agent */
    v->first[lane] = 1;
    return pv_wrap_lane_go_on(&v->wrap[lane], &io);
}

/* pool task: lanes behind wrappers */
static void step_wrapped(void *ctx, int index)
{
    pv_vector *v = ctx;
    pv_lane_range *range = &v->range[index];
    for (int lane = range->first; lane < range->end; lane++) {
        if (v->waiting[lane]) {
            clear_step(v, lane);
            continue;
        }
        pv_status status = pv_wrap_lane_step(&v->wrap[lane], &v->io[v->half][lane]);
        if (status == PV_OK) {
            v->ended[lane] = (uint8_t)settle_agents(v, lane);
            if (v->ended[lane] && v->wrap[lane].lost && !v->truncated[lane]) {
                status = go_on(v, lane, range);
                range->lost++;
            }
            range->ended += v->ended[lane];
        }
        if (status) {
            range->failed = lane;
            return;
        }
    }
}

static pv_pool_task *step_task(const pv_vector *v)
{
    if (v->wrap) {
        return step_wrapped;
    }
    if (v->agents > 1 || v->n_waiting > 0) {
        return step_general;
    }
    return v->env_class->step_many ? step_many_single : step_single;
}

pv_status pv_lane_log_reserve(pv_vector *v, int lane, uint64_t steps)
{
    pv_action_log *log = &v->log[lane];
    if (v->action_bytes && steps > SIZE_MAX / 4 / v->action_bytes) {
        return pv_fail(PV_ERROR_MEMORY, "world %s: an episode is too long to be kept for resuming",
                       v->env_class->id);
    }
    const size_t needed = (size_t)steps * v->action_bytes;
    if (needed <= log->capacity) {
        return PV_OK;
    }
    const size_t capacity = needed < 256 ? 512 : 2 * needed;
    uint8_t *bytes = pv_realloc(log->bytes, capacity);
    if (!bytes) {
        return PV_ERROR_MEMORY;
    }
    log->bytes = bytes;
    log->capacity = capacity;
    return PV_OK;
}

/* keeps the actions about to be taken, so that the episode can be replayed */
static pv_status log_actions(pv_vector *v)
{
    for (int lane = 0; lane < v->lanes; lane++) {
        const uint64_t length = v->now - v->began[lane];
        if (v->waiting[lane]) {
            continue;
        }
        if (pv_lane_log_reserve(v, lane, length + 1)) {
            return PV_ERROR_MEMORY;
        }
        uint8_t *to = v->log[lane].bytes + (size_t)length * v->action_bytes;
        for (uint32_t i = 0; i < v->spec->n_action; i++) {
            const size_t size = v->action_size[i];
            memcpy(to, (const char *)v->action[i] + (size_t)lane * size, size);
            to += size;
        }
    }
    return PV_OK;
}

static pv_status begin_waiting(pv_vector *v)
{
    for (int lane = 0; lane < v->lanes; lane++) {
        if (v->waiting[lane]) {
            deal_episode(v, lane);
        }
    }
    return run(v, reset_range);
}

static void stop_waiting(pv_vector *v)
{
    memset(v->waiting, 0, (size_t)v->lanes);
    v->n_waiting = 0;
}

/* lists the episode that ended in a lane */
static void list_episode(pv_vector *v, int lane)
{
    const size_t agents = (size_t)v->agents;
    const size_t row = (size_t)lane * agents;
    pv_episode *episode = &v->episode[v->batch.episodes];
    double *returns = v->episode_returns + (size_t)v->batch.episodes * agents;
    int terminated = 0;
    for (size_t i = 0; i < agents; i++) {
        returns[i] = v->returns[row + i];
        terminated |= v->terminated[row + i];
    }
    *episode = (pv_episode){.lane = lane,
                            .number = v->number[lane],
                            .seed = v->seed[lane],
                            .length = v->now - v->began[lane],
                            .terminated = terminated,
                            .returns = returns};
    v->batch.episodes++;
}

/* lists the episode that ended in a lane and deals, or with hold puts off, the next */
static void end_episode(pv_vector *v, int lane)
{
    list_episode(v, lane);
    if (v->hold) {
        v->waiting[lane] = 1;
        v->n_waiting++;
    } else {
        deal_episode(v, lane);
    }
}

/* Ends the episodes of the lanes marked. One range begins the next ones on the way; several do it
   side by side once all are dealt, for numbers are dealt in order of lanes. */
static pv_status end_episodes(pv_vector *v)
{
    v->marked = 1;
    const uint8_t *found = memchr(v->ended, 1, (size_t)v->lanes);
    while (found) {
        const int lane = (int)(found - v->ended);
        end_episode(v, lane);
        if (v->ranges == 1 && reset_lane(v, lane, v->range)) {
            return pv_lane_failed(v, lane);
        }
        found = memchr(found + 1, 1, (size_t)(v->lanes - lane - 1));
    }
    return v->ranges == 1 ? PV_OK : run(v, reset_range);
}

void pv_vector_show(pv_vector *v)
{
    v->batch.obs = (const void *const *)v->obs[v->half];
    v->batch.last_obs = (const void *const *)v->obs[1 - v->half];
}

static void turn_over(pv_vector *v)
{
    if (v->marked) {
        clear_marks(v);
    }
    v->half = 1 - v->half;
    v->now++;
    pv_vector_show(v);
}

/* the plain case on the caller's thread, without the detour over ranges and tasks: what a step
   costs beyond the world's own counts most with one lane */
static pv_status step_plain(pv_vector *v)
{
    int failed = -1;
    turn_over(v);
    const int ended = step_lanes(v, 0, v->lanes, &failed);
    if (failed >= 0) {
        return pv_lane_failed(v, failed);
    }
    return ended > 0 ? end_episodes(v) : PV_OK;
}

static pv_status step_any(pv_vector *v)
{
    if (v->log && log_actions(v)) {
        return PV_ERROR_MEMORY;
    }
    turn_over(v);
    pv_status status = v->n_waiting > 0 ? begin_waiting(v) : PV_OK;
    if (status == PV_OK) {
        status = run(v, step_task(v));
    }
    if (status) {
        return status;
    }
    if (v->n_waiting > 0) {
        stop_waiting(v);
    }
    int ended = 0;
    for (int i = 0; i < v->ranges; i++) {
        ended += v->range[i].ended;
        v->marked |= v->range[i].lost > 0;
    }
    if (ended > 0) {
        status = end_episodes(v);
    }
    if (status == PV_OK && v->learns) {
        learn(v);
    }
    return status;
}

pv_status pv_vector_step(pv_vector *v)
{
    const int plain = v->ranges == 1 && v->agents == 1 && v->n_waiting == 0 && !v->log &&
                      (v->lanes == 1 || !v->env_class->step_many) && !v->wrap;
    return plain ? step_plain(v) : step_any(v);
}
