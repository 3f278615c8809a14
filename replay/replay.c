/* replay.c: making a replay and pushing into it. The one idea: the observation after a transition
   is the one before the next, so a push writes a single frame, in the place behind its own. */
#include "replay/ring.h"

#include "core/machine.h"
#include "core/memory.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

pv_replay_config pv_replay_config_default(void)
{
    return (pv_replay_config){.capacity = 100000,
                              .rows = 1,
                              .n_step = 1,
                              .gamma = 0.99,
                              .kind = PV_REPLAY_UNIFORM,
                              .alpha = 0.6,
                              .epsilon = 1e-6,
                              .batch = 32,
                              .steps = 1};
}

/* --- sizes --- */

static int stack_of(const pv_replay_config *config, int obs)
{
    return config->stack ? config->stack[obs] : 1;
}

static uint64_t per_row(const pv_replay_config *config)
{
    const uint64_t rows = (uint64_t)config->rows;
    return config->capacity / rows + (config->capacity % rows != 0);
}

static int longest_stack(const pv_replay_config *config)
{
    int longest = 1;
    for (int i = 0; i < config->n_obs; i++) {
        longest = stack_of(config, i) > longest ? stack_of(config, i) : longest;
    }
    return longest;
}

/* bytes of a place, and of a sample's step with what points to it */
static void sizes(const pv_replay_config *config, uint64_t *place, uint64_t *step)
{
    *place = sizeof(float) + sizeof(uint8_t);
    *step = 2 * sizeof(float) + sizeof(uint8_t) + sizeof(uint64_t);
    for (int i = 0; i < config->n_obs; i++) {
        const uint64_t whole = pv_replay_space_size(&config->obs[i]);
        *place += whole / (uint64_t)stack_of(config, i);
        *step += 2 * whole;
    }
    for (int i = 0; i < config->n_action; i++) {
        *place += pv_replay_space_size(&config->action[i]);
        *step += pv_replay_space_size(&config->action[i]);
    }
}

uint64_t pv_replay_size(const pv_replay_config *config)
{
    uint64_t place = 0;
    uint64_t step = 0;
    sizes(config, &place, &step);
    const uint64_t places =
        (per_row(config) + (uint64_t)longest_stack(config)) * (uint64_t)config->rows;
    const uint64_t batch = (uint64_t)config->batch;
    if ((double)places * (double)place > 1e18) {
        return UINT64_MAX;
    }
    uint64_t size = sizeof(pv_replay) + places * place + (uint64_t)config->steps * batch * step;
    size += (uint64_t)config->rows * sizeof(pv_replay_row);
    size += batch * (sizeof(int) + sizeof(float) + sizeof(double) + 2 * sizeof(uint64_t));
    size += (uint64_t)config->n_obs * (sizeof(pv_replay_frames) + sizeof(pv_space) + sizeof(int));
    size += (uint64_t)config->n_action * (sizeof(pv_replay_actions) + sizeof(pv_space));
    size += (uint64_t)(2 * config->n_obs + config->n_action) * sizeof(void *);
    return config->kind == PV_REPLAY_UNIFORM ? size : size + pv_sum_tree_size(places);
}

/* --- making --- */

static pv_status check_stacks(const pv_replay_config *config)
{
    for (int i = 0; i < config->n_obs; i++) {
        const pv_space *space = &config->obs[i];
        const int stack = stack_of(config, i);
        const uint32_t last = space->ndim ? space->shape[space->ndim - 1] : 1;
        if (stack < 1 || stack > PV_STACK_MAX || last % (uint32_t)stack != 0) {
            return pv_fail(PV_ERROR_ARGUMENT,
                           "observation \"%s\" cannot be a stack of %d frames: its last axis has "
                           "%u elements",
                           space->name, stack, last);
        }
    }
    return PV_OK;
}

