/* world.h: worlds, opened by name, and many copies of one stepped together.

   A pv_world is a world class with its parameters resolved: constant, shared by any number of
   threads. A pv_vector runs `lanes` instances of it into contiguous batch buffers, resets a lane in
   the very step its episode ends (the last observation stays in final_obs), counts returns and
   applies step limits. */
#ifndef PAVLOV_WORLD_H
#define PAVLOV_WORLD_H

#include "pavlov/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- worlds --- */

typedef struct pv_world pv_world;

/* Opens "[FILE.so#]ID[:name=value,...]". An ID alone is looked for among the built-in worlds, then
   in the modules of the folders of PAVLOV_ENV_PATH, then of the installation. Modules stay loaded
   until the program ends. NULL on failure. */
pv_world *pv_world_open(const char *text);
void pv_world_close(pv_world *world);

/* Opens a world behind wrappers, from the world outwards: "skip 4, max 2, gray 84x84, stack 4"
   (docs/environments.md, `pavlov list wrappers`); NULL, "" or "none": as pv_world_open. The spec is
   then that of the wrapped world, and vectors apply the wrappers. NULL on failure. */
pv_world *pv_world_open_wrapped(const char *text, const char *wrap);

/* Returns the line of wrappers in its canonical form, presets written out; "" if there are none. */
const char *pv_world_wrap(const pv_world *world);

/* Returns the world's class, and what it is with these parameters; both live as long as the world.
 */
const pv_env_class *pv_world_class(const pv_world *world);
const pv_spec *pv_world_spec(const pv_world *world);

/* Returns the id with those parameters that are not defaults: "CliffWalking-v1:slippery=1". A world
   of a module named by file keeps "FILE.so#" in front. pv_world_open takes it back. */
const char *pv_world_name(const pv_world *world);

/* Returns pv_world_name fit for a folder: no file in front, "/" and what shells dislike as "_". */
const char *pv_world_folder(const pv_world *world);

/* Returns the path of the module it came from, NULL if built in. */
const char *pv_world_file(const pv_world *world);

/* Returns how many frames observation `i` of the spec stacks along its last axis, the oldest first,
   1 if none: each step moves them on by one and adds the newest, and where an episode begins all
   are its first frame. So who keeps many observations needs only the newest frame of each. */
uint32_t pv_world_stack(const pv_world *world, uint32_t i);

/* One line of the list of worlds that can be opened by ID alone. */
typedef struct pv_world_entry {
    const pv_env_class *env_class;
    char *file; /* of the module, NULL if built in; freed with the list */
} pv_world_entry;

/* Lists them, built-in ones first; the caller frees the list with pv_world_list_free. Modules that
   cannot be loaded are left out. */
pv_status pv_world_list(pv_world_entry **entries, int *n);
void pv_world_list_free(pv_world_entry *entries, int n);

/* Returns the bytes of one element row of a space: sizeof its dtype times the product of its shape.
 */
size_t pv_space_size(const pv_space *space);

/* Returns the number of elements of one row of a space. */
size_t pv_space_count(const pv_space *space);

/* --- many lanes of one world --- */

typedef struct pv_pool pv_pool; /* core/threads.h */

/* what an episode is for; part of its seed, so that evaluating changes no training episode */
typedef enum pv_purpose {
    PV_FOR_TRAINING = 1,
    PV_FOR_EVALUATION = 2,
    PV_FOR_RECORDING = 3
} pv_purpose;

/* what the wrappers norm and norm-reward have learned; an agent's own: pv_agent_statistics */
typedef struct pv_statistics pv_statistics;

typedef struct pv_vector_config {
    const pv_world *world; /* must outlive the vector */
    int lanes;
    uint32_t first_lane; /* number of lane 0 among all lanes of all workers */
    uint64_t seed; /* of the run; an episode's own is a hash of (seed, purpose, lane, number) */
    pv_purpose purpose;
    int shared_numbers; /* 0: each lane counts its episodes; 1: episodes are numbered over all lanes
                           in the order they begin and hash with lane 0, so lanes do not change them
                         */
    uint64_t max_steps; /* steps after which the host truncates; 0: the world's own limit */
    pv_statistics *statistics; /* of the world's wrappers, which PV_FOR_TRAINING adds to; must
                                  outlive the vector; NULL: its own, empty at the beginning */
    pv_pool *pool;             /* lanes run on its threads; NULL: on the caller's */
} pv_vector_config;

/* Returns one lane, seed 1, training, the world's own limit. */
pv_vector_config pv_vector_config_default(const pv_world *world);

/* An episode that ended. */
typedef struct pv_episode {
    int lane;              /* of this vector, 0 first */
    uint64_t number, seed; /* of the episode */
    uint64_t length;       /* steps */
    int terminated;        /* 1: by the world's rules for some agent; 0: cut short for all */
    const double *returns; /* [agents] undiscounted sums of the world's rewards */
} pv_episode;

/* What the last step left. Rows are lanes x agents, lane by lane. Pointers are the vector's own and
   may change from step to step: read them from here each time. */
typedef struct pv_batch {
    const pv_spec *spec;
    int lanes, agents, rows;
    void *const *action;         /* [n_action] -> [rows][...], for the caller to fill */
    const void *const *obs;      /* [n_obs] -> [rows][...], the observation to act on */
    const void *const *last_obs; /* what obs was before the step */
    const void *const
        *final_obs;      /* the observation that ended the episode; rows of ended lanes only */
    const float *reward; /* [rows] */
    const float *world_reward; /* [rows] the world's own, before wrappers change it */
    const uint8_t *terminated; /* [rows] */
    const uint8_t *truncated;  /* [rows] */
    const float *info;         /* [rows][n_info], of the step (not of the reset after it) */
    const uint8_t *first;      /* [rows] 1: obs begins an episode */
    const uint8_t *ended;      /* [lanes] 1: its episode ended in this step */
    const pv_episode *episode; /* [episodes] those that ended in this step, by lane */
    int episodes;
} pv_batch;

typedef struct pv_vector pv_vector;

/* Makes the lanes; nothing runs yet. NULL on failure. */
pv_vector *pv_vector_create(const pv_vector_config *config);
void pv_vector_destroy(pv_vector *vector);

/* Begins the next episode in every lane; those that were running are dropped. reward, flags and
   info of the batch are 0 then. */
pv_status pv_vector_reset(pv_vector *vector);

/* Steps every lane with the actions in the batch; lanes that end are reset in the same call. After
   a failure the lanes stand at different steps: reset or destroy the vector. */
pv_status pv_vector_step(pv_vector *vector);

/* Returns the view of the buffers; the pointer is constant, its content is of the last reset or
 * step. */
const pv_batch *pv_vector_batch(const pv_vector *vector);

/* Paints lane's picture of now: spec height lines of `stride` bytes. A world without a picture is
   an error. Called between steps; after an episode's last step the picture is already of the next
   one, unless pv_vector_hold is on. */
pv_status pv_vector_render(const pv_vector *vector, int lane, uint8_t *rgb, size_t stride);

/* With hold on, a lane whose episode ended is not reset in the same step, so that its last picture
   can be seen; obs then is the final observation. The next step only resets it: its action is not
   used, its reward is 0. For watching and recording only. */
void pv_vector_hold(pv_vector *vector, int on);

/* Returns the number of the state lane is in (tabular worlds), UINT32_MAX where there is none. */
uint32_t pv_vector_state(const pv_vector *vector, int lane);

/* Returns where the picture of now draws a state; 0 if nowhere or unknown to the world. */
uint32_t pv_vector_locate(const pv_vector *vector, int lane, uint32_t state, pv_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
