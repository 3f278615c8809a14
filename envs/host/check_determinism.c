/* check_determinism.c: tests that a world is a function of its seed and its actions and of nothing
   else: no other instance, no thread, no history, no source of numbers but the host's. */
#include "envs/host/check_tests.h"

#include "core/threads.h"

#include <string.h>

#define SEEDS 16      /* tried before a world counts as deterministic */
#define INSTANCES 4   /* that run beside each other */
#define THREADS 2     /* that run them */
#define SHORTEST 0.05 /* seconds in which they meet */

static int is_not_repeatable(pv_check *check)
{
    if (check->env_class->flags & PV_NOT_REPEATABLE) {
        pv_check_skip(check, "the world says that it is not repeatable");
        return 1;
    }
    return 0;
}

static int is_alone(pv_check *check)
{
    if (check->env_class->flags & PV_ONE_PER_PROCESS) {
        pv_check_skip(check, "the world says that a process holds one instance only");
        return 1;
    }
    return is_not_repeatable(check);
}

static void same_seed_same_trajectory(pv_check *check)
{
    if (is_not_repeatable(check)) {
        return;
    }
    pv_trace *trace = pv_trace_fresh(check, NULL, 1, PV_CHECK_STEPS);
    for (int i = 0; trace && i < 2; i++) {
        pv_rig *rig = pv_rig_create(check, NULL);
        if (!rig ||
            pv_trace_replay(trace, rig, "between instances of equal seed and actions") != 0) {
            return;
        }
        pv_rig_destroy(rig);
    }
}

/* Returns 1 if other seeds (or, where `draws`, other draws and the same seed) give other
   trajectories, 0 if none of SEEDS does, -1 after failing the check. */
static int varies(pv_check *check, int draws)
{
    const pv_trace *first = NULL;
    for (uint64_t i = 1; i <= SEEDS; i++) {
        pv_feed feed;
        pv_feed_init(&feed, i);
        const pv_rig_config config = {.draws = draws ? &feed.draws : NULL};
        pv_trace *trace =
            pv_trace_fresh(check, &config, draws ? 1 : i * 1000, 2 * PV_CHECK_STEPS / 3);
        if (!trace) {
            return -1;
        }
        first = first ? first : trace;
        if (!pv_trace_equal(first, trace)) {
            return 1;
        }
    }
    return 0;
}

static void other_seed_differs(pv_check *check)
{
    if (is_not_repeatable(check) || varies(check, 0) != 0) {
        return;
    }
    const int random = varies(check, 1);
    if (random == 1) {
        pv_check_fail(check,
                      "%d seeds give the same trajectory, though other draws from the host "
                      "give another: the seed is not used",
                      SEEDS);
    } else if (random == 0) {
        pv_check_skip(check,
                      "deterministic: %d seeds, and as many sources of draws, give the same "
                      "trajectory",
                      SEEDS);
    }
}

static void draws_through_host(pv_check *check)
{
    if (is_not_repeatable(check)) {
        return;
    }
    pv_trace *trace = NULL;
    uint64_t count = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        pv_feed feed;
        pv_feed_init(&feed, 1);
        pv_rig *rig = pv_rig_create(check, &(pv_rig_config){.draws = &feed.draws});
        pv_trace *other = rig ? pv_trace_record(rig, seed * 1000, PV_CHECK_STEPS) : NULL;
        if (!other) {
            return;
        }
        pv_rig_destroy(rig);
        count += feed.count;
        trace = trace ? trace : other;
        if (feed.wrong) {
            pv_check_fail(check, "it asks the host for an integer of an empty or too large range");
            return;
        }
        if (!pv_trace_equal(trace, other)) {
            pv_check_fail(check,
                          "the same draws from the host, of which it took %llu, and another "
                          "seed give another trajectory: some numbers are not drawn through "
                          "host->draws",
                          (unsigned long long)feed.count);
            return;
        }
    }
    if (count == 0) {
        pv_check_skip(check, "deterministic: nothing is drawn, and seeds change nothing");
    }
}

