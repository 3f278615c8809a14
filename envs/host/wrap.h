/* wrap.h: wrappers, what lies between a world and an agent.

   A line of text ("skip 4, max 2, gray 84x84, stack 4") names them from the world outwards: what
   the world shows passes them from left to right, what the agent does from right to left. Each is a
   row of one table (pv_wrap_class): how it reads, what it makes of the spec, what it does in a
   step.

   The constant half (pv_wraps) belongs to the opened world; what changes (pv_wrap_lane) lies in the
   block of the vector that runs it: of each wrapper a part that is saved and a part that is not. */
#ifndef PAVLOV_ENVS_HOST_WRAP_H
#define PAVLOV_ENVS_HOST_WRAP_H

#include "envs/host/block.h"
#include "pavlov/world.h"

enum { PV_WRAPS_MAX = 32, PV_WRAP_NUMBERS = 64 };

typedef struct pv_wrap_class pv_wrap_class;
typedef struct pv_wrap_layer pv_wrap_layer;
typedef struct pv_wrap_lane pv_wrap_lane;

/* one wrapper of a line */
typedef struct pv_wrap {
    const pv_wrap_class *wrap_class;
    int index;                      /* in the line, the one nearest the world is 0 */
    int column, length;             /* its words in the text, or those of the preset it came from */
    int n;                          /* numbers given */
    double number[PV_WRAP_NUMBERS]; /* those, then the usual ones of those left out */
    int optional;                   /* 1: left out where the world has nothing for it */
    const pv_spec *in, *out;        /* what the world is below and above it */
    uint8_t *acts;                  /* [n_obs] 1: it changes this observation */
    void *constant;                 /* tables computed once; one allocation */
    int which; /* skip: frames max looks at, 0: no max; life: the info "lives" */
} pv_wrap;

/* a whole line; constant once made */
typedef struct pv_wraps {
    const char *world; /* its id, for messages */
    char *line;        /* as it was given */
    char *text;        /* canonical, presets written out */
    int n;
    pv_wrap wrap[PV_WRAPS_MAX];
    pv_spec spec[PV_WRAPS_MAX + 1]; /* below wrapper 0, 1 ..., above the last */
    void *memory[PV_WRAPS_MAX + 1];
    int limited; /* 1: `limit` takes the place of the world's own limit */
} pv_wraps;

/* a spec in the making; `shape` changes it */
typedef struct pv_wrap_draft {
    pv_wraps *wraps;
    pv_wrap *wrap;
    pv_spec spec;
    pv_space *obs; /* [n_obs], spec.obs */
    double **bounds;
    int n_bounds;
} pv_wrap_draft;

struct pv_wrap_class {
    const char *name, *usage, *help;

    /* how it reads: `least` to `most` numbers from low to high, separated by spaces or by 'x' */
    const char *takes; /* in words: "a number of frames from 1 to 1000, like skip 4" */
    int least, most, whole;
    char separator;
    double low, high, usual;

    /* 1: a stack below it still moves on by one frame a step and begins with its first, unless it
       changes that observation */
    int keeps_stack;
    /* 1: it needs observations that nobody above asks for */
    int every_frame;
    /* 1: the world's table of outcomes is still true above it */
    int keeps_outcomes;

    /* Says whether it fits (pv_wrap_fail), marks the observations it changes in wrap->acts and
       changes the spec; NULL: it fits and changes nothing. */
    pv_status (*shape)(pv_wrap_draft *draft);
    /* Computes wrap->constant; may be NULL. */
    pv_status (*prepare)(pv_wrap *wrap);
    /* Takes the memory of one lane: what is saved from `saved`, what is not from `scratch`; run
       once to count and once to place, then with memory. Buffers in layer->own receive what the
       layer below shows; NULL ones: it goes straight to where the layer above wants it. */
    void (*layout)(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch);

    /* Each of the three may be NULL. reset and step call the layer below (pv_wrap_below_...);
       without them it is called and then `after`, which finds the observations in below->obs and
       writes io->obs (the same buffer where there is no own one; NULL: not wanted). */
    pv_status (*reset)(pv_wrap_layer *layer, const pv_io *io);
    pv_status (*step)(pv_wrap_layer *layer, const pv_io *io);
    void (*after)(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first);

    /* running statistics over so many numbers of a lane, 0 or NULL: none */
    size_t (*moments)(const pv_wrap *wrap);
};

/* one wrapper in one lane */
struct pv_wrap_layer {
    const pv_wrap *wrap; /* NULL: the world itself */
    pv_wrap_lane *lane;
    pv_status (*reset)(pv_wrap_layer *layer, const pv_io *io);
    pv_status (*step)(pv_wrap_layer *layer, const pv_io *io);
    void **own;   /* [n_obs] */
    void **shown; /* [n_obs] where the layer below writes now */
    void *saved, *scratch;
};

