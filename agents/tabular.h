/* tabular.h: the half that all tabular learners share: a table, a way to behave, a learning rate,
   what is counted, and how all of it is saved. An algorithm adds its target. One-step control may
   have a function (agents/approx.h) in place of the table; semi_gradient.c then acts and learns.

   A learner behaves by the values it learns (control: pv_policy explores) or by a policy that was
   given to it (prediction: agents/given.h). */
#ifndef PAVLOV_AGENTS_TABULAR_H
#define PAVLOV_AGENTS_TABULAR_H

#include "agents/agent.h"
#include "agents/approx.h"
#include "agents/exact.h"
#include "agents/given.h"
#include "agents/policy.h"
#include "agents/table.h"

/* what metrics tell; begins anew with every report */
typedef struct pv_learned {
    uint64_t updates;
    double error, value; /* sums of |TD error| and of the values updated */
    double alpha;        /* of the last update */
} pv_learned;

/* what a learner takes the next state to be worth */
typedef enum pv_target { PV_TARGET_BEST, PV_TARGET_CHOSEN, PV_TARGET_EXPECTED } pv_target;

typedef struct pv_tabular {
    pv_agent base;
    pv_table table;
    pv_approx *approx; /* in place of the table; NULL: there is one */
    pv_target target;  /* with approx */
    uint64_t moves;    /* of approx so far */
    pv_policy policy;  /* control */
    pv_given given;    /* prediction */
    pv_exact exact;    /* what `given` is worth, where known */
    int predicts;      /* 1: behaves by `given` */
    pv_schedule alpha;
    double gamma;
    uint64_t decisions, episodes; /* in training, over all rows */
    pv_rng explore;               /* training's stream */
    int32_t *pending;             /* [rows] chosen for the next step, -1: nothing yet; NULL unless
                                     the algorithm chooses ahead */
    double *mean;                 /* [actions] scratch: mean of two tables, values of approx */
    double *probability;          /* [actions] scratch */
    pv_learned learned;
} pv_tabular;

/* clang-format off */
#define PV_TABULAR_PARAMS(alpha_default)                                                           \
    {.name = "alpha", .help = "learning rate; a schedule, k counting the updates of an entry",     \
     .text = alpha_default},                                                                       \
    {.name = "gamma", .help = "discount of the next value",                                        \
     .initial = 0.99, .low = 0.0, .high = 1.0},                                                    \
    {.name = "initial", .help = "value of every entry at first",                                   \
     .initial = 0.0, .low = -1e9, .high = 1e9}
/* clang-format on */

/* Fills the shared half; a kind of PV_TABLE_STATES predicts. */
pv_status pv_tabular_init(pv_tabular *agent, const pv_agent_config *config, pv_table_kind kind);
void pv_tabular_free(pv_tabular *agent);

/* Fills the shared half of an algorithm that can do without a table, with what parameter "values"
   asks for; `target` is what it learns where that is a function (agent->approx is set then). */
pv_status pv_tabular_init_values(pv_tabular *agent, const pv_agent_config *config,
                                 pv_target target);

/* Takes the memory of `pending`, for algorithms that choose the next action before they act. */
pv_status pv_tabular_plan_ahead(pv_tabular *agent);

/* Chooses an action in a state as training does, from the training stream. */
int pv_tabular_choose(pv_tabular *agent, size_t state, const uint8_t *mask);

/* Returns the best value of a state's legal actions. */
double pv_tabular_best(const pv_tabular *agent, size_t state, const uint8_t *mask);

/* Returns the expected value of a state's actions under the exploring policy of now. */
double pv_tabular_expected(pv_tabular *agent, size_t state, const uint8_t *mask);

/* --- one row's transition, read --- */

typedef struct pv_step {
    int row;
    size_t state;
    int action;
    size_t entry; /* of state (and action) in the table */
    double reward;
    int ended;                 /* terminated or truncated */
    int bootstraps;            /* 0: terminated, nothing follows */
    size_t next;               /* the state that followed; 0 where nothing does */
    const uint8_t *legal;      /* mask of the state, NULL: all */
    const uint8_t *next_legal; /* mask of the next */
} pv_step;

/* what an algorithm makes of a transition */
typedef pv_status pv_learn(pv_tabular *agent, const pv_step *step);

/* Reads every row that has something to tell, counts episodes that ended, and lets `learn` learn
   from it: the observe() of every algorithm. */
pv_status pv_tabular_observe(pv_agent *agent, const pv_transitions *transitions, pv_learn *learn);

/* Moves an entry of `value` (the table's, or its second) towards a target:
   value += alpha (target - value). */
pv_status pv_tabular_update(pv_tabular *agent, double *value, size_t entry, double target);

/* Returns the learning rate of the next update of an entry of `value` and counts it. */
double pv_tabular_rate(pv_tabular *agent, const double *value, size_t entry);

/* Notes an update for the metrics; a value that is no finite number is PV_ERROR_NUMBER. */
pv_status pv_tabular_note(pv_tabular *agent, size_t entry, double error, double value);

/* --- the functions of pv_agent_class that need nothing more --- */

pv_status pv_tabular_act(pv_agent *agent, const pv_act *act);
pv_status pv_tabular_explain(pv_agent *agent, const pv_explain *explain);
int pv_tabular_metrics(pv_agent *agent, pv_metric metrics[PV_METRICS_MAX]);
const pv_net *pv_tabular_net(const pv_agent *agent);
pv_status pv_tabular_save(const pv_agent *agent, pv_tensors *tensors);
pv_status pv_tabular_load(pv_agent *agent, const pv_tensors *tensors);

/* Returns 1 if the checkpoint was made by as many rows: only then what is pending in them goes
   on. */
int pv_tabular_same_rows(const pv_agent *agent, const pv_tensors *tensors);

#endif
