/* test_nets_update.c: updates of nets: they are the updates of their blocks, tell frozen and
   damaged tensors by their names, and every kind of optimiser learns by them. */
#include "nets_help.h"

#include "nets/loss.h"
#include "nets/optimizer.h"

enum { ROWS = 16, INPUTS = 3, OUTPUTS = 2 };

static pv_net *two_layers(void)
{
    const pv_net_input input = help_input("x", PV_F32, INPUTS, 0, 0);
    return help_net(&input, "dense 16 tanh, dense 2", 5);
}

/* a batch whose targets a small net can meet */
typedef struct batch {
    float x[ROWS * INPUTS], target[ROWS * OUTPUTS];
} batch;

static batch make_batch(void)
{
    batch b;
    pv_rng rng = pv_rng_split(1, "update");
    help_normal(&rng, ROWS * INPUTS, 1.0, b.x);
    for (int r = 0; r < ROWS; r++) {
        const float *x = b.x + r * INPUTS;
        b.target[r * OUTPUTS] = x[0] - 0.5f * x[1];
        b.target[r * OUTPUTS + 1] = tanhf(x[2]);
    }
    return b;
}

/* the mean squared error, and its gradient */
static double descend(const batch *b, pv_pass *pass, const pv_net *net, float *gradient)
{
    help_forward(pass, net, ROWS, b->x);
    const double loss =
        pv_loss_squared(ROWS, OUTPUTS, pv_pass_output(pass, 0), b->target, NULL,
                        2.0f / (float)(ROWS * OUTPUTS), pv_pass_output_gradient(pass, 0));
    pv_pass_backward(pass, net, gradient, 0);
    return loss;
}

START_TEST(every_kind_learns)
{
    static const double lr[PV_OPTIMIZERS] = {0.2, 0.02, 0.02, 0.1, 0.005, 0.005, 0.02, 0.02};
    const batch b = make_batch();
    pv_net *net = two_layers();
    pv_pass *pass = help_pass(net, ROWS, 1);
    pv_optimizer_config config = pv_optimizer_config_default((pv_optimizer_kind)_i);
    config.lr = lr[_i];
    config.l2 = 0.0;
    pv_optimizer *optimizer = pv_optimizer_create(&config, pv_net_parameter_count(net));
    float *gradient = pv_alloc_array(pv_net_parameter_count(net), sizeof *gradient);
    ck_assert(optimizer && gradient);
    const double first = descend(&b, pass, net, gradient);
    for (int t = 0; t < 1000; t++) {
        ck_assert_int_eq(pv_update(optimizer, net, gradient, NULL, NULL), PV_OK);
        descend(&b, pass, net, gradient);
    }
    const double last = descend(&b, pass, net, gradient);
    ck_assert_double_gt(first, 0.3);
    ck_assert_msg(last < 0.01 * first, "%d: from %g to %g", _i, first, last);
    pv_free(gradient);
    pv_optimizer_destroy(optimizer);
    pv_pass_destroy(pass);
    pv_net_destroy(net);
}
END_TEST

START_TEST(update_of_a_net_is_the_update_of_its_block)
{
    pv_net *net = two_layers();
    const size_t count = pv_net_parameter_count(net);
    pv_optimizer_config config = pv_optimizer_config_default(PV_ADAMW);
    config.clip_norm = 1.0;
    pv_optimizer *a = pv_optimizer_create(&config, count);
    pv_optimizer *b = pv_optimizer_create(&config, count);
    float *copy = pv_alloc_array(count, sizeof *copy);
    float *g = pv_alloc_array(count, sizeof *g);
    float *h = pv_alloc_array(count, sizeof *h);
    ck_assert(a && b && copy && g && h);
    memcpy(copy, pv_net_parameters(net), count * sizeof *copy);
    ck_assert_int_eq(pv_net_freeze(net, "dense1", 1), 2);
    pv_rng rng = pv_rng_split(2, "update");
    const pv_net_tensor *frozen = pv_net_tensor_find(net, "dense1.weight");
    float before = copy[frozen->offset];
    for (int t = 0; t < 5; t++) {
        help_normal(&rng, count, 1.0, g);
        memcpy(h, g, count * sizeof *h);
        const uint64_t allocations = pv_memory_count();
        ck_assert_int_eq(pv_update(a, net, g, NULL, NULL), PV_OK);
        ck_assert_uint_eq(pv_memory_count(), allocations);
        ck_assert_int_eq(pv_update_block(b, copy, pv_net_tensor_at(net, 0),
                                         pv_net_tensor_count(net), h, NULL, NULL),
                         PV_OK);
    }
    ck_assert_mem_eq(copy, pv_net_parameters(net), count * sizeof *copy);
    ck_assert_float_eq(copy[frozen->offset], before);
    pv_free(copy);
    pv_free(g);
    pv_free(h);
    pv_optimizer_destroy(a);
    pv_optimizer_destroy(b);
    pv_net_destroy(net);
}
END_TEST

START_TEST(damaged_tensor_of_a_net_is_named)
{
    pv_net *net = two_layers();
    const size_t count = pv_net_parameter_count(net);
    const pv_optimizer_config config = pv_optimizer_config_default(PV_ADAM);
    pv_optimizer *optimizer = pv_optimizer_create(&config, count);
    float *g = pv_alloc_array(count, sizeof *g);
    ck_assert(optimizer && g);
    g[pv_net_tensor_find(net, "dense2.bias")->offset] = NAN;
    ck_assert_int_eq(pv_update(optimizer, net, g, NULL, NULL), PV_ERROR_NUMBER);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "update 1: the gradient of \"dense2.bias\""));
    pv_free(g);
    pv_optimizer_destroy(optimizer);
    pv_net_destroy(net);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_update");
    TCase *tests = tcase_create("update");
    tcase_add_loop_test(tests, every_kind_learns, 0, PV_OPTIMIZERS);
    tcase_add_test(tests, update_of_a_net_is_the_update_of_its_block);
    tcase_add_test(tests, damaged_tensor_of_a_net_is_named);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
