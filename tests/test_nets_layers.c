/* test_nets_layers.c: every layer at random sizes on every table of kernels: what comes out against
   the double-precision oracle, all gradients against its finite differences. */
#include "nets_help.h"
#include "nets_oracle.h"

#include <stdio.h>

enum { TRIALS = 12, MOST = 6000, SLOPES = 48 };

static int below(pv_rng *rng, int low, int high)
{
    return low + (int)pv_rng_below(rng, (uint32_t)(high - low + 1));
}

static const char *const activation_names[] = {"identity", "relu", "leaky:0.3", "elu:0.7",
                                               "selu",     "tanh", "sigmoid",   "softplus"};

static void random_activation(pv_rng *rng, trial *t)
{
    t->activation = (pv_activation)below(rng, 0, 7);
    t->slope = t->activation == PV_LEAKY ? 0.3 : 0.7;
}

/* --- sizes ----------------------------------------------------------------------------------- */

static void row_of(trial *t, int n)
{
    t->height = 0;
    t->width = n;
    t->channels = n;
    t->n = n;
    t->m = n;
}

static void picture_of(pv_rng *rng, trial *t, int low)
{
    t->height = below(rng, low, 9);
    t->width = below(rng, low, 9);
    t->channels = below(rng, 1, 5);
    t->n = t->height * t->width * t->channels;
    t->m = t->n;
}

static void window_of(pv_rng *rng, trial *t, int filters)
{
    t->kernel[0] = below(rng, 1, 4);
    t->kernel[1] = below(rng, 1, 4);
    t->stride = below(rng, 1, 3);
    t->out_height = (t->height + 2 * t->pad - t->kernel[0]) / t->stride + 1;
    t->out_width = (t->width + 2 * t->pad - t->kernel[1]) / t->stride + 1;
    t->m = t->out_height * t->out_width * filters;
}

static void make_dense(pv_rng *rng, trial *t)
{
    row_of(t, below(rng, 1, 40));
    t->units = t->m = below(rng, 1, 40);
    t->bytes = below(rng, 0, 1);
    t->parameters = t->n * t->units + t->units;
    t->forward = oracle_dense;
    random_activation(rng, t);
    sprintf(t->text, "dense %d %s", t->units, activation_names[t->activation]);
}

static void make_noisy(pv_rng *rng, trial *t)
{
    make_dense(rng, t);
    t->parameters *= 2;
    t->forward = oracle_noisy;
    t->noisy = below(rng, 0, 3) > 0;
    sprintf(t->text, "noisy %d %s", t->units, activation_names[t->activation]);
}

static void make_residual(pv_rng *rng, trial *t)
{
    make_dense(rng, t);
    row_of(t, t->units);
    t->parameters = t->n * t->units + t->units;
    t->forward = oracle_residual;
    sprintf(t->text, "residual(dense %d %s)", t->units, activation_names[t->activation]);
}

static void make_conv(pv_rng *rng, trial *t)
{
    picture_of(rng, t, 4);
    t->units = below(rng, 1, 20);
    t->sequences = below(rng, 1, 3);
    t->bytes = below(rng, 0, 1);
    window_of(rng, t, t->units);
    t->pad = below(rng, 0, (t->kernel[0] < t->kernel[1] ? t->kernel[0] : t->kernel[1]) - 1);
    t->out_height = (t->height + 2 * t->pad - t->kernel[0]) / t->stride + 1;
    t->out_width = (t->width + 2 * t->pad - t->kernel[1]) / t->stride + 1;
    t->m = t->out_height * t->out_width * t->units;
    t->parameters = (t->kernel[0] * t->kernel[1] * t->channels + 1) * t->units;
    t->forward = oracle_conv;
    random_activation(rng, t);
    sprintf(t->text, "conv %d %dx%d/%d p%d %s", t->units, t->kernel[0], t->kernel[1], t->stride,
            t->pad, activation_names[t->activation]);
}

static void make_maxpool(pv_rng *rng, trial *t)
{
    picture_of(rng, t, 4);
    window_of(rng, t, t->channels);
    t->forward = oracle_maxpool;
    sprintf(t->text, "maxpool %dx%d/%d", t->kernel[0], t->kernel[1], t->stride);
}

static void make_avgpool(pv_rng *rng, trial *t)
{
    make_maxpool(rng, t);
    t->bytes = below(rng, 0, 1);
    t->forward = oracle_avgpool;
    memcpy(t->text, "avg", 3);
}

