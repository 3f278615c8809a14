/* net_inputs.h: what a network sees of a world. */
#ifndef PAVLOV_AGENTS_NET_INPUTS_H
#define PAVLOV_AGENTS_NET_INPUTS_H

#include "nets/net.h"
#include "pavlov/world.h"

/* Returns an input for each observation of a world but its action masks, in their order; bytes are
   scaled by 1/high of their space. *n counts them; the caller frees the array with pv_free. Names
   are the world's. NULL for want of memory. */
pv_net_input *pv_net_inputs_create(const pv_spec *spec, int *n);

#endif
