/* kernels.h: the arithmetic of networks, behind one table of functions.

   There is a table for each instruction set (AVX-512, AVX2, NEON) and the plain one in portable
   loops, which is complete and the oracle of the tests. Every function works on row-major float
   arrays, reads and writes no state, allocates nothing and may be called from any thread. Tensors
   are NHWC, weights [in][out] (dense) and [kh][kw][c][f] (convolution), so that the forward product
   runs along memory. */
#ifndef PAVLOV_NETS_KERNELS_H
#define PAVLOV_NETS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* activations whose derivative follows from their value, so that they can be applied while a
   product is stored; the parameter of leaky and elu is `slope` */
typedef enum pv_activation {
    PV_IDENTITY,
    PV_RELU,
    PV_LEAKY, /* x < 0: slope x */
    PV_ELU,   /* x < 0: slope (e^x - 1) */
    PV_SELU,
    PV_TANH,
    PV_SIGMOID,
    PV_SOFTPLUS,
    PV_ACTIVATIONS
} pv_activation;

/* the shape of a convolution or a pooling */
typedef struct pv_conv {
    int batch, height, width, channels; /* of the input, NHWC */
    int filters;                        /* of the output; pooling: = channels */
    int kernel_height, kernel_width, stride, pad;
    int out_height, out_width;
} pv_conv;

typedef struct pv_kernels {
    const char *name; /* "avx512", "avx2", "neon", "plain" */

    /* y[m][n] = activation(x[m][k] w[k][n] + bias[n]); bias NULL: none. */
    void (*dense)(int m, int n, int k, const float *x, const float *w, const float *bias,
                  pv_activation activation, float slope, float *y);
    /* dx[m][k] (+)= dy[m][n] w[k][n]^T; scratch: at least k * n floats. */
    void (*dense_input)(int m, int n, int k, const float *dy, const float *w, int accumulate,
                        float *dx, float *scratch);
    /* dw[k][n] += x[m][k]^T dy[m][n]; dbias[n] += sum over rows of dy (NULL: none). */
    void (*dense_weights)(int m, int n, int k, const float *x, const float *dy, float *dw,
                          float *dbias);

    /* Convolution without an im2col buffer: like the dense functions, on patches. The input is
       float, or bytes that count as scale * byte; scratch: pv_conv_scratch floats. */
    void (*conv)(const pv_conv *c, const float *x, const float *w, const float *bias,
                 pv_activation activation, float slope, float *y, float *scratch);
    void (*conv_u8)(const pv_conv *c, const uint8_t *x, float scale, const float *w,
                    const float *bias, pv_activation activation, float slope, float *y,
                    float *scratch);
    void (*conv_input)(const pv_conv *c, const float *dy, const float *w, int accumulate, float *dx,
                       float *scratch);
    void (*conv_weights)(const pv_conv *c, const float *x, const float *dy, float *dw, float *dbias,
                         float *scratch);
    void (*conv_weights_u8)(const pv_conv *c, const uint8_t *x, float scale, const float *dy,
                            float *dw, float *dbias, float *scratch);

    /* y[i] = activation(x[i]); dx[i] = dy[i] * derivative, from the value y[i]; in place is fine.
     */
    void (*activate)(size_t n, pv_activation activation, float slope, const float *x, float *y);
    void (*activate_back)(size_t n, pv_activation activation, float slope, const float *y,
                          const float *dy, float *dx);

    /* sum of x[i]^2 in double, and 1 if every x[i] is finite */
    double (*squares)(size_t n, const float *x);
    int (*finite)(size_t n, const float *x);

    /* For measuring what the processor can do at most: independent chains of `rounds` multiply-adds
       in registers; returns how many floating-point operations that were. */
    double (*multiply_add)(size_t rounds, float *result);
} pv_kernels;

/* Returns the best table this processor can run; PAVLOV_KERNELS=plain (avx2 ...) in the environment
   asks for another one, and counts for nothing where that one cannot run. */
const pv_kernels *pv_kernels_best(void);

/* Returns the plain loops, and a table by name (NULL: not for this processor or unknown). */
const pv_kernels *pv_kernels_plain(void);
const pv_kernels *pv_kernels_named(const char *name);

/* Returns how many scratch floats the convolution functions want. */
size_t pv_conv_scratch(const pv_conv *c);

/* Writes what is active in words, "own kernels, avx512", into the caller's buffer of `size` bytes
   and returns it. */
const char *pv_kernels_describe(char *text, size_t size);

#endif
