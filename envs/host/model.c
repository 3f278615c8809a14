/* A world's transition table, asked of one instance; the buffer grows to the longest row seen. */
#include "envs/host/model.h"

#include "core/memory.h"
#include "envs/host/instance.h"

#include <assert.h>

enum { FIRST_CAPACITY = 16 };

struct pv_model {
    pv_instance instance;
    const pv_spec *spec;
    pv_outcome *outcomes;
    uint32_t capacity;
};

int pv_model_holds(const pv_world *world)
{
    return !world->wraps || !pv_wraps_change_outcomes(world->wraps);
}

static pv_status check_world(const pv_world *world)
{
    const char *id = world->env_class->id;
    const pv_spec *spec = &world->spec;
    if (!world->env_class->outcomes || spec->n_states == 0) {
        return pv_fail(PV_ERROR_FIT, "world %s has no table of outcomes", id);
    }
    if (!pv_model_holds(world)) {
        return pv_fail(PV_ERROR_FIT,
                       "the table of outcomes of world %s does not hold behind \"%s\"", id,
                       world->wraps->text);
    }
    if (spec->agents != 1 || spec->n_action != 1 || spec->action[0].n == 0 ||
        pv_space_count(&spec->action[0]) != 1) {
        return pv_fail(PV_ERROR_FIT,
                       "world %s has a table of outcomes, but not one agent with one discrete "
                       "action",
                       id);
    }
    return PV_OK;
}

pv_model *pv_model_create(const pv_world *world)
{
    if (check_world(world)) {
        return NULL;
    }
    pv_model *model = pv_alloc(sizeof *model);
    if (!model) {
        return NULL;
    }
    model->spec = &world->spec;
    model->capacity = FIRST_CAPACITY;
    model->outcomes = pv_alloc_array(model->capacity, sizeof *model->outcomes);
    if (!model->outcomes || pv_instance_init(&model->instance, world, NULL)) {
        pv_model_destroy(model);
        return NULL;
    }
    return model;
}

void pv_model_destroy(pv_model *model)
{
    if (!model) {
        return;
    }
    pv_instance_free(&model->instance);
    pv_free(model->outcomes);
    pv_free(model);
}

uint32_t pv_model_states(const pv_model *model)
{
    return model->spec->n_states;
}

uint32_t pv_model_actions(const pv_model *model)
{
    return model->spec->action[0].n;
}

static pv_status grow(pv_model *model, uint32_t capacity)
{
    pv_outcome *outcomes = pv_realloc(model->outcomes, (size_t)capacity * sizeof *outcomes);
    if (!outcomes) {
        return PV_ERROR_MEMORY;
    }
    model->outcomes = outcomes;
    model->capacity = capacity;
    return PV_OK;
}

static uint32_t ask(pv_model *model, uint32_t state, uint32_t action)
{
    const pv_instance *instance = &model->instance;
    return instance->env_class->outcomes(instance->env, state, action, model->outcomes,
                                         model->capacity);
}

const pv_outcome *pv_model_outcomes(pv_model *model, uint32_t state, uint32_t action, uint32_t *n)
{
    assert(state < model->spec->n_states || state == UINT32_MAX);
    assert(action < pv_model_actions(model) || state == UINT32_MAX);
    const char *id = model->instance.env_class->id;
    uint32_t count = ask(model, state, action);
    if (count > model->capacity) {
        const uint32_t first = count;
        if (grow(model, count)) {
            return NULL;
        }
        count = ask(model, state, action);
        if (count > model->capacity) {
            pv_fail(PV_ERROR_WORLD, "world %s: state %u, action %u has %u outcomes, then %u", id,
                    (unsigned)state, (unsigned)action, (unsigned)first, (unsigned)count);
            return NULL;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (model->outcomes[i].next >= model->spec->n_states) {
            pv_fail(PV_ERROR_WORLD, "world %s: state %u, action %u leads to state %u of %u", id,
                    (unsigned)state, (unsigned)action, (unsigned)model->outcomes[i].next,
                    (unsigned)model->spec->n_states);
            return NULL;
        }
    }
    *n = count;
    return model->outcomes;
}
