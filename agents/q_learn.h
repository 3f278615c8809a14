/* q_learn.h: learning values of actions from a batch of transitions: targets, loss, update.

   For transitions (s, a, r, d, s'), where d is the discount of what follows s' (0 where the task is
   over), theta the network's parameters and theta' the target network's:

     y = r + d Q(s', argmax_b Q(s', b; theta'); theta')     (Mnih et al. 2015)
     y = r + d Q(s', argmax_b Q(s', b; theta); theta')      double (van Hasselt et al. 2016)
     minimise the mean over the batch of w loss(Q(s, a; theta) - y), y being held

   With a distribution, y is that of r + d Z(s', b) of the same b: for c51 the loss is the
   cross-entropy with y brought onto the atoms (Bellemare et al. 2017, Algorithm 1), for qr the
   quantile Huber loss (Dabney et al. 2018, equation 10).

   Only legal actions are candidates where s' has a mask. */
#ifndef PAVLOV_AGENTS_Q_LEARN_H
#define PAVLOV_AGENTS_Q_LEARN_H

#include "agents/q_net.h"
#include "replay/replay.h"

/* what metrics tell; begins anew with every report */
typedef struct pv_q_told {
    uint64_t rows;
    double error, value,
        age;         /* sums over rows of |TD error|, Q(s, a), places since it was stored */
    double greatest; /* Q(s, a) */
} pv_q_told;

typedef struct pv_q_learner_config {
    int rows;    /* most of a batch: samples x steps */
    int samples; /* most sequences of a batch */
    int burn_in; /* first steps of it that only bring the state about */
    int twice;   /* double Q-learning */
    float delta; /* of the Huber loss; 0: squared */
    int mask;    /* number of the observation that is the mask, -1: none */
    pv_rng *rng; /* for dropout and noise; the caller's, which saves it */
} pv_q_learner_config;

typedef struct pv_q_learner {
    pv_q_net *q;
    pv_q_learner_config config;
    pv_q_pass learning; /* on s, by the network */
    pv_q_pass beyond;   /* on s', by the target network (and before, for double, by the network) */
    int32_t *best;      /* [rows] action by which s' is valued */
    float *target;      /* [rows][atoms] y, or its distribution */
    float *next;        /* [rows][atoms] distributions: that of s' and its best action */
    float *error; /* [rows] what priorities come from: the TD error, or a distribution's loss */
    float *state; /* recurrent: [samples][state_size] */
    float *next_output; /* recurrent: [rows][actions][atoms] */
    float *next_value;  /* recurrent: [rows][actions] */
    pv_q_told told;
} pv_q_learner;

pv_status pv_q_learner_init(pv_q_learner *learner, pv_q_net *q, const pv_q_learner_config *config);
void pv_q_learner_free(pv_q_learner *learner);

/* Updates the network once, from a batch; learner->error[samples] is then what pv_replay_update
   takes. `step` is what the schedule of the learning rate goes by. */
pv_status pv_q_learn(pv_q_learner *learner, const pv_replay_batch *batch, uint64_t step);

/* Adds td_error, mean_q, max_q, replay_age and those of pv_deep_metrics. */
int pv_q_learner_metrics(pv_q_learner *learner, pv_metric *metrics, int n);

#endif
