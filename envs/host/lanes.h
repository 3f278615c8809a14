/* lanes.h: the inside of a vector, shared by vector.c, which runs it, and vector_state.c, which
   saves it.

   Two buffers hold observations: a step writes one `half` while the other keeps the observation
   before it, so that nothing is copied. Every array lies in one block. */
#ifndef PAVLOV_ENVS_HOST_LANES_H
#define PAVLOV_ENVS_HOST_LANES_H

#include "envs/host/instance.h"

/* The lanes one thread runs, and where its resets write what nobody reads. */
typedef struct pv_lane_range {
    int first, end;   /* lanes first..end-1 */
    int ended;        /* how many of them ended in this step */
    int failed;       /* the lane whose world failed, -1: none */
    int failed_count; /* 1, or how many lanes from `failed` on were stepped at once */
    int lost;         /* lanes that lost a life in this step and go on */
    float *reward;    /* [agents] */
    uint8_t *terminated, *truncated; /* [agents] */
    float *info;                     /* [agents][n_info] */
} pv_lane_range;

/* The actions of a lane's running episode, kept for worlds without save and load. */
typedef struct pv_action_log {
    uint8_t *bytes; /* [steps][action_bytes] */
    size_t capacity;
} pv_action_log;

struct pv_vector {
    pv_vector_config config;
    const pv_env_class *env_class;
    const pv_spec *spec;
    int lanes, agents, rows;
    uint64_t max_steps;            /* 0: none, or wrappers see to it */
    pv_instance *instance;         /* [lanes] */
    pv_wrap_lane *wrap;            /* [lanes]; NULL: no wrappers */
    pv_statistics *own_statistics; /* where the configuration gives none; NULL: not needed */
    int learns; /* 1: what the lanes see is added to statistics after each step */

    /* what a step touches of each lane */
    pv_env **env;            /* [lanes] */
    pv_io *io[2];            /* [lanes], by half */
    uint64_t *deadline;      /* [lanes] value of `now` at which the host cuts the episode */
    double *returns;         /* [rows] of the running episode */
    float *reward;           /* [rows] */
    float *world_reward;     /* [rows] before wrappers; without them the same array */
    uint8_t *terminated;     /* [rows] */
    uint8_t *truncated;      /* [rows] */
    uint8_t *was_terminated; /* [rows] flags set in earlier steps; several agents only */
    uint8_t *was_truncated;  /* [rows] */
    float *info;             /* [rows][n_info] */

    /* what only the end of an episode touches */
    uint64_t *began;         /* [lanes] value of `now` at its reset */
    uint64_t *number, *seed; /* [lanes] of the running episode */
    uint64_t *next_number;   /* [lanes], or [0] for all with shared_numbers */
    uint8_t *resetting;      /* [lanes] 1: to be reset by reset_range */
    uint8_t *waiting;        /* [lanes] 1: ended and held, reset at the next step */
    uint8_t *first;          /* [rows] */
    uint8_t *ended;          /* [lanes] */
    pv_episode *episode;     /* [lanes] */
    double *episode_returns; /* [lanes][agents] */

    void **action;                  /* [n_action] -> [rows][...] */
    void **obs[2];                  /* [n_obs] -> [rows][...], by half */
    void **final_obs;               /* [n_obs] -> [rows][...] */
    size_t *action_size, *obs_size; /* bytes of one lane */
    size_t action_bytes;            /* all action spaces of one lane */

    pv_action_log *log; /* [lanes]; NULL where the world saves itself or cannot be replayed */
    pv_lane_range *range;
    int ranges;

    uint64_t now;  /* steps taken by the vector */
    int half;      /* which buffer obs is in */
    int hold;      /* pv_vector_hold */
    int n_waiting; /* lanes that wait for their reset */
    int marked;    /* 1: `first`, `ended` or the episodes hold something */
    void *memory;  /* the block of all arrays */
    pv_batch batch;
};

/* Points the batch at the buffers of the current half. */
void pv_vector_show(pv_vector *vector);

/* Turns a failure of lane's world into the last error, which names lane, episode, seed and step. */
pv_status pv_lane_failed(const pv_vector *vector, int lane);

/* Resets lane to its episode number and seed, writing observations into the current half. */
pv_status pv_lane_reset(pv_vector *vector, int lane, const pv_lane_range *range);

/* Makes room for `steps` steps in lane's log of actions. */
pv_status pv_lane_log_reserve(pv_vector *vector, int lane, uint64_t steps);

#endif
