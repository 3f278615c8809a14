/* agents.c: the list of agents, and what the library offers of any of them. */
#include "agents/agent.h"

#include "agents/list.h"
#include "agents/presets.h"
#include "core/memory.h"
#include "envs/host/statistics.h"

#include <math.h>
#include <string.h>

const pv_agent_class *const pv_agent_classes[] = {
    &pv_agent_td,
    &pv_agent_mc,
    &pv_agent_sarsa,
    &pv_agent_expected_sarsa,
    &pv_agent_qlearning,
    &pv_agent_double_q,
    &pv_agent_dqn,
    &pv_agent_reinforce,
    &pv_agent_a2c,
    &pv_agent_ppo,
    &pv_agent_es,
    &pv_agent_hill_climb,
    &pv_agent_value_iteration,
    &pv_agent_random,
    NULL,
};

enum { CLASSES = sizeof pv_agent_classes / sizeof pv_agent_classes[0] - 1 };

const pv_agent_class *pv_agent_class_find(const char *name)
{
    const char *names[CLASSES];
    for (int i = 0; i < CLASSES; i++) {
        names[i] = pv_agent_classes[i]->name;
        if (strcmp(names[i], name) == 0) {
            return pv_agent_classes[i];
        }
    }
    const char *near = pv_near_name(name, names, CLASSES);
    if (near) {
        pv_fail(PV_ERROR_ARGUMENT, "unknown agent \"%s\"; did you mean \"%s\"?", name, near);
    } else {
        pv_fail(PV_ERROR_ARGUMENT, "unknown agent \"%s\"; there are %s ... %s", name, names[0],
                names[CLASSES - 1]);
    }
    return NULL;
}

/* --- making --- */

pv_status pv_agent_params(pv_params *params, const pv_agent_class *agent_class,
                          const pv_world *world)
{
    const pv_preset *preset = pv_preset_find(agent_class->name, pv_world_class(world)->id);
    pv_status status =
        pv_params_init(params, agent_class->name, agent_class->params, agent_class->n_params);
    if (status) {
        return status;
    }
    if (preset->settings) {
        status = pv_params_parse(params, preset->settings, PV_SOURCE_PRESET);
    }
    if (status) {
        pv_params_free(params);
    }
    return status;
}

pv_status pv_agent_params_resolve(pv_params *params, const pv_agent_class *agent_class)
{
    return agent_class->resolve ? agent_class->resolve(params) : PV_OK;
}

pv_status pv_agent_whole(const pv_params *params, const char *name, int *value)
{
    const double number = pv_params_number(params, name);
    if (number != floor(number) || fabs(number) > 2e9) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s must be a whole number, not %g", name, number);
    }
    *value = (int)number;
    return PV_OK;
}

/* fills the base, then lets the class fill the rest */
static pv_status init(pv_agent *agent, const pv_params *params)
{
    const pv_agent_class *agent_class = agent->agent_class;
    pv_status status = pv_params_copy(&agent->params, params);
    if (status) {
        return status;
    }
    if (pv_statistics_create(agent->world, &agent->statistics)) {
        return PV_ERROR_MEMORY;
    }
    if (agent_class->plans) {
        agent->model = pv_model_create(agent->world);
        if (!agent->model) {
            return pv_last_status();
        }
    }
    const pv_agent_config config = {.world = agent->world,
                                    .params = &agent->params,
                                    .rows = agent->rows,
                                    .seed = agent->seed,
                                    .model = agent->model};
    status = agent_class->init(agent, &config);
    return status ? pv_fail_in("agent %s", agent_class->name) : PV_OK;
}

pv_agent *pv_agent_create_from(const pv_agent_class *agent_class, const pv_world *world,
                               const pv_params *params, int rows, uint64_t seed)
{
    if (rows < 1) {
        pv_fail(PV_ERROR_ARGUMENT, "an agent learns from at least one row, not %d", rows);
        return NULL;
    }
    if (agent_class->accepts(world)) {
        return NULL;
    }
    pv_agent *agent = pv_alloc(agent_class->size);
    if (!agent) {
        return NULL;
    }
    agent->agent_class = agent_class;
    agent->world = world;
    agent->rows = rows;
    agent->seed = seed;
    if (init(agent, params)) {
        pv_agent_destroy(agent);
        return NULL;
    }
    return agent;
}