/* a row, or a picture with a gain and a bias a channel */
static void make_layernorm(pv_rng *rng, trial *t)
{
    if (below(rng, 0, 1)) {
        row_of(t, below(rng, 2, 40));
    } else {
        picture_of(rng, t, 2);
    }
    t->parameters = 2 * t->channels;
    t->forward = oracle_layernorm;
    sprintf(t->text, "layernorm");
}

static void make_batchnorm(pv_rng *rng, trial *t)
{
    make_layernorm(rng, t);
    t->forward = oracle_batchnorm;
    t->evaluates = below(rng, 0, 1);
    sprintf(t->text, "batchnorm");
}

static void make_embed(pv_rng *rng, trial *t)
{
    picture_of(rng, t, 2);
    t->units = below(rng, 1, 12); /* 6 rows of 9 x 9 places are at most MOST numbers */
    t->bytes = below(rng, 0, 1);
    t->m = t->height * t->width * t->units;
    t->parameters = t->channels * t->units;
    t->forward = oracle_embed;
    sprintf(t->text, "embed %d", t->units);
}

static void make_dueling(pv_rng *rng, trial *t)
{
    const int actions = below(rng, 1, 9);
    t->units = below(rng, 1, 5);
    row_of(t, (1 + actions) * t->units);
    t->m = actions * t->units;
    t->forward = oracle_dueling;
    if (t->units > 1) {
        sprintf(t->text, "dueling %d", t->units);
    } else {
        strcpy(t->text, "dueling");
    }
}

static void make_function(pv_rng *rng, trial *t)
{
    static const char *const others[] = {"swish", "gelu", "softmax", "log_softmax"};
    row_of(t, below(rng, 1, 20));
    t->forward = oracle_function;
    random_activation(rng, t);
    strcpy(t->text, below(rng, 0, 1) ? others[below(rng, 0, 3)] : activation_names[t->activation]);
}

static void make_recurrent(pv_rng *rng, trial *t)
{
    row_of(t, below(rng, 1, 10));
    t->units = t->m = below(rng, 1, 9);
    t->steps = below(rng, 1, 6);
    for (int row = 0; row < 64; row++) {
        t->reset[row] = below(rng, 0, 3) == 0;
    }
    t->forward = oracle_recurrent;
}

static void make_lstm(pv_rng *rng, trial *t)
{
    make_recurrent(rng, t);
    t->state = 2 * t->units;
    t->parameters = (t->n + t->units + 1) * 4 * t->units;
    sprintf(t->text, "lstm %d", t->units);
}

static void make_gru(pv_rng *rng, trial *t)
{
    make_recurrent(rng, t);
    t->state = t->units;
    t->parameters = (t->n + t->units + 1) * 3 * t->units;
    sprintf(t->text, "gru %d", t->units);
}

/* --- one trial ------------------------------------------------------------------------------- */

/* what a trial computes with, in float for the net and in double for the oracle */
typedef struct numbers {
    double p[MOST], x[MOST], state[MOST], dy[MOST], y[MOST];
    float net_x[MOST], net_state[MOST], gradient[MOST];
    uint8_t bytes[MOST];
} numbers;

static numbers work; /* too large for the stack */

static double loss(const trial *t)
{
    double sum = 0.0;
    t->forward(t, work.p, work.x, work.state, work.y);
    for (int i = 0; i < t->steps * t->sequences * t->m; i++) {
        sum += work.dy[i] * work.y[i];
    }
    return sum;
}

static void compare(const trial *t, const char *what, int n, const double *right, const float *own,
                    double tolerance)
{
    double largest = 1e-3;
    for (int i = 0; i < n; i++) {
        largest = fmax(largest, fabs(right[i]));
    }
    for (int i = 0; i < n; i++) {
        ck_assert_msg(fabs(right[i] - (double)own[i]) <= tolerance * largest,
                      "%s of \"%s\" [%d]: %g, not %g", what, t->text, i, (double)own[i], right[i]);
    }
}

/* the oracle's derivative by each of n numbers, or by some of them where there are many */
static void compare_slopes(const trial *t, const char *what, int n, double *at, const float *own)
{
    double right[SLOPES];
    float chosen[SLOPES];
    const int count = n < SLOPES ? n : SLOPES;
    for (int i = 0; i < count; i++) {
        const int k = (int)((long)i * n / count);
        const double before = at[k];
        const double step = 1e-6;
        at[k] = before + step;
        const double above = loss(t);
        at[k] = before - step;
        right[i] = (above - loss(t)) / (2.0 * step);
        at[k] = before;
        chosen[i] = own[k];
    }
    compare(t, what, count, right, chosen, 1e-4);
}

