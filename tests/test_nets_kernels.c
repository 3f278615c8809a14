/* Every table of kernels that this processor can run, against sums in double precision written down
   from the definitions. All arrays end where their memory ends and start unaligned. */
#include "core/rng.h"
#include "nets/kernels.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { RANDOM_SHAPES = 8 }; /* sanitizers are slow, and look for other faults */
#else
enum { RANDOM_SHAPES = 60 };
#endif
enum { MOST_BLOCKS = 64 };

static const char *const names[] = {"plain", "avx2", "avx512", "neon"};

static const pv_kernels *kernels; /* the table under test; NULL: not for this processor */
static pv_rng rng;
static void *blocks[MOST_BLOCKS];
static int n_blocks;

/* memory until the next give_back; one float is left out so that nothing is aligned */
static float *take(size_t n)
{
    ck_assert_int_lt(n_blocks, MOST_BLOCKS);
    float *block = malloc((n + 1) * sizeof *block);
    ck_assert_ptr_nonnull(block);
    blocks[n_blocks++] = block;
    return block + 1;
}

static void give_back(void)
{
    while (n_blocks) {
        free(blocks[--n_blocks]);
    }
}

static float *take_random(size_t n)
{
    float *x = take(n);
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)pv_rng_normal(&rng);
    }
    return x;
}

static uint8_t *take_bytes(size_t n)
{
    ck_assert_int_lt(n_blocks, MOST_BLOCKS);
    uint8_t *block = malloc(n + 1);
    ck_assert_ptr_nonnull(block);
    blocks[n_blocks++] = block;
    for (size_t i = 0; i < n; i++) {
        block[i + 1] = (uint8_t)pv_rng_below(&rng, 256);
    }
    return block + 1;
}

static double *take_doubles(size_t n)
{
    ck_assert_int_lt(n_blocks, MOST_BLOCKS);
    double *block = calloc(n ? n : 1, sizeof *block);
    ck_assert_ptr_nonnull(block);
    blocks[n_blocks++] = block;
    return block;
}

static float *copy_of(const float *x, size_t n)
{
    return memcpy(take(n), x, n * sizeof *x);
}

static int between(int low, int high)
{
    return low + (int)pv_rng_below(&rng, (uint32_t)(high - low + 1));
}

/* to 1e-5 of the largest magnitude */
static void assert_near(const char *what, const float *x, const double *expected, size_t n)
{
    double largest = 1e-3;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(expected[i]));
    }
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(fabs((double)x[i] - expected[i]) <= 1e-5 * largest,
                      "%s, %s: element %zu of %zu is %g, not %g", kernels->name, what, i, n,
                      (double)x[i], expected[i]);
    }
}

static void assert_same(const char *what, const float *a, const float *b, size_t n)
{
    ck_assert_msg(!memcmp(a, b, n * sizeof *a), "%s, %s: not the same numbers", kernels->name,
                  what);
}

/* --- activations --- */

static double value(pv_activation activation, double slope, double x)
{
    switch (activation) {
    case PV_RELU:
        return fmax(x, 0.0);
    case PV_LEAKY:
        return x < 0.0 ? slope * x : x;
    case PV_ELU:
        return x < 0.0 ? slope * expm1(x) : x;
    case PV_SELU:
        return 1.0507009873554804934 * (x < 0.0 ? 1.6732632423543772848 * expm1(x) : x);
    case PV_TANH:
        return tanh(x);
    case PV_SIGMOID:
        return 1.0 / (1.0 + exp(-x));
    case PV_SOFTPLUS:
        return x > 40.0 ? x : log1p(exp(x));
    default:
        return x;
    }
}

/* by x, not by the value as the kernels compute it; at a kink the left one */
static double slope_at(pv_activation activation, double slope, double x)
{
    double low = x <= 0.0 ? exp(x) : 1.0;
    switch (activation) {
    case PV_RELU:
        return x > 0.0;
    case PV_LEAKY:
        return x <= 0.0 ? slope : 1.0;
    case PV_ELU:
        return x <= 0.0 ? slope * low : 1.0;
    case PV_SELU:
        return 1.0507009873554804934 * (x <= 0.0 ? 1.6732632423543772848 * low : 1.0);
    case PV_TANH:
        return 1.0 / (cosh(x) * cosh(x));
    case PV_SIGMOID:
        return 0.25 / (cosh(0.5 * x) * cosh(0.5 * x));
    case PV_SOFTPLUS:
        return 1.0 / (1.0 + exp(-x));
    default:
        return 1.0;
    }
}

