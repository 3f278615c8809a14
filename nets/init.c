/* init.c: initial weights. Each scheme draws a matrix [rows][columns] whose sums of fan_in products
   keep the variance of what goes through: He et al. 2015 (2 / fan_in, for relu), Glorot and Bengio
   2010 (2 / (fan_in + fan_out)), LeCun et al. 1998 (1 / fan_in), Saxe et al. 2014 (orthogonal). */
#include "nets/layer.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 64 }; /* columns that Gram and Schmidt take at once */

static void fill_normal(pv_rng *rng, int rows, int columns, int stride, double deviation, float *w)
{
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            w[(size_t)i * (size_t)stride + (size_t)j] = (float)(deviation * pv_rng_normal(rng));
        }
    }
}

static void fill_uniform(pv_rng *rng, int rows, int columns, int stride, double width, float *w)
{
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            w[(size_t)i * (size_t)stride + (size_t)j] =
                (float)(width * (2.0 * pv_rng_uniform(rng) - 1.0));
        }
    }
}

/* a matrix seen from the side of its fewer vectors: vector i, element r at [i * step + r * along]
 */
typedef struct vectors {
    float *w;
    int count, length;
    size_t step, along;
} vectors;

static float *element(const vectors *v, int i, int r)
{
    return &v->w[(size_t)i * v->step + (size_t)r * v->along];
}

/* takes the part along vectors first..last-1 out of vector j */
static void take_out(const vectors *v, int first, int last, int j)
{
    double dot[BLOCK] = {0.0};
    for (int r = 0; r < v->length; r++) {
        const double own = (double)*element(v, j, r);
        for (int i = first; i < last; i++) {
            dot[i - first] += own * (double)*element(v, i, r);
        }
    }
    for (int r = 0; r < v->length; r++) {
        double sum = 0.0;
        for (int i = first; i < last; i++) {
            sum += dot[i - first] * (double)*element(v, i, r);
        }
        *element(v, j, r) -= (float)sum;
    }
}

static void scale(const vectors *v, int j, double length)
{
    double squares = 0.0;
    for (int r = 0; r < v->length; r++) {
        squares += (double)*element(v, j, r) * (double)*element(v, j, r);
    }
    const double factor = length / sqrt(squares);
    for (int r = 0; r < v->length; r++) {
        *element(v, j, r) = (float)(factor * (double)*element(v, j, r));
    }
}

/* Gram and Schmidt on a normal matrix, twice for float's sake; uniform over orthogonal matrices */
static void fill_orthogonal(pv_rng *rng, int rows, int columns, int stride, double gain, float *w)
{
    const int tall = rows >= columns;
    const vectors v = {w, tall ? columns : rows, tall ? rows : columns, tall ? 1u : (size_t)stride,
                       tall ? (size_t)stride : 1u};
    fill_normal(rng, rows, columns, stride, 1.0, w);
    for (int j = 0; j < v.count; j++) {
        for (int pass = 0; pass < 2; pass++) {
            for (int first = 0; first < j; first += BLOCK) {
                take_out(&v, first, first + BLOCK < j ? first + BLOCK : j, j);
            }
        }
        scale(&v, j, 1.0);
    }
    for (int j = 0; j < v.count; j++) {
        scale(&v, j, gain);
    }
}

void pv_init_bias(pv_init init, pv_rng *rng, int units, int fan_in, float *bias)
{
    if (init.kind == PV_INIT_SPREAD) {
        fill_uniform(rng, 1, units, units, 1.0 / sqrt((double)fan_in), bias);
    }
}

void pv_init_matrix(pv_init init, pv_rng *rng, int rows, int columns, int stride, int fan_in,
                    int fan_out, float *w)
{
    const double in = fan_in;
    const double value = (double)init.value;
    switch (init.kind) {
    case PV_INIT_HE:
        fill_normal(rng, rows, columns, stride, (value > 0.0 ? value : sqrt(2.0)) / sqrt(in), w);
        break;
    case PV_INIT_XAVIER:
        fill_uniform(rng, rows, columns, stride, sqrt(6.0 / (in + (double)fan_out)), w);
        break;
    case PV_INIT_LECUN:
        fill_normal(rng, rows, columns, stride, 1.0 / sqrt(in), w);
        break;
    case PV_INIT_ORTHOGONAL:
        fill_orthogonal(rng, rows, columns, stride, value > 0.0 ? value : 1.0, w);
        break;
    case PV_INIT_ZERO:
        for (int i = 0; i < rows; i++) {
            memset(&w[(size_t)i * (size_t)stride], 0, (size_t)columns * sizeof *w);
        }
        break;
    default:
        fill_uniform(rng, rows, columns, stride, value > 0.0 ? value : 1.0 / sqrt(in), w);
        break;
    }
}
