/* layer_activation.c: activations as layers of their own. Those of the kernels' list follow from
   their value going backward, the others from what came in. */
#include "nets/layer.h"

#include <math.h>

static size_t elements(const pv_run *run)
{
    return (size_t)run->rows * (size_t)run->node->out_size;
}

/* --- those the kernels know ------------------------------------------------------------------ */

static void forward(const pv_run *run)
{
    run->kernels->activate(elements(run), run->node->activation, run->node->slope, run->x[0],
                           run->y);
}

static void backward(const pv_run *run)
{
    const int accumulate = run->node->accumulate[0];
    if (run->dx[0]) {
        run->kernels->activate_back(elements(run), run->node->activation, run->node->slope, run->y,
                                    run->dy, accumulate ? run->dy : run->dx[0]);
        if (accumulate) {
            pv_add_gradient(1, elements(run), run->dy, run->dx[0]);
        }
    }
}

#define KNOWN(layer, kind, usual_slope, usage_text, summary_text)                                  \
    const pv_layer_class pv_layer_##layer = {.info = {#layer, usage_text, summary_text},           \
                                             .flags = PV_LAYER_ACTIVATION,                         \
                                             .activation = kind,                                   \
                                             .slope = usual_slope,                                 \
                                             .forward = forward,                                   \
                                             .backward = backward}

KNOWN(identity, PV_IDENTITY, 0.0f, "identity", "x");
KNOWN(relu, PV_RELU, 0.0f, "relu", "max(0, x)");
KNOWN(leaky, PV_LEAKY, 0.01f, "leaky[:slope]", "x, below 0 slope x (0.01)");
KNOWN(elu, PV_ELU, 1.0f, "elu[:a]", "x, below 0 a (e^x - 1) (1)");
KNOWN(selu, PV_SELU, 0.0f, "selu", "elu scaled so that it normalises itself");
KNOWN(tanh, PV_TANH, 0.0f, "tanh", "hyperbolic tangent, -1 to 1");
KNOWN(sigmoid, PV_SIGMOID, 0.0f, "sigmoid", "1 / (1 + e^-x), 0 to 1");
KNOWN(softplus, PV_SOFTPLUS, 0.0f, "softplus", "log(1 + e^x)");

/* --- those by what came in ------------------------------------------------------------------- */

/* value and derivative of a function of one number */
typedef void function(float x, float *y, float *derivative);

static void swish(float x, float *y, float *derivative)
{
    const float sigmoid = 1.0f / (1.0f + expf(-x));
    *y = x * sigmoid;
    *derivative = sigmoid + *y * (1.0f - sigmoid);
}

/* the form with tanh of Hendrycks and Gimpel 2016 */
static void gelu(float x, float *y, float *derivative)
{
    const float root = 0.7978845608f; /* sqrt(2 / pi) */
    const float t = tanhf(root * (x + 0.044715f * x * x * x));
    *y = 0.5f * x * (1.0f + t);
    *derivative = 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * root * (1.0f + 0.134145f * x * x);
}

static void forward_by(const pv_run *run, function *f)
{
    const float *x = run->x[0];
    const size_t n = elements(run);
    for (size_t i = 0; i < n; i++) {
        float derivative = 0.0f;
        f(x[i], &run->y[i], &derivative);
    }
}

static void backward_by(const pv_run *run, function *f)
{
    const float *x = run->x[0];
    const size_t n = run->dx[0] ? elements(run) : 0;
    for (size_t i = 0; i < n; i++) {
        float y = 0.0f;
        float derivative = 0.0f;
        f(x[i], &y, &derivative);
        run->dy[i] *= derivative;
    }
    if (n) {
        pv_add_gradient(run->node->accumulate[0], n, run->dy, run->dx[0]);
    }
}

static void forward_swish(const pv_run *run)
{
    forward_by(run, swish);
}

static void backward_swish(const pv_run *run)
{
    backward_by(run, swish);
}

static void forward_gelu(const pv_run *run)
{
    forward_by(run, gelu);
}

static void backward_gelu(const pv_run *run)
{
    backward_by(run, gelu);
}

const pv_layer_class pv_layer_swish = {.info = {"swish", "swish", "x sigmoid(x)"},
                                       .flags = PV_LAYER_ACTIVATION,
                                       .activation = PV_ACTIVATIONS,
                                       .forward = forward_swish,
                                       .backward = backward_swish};

const pv_layer_class pv_layer_gelu = {
    .info = {"gelu", "gelu", "x times the normal distribution of x, by tanh"},
    .flags = PV_LAYER_ACTIVATION,
    .activation = PV_ACTIVATIONS,
    .forward = forward_gelu,
    .backward = backward_gelu};

/* --- softmax over the last dimension --------------------------------------------------------- */

/* one stretch of n logits: the largest first, so that no exponential overflows */
static float log_sum(int n, const float *x)
{
    float largest = x[0];
    double sum = 0.0;
    for (int i = 1; i < n; i++) {
        largest = x[i] > largest ? x[i] : largest;
    }
    for (int i = 0; i < n; i++) {
        sum += exp((double)(x[i] - largest));
    }
    return largest + (float)log(sum);
}

static int last_size(const pv_run *run)
{
    return run->node->out.size[run->node->out.ndim - 1];
}

static void forward_softmax_by(const pv_run *run, int logarithm)
{
    const int n = last_size(run);
    const float *x = run->x[0];
    for (size_t at = 0; at < elements(run); at += (size_t)n) {
        const float sum = log_sum(n, x + at);
        for (int i = 0; i < n; i++) {
            const float value = x[at + (size_t)i] - sum;
            run->y[at + (size_t)i] = logarithm ? value : expf(value);
        }
    }
}

static void forward_softmax(const pv_run *run)
{
    forward_softmax_by(run, 0);
}

static void forward_log_softmax(const pv_run *run)
{
    forward_softmax_by(run, 1);
}

/* softmax: dx = y (dy - sum y dy); its logarithm: dx = dy - e^y sum dy */
static void backward_softmax_by(const pv_run *run, int logarithm)
{
    const int n = last_size(run);
    if (!run->dx[0]) {
        return;
    }
    for (size_t at = 0; at < elements(run); at += (size_t)n) {
        const float *y = run->y + at;
        float *dy = run->dy + at;
        double sum = 0.0;
        for (int i = 0; i < n; i++) {
            sum += logarithm ? (double)dy[i] : (double)y[i] * (double)dy[i];
        }
        for (int i = 0; i < n; i++) {
            dy[i] = logarithm ? dy[i] - expf(y[i]) * (float)sum : y[i] * (dy[i] - (float)sum);
        }
    }
    pv_add_gradient(run->node->accumulate[0], elements(run), run->dy, run->dx[0]);
}

static void backward_softmax(const pv_run *run)
{
    backward_softmax_by(run, 0);
}

static void backward_log_softmax(const pv_run *run)
{
    backward_softmax_by(run, 1);
}

const pv_layer_class pv_layer_softmax = {
    .info = {"softmax", "softmax", "probabilities over the last dimension"},
    .flags = PV_LAYER_ACTIVATION,
    .activation = PV_ACTIVATIONS,
    .forward = forward_softmax,
    .backward = backward_softmax};

const pv_layer_class pv_layer_log_softmax = {
    .info = {"log_softmax", "log_softmax", "their logarithms"},
    .flags = PV_LAYER_ACTIVATION,
    .activation = PV_ACTIVATIONS,
    .forward = forward_log_softmax,
    .backward = backward_log_softmax};