static void draw_numbers(pv_rng *rng, const trial *t, pv_net *net)
{
    const int rows = t->steps * t->sequences;
    float *p = pv_net_parameters(net);
    ck_assert_uint_eq(pv_net_parameter_count(net), (size_t)t->parameters);
    ck_assert(rows * t->n <= MOST && rows * t->m <= MOST && t->parameters <= MOST);
    for (int i = 0; i < t->parameters; i++) {
        p[i] = (float)(0.5 * pv_rng_normal(rng));
        work.p[i] = (double)p[i];
    }
    for (int i = 0; i < rows * t->n; i++) {
        work.bytes[i] = (uint8_t)pv_rng_below(rng, 256);
        work.net_x[i] = t->bytes ? (float)work.bytes[i] / 255.0f : (float)pv_rng_normal(rng);
        work.x[i] = (double)work.net_x[i];
    }
    for (int i = 0; i < t->sequences * t->state; i++) {
        work.net_state[i] = (float)pv_rng_normal(rng);
        work.state[i] = (double)work.net_state[i];
    }
    for (int i = 0; i < rows * t->m; i++) {
        work.dy[i] = (double)(float)pv_rng_normal(rng);
    }
}

/* draws the noise of the pass, and with a copy of the stream the oracle's */
static void draw_noise(pv_rng *rng, trial *t, pv_pass *pass)
{
    pv_rng copy = *rng;
    pv_pass_draw_noise(pass, rng);
    for (int i = 0; i < t->n + t->units; i++) {
        const double e = pv_rng_normal(&copy);
        t->noise[i] = (e < 0.0 ? -1.0 : 1.0) * sqrt(fabs(e));
    }
}

static void check_trial(pv_rng *rng, trial *t, const pv_kernels *kernels)
{
    const int rows = t->steps * t->sequences;
    pv_net_input input = t->height ? help_input("x", PV_F32, (uint32_t)t->height,
                                                (uint32_t)t->width, (uint32_t)t->channels)
                                   : help_input("x", PV_F32, (uint32_t)t->n, 0, 0);
    input.dtype = t->bytes ? PV_U8 : PV_F32;
    pv_net *net = pv_net_create(&(pv_net_config){
        .inputs = &input, .n_inputs = 1, .text = t->text, .kernels = kernels, .seed = 3});
    ck_assert_msg(net != NULL, "%s", pv_last_error());
    pv_pass *pass = help_pass(net, rows, 1);
    draw_numbers(rng, t, net);
    if (t->noisy) {
        draw_noise(rng, t, pass);
    }
    const void *in = t->bytes ? (const void *)work.bytes : work.net_x;
    pv_pass_forward(pass, net,
                    &(pv_net_batch){.steps = t->steps,
                                    .sequences = t->sequences,
                                    .input = &in,
                                    .reset = t->reset,
                                    .state = work.net_state,
                                    .training = !t->evaluates});
    (void)loss(t);
    compare(t, "output", rows * t->m, work.y, pv_pass_output(pass, 0), 1e-5);
    for (int i = 0; i < rows * t->m; i++) {
        pv_pass_output_gradient(pass, 0)[i] += (float)work.dy[i];
    }
    for (int i = 0; i < t->parameters; i++) {
        work.gradient[i] = 1.0f;
    }
    pv_pass_backward(pass, net, work.gradient, 1);
    for (int i = 0; i < t->parameters; i++) {
        work.gradient[i] -= 1.0f; /* it was added to what was there */
    }
    compare_slopes(t, "gradient by the parameters", t->parameters, work.p, work.gradient);
    compare_slopes(t, "gradient by the input", rows * t->n, work.x,
                   pv_pass_input_gradient(pass, 0));
    compare_slopes(t, "gradient by the state", t->sequences * t->state, work.state,
                   pv_pass_state_gradient(pass));
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}

typedef void make(pv_rng *rng, trial *t);

static make *const makes[] = {make_dense,   make_noisy,   make_residual,  make_conv,
                              make_maxpool, make_avgpool, make_layernorm, make_batchnorm,
                              make_embed,   make_dueling, make_function,  make_lstm,
                              make_gru};