/* from -limit to limit, and close to 0 on both sides */
static float *take_arguments(size_t n, double limit)
{
    float *x = take(n);
    for (size_t i = 0; i < n; i++) {
        double at = 2.0 * (double)i / (double)(n - 1) - 1.0;
        x[i] = (float)(i % 2 ? limit * at : copysign(exp(-20.0 * fabs(at)), at));
    }
    return x;
}

START_TEST(activations_agree_with_libm_to_1e_6)
{
    enum { N = 40003 };
    float *x = take_arguments(N, 86.0);
    float *y = take(N);
    for (int a = 0; a < PV_ACTIVATIONS; a++) {
        kernels->activate(N, (pv_activation)a, 0.3f, x, y);
        for (int i = 0; i < N; i++) {
            double expected = value((pv_activation)a, (double)0.3f, (double)x[i]);
            ck_assert_msg(fabs((double)y[i] - expected) <= 1e-6 * fabs(expected),
                          "%s, activation %d of %g is %.9g, not %.9g", kernels->name, a,
                          (double)x[i], (double)y[i], expected);
        }
    }
}
END_TEST

START_TEST(activations_of_huge_numbers_saturate_and_nan_stays)
{
    static const float huge[] = {-INFINITY, -3e38f, -1000.0f, 1000.0f, 3e38f, INFINITY, NAN};
    enum { N = sizeof huge / sizeof *huge };
    for (int a = 0; a < PV_ACTIVATIONS; a++) {
        float y[N];
        kernels->activate(N, (pv_activation)a, 0.5f, huge, y);
        for (int i = 0; i < N - 1; i++) {
            double expected = value((pv_activation)a, 0.5, (double)huge[i]);
            ck_assert_msg((float)expected == y[i] || fabs((double)y[i] - expected) < 1e-6 ||
                              fabs((double)y[i] / expected - 1.0) < 1e-6,
                          "%s, activation %d of %g is %g, not %g", kernels->name, a,
                          (double)huge[i], (double)y[i], expected);
        }
        ck_assert_msg(isnan(y[N - 1]), "%s, activation %d hides a NaN", kernels->name, a);
    }
}
END_TEST

START_TEST(derivatives_follow_from_the_value)
{
    enum { N = 5003 };
    float *x = take_arguments(N, 12.0);
    float *y = take(N);
    float *dy = take_random(N);
    float *dx = take(N);
    for (int a = 0; a < PV_ACTIVATIONS; a++) {
        kernels->activate(N, (pv_activation)a, 0.3f, x, y);
        kernels->activate_back(N, (pv_activation)a, 0.3f, y, dy, dx);
        for (int i = 0; i < N; i++) {
            double expected =
                (double)dy[i] * slope_at((pv_activation)a, (double)0.3f, (double)x[i]);
            ck_assert_msg(fabs((double)dx[i] - expected) <= 2e-6,
                          "%s, derivative of activation %d at %g is %g, not %g", kernels->name, a,
                          (double)x[i], (double)dx[i], expected);
        }
    }
}
END_TEST

START_TEST(activations_work_in_place_at_any_length)
{
    for (size_t n = 0; n < 70; n++) {
        float *x = take_random(n);
        float *y = take(n);
        float *dx = take_random(n);
        float *expected = take(n);
        for (int a = 0; a < PV_ACTIVATIONS; a++) {
            kernels->activate(n, (pv_activation)a, 0.1f, x, y);
            float *in_place = copy_of(x, n);
            kernels->activate(n, (pv_activation)a, 0.1f, in_place, in_place);
            assert_same("activate in place", in_place, y, n);
            kernels->activate_back(n, (pv_activation)a, 0.1f, y, dx, expected);
            float *gradient = copy_of(dx, n);
            kernels->activate_back(n, (pv_activation)a, 0.1f, y, gradient, gradient);
            assert_same("activate_back in place", gradient, expected, n);
        }
        give_back();
    }
}
END_TEST