pv_agent *pv_agent_create(const char *name, const pv_world *world, const char *settings, int rows,
                          uint64_t seed)
{
    const pv_agent_class *agent_class = pv_agent_class_find(name);
    pv_params params;
    if (!agent_class || pv_agent_params(&params, agent_class, world)) {
        return NULL;
    }
    pv_agent *agent = NULL;
    if ((!settings || pv_params_parse(&params, settings, PV_SOURCE_USER) == PV_OK) &&
        pv_agent_params_resolve(&params, agent_class) == PV_OK) {
        agent = pv_agent_create_from(agent_class, world, &params, rows, seed);
    }
    pv_params_free(&params);
    return agent;
}

void pv_agent_destroy(pv_agent *agent)
{
    if (agent) {
        agent->agent_class->free(agent);
        pv_model_destroy(agent->model);
        pv_statistics_destroy(agent->statistics);
        pv_params_free(&agent->params);
        pv_free(agent);
    }
}

/* --- what only learning needs --- */

uint64_t pv_agent_learning_size(const pv_agent *agent)
{
    return agent->agent_class->learning_size ? agent->agent_class->learning_size(agent) : 0;
}

pv_status pv_agent_begin(pv_agent *agent)
{
    const pv_status status = agent->agent_class->begin ? agent->agent_class->begin(agent) : PV_OK;
    return status ? pv_fail_in("agent %s", pv_agent_name(agent)) : PV_OK;
}

pv_status pv_agent_save_data(pv_agent *agent, const char *folder, pv_tensors *resume)
{
    return agent->agent_class->save_data ? agent->agent_class->save_data(agent, folder, resume)
                                         : PV_OK;
}

pv_status pv_agent_load_data(pv_agent *agent, const char *folder, const pv_tensors *resume)
{
    return agent->agent_class->load_data ? agent->agent_class->load_data(agent, folder, resume)
                                         : PV_OK;
}

/* --- using --- */

const char *pv_agent_name(const pv_agent *agent)
{
    return agent->agent_class->name;
}

size_t pv_agent_memory_size(const pv_agent *agent)
{
    return agent->agent_class->memory_size ? agent->agent_class->memory_size(agent) : 0;
}

pv_status pv_agent_act(pv_agent *agent, const pv_batch *batch, void *memory, pv_act_mode mode,
                       pv_rng *rng)
{
    const pv_act act = {.rows = batch->rows,
                        .obs = batch->obs,
                        .first = batch->first,
                        .memory = memory,
                        .mode = mode,
                        .rng = rng,
                        .action = batch->action};
    return agent->agent_class->act(agent, &act);
}

pv_status pv_agent_values(pv_agent *agent, const void *const *obs, double *values)
{
    const pv_explain explain = {.rows = 1, .obs = obs, .action_value = values};
    if (!agent->agent_class->explain) {
        return pv_fail(PV_ERROR_FIT, "agent %s has no action values", pv_agent_name(agent));
    }
    return agent->agent_class->explain(agent, &explain);
}

pv_statistics *pv_agent_statistics(pv_agent *agent)
{
    return agent->statistics;
}

/* --- files --- */

pv_status pv_agent_save_to(const pv_agent *agent, pv_tensors *tensors)
{
    const pv_status status = agent->agent_class->save(agent, tensors);
    return status ? status : pv_statistics_save(agent->statistics, tensors);
}

pv_status pv_agent_load_from(pv_agent *agent, const pv_tensors *tensors)
{
    const pv_status status = agent->agent_class->load(agent, tensors);
    return status ? status : pv_statistics_load(agent->statistics, tensors);
}

pv_status pv_agent_save(const pv_agent *agent, const char *path)
{
    pv_tensors *tensors = pv_tensors_create();
    if (!tensors) {
        return pv_last_status();
    }
    pv_status status = pv_tensors_set_text(tensors, "agent", pv_agent_name(agent));
    status = status ? status : pv_tensors_set_text(tensors, "world", pv_world_name(agent->world));
    status = status ? status : pv_tensors_set_text(tensors, "wrap", pv_world_wrap(agent->world));
    status = status ? status : pv_agent_save_to(agent, tensors);
    status = status ? status : pv_tensors_write(tensors, path);
    pv_tensors_destroy(tensors);
    return status;
}

pv_status pv_agent_load(pv_agent *agent, const char *path)
{
    pv_tensors *tensors = pv_tensors_read(path);
    if (!tensors) {
        return pv_last_status();
    }
    const char *name = pv_tensors_text(tensors, "agent");
    pv_status status = PV_OK;
    if (name && strcmp(name, pv_agent_name(agent)) != 0) {
        status =
            pv_fail(PV_ERROR_FIT, "%s is of agent %s, not of %s", path, name, pv_agent_name(agent));
    } else if (pv_agent_load_from(agent, tensors)) {
        status = pv_fail_in("%s", path);
    }
    pv_tensors_destroy(tensors);
    return status;
}
