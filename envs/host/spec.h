/* spec.h: judging and keeping what a world says of itself. */
#ifndef PAVLOV_ENVS_HOST_SPEC_H
#define PAVLOV_ENVS_HOST_SPEC_H

#include "pavlov/world.h"

/* Checks that a spec makes sense; the message of a failure names the world and the field. */
pv_status pv_spec_check(const pv_spec *spec, const pv_env_class *env_class);

/* Makes `copy` equal to `spec` with every array and text in one new block, which the caller frees
   with pv_free(*memory). */
pv_status pv_spec_copy(pv_spec *copy, const pv_spec *spec, void **memory);

#endif