/* --- dense --- */

typedef struct dense_shape {
    int m, n, k;
} dense_shape;

static dense_shape dense_at(int i)
{
    static const dense_shape fixed[] = {
        {1, 1, 1},    {1, 64, 64},    {1, 2, 64},   {1, 200, 37}, {32, 64, 4},  {32, 64, 64},
        {32, 2, 64},  {32, 64, 2},    {13, 17, 19}, {64, 3, 5},   {256, 17, 9}, {3, 129, 33},
        {2, 512, 31}, {20, 256, 100}, {12, 32, 16}, {24, 8, 8},   {7, 40, 600}, {70, 130, 70}};
    enum { FIXED = sizeof fixed / sizeof *fixed };
    if (i < FIXED) {
        return fixed[i];
    }
    return (dense_shape){between(1, 40), between(1, 90), between(1, 90)};
}

START_TEST(dense_is_the_product_with_bias_and_activation)
{
    for (int s = 0; s < RANDOM_SHAPES; s++) {
        dense_shape d = dense_at(s);
        size_t n = (size_t)d.n;
        float *x = take_random((size_t)(d.m * d.k));
        float *w = take_random((size_t)d.k * n);
        float *bias = s % 3 ? take_random(n) : NULL;
        float *y = take((size_t)d.m * n);
        double *expected = take_doubles((size_t)d.m * n);
        pv_activation activation = (pv_activation)(s % PV_ACTIVATIONS);
        kernels->dense(d.m, d.n, d.k, x, w, bias, activation, 0.2f, y);
        for (int i = 0; i < d.m; i++) {
            for (int j = 0; j < d.n; j++) {
                double sum = bias ? (double)bias[j] : 0.0;
                for (int p = 0; p < d.k; p++) {
                    sum += (double)x[i * d.k + p] * (double)w[p * d.n + j];
                }
                expected[i * d.n + j] = value(activation, (double)0.2f, sum);
            }
        }
        assert_near("dense", y, expected, (size_t)d.m * n);
        give_back();
    }
}
END_TEST

START_TEST(a_row_of_dense_does_not_depend_on_the_rows_beside_it)
{
    for (int s = 0; s < RANDOM_SHAPES; s++) {
        dense_shape d = dense_at(s);
        float *x = take_random((size_t)(d.m * d.k));
        float *w = take_random((size_t)(d.k * d.n));
        float *bias = take_random((size_t)d.n);
        float *y = take((size_t)(d.m * d.n));
        float *row = take((size_t)d.n);
        kernels->dense(d.m, d.n, d.k, x, w, bias, PV_TANH, 0.0f, y);
        for (int i = 0; i < d.m; i++) {
            kernels->dense(1, d.n, d.k, x + i * d.k, w, bias, PV_TANH, 0.0f, row);
            assert_same("a row of dense", row, y + i * d.n, (size_t)d.n);
        }
        give_back();
    }
}
END_TEST

START_TEST(dense_input_is_the_product_with_the_transpose)
{
    for (int s = 0; s < RANDOM_SHAPES; s++) {
        dense_shape d = dense_at(s);
        size_t size = (size_t)(d.m * d.k);
        float *dy = take_random((size_t)(d.m * d.n));
        float *w = take_random((size_t)(d.k * d.n));
        float *scratch = take((size_t)(d.k * d.n));
        for (int accumulate = 0; accumulate < 2; accumulate++) {
            float *dx = take_random(size);
            double *expected = take_doubles(size);
            for (int i = 0; i < d.m * d.k; i++) {
                expected[i] = accumulate ? (double)dx[i] : 0.0;
                for (int j = 0; j < d.n; j++) {
                    expected[i] += (double)dy[i / d.k * d.n + j] * (double)w[i % d.k * d.n + j];
                }
            }
            kernels->dense_input(d.m, d.n, d.k, dy, w, accumulate, dx, scratch);
            assert_near("dense_input", dx, expected, size);
        }
        give_back();
    }
}
END_TEST

