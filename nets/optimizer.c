/* optimizer.c: a step of an optimiser over a block of parameters. The block is worked through in
   chunks of fixed length, twice: first penalties, the norm and the search for what is not finite,
   then, if nothing speaks against it, the rule. Sums over chunks are added in their order, so that
   threads change no number. */
#include "nets/optimizer.h"

#include "core/memory.h"
#include "core/params.h"
#include "nets/optimizer_rules.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* floats in a chunk; parameters, gradient and two moments of it fit the second-level cache */
enum { CHUNK = 1 << 15 };

/* larger gradients have squares that no float holds, and an infinite second moment stays so */
static const double LARGEST_NORM = 1e18;

struct pv_optimizer {
    pv_optimizer_config config;
    size_t count;
    uint64_t step; /* updates done */
    float *moment[2];
    double *squares; /* [chunks] of the gradient; not finite: something there is not */
    int chunks;
    pv_pool *pool;
    const pv_kernels *kernels;
    const pv_rule_row *rule;
};

pv_optimizer_config pv_optimizer_config_default(pv_optimizer_kind kind)
{
    static const pv_optimizer_config usual[PV_OPTIMIZERS] = {
        [PV_SGD] = {.lr = 0.01},
        [PV_MOMENTUM] = {.lr = 0.01, .momentum = 0.9},
        [PV_NESTEROV] = {.lr = 0.01, .momentum = 0.9},
        [PV_ADAGRAD] = {.lr = 0.01, .eps = 1e-10},
        [PV_RMSPROP] = {.lr = 0.001, .beta2 = 0.99, .eps = 1e-6},
        /* the constants of Mnih et al. 2015 */
        [PV_RMSPROP_CENTERED] = {.lr = 0.00025, .beta2 = 0.95, .eps = 0.01},
        [PV_ADAM] = {.lr = 0.001, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8},
        [PV_ADAMW] = {.lr = 0.001, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .l2 = 0.01},
    };
    pv_optimizer_config config = usual[kind];
    config.kind = kind;
    return config;
}

pv_status pv_optimizer_kind_parse(const char *name, pv_optimizer_kind *kind)
{
    const char *names[PV_OPTIMIZERS];
    for (int i = 0; i < PV_OPTIMIZERS; i++) {
        names[i] = pv_rule_rows_plain[i].name;
        if (!strcmp(name, names[i])) {
            *kind = (pv_optimizer_kind)i;
            return PV_OK;
        }
    }
    const char *near = pv_near_name(name, names, PV_OPTIMIZERS);
    if (near) {
        return pv_fail(PV_ERROR_ARGUMENT, "no optimizer \"%s\"; did you mean %s?", name, near);
    }
    return pv_fail(PV_ERROR_ARGUMENT, "no optimizer \"%s\"; there are " PV_OPTIMIZER_CHOICES, name);
}

pv_optimizer *pv_optimizer_create(const pv_optimizer_config *config, size_t count)
{
    assert(config->kind < PV_OPTIMIZERS);
    assert(config->kind < PV_ADAGRAD || config->eps > 0.0);
    pv_optimizer *optimizer = pv_alloc(sizeof *optimizer);
    if (!optimizer) {
        return NULL;
    }
    optimizer->config = *config;
    optimizer->count = count;
    optimizer->chunks = (int)((count + CHUNK - 1) / CHUNK);
    optimizer->kernels = pv_kernels_best();
    optimizer->rule = &pv_rule_rows_best()[config->kind];
    optimizer->squares = pv_alloc_array((size_t)optimizer->chunks, sizeof *optimizer->squares);
    int failed = !optimizer->squares;
    for (int i = 0; i < 2 && optimizer->rule->moment[i]; i++) {
        optimizer->moment[i] = pv_alloc_array(count, sizeof *optimizer->moment[i]);
        failed |= !optimizer->moment[i];
    }
    if (failed) {
        pv_optimizer_destroy(optimizer);
        return NULL;
    }
    return optimizer;
}

void pv_optimizer_destroy(pv_optimizer *optimizer)
{
    if (optimizer) {
        pv_free(optimizer->moment[0]);
        pv_free(optimizer->moment[1]);
        pv_free(optimizer->squares);
        pv_free(optimizer);
    }
}

void pv_optimizer_set_lr(pv_optimizer *optimizer, double lr)
{
    optimizer->config.lr = lr;
}

void pv_optimizer_set_pool(pv_optimizer *optimizer, pv_pool *pool)
{
    optimizer->pool = pool;
}

/* --- an update --- */

/* what is updated */
typedef struct update {
    pv_optimizer *optimizer;
    float *parameters, *gradient;
    const pv_net_tensor *tensors;
    int n_tensors;
    pv_rule rule;
} update;

/* a tensor's part of a chunk: n floats from `first` on */
typedef struct stretch {
    size_t first, n;
} stretch;

static stretch stretch_of(const pv_net_tensor *tensor, int chunk)
{
    const size_t low = (size_t)chunk * CHUNK;
    const size_t first = tensor->offset > low ? tensor->offset : low;
    const size_t end = tensor->offset + tensor->count;
    const size_t last = end < low + CHUNK ? end : low + CHUNK;
    return (stretch){first, last > first ? last - first : 0};
}

