/* test_nets_pass.c: passes over nets: several inputs and heads at once, blocks of rows, state over
   batches, no allocation, what they tell of themselves. */
#include "nets_everything.h"

static size_t live_before;

static void setup(void)
{
    live_before = pv_memory_live();
}

static void teardown(void)
{
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

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

int main(void)
{
    Suite *suite = suite_create("nets_pass");
    TCase *tests = tcase_create("pass");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, gradients_of_a_net_of_everything_are_its_slopes);
    tcase_add_test(tests, nothing_is_allocated_after_create);
    tcase_add_test(tests, state_carried_from_batch_to_batch_is_one_long_batch);
    tcase_add_test(tests, blocks_of_rows_change_nothing);
    tcase_add_test(tests, a_number_that_is_not_finite_is_told_with_its_layer);
    tcase_add_test(tests, dead_units_are_counted_over_the_batch);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
