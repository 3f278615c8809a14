/* env.h: all that a world and its host know of each other.

   A world is one `const pv_env_class`: its name, its parameters and a handful of functions. The
   same source file is compiled into the program or built as a module (a shared library); the line
   PV_ENVS(&my_class) at its end serves both. This file includes nothing of ours, so a plugin author
   copies it and is done. It compiles as C11 and as C++.

   The rules of the interface (no globals, no clock, the plugin never resets itself ...) are told in
   docs/environments.md, and each of them is a test of `pavlov check`. */
#ifndef PAVLOV_ENV_H
#define PAVLOV_ENV_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* While MAJOR is 0 a host takes only modules of its own MINOR. */
#define PV_ABI_MAJOR 0u
#define PV_ABI_MINOR 1u
#define PV_ABI ((PV_ABI_MAJOR << 16) | PV_ABI_MINOR)

typedef int32_t pv_status; /* 0, or negative; the reason goes to host->log */

typedef uint32_t pv_dtype;
enum { PV_U8 = 1, PV_I32 = 2, PV_F32 = 3 };

/* pv_env_class.flags */
enum {
    PV_ONE_PER_PROCESS = 1, /* the code keeps globals: one instance in a process at a time */
    PV_NOT_REPEATABLE = 2   /* the same seed does not give the same episode; resume says so */
};

/* What an observation or an action is made of. Reserved name: "action_mask" (U8[n]; with several
   action spaces "action_mask.<name>"): 1 for a legal action, all zero for "does not act now". */
typedef struct pv_space {
    const char *name;
    pv_dtype dtype;
    uint32_t n;              /* > 0: categories 0..n-1 (I32); 0: numbers */
    uint32_t ndim, shape[4]; /* ndim 0: a scalar */
    const double *low;       /* per element; NULL: unbounded */
    const double *high;
} pv_space;

/* One declared parameter of a world or an agent. */
typedef struct pv_param {
    const char *name, *help;
    double initial, low, high;
    const char *choices; /* "easy|hard": the value is an index; NULL: a number */
    const char *text;    /* not NULL: a text (a map, a file), this its default */
} pv_param;

typedef struct pv_value {
    double number;
    const char *text;
} pv_value;

/* What a person's key does. */
typedef struct pv_key {
    uint32_t agent;
    const char *keys; /* "Left a": SDL key names that do it */
    uint32_t action;  /* which action space */
    double value;     /* index or number */
    uint32_t idle;    /* 1: what happens when no key is down */
} pv_key;

typedef struct pv_outcome {
    double probability, reward;
    uint32_t next, terminated;
} pv_outcome;

/* A rectangle of the picture, in pixels. */
typedef struct pv_rect {
    int32_t x, y, width, height;
} pv_rect;

/* What a world is, with the parameters it was created with. Constant from create to destroy. */
typedef struct pv_spec {
    uint32_t size;   /* set by the host before the call, as in every struct that can grow */
    uint32_t agents; /* leading dimension of every array of pv_io; all agents share the spaces */
    uint32_t n_obs, n_action, n_info, n_keys;
    const pv_space *obs, *action;
    const char *const *info;
    const pv_key *keys;
    uint32_t max_steps;     /* the id's usual step limit; 0: none */
    double solved;          /* score counted as solved; NaN: none */
    uint32_t n_states;      /* tabular worlds: states 0..n_states-1, else 0 */
    uint32_t width, height; /* of render(); 0: no picture */
    double fps;             /* of render(); 0: waits for a key */
} pv_spec;

/* One instance's slices of the host's batch arrays, all row-major. The host's; never grows within a
   MAJOR. The arrays of one agent follow those of the agent before it. */
typedef struct pv_io {
    const void *const *action; /* [n_action] */
    void *const *obs;          /* [n_obs]; obs[i] NULL: not wanted this step (skipped frames) */
    float *reward;             /* [agents] */
    uint8_t *terminated;       /* [agents] the task is over: no value beyond */
    uint8_t *truncated;        /* [agents] cut short: bootstrap */
    float *info;               /* [agents][n_info] */
} pv_io;

/* A test's source of random numbers: replaces the stream of the world. */
typedef struct pv_draws {
    uint32_t size;
    void *ctx;
    double (*uniform)(void *ctx);                        /* in [0, 1) */
    int64_t (*integer)(void *ctx, int64_t a, int64_t b); /* in a..b-1 */
} pv_draws;

typedef struct pv_host {
    uint32_t size, abi;
    void *ctx;
    void (*log)(void *ctx, int32_t level, const char *message); /* 0 error, 1 warning, 2 note */
    void *(*alloc)(void *ctx, size_t size);                     /* zeroed, or NULL */
    void (*free)(void *ctx, void *memory);
    pv_draws *draws; /* normally NULL */
} pv_host;

typedef struct pv_env pv_env;

