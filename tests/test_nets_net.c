/* test_nets_net.c: nets as blocks of parameters: copies, files, freezing, initialisers; passes over
   them: several inputs and heads, blocks of rows, state over batches, no allocation. */
#include "nets_help.h"

#include "nets/state.h"

#include <stdio.h>

static size_t live_before;

static void setup(void)
{
    live_before = pv_memory_live();
}

static void teardown(void)
{
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

/* a net with everything: three inputs, two heads, every kind of layer */
static const pv_net_input all_inputs[] = {
    {.name = "pixels", .dtype = PV_U8, .ndim = 3, .shape = {12, 12, 2}, .scale = 1.0f / 255.0f},
    {.name = "goal", .dtype = PV_I32, .n = 9},
    {.name = "speed", .dtype = PV_F32, .ndim = 1, .shape = {3}}};
static const pv_net_head all_heads[] = {{"q", "dense 5, dueling"}, {"value", "gru 3, dense 1"}};
static const pv_net_config all_config = {
    .inputs = all_inputs,
    .n_inputs = 3,
    .text = "pixels: conv 4 3x3/2 p1 relu, batchnorm, residual(conv 4 3x3 p1 swish), maxpool 2x2;"
            "goal: embed 4; speed: layernorm; dense 16 gelu, dropout 0.1, lstm 8",
    .heads = all_heads,
    .n_heads = 2,
    .seed = 4};

enum { ROWS = 6, STATE = 2 * 8 + 3 };

typedef struct rows {
    uint8_t pixels[ROWS * 288];
    int32_t goal[ROWS];
    float speed[ROWS * 3];
    const void *input[3];
} rows;

static void draw_rows(rows *r, uint64_t seed)
{
    pv_rng rng;
    pv_rng_init(&rng, seed);
    for (size_t i = 0; i < sizeof r->pixels; i++) {
        r->pixels[i] = (uint8_t)pv_rng_below(&rng, 256);
    }
    for (int i = 0; i < ROWS; i++) {
        r->goal[i] = (int32_t)pv_rng_below(&rng, 9);
    }
    help_normal(&rng, ROWS * 3, 1.0, r->speed);
    r->input[0] = r->pixels;
    r->input[1] = r->goal;
    r->input[2] = r->speed;
}

static pv_net *all_net(void)
{
    pv_net *net = pv_net_create(&all_config);
    ck_assert_msg(net != NULL, "%s", pv_last_error());
    return net;
}

/* --- blocks of parameters -------------------------------------------------------------------- */

START_TEST(a_clone_is_equal_and_its_own)
{
    pv_net *net = all_net();
    pv_net *copy = pv_net_clone(net);
    const size_t count = pv_net_parameter_count(net);
    ck_assert_uint_eq(pv_net_parameter_count(copy), count);
    ck_assert_mem_eq(pv_net_parameters(copy), pv_net_parameters(net), count * sizeof(float));
    pv_net_parameters(copy)[0] += 1.0f;
    ck_assert_float_ne(pv_net_parameters(copy)[0], pv_net_parameters_const(net)[0]);
    pv_net_destroy(net); /* the clone needs nothing of it */
    ck_assert_str_eq(pv_net_line_at(copy, 0).layer, "conv 4 3x3/2 p1 relu");
    ck_assert_str_eq(pv_net_line_at(copy, 0).where, "pixels");
    pv_net_destroy(copy);
}
END_TEST

START_TEST(a_blend_goes_part_of_the_way)
{
    const pv_net_input input = help_input("x", PV_F32, 2, 0, 0);
    pv_net *to = help_net(&input, "dense 3, batchnorm", 1);
    pv_net *from = help_net(&input, "dense 3, batchnorm", 2);
    const size_t count = pv_net_parameter_count(to);
    float before[32];
    ck_assert_uint_le(count, 32);
    memcpy(before, pv_net_parameters(to), count * sizeof *before);
    from->statistics[0] = 10.0f;
    pv_net_blend(to, from, 0.25f);
    for (size_t i = 0; i < count; i++) {
        ck_assert_float_eq_tol(pv_net_parameters(to)[i],
                               0.75f * before[i] + 0.25f * pv_net_parameters(from)[i], 1e-6f);
    }
    ck_assert_float_eq_tol(to->statistics[0], 2.5f, 1e-6f);
    pv_net_copy(to, from);
    ck_assert_mem_eq(pv_net_parameters(to), pv_net_parameters(from), count * sizeof *before);
    pv_net_destroy(to);
    pv_net_destroy(from);
}
END_TEST

START_TEST(tensors_are_frozen_by_the_beginning_of_their_name)
{
    pv_net *net = all_net();
    ck_assert_int_eq(pv_net_freeze(net, "pixels.", 1), 6);
    ck_assert_int_eq(pv_net_tensor_find(net, "pixels.conv1.weight")->frozen, 1);
    ck_assert_int_eq(pv_net_tensor_find(net, "dense1.weight")->frozen, 0);
    ck_assert_int_eq(pv_net_freeze(net, "pixels.conv", 0), 4);
    ck_assert_int_eq(pv_net_tensor_find(net, "pixels.batchnorm1.gain")->frozen, 1);
    ck_assert_int_eq(pv_net_freeze(net, "nothing", 1), 0);
    pv_net_destroy(net);
}
END_TEST

START_TEST(a_saved_net_is_loaded_whole_or_not_at_all)
{
    pv_net *net = all_net();
    pv_net_config config = all_config;
    config.seed = 5;
    pv_net *other = pv_net_create(&config);
    const size_t bytes = pv_net_parameter_count(net) * sizeof(float);
    pv_tensors *tensors = pv_tensors_create();
    net->statistics[3] = 7.0f;
    ck_assert_int_eq(pv_net_save(net, tensors, "online."), PV_OK);
    const pv_tensor *weight = pv_tensors_find(tensors, "online.pixels.conv1.weight");
    ck_assert_ptr_nonnull(weight);
    ck_assert_int_eq(weight->ndim, 4);
    ck_assert_int_ne(memcmp(pv_net_parameters(net), pv_net_parameters(other), bytes), 0);
    ck_assert_int_eq(pv_net_load(other, tensors, "online."), PV_OK);
    ck_assert_mem_eq(pv_net_parameters(net), pv_net_parameters(other), bytes);
    ck_assert_float_eq(other->statistics[3], 7.0f);

    ck_assert_int_eq(pv_net_load(other, tensors, "target."), PV_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "\"target.pixels.conv1.weight\" is missing"));
    const pv_net_head heads[] = {{"q", "dense 7, dueling"}, {"value", "gru 3, dense 1"}};
    config.heads = heads;
    pv_net *wider = pv_net_create(&config);
    pv_net *untouched = pv_net_clone(wider);
    ck_assert_int_eq(pv_net_load(wider, tensors, "online."), PV_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "\"online.q.dense1.weight\" has another"));
    ck_assert_mem_eq(pv_net_parameters(wider), pv_net_parameters(untouched),
                     pv_net_parameter_count(wider) * sizeof(float));
    pv_net_destroy(untouched);
    pv_net_destroy(wider);
    pv_tensors_destroy(tensors);
    pv_net_destroy(other);
    pv_net_destroy(net);
}
END_TEST

