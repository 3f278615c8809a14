/* kernels_plain.c: the kernels in plain loops, for every machine.

   Each function is its definition written down; the fast tables are tested against it. Products run
   along rows of the output, so that a compiler can make vectors of the inner loops. */
#include "nets/kernels.h"

#include "nets/kernels_tables.h"

#include <math.h>

static float activation_of(pv_activation activation, float slope, float x)
{
    switch (activation) {
    case PV_RELU:
        return x < 0.0f ? 0.0f : x; /* so that NaN stays NaN */
    case PV_LEAKY:
        return x < 0.0f ? slope * x : x;
    case PV_ELU:
        return x < 0.0f ? slope * expm1f(x) : x;
    case PV_SELU:
        return PV_SELU_SCALE * (x < 0.0f ? PV_SELU_ALPHA * expm1f(x) : x);
    case PV_TANH:
        return tanhf(x);
    case PV_SIGMOID:
        return 1.0f / (1.0f + expf(-x));
    case PV_SOFTPLUS:
        return (x < 0.0f ? 0.0f : x) + log1pf(expf(-fabsf(x)));
    default:
        return x;
    }
}

/* by the value y */
static float derivative_of(pv_activation activation, float slope, float y)
{
    switch (activation) {
    case PV_RELU:
        return y > 0.0f ? 1.0f : 0.0f;
    case PV_LEAKY:
        return y > 0.0f ? 1.0f : slope;
    case PV_ELU:
        return y > 0.0f ? 1.0f : y + slope;
    case PV_SELU:
        return y > 0.0f ? PV_SELU_SCALE : y + PV_SELU_SCALE * PV_SELU_ALPHA;
    case PV_TANH:
        return 1.0f - y * y;
    case PV_SIGMOID:
        return y * (1.0f - y);
    case PV_SOFTPLUS:
        return -expm1f(-y);
    default:
        return 1.0f;
    }
}

static void activate(size_t n, pv_activation activation, float slope, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) {
        y[i] = activation_of(activation, slope, x[i]);
    }
}

static void activate_back(size_t n, pv_activation activation, float slope, const float *y,
                          const float *dy, float *dx)
{
    for (size_t i = 0; i < n; i++) {
        dx[i] = dy[i] * derivative_of(activation, slope, y[i]);
    }
}

static void set_row(int n, const float *bias, float *y)
{
    for (int j = 0; j < n; j++) {
        y[j] = bias ? bias[j] : 0.0f;
    }
}

/* y[n] += a x[n] */
static void add_row(int n, float a, const float *x, float *y)
{
    for (int j = 0; j < n; j++) {
        y[j] += a * x[j];
    }
}

static float dot(int n, const float *a, const float *b)
{
    float sum = 0.0f;
    for (int j = 0; j < n; j++) {
        sum += a[j] * b[j];
    }
    return sum;
}

static void dense(int m, int n, int k, const float *x, const float *w, const float *bias,
                  pv_activation activation, float slope, float *y)
{
    for (int i = 0; i < m; i++) {
        float *row = y + (size_t)i * (size_t)n;
        set_row(n, bias, row);
        for (int p = 0; p < k; p++) {
            add_row(n, x[(size_t)i * (size_t)k + (size_t)p], w + (size_t)p * (size_t)n, row);
        }
        activate((size_t)n, activation, slope, row, row);
    }
}

static void dense_input(int m, int n, int k, const float *dy, const float *w, int accumulate,
                        float *dx, float *scratch)
{
    (void)scratch;
    for (int i = 0; i < m; i++) {
        float *row = dx + (size_t)i * (size_t)k;
        for (int p = 0; p < k; p++) {
            float sum = dot(n, dy + (size_t)i * (size_t)n, w + (size_t)p * (size_t)n);
            row[p] = accumulate ? row[p] + sum : sum;
        }
    }
}

static void dense_weights(int m, int n, int k, const float *x, const float *dy, float *dw,
                          float *dbias)
{
    for (int i = 0; i < m; i++) {
        const float *row = dy + (size_t)i * (size_t)n;
        for (int p = 0; p < k; p++) {
            add_row(n, x[(size_t)i * (size_t)k + (size_t)p], row, dw + (size_t)p * (size_t)n);
        }
        if (dbias) {
            add_row(n, 1.0f, row, dbias);
        }
    }
}

/* One tap of a convolution: an element of the input and the weights it meets, on the way to or from
   a position of the output. */
typedef struct tap {
    size_t input;  /* element of x */
    size_t weight; /* first of the tap's `filters` weights */
} tap;

/* Finds the taps at `position` of the output (batch, row, column counted through) in the kernel's
   row ky and column kx; 0 where they lie in the padding. The taps of the channels follow one
   another, `filters` weights apart. */
static int find_tap(const pv_conv *c, size_t position, int ky, int kx, tap *found)
{
    int column = (int)(position % (size_t)c->out_width);
    int row = (int)(position / (size_t)c->out_width % (size_t)c->out_height);
    size_t image = position / (size_t)c->out_width / (size_t)c->out_height;
    int iy = row * c->stride - c->pad + ky;
    int ix = column * c->stride - c->pad + kx;
    if (iy < 0 || iy >= c->height || ix < 0 || ix >= c->width) {
        return 0;
    }
    size_t line = image * (size_t)c->height + (size_t)iy;
    found->input = (line * (size_t)c->width + (size_t)ix) * (size_t)c->channels;
    found->weight = ((size_t)ky * (size_t)c->kernel_width + (size_t)kx) * (size_t)c->channels *
                    (size_t)c->filters;
    return 1;
}

