/* ring.h: what the files of the replay share: its places and rows.

   Places of a row are numbered from 0 without end; place p stands in slot p % places. A place holds
   an observation's frame and, if it is a transition, the action, reward and flags; the frame that
   followed is in place p + 1. */
#ifndef PAVLOV_REPLAY_RING_H
#define PAVLOV_REPLAY_RING_H

#include "replay/replay.h"
#include "replay/sum_tree.h"

enum { PV_STACK_MAX = 64 };

/* what a place is */
enum {
    PV_PLACE_TRANSITION = 1, /* acted upon; else an episode's last observation, or only history */
    PV_PLACE_TERMINATED = 2,
    PV_PLACE_TRUNCATED = 4,
    PV_PLACE_FIRST = 8, /* nothing lies before: stacks are padded with this frame */
    PV_PLACE_RESET = 16 /* the first transition of an episode */
};

/* an observation space */
typedef struct pv_replay_frames {
    pv_dtype dtype;
    int stack;            /* frames of an observation */
    size_t chunk, chunks; /* bytes of a frame's part of the last axis; how many such parts */
    size_t frame, whole;  /* bytes of a frame, and of an observation */
    unsigned char *data;  /* [rows][places][frame] */
    unsigned char *obs;   /* [steps * batch][whole] gathered */
    unsigned char *next;  /* [steps * batch][whole] gathered */
} pv_replay_frames;

/* an action space */
typedef struct pv_replay_actions {
    pv_dtype dtype;
    size_t size;
    unsigned char *data;  /* [rows][places][size] */
    unsigned char *taken; /* [steps * batch][size] gathered */
} pv_replay_actions;

typedef struct pv_replay_row {
    uint64_t head;     /* places that are complete */
    uint64_t ready;    /* transitions before this place are known to their n-th reward */
    uint64_t oldest;   /* transitions before this place are overwritten, or their history is */
    uint64_t drawable; /* transitions between the two */
    uint64_t saved;    /* places before this one are in segments */
    int open;          /* 1: an episode runs, and place `head` has its frame already */
} pv_replay_row;

/* a file of places; `to` says up to which place of each row, 0 for rows it has nothing of */
typedef struct pv_replay_segment {
    uint64_t id;
    uint64_t *to; /* [rows] */
} pv_replay_segment;

struct pv_replay {
    pv_replay_config config;
    uint64_t per_row;           /* transitions of a row that can be drawn at most */
    uint64_t places;            /* slots of a row: per_row and the longest stack */
    int history;                /* longest stack */
    pv_replay_frames *frames;   /* [n_obs] */
    pv_replay_actions *actions; /* [n_action] */
    float *reward;              /* [rows][places] */
    uint8_t *flags;             /* [rows][places] */
    pv_replay_row *row;         /* [rows] */
    uint64_t filled;            /* slots in use of the row that has most */
    uint64_t count, pushed;
    int stretches; /* rows that have a stretch of `steps` */

    pv_sum_tree
        *tree;      /* [rows * places] p^alpha of those that can be drawn, else 0; NULL: uniform */
    float greatest; /* p^alpha of any so far */

    pv_replay_batch batch;
    int *drawn_row;                       /* [batch] */
    double *goal;                         /* [batch] running sums to be found */
    uint64_t *drawn;                      /* [steps][batch] places */
    float *batch_reward, *batch_discount; /* [steps * batch] */
    uint8_t *batch_reset;                 /* [steps * batch] */
    float *batch_weight;                  /* [batch] */
    uint64_t *batch_index, *batch_age;    /* [batch] */
    const void **pointers;                /* the batch's arrays of arrays */

    pv_replay_segment *segments; /* of the last save */
    int n_segments, segments_capacity;
    uint64_t next_id;
};

/* Returns the bytes of a row of a space. */
static inline uint64_t pv_replay_space_size(const pv_space *space)
{
    uint64_t size = pv_dtype_size(space->dtype);
    for (uint32_t i = 0; i < space->ndim; i++) {
        size *= space->shape[i];
    }
    return size;
}

/* Returns where a place of a row stands in [rows][places]. */
static inline size_t pv_replay_slot(const pv_replay *replay, int row, uint64_t place)
{
    return (size_t)((uint64_t)row * replay->places + place % replay->places);
}

/* Returns the place in a slot of a row, the newest that could be there. */
static inline uint64_t pv_replay_place_in(const pv_replay *replay, int row, uint64_t slot)
{
    const pv_replay_row *r = &replay->row[row];
    const uint64_t last = r->open ? r->head : r->head - 1;
    return last - (last % replay->places + replay->places - slot) % replay->places;
}

/* Returns 1 if this place of a row is a transition that can be drawn. */
static inline int pv_replay_is_drawable(const pv_replay *replay, int row, uint64_t place)
{
    const pv_replay_row *r = &replay->row[row];
    return place >= r->oldest && place < r->ready &&
           (replay->flags[pv_replay_slot(replay, row, place)] & PV_PLACE_TRANSITION);
}

/* What a transition leads to: the discounted sum of its rewards in *reward, the discount of what
   follows in *discount (0: nothing does); returns the place of the observation that follows. */
uint64_t pv_replay_outcome(const pv_replay *replay, int row, uint64_t place, float *reward,
                           float *discount);

/* Counts places up to `ready` as drawable, and gives new ones their weight in the tree. */
void pv_replay_make_ready(pv_replay *replay, int row, uint64_t ready);

/* Returns p^alpha as the tree holds it: never zero, never beyond what can be summed. */
float pv_replay_leaf(const pv_replay *replay, double p);

#endif