/* --- initialisers ---------------------------------------------------------------------------- */

static double variance_of(const pv_net *net, const char *name)
{
    const pv_net_tensor *tensor = pv_net_tensor_find(net, name);
    double sum = 0.0;
    for (size_t i = 0; i < tensor->count; i++) {
        const double x = (double)pv_net_parameters_const(net)[tensor->offset + i];
        sum += x * x;
    }
    return sum / (double)tensor->count;
}

typedef struct spread {
    const char *text;
    double variance; /* of dense1.weight, 300 in, 200 out */
} spread;

static const spread spreads[] = {
    {"dense 200 relu", 2.0 / 300},
    {"dense 200 init=he", 2.0 / 300},
    {"dense 200, layernorm, relu", 2.0 / 300},
    {"dense 200 gelu", 2.0 / 300},
    {"dense 200 leaky:0.5", 2.0 / 1.25 / 300},
    {"dense 200 tanh", 2.0 / 500},
    {"dense 200 relu init=xavier", 2.0 / 500},
    {"dense 200 selu", 1.0 / 300},
    {"dense 200 init=lecun", 1.0 / 300},
    {"dense 200", 1.0 / 3 / 300},
    {"dense 200 init=uniform:0.3", 0.03},
    {"dense 200 init=zero", 0.0},
    {"dense 200 init=orthogonal", 1.0 / 300},      /* 200 vectors of length 1 */
    {"dense 200 relu init=orthogonal", 2.0 / 300}, /* of length sqrt 2 */
    {"dense 200 relu init=orthogonal:3", 9.0 / 300}};