START_TEST(dense_weights_adds_the_products_of_the_rows)
{
    for (int s = 0; s < RANDOM_SHAPES; s++) {
        dense_shape d = dense_at(s);
        size_t size = (size_t)(d.k * d.n);
        float *x = take_random((size_t)(d.m * d.k));
        float *dy = take_random((size_t)(d.m * d.n));
        float *dw = take_random(size);
        float *dbias = take_random((size_t)d.n);
        double *expected = take_doubles(size);
        double *expected_bias = take_doubles((size_t)d.n);
        for (int j = 0; j < d.n; j++) {
            expected_bias[j] = (double)dbias[j];
            for (int i = 0; i < d.m; i++) {
                expected_bias[j] += (double)dy[i * d.n + j];
            }
            for (int p = 0; p < d.k; p++) {
                double sum = (double)dw[p * d.n + j];
                for (int i = 0; i < d.m; i++) {
                    sum += (double)x[i * d.k + p] * (double)dy[i * d.n + j];
                }
                expected[p * d.n + j] = sum;
            }
        }
        float *without = copy_of(dw, size);
        kernels->dense_weights(d.m, d.n, d.k, x, dy, dw, dbias);
        kernels->dense_weights(d.m, d.n, d.k, x, dy, without, NULL);
        assert_near("dense_weights", dw, expected, size);
        assert_near("dense_weights, bias", dbias, expected_bias, (size_t)d.n);
        assert_same("dense_weights without bias", without, dw, size);
        give_back();
    }
}
END_TEST

/* --- convolution --- */

static pv_conv sized(pv_conv c)
{
    c.out_height = (c.height + 2 * c.pad - c.kernel_height) / c.stride + 1;
    c.out_width = (c.width + 2 * c.pad - c.kernel_width) / c.stride + 1;
    return c;
}

static pv_conv conv_at(int i)
{
    /* batch, height, width, channels, filters, kernel, stride, pad */
    static const int fixed[][9] = {{1, 1, 1, 1, 1, 1, 1, 1, 0},     {2, 24, 28, 4, 32, 8, 8, 4, 0},
                                   {2, 10, 12, 32, 64, 4, 4, 2, 0}, {13, 5, 5, 24, 64, 3, 3, 1, 0},
                                   {4, 10, 10, 6, 16, 3, 3, 1, 0},  {2, 10, 10, 4, 16, 3, 3, 1, 1},
                                   {5, 7, 11, 3, 5, 5, 2, 3, 2},    {1, 5, 40, 1, 33, 5, 5, 1, 2},
                                   {2, 6, 6, 2, 3, 2, 6, 2, 3},     {3, 9, 8, 5, 7, 3, 3, 3, 0}};
    enum { FIXED = sizeof fixed / sizeof *fixed };
    if (i < FIXED) {
        const int *f = fixed[i];
        return sized((pv_conv){.batch = f[0],
                               .height = f[1],
                               .width = f[2],
                               .channels = f[3],
                               .filters = f[4],
                               .kernel_height = f[5],
                               .kernel_width = f[6],
                               .stride = f[7],
                               .pad = f[8]});
    }
    int kernel_height = between(1, 5);
    int kernel_width = between(1, 5);
    return sized((pv_conv){.batch = between(1, 15),
                           .height = between(kernel_height, 14),
                           .width = between(kernel_width, 14),
                           .channels = between(1, 9),
                           .filters = between(1, 40),
                           .kernel_height = kernel_height,
                           .kernel_width = kernel_width,
                           .stride = between(1, 4),
                           .pad = between(0, 3)});
}

typedef struct conv_sizes {
    size_t x, w, y;
} conv_sizes;

static conv_sizes sizes_of(const pv_conv *c)
{
    return (conv_sizes){
        .x = (size_t)(c->batch * c->height * c->width * c->channels),
        .w = (size_t)(c->kernel_height * c->kernel_width * c->channels * c->filters),
        .y = (size_t)(c->batch * c->out_height * c->out_width * c->filters),
    };
}

