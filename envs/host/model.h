/* model.h: what a planner may ask of a world: its transition table. */
#ifndef PAVLOV_ENVS_HOST_MODEL_H
#define PAVLOV_ENVS_HOST_MODEL_H

#include "pavlov/world.h"

typedef struct pv_model pv_model;

/* Returns a model with an instance of its own; NULL where the world has no `outcomes`
   (PV_ERROR_FIT) or on failure. */
pv_model *pv_model_create(const pv_world *world);
void pv_model_destroy(pv_model *model);

/* Returns 0 where wrappers change what follows an action, so that the table no longer holds. */
int pv_model_holds(const pv_world *world);

uint32_t pv_model_states(const pv_model *model);
uint32_t pv_model_actions(const pv_model *model);

/* Returns the outcomes of (state, action) and their count in *n; state UINT32_MAX: the start
   distribution. The array is the model's and valid until the next call. */
const pv_outcome *pv_model_outcomes(pv_model *model, uint32_t state, uint32_t action, uint32_t *n);

#endif
