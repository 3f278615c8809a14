/* layer_norm.c: y = gain (x - mean) / sqrt(variance + 1e-5) + bias, a gain and a bias for each
   channel (the last dimension). layernorm takes mean and variance over the numbers of a row (Ba,
   Kiros and Hinton 2016), batchnorm over rows and places of each channel (Ioffe and Szegedy 2015).
 */
#include "nets/graph.h"

#include <math.h>
#include <string.h>

static const double EPSILON = 1e-5;
static const float KEEP = 0.1f; /* part of a batch's statistics in the running ones */

static int channels_of(const pv_node *node)
{
    return node->out.size[node->out.ndim - 1];
}

static pv_status tensors(pv_graph *graph, pv_node *node)
{
    const int channels = channels_of(node);
    const pv_status status = pv_graph_add_tensor(graph, node, "gain", 0, 1, &channels);
    return status == PV_OK ? pv_graph_add_tensor(graph, node, "bias", 0, 1, &channels) : status;
}

static void init(const pv_node *node, float *parameters, pv_rng *rng)
{
    (void)rng;
    for (int i = 0; i < channels_of(node); i++) {
        parameters[i] = 1.0f;
    }
}

/* --- layernorm ------------------------------------------------------------------------------- */

static pv_workspace layernorm_workspace(const pv_node *node, int rows)
{
    (void)node;
    (void)rows;
    return (pv_workspace){.row = 2}; /* mean, 1 / deviation */
}

static void layernorm_forward(const pv_run *run)
{
    const int n = run->node->out_size;
    const int channels = channels_of(run->node);
    const float *gain = run->parameters;
    const float *bias = gain + channels;
    for (int row = 0; row < run->rows; row++) {
        const float *x = (const float *)run->x[0] + (size_t)row * (size_t)n;
        float *y = run->y + (size_t)row * (size_t)n;
        double sum = 0.0;
        double squares = 0.0;
        for (int i = 0; i < n; i++) {
            sum += (double)x[i];
        }
        const double mean = sum / n;
        for (int i = 0; i < n; i++) {
            squares += ((double)x[i] - mean) * ((double)x[i] - mean);
        }
        const float scale = (float)(1.0 / sqrt(squares / n + EPSILON));
        run->row[2 * row] = (float)mean;
        run->row[2 * row + 1] = scale;
        for (int i = 0; i < n; i += channels) {
            for (int c = 0; c < channels; c++) {
                y[i + c] = gain[c] * ((x[i + c] - (float)mean) * scale) + bias[c];
            }
        }
    }
}

/* dx = scale (g - mean(g) - x^ mean(g x^)) with g = gain dy and x^ the normalised x */
static void layernorm_input(const float *x, const float *dy, const float *gain, int n, int channels,
                            const float *kept, int accumulate, float *dx)
{
    double sum = 0.0;
    double product = 0.0;
    for (int i = 0; i < n; i++) {
        const double g = (double)gain[i % channels] * (double)dy[i];
        sum += g;
        product += g * (double)((x[i] - kept[0]) * kept[1]);
    }
    const float mean = (float)(sum / n);
    const float slope = (float)(product / n);
    for (int i = 0; i < n; i++) {
        const float normal = (x[i] - kept[0]) * kept[1];
        const float own = kept[1] * (gain[i % channels] * dy[i] - mean - normal * slope);
        dx[i] = accumulate ? dx[i] + own : own;
    }
}

static void layernorm_backward(const pv_run *run)
{
    const int n = run->node->out_size;
    const int channels = channels_of(run->node);
    const int accumulate = run->node->accumulate[0];
    float *dgain = run->dparameters;
    float *dbias = dgain + channels;
    for (int row = 0; row < run->rows; row++) {
        const size_t at = (size_t)row * (size_t)n;
        const float *x = (const float *)run->x[0] + at;
        const float *dy = run->dy + at;
        const float *kept = run->row + 2 * row;
        for (int i = 0; i < n; i += channels) {
            for (int c = 0; c < channels; c++) {
                dgain[c] += dy[i + c] * ((x[i + c] - kept[0]) * kept[1]);
                dbias[c] += dy[i + c];
            }
        }
        if (run->dx[0]) {
            layernorm_input(x, dy, run->parameters, n, channels, kept, accumulate, run->dx[0] + at);
        }
    }
}

const pv_layer_class pv_layer_layernorm = {
    .info = {"layernorm", "layernorm", "each row with mean 0 and variance 1, then gain and bias"},
    .flags = PV_LAYER_TRANSPARENT,
    .tensors = tensors,
    .init = init,
    .workspace = layernorm_workspace,
    .forward = layernorm_forward,
    .backward = layernorm_backward};

/* --- batchnorm ------------------------------------------------------------------------------- */

/* running statistics: mean [channels], variance [channels] */
static pv_status batchnorm_tensors(pv_graph *graph, pv_node *node)
{
    const int channels = channels_of(node);
    pv_status status = tensors(graph, node);
    if (status == PV_OK) {
        status = pv_graph_add_statistic(graph, node, "mean", channels, 0.0f);
    }
    if (status == PV_OK) {
        status = pv_graph_add_statistic(graph, node, "variance", channels, 1.0f);
    }
    return status;
}