/* Calls visit for every product x w -> y of the convolution, in the order of y's elements. */
static void each_product(const pv_conv *c, void (*visit)(void *ctx, size_t x, size_t w, size_t y),
                         void *ctx)
{
    size_t y = 0;
    for (int b = 0; b < c->batch; b++) {
        for (int oy = 0; oy < c->out_height; oy++) {
            for (int ox = 0; ox < c->out_width; ox++) {
                for (int f = 0; f < c->filters; f++, y++) {
                    for (int w = f; w < (int)sizes_of(c).w; w += c->filters) {
                        int channel = w / c->filters % c->channels;
                        int kx = w / c->filters / c->channels % c->kernel_width;
                        int ky = w / c->filters / c->channels / c->kernel_width;
                        int iy = oy * c->stride + ky - c->pad;
                        int ix = ox * c->stride + kx - c->pad;
                        if (iy >= 0 && iy < c->height && ix >= 0 && ix < c->width) {
                            int x = ((b * c->height + iy) * c->width + ix) * c->channels + channel;
                            visit(ctx, (size_t)x, (size_t)w, y);
                        }
                    }
                }
            }
        }
    }
}

typedef struct conv_sums {
    const float *x, *w, *dy;
    double *y, *dx, *dw; /* NULL: not wanted */
} conv_sums;

static void add_product(void *ctx, size_t x, size_t w, size_t y)
{
    conv_sums *s = ctx;
    if (s->y) {
        s->y[y] += (double)s->x[x] * (double)s->w[w];
    }
    if (s->dx) {
        s->dx[x] += (double)s->dy[y] * (double)s->w[w];
    }
    if (s->dw) {
        s->dw[w] += (double)s->dy[y] * (double)s->x[x];
    }
}

START_TEST(conv_is_the_sum_over_the_patch)
{
    for (int s = 0; s < RANDOM_SHAPES; s++) {
        pv_conv c = conv_at(s);
        conv_sizes n = sizes_of(&c);
        float *x = take_random(n.x);
        float *w = take_random(n.w);
        float *bias = s % 3 ? take_random((size_t)c.filters) : NULL;
        float *y = take(n.y);
        pv_activation activation = (pv_activation)(s % PV_ACTIVATIONS);
        kernels->conv(&c, x, w, bias, activation, 0.2f, y, take(pv_conv_scratch(&c)));
        double *expected = take_doubles(n.y);
        each_product(&c, add_product, &(conv_sums){.x = x, .w = w, .y = expected});
        for (size_t i = 0; i < n.y; i++) {
            double sum = expected[i] + (bias ? (double)bias[i % (size_t)c.filters] : 0.0);
            expected[i] = value(activation, (double)0.2f, sum);
        }
        assert_near("conv", y, expected, n.y);
        give_back();
    }
}
END_TEST

START_TEST(an_image_of_conv_does_not_depend_on_the_images_beside_it)
{
    for (int s = 0; s < RANDOM_SHAPES; s++) {
        pv_conv c = conv_at(s);
        conv_sizes n = sizes_of(&c);
        float *x = take_random(n.x);
        float *w = take_random(n.w);
        float *y = take(n.y);
        float *scratch = take(pv_conv_scratch(&c));
        kernels->conv(&c, x, w, NULL, PV_RELU, 0.0f, y, scratch);
        pv_conv one = c;
        one.batch = 1;
        float *image = take(sizes_of(&one).y);
        for (int b = 0; b < c.batch; b++) {
            kernels->conv(&one, x + (size_t)b * sizes_of(&one).x, w, NULL, PV_RELU, 0.0f, image,
                          scratch);
            assert_same("an image of conv", image, y + (size_t)b * sizes_of(&one).y,
                        sizes_of(&one).y);
        }
        give_back();
    }
}
END_TEST

START_TEST(bytes_are_the_same_as_scaled_floats)
{
    const float scale = 1.0f / 255.0f;
    for (int s = 0; s < RANDOM_SHAPES; s++) {
        pv_conv c = conv_at(s);
        conv_sizes n = sizes_of(&c);
        uint8_t *bytes = take_bytes(n.x);
        float *x = take(n.x);
        for (size_t i = 0; i < n.x; i++) {
            x[i] = scale * (float)bytes[i];
        }
        float *w = take_random(n.w);
        float *bias = take_random((size_t)c.filters);
        float *scratch = take(pv_conv_scratch(&c));
        float *y = take(n.y);
        float *from_bytes = take(n.y);
        kernels->conv(&c, x, w, bias, PV_RELU, 0.0f, y, scratch);
        kernels->conv_u8(&c, bytes, scale, w, bias, PV_RELU, 0.0f, from_bytes, scratch);
        assert_same("conv_u8", from_bytes, y, n.y);

        float *dy = take_random(n.y);
        double *expected = take_doubles(n.w);
        each_product(&c, add_product, &(conv_sums){.x = x, .dy = dy, .dw = expected});
        float *dw = memset(take(n.w), 0, n.w * sizeof *dw);
        float *dbias = memset(take((size_t)c.filters), 0, (size_t)c.filters * sizeof *dbias);
        kernels->conv_weights_u8(&c, bytes, scale, dy, dw, dbias, scratch);
        assert_near("conv_weights_u8", dw, expected, n.w);
        give_back();
    }
}
END_TEST

