/* nets_oracle.h: every layer again, forward only, in double precision and in the plainest loops, as
   the second source of the tests: gradients are compared with finite differences of these. */
#ifndef PAVLOV_TESTS_NETS_ORACLE_H
#define PAVLOV_TESTS_NETS_ORACLE_H

#include "nets/kernels.h"

#include <math.h>
#include <string.h>

/* one layer at one size */
typedef struct trial trial;
typedef void oracle(const trial *t, const double *p, const double *x, const double *state,
                    double *y);

struct trial {
    char text[96];
    oracle *forward;
    int height, width, channels; /* of the input: height 0: a row of `width` numbers */
    int n, m;                    /* numbers of a row that come in, that go out */
    int units, kernel[2], stride, pad, out_height, out_width;
    pv_activation activation;
    double slope;
    int parameters, state; /* floats */
    int steps, sequences;  /* rows = steps * sequences */
    unsigned char reset[64];
    int bytes;        /* the input is bytes, scaled by 1/255 */
    int evaluates;    /* not a training batch */
    int noisy;        /* noise is drawn */
    double noise[96]; /* of noisy: f(e) of each input, then of each unit */
};

static inline double oracle_activate(pv_activation activation, double slope, double x)
{
    switch (activation) {
    case PV_RELU:
        return x > 0.0 ? x : 0.0;
    case PV_LEAKY:
        return x > 0.0 ? x : slope * x;
    case PV_ELU:
        return x > 0.0 ? x : slope * (exp(x) - 1.0);
    case PV_SELU:
        return 1.0507009873554805 * (x > 0.0 ? x : 1.6732632423543772 * (exp(x) - 1.0));
    case PV_TANH:
        return tanh(x);
    case PV_SIGMOID:
        return 1.0 / (1.0 + exp(-x));
    case PV_SOFTPLUS:
        return log(1.0 + exp(x));
    default:
        return x;
    }
}

static inline void oracle_dense(const trial *t, const double *p, const double *x,
                                const double *state, double *y)
{
    (void)state;
    for (int r = 0; r < t->steps * t->sequences; r++) {
        for (int j = 0; j < t->units; j++) {
            double sum = p[t->n * t->units + j];
            for (int i = 0; i < t->n; i++) {
                sum += x[r * t->n + i] * p[i * t->units + j];
            }
            y[r * t->m + j] = oracle_activate(t->activation, t->slope, sum);
        }
    }
}

/* equations 9 to 11 of Fortunato et al. 2018, weight by weight */
static inline void oracle_noisy(const trial *t, const double *p, const double *x,
                                const double *state, double *y)
{
    const int weights = t->n * t->units;
    const double *sigma = p + weights + t->units;
    (void)state;
    for (int r = 0; r < t->steps * t->sequences; r++) {
        for (int j = 0; j < t->units; j++) {
            const double out = t->noisy ? t->noise[t->n + j] : 0.0;
            double sum = p[weights + j] + sigma[weights + j] * out;
            for (int i = 0; i < t->n; i++) {
                const int w = i * t->units + j;
                sum += (p[w] + sigma[w] * t->noise[i] * out) * x[r * t->n + i];
            }
            y[r * t->m + j] = oracle_activate(t->activation, t->slope, sum);
        }
    }
}

/* x + the dense layer */
static inline void oracle_residual(const trial *t, const double *p, const double *x,
                                   const double *state, double *y)
{
    oracle_dense(t, p, x, state, y);
    for (int i = 0; i < t->steps * t->sequences * t->n; i++) {
        y[i] += x[i];
    }
}

/* the number at a place of a picture, `outside` beyond its border */
static inline double oracle_pixel(const trial *t, const double *x, int r, int i, int j, int c,
                                  double outside)
{
    if (i < 0 || i >= t->height || j < 0 || j >= t->width) {
        return outside;
    }
    return x[((r * t->height + i) * t->width + j) * t->channels + c];
}

static inline double oracle_patch(const trial *t, const double *p, const double *x, int r, int top,
                                  int left, int f)
{
    double sum = p[t->kernel[0] * t->kernel[1] * t->channels * t->units + f];
    for (int a = 0; a < t->kernel[0]; a++) {
        for (int b = 0; b < t->kernel[1]; b++) {
            for (int c = 0; c < t->channels; c++) {
                const int w = ((a * t->kernel[1] + b) * t->channels + c) * t->units + f;
                sum += p[w] * oracle_pixel(t, x, r, top + a, left + b, c, 0.0);
            }
        }
    }
    return oracle_activate(t->activation, t->slope, sum);
}

