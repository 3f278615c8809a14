/* vector.h: what of a vector only the library uses: saving and loading its lanes for exact resume.

   A world with save/load gives its state; one without is replayed from its episode's seed and the
   actions taken since, which the vector then keeps. */
#ifndef PAVLOV_ENVS_HOST_VECTOR_H
#define PAVLOV_ENVS_HOST_VECTOR_H

#include "core/tensors.h"
#include "pavlov/world.h"

/* Adds everything that makes going on exact, as tensors named "<prefix>.…". */
pv_status pv_vector_save(const pv_vector *vector, pv_tensors *tensors, const char *prefix);

/* Puts a vector made with the same configuration where another was saved; pv_vector_batch is then
   as it was, but for last_obs, final_obs and the list of episodes, which are of a step long over.
   After a failure the vector can only be reset or destroyed. */
pv_status pv_vector_load(pv_vector *vector, const pv_tensors *tensors, const char *prefix);

#endif