typedef struct pv_env_class {
    uint32_t size, abi, flags;
    const char *id, *version, *summary;
    const pv_param *params;
    uint32_t n_params;
    pv_status (*create)(const pv_host *host, const pv_value *params, pv_env **env);
    void (*destroy)(pv_env *env);
    void (*spec)(const pv_env *env, pv_spec *spec);
    pv_status (*reset)(pv_env *env, uint64_t seed, const pv_io *io); /* writes obs and info */
    pv_status (*step)(pv_env *env, const pv_io *io);                 /* never resets itself */

    /* optional, NULL if absent */
    pv_status (*render)(const pv_env *env, uint8_t *rgb, size_t stride); /* changes nothing */
    size_t (*state_size)(const pv_env *env);                             /* constant */
    pv_status (*save)(const pv_env *env, void *state); /* everything, RNG included */
    pv_status (*load)(pv_env *env, const void *state, size_t size);
    uint32_t (*state)(const pv_env *env); /* tabular: its number now */
    /* count of P(s', r | s, a), written in listed order up to capacity; state UINT32_MAX: the start
       distribution (action, reward and terminated unused) */
    uint32_t (*outcomes)(const pv_env *env, uint32_t state, uint32_t action, pv_outcome *outcomes,
                         uint32_t capacity);
    /* n instances at once; ios[i] belongs to envs[i]; only where a profile pays for it */
    pv_status (*step_many)(pv_env *const *envs, const pv_io *ios, size_t n);
    /* tabular: where render() draws a state; returns 0 where the picture of now has no such place
     */
    uint32_t (*locate)(const pv_env *env, uint32_t state, pv_rect *rect);
} pv_env_class;

/* The only exported symbol of a module: class number `index`, NULL past the last. */
typedef const pv_env_class *pv_env_entry_function(uint32_t host_abi, uint32_t index);

#if defined(_WIN32)
#define PV_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define PV_EXPORT __attribute__((visibility("default")))
#else
#define PV_EXPORT
#endif

/* PV_ENVS(&a, &b) at the end of a world's file: the exported entry of a module, or, compiled with
   -DPV_BUILTIN=<file name without .c>, the table pv_envs_<name> that the program's registry lists.
 */
#ifdef PV_BUILTIN
#define PV_JOIN_(a, b) a##b
#define PV_JOIN(a, b) PV_JOIN_(a, b)
#define PV_ENVS(...)                                                                               \
    extern const pv_env_class *const PV_JOIN(pv_envs_, PV_BUILTIN)[];                              \
    const pv_env_class *const PV_JOIN(pv_envs_, PV_BUILTIN)[] = {__VA_ARGS__, NULL}
#else
#define PV_ENVS(...)                                                                               \
    PV_EXPORT const pv_env_class *pv_env_entry(uint32_t host_abi, uint32_t index);                 \
    PV_EXPORT const pv_env_class *pv_env_entry(uint32_t host_abi, uint32_t index)                  \
    {                                                                                              \
        static const pv_env_class *const classes[] = {__VA_ARGS__, NULL};                          \
        const uint32_t count = (uint32_t)(sizeof classes / sizeof classes[0]) - 1u;                \
        (void)host_abi;                                                                            \
        return index < count ? classes[index] : NULL;                                              \
    }                                                                                              \
    typedef int pv_envs_semicolon_
#endif

/* --- a small random stream; worlds draw through it and through nothing else ---------------------

   The generator is xoshiro256++ (Blackman and Vigna 2021) seeded by splitmix64. pv_rng is plain
   data, so it is saved with the rest of a world's state; `draws` is host->draws and is not saved.
 */
typedef struct pv_rng {
    uint64_t s[4];
} pv_rng;

static inline uint64_t pv_splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline void pv_rng_init(pv_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        rng->s[i] = pv_splitmix(&seed);
    }
}

static inline uint64_t pv_rng_next(pv_rng *rng)
{
    uint64_t *s = rng->s;
    const uint64_t sum = s[0] + s[3];
    const uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* A double in [0, 1), a multiple of 2^-53. */
static inline double pv_draw_uniform(pv_rng *rng, pv_draws *draws)
{
    return draws ? draws->uniform(draws->ctx)
                 : (double)(int64_t)(pv_rng_next(rng) >> 11) * 1.1102230246251565e-16;
}

/* An integer in a..b-1, without bias (Lemire 2019); b - a in 1..2^32-1. */
static inline int64_t pv_draw_integer(pv_rng *rng, pv_draws *draws, int64_t a, int64_t b)
{
    if (draws) {
        return draws->integer(draws->ctx, a, b);
    }
    const uint32_t range = (uint32_t)(b - a);
    uint64_t product = (pv_rng_next(rng) >> 32) * range;
    if ((uint32_t)product < range) {
        const uint32_t threshold = (0u - range) % range;
        while ((uint32_t)product < threshold) {
            product = (pv_rng_next(rng) >> 32) * range;
        }
    }
    return a + (int64_t)(product >> 32);
}

/* An index with probabilities p[0..n-1]: one uniform draw U, the first i whose running sum exceeds
   U, and 0 should rounding leave the last sum at or below U. */
static inline uint32_t pv_draw_index(pv_rng *rng, pv_draws *draws, const double *p, uint32_t n)
{
    const double u = pv_draw_uniform(rng, draws);
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        sum += p[i];
        if (sum > u) {
            return i;
        }
    }
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