/* the fixed workspace, all [channels] */
typedef struct batch_numbers {
    double *sum, *product;          /* of one call */
    float *mean, *variance, *scale; /* of the forward: scale is 1 / deviation */
} batch_numbers;

static pv_workspace batchnorm_workspace(const pv_node *node, int rows)
{
    (void)rows;
    const size_t channels = (size_t)channels_of(node);
    return (pv_workspace){.fixed = 2 * channels * sizeof(double) / sizeof(float) + 3 * channels};
}

static batch_numbers numbers_of(const pv_run *run)
{
    const size_t channels = (size_t)channels_of(run->node);
    double *sum = (double *)(void *)run->fixed;
    float *mean = (float *)(void *)(sum + 2 * channels);
    return (batch_numbers){sum, sum + channels, mean, mean + channels, mean + 2 * channels};
}

static size_t places_of(const pv_run *run)
{
    return (size_t)run->rows * (size_t)run->node->out_size / (size_t)channels_of(run->node);
}

/* mean and variance of each channel, in two passes */
static void measure(const pv_run *run, const batch_numbers *b)
{
    const size_t channels = (size_t)channels_of(run->node);
    const size_t places = places_of(run);
    const float *x = run->x[0];
    memset(b->sum, 0, 2 * channels * sizeof *b->sum);
    for (size_t i = 0; i < places * channels; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            b->sum[c] += (double)x[i + c];
        }
    }
    for (size_t c = 0; c < channels; c++) {
        b->sum[c] /= (double)places;
    }
    for (size_t i = 0; i < places * channels; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            const double away = (double)x[i + c] - b->sum[c];
            b->product[c] += away * away;
        }
    }
    for (size_t c = 0; c < channels; c++) {
        b->mean[c] = (float)b->sum[c];
        b->variance[c] = (float)(b->product[c] / (double)places);
    }
}

static void batchnorm_forward(const pv_run *run)
{
    const size_t channels = (size_t)channels_of(run->node);
    const batch_numbers b = numbers_of(run);
    const float *gain = run->parameters;
    const float *bias = gain + channels;
    const float *x = run->x[0];
    if (run->training) {
        measure(run, &b);
    } else {
        memcpy(b.mean, run->statistics, channels * sizeof *b.mean);
        memcpy(b.variance, run->statistics + channels, channels * sizeof *b.variance);
    }
    for (size_t c = 0; c < channels; c++) {
        b.scale[c] = (float)(1.0 / sqrt((double)b.variance[c] + EPSILON));
    }
    for (size_t i = 0; i < places_of(run) * channels; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            run->y[i + c] = gain[c] * ((x[i + c] - b.mean[c]) * b.scale[c]) + bias[c];
        }
    }
}

/* as layernorm's, over the batch; where the running statistics were used they are constants */
static void batchnorm_backward(const pv_run *run)
{
    const size_t channels = (size_t)channels_of(run->node);
    const size_t places = places_of(run);
    const batch_numbers b = numbers_of(run);
    const int accumulate = run->node->accumulate[0];
    const float *gain = run->parameters;
    const float *x = run->x[0];
    float *dx = run->dx[0];
    memset(b.sum, 0, 2 * channels * sizeof *b.sum);
    for (size_t i = 0; i < places * channels; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            b.sum[c] += (double)run->dy[i + c];
            b.product[c] += (double)(run->dy[i + c] * ((x[i + c] - b.mean[c]) * b.scale[c]));
        }
    }
    for (size_t c = 0; c < channels; c++) {
        run->dparameters[c] += (float)b.product[c];
        run->dparameters[channels + c] += (float)b.sum[c];
        b.sum[c] = run->training ? b.sum[c] / (double)places : 0.0;
        b.product[c] = run->training ? b.product[c] / (double)places : 0.0;
    }
    for (size_t i = 0; i < places * channels && dx; i += channels) {
        for (size_t c = 0; c < channels; c++) {
            const float normal = (x[i + c] - b.mean[c]) * b.scale[c];
            const float slope = run->dy[i + c] - (float)b.sum[c] - normal * (float)b.product[c];
            const float own = gain[c] * b.scale[c] * slope;
            dx[i + c] = accumulate ? dx[i + c] + own : own;
        }
    }
}

/* the running variance is the unbiased one, as in the paper */
static void batchnorm_keep(const pv_run *run, float *statistics)
{
    const size_t channels = (size_t)channels_of(run->node);
    const batch_numbers b = numbers_of(run);
    const float places = (float)places_of(run);
    const float unbiased = places > 1.0f ? places / (places - 1.0f) : 1.0f;
    for (size_t c = 0; c < channels; c++) {
        float *mean = &statistics[c];
        float *variance = &statistics[channels + c];
        *mean += KEEP * (b.mean[c] - *mean);
        *variance += KEEP * (unbiased * b.variance[c] - *variance);
    }
}

const pv_layer_class pv_layer_batchnorm = {
    .info = {"batchnorm", "batchnorm",
             "each channel with mean 0 and variance 1 over the batch, then gain and bias"},
    .flags = PV_LAYER_WHOLE_BATCH | PV_LAYER_TRANSPARENT,
    .tensors = batchnorm_tensors,
    .init = init,
    .workspace = batchnorm_workspace,
    .forward = batchnorm_forward,
    .backward = batchnorm_backward,
    .keep = batchnorm_keep};
