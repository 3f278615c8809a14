/* train.h: the training loop and evaluation. */
#ifndef PAVLOV_TRAIN_H
#define PAVLOV_TRAIN_H

#include "pavlov/agent.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- evaluation --- */

typedef struct pv_evaluation_config {
    const pv_world *world;
    pv_agent *agent; /* acts only; nothing is learned */
    int episodes;
    uint64_t seed;
    pv_purpose purpose;  /* PV_FOR_EVALUATION */
    pv_act_mode mode;    /* PV_ACT_GREEDY */
    uint64_t max_length; /* for worlds without a limit of their own: episodes are cut here */
    double gamma;        /* for the discounted objective */
} pv_evaluation_config;

pv_evaluation_config pv_evaluation_config_default(const pv_world *world, pv_agent *agent);

typedef struct pv_evaluation {
    int episodes;
    double *returns;    /* [episodes] undiscounted, of agent 0, in order of episode number */
    double *discounted; /* [episodes] discounted by gamma */
    uint64_t *lengths;  /* [episodes] in decisions */
    int cut;            /* episodes ended by max_length rather than by the world */
} pv_evaluation;

/* Plays whole episodes. Episode k is the same for every number of episodes asked for. Free the
   result with pv_evaluation_free. */
pv_status pv_evaluate(const pv_evaluation_config *config, pv_evaluation *evaluation);
void pv_evaluation_free(pv_evaluation *evaluation);

/* --- training --- */

/* A finished training episode (of one agent of a lane). */
typedef struct pv_train_episode {
    uint64_t step;    /* decisions so far, over all lanes */
    uint64_t episode; /* finished before this one */
    int lane, agent;
    double episode_return;
    uint64_t length;
} pv_train_episode;

typedef struct pv_train_config {
    const pv_world *world;
    pv_agent *agent;
    int lanes;
    uint64_t seed;
    uint64_t steps, episodes; /* whichever comes first; 0: no bound (at least one must be set) */
    double stop_at;           /* stop when the last 100 episodes average this; NaN: do not */
    uint64_t eval_every;      /* evaluate after so many steps; 0: never */
    int eval_episodes;
    uint64_t max_length;    /* of evaluation episodes in worlds without a limit */
    uint64_t metrics_every; /* steps between two reports of metrics; 0: a hundredth of the bound */
    pv_pool *pool;          /* for lanes; NULL: none */
    void *ctx;              /* of the three functions, each of which may be NULL */
    pv_status (*on_episode)(void *ctx, const pv_train_episode *episode);
    pv_status (*on_metric)(void *ctx, uint64_t step, const char *name, double value);
    pv_status (*on_evaluation)(void *ctx, uint64_t step, const pv_evaluation *evaluation);
} pv_train_config;

pv_train_config pv_train_config_default(const pv_world *world, pv_agent *agent);

typedef struct pv_trainer pv_trainer;

/* Makes a loop that has not begun. The world and agent must outlive it. NULL on failure. */
pv_trainer *pv_trainer_create(const pv_train_config *config);
void pv_trainer_destroy(pv_trainer *trainer);

/* Takes at least `steps` more decisions, or fewer if the run is done. */
pv_status pv_trainer_advance(pv_trainer *trainer, uint64_t steps);

/* Returns 1 when a bound or stop_at has been reached. */
int pv_trainer_done(const pv_trainer *trainer);

/* Returns what has been done, and the mean return of the last 100 episodes (NaN before the first).
 */
uint64_t pv_trainer_steps(const pv_trainer *trainer);
uint64_t pv_trainer_episodes(const pv_trainer *trainer);
double pv_trainer_recent_return(const pv_trainer *trainer);

/* Trains until done: create, advance, destroy. */
pv_status pv_train(const pv_train_config *config);

#ifdef __cplusplus
}
#endif

#endif
