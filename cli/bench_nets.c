/* bench_nets.c: `pavlov bench nets`: how fast networks act and learn on this machine, in processor
   time where one thread works and in time on the wall where several do, held against the
   processor's peak, which a loop of multiply-adds measures in the same run. A case is a whole step
   as an agent does it: gather, forward, loss, backward, update. */
#include "cli/bench.h"

#include "core/memory.h"
#include "core/params.h"
#include "core/rng.h"
#include "core/stats.h"
#include "core/threads.h"
#include "nets/heads.h"
#include "nets/loss.h"
#include "nets/optimizer.h"
#include "nets/pass.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { REPEATS = 7, MEMORY = 8192, MOST_PARTS = 2, ACTIONS = 6 };

typedef enum bench_kind { ACT, Q_STEP, ACTOR_CRITIC } bench_kind;

typedef struct bench_case {
    const char *name, *text; /* the trunk */
    bench_kind kind;
    int rows, threads;
    int side, channels; /* of a square picture in bytes; side 0: that many numbers */
    int stack;          /* pictures that are put together when gathered */
    int actions;
} bench_case;

#define NATURE "conv 32 8x8/4 relu, conv 64 4x4/2 relu, conv 64 3x3/1 relu, dense 512 relu"
#define SMALL "conv 16 8x8/4 relu, conv 32 4x4/2 relu, dense 256 relu"

