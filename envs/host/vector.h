/* vector.h: what of a vector only the library uses: saving and loading its lanes for exact resume.

   A world with save/load gives its state; one without is replayed from its episode's seed and the
   actions taken since, which the vector then keeps. */
#ifndef PAVLOV_ENVS_HOST_VECTOR_H
#define PAVLOV_ENVS_HOST_VECTOR_H

#include "core/tensors.h"
#include "pavlov/world.h"

/* Adds everything that makes going on exact, as tensors named "<prefix>.…". */
pv_status pv_vector_save(const pv_vector *vector, pv_tensors *tensors, const char *prefix);

/* Puts a vector of the same world and lanes where another was saved; pv_vector_batch is then as it
 * was. */
pv_status pv_vector_load(pv_vector *vector, const pv_tensors *tensors, const char *prefix);

#endif
