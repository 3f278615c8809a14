/* check_tests.h: what the tests of the validator share.

   A test is a function that gets a pv_check: the world class and its parameters to work on, and
   the place to say what was wrong. It works on rigs: a rig is one instance with a host that counts
   and guards memory, and with guarded buffers for everything the world reads and writes. A trace
   is what a rig did, in actions and hashes, to be done again by another rig and compared. Rigs,
   traces and buffers belong to the check and go when the test ends, so tests just return. */
#ifndef PAVLOV_ENVS_HOST_CHECK_TESTS_H
#define PAVLOV_ENVS_HOST_CHECK_TESTS_H

#include "envs/host/check.h"
#include "pavlov/world.h"

#define PV_CHECK_STEPS 300      /* of a trajectory that is compared with another */
#define PV_CHECK_PATIENCE 20000 /* steps in which an episode should have ended */

typedef struct pv_rig pv_rig;
typedef struct pv_chunk pv_chunk;

/* Which call into the world is running: says where a crash was. */
typedef struct pv_place {
    const char *call;    /* "step", a constant; NULL: none of the world's */
    uint64_t seed, step; /* of the episode's reset, steps since */
} pv_place;

/* One test on one world. Lies in memory that the process of the test shares with the parent, so
   that what it said last survives a crash. */
typedef struct pv_check {
    const pv_env_class *env_class; /* NULL in tests of a whole module */
    const pv_value *values;        /* [n_params] asked for */
    const char *file;              /* of the module; NULL: built in */
    const pv_world *wrapped;       /* tests of a wrapped world only */
    uint64_t seed;                 /* of the fuzzing */
    double timeout, started;       /* seconds; started on the monotonic clock */
    pv_check_outcome outcome;
    int finished;      /* 1: the test came to its end */
    char message[512]; /* the first failure, or the reason of a skip */
    char note[320];    /* what a failure should add, "" for nothing */
    pv_place place;
    pv_rig *rigs;
    pv_chunk *chunks;
} pv_check;

typedef void pv_check_function(pv_check *check);

/* what a test needs */
enum {
    PV_CHECK_MODULE, /* a module; runs once for it, not for each of its worlds */
    PV_CHECK_CLASS,  /* a class, which may be incomplete */
    PV_CHECK_WORLD,  /* a class whose worlds can be created */
    PV_CHECK_WRAPPED /* a world opened behind wrappers */
};

typedef struct pv_check_test {
    pv_check_info info;
    pv_check_function *run;
    int needs;
} pv_check_test;

/* The groups, each ended by a test without a name. */
extern const pv_check_test pv_check_load[], pv_check_params[], pv_check_spaces[],
    pv_check_episode[], pv_check_determinism[], pv_check_state[], pv_check_tabular[],
    pv_check_picture[], pv_check_memory[], pv_check_fuzz[], pv_check_wrap[];

/* --- a test's verdict (check_process.c) --- */

/* Says what was wrong and returns -1; the first failure stays. */
int pv_check_fail(pv_check *check, const char *format, ...) PV_PRINTF(2, 3);

/* Says why the test does not apply. */
void pv_check_skip(pv_check *check, const char *format, ...) PV_PRINTF(2, 3);

/* Returns 1 once half of the test's time is over: tests of many rounds then stop. */
int pv_check_late(const pv_check *check);

/* Returns `size` zeroed bytes that live as long as the test; NULL after failing it. */
void *pv_check_alloc(pv_check *check, size_t size);

/* Frees what pv_check_alloc gave since check->chunks was `mark`; rigs made since must be gone. */
void pv_check_release(pv_check *check, const pv_chunk *mark);

/* Frees the rigs and memory of the check. */
void pv_check_clean(pv_check *check);

/* Returns seconds on the monotonic clock. */
double pv_check_clock(void);

/* Returns zeroed memory for `count` checks that child processes share; NULL on failure. */
pv_check *pv_check_share(size_t count);
void pv_check_unshare(pv_check *checks, size_t count);

/* Runs the test in a process of its own and fails it if that crashes, ends or runs too long. */
void pv_check_isolate(pv_check *check, pv_check_function *run);