static const bench_case cases[] = {
    {"mlp64_b32_train", "dense 64 relu, dense 64 relu", Q_STEP, 32, 1, 0, 4, 1, 2},
    {"mlp64_b1_act", "dense 64 relu, dense 64 relu", ACT, 1, 1, 0, 4, 1, 2},
    {"mlp256_b256_train", "dense 256 relu, dense 256 relu", Q_STEP, 256, 1, 0, 8, 1, 4},
    {"nature_dqn_b32_step", NATURE, Q_STEP, 32, 1, 84, 1, 4, ACTIONS}, /* Mnih et al. 2015 */
    {"nature_dqn_b32_step", NATURE, Q_STEP, 32, 2, 84, 1, 4, ACTIONS},
    {"nature_dqn_b1_act", NATURE, ACT, 1, 1, 84, 1, 4, ACTIONS},
    {"a3c_b20_train", SMALL, ACTOR_CRITIC, 20, 1, 84, 1, 4, ACTIONS}, /* Mnih et al. 2016 */
    {"a3c_b1_act", SMALL, ACT, 1, 1, 84, 1, 4, ACTIONS},
    {"minatar_b32_step", "conv 16 3x3 relu, dense 128 relu", Q_STEP, 32, 1, 10, 4, 1, ACTIONS},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* a thread's share of a batch */
typedef struct part {
    pv_pass *pass, *target_pass;
    float *gradient;
    unsigned char *obs, *next;
    float *target, *coefficient, *log_prob;
    int32_t *action;
    pv_rng rng;
    int rows;
} part;

/* a case with all it needs */
typedef struct rig {
    const bench_case *about;
    pv_net *net, *target;
    pv_optimizer *optimizer;
    pv_pool *pool;
    unsigned char *memory; /* [MEMORY] observations or frames */
    size_t item, row;      /* bytes of one of them, and of a gathered row */
    part part[MOST_PARTS];
    int last; /* the action taken, so that acting is for something */
} rig;

/* --- making a case --- */

static pv_net *make_net(const bench_case *c, uint64_t seed)
{
    char q[32];
    snprintf(q, sizeof q, "dense %d", c->actions);
    const pv_net_head heads[2] = {{"policy", q}, {"value", "dense 1"}};
    const uint32_t side = (uint32_t)c->side;
    const uint32_t depth = (uint32_t)(c->channels * c->stack);
    const pv_net_input picture = {
        "obs", PV_U8, 0, 3, {side, side, depth}, c->stack > 1 ? 1.0f / 255.0f : 1.0f};
    const pv_net_input numbers = {"obs", PV_F32, 0, 1, {depth}, 1.0f};
    const pv_net_config config = {.inputs = c->side ? &picture : &numbers,
                                  .n_inputs = 1,
                                  .text = c->text,
                                  .heads = heads,
                                  .n_heads = c->kind == ACTOR_CRITIC ? 2 : 1,
                                  .seed = seed};
    return pv_net_create(&config);
}

static void fill_memory(rig *r)
{
    pv_rng rng = pv_rng_split(1, "bench");
    if (r->about->side) {
        for (size_t i = 0; i < MEMORY * r->item; i++) {
            const uint64_t byte = pv_rng_next(&rng) & 255u;
            r->memory[i] = (unsigned char)(r->about->stack > 1 ? byte : byte < 32);
        }
        return;
    }
    for (size_t i = 0; i < MEMORY * (size_t)r->about->channels; i++) {
        ((float *)(void *)r->memory)[i] = (float)pv_rng_normal(&rng);
    }
}

static int make_part(rig *r, int index)
{
    const bench_case *c = r->about;
    part *p = &r->part[index];
    p->rows = c->rows / c->threads;
    pv_rng_init(&p->rng, (uint64_t)index);
    const pv_pass_config config = {.rows = p->rows, .learns = c->kind != ACT};
    const size_t rows = (size_t)p->rows;
    p->pass = pv_pass_create(r->net, &config);
    p->target_pass = pv_pass_create(r->target, &(pv_pass_config){.rows = p->rows});
    p->gradient = pv_alloc_array(pv_net_parameter_count(r->net), sizeof *p->gradient);
    p->obs = pv_alloc_array(rows, r->row);
    p->next = pv_alloc_array(rows, r->row);
    p->target = pv_alloc_array(rows, sizeof *p->target);
    p->coefficient = pv_alloc_array(rows, sizeof *p->coefficient);
    p->log_prob = pv_alloc_array(rows * (size_t)c->actions, sizeof *p->log_prob);
    p->action = pv_alloc_array(rows, sizeof *p->action);
    return p->pass && p->target_pass && p->gradient && p->obs && p->next && p->target &&
           p->coefficient && p->log_prob && p->action;
}

static void free_rig(rig *r)
{
    for (int i = 0; i < MOST_PARTS; i++) {
        part *p = &r->part[i];
        pv_pass_destroy(p->pass);
        pv_pass_destroy(p->target_pass);
        pv_free(p->gradient);
        pv_free(p->obs);
        pv_free(p->next);
        pv_free(p->target);
        pv_free(p->coefficient);
        pv_free(p->log_prob);
        pv_free(p->action);
    }
    pv_optimizer_destroy(r->optimizer);
    pv_pool_destroy(r->pool);
    pv_free(r->memory);
    pv_net_destroy(r->net);
    pv_net_destroy(r->target);
}

static pv_status make_rig(rig *r, const bench_case *c)
{
    *r = (rig){.about = c};
    r->item =
        c->side ? (size_t)(c->side * c->side * c->channels) : (size_t)c->channels * sizeof(float);
    r->row = r->item * (size_t)c->stack;
    r->net = make_net(c, 1);
    r->target = make_net(c, 2);
    r->memory = pv_alloc_array(MEMORY, r->item);
    if (!r->net || !r->target || !r->memory) {
        return pv_last_status();
    }
    pv_optimizer_config config =
        pv_optimizer_config_default(c->kind == ACTOR_CRITIC ? PV_RMSPROP : PV_ADAM);
    config.lr = 1e-5;
    config.clip_norm = c->kind == ACTOR_CRITIC ? 40.0 : 0.0;
    r->optimizer = pv_optimizer_create(&config, pv_net_parameter_count(r->net));
    r->pool = c->threads > 1 ? pv_pool_create(c->threads) : NULL;
    if (!r->optimizer || (c->threads > 1 && !r->pool)) {
        return pv_last_status();
    }
    pv_optimizer_set_pool(r->optimizer, r->pool);
    for (int i = 0; i < c->threads; i++) {
        if (!make_part(r, i)) {
            return pv_last_status();
        }
    }
    fill_memory(r);
    return PV_OK;
}

/* --- a step --- */

/* puts the observation that begins at an item together; frames are interleaved, oldest first */
static void gather(const rig *r, size_t at, unsigned char *row)
{
    if (r->about->stack == 1) {
        memcpy(row, r->memory + at * r->item, r->item);
        return;
    }
    const unsigned char *a = r->memory + at * r->item;
    const unsigned char *b = a + r->item;
    const unsigned char *c = b + r->item;
    const unsigned char *d = c + r->item;
    for (size_t i = 0; i < r->item; i++) {
        row[4 * i] = a[i];
        row[4 * i + 1] = b[i];
        row[4 * i + 2] = c[i];
        row[4 * i + 3] = d[i];
    }
}

static void forward(pv_pass *pass, const pv_net *net, int rows, const unsigned char *obs)
{
    const void *const input[1] = {obs};
    pv_pass_forward(pass, net,
                    &(pv_net_batch){.steps = 1, .sequences = rows, .input = input, .training = 1});
}

static void learn_q(rig *r, part *p)
{
    const int n = r->about->actions;
    forward(p->target_pass, r->target, p->rows, p->next);
    const float *q = pv_pass_output(p->target_pass, 0);
    for (int i = 0; i < p->rows; i++) {
        float best = q[i * n];
        for (int k = 1; k < n; k++) {
            best = q[i * n + k] > best ? q[i * n + k] : best;
        }
        p->target[i] = 0.1f + 0.99f * best;
    }
    forward(p->pass, r->net, p->rows, p->obs);
    pv_loss_chosen(p->rows, n, pv_pass_output(p->pass, 0), p->action, p->target, 1.0f, NULL,
                   1.0f / (float)r->about->rows, pv_pass_output_gradient(p->pass, 0), NULL);
    pv_pass_backward(p->pass, r->net, p->gradient, 0);
}

static void learn_actor_critic(rig *r, part *p)
{
    const float scale = 1.0f / (float)p->rows;
    forward(p->pass, r->net, p->rows, p->obs);
    const float *value = pv_pass_output(p->pass, 1);
    for (int i = 0; i < p->rows; i++) {
        p->target[i] = 1.0f;
        p->coefficient[i] = -scale * (p->target[i] - value[i]);
    }
    pv_categorical_log(p->rows, r->about->actions, pv_pass_output(p->pass, 0), NULL, p->log_prob);
    pv_categorical_gradient(p->rows, r->about->actions, p->log_prob, p->action, p->coefficient,
                            -0.01f * scale, pv_pass_output_gradient(p->pass, 0));
    pv_loss_squared(p->rows, 1, value, p->target, NULL, 0.5f * scale,
                    pv_pass_output_gradient(p->pass, 1));
    pv_pass_backward(p->pass, r->net, p->gradient, 0);
}

/* what a thread does of a step */
static void learn_part(void *ctx, int index)
{
    rig *r = ctx;
    part *p = &r->part[index];
    for (int i = 0; i < p->rows; i++) {
        const size_t at = pv_rng_below(&p->rng, (uint32_t)(MEMORY - r->about->stack));
        gather(r, at, p->obs + (size_t)i * r->row);
        p->action[i] = (int32_t)(at % (size_t)r->about->actions);
        if (r->about->kind == Q_STEP) {
            gather(r, at + 1, p->next + (size_t)i * r->row);
        }
    }
    if (r->about->kind == Q_STEP) {
        learn_q(r, p);
    } else {
        learn_actor_critic(r, p);
    }
}

/* adds half of the second thread's gradient to the first's */
static void add_gradients(void *ctx, int half)
{
    rig *r = ctx;
    const size_t count = pv_net_parameter_count(r->net);
    float *restrict to = r->part[0].gradient;
    float *restrict from = r->part[1].gradient;
    for (size_t i = half ? count / 2 : 0; i < (half ? count : count / 2); i++) {
        to[i] += from[i];
        from[i] = 0.0f;
    }
}

static pv_status act(rig *r)
{
    part *p = &r->part[0];
    gather(r, pv_rng_below(&p->rng, (uint32_t)(MEMORY - r->about->stack)), p->obs);
    forward(p->pass, r->net, 1, p->obs);
    pv_categorical_best(1, r->about->actions, pv_pass_output(p->pass, 0), p->action);
    r->last ^= p->action[0];
    return PV_OK;
}

static pv_status step(rig *r)
{
    if (r->about->kind == ACT) {
        return act(r);
    }
    pv_pool_run(r->pool, learn_part, r, r->about->threads);
    if (r->about->threads > 1) {
        pv_pool_run(r->pool, add_gradients, r, 2);
    }
    return pv_update(r->optimizer, r->net, r->part[0].gradient, NULL, NULL);
}

/* --- counting and timing --- */

/* Floating-point operations of a step: a forward is two for every weight and place it is used at, a
   backward the same for the weights and, but for the first layer, for what comes in. */
static double operations(const rig *r)
{
    double forward_all = 0.0;
    double first = 0.0;
    for (int i = 0; i < pv_net_line_count(r->net); i++) {
        const pv_net_line line = pv_net_line_at(r->net, i);
        const double places = line.ndim == 3 ? (double)line.shape[0] * (double)line.shape[1] : 1.0;
        const double biases = (double)line.shape[line.ndim == 3 ? 2 : 0];
        if (line.parameters > 0) {
            const double one = 2.0 * places * ((double)line.parameters - biases);
            first = first > 0.0 ? first : one;
            forward_all += one;
        }
    }
    const double rows = (double)r->about->rows;
    switch (r->about->kind) {
    case ACT:
        return rows * forward_all;
    case Q_STEP:
        return rows * (4.0 * forward_all - first);
    case ACTOR_CRITIC:
        return rows * (3.0 * forward_all - first);
    }
    return 0.0;
}

/* Seconds this thread has computed, or seconds on the wall where several threads work. */
static double seconds_now(int threads)
{
    struct timespec now;
    clock_gettime(threads > 1 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* what the threads of a peak measurement have done */
typedef struct peak_work {
    double done[MOST_PARTS];
    float result[MOST_PARTS];
} peak_work;

static void peak_task(void *ctx, int index)
{
    peak_work *w = ctx;
    w->done[index] = pv_kernels_best()->multiply_add(1u << 20, &w->result[index]);
}

/* the best of some short runs */
static double peak_gflops(pv_pool *pool, int threads)
{
    double best = 0.0;
    for (int k = 0; k < REPEATS; k++) {
        peak_work w = {{0.0}, {0.0f}};
        const double began = seconds_now(threads);
        pv_pool_run(pool, peak_task, &w, threads);
        const double taken = seconds_now(threads) - began;
        best = fmax(best, 1e-9 * (w.done[0] + w.done[1]) / taken);
    }
    return best;
}

/* the median time of a step, the clock being read once for many short ones */
static pv_status time_steps(rig *r, double seconds, double *ms)
{
    const int threads = r->about->threads;
    const int rounds = r->about->side == 84 ? 1 : 64;
    double each[REPEATS];
    for (int k = -1; k < REPEATS; k++) { /* the first is to warm up */
        const double began = seconds_now(threads);
        double now = began;
        int steps = 0;
        do {
            for (int i = 0; i < rounds; i++, steps++) {
                const pv_status status = step(r);
                if (status) {
                    return status;
                }
            }
            now = seconds_now(threads);
        } while (now - began < seconds / REPEATS);
        each[k < 0 ? 0 : k] = 1e3 * (now - began) / steps;
    }
    pv_sort(each, REPEATS);
    *ms = each[REPEATS / 2];
    return PV_OK;
}

static void put_row(const bench_case *c, double ms, double gflops, double peak, cJSON *json,
                    int *failed)
{
    if (!json) {
        printf("%-20s %7d %12.4f %12.0f %8.1f %8.1f %6.0f %%\n", c->name, c->threads, ms, 1e3 / ms,
               gflops, peak, 100.0 * gflops / peak);
        fflush(stdout);
        return;
    }
    cJSON *row = pv_put_row(json, failed);
    pv_put_text(row, "case", c->name, failed);
    pv_put_number(row, "threads", c->threads, failed);
    pv_put_number(row, "ms", round(1e7 * ms) / 1e7, failed);
    pv_put_number(row, "gflops", round(1e3 * gflops) / 1e3, failed);
    pv_put_number(row, "peak_gflops", round(1e3 * peak) / 1e3, failed);
    pv_put_number(row, "fraction", round(1e4 * gflops / peak) / 1e4, failed);
}

static pv_status bench_case_of(const bench_case *c, double seconds, cJSON *json, int *failed)
{
    rig r;
    pv_status status = make_rig(&r, c);
    if (status == PV_OK) {
        double ms = NAN;
        const double peak = peak_gflops(r.pool, c->threads);
        status = time_steps(&r, seconds, &ms);
        if (status == PV_OK) {
            put_row(c, ms, 1e-6 * operations(&r) / ms, peak, json, failed);
        }
    }
    free_rig(&r);
    return status;
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

pv_status pv_bench_nets(const char *only, double seconds, cJSON *json)
{
    int failed = 0;
    pv_status status = check_name(only);
    if (status == PV_OK && !json) {
        char kernels[160];
        printf("%s\n%-20s %7s %12s %12s %8s %8s %8s\n",
               pv_kernels_describe(kernels, sizeof kernels), "case", "threads", "ms", "per second",
               "gflops", "peak", "fraction");
    }
    for (int i = 0; i < CASES && status == PV_OK; i++) {
        if (!only || !strcmp(only, cases[i].name)) {
            status = bench_case_of(&cases[i], seconds, json, &failed);
        }
    }
    return status == PV_OK && failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the answer")
                                     : status;
}
