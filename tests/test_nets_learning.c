/* test_nets_learning.c: nets learn: XOR, one batch by heart, twin spirals; and thirty layers keep
   the size of what goes through where the initialiser suits the activation. */
#include "nets/loss.h"
#include "nets/optimizer.h"
#include "nets_help.h"

#include <stdio.h>

/* a net that learns */
typedef struct learner {
    pv_net *net;
    pv_pass *pass;
    pv_optimizer *optimizer;
    float *gradient;
} learner;

static learner open_learner(const pv_net_input *input, const char *text, int rows, double lr,
                            uint64_t seed)
{
    learner l;
    pv_optimizer_config config = pv_optimizer_config_default(PV_ADAM);
    config.lr = lr;
    l.net = help_net(input, text, seed);
    l.pass = help_pass(l.net, rows, 1);
    l.optimizer = pv_optimizer_create(&config, pv_net_parameter_count(l.net));
    l.gradient = pv_alloc_array(pv_net_parameter_count(l.net), sizeof *l.gradient);
    ck_assert(l.optimizer && l.gradient);
    return l;
}

static void close_learner(learner *l)
{
    pv_free(l->gradient);
    pv_optimizer_destroy(l->optimizer);
    pv_pass_destroy(l->pass);
    pv_net_destroy(l->net);
}

static void learn(learner *l)
{
    pv_pass_backward(l->pass, l->net, l->gradient, 0);
    ck_assert_msg(pv_update(l->optimizer, l->net, l->gradient, NULL, NULL) == PV_OK, "%s",
                  pv_last_error());
    pv_pass_keep_statistics(l->pass, l->net);
}

/* --- XOR ------------------------------------------------------------------------------------- */

START_TEST(xor_is_learned_by_two_hidden_units)
{
    enum { SEEDS = 20 };
    const float x[] = {-1.0f, -1.0f, -1.0f, 1.0f, 1.0f, -1.0f, 1.0f, 1.0f};
    const float target[] = {0.0f, 1.0f, 1.0f, 0.0f};
    const pv_net_input input = help_input("x", PV_F32, 2, 0, 0);
    int learned = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        learner l = open_learner(&input, "dense 2 tanh, dense 1", 4, 0.1, seed);
        double loss = 0.0;
        for (int i = 0; i < 1000; i++) {
            help_forward(l.pass, l.net, 4, x);
            loss = pv_loss_squared(4, 1, pv_pass_output(l.pass, 0), target, NULL, 0.25f,
                                   pv_pass_output_gradient(l.pass, 0));
            learn(&l);
        }
        learned += loss < 1e-3;
        close_learner(&l);
    }
    ck_assert_int_ge(learned,
                     16); /* of 20: some end in a local minimum, for want of a third unit */
}
END_TEST

/* --- one batch ------------------------------------------------------------------------------- */

typedef struct architecture {
    const char *text;
    pv_dtype dtype;
    uint32_t n, a, b, c; /* of the input */
    int steps;
} architecture;

static const architecture architectures[] = {
    {"dense 32 relu, dense 32 relu, dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 32 tanh, dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 32 leaky, dense 32 elu, dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 32 selu, dense 32 softplus, dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 32 swish, dense 32 gelu, dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 32 sigmoid, dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 32, layernorm relu, dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 32, batchnorm, relu, dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 16 relu, residual(dense 16 relu, dense 16), dense 3", PV_F32, 0, 6, 0, 0, 1},
    {"dense 32 relu, dense 4, dueling", PV_F32, 0, 6, 0, 0, 1},
    {"conv 8 3x3 relu, conv 8 3x3/2 p1 relu, dense 32 relu, dense 3", PV_U8, 0, 10, 10, 2, 1},
    {"conv 8 3x3 p1 relu, maxpool 2x2, residual(conv 8 3x3 p1 relu), avgpool 2x2, dense 3", PV_U8,
     0, 10, 10, 2, 1},
    {"embed 8, dense 32 relu, dense 3", PV_I32, 20, 2, 0, 0, 1},
    {"dense 32 relu, dense 3", PV_I32, 20, 2, 0, 0, 1},
    {"lstm 24, dense 3", PV_F32, 0, 6, 0, 0, 4},
    {"gru 24, dense 3", PV_F32, 0, 6, 0, 0, 4}};

enum { ROWS = 16, LARGEST = ROWS * 200 };

START_TEST(one_batch_is_learned_by_heart_by_every_architecture)
{
    static float numbers[LARGEST];
    static int32_t categories[LARGEST];
    static uint8_t bytes[LARGEST];
    float target[ROWS * 3];
    const architecture *a = &architectures[_i];
    pv_net_input input = help_input("x", a->dtype, a->a, a->b, a->c);
    pv_rng rng;
    pv_rng_init(&rng, 17);
    input.n = a->n;
    help_normal(&rng, LARGEST, 1.0, numbers);
    help_normal(&rng, ROWS * 3, 1.0, target);
    for (int i = 0; i < LARGEST; i++) {
        categories[i] = (int32_t)pv_rng_below(&rng, 20);
        bytes[i] = (uint8_t)pv_rng_below(&rng, 256);
    }
    const void *in = a->dtype == PV_F32  ? (const void *)numbers
                     : a->dtype == PV_U8 ? (const void *)bytes
                                         : categories;
    learner l = open_learner(&input, a->text, ROWS, 0.01, 5);
    double loss = INFINITY;
    for (int i = 0; i < 4000 && loss > 1e-5; i++) {
        pv_pass_forward(
            l.pass, l.net,
            &(pv_net_batch){
                .steps = a->steps, .sequences = ROWS / a->steps, .input = &in, .training = 1});
        loss = pv_loss_squared(ROWS, 3, pv_pass_output(l.pass, 0), target, NULL, 1.0f / ROWS,
                               pv_pass_output_gradient(l.pass, 0));
        learn(&l);
    }
    ck_assert_msg(loss <= 1e-5, "%s: %g", a->text, loss);
    close_learner(&l);
}
END_TEST

