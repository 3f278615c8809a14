/* agent.h: what an agent is: one `const pv_agent_class`, a file each.

   An agent sees rows: lanes x agents of a world, all at once. act() chooses for every row,
   observe() is told what came of it and may learn. Parameters are declared as a table; help,
   checks, defaults and `pavlov info` come from it. */
#ifndef PAVLOV_AGENTS_AGENT_H
#define PAVLOV_AGENTS_AGENT_H

#include "core/params.h"
#include "core/rng.h"
#include "core/tensors.h"
#include "envs/host/model.h"
#include "nets/net.h"
#include "pavlov/agent.h"

typedef struct pv_agent_class pv_agent_class;

/* what an agent is made from */
typedef struct pv_agent_config {
    const pv_world *world;
    const pv_params *params; /* every parameter resolved; copied by who keeps it */
    int rows;                /* that will learn at once */
    uint64_t seed;           /* of the run; split it by name: pv_rng_split(seed, "explore") */
    pv_model *model;         /* the world's table for agents that plan, NULL where impossible */
} pv_agent_config;

/* a choice to make for every row */
typedef struct pv_act {
    int rows;
    const void *const *obs; /* [n_obs] -> [rows][...] */
    const uint8_t *first;   /* [rows] 1: an episode begins: forget */
    const uint32_t
        *state; /* [rows] numbers of tabular states, UINT32_MAX where unknown; for planners only */
    void *memory; /* [rows][memory_size], the caller's: training, evaluation, a window each have
                     their own */
    pv_act_mode mode;
    pv_rng *rng;         /* [rows], a stream for each row's ties and samples when mode is not TRAIN;
                            training uses the agent's own */
    void *const *action; /* [n_action] -> [rows][...], to be filled */
} pv_act;

/* what came of a choice, for every row */
typedef struct pv_transitions {
    int rows;
    const uint8_t *valid;      /* [rows] 0: this row has nothing to tell (its agent did not act) */
    const void *const *obs;    /* [n_obs] -> [rows][...] on which it acted */
    const void *const *action; /* [n_action] -> [rows][...] */
    const float *reward;       /* [rows] summed until the agent acts again */
    const uint8_t *terminated; /* [rows] no value beyond: bootstrap zero */
    const uint8_t *truncated;  /* [rows] cut short: bootstrap from final_obs */
    const void *const
        *next_obs; /* [n_obs] -> [rows][...]; of a row that ended, the next episode's first */
    const void *const
        *final_obs; /* [n_obs] -> [rows][...]; rows that ended: the true next observation */
    void *memory;   /* the training memory, as in pv_act */
} pv_transitions;

/* Returns the observation that followed row's action: final_obs if the row ended, else next_obs. */
static inline const void *const *pv_transition_next(const pv_transitions *t, int row)
{
    return t->terminated[row] || t->truncated[row] ? t->final_obs : t->next_obs;
}

/* what an agent makes of observations, for overlays and diagnostics; arrays may be NULL: not wanted
 */
typedef struct pv_explain {
    int rows;
    const void *const *obs;
    const uint32_t *state; /* as in pv_act */
    double *value;         /* [rows] V(s) */
    double *action_value;  /* [rows][n] Q(s, a) of the one discrete action space */
    double *probability;   /* [rows][n] of the policy it would play in evaluation (greedy) */
} pv_explain;

typedef struct pv_metric {
    const char *name; /* "epsilon"; static */
    double value;
} pv_metric;

enum { PV_METRICS_MAX = 32 };

/* every agent's struct begins with this */
struct pv_agent {
    const pv_agent_class *agent_class;
    const pv_world *world;
    pv_params params;
    int rows;
    uint64_t seed;
    pv_model *model;           /* owned by the agent */
    pv_statistics *statistics; /* of the world's wrappers, owned by the agent; NULL: none */
};