static pv_status check_config(const pv_replay_config *config)
{
    assert(config->rows >= 1 && config->batch >= 1 && config->steps >= 1 && config->n_step >= 1);
    assert(config->n_obs >= 1 && config->n_action >= 1);
    assert(config->steps == 1 || config->kind == PV_REPLAY_UNIFORM);
    const uint64_t least = (uint64_t)config->n_step + (uint64_t)config->steps - 1;
    if (config->capacity < 1 || per_row(config) < least) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "a replay of %" PRIu64 " transitions for %d rows is too small: %" PRIu64
                       " are needed for each",
                       config->capacity, config->rows, least);
    }
    const pv_status status = check_stacks(config);
    if (status) {
        return status;
    }
    const double places = ((double)per_row(config) + longest_stack(config)) * (double)config->rows;
    const uint64_t size = pv_replay_size(config);
    const uint64_t available = pv_memory_available();
    char wanted[32];
    char there[32];
    if (available && size > available) {
        return pv_fail(PV_ERROR_MEMORY,
                       "a replay of %" PRIu64
                       " transitions takes %s of memory, and this machine has %s free; make it "
                       "smaller",
                       config->capacity, pv_size_text(size, wanted),
                       pv_size_text(available, there));
    }
    if (places >= 4294967295.0) {
        return pv_fail(PV_ERROR_ARGUMENT, "a replay holds less than 2^32 transitions, not %" PRIu64,
                       config->capacity);
    }
    return PV_OK;
}

/* the block is the replay's from now on; *failed is set where there is none */
static void *take(size_t count, size_t size, int *failed)
{
    void *memory = pv_alloc_array(count, size);
    *failed |= memory == NULL;
    return memory;
}

static void *copy(const void *from, size_t count, size_t size, int *failed)
{
    void *memory = take(count, size, failed);
    if (memory) {
        memcpy(memory, from, count * size);
    }
    return memory;
}

static void make_frames(pv_replay *replay, size_t slots, size_t samples, int *failed)
{
    const pv_replay_config *config = &replay->config;
    for (int i = 0; i < config->n_obs && replay->frames; i++) {
        const pv_space *space = &config->obs[i];
        pv_replay_frames *f = &replay->frames[i];
        f->dtype = space->dtype;
        f->stack = stack_of(config, i);
        f->whole = (size_t)pv_replay_space_size(space);
        f->frame = f->whole / (size_t)f->stack;
        f->chunk = f->stack == 1 ? f->frame
                                 : pv_dtype_size(space->dtype) * space->shape[space->ndim - 1] /
                                       (size_t)f->stack;
        f->chunks = f->chunk ? f->frame / f->chunk : 0;
        f->data = take(slots, f->frame, failed);
        f->obs = take(samples, f->whole, failed);
        f->next = take(samples, f->whole, failed);
    }
    for (int i = 0; i < config->n_action && replay->actions; i++) {
        pv_replay_actions *a = &replay->actions[i];
        a->dtype = config->action[i].dtype;
        a->size = (size_t)pv_replay_space_size(&config->action[i]);
        a->data = take(slots, a->size, failed);
        a->taken = take(samples, a->size, failed);
    }
}

static void make_batch(pv_replay *replay, size_t samples, int *failed)
{
    const pv_replay_config *config = &replay->config;
    const size_t batch = (size_t)config->batch;
    replay->drawn_row = take(batch, sizeof(int), failed);
    replay->goal = take(batch, sizeof(double), failed);
    replay->drawn = take(samples, sizeof(uint64_t), failed);
    replay->batch_reward = take(samples, sizeof(float), failed);
    replay->batch_discount = take(samples, sizeof(float), failed);
    replay->batch_reset = take(samples, sizeof(uint8_t), failed);
    replay->batch_weight = take(batch, sizeof(float), failed);
    replay->batch_index = take(batch, sizeof(uint64_t), failed);
    replay->batch_age = take(batch, sizeof(uint64_t), failed);
    replay->pointers = take((size_t)(2 * config->n_obs + config->n_action), sizeof(void *), failed);
    if (*failed) {
        return;
    }
    const void **obs = replay->pointers;
    const void **next = obs + config->n_obs;
    const void **action = next + config->n_obs;
    for (int i = 0; i < config->n_obs; i++) {
        obs[i] = replay->frames[i].obs;
        next[i] = replay->frames[i].next;
    }
    for (int i = 0; i < config->n_action; i++) {
        action[i] = replay->actions[i].taken;
    }
    replay->batch = (pv_replay_batch){.steps = config->steps,
                                      .obs = obs,
                                      .action = action,
                                      .reward = replay->batch_reward,
                                      .discount = replay->batch_discount,
                                      .next_obs = next,
                                      .reset = replay->batch_reset,
                                      .weight = replay->batch_weight,
                                      .index = replay->batch_index,
                                      .age = replay->batch_age};
}

