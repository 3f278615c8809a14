/* bench.c: `pavlov bench`: how fast the worlds step on this machine, in processor time of one core;
   the other kinds of figures stand in files of their own. */
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/verbose.h"

#include "core/memory.h"
#include "core/rng.h"
#include "core/stats.h"
#include "core/threads.h"
#include "pavlov/world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 5, POOL = 65536 };

/* many random actions for every row, drawn beforehand so that only stepping is timed */
typedef struct actions {
    void **pool;  /* [n_action] -> [pool][...] */
    size_t *size; /* [n_action] bytes of a row */
    size_t rows, pool_rows, at;
    uint32_t n;
    int mask;  /* which observation says what is legal, -1: none */
    int plain; /* one row, one category, no mask: choosing must not cost more than stepping */
} actions;

static void fill_space(const pv_space *space, pv_rng *rng, void *data, size_t rows)
{
    const size_t count = pv_space_count(space);
    for (size_t i = 0; i < rows * count; i++) {
        if (space->n) {
            ((int32_t *)data)[i] = (int32_t)pv_rng_below(rng, space->n);
        } else if (space->dtype == PV_F32) {
            const double low =
                space->low && isfinite(space->low[i % count]) ? space->low[i % count] : -1.0;
            const double high =
                space->high && isfinite(space->high[i % count]) ? space->high[i % count] : 1.0;
            ((float *)data)[i] = (float)(low + (high - low) * pv_rng_uniform(rng));
        }
    }
}

static void free_actions(actions *a)
{
    for (uint32_t i = 0; a->pool && i < a->n; i++) {
        pv_free(a->pool[i]);
    }
    pv_free(a->pool);
    pv_free(a->size);
}

static pv_status make_actions(actions *a, const pv_spec *spec, size_t rows)
{
    pv_rng rng = pv_rng_split(1, "bench");
    a->n = spec->n_action;
    a->rows = rows;
    a->pool_rows = rows * (POOL / rows + 1);
    a->mask = -1;
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        a->mask = strcmp(spec->obs[i].name, "action_mask") == 0 ? (int)i : a->mask;
    }
    a->plain =
        rows == 1 && a->n == 1 && spec->action[0].n && spec->action[0].ndim == 0 && a->mask < 0;
    a->pool = pv_alloc_array(a->n, sizeof *a->pool);
    a->size = pv_alloc_array(a->n, sizeof *a->size);
    for (uint32_t i = 0; a->pool && a->size && i < a->n; i++) {
        a->size[i] = pv_space_size(&spec->action[i]);
        a->pool[i] = pv_alloc_array(a->pool_rows, a->size[i]);
        if (!a->pool[i]) {
            return pv_last_status();
        }
        fill_space(&spec->action[i], &rng, a->pool[i], a->pool_rows);
    }
    return a->pool && a->size ? PV_OK : pv_last_status();
}

/* an illegal action becomes the next legal one */
static void obey_mask(const actions *a, const pv_batch *batch)
{
    const uint32_t n = batch->spec->action[0].n;
    int32_t *action = batch->action[0];
    const uint8_t *mask = batch->obs[a->mask];
    for (int row = 0; row < batch->rows; row++) {
        for (uint32_t i = 0; i < n && !mask[(size_t)row * n + (size_t)action[row]]; i++) {
            action[row] = (int32_t)(((uint32_t)action[row] + 1u) % n);
        }
    }
}

static void choose_actions(actions *a, const pv_batch *batch)
{
    if (a->plain) {
        *(int32_t *)batch->action[0] = ((const int32_t *)a->pool[0])[a->at];
        a->at = (a->at + 1) % POOL;
        return;
    }
    for (uint32_t i = 0; i < a->n; i++) {
        memcpy(batch->action[i], (const char *)a->pool[i] + a->at * a->size[i],
               a->rows * a->size[i]);
    }
    a->at = a->at + a->rows < a->pool_rows ? a->at + a->rows : 0;
    if (a->mask >= 0) {
        obey_mask(a, batch);
    }
}

/* what is stepped, and how */
typedef struct stepping {
    const char *world, *wrap; /* wrap NULL: none */
    int lanes, threads;       /* threads 0: not told, and 1 */
} stepping;

/* Seconds this thread has computed: what others do on the machine does not count. With several
   threads only a clock on the wall tells what they gain. */