START_TEST(a_layer_and_its_gradients_agree_with_the_oracle)
{
    const char *const tables[] = {"plain", "avx2", "avx512", "neon"};
    pv_rng rng;
    pv_rng_init(&rng, (uint64_t)_i);
    for (int i = 0; i < TRIALS; i++) {
        trial t;
        memset(&t, 0, sizeof t);
        t.steps = 1;
        t.sequences = below(&rng, 1, 6);
        makes[_i](&rng, &t);
        if (makes[_i] == make_batchnorm) {
            t.sequences = 6; /* the variance of two equal numbers has no slope to speak of */
        }
        for (int k = 0; k < 4; k++) {
            const pv_kernels *kernels = pv_kernels_named(tables[k]);
            if (kernels) {
                check_trial(&rng, &t, kernels);
            }
        }
    }
}
END_TEST

/* --- what the trials leave out --------------------------------------------------------------- */

START_TEST(embedded_categories_are_rows_of_the_table_and_collect_their_gradients)
{
    const pv_net_input input = {.name = "s", .dtype = PV_I32, .n = 7, .ndim = 1, .shape = {2}};
    const int32_t x[] = {3, 6, 0, 3, 3, 3}; /* three rows of two */
    pv_net *net = help_net(&input, "embed 4", 5);
    pv_pass *pass = help_pass(net, 3, 1);
    float gradient[28] = {0};
    help_forward(pass, net, 3, x);
    const float *table = pv_net_parameters(net);
    for (int i = 0; i < 24; i++) {
        ck_assert_float_eq(pv_pass_output(pass, 0)[i], table[x[i / 4] * 4 + i % 4]);
        pv_pass_output_gradient(pass, 0)[i] = (float)(1 << i / 4);
    }
    pv_pass_backward(pass, net, gradient, 1);
    const float right[] = {4, 0, 0, 1 + 8 + 16 + 32, 0, 0, 2};
    for (int i = 0; i < 28; i++) {
        ck_assert_float_eq(gradient[i], right[i / 4]);
    }
    ck_assert_ptr_null(pv_pass_input_gradient(pass, 0));
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

START_TEST(a_category_is_its_row_of_the_weights)
{
    const pv_net_input input = {.name = "s", .dtype = PV_I32, .n = 5};
    const int32_t x[] = {4, 0, 2};
    pv_net *net = help_net(&input, "dense 3", 5);
    pv_pass *pass = help_pass(net, 3, 0);
    help_forward(pass, net, 3, x);
    for (int i = 0; i < 9; i++) {
        ck_assert_float_eq_tol(pv_pass_output(pass, 0)[i],
                               pv_net_parameters(net)[x[i / 3] * 3 + i % 3], 1e-7f);
    }
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

START_TEST(dropout_drops_its_part_and_keeps_the_mean)
{
    enum { N = 20000 };
    const pv_net_input input = help_input("x", PV_F32, N, 0, 0);
    static float x[N];
    int dropped = 0;
    int same = 0;
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i + 1);
    }
    pv_net *net = help_net(&input, "dropout 0.25", 1);
    pv_pass *pass = help_pass(net, 1, 1);
    help_forward(pass, net, 1, x);
    const float *y = pv_pass_output(pass, 0);
    for (int i = 0; i < N; i++) {
        ck_assert(y[i] == 0.0f || fabsf(y[i] / x[i] - 1.0f / 0.75f) < 1e-5f);
        dropped += y[i] == 0.0f;
        pv_pass_output_gradient(pass, 0)[i] = 3.0f * x[i];
    }
    ck_assert_int_lt(abs(dropped - N / 4), 5 * 62); /* 5 standard deviations */
    pv_pass_backward(pass, net, pv_net_parameters(net), 1);
    for (int i = 0; i < N; i++) { /* the same ones going backward */
        ck_assert_float_eq_tol(pv_pass_input_gradient(pass, 0)[i], 3.0f * y[i], 1e-2f);
    }
    const float first = y[0];
    for (int i = 0; i < 40; i++) { /* others the next time */
        help_forward(pass, net, 1, x);
        same += y[0] == first;
    }
    ck_assert_int_gt(same, 0);
    ck_assert_int_lt(same, 40);
    const void *in = x;
    pv_pass_forward(pass, net, &(pv_net_batch){.steps = 1, .sequences = 1, .input = &in});
    ck_assert_mem_eq(y, x, sizeof x);
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

START_TEST(noise_stays_until_it_is_drawn_anew_or_turned_off)
{
    const pv_net_input input = help_input("x", PV_F32, 6, 0, 0);
    pv_net *net = help_net(&input, "noisy 8 tanh, noisy 6, dueling 2", 5);
    pv_pass *pass = help_pass(net, 1, 0);
    const float x[6] = {1.0f, -0.5f, 0.25f, 2.0f, -1.0f, 0.75f};
    float mean[4];
    float first[4];
    pv_rng rng;
    pv_rng_init(&rng, 3);
    help_forward(pass, net, 1, x);
    memcpy(mean, pv_pass_output(pass, 0), sizeof mean);
    pv_rng before = rng;
    pv_pass_draw_noise(pass, &rng);
    help_forward(pass, net, 1, x);
    memcpy(first, pv_pass_output(pass, 0), sizeof first);
    help_forward(pass, net, 1, x);
    ck_assert_mem_eq(first, pv_pass_output(pass, 0), sizeof first);
    pv_pass_draw_noise(pass, &rng);
    help_forward(pass, net, 1, x);
    for (int i = 0; i < 4; i++) {
        ck_assert(first[i] != pv_pass_output(pass, 0)[i] && first[i] != mean[i]);
    }
    pv_pass_draw_noise(pass, &before); /* the stream as it was: the first noise again */
    help_forward(pass, net, 1, x);
    ck_assert_mem_eq(first, pv_pass_output(pass, 0), sizeof first);
    pv_pass_draw_noise(pass, NULL);
    help_forward(pass, net, 1, x);
    ck_assert_mem_eq(mean, pv_pass_output(pass, 0), sizeof mean);
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

/* section 3.2 of Fortunato et al. 2018: sigma_0 / sqrt(p) with sigma_0 = 0.5; means within
   1 / sqrt(p) of variance 1 / (3 p) */
START_TEST(noisy_layers_begin_as_published)
{
    const pv_net_input input = help_input("x", PV_F32, 100, 0, 0);
    pv_net *net = help_net(&input, "noisy 40", 5);
    const float *p = pv_net_parameters_const(net);
    double squares = 0.0;
    for (int i = 0; i < 4040; i++) {
        ck_assert(fabsf(p[i]) <= 0.1f);
        squares += (double)p[i] * (double)p[i];
        ck_assert_float_eq_tol(p[4040 + i], 0.05f, 1e-7f);
    }
    ck_assert_double_eq_tol(squares / 4040.0, 1.0 / 300.0, 2e-4);
    ck_assert(p[4000] != 0.0f); /* biases too */
    ck_assert(pv_net_tensor_find(net, "noisy1.weight")->decay == 1);
    ck_assert(pv_net_tensor_find(net, "noisy1.weight_sigma")->offset == 4040);
    ck_assert(pv_net_tensor_find(net, "noisy1.bias_sigma")->offset == 8040);
    pv_net_destroy(net);
}
END_TEST

START_TEST(batchnorm_moves_its_running_statistics_only_when_asked)
{
    const pv_net_input input = help_input("x", PV_F32, 1, 0, 0);
    const float x[] = {1.0f, 2.0f, 3.0f, 6.0f}; /* mean 3, unbiased variance 14/3 */
    const void *in = x;
    const pv_net_batch evaluation = {.steps = 1, .sequences = 4, .input = &in};
    pv_net *net = help_net(&input, "batchnorm", 1);
    pv_pass *pass = help_pass(net, 4, 1);
    help_forward(pass, net, 4, x);
    pv_pass_forward(pass, net, &evaluation);
    pv_pass_keep_statistics(pass, net); /* the last was no training forward */
    pv_pass_forward(pass, net, &evaluation);
    ck_assert_float_eq_tol(pv_pass_output(pass, 0)[3], 6.0f, 1e-4f);
    help_forward(pass, net, 4, x);
    pv_pass_keep_statistics(pass, net);
    pv_pass_forward(pass, net, &evaluation);
    const float deviation = sqrtf(0.9f + 0.1f * 14.0f / 3.0f + 1e-5f);
    for (int i = 0; i < 4; i++) {
        ck_assert_float_eq_tol(pv_pass_output(pass, 0)[i], (x[i] - 0.3f) / deviation, 1e-5f);
    }
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_layers");
    TCase *tests = tcase_create("layers");
    tcase_add_loop_test(tests, a_layer_and_its_gradients_agree_with_the_oracle, 0,
                        sizeof makes / sizeof makes[0]);
    tcase_add_test(tests, embedded_categories_are_rows_of_the_table_and_collect_their_gradients);
    tcase_add_test(tests, a_category_is_its_row_of_the_weights);
    tcase_add_test(tests, dropout_drops_its_part_and_keeps_the_mean);
    tcase_add_test(tests, batchnorm_moves_its_running_statistics_only_when_asked);
    tcase_add_test(tests, noise_stays_until_it_is_drawn_anew_or_turned_off);
    tcase_add_test(tests, noisy_layers_begin_as_published);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