static inline void oracle_conv(const trial *t, const double *p, const double *x,
                               const double *state, double *y)
{
    (void)state;
    for (int r = 0; r < t->steps * t->sequences; r++) {
        for (int k = 0; k < t->m; k++) {
            const int place = k / t->units;
            const int top = place / t->out_width * t->stride - t->pad;
            const int left = place % t->out_width * t->stride - t->pad;
            y[r * t->m + k] = oracle_patch(t, p, x, r, top, left, k % t->units);
        }
    }
}

static inline void oracle_pool(const trial *t, const double *x, int largest, double *y)
{
    for (int k = 0; k < t->steps * t->sequences * t->m; k++) {
        const int place = k % t->m / t->channels;
        const int top = place / t->out_width * t->stride - t->pad;
        const int left = place % t->out_width * t->stride - t->pad;
        double sum = 0.0;
        double best = -INFINITY;
        for (int a = 0; a < t->kernel[0] * t->kernel[1]; a++) {
            const int i = top + a / t->kernel[1];
            const int j = left + a % t->kernel[1];
            sum += oracle_pixel(t, x, k / t->m, i, j, k % t->channels, 0.0);
            best = fmax(best, oracle_pixel(t, x, k / t->m, i, j, k % t->channels, -INFINITY));
        }
        y[k] = largest ? best : sum / (t->kernel[0] * t->kernel[1]);
    }
}

static inline void oracle_maxpool(const trial *t, const double *p, const double *x,
                                  const double *state, double *y)
{
    (void)p;
    (void)state;
    oracle_pool(t, x, 1, y);
}

static inline void oracle_avgpool(const trial *t, const double *p, const double *x,
                                  const double *state, double *y)
{
    (void)p;
    (void)state;
    oracle_pool(t, x, 0, y);
}

/* normalises `count` numbers that are `stride` apart, with the gain and bias of channel(i) */
static inline void oracle_normalise(const double *x, int count, int stride, double *y)
{
    double mean = 0.0;
    double variance = 0.0;
    for (int i = 0; i < count; i++) {
        mean += x[i * stride] / count;
    }
    for (int i = 0; i < count; i++) {
        variance += (x[i * stride] - mean) * (x[i * stride] - mean) / count;
    }
    for (int i = 0; i < count; i++) {
        y[i * stride] = (x[i * stride] - mean) / sqrt(variance + 1e-5);
    }
}

static inline void oracle_gain_and_bias(const trial *t, const double *p, double *y)
{
    for (int i = 0; i < t->steps * t->sequences * t->n; i++) {
        y[i] = p[i % t->channels] * y[i] + p[t->channels + i % t->channels];
    }
}

static inline void oracle_layernorm(const trial *t, const double *p, const double *x,
                                    const double *state, double *y)
{
    (void)state;
    for (int r = 0; r < t->steps * t->sequences; r++) {
        oracle_normalise(x + r * t->n, t->n, 1, y + r * t->n);
    }
    oracle_gain_and_bias(t, p, y);
}

/* evaluating, the running statistics are still mean 0 and variance 1 */
static inline void oracle_batchnorm(const trial *t, const double *p, const double *x,
                                    const double *state, double *y)
{
    const int count = t->steps * t->sequences * t->n;
    (void)state;
    for (int c = 0; c < t->channels && !t->evaluates; c++) {
        oracle_normalise(x + c, count / t->channels, t->channels, y + c);
    }
    for (int i = 0; i < count && t->evaluates; i++) {
        y[i] = x[i] / sqrt(1.0 + 1e-5);
    }
    oracle_gain_and_bias(t, p, y);
}

static inline void oracle_embed(const trial *t, const double *p, const double *x,
                                const double *state, double *y)
{
    const int places = t->n / t->channels;
    (void)state;
    for (int k = 0; k < t->steps * t->sequences * places * t->units; k++) {
        const double *in = x + k / t->units * t->channels;
        y[k] = 0.0;
        for (int i = 0; i < t->channels; i++) {
            y[k] += in[i] * p[i * t->units + k % t->units];
        }
    }
}

