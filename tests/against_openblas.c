/* against_openblas.c: the products of dense layers by our kernels and by OpenBLAS, in GFLOP/s, one
   thread, median of short runs in processor time. OpenBLAS is not otherwise needed; with
   libopenblas-dev installed and a release built:

   cc -std=c11 -O2 -D_POSIX_C_SOURCE=200809L -I. -Iinclude tests/against_openblas.c \
       build/release/libpavlov.a -lopenblas -lcjson -lpthread -lm -o against_openblas

   (with -I/usr/include/NAME-OF-THE-ARCHITECTURE where cblas.h lies there) */
#include "core/memory.h"
#include "core/stats.h"
#include "nets/kernels.h"

#include <cblas.h>
#include <stdio.h>
#include <time.h>

enum { RUNS = 15 };

typedef struct shape {
    int m, n, k;
    const char *where;
} shape;

static const shape shapes[] = {
    {32, 64, 4, "small net, batch 32"},
    {32, 64, 64, ""},
    {32, 2, 64, ""},
    {1, 64, 64, "small net, acting"},
    {256, 256, 256, "wide net, batch 256"},
    {32, 128, 1024, "MinAtar, batch 32"},
    {20, 256, 2592, "A3C, batch 20"},
    {1, 256, 2592, "A3C, acting"},
    {32, 512, 3136, "Nature DQN, batch 32"},
    {1, 512, 3136, "Nature DQN, acting"},
};

/* a layer's arrays, and which of its products is meant */
typedef struct layer {
    const pv_kernels *kernels; /* NULL: OpenBLAS */
    int m, n, k;
    float *x, *w, *y, *dx, *dw, *scratch;
} layer;

typedef void product(const layer *l);

static void forward(const layer *l)
{
    if (l->kernels) {
        l->kernels->dense(l->m, l->n, l->k, l->x, l->w, NULL, PV_IDENTITY, 0.0f, l->y);
    } else {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->m, l->n, l->k, 1.0f, l->x, l->k,
                    l->w, l->n, 0.0f, l->y, l->n);
    }
}

static void by_input(const layer *l)
{
    if (l->kernels) {
        l->kernels->dense_input(l->m, l->n, l->k, l->y, l->w, 0, l->dx, l->scratch);
    } else {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, l->m, l->k, l->n, 1.0f, l->y, l->n,
                    l->w, l->n, 0.0f, l->dx, l->k);
    }
}

static void by_weights(const layer *l)
{
    if (l->kernels) {
        l->kernels->dense_weights(l->m, l->n, l->k, l->x, l->y, l->dw, NULL);
    } else {
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->k, l->n, l->m, 1.0f, l->x, l->k,
                    l->y, l->n, 1.0f, l->dw, l->n);
    }
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double gflops(product *run, const layer *l)
{
    const double operations = 2.0 * l->m * l->n * l->k;
    const int rounds = 1 + (int)(1e8 / operations);
    double each[RUNS];
    run(l);
    for (int i = 0; i < RUNS; i++) {
        const double began = seconds_now();
        for (int j = 0; j < rounds; j++) {
            run(l);
        }
        each[i] = 1e-9 * operations * rounds / (seconds_now() - began);
    }
    pv_sort(each, RUNS);
    return each[RUNS / 2];
}

static float *numbers(int rows, int columns)
{
    const size_t count = (size_t)rows * (size_t)columns;
    float *x = pv_alloc_array(count, sizeof *x);
    for (size_t i = 0; x && i < count; i++) {
        x[i] = (float)(i % 17) - 8.0f;
    }
    return x;
}

static void compare(const shape *s)
{
    layer l = {NULL,
               s->m,
               s->n,
               s->k,
               numbers(s->m, s->k),
               numbers(s->k, s->n),
               numbers(s->m, s->n),
               numbers(s->m, s->k),
               numbers(s->k, s->n),
               numbers(s->k, s->n)};
    product *const products[] = {forward, by_input, by_weights};
    printf("| %d x %d x %d | ", s->m, s->n, s->k);
    for (int i = 0; i < 3; i++) {
        l.kernels = NULL;
        const double theirs = gflops(products[i], &l);
        l.kernels = pv_kernels_best();
        printf("%.0f / %.0f | ", gflops(products[i], &l), theirs);
    }
    printf("%s |\n", s->where);
    float *const arrays[] = {l.x, l.w, l.y, l.dx, l.dw, l.scratch};
    for (int i = 0; i < 6; i++) {
        pv_free(arrays[i]);
    }
}

int main(void)
{
    openblas_set_num_threads(1);
    printf("%s against %s\n\n", pv_kernels_best()->name, openblas_get_corename());
    printf("| m x n x k | forward ours / OpenBLAS | by the input | by the weights | of |\n");
    printf("|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        compare(&shapes[i]);
    }
    return 0;
}
