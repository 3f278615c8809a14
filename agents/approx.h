/* approx.h: action values that are a function of what is observed, in place of a table: linear in
   tiles (agents/linear.c) or a network (agents/neural.c). Q-learning, Sarsa and Expected Sarsa
   learn them by the semi-gradient of the same errors (agents/semi_gradient.c). */
#ifndef PAVLOV_AGENTS_APPROX_H
#define PAVLOV_AGENTS_APPROX_H

#include "agents/agent.h"
#include "nets/optimizer.h"

typedef struct pv_approx pv_approx;

/* one move of Q(obs, action) by rate * error, along the traces of a row */
typedef struct pv_approx_move {
    const void *const *obs; /* [n_obs] -> [rows][...] */
    int row, action;
    double rate, error;
    int ended; /* 1: the episode is over, traces are forgotten */
} pv_approx_move;

/* what a kind of function can do */
typedef struct pv_approx_class {
    void (*destroy)(pv_approx *approx);
    /* Writes Q(obs, a) of one row, [actions]. */
    void (*values)(pv_approx *approx, const void *const *obs, int row, double *value);
    /* Changes the parameters: theta += rate error z, z = gamma lambda z + grad Q(obs, action). What
       is no finite number is PV_ERROR_NUMBER. */
    pv_status (*move)(pv_approx *approx, const pv_approx_move *move);
    void (*cut)(pv_approx *approx, int row); /* forgets the traces of a row */
    /* traces as "row....", only with `rows` equal to those that saved them */
    pv_status (*save)(const pv_approx *approx, pv_tensors *tensors);
    pv_status (*load)(pv_approx *approx, const pv_tensors *tensors, int same_rows);
    int (*metrics)(pv_approx *approx, pv_metric *metrics); /* NULL if it has none */
    const pv_net *(*net)(const pv_approx *approx);         /* NULL if it is none */
} pv_approx_class;

/* the base of every kind */
struct pv_approx {
    const pv_approx_class *kind;
    const pv_world *world;
    int rows, actions;
    int mask;     /* number of the observation that is the mask, -1 if none */
    double decay; /* of traces: gamma lambda; 0: none are kept */
    int replaces; /* 1: a visit sets a trace to 1, 0: adds 1 */
};

typedef enum pv_approx_choice {
    PV_APPROX_AUTO,
    PV_APPROX_TABLE,
    PV_APPROX_TILES,
    PV_APPROX_NET
} pv_approx_choice;

/* clang-format off */
#define PV_APPROX_PARAMS                                                                           \
    {.name = "values", .help = "what holds the values; auto: a table where the world is "          \
     "categorical, tiles for a few numbers, else a net", .choices = "auto|table|tiles|net"},       \
    {.name = "tilings", .help = "tiles: grids laid over one another; alpha is shared among them",  \
     .initial = 8.0, .low = 1.0, .high = 1024.0},                                                  \
    {.name = "tiles", .help = "tiles: of a tiling, along each number observed",                    \
     .initial = 8.0, .low = 1.0, .high = 1024.0},                                                  \
    {.name = "tile-memory", .help = "tiles: most weights of an action; more tiles share them by "  \
     "hashing", .initial = 262144.0, .low = 64.0, .high = 1e9},                                    \
    {.name = "ranges", .help = "tiles: LOW..HIGH of every number, with spaces between; empty: the " \
     "world's bounds", .text = ""},                                                                \
    {.name = "net", .help = "net: its layers below the values (pavlov list layers)",               \
     .text = "dense 64 relu, dense 64 relu"},                                                      \
    {.name = "optimizer", .help = "net: how it uses gradients; alpha is the learning rate",        \
     .choices = PV_OPTIMIZER_CHOICES}
/* clang-format on */

/* Resolves parameter "values" for a world. PV_APPROX_TABLE: no function is needed. A table asked
   for where none fits, or tiles, is PV_ERROR_FIT. */
pv_status pv_approx_choose(const pv_agent_config *config, const char *agent,
                           pv_approx_choice *choice);

/* Make one, for tiles and for a net, from the parameters above and "gamma", "lambda", "traces",
   "initial" where there are such; NULL on failure. */
pv_approx *pv_linear_create(const pv_agent_config *config);
pv_approx *pv_neural_create(const pv_agent_config *config);

/* Fills the base from a configuration. */
void pv_approx_init(pv_approx *approx, const pv_approx_class *kind, const pv_agent_config *config);

#endif
