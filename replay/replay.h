/* replay.h: the memory of experience that off-policy agents learn from (Lin 1992; Mnih et al.
   2015): a ring of places for each row, and random batches of transitions or of stretches.

   A place holds an observation and what was done about it; the observation that followed is in the
   next place. So every picture is kept once: of an observation made by the wrapper `stack n` only
   the newest frame is stored, and the stack is put together again when it is sampled, padded with
   the episode's first frame as the wrapper does. Numbers keep their type (bytes stay bytes). An
   episode's last observation takes a place of its own, so a full ring holds `capacity` minus its
   episodes' ends.

   Rows (lanes x agents) have rings of their own and may be pushed at different times. One thread at
   a time pushes, draws and updates; gathering only reads and may be split over threads. Nothing is
   allocated after create except by saving and loading. All randomness is the caller's stream. */
#ifndef PAVLOV_REPLAY_REPLAY_H
#define PAVLOV_REPLAY_REPLAY_H

#include "core/rng.h"
#include "core/tensors.h"

typedef struct pv_replay pv_replay;

/* what decides how often a transition is drawn; p is raised to alpha */
typedef enum pv_replay_kind {
    PV_REPLAY_UNIFORM,     /* all alike */
    PV_REPLAY_PRIORITIZED, /* p = |TD error| + epsilon (Schaul et al. 2016, proportional); new ones
                              get the greatest p so far */
    PV_REPLAY_REWARD       /* p = |n-step reward| + epsilon, fixed; for comparison */
} pv_replay_kind;

typedef struct pv_replay_config {
    uint64_t capacity; /* places over all rows, rounded up to a multiple of rows */
    int rows;
    int n_obs, n_action;
    const pv_space *obs, *action; /* [n_obs], [n_action]; a mask is an observation like any other */
    const int *stack; /* [n_obs] frames along the last axis, newest last; NULL: 1 everywhere */
    int n_step;       /* rewards summed before bootstrapping */
    double gamma;
    pv_replay_kind kind;
    double alpha, epsilon;
    int batch; /* most samples of a draw */
    int steps; /* of a sample: 1: transitions; more: stretches of one row, uniform only */
} pv_replay_config;

/* Returns 100,000 places, 1 row, 1 step, gamma 0.99, uniform (alpha 0.6, epsilon 1e-6 for other
   kinds), batches of 32 transitions; spaces are the caller's to set. */
pv_replay_config pv_replay_config_default(void);

/* Returns how many bytes a replay would take, to be told before it is made. */
uint64_t pv_replay_size(const pv_replay_config *config);

/* Makes an empty replay; the config and its arrays are copied. NULL with one line in the last error
   for values out of bounds, and where the machine has less memory than pv_replay_size. */
pv_replay *pv_replay_create(const pv_replay_config *config);
void pv_replay_destroy(pv_replay *replay);

/* --- remembering --- */

/* What came of a choice, for every row: the fields of pv_transitions of the same names. */
typedef struct pv_replay_step {
    const uint8_t *valid;      /* [rows] 0: nothing to tell; NULL: all rows tell */
    const void *const *obs;    /* [n_obs] -> [rows][...] on which it acted, whole stacks */
    const void *const *action; /* [n_action] -> [rows][...] */
    const float *reward;       /* [rows] */
    const uint8_t *terminated, *truncated; /* [rows] */
    const void *const *next_obs;           /* [n_obs] -> [rows][...] of rows that go on */
    const void *const *final_obs;          /* [n_obs] -> [rows][...] of rows that ended */
} pv_replay_step;

/* Adds a transition of every valid row; it can be sampled at once (n-step: as soon as its n-th
   reward or its episode's end is known). The next transition of a row that goes on must begin with
   this one's next_obs. */
void pv_replay_push(pv_replay *replay, const pv_replay_step *step);

/* Ends the running episodes of all rows without an end being told: what is pushed next does not
   follow. Their last transitions count as truncated. */
void pv_replay_break(pv_replay *replay);

/* Returns how many transitions can be sampled now (N of the weights), and how many were ever
   pushed. */
uint64_t pv_replay_count(const pv_replay *replay);
uint64_t pv_replay_pushed(const pv_replay *replay);

/* Returns 1 if a sample can be drawn: a transition, or a stretch of `steps`. */
int pv_replay_can_draw(const pv_replay *replay);

/* --- sampling --- */

/* A batch of samples x steps; arrays are [steps][samples][...], as recurrent passes want them; with
   one step they are [samples][...]. They are the replay's and hold until the next draw. */
typedef struct pv_replay_batch {
    int samples, steps;
    const void *const *obs;      /* [n_obs] -> whole stacks */
    const void *const *action;   /* [n_action] */
    const float *reward;         /* sum of gamma^i r_i, i < k, where k <= n_step */
    const float *discount;       /* of the value of next_obs: gamma^k, 0 where terminated */
    const void *const *next_obs; /* [n_obs] after k decisions, or at the episode's end */
    const uint8_t *reset;        /* 1: the first step of an episode */
    const float *weight;         /* [samples] (N P(i))^-beta over the batch's greatest */
    const uint64_t *index;       /* [samples] of the first step, for pv_replay_update */
    const uint64_t *age;         /* [samples] places its row has filled since */
} pv_replay_batch;

/* Draws `samples` (at most config.batch) with replacement, prioritised kinds one from each of as
   many equal parts of the sum (Schaul et al. 2016, 3.3), and gathers them; pv_replay_can_draw must
   hold. beta is ignored by the uniform kind, whose weights are 1. */
const pv_replay_batch *pv_replay_sample(pv_replay *replay, pv_rng *rng, int samples, double beta);

/* The two halves of pv_replay_sample: choosing, and filling the batch's arrays for samples
   begin..end-1, which several threads may do at once for different samples. */
const pv_replay_batch *pv_replay_draw(pv_replay *replay, pv_rng *rng, int samples, double beta);
void pv_replay_gather(pv_replay *replay, int begin, int end);

/* Tells the TD errors of drawn transitions (PV_REPLAY_PRIORITIZED; ignored by the other kinds).
   Those that have been overwritten since are passed over. */
void pv_replay_update(pv_replay *replay, const uint64_t *index, const float *td_error, int n);

/* --- saving --- */

/* Writes what is new since the last save (or load) into `folder`, made if need be, as append-only
   segments (.safetensors), removes segments that the last save no longer named, and adds to
   `tensors`, under names that begin with `prefix`, what finds the rest again. The segments count
   once `tensors` is on disk; a process killed before that leaves the earlier save whole. */
pv_status pv_replay_save(pv_replay *replay, const char *folder, pv_tensors *tensors,
                         const char *prefix);

/* Puts a replay just created with the same configuration where another was saved. */
pv_status pv_replay_load(pv_replay *replay, const char *folder, const pv_tensors *tensors,
                         const char *prefix);

#endif
