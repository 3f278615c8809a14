/* bench.c: `pavlov bench`: how fast the worlds step on this machine, in processor time of one core.
 */
#include "cli/commands.h"
#include "cli/output.h"

#include "core/memory.h"
#include "core/rng.h"
#include "core/stats.h"
#include "pavlov/world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 5, ROUNDS = 64 };

/* random actions of many rounds for every row, drawn beforehand so that only stepping is timed */
typedef struct actions {
    void **round; /* [n_action] -> [ROUNDS][rows][...] */
    size_t *size; /* [n_action] bytes of a round */
    uint32_t n;
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
    for (uint32_t i = 0; a->round && i < a->n; i++) {
        pv_free(a->round[i]);
    }
    pv_free(a->round);
    pv_free(a->size);
}

static pv_status make_actions(actions *a, const pv_spec *spec, size_t rows)
{
    pv_rng rng = pv_rng_split(1, "bench");
    a->n = spec->n_action;
    a->round = pv_alloc_array(a->n, sizeof *a->round);
    a->size = pv_alloc_array(a->n, sizeof *a->size);
    for (uint32_t i = 0; a->round && a->size && i < a->n; i++) {
        a->size[i] = rows * pv_space_size(&spec->action[i]);
        a->round[i] = pv_alloc_array(ROUNDS, a->size[i]);
        if (!a->round[i]) {
            return pv_last_status();
        }
        fill_space(&spec->action[i], &rng, a->round[i], ROUNDS * rows);
    }
    return a->round && a->size ? PV_OK : pv_last_status();
}

/* Seconds this thread has computed: what others do on the machine does not count. */
static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static pv_status step_for(pv_vector *vector, const actions *a, double seconds, double *rate)
{
    const pv_batch *batch = pv_vector_batch(vector);
    const double began = cpu_seconds();
    double now = began;
    uint64_t steps = 0;
    while (now - began < seconds) {
        /* the clock is read once for every thousand steps or so */
        const int rounds = 1024 / batch->lanes + 1;
        for (int i = 0; i < rounds; i++) {
            for (uint32_t k = 0; k < a->n; k++) {
                const size_t at = (steps / (uint64_t)batch->lanes) % ROUNDS;
                memcpy(batch->action[k], (const char *)a->round[k] + at * a->size[k], a->size[k]);
            }
            const pv_status status = pv_vector_step(vector);
            if (status) {
                return status;
            }
            steps += (uint64_t)batch->lanes;
        }
        now = cpu_seconds();
    }
    *rate = (double)steps / (now - began);
    return PV_OK;
}

/* the median of some short timings */
static pv_status time_world(const pv_world *world, int lanes, double seconds, double *rate)
{
    pv_vector_config config = pv_vector_config_default(world);
    actions a = {NULL, NULL, 0};
    double rates[REPEATS];
    config.lanes = lanes;
    pv_vector *vector = pv_vector_create(&config);
    pv_status status = vector ? PV_OK : pv_last_status();
    status = status ? status : pv_vector_reset(vector);
    status = status ? status
                    : make_actions(&a, pv_world_spec(world),
                                   (size_t)lanes * pv_world_spec(world)->agents);
    status = status ? status : step_for(vector, &a, seconds / REPEATS, &rates[0]); /* warm up */
    for (int i = 0; i < REPEATS && status == PV_OK; i++) {
        status = step_for(vector, &a, seconds / REPEATS, &rates[i]);
    }
    if (status == PV_OK) {
        pv_sort(rates, REPEATS);
        *rate = rates[REPEATS / 2];
    }
    free_actions(&a);
    pv_vector_destroy(vector);
    return status;
}

static pv_status bench_world(const char *id, double seconds, cJSON *json, int *failed)
{
    static const int lanes[] = {1, 1024};
    pv_world *world = pv_world_open(id);
    pv_status status = world ? PV_OK : pv_last_status();
    for (int i = 0; i < 2 && status == PV_OK; i++) {
        double rate = NAN;
        if (lanes[i] > 1 && (pv_world_class(world)->flags & PV_ONE_PER_PROCESS)) {
            continue;
        }
        status = time_world(world, lanes[i], seconds, &rate);
        if (status == PV_OK && json) {
            cJSON *row = pv_put_row(json, failed);
            pv_put_text(row, "world", id, failed);
            pv_put_number(row, "lanes", lanes[i], failed);
            pv_put_number(row, "steps_per_second", round(rate), failed);
            pv_put_number(row, "nanoseconds", round(1e11 / rate) / 100.0, failed);
        } else if (status == PV_OK) {
            printf("%-24s %6d %14.0f %10.2f\n", id, lanes[i], rate, 1e9 / rate);
            fflush(stdout);
        }
    }
    pv_world_close(world);
    return status;
}

static pv_status bench_envs(const pv_arguments *a, cJSON *json)
{
    const char *only = pv_argument(a, 1);
    double seconds = 1.0;
    int failed = 0;
    pv_world_entry *entries = NULL;
    int n = 0;
    pv_status status = pv_option_number(a, "--seconds", 0.01, 3600.0, &seconds);
    if (status == PV_OK && !json) {
        printf("%-24s %6s %14s %10s\n", "world", "lanes", "steps/s", "ns/step");
    }
    if (status == PV_OK && only) {
        status = bench_world(only, seconds, json, &failed);
    } else if (status == PV_OK) {
        status = pv_world_list(&entries, &n);
        for (int i = 0; i < n && status == PV_OK; i++) {
            status = bench_world(entries[i].env_class->id, seconds, json, &failed);
        }
        pv_world_list_free(entries, n);
    }
    return status == PV_OK && failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the answer")
                                     : status;
}

static pv_status run_bench(const pv_arguments *a)
{
    pv_status status = pv_arguments_check(a);
    if (status) {
        return status;
    }
    const char *what = pv_argument(a, 0);
    if (what && strcmp(what, "envs") != 0) {
        return pv_fail(PV_ERROR_ARGUMENT, "cannot bench \"%s\"; it benches envs", what);
    }
    cJSON *json = pv_option_text(a, "--json") ? cJSON_CreateArray() : NULL;
    status = bench_envs(a, json);
    if (status == PV_OK && json) {
        status = pv_print_json(json);
    }
    cJSON_Delete(json);
    return status;
}

static const pv_option options[] = {
    {"--seconds", "T", "for each figure, 1 if not given", 0},
    {"--json", NULL, "one JSON array on standard output", 0},
};

const pv_command pv_command_bench = {
    .name = "bench",
    .positional = "[envs [ENV]]",
    .summary = "how fast the worlds step on this machine",
    .least = 0,
    .most = 2,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_bench,
};