static void add_penalties(const pv_optimizer_config *c, size_t n, const float *p, float *g)
{
    const float l2 = c->kind == PV_ADAMW ? 0.0f : (float)c->l2;
    const float l1 = (float)c->l1;
    for (size_t i = 0; i < n; i++) {
        g[i] += l2 * p[i] + l1 * (float)((p[i] > 0.0f) - (p[i] < 0.0f));
    }
}

static void cut_values(float most, size_t n, float *g)
{
    for (size_t i = 0; i < n; i++) {
        const float x = g[i] < most ? g[i] : most;
        g[i] = x > -most ? x : -most;
    }
}

/* penalties and the sum of squares of a chunk; NaN where a number is not finite */
static void inspect_chunk(void *ctx, int chunk)
{
    const update *u = ctx;
    const pv_optimizer *o = u->optimizer;
    const int penalties =
        o->config.l1 != 0.0 || (o->config.l2 != 0.0 && o->config.kind != PV_ADAMW);
    double sum = 0.0;
    for (int i = 0; i < u->n_tensors; i++) {
        const pv_net_tensor *t = &u->tensors[i];
        const stretch s = stretch_of(t, chunk);
        if (s.n == 0 || t->frozen) {
            continue;
        }
        if (penalties && t->decay) {
            add_penalties(&o->config, s.n, u->parameters + s.first, u->gradient + s.first);
        }
        sum += o->kernels->squares(s.n, u->gradient + s.first);
        sum += o->kernels->finite(s.n, u->parameters + s.first) ? 0.0 : NAN;
    }
    o->squares[chunk] = sum;
}

/* cuts the elements of a chunk and sums its squares again */
static void cut_chunk(void *ctx, int chunk)
{
    const update *u = ctx;
    const pv_optimizer *o = u->optimizer;
    double sum = 0.0;
    for (int i = 0; i < u->n_tensors; i++) {
        const stretch s = stretch_of(&u->tensors[i], chunk);
        if (s.n > 0 && !u->tensors[i].frozen) {
            cut_values((float)o->config.clip_value, s.n, u->gradient + s.first);
            sum += o->kernels->squares(s.n, u->gradient + s.first);
        }
    }
    o->squares[chunk] = sum;
}

/* the rule on a chunk; the gradient of what is frozen is used up too */
static void apply_chunk(void *ctx, int chunk)
{
    const update *u = ctx;
    const pv_optimizer *o = u->optimizer;
    for (int i = 0; i < u->n_tensors; i++) {
        const pv_net_tensor *t = &u->tensors[i];
        const stretch s = stretch_of(t, chunk);
        if (s.n == 0) {
            continue;
        }
        if (t->frozen) {
            memset(u->gradient + s.first, 0, s.n * sizeof *u->gradient);
            continue;
        }
        pv_rule rule = u->rule;
        rule.shrink = t->decay ? rule.shrink : 1.0f;
        o->rule->apply(s.n, &rule, u->parameters + s.first, u->gradient + s.first,
                       o->moment[0] ? o->moment[0] + s.first : NULL,
                       o->moment[1] ? o->moment[1] + s.first : NULL);
    }
}

static double norm_of(const pv_optimizer *o)
{
    double sum = 0.0;
    for (int i = 0; i < o->chunks; i++) {
        sum += o->squares[i];
    }
    return sqrt(sum);
}

static pv_status refuse_tensor(const update *u, const pv_net_tensor *t, const char *what,
                               const float *block)
{
    for (size_t i = 0; i < t->count; i++) {
        const float x = block[t->offset + i];
        if (!isfinite(x)) {
            return pv_fail(PV_ERROR_NUMBER,
                           "update %" PRIu64 ": %s \"%s\" is %s at element %zu of %zu; a lower "
                           "learning rate or a clip_norm keeps numbers finite",
                           u->optimizer->step + 1, what, t->name,
                           isnan(x) ? "not a number" : "infinite", i, t->count);
        }
    }
    return PV_OK;
}

/* names the first tensor that is not finite, parameters before gradients, which follow from them */
static pv_status refuse(const update *u)
{
    pv_status status = PV_OK;
    for (int i = 0; i < 2 * u->n_tensors && status == PV_OK; i++) {
        const pv_net_tensor *t = &u->tensors[i % u->n_tensors];
        if (!t->frozen) {
            status = i < u->n_tensors ? refuse_tensor(u, t, "the parameter", u->parameters)
                                      : refuse_tensor(u, t, "the gradient of", u->gradient);
        }
    }
    assert(status != PV_OK);
    return status;
}