START_TEST(initial_weights_have_the_variance_of_their_scheme)
{
    const pv_net_input input = help_input("x", PV_F32, 300, 0, 0);
    const spread *s = &spreads[_i];
    pv_net *net = help_net(&input, s->text, 11);
    ck_assert_msg(fabs(variance_of(net, "dense1.weight") - s->variance) <= 0.03 * s->variance,
                  "%s: %g, not %g", s->text, variance_of(net, "dense1.weight"), s->variance);
    ck_assert_double_eq(variance_of(net, "dense1.bias"), 0.0);
    pv_net_destroy(net);
}
END_TEST

START_TEST(orthogonal_vectors_are_orthogonal)
{
    const int sizes[][2] = {{90, 40}, {40, 90}, {70, 70}, {1, 5}};
    for (int s = 0; s < 4; s++) {
        char text[64];
        const int in = sizes[s][0];
        const int out = sizes[s][1];
        const int n = in < out ? in : out; /* vectors, along the longer side */
        const pv_net_input input = help_input("x", PV_F32, (uint32_t)in, 0, 0);
        sprintf(text, "dense %d init=orthogonal:2", out);
        pv_net *net = help_net(&input, text, 3);
        const float *w = pv_net_parameters(net);
        for (int a = 0; a < n; a++) {
            for (int b = 0; b <= a; b++) {
                double dot = 0.0;
                for (int r = 0; r < in + out - n; r++) {
                    const int by_rows = in < out;
                    dot += (double)w[by_rows ? a * out + r : r * out + a] *
                           (double)w[by_rows ? b * out + r : r * out + b];
                }
                ck_assert_double_eq_tol(dot, a == b ? 4.0 : 0.0, 1e-5);
            }
        }
        pv_net_destroy(net);
    }
}
END_TEST

START_TEST(a_layer_more_changes_no_other_layers_first_weights)
{
    const pv_net_input input = help_input("x", PV_F32, 7, 0, 0);
    pv_net *shorter = help_net(&input, "dense 7 relu, dense 7 relu", 3);
    pv_net *longer = help_net(&input, "dense 7 relu, layernorm, dense 7 relu, dense 2", 3);
    const pv_net_tensor *a = pv_net_tensor_find(shorter, "dense2.weight");
    const pv_net_tensor *b = pv_net_tensor_find(longer, "dense2.weight");
    ck_assert_mem_eq(pv_net_parameters(shorter) + a->offset, pv_net_parameters(longer) + b->offset,
                     a->count * sizeof(float));
    pv_net_init_parameters(longer, 4);
    ck_assert_int_ne(memcmp(pv_net_parameters(shorter) + a->offset,
                            pv_net_parameters(longer) + b->offset, a->count * sizeof(float)),
                     0);
    pv_net_destroy(shorter);
    pv_net_destroy(longer);
}
END_TEST

START_TEST(an_lstm_remembers_at_first)
{
    const pv_net_input input = help_input("x", PV_F32, 4, 0, 0);
    pv_net *net = help_net(&input, "lstm 3", 3);
    const float *bias = pv_net_parameters(net) + pv_net_tensor_find(net, "lstm1.bias")->offset;
    for (int i = 0; i < 12; i++) {
        ck_assert_float_eq(bias[i], i / 3 == 1 ? 1.0f : 0.0f);
    }
    pv_net_destroy(net);
}
END_TEST

/* --- passes ---------------------------------------------------------------------------------- */

static pv_net_batch all_batch(const rows *r, int steps, int sequences)
{
    return (pv_net_batch){.steps = steps, .sequences = sequences, .input = r->input, .training = 1};
}

