/* state.h: the inside of a net, for net.c and pass.c (private to nets/). */
#ifndef PAVLOV_NETS_STATE_H
#define PAVLOV_NETS_STATE_H

#include "nets/graph.h"

struct pv_net {
    pv_graph *graph;
    const pv_kernels *kernels;
    float *parameters; /* [graph->parameter_count] */
    float *statistics; /* [graph->statistic_count], batchnorm's; no optimiser sees them */
};

#endif
