/* bench_agents.c: `pavlov bench agents`: how fast agents train here, in processor time of one core,
   with settings that other programs are measured with: acting, stepping, remembering, learning. */
#include "cli/bench.h"

#include "agents/agent.h"
#include "core/params.h"
#include "core/stats.h"
#include "pavlov/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 5 };

typedef struct bench_case {
    const char *setting, *agent, *world;
    const char *settings;
    uint64_t warm_up; /* steps: until it learns, and a little more */
    uint64_t piece;   /* steps between two looks at the clock, whole trainings */
} bench_case;

static const bench_case cases[] = {
    {"64-64, batch 32, an update every step", "dqn", "CartPole-v1",
     "net='dense 64 relu, dense 64 relu',lr=0.0005,batch=32,train-every=1,gradient-steps=1,"
     "learn-start=1000,target-every=500,capacity=100000,epsilon=0.1",
     5000, 200},
    {"cleanrl: 120-84, batch 128, an update every 10 steps", "dqn", "CartPole-v1",
     "net='dense 120 relu, dense 84 relu',lr=0.00025,batch=128,train-every=10,gradient-steps=1,"
     "learn-start=10000,target-every=50,capacity=10000,loss=squared,epsilon=0.1",
     12000, 1000},
    {"rl-zoo: 2x256, batch 64, 128 updates every 256 steps", "dqn", "CartPole-v1",
     "net='dense 256 relu, dense 256 relu',lr=0.0023,batch=64,train-every=256,gradient-steps=128,"
     "learn-start=1000,target-every=128,capacity=100000,epsilon=0.04",
     2048, 256},
    {"minatar: the paper's", "dqn", "MinAtar/Breakout-v0",
     "net='conv 16 3x3 relu, dense 128 relu',lr=0.00025,optimizer=rmsprop-centered,batch=32,"
     "train-every=1,gradient-steps=1,learn-start=5000,target-every=1000,capacity=100000,"
     "epsilon=0.1",
     5200, 16},
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* Seconds this thread has computed: what others do on the machine does not count. */
static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double updates_of(pv_agent *agent)
{
    pv_metric metrics[PV_METRICS_MAX];
    const int n = agent->agent_class->metrics(agent, metrics);
    for (int i = 0; i < n; i++) {
        if (strcmp(metrics[i].name, "updates") == 0) {
            return metrics[i].value;
        }
    }
    return NAN;
}

/* steps and updates a second, medians of some short timings */
typedef struct rates {
    double steps, updates;
} rates;

static pv_status time_trainer(const bench_case *c, pv_trainer *trainer, pv_agent *agent,
                              double seconds, rates *result)
{
    double steps[REPEATS];
    double updates[REPEATS];
    pv_status status = pv_trainer_advance(trainer, c->warm_up);
    for (int i = 0; i < REPEATS && status == PV_OK; i++) {
        const double done = updates_of(agent);
        const uint64_t first = pv_trainer_steps(trainer);
        const double began = cpu_seconds();
        double now = began;
        while (status == PV_OK && now - began < seconds / REPEATS) {
            status = pv_trainer_advance(trainer, c->piece);
            now = cpu_seconds();
        }
        steps[i] = (double)(pv_trainer_steps(trainer) - first) / (now - began);
        updates[i] = (updates_of(agent) - done) / (now - began);
    }
    if (status == PV_OK) {
        pv_sort(steps, REPEATS);
        pv_sort(updates, REPEATS);
        *result = (rates){steps[REPEATS / 2], updates[REPEATS / 2]};
    }
    return status;
}

static pv_status time_case(const bench_case *c, double seconds, rates *result)
{
    pv_world *world = pv_world_open(c->world);
    pv_agent *agent = world ? pv_agent_create(c->agent, world, c->settings, 1, 1) : NULL;
    pv_trainer *trainer = NULL;
    if (agent) {
        pv_train_config config = pv_train_config_default(world, agent);
        config.steps = config.metrics_every = UINT64_MAX / 2;
        trainer = pv_trainer_create(&config);
    }
    const pv_status status =
        trainer ? time_trainer(c, trainer, agent, seconds, result) : pv_last_status();
    pv_trainer_destroy(trainer);
    pv_agent_destroy(agent);
    pv_world_close(world);
    return status;
}

/* an agent's name asks for its cases, an unknown one is an error with the nearest */
static pv_status check_name(const char *only)
{
    const char *names[CASES];
    for (int i = 0; i < CASES; i++) {
        names[i] = cases[i].agent;
        if (!only || !strcmp(only, names[i])) {
            return PV_OK;
        }
    }
    const char *near = pv_near_name(only, names, CASES);
    return pv_fail(PV_ERROR_ARGUMENT, "cannot bench agent \"%s\"; did you mean \"%s\"?", only,
                   near ? near : names[0]);
}

static void put_row(const bench_case *c, const rates *r, cJSON *json, int *failed)
{
    if (!json) {
        printf("%-8s %-20s %-54s %10.0f %10.0f\n", c->agent, c->world, c->setting, r->steps,
               r->updates);
        fflush(stdout);
        return;
    }
    cJSON *row = pv_put_row(json, failed);
    pv_put_text(row, "agent", c->agent, failed);
    pv_put_text(row, "world", c->world, failed);
    pv_put_text(row, "setting", c->setting, failed);
    pv_put_number(row, "steps_per_second", round(r->steps), failed);
    pv_put_number(row, "updates_per_second", round(r->updates), failed);
}

pv_status pv_bench_agents(const char *only, double seconds, cJSON *json)
{
    int failed = 0;
    pv_status status = check_name(only);
    if (status == PV_OK && !json) {
        printf("%-8s %-20s %-54s %10s %10s\n", "agent", "world", "setting", "steps/s", "updates/s");
    }
    for (int i = 0; i < CASES && status == PV_OK; i++) {
        rates r = {NAN, NAN};
        if (!only || !strcmp(only, cases[i].agent)) {
            status = time_case(&cases[i], seconds, &r);
            if (status == PV_OK) {
                put_row(&cases[i], &r, json, &failed);
            }
        }
    }
    return status == PV_OK && failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the answer")
                                     : status;
}