/* sum over both heads of fixed weights times outputs, as a loss */
static double all_loss(pv_pass *pass, const pv_net *net, const pv_net_batch *batch, int gradient)
{
    double sum = 0.0;
    *pv_pass_rng(pass) = pv_rng_split(9, "dropout"); /* the same mask every time */
    pv_pass_forward(pass, net, batch);
    for (int head = 0; head < 2; head++) {
        const size_t n = (size_t)(batch->steps * batch->sequences) * pv_net_head_size(net, head);
        for (size_t i = 0; i < n; i++) {
            const float weight = sinf((float)(i + 1) * (head ? 1.7f : 0.9f));
            sum += (double)weight * (double)pv_pass_output(pass, head)[i];
            if (gradient) {
                pv_pass_output_gradient(pass, head)[i] = weight;
            }
        }
    }
    return sum;
}

START_TEST(gradients_of_a_net_of_everything_are_its_slopes)
{
    rows r;
    draw_rows(&r, 1);
    pv_net *net = all_net();
    pv_pass *pass = help_pass(net, ROWS, 1);
    const size_t count = pv_net_parameter_count(net);
    float *gradient = pv_alloc_array(count, sizeof *gradient);
    const pv_net_batch batch = all_batch(&r, 3, 2);
    (void)all_loss(pass, net, &batch, 1);
    pv_pass_backward(pass, net, gradient, 1);
    for (int i = 0; i < pv_net_tensor_count(net); i++) { /* along each tensor's own gradient */
        const pv_net_tensor *tensor = pv_net_tensor_at(net, i);
        float *p = pv_net_parameters(net) + tensor->offset;
        const float *g = gradient + tensor->offset;
        double squares = 0.0;
        for (size_t k = 0; k < tensor->count; k++) {
            squares += (double)g[k] * (double)g[k];
        }
        ck_assert_msg(squares > 0.0, "%s has no gradient", tensor->name);
        const float step = (float)(1e-3 / sqrt(squares));
        for (size_t k = 0; k < tensor->count; k++) {
            p[k] += step * g[k];
        }
        const double above = all_loss(pass, net, &batch, 0);
        for (size_t k = 0; k < tensor->count; k++) {
            p[k] -= 2.0f * step * g[k];
        }
        const double slope = (above - all_loss(pass, net, &batch, 0)) / (2.0 * (double)step);
        for (size_t k = 0; k < tensor->count; k++) {
            p[k] += step * g[k];
        }
        ck_assert_msg(fabs(slope - squares) <= 0.02 * squares, "%s: %g, not %g", tensor->name,
                      squares, slope);
    }
    pv_free(gradient);
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

START_TEST(nothing_is_allocated_after_create)
{
    rows r;
    draw_rows(&r, 1);
    pv_net *net = all_net();
    pv_pass *pass = help_pass(net, ROWS, 1);
    float *gradient = pv_alloc_array(pv_net_parameter_count(net), sizeof *gradient);
    const pv_net_batch batch = all_batch(&r, 2, 3);
    const uint64_t before = pv_memory_count();
    for (int i = 0; i < 3; i++) {
        (void)all_loss(pass, net, &batch, 1);
        pv_pass_backward(pass, net, gradient, 1);
        pv_pass_keep_statistics(pass, net);
        ck_assert_int_eq(pv_pass_check(pass), PV_OK);
        (void)pv_pass_dead_units(pass);
        pv_net_init_parameters(net, 8);
    }
    ck_assert_uint_eq(pv_memory_count(), before);
    pv_free(gradient);
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

START_TEST(state_carried_from_batch_to_batch_is_one_long_batch)
{
    rows r;
    draw_rows(&r, 2);
    pv_net *net = all_net();
    pv_pass *whole = help_pass(net, ROWS, 0);
    pv_pass *step = help_pass(net, 2, 0);
    const uint8_t reset[ROWS] = {0, 0, 0, 1, 0, 0};
    float state[2 * STATE] = {0};
    float after[2 * STATE];
    ck_assert_uint_eq(pv_net_state_size(net), STATE);
    pv_net_batch batch = all_batch(&r, 3, 2);
    batch.training = 0;
    batch.reset = reset;
    batch.state_after = after;
    pv_pass_forward(whole, net, &batch);
    for (int t = 0; t < 3; t++) {
        const void *input[] = {r.pixels + 2 * t * 288, r.goal + 2 * t, r.speed + 2 * t * 3};
        pv_pass_forward(step, net,
                        &(pv_net_batch){.steps = 1,
                                        .sequences = 2,
                                        .input = input,
                                        .reset = reset + 2 * t,
                                        .state = state,
                                        .state_after = state});
        for (int i = 0; i < 8; i++) {
            ck_assert_float_eq_tol(pv_pass_output(step, 0)[i],
                                   pv_pass_output(whole, 0)[2 * t * 4 + i], 1e-5f);
        }
    }
    for (int i = 0; i < 2 * STATE; i++) {
        ck_assert_float_eq_tol(state[i], after[i], 1e-5f);
    }
    pv_pass_destroy(whole);
    pv_pass_destroy(step);
    pv_net_destroy(net);
}
END_TEST

START_TEST(blocks_of_rows_change_nothing)
{
    enum { SIDE = 40, MANY = 11, ROW = SIDE * SIDE * 2 };
    const pv_net_input input = help_input("x", PV_U8, SIDE, SIDE, 2);
    pv_net *net = help_net(&input,
                           "conv 32 3x3 relu, residual(conv 32 3x3 p1 tanh), avgpool 4x4, "
                           "conv 8 2x2 relu, dense 3",
                           6);
    pv_pass *whole = help_pass(net, MANY, 1);
    pv_pass *single = help_pass(net, 1, 1);
    const size_t count = pv_net_parameter_count(net);
    float *gradient = pv_alloc_array(2 * count, sizeof *gradient);
    uint8_t *x = pv_alloc(MANY * ROW);
    pv_rng rng;
    pv_rng_init(&rng, 4);
    for (int i = 0; i < MANY * ROW; i++) {
        x[i] = (uint8_t)pv_rng_below(&rng, 256);
    }
    help_forward(whole, net, MANY, x);
    for (int i = 0; i < MANY * 3; i++) {
        pv_pass_output_gradient(whole, 0)[i] = (float)(i % 5) - 2.0f;
    }
    pv_pass_backward(whole, net, gradient, 1);
    for (int row = 0; row < MANY; row++) {
        help_forward(single, net, 1, x + row * ROW);
        for (int i = 0; i < 3; i++) {
            ck_assert_float_eq_tol(pv_pass_output(single, 0)[i],
                                   pv_pass_output(whole, 0)[row * 3 + i], 1e-5f);
            pv_pass_output_gradient(single, 0)[i] = (float)((row * 3 + i) % 5) - 2.0f;
        }
        pv_pass_backward(single, net, gradient + count, 1);
        for (int i = 0; i < ROW; i++) {
            ck_assert_float_eq_tol(pv_pass_input_gradient(single, 0)[i],
                                   pv_pass_input_gradient(whole, 0)[row * ROW + i], 1e-5f);
        }
    }
    for (size_t i = 0; i < count; i++) {
        ck_assert_float_eq_tol(gradient[i], gradient[count + i],
                               1e-4f + 1e-4f * fabsf(gradient[i]));
    }
    pv_free(x);
    pv_free(gradient);
    pv_pass_destroy(whole);
    pv_pass_destroy(single);
    pv_net_destroy(net);
}
END_TEST

START_TEST(a_number_that_is_not_finite_is_told_with_its_layer)
{
    const pv_net_input input = help_input("x", PV_F32, 2, 0, 0);
    float x[] = {1.0f, 2.0f};
    pv_net *net = help_net(&input, "dense 3 tanh, dense 2, dense 1", 1);
    pv_pass *pass = help_pass(net, 1, 0);
    help_forward(pass, net, 1, x);
    ck_assert_int_eq(pv_pass_check(pass), PV_OK);
    pv_net_parameters(net)[pv_net_tensor_find(net, "dense2.bias")->offset] = INFINITY;
    help_forward(pass, net, 1, x);
    ck_assert_int_eq(pv_pass_check(pass), PV_ERROR_NUMBER);
    ck_assert_str_eq(pv_last_error(), "the output of layer dense2 is not finite");
    x[1] = NAN;
    help_forward(pass, net, 1, x);
    ck_assert_int_eq(pv_pass_check(pass), PV_ERROR_NUMBER);
    ck_assert_str_eq(pv_last_error(), "the output of input x is not finite");
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

START_TEST(dead_units_are_counted_over_the_batch)
{
    const pv_net_input input = help_input("x", PV_F32, 1, 0, 0);
    const float x[] = {-1.0f, 1.0f};
    pv_net *net = help_net(&input, "dense 4 relu init=zero, dense 2 tanh", 1);
    pv_pass *pass = help_pass(net, 2, 0);
    float *p = pv_net_parameters(net);
    p[0] = 1.0f;  /* lives at 1 */
    p[1] = -1.0f; /* lives at -1 */
    p[6] = -1.0f; /* the bias of the third: never; the fourth is zero everywhere */
    help_forward(pass, net, 2, x);
    ck_assert_double_eq(pv_pass_dead_units(pass), 0.5);
    pv_pass_destroy(pass);
    pv_net_destroy(net);
    net = help_net(&input, "dense 4 tanh", 1);
    pass = help_pass(net, 2, 0);
    help_forward(pass, net, 2, x);
    ck_assert(isnan(pv_pass_dead_units(pass)));
    ck_assert_ptr_eq(pv_pass_layer_output(pass, 0), pv_pass_output(pass, 0));
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

/* --- want of memory -------------------------------------------------------------------------- */

START_TEST(create_survives_want_of_memory_anywhere)
{
    const size_t live = pv_memory_live();
    for (uint64_t n = 1;; n++) {
        pv_memory_fail_at(n);
        pv_net *net = pv_net_create(&all_config);
        pv_net *copy = net ? pv_net_clone(net) : NULL;
        pv_pass *pass =
            copy ? pv_pass_create(copy, &(pv_pass_config){.rows = 2, .learns = 1}) : NULL;
        const int done = pass != NULL;
        pv_memory_fail_at(0);
        if (!done) {
            ck_assert_int_eq(pv_last_status(), PV_ERROR_MEMORY);
        }
        pv_pass_destroy(pass);
        pv_net_destroy(copy);
        pv_net_destroy(net);
        ck_assert_uint_eq(pv_memory_live(), live);
        if (done) {
            ck_assert_uint_gt(n, 20);
            break;
        }
    }
}
END_TEST

START_TEST(memory_is_the_parameters_and_little_more)
{
    const pv_net_input input = help_input("x", PV_U8, 84, 84, 4);
    const size_t before = pv_memory_live();
    pv_net *net = help_net(&input,
                           "conv 32 8x8/4 relu, conv 64 4x4/2 relu, conv 64 3x3 relu, "
                           "dense 512 relu, dense 6",
                           1);
    const size_t parameters = pv_net_parameter_count(net) * sizeof(float);
    ck_assert_uint_eq(pv_net_parameter_count(net), 1687206);
    ck_assert_uint_lt(pv_memory_live() - before, parameters + 65536);
    pv_net_destroy(net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_net");
    TCase *tests = tcase_create("net");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_clone_is_equal_and_its_own);
    tcase_add_test(tests, a_blend_goes_part_of_the_way);
    tcase_add_test(tests, tensors_are_frozen_by_the_beginning_of_their_name);
    tcase_add_test(tests, a_saved_net_is_loaded_whole_or_not_at_all);
    tcase_add_loop_test(tests, initial_weights_have_the_variance_of_their_scheme, 0,
                        sizeof spreads / sizeof spreads[0]);
    tcase_add_test(tests, orthogonal_vectors_are_orthogonal);
    tcase_add_test(tests, a_layer_more_changes_no_other_layers_first_weights);
    tcase_add_test(tests, an_lstm_remembers_at_first);
    tcase_add_test(tests, gradients_of_a_net_of_everything_are_its_slopes);
    tcase_add_test(tests, nothing_is_allocated_after_create);
    tcase_add_test(tests, state_carried_from_batch_to_batch_is_one_long_batch);
    tcase_add_test(tests, blocks_of_rows_change_nothing);
    tcase_add_test(tests, a_number_that_is_not_finite_is_told_with_its_layer);
    tcase_add_test(tests, dead_units_are_counted_over_the_batch);
    tcase_add_test(tests, create_survives_want_of_memory_anywhere);
    tcase_add_test(tests, memory_is_the_parameters_and_little_more);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
