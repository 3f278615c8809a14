/* deep.h: what every agent with a network shares: the network over a world's observations, its
   optimiser, the schedule of the learning rate, and what the metrics tell of them.

   The parameters of the network are text (docs/networks.md); the agent adds the heads. */
#ifndef PAVLOV_AGENTS_DEEP_H
#define PAVLOV_AGENTS_DEEP_H

#include "agents/agent.h"
#include "core/schedule.h"
#include "nets/optimizer.h"
#include "nets/pass.h"

/* what metrics tell; begins anew with every report */
typedef struct pv_deep_told {
    uint64_t updates;
    double loss, gradient_norm; /* sums over updates */
    double lr;                  /* of the last update */
} pv_deep_told;

typedef struct pv_deep {
    pv_net *net;
    pv_optimizer *optimizer;
    pv_schedule lr;
    float *gradient; /* [parameters], zero between updates */
    uint64_t updates;
    pv_deep_told told;
    int n_inputs;
    int *source;        /* [n_inputs] which observation an input is */
    size_t *row_size;   /* [n_inputs] bytes of a row */
    const void **input; /* [n_inputs] where the batch at hand begins */
} pv_deep;

/* clang-format off */
#define PV_DEEP_PARAMS(net_default, lr_default)                                                    \
    {.name = "net", .help = "layers of the network (pavlov list layers); --net TEXT is short for " \
     "it", .text = net_default},                                                                   \
    {.name = "lr", .help = "learning rate; a schedule", .text = lr_default},                       \
    {.name = "optimizer", .help = "how gradients change the network",                              \
     .choices = PV_OPTIMIZER_CHOICES, .initial = PV_ADAM},                                         \
    {.name = "momentum", .help = "of momentum and nesterov; -1: the usual",                        \
     .initial = -1.0, .low = -1.0, .high = 1.0},                                                   \
    {.name = "beta1", .help = "decay of adam's first moment; -1: the usual",                       \
     .initial = -1.0, .low = -1.0, .high = 1.0},                                                   \
    {.name = "beta2", .help = "decay of the second moment (adam, rmsprop); -1: the usual",         \
     .initial = -1.0, .low = -1.0, .high = 1.0},                                                   \
    {.name = "eps", .help = "what keeps adam, rmsprop and adagrad from dividing by nothing; "      \
     "0: the usual", .initial = 0.0, .low = 0.0, .high = 1e3},                                     \
    {.name = "eps-outside", .help = "rmsprop: 1 adds eps to the root, 0 under it",                 \
     .initial = 0.0, .low = 0.0, .high = 1.0},                                                     \
    {.name = "l2", .help = "shrinks weights (adamw: -1 is its usual)",                             \
     .initial = -1.0, .low = -1.0, .high = 1e3},                                                   \
    {.name = "clip-norm", .help = "largest norm of a gradient; 0: any",                            \
     .initial = 0.0, .low = 0.0, .high = 1e9},                                                     \
    {.name = "clip-value", .help = "largest element of a gradient; 0: any",                        \
     .initial = 0.0, .low = 0.0, .high = 1e9}
/* clang-format on */

/* Says whether a network can read a world's observations; if not, PV_ERROR_FIT in words that begin
   with "agent <agent>". */
pv_status pv_deep_fits(const pv_world *world, const char *agent);

/* Says whether a world has one categorical action and, if any, a mask over it; PV_ERROR_FIT
 * likewise. */
pv_status pv_deep_fits_choice(const pv_world *world, const char *agent);

/* Reads the optimiser's parameters. */
pv_optimizer_config pv_deep_optimizer(const pv_params *params);

/* Builds the network `text` with heads for the config's world, its optimiser and gradient; these
   two not for an agent without the parameter lr, which has no gradients. */
pv_status pv_deep_init(pv_deep *deep, const pv_agent_config *config, const char *text,
                       const pv_net_head *heads, int n_heads);
void pv_deep_free(pv_deep *deep);

/* Points deep->input at row `row` of a world's observations, and returns it. */
const void *const *pv_deep_inputs(pv_deep *deep, const void *const *obs, int row);

/* Updates the network by deep->gradient, which is used up, with the learning rate of schedule step
   `step`. A loss that is not finite is PV_ERROR_NUMBER, as is a gradient: the message names the
   layer, `pass` being the one that made it. */
pv_status pv_deep_update(pv_deep *deep, const pv_pass *pass, double loss, uint64_t step);

/* Adds loss, gradient_norm, lr, updates and dead_units (of the last forward of `pass`) to n metrics
   and returns how many there are then. */
int pv_deep_metrics(pv_deep *deep, const pv_pass *pass, pv_metric *metrics, int n);

/* Adds network ("net.…"), optimiser ("optimizer.…") and counters as tensors, and reads them back.
 */
pv_status pv_deep_save(const pv_deep *deep, pv_tensors *tensors);
pv_status pv_deep_load(pv_deep *deep, const pv_tensors *tensors);

#endif