static pv_rule prepare_rule(const pv_optimizer *o, double scale)
{
    const pv_optimizer_config *c = &o->config;
    const int adam = c->kind == PV_ADAM || c->kind == PV_ADAMW;
    const int rmsprop = c->kind == PV_RMSPROP || c->kind == PV_RMSPROP_CENTERED;
    const int inside = rmsprop && !c->eps_outside;
    /* Kingma & Ba 2015, section 2: both corrections moved into the step and eps */
    const double root2 = adam ? sqrt(1.0 - pow(c->beta2, (double)o->step)) : 1.0;
    const double first = adam ? 1.0 - pow(c->beta1, (double)o->step) : 1.0;
    return (pv_rule){.lr = (float)(c->lr * root2 / first),
                     .scale = (float)scale,
                     .momentum = (float)c->momentum,
                     .keep1 = (float)c->beta1,
                     .take1 = (float)(1.0 - c->beta1),
                     .keep2 = (float)c->beta2,
                     .take2 = (float)(1.0 - c->beta2),
                     .inside = inside ? (float)c->eps : 0.0f,
                     .outside = inside ? 0.0f : (float)(c->eps * root2),
                     .shrink = c->kind == PV_ADAMW ? (float)(1.0 - c->lr * c->l2) : 1.0f};
}

static pv_status run_update(update *u, const pv_gradient_hook *hook, pv_update_report *report)
{
    pv_optimizer *o = u->optimizer;
    const pv_status status =
        hook && hook->apply ? hook->apply(hook->ctx, u->gradient, o->count) : PV_OK;
    if (status) {
        return status;
    }
    pv_pool_run(o->pool, inspect_chunk, u, o->chunks);
    const double measured = norm_of(o);
    if (!isfinite(measured)) {
        return refuse(u);
    }
    double norm = measured;
    if (o->config.clip_value > 0.0) {
        pv_pool_run(o->pool, cut_chunk, u, o->chunks);
        norm = norm_of(o);
    }
    const double most = o->config.clip_norm;
    const double scale = most > 0.0 && norm > most ? most / norm : 1.0;
    if (norm * scale > LARGEST_NORM) {
        return pv_fail(PV_ERROR_NUMBER,
                       "update %" PRIu64 ": the gradient's norm is %g, beyond all use; a lower "
                       "learning rate or a clip_norm keeps it small",
                       o->step + 1, norm);
    }
    o->step++;
    u->rule = prepare_rule(o, scale);
    pv_pool_run(o->pool, apply_chunk, u, o->chunks);
    if (report) {
        *report = (pv_update_report){.gradient_norm = measured, .lr = o->config.lr};
    }
    return PV_OK;
}

pv_status pv_update_block(pv_optimizer *optimizer, float *parameters, const pv_net_tensor *tensors,
                          int n_tensors, float *gradient, const pv_gradient_hook *hook,
                          pv_update_report *report)
{
    update u = {.optimizer = optimizer,
                .parameters = parameters,
                .gradient = gradient,
                .tensors = tensors,
                .n_tensors = n_tensors};
    return run_update(&u, hook, report);
}

pv_status pv_update(pv_optimizer *optimizer, pv_net *net, float *gradient,
                    const pv_gradient_hook *hook, pv_update_report *report)
{
    const int n = pv_net_tensor_count(net);
    assert(pv_net_parameter_count(net) == optimizer->count);
    return pv_update_block(optimizer, pv_net_parameters(net), n ? pv_net_tensor_at(net, 0) : NULL,
                           n, gradient, hook, report);
}

/* --- save and load --- */

static pv_status put(pv_tensors *tensors, const char *prefix, const char *name, pv_dtype dtype,
                     const void *data, size_t count)
{
    char *full = pv_format_text("%s%s", prefix, name);
    const pv_status status =
        full ? pv_tensors_add(tensors, full, dtype, data, count) : pv_last_status();
    pv_free(full);
    return status;
}

static pv_status get(const pv_tensors *tensors, const char *prefix, const char *name,
                     pv_dtype dtype, void *data, size_t count)
{
    char *full = pv_format_text("%s%s", prefix, name);
    const pv_status status =
        full ? pv_tensors_get(tensors, full, dtype, data, count) : pv_last_status();
    pv_free(full);
    return status;
}

pv_status pv_optimizer_save(const pv_optimizer *o, pv_tensors *tensors, const char *prefix)
{
    const char *const *names = o->rule->moment;
    pv_status status = put(tensors, prefix, "step", PV_U64, &o->step, 1);
    status = status ? status : put(tensors, prefix, "lr", PV_F64, &o->config.lr, 1);
    for (int i = 0; i < 2 && names[i] && status == PV_OK; i++) {
        status = put(tensors, prefix, names[i], PV_F32, o->moment[i], o->count);
    }
    return status;
}

pv_status pv_optimizer_load(pv_optimizer *o, const pv_tensors *tensors, const char *prefix)
{
    const char *const *names = o->rule->moment;
    pv_status status = get(tensors, prefix, "step", PV_U64, &o->step, 1);
    status = status ? status : get(tensors, prefix, "lr", PV_F64, &o->config.lr, 1);
    for (int i = 0; i < 2 && names[i] && status == PV_OK; i++) {
        status = get(tensors, prefix, names[i], PV_F32, o->moment[i], o->count);
    }
    return status;
}