START_TEST(conv_input_and_conv_weights_are_the_transposed_sums)
{
    for (int s = 0; s < RANDOM_SHAPES; s++) {
        pv_conv c = conv_at(s);
        conv_sizes n = sizes_of(&c);
        size_t filters = (size_t)c.filters;
        float *x = take_random(n.x);
        float *w = take_random(n.w);
        float *dy = take_random(n.y);
        float *scratch = take(pv_conv_scratch(&c));
        double *dx_sum = take_doubles(n.x);
        double *dw_sum = take_doubles(n.w);
        double *dbias_sum = take_doubles(filters);
        float *dx = take_random(n.x);
        float *added = copy_of(dx, n.x);
        float *dw = take_random(n.w);
        float *dbias = take_random(filters);
        for (size_t i = 0; i < n.w; i++) {
            dw_sum[i] = (double)dw[i];
        }
        for (size_t i = 0; i < filters; i++) {
            dbias_sum[i] = (double)dbias[i];
        }
        for (size_t i = 0; i < n.y; i++) {
            dbias_sum[i % filters] += (double)dy[i];
        }
        each_product(&c, add_product,
                     &(conv_sums){.x = x, .w = w, .dy = dy, .dx = dx_sum, .dw = dw_sum});
        kernels->conv_weights(&c, x, dy, dw, dbias, scratch);
        assert_near("conv_weights", dw, dw_sum, n.w);
        assert_near("conv_weights, bias", dbias, dbias_sum, filters);
        for (size_t i = 0; i < n.x; i++) {
            dx[i] = NAN; /* must be overwritten */
        }
        kernels->conv_input(&c, dy, w, 0, dx, scratch);
        assert_near("conv_input", dx, dx_sum, n.x);
        for (size_t i = 0; i < n.x; i++) {
            dx_sum[i] += (double)added[i];
        }
        kernels->conv_input(&c, dy, w, 1, added, scratch);
        assert_near("conv_input added", added, dx_sum, n.x);
        give_back();
    }
}
END_TEST

START_TEST(the_same_call_gives_the_same_numbers)
{
    for (int s = 0; s < 10; s++) {
        pv_conv c = conv_at(s);
        conv_sizes n = sizes_of(&c);
        float *x = take_random(n.x);
        float *w = take_random(n.w);
        float *dy = take_random(n.y);
        float *dw[2];
        float *dx[2];
        float *y[2];
        for (int i = 0; i < 2; i++) {
            float *scratch = take_random(pv_conv_scratch(&c));
            y[i] = take(n.y);
            dx[i] = take(n.x);
            dw[i] = memset(take(n.w), 0, n.w * sizeof *dw[i]);
            kernels->conv(&c, x, w, NULL, PV_TANH, 0.0f, y[i], scratch);
            kernels->conv_input(&c, dy, w, 0, dx[i], scratch);
            kernels->conv_weights(&c, x, dy, dw[i], NULL, scratch);
        }
        assert_same("conv again", y[0], y[1], n.y);
        assert_same("conv_input again", dx[0], dx[1], n.x);
        assert_same("conv_weights again", dw[0], dw[1], n.w);
        give_back();
    }
}
END_TEST

/* --- sums --- */

START_TEST(squares_are_added_in_double)
{
    for (size_t n = 0; n < 200; n += 1 + n / 7) {
        float *x = take_random(n);
        double expected = 0.0;
        for (size_t i = 0; i < n; i++) {
            expected += (double)x[i] * (double)x[i];
        }
        ck_assert_double_eq_tol(kernels->squares(n, x), expected, 1e-12 * (1.0 + expected));
        give_back();
    }
    float *huge = take(33);
    for (int i = 0; i < 33; i++) {
        huge[i] = 1e30f;
    }
    ck_assert_double_eq_tol(kernels->squares(33, huge) / 33e60, 1.0, 1e-6);
}
END_TEST