static inline void oracle_dueling(const trial *t, const double *p, const double *x,
                                  const double *state, double *y)
{
    const int actions = t->n / t->units - 1;
    (void)p;
    (void)state;
    for (int k = 0; k < t->steps * t->sequences * t->m; k++) {
        const double *in = x + k / t->m * t->n;
        const int atom = k % t->units;
        double mean = 0.0;
        for (int a = 1; a <= actions; a++) {
            mean += in[a * t->units + atom] / actions;
        }
        y[k] = in[atom] + in[t->units + k % t->m] - mean;
    }
}

/* a function of one number, or of a row of them, told by the text */
static inline void oracle_function(const trial *t, const double *p, const double *x,
                                   const double *state, double *y)
{
    (void)p;
    (void)state;
    for (int k = 0; k < t->steps * t->sequences * t->n; k++) {
        const double *row = x + k / t->n * t->n;
        double sum = 0.0;
        for (int i = 0; i < t->n; i++) {
            sum += exp(row[i]);
        }
        if (strcmp(t->text, "swish") == 0) {
            y[k] = x[k] / (1.0 + exp(-x[k]));
        } else if (strcmp(t->text, "gelu") == 0) {
            const double inner = x[k] + 0.044715 * x[k] * x[k] * x[k];
            y[k] = 0.5 * x[k] * (1.0 + tanh(sqrt(2.0 / 3.14159265358979323846) * inner));
        } else if (strcmp(t->text, "softmax") == 0) {
            y[k] = exp(x[k]) / sum;
        } else if (strcmp(t->text, "log_softmax") == 0) {
            y[k] = x[k] - log(sum);
        } else {
            y[k] = oracle_activate(t->activation, t->slope, x[k]);
        }
    }
}

/* sum of x W[:, column] over n numbers */
static inline double oracle_sum(const double *x, const double *w, int n, int columns, int column)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        sum += x[i] * w[i * columns + column];
    }
    return sum;
}

static inline double oracle_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/* one step of one sequence: state in h (and c), updated */
static inline void oracle_lstm_step(const trial *t, const double *p, const double *x, double *h,
                                    double *c)
{
    const int u = t->units;
    const double *wh = p + t->n * 4 * u;
    const double *bias = wh + u * 4 * u;
    double gates[128];
    for (int k = 0; k < 4 * u; k++) {
        gates[k] = bias[k] + oracle_sum(x, p, t->n, 4 * u, k) + oracle_sum(h, wh, u, 4 * u, k);
    }
    for (int k = 0; k < u; k++) {
        c[k] =
            oracle_sigmoid(gates[u + k]) * c[k] + oracle_sigmoid(gates[k]) * tanh(gates[2 * u + k]);
        h[k] = oracle_sigmoid(gates[3 * u + k]) * tanh(c[k]);
    }
}

static inline void oracle_gru_step(const trial *t, const double *p, const double *x, double *h)
{
    const int u = t->units;
    const double *wh = p + t->n * 3 * u;
    const double *candidate = wh + u * 2 * u;
    const double *bias = candidate + u * u;
    double gates[64];
    double reset[32];
    double next[32];
    for (int k = 0; k < 2 * u; k++) {
        gates[k] = oracle_sigmoid(bias[k] + oracle_sum(x, p, t->n, 3 * u, k) +
                                  oracle_sum(h, wh, u, 2 * u, k));
    }
    for (int k = 0; k < u; k++) {
        reset[k] = gates[u + k] * h[k];
    }
    for (int k = 0; k < u; k++) {
        const double new = tanh(bias[2 * u + k] + oracle_sum(x, p, t->n, 3 * u, 2 * u + k) +
                                oracle_sum(reset, candidate, u, u, k));
        next[k] = (1.0 - gates[k]) * h[k] + gates[k] * new;
    }
    memcpy(h, next, (size_t)u * sizeof *h);
}

static inline void oracle_recurrent(const trial *t, const double *p, const double *x,
                                    const double *state, double *y)
{
    const int u = t->units;
    for (int b = 0; b < t->sequences; b++) {
        double h[64];
        memcpy(h, state + b * t->state, (size_t)t->state * sizeof *h);
        for (int step = 0; step < t->steps; step++) {
            const int row = step * t->sequences + b;
            if (t->reset[row]) {
                memset(h, 0, sizeof h);
            }
            if (t->state == 2 * u) {
                oracle_lstm_step(t, p, x + row * t->n, h, h + u);
            } else {
                oracle_gru_step(t, p, x + row * t->n, h);
            }
            memcpy(y + row * u, h, (size_t)u * sizeof *h);
        }
    }
}

#endif