/* the arrays of the config become the replay's own; names of spaces are not kept */
static void copy_config(pv_replay *replay, const pv_replay_config *config, int *failed)
{
    const size_t n_obs = (size_t)config->n_obs;
    const size_t n_action = (size_t)config->n_action;
    replay->config = *config;
    replay->config.stack = NULL;
    pv_space *obs = copy(config->obs, n_obs, sizeof *obs, failed);
    pv_space *action = copy(config->action, n_action, sizeof *action, failed);
    int *stack = take(n_obs, sizeof *stack, failed);
    for (size_t i = 0; i < n_obs && stack; i++) {
        stack[i] = stack_of(config, (int)i);
    }
    replay->config.obs = obs;
    replay->config.action = action;
    replay->config.stack = stack;
}

pv_replay *pv_replay_create(const pv_replay_config *config)
{
    if (check_config(config)) {
        return NULL;
    }
    pv_replay *replay = pv_alloc(sizeof *replay);
    if (!replay) {
        return NULL;
    }
    int failed = 0;
    copy_config(replay, config, &failed);
    replay->per_row = per_row(config);
    replay->history = longest_stack(config);
    replay->places = replay->per_row + (uint64_t)replay->history;
    replay->greatest = 1.0f;
    const size_t slots = (size_t)(replay->places * (uint64_t)config->rows);
    const size_t samples = (size_t)config->steps * (size_t)config->batch;
    replay->frames = take((size_t)config->n_obs, sizeof *replay->frames, &failed);
    replay->actions = take((size_t)config->n_action, sizeof *replay->actions, &failed);
    replay->row = take((size_t)config->rows, sizeof *replay->row, &failed);
    replay->reward = take(slots, sizeof(float), &failed);
    replay->flags = take(slots, sizeof(uint8_t), &failed);
    if (!failed) {
        make_frames(replay, slots, samples, &failed);
        make_batch(replay, samples, &failed);
    }
    if (!failed && config->kind != PV_REPLAY_UNIFORM) {
        replay->tree = pv_sum_tree_create(slots);
        failed = replay->tree == NULL;
    }
    if (failed) {
        pv_replay_destroy(replay);
        return NULL;
    }
    return replay;
}

void pv_replay_destroy(pv_replay *replay)
{
    if (!replay) {
        return;
    }
    for (int i = 0; replay->frames && i < replay->config.n_obs; i++) {
        pv_free(replay->frames[i].data);
        pv_free(replay->frames[i].obs);
        pv_free(replay->frames[i].next);
    }
    for (int i = 0; replay->actions && i < replay->config.n_action; i++) {
        pv_free(replay->actions[i].data);
        pv_free(replay->actions[i].taken);
    }
    for (int i = 0; i < replay->n_segments; i++) {
        pv_free(replay->segments[i].to);
    }
    void *const blocks[] = {replay->frames,
                            replay->actions,
                            replay->row,
                            replay->reward,
                            replay->flags,
                            replay->drawn_row,
                            replay->drawn,
                            replay->batch_reward,
                            replay->batch_discount,
                            replay->batch_reset,
                            replay->batch_weight,
                            replay->batch_index,
                            replay->batch_age,
                            replay->goal,
                            replay->pointers,
                            replay->segments,
                            (void *)(uintptr_t)replay->config.obs,
                            (void *)(uintptr_t)replay->config.action,
                            (void *)(uintptr_t)replay->config.stack};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        pv_free(blocks[i]);
    }
    pv_sum_tree_destroy(replay->tree);
    pv_free(replay);
}