struct pv_agent_class {
    const char *name, *summary; /* "q-learning", one line */
    const char *source;         /* paper or book, equation */
    const pv_param *params;
    int n_params;
    int plans;   /* 1: needs the world's table (`model`), acts on `state` */
    size_t size; /* of the agent's struct, which begins with pv_agent */
    /* Says whether a world fits; if not, PV_ERROR_FIT with a last error that says why in words. */
    pv_status (*accepts)(const pv_world *world);
    /* Lets a parameter that stands for several set those nobody has set (PV_SOURCE_SWITCH); NULL:
       there is none. */
    pv_status (*resolve)(pv_params *params);
    /* Fills the zeroed struct behind the base, which is set already. */
    pv_status (*init)(pv_agent *agent, const pv_agent_config *config);
    void (*free)(pv_agent *agent); /* what init took; also after a failed init */
    pv_status (*act)(pv_agent *agent, const pv_act *act);
    pv_status (*observe)(pv_agent *agent, const pv_transitions *transitions);
    /* Everything it has learned and everything it needs to go on exactly, as tensors. */
    pv_status (*save)(const pv_agent *agent, pv_tensors *tensors);
    pv_status (*load)(pv_agent *agent, const pv_tensors *tensors);

    /* optional, NULL if absent */
    size_t (*memory_size)(const pv_agent *agent);
    pv_status (*explain)(pv_agent *agent, const pv_explain *explain);
    int (*metrics)(pv_agent *agent,
                   pv_metric metrics[PV_METRICS_MAX]); /* since the last call; count */
    /* The agent of worker `index` of an asynchronous run, sharing the parameters of `agent`. */
    pv_status (*worker)(pv_agent *agent, int index, pv_agent **worker);
    /* The network that acts, for pictures and diagnostics: the agent's, valid as long as it and
       until it learns again; its inputs are the world's observations of the same names. NULL where
       these parameters ask for none. */
    const pv_net *(*net)(const pv_agent *agent);

    /* What only learning needs, such as a replay memory; evaluation never asks for it. */
    /* How many bytes begin() will take, to be told before they are taken. */
    uint64_t (*learning_size)(const pv_agent *agent);
    /* Called by every training loop before its first step: takes that memory, unless an earlier
       loop had it taken, and forgets which episodes were running. */
    pv_status (*begin)(pv_agent *agent);
    /* Big data of a checkpoint: save_data writes what is new into `folder` (which may not exist
       yet) and adds to `resume` what finds all of it again; it counts once `resume` is on disk, and
       until then the data of the checkpoint before must stay. load_data comes after load. */
    pv_status (*save_data)(pv_agent *agent, const char *folder, pv_tensors *resume);
    pv_status (*load_data)(pv_agent *agent, const char *folder, const pv_tensors *resume);
};

/* All agents, ended by NULL. */
extern const pv_agent_class *const pv_agent_classes[];

/* Returns the class of that name; NULL with a last error that names the nearest. */
const pv_agent_class *pv_agent_class_find(const char *name);

/* Fills params (not initialised) with the defaults of the class and the preset of agent and world
   on top (agents/presets.c). Free with pv_params_free. */
pv_status pv_agent_params(pv_params *params, const pv_agent_class *agent_class,
                          const pv_world *world);

/* The optional functions for what only learning needs; nothing happens (0) where they are absent.
 */
uint64_t pv_agent_learning_size(const pv_agent *agent);
pv_status pv_agent_begin(pv_agent *agent);
pv_status pv_agent_save_data(pv_agent *agent, const char *folder, pv_tensors *resume);
pv_status pv_agent_load_data(pv_agent *agent, const char *folder, const pv_tensors *resume);

/* Sets what switches like rainbow=1 stand for; to be called when a person's values are in. */
pv_status pv_agent_params_resolve(pv_params *params, const pv_agent_class *agent_class);

/* Adds what an agent has learned to a list, with the statistics of its world's wrappers; reads it
   back. */
pv_status pv_agent_save_to(const pv_agent *agent, pv_tensors *tensors);
pv_status pv_agent_load_from(pv_agent *agent, const pv_tensors *tensors);

/* Reads a parameter that must be a whole number. */
pv_status pv_agent_whole(const pv_params *params, const char *name, int *value);

/* Makes an agent from resolved parameters (copied); pv_agent_create is this after pv_agent_params.
 */
pv_agent *pv_agent_create_from(const pv_agent_class *agent_class, const pv_world *world,
                               const pv_params *params, int rows, uint64_t seed);

#endif
