/* layer_noisy.c: fully connected with learned noise (Fortunato et al. 2018, equations 9-11):
   y = activation((mu_w + sigma_w * eps_w) x + mu_b + sigma_b * eps_b) with factorised Gaussian
   noise, eps_w = f(eps_in) f(eps_out), eps_b = f(eps_out), f(e) = sgn(e) sqrt|e|. The noise belongs
   to the pass and stays until it is drawn anew (pv_pass_draw_noise); without noise the weights are
   mu. A forward writes out the weights of its noise once, so that the products are those of dense.
 */
#include "nets/parse.h"

#include <math.h>
#include <string.h>

/* the paper's sigma_0: the noise begins at sigma_0 / sqrt(in) */
static const float SIGMA_0 = 0.5f;

enum { LINE = 16 }; /* floats of a cache line, which arrays in the workspace begin */

/* the parameters [weight][bias][weight_sigma][bias_sigma] as offsets, and the workspace */
typedef struct layout {
    size_t weights;              /* in * out */
    size_t bias;                 /* offsets of the parameters */
    size_t sigma, bias_sigma;    /* and of the deviations */
    size_t out, noisy, bias_now; /* workspace: f(eps_in) first, f(eps_out), weights, biases */
    size_t fixed;                /* floats of the workspace */
} layout;

static size_t lines(size_t floats)
{
    return (floats + LINE - 1) / LINE * LINE;
}

static layout layout_of(const pv_node *node)
{
    const size_t in = (size_t)node->in_size;
    const size_t out = (size_t)node->units;
    layout l = {.weights = in * out, .bias = in * out};
    l.sigma = l.bias + out;
    l.bias_sigma = l.sigma + l.weights;
    l.out = lines(in);
    l.noisy = l.out + lines(out);
    l.bias_now = l.noisy + lines(l.weights);
    l.fixed = l.bias_now + lines(out);
    return l;
}

static pv_status parse(pv_parser *parser, pv_node *node)
{
    return pv_parse_integer(parser, "a number of units", 1, PV_UNITS_MAX, &node->units);
}

static pv_status shape(pv_parser *parser, pv_node *node)
{
    (void)parser;
    node->out = (pv_shape){1, {node->units}};
    return PV_OK;
}

static pv_status tensors(pv_graph *graph, pv_node *node)
{
    const int weight[] = {node->in_size, node->units};
    pv_status status = pv_graph_add_tensor(graph, node, "weight", 1, 2, weight);
    status =
        status == PV_OK ? pv_graph_add_tensor(graph, node, "bias", 0, 1, &node->units) : status;
    status =
        status == PV_OK ? pv_graph_add_tensor(graph, node, "weight_sigma", 0, 2, weight) : status;
    return status == PV_OK ? pv_graph_add_tensor(graph, node, "bias_sigma", 0, 1, &node->units)
                           : status;
}

/* means uniform in +-1/sqrt(in), biases too; deviations sigma_0 / sqrt(in) (section 3.2) */
static void init(const pv_node *node, float *parameters, pv_rng *rng)
{
    const layout l = layout_of(node);
    const pv_init uniform = {PV_INIT_UNIFORM, 0.0f};
    const float deviation = SIGMA_0 / sqrtf((float)node->in_size);
    pv_init_matrix(node->init, rng, node->in_size, node->units, node->units, node->in_size,
                   node->units, parameters);
    pv_init_matrix(uniform, rng, 1, node->units, node->units, node->in_size, node->units,
                   parameters + l.bias);
    for (size_t i = 0; i < l.weights + (size_t)node->units; i++) {
        parameters[l.sigma + i] = deviation;
    }
}

static pv_workspace workspace(const pv_node *node, int rows)
{
    const layout l = layout_of(node);
    (void)rows;
    return (pv_workspace){.fixed = l.fixed, .scratch = l.weights + (size_t)node->units};
}

static void draw_factors(pv_rng *rng, size_t n, float *factor)
{
    for (size_t i = 0; i < n; i++) {
        const double e = pv_rng_normal(rng);
        factor[i] = (float)copysign(sqrt(fabs(e)), e);
    }
}