/* --- twin spirals (Lang and Witbrock 1988) ---------------------------------------------------- */

enum { POINTS = 97, SPIRALS = 2 * POINTS };

static void draw_spirals(float *x, float *target)
{
    for (int i = 0; i < POINTS; i++) {
        const float angle = (float)i * 3.14159265f / 16.0f;
        const float radius = 6.5f * (float)(104 - i) / 104.0f;
        for (int twin = 0; twin < 2; twin++) {
            const float side = twin ? -1.0f : 1.0f;
            x[2 * (2 * i + twin)] = side * radius * sinf(angle);
            x[2 * (2 * i + twin) + 1] = side * radius * cosf(angle);
            target[2 * i + twin] = (float)twin;
        }
    }
}

START_TEST(twin_spirals_are_told_apart_with_shortcuts)
{
    float x[2 * SPIRALS];
    float target[SPIRALS];
    const pv_net_input input = help_input("x", PV_F32, 2, 0, 0);
    draw_spirals(x, target);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        learner l = open_learner(&input,
                                 "dense 32 tanh, residual(dense 32 tanh), residual(dense 32 tanh), "
                                 "residual(dense 32 tanh), dense 1",
                                 SPIRALS, 0.003, seed);
        int right = 0;
        for (int i = 0; i < 3000 && right < SPIRALS; i++) {
            help_forward(l.pass, l.net, SPIRALS, x);
            const float *y = pv_pass_output(l.pass, 0);
            (void)pv_loss_binary(SPIRALS, 1, y, target, NULL, 1.0f / SPIRALS,
                                 pv_pass_output_gradient(l.pass, 0));
            right = 0;
            for (int k = 0; k < SPIRALS; k++) {
                right += (y[k] > 0.0f) == (target[k] > 0.5f);
            }
            learn(&l);
        }
        ck_assert_int_eq(right, SPIRALS);
        close_learner(&l);
    }
}
END_TEST

/* --- thirty layers --------------------------------------------------------------------------- */

enum { DEPTH = 30, WIDTH = 128, BATCH = 32 };

/* root mean squares behind the last layer, and of the gradient by the input for one at the output
 */
static void go_through(const char *layer, double *forward, double *backward)
{
    static float x[BATCH * WIDTH];
    char text[DEPTH * 64] = "";
    const size_t n = BATCH * WIDTH;
    const pv_net_input input = help_input("x", PV_F32, WIDTH, 0, 0);
    pv_rng rng;
    pv_rng_init(&rng, 23);
    help_normal(&rng, n, 1.0, x);
    for (int i = 0; i < DEPTH; i++) {
        sprintf(text + strlen(text), "%sdense %d %s", i ? ", " : "", WIDTH, layer);
    }
    learner l = open_learner(&input, text, BATCH, 0.01, 2);
    help_forward(l.pass, l.net, BATCH, x);
    const pv_kernels *kernels = pv_kernels_plain();
    *forward = sqrt(kernels->squares(n, pv_pass_output(l.pass, 0)) / (double)n);
    help_normal(&rng, n, 1.0, pv_pass_output_gradient(l.pass, 0));
    pv_pass_backward(l.pass, l.net, l.gradient, 1);
    *backward = sqrt(kernels->squares(n, pv_pass_input_gradient(l.pass, 0)) / (double)n);
    close_learner(&l);
}

typedef struct depth {
    const char *layer;
    int lives; /* 1: neither dies nor explodes; 0: dies; 2: explodes */
} depth;

static const depth depths[] = {{"relu", 1},
                               {"relu init=he", 1},
                               {"leaky:0.3", 1},
                               {"selu", 1},
                               {"relu init=orthogonal", 1},
                               {"tanh init=orthogonal", 1},
                               {"relu init=xavier", 0},
                               {"relu init=uniform", 0},
                               {"tanh init=uniform:0.05", 0},
                               {"relu init=uniform:0.5", 2}};

START_TEST(thirty_layers_live_under_the_right_initialiser_only)
{
    double forward = 0.0;
    double backward = 0.0;
    const depth *d = &depths[_i];
    go_through(d->layer, &forward, &backward);
    if (d->lives == 1) {
        ck_assert_msg(forward > 0.1 && forward < 10.0 && backward > 0.1 && backward < 10.0,
                      "%s: %g forward, %g backward", d->layer, forward, backward);
    } else if (d->lives == 0) {
        ck_assert_msg(forward < 1e-3 && backward < 1e-3, "%s: %g forward, %g backward", d->layer,
                      forward, backward);
    } else {
        ck_assert_msg(forward > 1e3 && backward > 1e3, "%s: %g forward, %g backward", d->layer,
                      forward, backward);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_learning");
    TCase *tests = tcase_create("learning");
    tcase_add_test(tests, xor_is_learned_by_two_hidden_units);
    tcase_add_loop_test(tests, one_batch_is_learned_by_heart_by_every_architecture, 0,
                        sizeof architectures / sizeof architectures[0]);
    tcase_add_test(tests, twin_spirals_are_told_apart_with_shortcuts);
    tcase_add_loop_test(tests, thirty_layers_live_under_the_right_initialiser_only, 0,
                        sizeof depths / sizeof depths[0]);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