/* --- guarded memory (check_rig.c) --- */

#define PV_GUARD 256 /* bytes watched on either side */

/* An array handed to the world, between two watched zones. */
typedef struct pv_buffer {
    char name[64]; /* "observation \"board\"" */
    uint8_t *data;
    size_t size;
} pv_buffer;

/* Makes a zeroed buffer that lives as long as the test; -1 after failing it. */
int pv_buffer_init(pv_check *check, pv_buffer *buffer, size_t size, const char *format, ...)
    PV_PRINTF(4, 5);

/* Fails the check and returns -1 if anything around the buffer was written. */
int pv_buffer_guard(pv_check *check, const pv_buffer *buffer);

/* --- rigs (check_rig.c, check_act.c) --- */

/* A source of numbers given to the world instead of its own stream. */
typedef struct pv_feed {
    pv_draws draws;
    pv_rng rng;
    uint64_t count; /* numbers drawn */
    int wrong;      /* 1: asked for an integer of an empty or too large range */
} pv_feed;

void pv_feed_init(pv_feed *feed, uint64_t seed);

typedef struct pv_rig_config {
    const pv_value *values; /* NULL: the check's */
    pv_draws *draws;
    uint64_t fail_at; /* the host's n-th alloc fails; 0: none */
    int may_fail;     /* 1: a create that fails properly is no failure of the test */
} pv_rig_config;

struct pv_rig {
    pv_rig *next;
    pv_check *check;
    const pv_env_class *env_class;
    pv_env *env;
    pv_status status; /* of create */
    pv_host host;
    pv_spec spec;

    pv_buffer *buffers; /* actions, observations, reward, terminated, truncated, info */
    int n_buffers;
    const void **action; /* what io points to */
    void **obs;          /* an element may be set to NULL: not wanted */
    pv_io io;
    pv_rng rng;          /* of the random actions */
    uint8_t poison;      /* fills the outputs before each call */
    uint64_t seed, step; /* of the last reset, steps since */

    struct pv_loan *loans; /* what the world holds of the host's memory */
    size_t live, taken;    /* bytes now, bytes ever */
    uint64_t allocations, fail_at;
    int wrong_frees;
    uint8_t *pool; /* where loans are taken from, NULL: from the library */
    size_t pool_size, pool_used;

    int errors; /* messages of level 0 so far */
    char message[200];
};

/* Creates an instance. `config` may be NULL. NULL after failing the check; with may_fail and a
   proper refusal a rig whose env is NULL. */
pv_rig *pv_rig_create(pv_check *check, const pv_rig_config *config);
void pv_rig_destroy(pv_rig *rig);

/* Asks the world for its spec. */
void pv_rig_spec(pv_rig *rig, pv_spec *spec);

/* Fails the check and returns -1 if anything around the rig's buffers or around memory that the
   world took from the host was written. */
int pv_rig_guard(pv_rig *rig);

/* Lets the host lend from `size` bytes set aside now instead of from malloc; -1 after failing the
   check. Emptied it forgets all it lent. */
int pv_rig_pool(pv_rig *rig, size_t size);
void pv_rig_pool_empty(pv_rig *rig);

/* The buffers of the rig. */
pv_buffer *pv_rig_action(const pv_rig *rig, uint32_t i);
pv_buffer *pv_rig_obs(const pv_rig *rig, uint32_t i);
pv_buffer *pv_rig_outputs(const pv_rig *rig, int *n); /* from the first observation on */

/* The world's functions; outputs are filled with the poison before. */
pv_status pv_rig_reset(pv_rig *rig, uint64_t seed);
pv_status pv_rig_step(pv_rig *rig);
pv_status pv_rig_render(pv_rig *rig, uint8_t *rgb, size_t stride);
size_t pv_rig_state_size(pv_rig *rig);
pv_status pv_rig_save(pv_rig *rig, void *state);
pv_status pv_rig_load(pv_rig *rig, const void *state, size_t size);
uint32_t pv_rig_state(pv_rig *rig);
uint32_t pv_rig_outcomes(pv_rig *rig, uint32_t state, uint32_t action, pv_outcome *outcomes,
                         uint32_t capacity);
