/* search.h: what searches for a policy without gradients share (es, hill-climb): a generation of
   members, each the network's parameters with noise of its own, is played for whole episodes, a
   member in a row; what is learned from are their mean returns.

   Noise is never kept: it comes again from its seed, the generation's number and the member's. An
   agent's struct begins with pv_search; it adds what it makes of a generation. */
#ifndef PAVLOV_AGENTS_SEARCH_H
#define PAVLOV_AGENTS_SEARCH_H

#include "agents/actor_critic.h"

typedef struct pv_search pv_search;

/* Changes the network, and sigma, by the fitness of a whole generation. */
typedef pv_status pv_search_learn(pv_search *search);

/* what is saved with the network */
typedef struct pv_search_now {
    double sigma; /* deviation of the noise in this generation */
    double best;  /* hill-climb: fitness of the network; -INFINITY: unknown */
    uint64_t decisions, generation;
} pv_search_now;

/* what a row plays */
typedef struct pv_search_row {
    int32_t member;   /* -1: none is left, it plays the network until its episode ends */
    int32_t episodes; /* of that member so far */
    double sum;       /* of its rewards */
} pv_search_row;

struct pv_search {
    pv_agent base;
    pv_actor_critic ac;
    int population, episodes; /* members of a generation; episodes of a member */
    int antithetic;           /* 1: members 2k and 2k + 1 have the same noise, with both signs */
    uint64_t noise;           /* seed */
    pv_search_now now;
    pv_search_learn *learn;

    /* taken in begin */
    pv_net **net;       /* [rows] with the parameters of the member that the row plays */
    pv_search_row *row; /* [rows] */
    double *fitness;    /* [population] */
    const void **obs;   /* [n_obs] of one row */
    int given, judged;  /* members that rows have taken, and that are done */
    int begun;

    double told[2]; /* mean and best fitness of the last generation, for metrics */
};

/* clang-format off */
#define PV_SEARCH_PARAMS(population_default, episodes_default)                                     \
    {.name = "population", .help = "members of a generation", .initial = population_default,       \
     .low = 1.0, .high = 1e4},                                                                     \
    {.name = "episodes", .help = "that a member is judged by", .initial = episodes_default,        \
     .low = 1.0, .high = 1e4}
/* clang-format on */

/* Builds the network and reads the parameters; learn, antithetic and now.sigma are the agent's to
   set before begin. */
pv_status pv_search_init(pv_search *search, const pv_agent_config *config);

/* Fills `parameters` (like the network's block) with those of a member. */
void pv_search_member(const pv_search *search, int member, float *parameters);

/* Adds scale times the noise of a member (its sign included) to a block of parameters. */
void pv_search_add_noise(const pv_search *search, int member, double scale, float *block);

/* Shapes n numbers by their ranks: evenly from -0.5, the least, to 0.5, equal ones alike; a single
   one is 0. */
void pv_search_ranks(const double *fitness, int n, double *shaped);

/* Adds generation, sigma, mean_fitness and best_fitness to n metrics; returns how many there are.
 */
int pv_search_metrics(const pv_search *search, pv_metric *metrics, int n);

/* The functions of the class. */
void pv_search_free(pv_agent *agent);
pv_status pv_search_begin(pv_agent *agent);
uint64_t pv_search_learning_size(const pv_agent *agent);
pv_status pv_search_act(pv_agent *agent, const pv_act *act);
pv_status pv_search_observe(pv_agent *agent, const pv_transitions *transitions);
size_t pv_search_memory_size(const pv_agent *agent);
pv_status pv_search_explain(pv_agent *agent, const pv_explain *explain);
const pv_net *pv_search_net(const pv_agent *agent);
pv_status pv_search_save(const pv_agent *agent, pv_tensors *tensors);
pv_status pv_search_load(pv_agent *agent, const pv_tensors *tensors);
pv_status pv_search_save_data(pv_agent *agent, const char *folder, pv_tensors *resume);
pv_status pv_search_load_data(pv_agent *agent, const char *folder, const pv_tensors *resume);

#endif