/* the wrappers of one lane */
struct pv_wrap_lane {
    const pv_env_class *env_class;
    pv_env *env;
    int agents;
    uint64_t max_steps;        /* the world's own limit, 0: none */
    uint64_t seed;             /* of the running episode */
    int training;              /* 1: lives end episodes, statistics are added to */
    int counting;              /* 1: rewards belong to a decision */
    int soft;                  /* 1: a reset that leaves the world alone, after a lost life */
    int lost;                  /* 1: this step lost a life and nothing else ended */
    pv_statistics *statistics; /* NULL: no wrapper keeps any */
    float *world_reward;       /* [agents] sum of the world's own in this step */
    pv_wrap_layer *layer;      /* [n + 1], the world first */
    pv_wrap_layer *top;
    void *state; /* everything that is saved */
    size_t state_size;
};

/* --- the line --- */

/* Reads a line for a world with this spec; NULL on failure. Free with pv_wraps_destroy. */
pv_wraps *pv_wraps_create(const char *line, const char *world, const pv_spec *spec);
void pv_wraps_destroy(pv_wraps *wraps);

/* Cuts the line into wraps->wrap; classes, numbers and presets only. */
pv_status pv_wraps_parse(pv_wraps *wraps);

/* The message of a failure: the line, what is wrong in words, and where. */
pv_status pv_wrap_fail(const pv_wraps *wraps, const pv_wrap *wrap, const char *format, ...)
    PV_PRINTF(3, 4);

/* Returns bounds for `count` numbers of a space in the making, NULL on failure. */
double *pv_wrap_bounds(pv_wrap_draft *draft, size_t count);

/* Returns 1 for masks of actions, which no wrapper touches. */
int pv_wrap_is_mask(const pv_space *space);

/* Returns how many frames observation i stacks so that keeping the newest of each step is enough.
 */
uint32_t pv_wraps_stack(const pv_wraps *wraps, uint32_t i);

/* Returns 1 if actions, time or rewards are other than in the world's table of outcomes. */
int pv_wraps_change_outcomes(const pv_wraps *wraps);

/* The table of wrappers and of presets (text: what one stands for), NULL past the last. */
const pv_wrap_class *pv_wrap_class_at(int i);
typedef struct pv_wrap_preset {
    const char *name, *help, *text;
} pv_wrap_preset;
const pv_wrap_preset *pv_wrap_preset_at(int i);

/* --- the lanes --- */

/* Takes the memory of a lane; run once to count and once to place. */
void pv_wrap_lane_take(pv_block *block, pv_wrap_lane *lane, const pv_wraps *wraps);

/* Begins the episode of `seed`, takes one step, or goes on after a lost life (lane->lost): like a
   reset for all above `life`, while the world stays as it is. */
pv_status pv_wrap_lane_reset(pv_wrap_lane *lane, uint64_t seed, const pv_io *io);
pv_status pv_wrap_lane_step(pv_wrap_lane *lane, const pv_io *io);
pv_status pv_wrap_lane_go_on(pv_wrap_lane *lane, const pv_io *io);

/* Adds what the lane has seen in this step to its statistics, or with `forget` drops it. */
void pv_wrap_lane_learn(pv_wrap_lane *lane, int forget);

/* --- for the wrappers themselves --- */

/* Points `below` at the buffers for the layer below; with `wanted` 0 only those that are needed
   anyway. */
void pv_wrap_redirect(const pv_wrap_layer *layer, const pv_io *io, int wanted, pv_io *below);

static inline pv_status pv_wrap_below_reset(pv_wrap_layer *layer, const pv_io *io)
{
    return (layer - 1)->reset(layer - 1, io);
}

static inline pv_status pv_wrap_below_step(pv_wrap_layer *layer, const pv_io *io)
{
    return (layer - 1)->step(layer - 1, io);
}

/* Takes a buffer for observation i from `block`, into which the layer below will write; returns it
   (NULL while counting). */
void *pv_wrap_take_own(pv_wrap_layer *layer, pv_block *block, uint32_t i);

/* Returns 1 if every agent has finished by these flags. */
static inline int pv_wrap_all_over(const pv_wrap_lane *lane, const pv_io *io)
{
    int running = 0;
    for (int i = 0; i < lane->agents; i++) {
        running += !(io->terminated[i] | io->truncated[i]);
    }
    return running == 0;
}

/* Returns the stream of this wrapper in the running episode. */
pv_rng pv_wrap_stream(const pv_wrap_layer *layer);

/* the rows, by family */
extern const pv_wrap_class pv_wrap_limit, pv_wrap_life;                   /* wrap_episode.c */
extern const pv_wrap_class pv_wrap_skip, pv_wrap_max;                     /* wrap_skip.c */
extern const pv_wrap_class pv_wrap_sticky, pv_wrap_noop;                  /* wrap_action.c */
extern const pv_wrap_class pv_wrap_gray;                                  /* wrap_gray.c */
extern const pv_wrap_class pv_wrap_stack;                                 /* wrap_stack.c */
extern const pv_wrap_class pv_wrap_hide, pv_wrap_onehot, pv_wrap_flatten; /* wrap_shape.c */
extern const pv_wrap_class pv_wrap_clip, pv_wrap_scale;                   /* wrap_reward.c */
extern const pv_wrap_class pv_wrap_norm, pv_wrap_norm_reward;             /* wrap_norm.c */

#endif