uint32_t pv_rig_locate(pv_rig *rig, uint32_t state, pv_rect *rect);

/* Judges a status that may be an error: -1 after failing the check where it is positive or where
   no message was logged since `errors` was read. */
int pv_rig_judge(pv_rig *rig, const char *call, pv_status status, int errors);

/* Puts random legal actions into the action buffers. */
void pv_rig_choose(pv_rig *rig);

/* The same calls where an error is a failure of the test: reset, choose and step, save and load;
   -1 after failing it. */
int pv_rig_begin(pv_rig *rig, uint64_t seed);
int pv_rig_act(pv_rig *rig);
int pv_rig_keep(pv_rig *rig, void *state);
int pv_rig_restore(pv_rig *rig, const void *state, size_t size);

/* Returns 1 if every agent has a flag set. */
int pv_rig_over(const pv_rig *rig);

/* Acts, and begins the next episode (seed + 1, ...) instead when the last is over. */
int pv_rig_go_on(pv_rig *rig);

/* Plays until an episode is over: 1, or 0 where none ended in time, or -1 after failing the check.
 */
int pv_rig_finish(pv_rig *rig, uint64_t seed);

/* Returns the mask of an action space in the observations, -1 if there is none. */
int pv_rig_mask(const pv_rig *rig, uint32_t action);

/* Returns 1 if a mask lets `agent` do something now, or there is no mask. */
int pv_rig_acts(const pv_rig *rig, uint32_t agent);

/* --- what a world says of itself (check_spec.c) --- */

/* Fails the check and returns -1 if a class or a spec is not as pavlov/env.h asks. */
int pv_check_class(pv_check *check, const pv_env_class *env_class);
int pv_check_spec(pv_check *check, const pv_env_class *env_class, const pv_spec *spec);

/* Fails the check and returns -1 if the rig's observation or reward is outside its space. */
int pv_check_outputs(pv_rig *rig);

/* Returns the number of choices of "easy|hard". */
int pv_check_choices(const char *choices);

/* --- traces (check_trace.c) --- */

typedef struct pv_trace {
    int n, capacity, fields;
    size_t action_size;
    uint64_t *seed;  /* [n] of a reset */
    uint8_t *kind;   /* [n] 1: reset, 0: step */
    uint8_t *action; /* [n][action_size] */
    uint64_t *hash;  /* [n][fields] of observations, reward, terminated, truncated, info */
} pv_trace;

/* Makes an empty trace for `capacity` calls of rigs like this one; NULL after failing the check. */
pv_trace *pv_trace_create(pv_rig *rig, int capacity);

/* Resets with `seed`, or acts (on to the next episode where one is over), and adds that. -1 after
   failing the check. */
int pv_trace_begin(pv_trace *trace, pv_rig *rig, uint64_t seed);
int pv_trace_act(pv_trace *trace, pv_rig *rig);

/* Returns a new trace of `steps` calls from reset(seed) on; NULL after failing the check. */
pv_trace *pv_trace_record(pv_rig *rig, uint64_t seed, int steps);

/* Does call i of the trace on a rig and compares: -1 after failing the check with "... differs
   `words`". Observations that are not wanted are not compared. */
int pv_trace_follow(const pv_trace *trace, int i, pv_rig *rig, const char *words);

/* Follows the whole trace. */
int pv_trace_replay(const pv_trace *trace, pv_rig *rig, const char *words);

/* Puts the actions of call i into the rig, and compares what it holds now with call i: the two
   halves of following a step. */
void pv_trace_load_action(const pv_trace *trace, int i, pv_rig *rig);
int pv_trace_compare(const pv_trace *trace, int i, pv_rig *rig, const char *words);

/* Returns 1 if the two traces are equal. */
int pv_trace_equal(const pv_trace *a, const pv_trace *b);

/* Records a trace on a new rig of its own, which is destroyed. */
pv_trace *pv_trace_fresh(pv_check *check, const pv_rig_config *config, uint64_t seed, int steps);

#endif
