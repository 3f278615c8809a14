/* rollout.h: what on-policy agents learn from: the last few steps of all rows, in order, and the
   advantages of what was done in them (Mnih et al. 2016; Schulman et al. 2016).

   Arrays are [steps][rows][...], as recurrent passes want them. A row may have nothing to tell in a
   step; its place is then not valid and is passed over. Nothing is allocated after create. */
#ifndef PAVLOV_REPLAY_ROLLOUT_H
#define PAVLOV_REPLAY_ROLLOUT_H

#include "replay/replay.h"

typedef struct pv_rollout_config {
    int steps, rows;
    int n_obs, n_action;
    const pv_space *obs, *action; /* [n_obs], [n_action] */
} pv_rollout_config;

typedef struct pv_rollout {
    int steps, rows, n_obs, n_action;
    int filled;                              /* steps told so far */
    size_t *obs_size, *action_size;          /* [n_obs], [n_action] bytes of a row */
    void **obs, **action;                    /* [n_obs], [n_action] -> [steps][rows][...] */
    void **next;                             /* [n_obs] -> [rows][...] what each row saw last */
    float *reward;                           /* [steps][rows] */
    float *beyond;                           /* [steps][rows] value of the last observation where a
                                                row was truncated; the caller's to fill */
    uint8_t *valid, *terminated, *truncated; /* [steps][rows] */
    uint8_t *first;                          /* [steps][rows] 1: an episode begins here */
    uint8_t *begins;                         /* [rows] 1: with what is told next one begins */
} pv_rollout;

/* Returns how many bytes a rollout would take. */
uint64_t pv_rollout_size(const pv_rollout_config *config);

/* Makes an empty one; the config is copied. NULL on failure. */
pv_rollout *pv_rollout_create(const pv_rollout_config *config);
void pv_rollout_destroy(pv_rollout *rollout);

/* Adds a step of all rows; there must be room. */
void pv_rollout_push(pv_rollout *rollout, const pv_replay_step *step);

/* Makes room for the next steps; episodes that run go on. */
void pv_rollout_clear(pv_rollout *rollout);

/* Forgets everything: with what is told next all episodes begin. */
void pv_rollout_break(pv_rollout *rollout);

/* Fills the advantages [steps][rows] of generalised advantage estimation (Schulman et al. 2016,
   equation 16), with value [steps][rows] of the observations and last [rows] of `next`:

     delta_t = r_t + gamma V(s_t+1) - V(s_t),   A_t = delta_t + gamma lambda A_t+1

   After a termination V is 0, after a truncation `beyond`, and neither lets A through. With lambda
   1, A_t + V(s_t) is the return of as many steps as the rollout still has (Mnih et al. 2016), with
   0 that of one step. Places that are not valid get 0. */
void pv_rollout_advantages(const pv_rollout *rollout, const float *value, const float *last,
                           double gamma, double lambda, float *advantage);

/* Adds everything as tensors whose names begin with `prefix` (up to 31 letters), and reads it back
   into one of the same shape. */
pv_status pv_rollout_save(const pv_rollout *rollout, pv_tensors *tensors, const char *prefix);
pv_status pv_rollout_load(pv_rollout *rollout, const pv_tensors *tensors, const char *prefix);

#endif