static double seconds_now(const stepping *what)
{
    struct timespec now;
    clock_gettime(what->threads > 1 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static pv_status step_for(const stepping *what, pv_vector *vector, actions *a, double seconds,
                          double *rate)
{
    const pv_batch *batch = pv_vector_batch(vector);
    const double began = seconds_now(what);
    double now = began;
    uint64_t steps = 0;
    while (now - began < seconds) {
        /* the clock is read once for every thousand steps or so, of slow worlds for every hundred
         */
        const int rounds = (what->wrap ? 128 : 1024) / batch->lanes + 1;
        for (int i = 0; i < rounds; i++) {
            choose_actions(a, batch);
            const pv_status status = pv_vector_step(vector);
            if (status) {
                return status;
            }
            steps += (uint64_t)batch->lanes;
        }
        now = seconds_now(what);
    }
    *rate = (double)steps / (now - began);
    return PV_OK;
}

/* the median of some short timings */
static pv_status time_vector(const stepping *what, const pv_vector_config *config, double seconds,
                             double *rate)
{
    actions a = {0};
    double rates[REPEATS];
    const pv_spec *spec = pv_world_spec(config->world);
    pv_vector *vector = pv_vector_create(config);
    pv_status status = vector ? PV_OK : pv_last_status();
    status = status ? status : pv_vector_reset(vector);
    status = status ? status : make_actions(&a, spec, (size_t)config->lanes * spec->agents);
    status = status ? status : step_for(what, vector, &a, seconds / REPEATS, &rates[0]); /* warm */
    for (int i = 0; i < REPEATS && status == PV_OK; i++) {
        status = step_for(what, vector, &a, seconds / REPEATS, &rates[i]);
    }
    if (status == PV_OK) {
        pv_sort(rates, REPEATS);
        *rate = rates[REPEATS / 2];
    }
    free_actions(&a);
    pv_vector_destroy(vector);
    return status;
}

static pv_status time_world(const stepping *what, const pv_world *world, double seconds,
                            double *rate)
{
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = what->lanes;
    if (what->threads > 1) {
        config.pool = pv_pool_create(what->threads);
        if (!config.pool) {
            return pv_last_status();
        }
    }
    const pv_status status = time_vector(what, &config, seconds, rate);
    pv_pool_destroy(config.pool);
    return status;
}

static void report(const stepping *what, double rate, cJSON *json, int *failed)
{
    char how[64] = "";
    if (json) {
        cJSON *row = pv_put_row(json, failed);
        pv_put_text(row, "world", what->world, failed);
        pv_put_number(row, "lanes", what->lanes, failed);
        if (what->wrap) {
            pv_put_text(row, "wrap", what->wrap, failed);
        }
        if (what->threads) {
            pv_put_number(row, "threads", what->threads, failed);
        }
        pv_put_number(row, "steps_per_second", round(rate), failed);
        pv_put_number(row, "nanoseconds", round(1e11 / rate) / 100.0, failed);
        return;
    }
    if (what->threads) {
        snprintf(how, sizeof how, "  on %d thread%s", what->threads, what->threads > 1 ? "s" : "");
    }
    printf("%-24s %6d %14.0f %10.2f%s%s%s\n", what->world, what->lanes, rate, 1e9 / rate,
           what->wrap ? "  " : "", what->wrap ? what->wrap : "", how);
    fflush(stdout);
}

static pv_status bench_one(const stepping *what, double seconds, cJSON *json, int *failed)
{
    pv_world *world = pv_world_open_wrapped(what->world, what->wrap);
    pv_status status = world ? PV_OK : pv_last_status();
    if (world && (what->lanes == 1 || !(pv_world_class(world)->flags & PV_ONE_PER_PROCESS))) {
        double rate = NAN;
        status = time_world(what, world, seconds, &rate);
        if (status == PV_OK) {
            report(what, rate, json, failed);
        }
    }
    pv_world_close(world);
    return status;
}

/* one lane and a thousand, or as many as were asked for */
static pv_status bench_world(const stepping *asked, double seconds, cJSON *json, int *failed)
{
    static const int lanes[] = {1, 1024};
    pv_status status = PV_OK;
    for (int i = 0; i < 2 && status == PV_OK; i++) {
        stepping what = *asked;
        what.lanes = asked->lanes ? asked->lanes : lanes[i];
        status = bench_one(&what, seconds, json, failed);
        i += asked->lanes != 0;
    }
    return status;
}

/* Pong by its numbers, and what training from pixels steps */
static const stepping others[] = {{"Pong-v0:obs=state", NULL, 1, 0},
                                  {"Pong-v0:obs=state", NULL, 1024, 0},
                                  {"Pong-v0", "atari", 16, 1},
                                  {"Pong-v0", "atari", 16, 2}};

static pv_status bench_all(double seconds, cJSON *json, int *failed)
{
    pv_world_entry *entries = NULL;
    int n = 0;
    pv_status status = pv_world_list(&entries, &n);
    for (int i = 0; i < n && status == PV_OK; i++) {
        const stepping what = {.world = entries[i].env_class->id};
        status = bench_world(&what, seconds, json, failed);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0] && status == PV_OK; i++) {
        status = bench_one(&others[i], seconds, json, failed);
    }
    pv_world_list_free(entries, n);
    return status;
}

static pv_status bench_envs(const pv_arguments *a, double seconds, cJSON *json)
{
    int failed = 0;
    uint64_t lanes = 0;
    uint64_t threads = 0;
    stepping what = {.world = pv_argument(a, 1), .wrap = pv_option_text(a, "--wrap")};
    pv_status status = pv_option_count(a, "--lanes", 1, 65536, &lanes);
    status = status ? status : pv_option_count(a, "--threads", 1, 256, &threads);
    what.lanes = (int)lanes;
    what.threads = (int)threads;
    if (status == PV_OK && !what.world && (what.wrap || lanes || threads)) {
        status = pv_fail(PV_ERROR_ARGUMENT, "--wrap, --lanes and --threads are of one world; name "
                                            "it: pavlov bench envs ENV ...");
    }
    if (status == PV_OK && !json) {
        printf("%-24s %6s %14s %10s\n", "world", "lanes", "steps/s", "ns/step");
    }
    if (status == PV_OK) {
        status = what.world ? bench_world(&what, seconds, json, &failed)
                            : bench_all(seconds, json, &failed);
    }
    return status == PV_OK && failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the answer")
                                     : status;
}

static const struct {
    const char *name;
    pv_status (*run)(const char *only, double seconds, cJSON *json);
} kinds[] = {{"envs", NULL},
             {"nets", pv_bench_nets},
             {"replay", pv_bench_replay},
             {"agents", pv_bench_agents}};

static pv_status run_bench(const pv_arguments *a)
{
    double seconds = 1.0;
    pv_status status = pv_arguments_check(a);
    status = status ? status : pv_option_number(a, "--seconds", 0.01, 3600.0, &seconds);
    if (status) {
        return status;
    }
    if (pv_option_text(a, "--verbose")) {
        pv_verbose_machine();
    }
    const char *what = pv_argument(a, 0) ? pv_argument(a, 0) : kinds[0].name;
    const size_t n = sizeof kinds / sizeof kinds[0];
    size_t kind = 0;
    while (kind < n && strcmp(what, kinds[kind].name) != 0) {
        kind++;
    }
    if (kind == n) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "cannot bench \"%s\"; it benches envs, nets, replay or agents", what);
    }
    cJSON *json = pv_option_text(a, "--json") ? cJSON_CreateArray() : NULL;
    status = kinds[kind].run ? kinds[kind].run(pv_argument(a, 1), seconds, json)
                             : bench_envs(a, seconds, json);
    if (status == PV_OK && json) {
        status = pv_print_json(json);
    }
    cJSON_Delete(json);
    return status;
}

static const pv_option options[] = {
    {"--seconds", "T", "for each figure, 1 if not given", 0},
    {"--wrap", "TEXT", "with a world: behind wrappers", 0},
    {"--lanes", "L", "with a world: so many lanes instead of 1 and 1024", 0},
    {"--threads", "N", "with a world: on so many threads, by the clock on the wall", 0},
    {"--json", NULL, "one JSON array on standard output", 0},
    {"--verbose", NULL, "name the machine and its kernels on standard error", 0},
};

const pv_command pv_command_bench = {
    .name = "bench",
    .positional = "[envs [ENV] | nets [CASE] | replay [CASE] | agents [AGENT]]",
    .summary = "how fast worlds step, networks learn, replays remember and agents train here",
    .least = 0,
    .most = 2,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_bench,
};