static size_t positions(const pv_conv *c)
{
    return (size_t)c->batch * (size_t)c->out_height * (size_t)c->out_width;
}

/* an input of either type */
typedef struct pixels {
    const float *numbers; /* NULL: bytes */
    const uint8_t *bytes;
    float scale;
} pixels;

static float pixel(const pixels *x, size_t i)
{
    return x->numbers ? x->numbers[i] : x->scale * (float)x->bytes[i];
}

static void forward(const pv_conv *c, const pixels *x, const float *w, const float *bias,
                    pv_activation activation, float slope, float *y)
{
    for (size_t i = 0; i < positions(c); i++) {
        float *row = y + i * (size_t)c->filters;
        set_row(c->filters, bias, row);
        for (int t = 0; t < c->kernel_height * c->kernel_width; t++) {
            tap at;
            if (!find_tap(c, i, t / c->kernel_width, t % c->kernel_width, &at)) {
                continue;
            }
            for (int p = 0; p < c->channels; p++) {
                add_row(c->filters, pixel(x, at.input + (size_t)p),
                        w + at.weight + (size_t)p * (size_t)c->filters, row);
            }
        }
        activate((size_t)c->filters, activation, slope, row, row);
    }
}

static void by_weights(const pv_conv *c, const pixels *x, const float *dy, float *dw, float *dbias)
{
    for (size_t i = 0; i < positions(c); i++) {
        const float *row = dy + i * (size_t)c->filters;
        for (int t = 0; t < c->kernel_height * c->kernel_width; t++) {
            tap at;
            if (!find_tap(c, i, t / c->kernel_width, t % c->kernel_width, &at)) {
                continue;
            }
            for (int p = 0; p < c->channels; p++) {
                add_row(c->filters, pixel(x, at.input + (size_t)p), row,
                        dw + at.weight + (size_t)p * (size_t)c->filters);
            }
        }
        if (dbias) {
            add_row(c->filters, 1.0f, row, dbias);
        }
    }
}

static void conv(const pv_conv *c, const float *x, const float *w, const float *bias,
                 pv_activation activation, float slope, float *y, float *scratch)
{
    (void)scratch;
    forward(c, &(pixels){.numbers = x}, w, bias, activation, slope, y);
}

static void conv_u8(const pv_conv *c, const uint8_t *x, float scale, const float *w,
                    const float *bias, pv_activation activation, float slope, float *y,
                    float *scratch)
{
    (void)scratch;
    forward(c, &(pixels){.bytes = x, .scale = scale}, w, bias, activation, slope, y);
}

static void conv_input(const pv_conv *c, const float *dy, const float *w, int accumulate, float *dx,
                       float *scratch)
{
    (void)scratch;
    size_t size = (size_t)c->batch * (size_t)c->height * (size_t)c->width * (size_t)c->channels;
    for (size_t i = 0; i < size && !accumulate; i++) {
        dx[i] = 0.0f;
    }
    for (size_t i = 0; i < positions(c); i++) {
        const float *row = dy + i * (size_t)c->filters;
        for (int t = 0; t < c->kernel_height * c->kernel_width; t++) {
            tap at;
            if (!find_tap(c, i, t / c->kernel_width, t % c->kernel_width, &at)) {
                continue;
            }
            for (int p = 0; p < c->channels; p++) {
                dx[at.input + (size_t)p] +=
                    dot(c->filters, row, w + at.weight + (size_t)p * (size_t)c->filters);
            }
        }
    }
}

static void conv_weights(const pv_conv *c, const float *x, const float *dy, float *dw, float *dbias,
                         float *scratch)
{
    (void)scratch;
    by_weights(c, &(pixels){.numbers = x}, dy, dw, dbias);
}

static void conv_weights_u8(const pv_conv *c, const uint8_t *x, float scale, const float *dy,
                            float *dw, float *dbias, float *scratch)
{
    (void)scratch;
    by_weights(c, &(pixels){.bytes = x, .scale = scale}, dy, dw, dbias);
}

static double squares(size_t n, const float *x)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}

static int finite(size_t n, const float *x)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return 0;
        }
    }
    return 1;
}

static double multiply_add(size_t rounds, float *result)
{
    enum { CHAINS = 32 };
    float sum[CHAINS] = {0};
    for (size_t i = 0; i < rounds; i++) {
        for (int k = 0; k < CHAINS; k++) {
            sum[k] = sum[k] * 0.5f + 1.0f;
        }
    }
    *result = 0.0f;
    for (int k = 0; k < CHAINS; k++) {
        *result += sum[k];
    }
    return 2.0 * CHAINS * (double)rounds;
}

const pv_kernels pv_kernels_table_plain = {
    .name = "plain",
    .dense = dense,
    .dense_input = dense_input,
    .dense_weights = dense_weights,
    .conv = conv,
    .conv_u8 = conv_u8,
    .conv_input = conv_input,
    .conv_weights = conv_weights,
    .conv_weights_u8 = conv_weights_u8,
    .activate = activate,
    .activate_back = activate_back,
    .squares = squares,
    .finite = finite,
    .multiply_add = multiply_add,
};
