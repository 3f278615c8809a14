/* experience.c: one way to keep transitions and to take batches of them, whether they are
   remembered or not. */
#include "agents/experience.h"

#include "core/memory.h"

#include <string.h>

static pv_status read_whole(pv_experience *e, const pv_params *params)
{
    const struct {
        const char *name;
        int *value;
    } whole[] = {{"batch", &e->batch},
                 {"replay", &e->replays},
                 {"capacity", &e->capacity},
                 {"n-step", &e->n_step},
                 {"prioritised", &e->prioritised}};
    pv_status status = PV_OK;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0] && status == PV_OK; i++) {
        status = pv_agent_whole(params, whole[i].name, whole[i].value);
    }
    return status;
}

pv_status pv_experience_init(pv_experience *e, const pv_agent_config *config, int steps)
{
    const pv_params *params = config->params;
    e->world = config->world;
    e->rows = config->rows;
    e->steps = steps;
    e->by_reward = pv_params_number(params, "priority") != 0.0;
    e->gamma = pv_params_number(params, "gamma");
    e->alpha = pv_params_number(params, "alpha");
    pv_status status = read_whole(e, params);
    status = status ? status
                    : pv_schedule_parse(&e->beta, "beta", pv_params_text(params, "beta"), 0.0, 1.0);
    if (status == PV_OK && !e->replays && (e->n_step > 1 || e->prioritised || steps > 1)) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "replay=0 learns from one transition at a time; it takes n-step=1, "
                       "prioritised=0 and a net without lstm and gru");
    }
    if (status == PV_OK && steps > 1 && (e->n_step > 1 || e->prioritised)) {
        return pv_fail(PV_ERROR_ARGUMENT, "a net with lstm or gru learns from stretches of steps; "
                                          "it takes n-step=1 and prioritised=0");
    }
    return status;
}

void pv_experience_free(pv_experience *e)
{
    pv_replay_destroy(e->replay);
    pv_newest_free(&e->newest);
}

/* the replay's config; its `stack` is the caller's to free, NULL for want of memory */
static pv_replay_config replay_config(const pv_experience *e)
{
    const pv_spec *spec = pv_world_spec(e->world);
    int *stack = pv_alloc_array(spec->n_obs, sizeof *stack);
    pv_replay_config config = pv_replay_config_default();
    for (uint32_t i = 0; stack && i < spec->n_obs; i++) {
        stack[i] = (int)pv_world_stack(e->world, i);
    }
    config.capacity = (uint64_t)e->capacity;
    config.rows = e->rows;
    config.n_obs = (int)spec->n_obs;
    config.n_action = (int)spec->n_action;
    config.obs = spec->obs;
    config.action = spec->action;
    config.stack = stack;
    config.n_step = e->n_step;
    config.gamma = e->gamma;
    config.batch = e->batch;
    config.steps = e->steps;
    if (e->prioritised) {
        config.kind = e->by_reward ? PV_REPLAY_REWARD : PV_REPLAY_PRIORITIZED;
        config.alpha = e->alpha;
    }
    return config;
}

uint64_t pv_experience_size(const pv_experience *e)
{
    const pv_replay_config config = replay_config(e);
    const uint64_t size = e->replays && config.stack ? pv_replay_size(&config) : 0;
    pv_free((void *)(uintptr_t)config.stack);
    return size;
}

static pv_status begin_replay(pv_experience *e)
{
    const pv_replay_config config = replay_config(e);
    e->replay = config.stack ? pv_replay_create(&config) : NULL;
    pv_free((void *)(uintptr_t)config.stack);
    return e->replay ? PV_OK : pv_last_status();
}

static pv_status begin_newest(pv_experience *e)
{
    const pv_status status = pv_newest_init(&e->newest, e->world, e->rows, e->gamma);
    if (status) {
        pv_newest_free(&e->newest);
        memset(&e->newest, 0, sizeof e->newest);
    }
    return status;
}

pv_status pv_experience_begin(pv_experience *e)
{
    if (e->begun) {
        if (e->replay) {
            pv_replay_break(e->replay);
        }
        return PV_OK;
    }
    const pv_status status = e->replays ? begin_replay(e) : begin_newest(e);
    e->begun = status == PV_OK;
    return status;
}

void pv_experience_keep(pv_experience *e, const pv_transitions *t, const float *reward)
{
    if (!e->replay) {
        pv_newest_keep(&e->newest, t, reward);
        return;
    }
    const pv_replay_step step = {.valid = t->valid,
                                 .obs = t->obs,
                                 .action = t->action,
                                 .reward = reward,
                                 .terminated = t->terminated,
                                 .truncated = t->truncated,
                                 .next_obs = t->next_obs,
                                 .final_obs = t->final_obs};
    pv_replay_push(e->replay, &step);
}

const pv_replay_batch *pv_experience_batch(pv_experience *e, pv_rng *rng, uint64_t step,
                                           uint64_t count)
{
    if (!e->replay) {
        return e->newest.batch.samples > 0 ? &e->newest.batch : NULL;
    }
    return pv_replay_can_draw(e->replay)
               ? pv_replay_sample(e->replay, rng, e->batch, pv_schedule_at(&e->beta, step, count))
               : NULL;
}

void pv_experience_update(pv_experience *e, const pv_replay_batch *batch, const float *error)
{
    if (e->prioritised && !e->by_reward) {
        pv_replay_update(e->replay, batch->index, error, batch->samples);
    }
}

pv_status pv_experience_save(const pv_experience *e, const char *folder, pv_tensors *resume)
{
    return e->replay ? pv_replay_save(e->replay, folder, resume, "replay.") : PV_OK;
}

pv_status pv_experience_load(pv_experience *e, const char *folder, const pv_tensors *resume)
{
    return e->replay ? pv_replay_load(e->replay, folder, resume, "replay.") : PV_OK;
}