/* --- instances beside each other --- */

/* Records what INSTANCES instances do one after the other. */
static int record_alone(pv_check *check, pv_trace **traces)
{
    for (uint64_t i = 0; i < INSTANCES; i++) {
        traces[i] = pv_trace_fresh(check, NULL, 100 * i + 1, PV_CHECK_STEPS);
        if (!traces[i]) {
            return -1;
        }
    }
    return 0;
}

static void instances_independent(pv_check *check)
{
    pv_trace *traces[INSTANCES];
    pv_rig *rigs[INSTANCES];
    if (is_alone(check) || record_alone(check, traces) != 0) {
        return;
    }
    for (int i = 0; i < INSTANCES; i++) {
        rigs[i] = pv_rig_create(check, NULL);
        if (!rigs[i]) {
            return;
        }
    }
    for (int call = 0; call < PV_CHECK_STEPS; call++) {
        for (int i = 0; i < INSTANCES; i++) {
            if (pv_trace_follow(traces[i], call, rigs[i], "when other instances run in between") !=
                0) {
                return;
            }
        }
    }
}

/* What a thread works on: a check of its own, so that nothing is shared. */
typedef struct thread_job {
    pv_check check;
    const pv_trace *const *traces;
    pv_barrier *start;
} thread_job;

/* Runs half of the instances, from the moment both threads are there. */
static void run_thread_job(void *ctx, int index)
{
    thread_job *job = (thread_job *)ctx + index;
    pv_barrier_wait(job->start);
    const double start = pv_check_clock();
    for (int round = 0; round < 2 || pv_check_clock() - start < SHORTEST; round++) {
        const pv_trace *trace = job->traces[(2 * round + index) % INSTANCES];
        pv_rig *rig = pv_rig_create(&job->check, NULL);
        if (!rig || pv_trace_replay(trace, rig, "when another thread runs others") != 0) {
            return;
        }
        pv_rig_destroy(rig);
        pv_check_release(&job->check, NULL);
    }
}

static void run_threads(pv_check *check, const pv_trace *const *traces, pv_pool *pool,
                        pv_barrier *start)
{
    thread_job jobs[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (thread_job){.check = *check, .traces = traces, .start = start};
        jobs[i].check.rigs = NULL;
        jobs[i].check.chunks = NULL;
    }
    pv_pool_run(pool, run_thread_job, jobs, THREADS);
    for (int i = 0; i < THREADS; i++) {
        if (jobs[i].check.outcome == PV_CHECK_FAILED) {
            pv_check_fail(check, "%s", jobs[i].check.message);
        }
        pv_check_clean(&jobs[i].check);
    }
}

static void threads_match_serial(pv_check *check)
{
    pv_trace *traces[INSTANCES];
    if (is_alone(check) || record_alone(check, traces) != 0) {
        return;
    }
    pv_pool *pool = pv_pool_create(THREADS);
    pv_barrier *start = pv_barrier_create(THREADS);
    if (pool && start) {
        run_threads(check, (const pv_trace *const *)traces, pool, start);
    } else {
        pv_check_fail(check, "no threads for the test: %s", pv_last_error());
    }
    pv_barrier_destroy(start);
    pv_pool_destroy(pool);
}

/* --- history --- */

/* Leaves the instance in as odd a place as the interface allows: whole and broken episodes, a
   refused action, pictures. */
static int live_a_little(pv_rig *rig)
{
    for (uint64_t seed = 50; seed < 56; seed++) {
        if (pv_rig_begin(rig, seed) != 0) {
            return -1;
        }
        const int steps = seed % 2 ? 7 : 400;
        for (int i = 0; i < steps && !pv_rig_over(rig); i++) {
            if (pv_rig_act(rig) != 0) {
                return -1;
            }
        }
    }
    for (uint32_t i = 0; i < rig->spec.n_action; i++) {
        memset(pv_rig_action(rig, i)->data, 0, pv_rig_action(rig, i)->size);
    }
    const int32_t bad = -1;
    if (rig->spec.action[0].n > 0) {
        memcpy(pv_rig_action(rig, 0)->data, &bad, sizeof bad);
        pv_rig_step(rig);
    }
    return 0;
}