START_TEST(a_single_nan_or_infinity_is_found_anywhere)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY};
    for (size_t n = 1; n < 100; n++) {
        float *x = take_random(n);
        x[0] = 3e38f;
        ck_assert_int_eq(kernels->finite(n, x), 1);
        for (size_t i = 0; i < n; i++) {
            float kept = x[i];
            x[i] = odd[i % 3];
            ck_assert_int_eq(kernels->finite(n, x), 0);
            x[i] = kept;
        }
        give_back();
    }
    ck_assert_int_eq(kernels->finite(0, NULL), 1);
}
END_TEST

/* --- the choice --- */

START_TEST(the_environment_can_ask_for_a_table)
{
    char text[128];
    setenv("PAVLOV_KERNELS", "plain", 1);
    ck_assert_ptr_eq(pv_kernels_best(), pv_kernels_plain());
    ck_assert_str_eq(pv_kernels_describe(text, sizeof text), "own kernels, plain");
    setenv("PAVLOV_KERNELS", "abacus", 1);
    const pv_kernels *best = pv_kernels_best();
    ck_assert_ptr_nonnull(strstr(pv_kernels_describe(text, sizeof text), "abacus cannot run"));
    unsetenv("PAVLOV_KERNELS");
    ck_assert_ptr_eq(pv_kernels_best(), best);
    ck_assert_ptr_eq(pv_kernels_named(best->name), best);
    ck_assert_ptr_nonnull(strstr(pv_kernels_describe(text, sizeof text), best->name));
    ck_assert_ptr_null(pv_kernels_named("abacus"));
    ck_assert_ptr_eq(pv_kernels_named("plain"), pv_kernels_plain());
}
END_TEST

static void start(void)
{
    rng = pv_rng_split(1, "kernels");
}

#define FOR_TABLE(index)                                                                           \
    static void choose_##index(void)                                                               \
    {                                                                                              \
        kernels = pv_kernels_named(names[index]);                                                  \
    }
FOR_TABLE(0)
FOR_TABLE(1)
FOR_TABLE(2)
FOR_TABLE(3)

static void add_table(Suite *suite, int index)
{
    static void (*const choose[])(void) = {choose_0, choose_1, choose_2, choose_3};
    if (!pv_kernels_named(names[index])) {
        return;
    }
    TCase *tcase = tcase_create(names[index]);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, start, give_back);
    tcase_add_checked_fixture(tcase, choose[index], NULL);
    tcase_add_test(tcase, activations_agree_with_libm_to_1e_6);
    tcase_add_test(tcase, activations_of_huge_numbers_saturate_and_nan_stays);
    tcase_add_test(tcase, derivatives_follow_from_the_value);
    tcase_add_test(tcase, activations_work_in_place_at_any_length);
    tcase_add_test(tcase, dense_is_the_product_with_bias_and_activation);
    tcase_add_test(tcase, a_row_of_dense_does_not_depend_on_the_rows_beside_it);
    tcase_add_test(tcase, dense_input_is_the_product_with_the_transpose);
    tcase_add_test(tcase, dense_weights_adds_the_products_of_the_rows);
    tcase_add_test(tcase, conv_is_the_sum_over_the_patch);
    tcase_add_test(tcase, an_image_of_conv_does_not_depend_on_the_images_beside_it);
    tcase_add_test(tcase, bytes_are_the_same_as_scaled_floats);
    tcase_add_test(tcase, conv_input_and_conv_weights_are_the_transposed_sums);
    tcase_add_test(tcase, the_same_call_gives_the_same_numbers);
    tcase_add_test(tcase, squares_are_added_in_double);
    tcase_add_test(tcase, a_single_nan_or_infinity_is_found_anywhere);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("nets kernels");
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        add_table(suite, i);
    }
    TCase *choice = tcase_create("choice");
    tcase_add_test(choice, the_environment_can_ask_for_a_table);
    suite_add_tcase(suite, choice);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
