/* test_nets_net.c: nets as blocks of parameters: copies, files, freezing, initialisers, memory. */
#include "nets_everything.h"

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
    {"dense 200 relu init=spread", 1.0 / 3 / 300},
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
    if (strstr(s->text, "spread")) { /* 200 of them: to 4 deviations of their variance's own */
        const double variance = variance_of(net, "dense1.bias");
        ck_assert_msg(fabs(variance - s->variance) <= 0.26 * s->variance, "bias: %g", variance);
    } else {
        ck_assert_double_eq(variance_of(net, "dense1.bias"), 0.0);
    }
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
    tcase_add_test(tests, create_survives_want_of_memory_anywhere);
    tcase_add_test(tests, memory_is_the_parameters_and_little_more);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