static void nothing_survives_reset(pv_check *check)
{
    if (is_not_repeatable(check)) {
        return;
    }
    pv_trace *trace = pv_trace_fresh(check, NULL, 1, PV_CHECK_STEPS);
    pv_rig *rig = trace ? pv_rig_create(check, NULL) : NULL;
    if (!rig || live_a_little(rig) != 0 ||
        pv_trace_replay(trace, rig, "from that of a fresh instance when others came before") != 0) {
        return;
    }
    pv_trace_replay(trace, rig, "when the instance plays it again");
}

/* --- many at once --- */

/* Follows one call of every trace: resets one by one, steps together. */
static int follow_together(pv_trace *const *traces, pv_rig *const *rigs, int call)
{
    pv_check *check = rigs[0]->check;
    pv_env *envs[INSTANCES];
    pv_io ios[INSTANCES];
    int who[INSTANCES];
    size_t n = 0;
    for (int i = 0; i < INSTANCES; i++) {
        if (traces[i]->kind[call]) {
            if (pv_trace_follow(traces[i], call, rigs[i], "beside others") != 0) {
                return -1;
            }
            continue;
        }
        pv_trace_load_action(traces[i], call, rigs[i]);
        rigs[i]->step++;
        envs[n] = rigs[i]->env;
        ios[n] = rigs[i]->io;
        who[n++] = i;
    }
    check->place = (pv_place){.call = "step_many"};
    if (n > 0 && check->env_class->step_many(envs, ios, n) != 0) {
        return pv_check_fail(check, "step_many failed where step did not");
    }
    check->place.call = NULL;
    for (size_t i = 0; i < n; i++) {
        if (pv_trace_compare(traces[who[i]], call, rigs[who[i]], "in step_many") != 0) {
            return -1;
        }
    }
    return 0;
}

static void step_many_equals_step(pv_check *check)
{
    pv_trace *traces[INSTANCES];
    pv_rig *rigs[INSTANCES];
    if (!check->env_class->step_many) {
        pv_check_skip(check, "the world has no step_many");
        return;
    }
    if (is_alone(check) || record_alone(check, traces) != 0) {
        return;
    }
    for (int i = 0; i < INSTANCES; i++) {
        rigs[i] = pv_rig_create(check, NULL);
        if (!rigs[i]) {
            return;
        }
    }
    for (int call = 0; call < PV_CHECK_STEPS; call++) {
        if (follow_together(traces, rigs, call) != 0) {
            return;
        }
    }
}

const pv_check_test pv_check_determinism[] = {
    {{"same-seed-same-trajectory", "determinism",
      "The same seed and actions give the same trajectory, to the last bit."},
     same_seed_same_trajectory,
     PV_CHECK_WORLD},
    {{"other-seed-differs", "determinism",
      "Another seed gives another trajectory, where anything is random."},
     other_seed_differs,
     PV_CHECK_WORLD},
    {{"instances-independent", "determinism",
      "Instances that run in turn do not change each other."},
     instances_independent,
     PV_CHECK_WORLD},
    {{"threads-match-serial", "determinism", "Instances on two threads do what they do on one."},
     threads_match_serial,
     PV_CHECK_WORLD},
    {{"nothing-survives-reset", "determinism",
      "After a reset an instance is as good as new, whatever came before."},
     nothing_survives_reset,
     PV_CHECK_WORLD},
    {{"draws-through-host", "determinism",
      "All random numbers come from host->draws where the host has one."},
     draws_through_host,
     PV_CHECK_WORLD},
    {{"step-many-equals-step", "determinism", "step_many does what step does."},
     step_many_equals_step,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
