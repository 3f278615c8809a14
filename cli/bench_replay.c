/* bench_replay.c: `pavlov bench replay`: what remembering costs on this machine, in processor time
   of one core: pushing a transition, choosing 32 out of a million, putting their observations
   together, beside a plain copy of as many bytes from random places of the same memory. */
#include "cli/bench.h"

#include "core/machine.h"
#include "core/memory.h"
#include "core/params.h"
#include "core/stats.h"
#include "replay/replay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 7, SAMPLES = 32, SIDE = 84, STACK = 4, POOL = 64 };

typedef enum bench_kind { PUSH, DRAW, DRAW_UPDATE, GATHER, COPY } bench_kind;

typedef struct bench_case {
    const char *name;
    bench_kind kind;
    pv_replay_kind replay;
    int atari; /* 84x84 bytes in stacks of four; else four numbers */
    uint64_t capacity;
} bench_case;

static const bench_case cases[] = {
    {"push_cartpole", PUSH, PV_REPLAY_UNIFORM, 0, 1000000},
    {"push_cartpole_prioritized", PUSH, PV_REPLAY_PRIORITIZED, 0, 1000000},
    {"push_atari", PUSH, PV_REPLAY_UNIFORM, 1, 100000},
    {"draw_uniform_b32", DRAW, PV_REPLAY_UNIFORM, 0, 1000000},
    {"draw_prioritized_b32", DRAW, PV_REPLAY_PRIORITIZED, 0, 1000000},
    {"draw_update_prioritized_b32", DRAW_UPDATE, PV_REPLAY_PRIORITIZED, 0, 1000000},
    {"gather_cartpole_b32", GATHER, PV_REPLAY_UNIFORM, 0, 1000000},
    {"gather_cartpole_50k_b32", GATHER, PV_REPLAY_UNIFORM, 0, 50000},
    {"gather_atari_b32", GATHER, PV_REPLAY_UNIFORM, 1, 100000},
    {"copy_atari_b32", COPY, PV_REPLAY_UNIFORM, 1, 100000},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* a case with all it needs */
typedef struct rig {
    const bench_case *about;
    uint64_t capacity;
    size_t whole; /* bytes of an observation */
    pv_replay *replay;
    unsigned char *obs; /* [POOL + 1][whole] that follow one another */
    unsigned char *plain, *copies;
    size_t plain_size;
    uint64_t pushed;
    pv_rng rng;
    float error[SAMPLES];
} rig;

static void free_rig(rig *r)
{
    pv_replay_destroy(r->replay);
    pv_free(r->obs);
    pv_free(r->plain);
    pv_free(r->copies);
}

static pv_status make_replay(rig *r)
{
    static const pv_space picture = {
        .name = "obs", .dtype = PV_U8, .ndim = 3, .shape = {SIDE, SIDE, STACK}};
    static const pv_space numbers = {.name = "obs", .dtype = PV_F32, .ndim = 1, .shape = {4}};
    static const pv_space move = {.name = "action", .dtype = PV_I32, .n = 4};
    static const int stack = STACK;
    const int atari = r->about->atari;
    pv_replay_config config = pv_replay_config_default();
    config.capacity = r->capacity;
    config.n_obs = config.n_action = 1;
    config.obs = atari ? &picture : &numbers;
    config.action = &move;
    config.stack = atari ? &stack : NULL;
    config.kind = r->about->replay;
    config.batch = SAMPLES;
    r->replay = pv_replay_create(&config);
    return r->replay ? PV_OK : pv_last_status();
}

/* observations of which each is the one before with a new newest frame */
static void fill_pool(rig *r)
{
    const size_t step = r->about->atari ? STACK : 1;
    for (size_t i = 0; i <= POOL; i++) {
        unsigned char *obs = r->obs + i * r->whole;
        for (size_t at = 0; at < r->whole; at += step) {
            if (step > 1 && i > 0) {
                memcpy(obs + at, obs - r->whole + at + 1, step - 1);
            }
            obs[at + step - 1] = (unsigned char)(pv_rng_next(&r->rng) & 63u);
        }
    }
}

/* an episode of POOL steps goes through the pool once */
static void push(rig *r)
{
    const size_t at = (size_t)(r->pushed % POOL);
    const void *const obs[] = {r->obs + at * r->whole};
    const void *const next[] = {r->obs + (at + 1) * r->whole};
    const int32_t move = (int32_t)(r->pushed & 3);
    const void *const action[] = {&move};
    const float reward = (float)(r->pushed % 7);
    const uint8_t no = 0;
    const uint8_t ended = at == POOL - 1;
    const pv_replay_step step = {.obs = obs,
                                 .action = action,
                                 .reward = &reward,
                                 .terminated = &ended,
                                 .truncated = &no,
                                 .next_obs = next,
                                 .final_obs = next};
    pv_replay_push(r->replay, &step);
    r->pushed++;
}

static pv_status make_rig(rig *r, const bench_case *about)
{
    memset(r, 0, sizeof *r);
    r->about = about;
    r->rng = pv_rng_split(1, "bench");
    r->whole = about->atari ? (size_t)SIDE * SIDE * STACK : 4 * sizeof(float);
    /* a small machine gets a smaller memory, never one that swaps */
    const uint64_t place = about->atari ? (uint64_t)SIDE * SIDE : 64;
    const uint64_t fits = pv_memory_available() / 4 / place;
    r->capacity = fits && fits < about->capacity ? fits : about->capacity;
    r->obs = pv_alloc_array(POOL + 1, r->whole);
    if (!r->obs) {
        return pv_last_status();
    }
    fill_pool(r);
    if (about->kind == COPY) {
        r->plain_size = (size_t)r->capacity * SIDE * SIDE;
        r->plain = pv_alloc(r->plain_size);
        r->copies = pv_alloc_array((size_t)2 * SAMPLES, r->whole);
        if (!r->plain || !r->copies) {
            return pv_last_status();
        }
        memset(r->plain, 7, r->plain_size); /* every page is there */
        return PV_OK;
    }
    const pv_status status = make_replay(r);
    while (status == PV_OK && r->pushed < r->capacity) {
        push(r);
    }
    for (int i = 0; status == PV_OK && i < 2000 && about->replay == PV_REPLAY_PRIORITIZED; i++) {
        const pv_replay_batch *b = pv_replay_draw(r->replay, &r->rng, SAMPLES, 0.4);
        for (int k = 0; k < SAMPLES; k++) {
            r->error[k] = (float)pv_rng_normal(&r->rng);
        }
        pv_replay_update(r->replay, b->index, r->error, SAMPLES);
    }
    return status;
}

static void copy_batch(rig *r)
{
    const size_t pictures = r->plain_size / r->whole;
    for (size_t i = 0; i < 2 * (size_t)SAMPLES; i++) {
        const size_t from = pv_rng_below(&r->rng, (uint32_t)pictures);
        memcpy(r->copies + i * r->whole, r->plain + from * r->whole, r->whole);
    }
}

static void step(rig *r)
{
    switch (r->about->kind) {
    case PUSH:
        push(r);
        break;
    case DRAW:
        pv_replay_draw(r->replay, &r->rng, SAMPLES, 0.4);
        break;
    case DRAW_UPDATE:
        pv_replay_update(r->replay, pv_replay_draw(r->replay, &r->rng, SAMPLES, 0.4)->index,
                         r->error, SAMPLES);
        break;
    case GATHER:
        pv_replay_sample(r->replay, &r->rng, SAMPLES, 0.4);
        break;
    case COPY:
        copy_batch(r);
        break;
    }
}

/* bytes of observations that a step writes */
static double bytes_written(const rig *r)
{
    switch (r->about->kind) {
    case PUSH:
        return (double)r->whole / (r->about->atari ? STACK : 1);
    case GATHER:
    case COPY:
        return 2.0 * SAMPLES * (double)r->whole;
    default:
        return 0.0;
    }
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* the median of some short timings, in microseconds */
static double time_steps(rig *r, double seconds)
{
    const int rounds = r->about->atari ? 4 : 256;
    double each[REPEATS];
    for (int k = -1; k < REPEATS; k++) { /* the first is to warm up */
        const double began = cpu_seconds();
        double now = began;
        uint64_t steps = 0;
        do {
            for (int i = 0; i < rounds; i++, steps++) {
                step(r);
            }
            now = cpu_seconds();
        } while (now - began < seconds / REPEATS);
        each[k < 0 ? 0 : k] = 1e6 * (now - began) / (double)steps;
    }
    pv_sort(each, REPEATS);
    return each[REPEATS / 2];
}

static void put_row(const rig *r, double us, cJSON *json, int *failed)
{
    const double bytes = bytes_written(r);
    if (!json) {
        printf("%-28s %12llu %12.3f %10.0f %8.2f\n", r->about->name,
               (unsigned long long)r->capacity, us, bytes, 1e-3 * bytes / us);
        fflush(stdout);
        return;
    }
    cJSON *row = pv_put_row(json, failed);
    pv_put_text(row, "case", r->about->name, failed);
    pv_put_number(row, "capacity", (double)r->capacity, failed);
    pv_put_number(row, "us", round(1e4 * us) / 1e4, failed);
    pv_put_number(row, "bytes", bytes, failed);
}

/* an unknown case is an error with the nearest */
static pv_status check_name(const char *only)
{
    const char *names[CASES];
    for (int i = 0; i < CASES; i++) {
        names[i] = cases[i].name;
        if (!only || !strcmp(only, names[i])) {
            return PV_OK;
        }
    }
    const char *near = pv_near_name(only, names, CASES);
    return pv_fail(PV_ERROR_ARGUMENT, "cannot bench \"%s\"; did you mean \"%s\"?", only,
                   near ? near : names[0]);
}

pv_status pv_bench_replay(const char *only, double seconds, cJSON *json)
{
    int failed = 0;
    pv_status status = check_name(only);
    if (status == PV_OK && !json) {
        printf("%-28s %12s %12s %10s %8s\n", "case", "transitions", "us", "bytes", "GB/s");
    }
    for (int i = 0; i < CASES && status == PV_OK; i++) {
        rig r;
        if (only && strcmp(only, cases[i].name) != 0) {
            continue;
        }
        status = make_rig(&r, &cases[i]);
        if (status == PV_OK) {
            put_row(&r, time_steps(&r, seconds), json, &failed);
        }
        free_rig(&r);
    }
    return status == PV_OK && failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the answer")
                                     : status;
}