static void draw(const pv_node *node, float *fixed, pv_rng *rng)
{
    const layout l = layout_of(node);
    draw_factors(rng, (size_t)node->in_size, fixed);
    draw_factors(rng, (size_t)node->units, fixed + l.out);
}

/* to[i] = mean[i] + factor * sigma[i] * noise[i] */
static void add_noise(size_t n, const float *restrict mean, const float *restrict sigma,
                      float factor, const float *restrict noise, float *restrict to)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = mean[i] + factor * noise[i] * sigma[i];
    }
}

/* the weights and biases with this pass's noise, into its workspace */
static void make_noisy(const pv_run *run, const layout *l)
{
    const size_t out = (size_t)run->node->units;
    const float *p = run->parameters;
    for (size_t i = 0; i < (size_t)run->node->in_size; i++) {
        add_noise(out, p + i * out, p + l->sigma + i * out, run->fixed[i], run->fixed + l->out,
                  run->fixed + l->noisy + i * out);
    }
    add_noise(out, p + l->bias, p + l->bias_sigma, 1.0f, run->fixed + l->out,
              run->fixed + l->bias_now);
}

static void forward(const pv_run *run)
{
    const pv_node *node = run->node;
    const layout l = layout_of(node);
    const float *weight = run->parameters;
    const float *bias = run->parameters + l.bias;
    if (run->noise) {
        make_noisy(run, &l);
        weight = run->fixed + l.noisy;
        bias = run->fixed + l.bias_now;
    }
    run->kernels->dense(run->rows, node->units, node->in_size, run->x[0], weight, bias,
                        node->activation, node->slope, run->y);
}

/* dmean[i] += g[i]; dsigma[i] += factor * g[i] * noise[i] */
static void add_gradients(size_t n, const float *restrict g, float factor,
                          const float *restrict noise, float *restrict dmean,
                          float *restrict dsigma)
{
    for (size_t i = 0; i < n; i++) {
        dmean[i] += g[i];
        dsigma[i] += factor * noise[i] * g[i];
    }
}

/* the gradient by the noisy weights, made in scratch, to the means and the deviations */
static void backward_noisy(const pv_run *run, const layout *l)
{
    const pv_node *node = run->node;
    const size_t out = (size_t)node->units;
    float *g = run->scratch;
    float *d = run->dparameters;
    memset(g, 0, (l->weights + out) * sizeof *g);
    run->kernels->dense_weights(run->rows, node->units, node->in_size, run->x[0], run->dy, g,
                                g + l->weights);
    for (size_t i = 0; i < (size_t)node->in_size; i++) {
        add_gradients(out, g + i * out, run->fixed[i], run->fixed + l->out, d + i * out,
                      d + l->sigma + i * out);
    }
    add_gradients(out, g + l->weights, 1.0f, run->fixed + l->out, d + l->bias, d + l->bias_sigma);
}

static void backward(const pv_run *run)
{
    const pv_node *node = run->node;
    const layout l = layout_of(node);
    pv_activation_back(run);
    if (run->noise) {
        backward_noisy(run, &l);
    } else {
        run->kernels->dense_weights(run->rows, node->units, node->in_size, run->x[0], run->dy,
                                    run->dparameters, run->dparameters + l.bias);
    }
    if (run->dx[0]) {
        run->kernels->dense_input(run->rows, node->units, node->in_size, run->dy,
                                  run->noise ? run->fixed + l.noisy : run->parameters,
                                  node->accumulate[0], run->dx[0], run->scratch);
    }
}

const pv_layer_class pv_layer_noisy = {
    .info = {"noisy", "noisy N [activation] [init=...]", "dense with learned noise on its weights"},
    .flags = PV_LAYER_FUSES | PV_LAYER_INIT,
    .usual = PV_INIT_UNIFORM,
    .parse = parse,
    .shape = shape,
    .tensors = tensors,
    .init = init,
    .workspace = workspace,
    .draw = draw,
    .forward = forward,
    .backward = backward};
