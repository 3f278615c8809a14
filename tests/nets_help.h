/* nets_help.h: small nets for the tests of nets/. */
#ifndef PAVLOV_TESTS_NETS_HELP_H
#define PAVLOV_TESTS_NETS_HELP_H

#include "core/memory.h"
#include "nets/net.h"
#include "nets/pass.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* an input of numbers, of bytes or of categories; sizes that are 0 are no dimensions */
static inline pv_net_input help_input(const char *name, pv_dtype dtype, uint32_t a, uint32_t b,
                                      uint32_t c)
{
    pv_net_input input = {.name = name, .dtype = dtype, .shape = {a, b, c}, .scale = 1.0f / 255.0f};
    input.ndim = a == 0 ? 0 : b == 0 ? 1 : c == 0 ? 2 : 3;
    return input;
}

/* a net of one input; NULL with the last error where it cannot be */
static inline pv_net *help_try(const pv_net_input *input, const char *text, uint64_t seed)
{
    return pv_net_create(
        &(pv_net_config){.inputs = input, .n_inputs = 1, .text = text, .seed = seed});
}

static inline pv_net *help_net(const pv_net_input *input, const char *text, uint64_t seed)
{
    pv_net *net = help_try(input, text, seed);
    ck_assert_msg(net != NULL, "%s", pv_last_error());
    return net;
}

static inline pv_pass *help_pass(const pv_net *net, int rows, int learns)
{
    pv_pass *pass =
        pv_pass_create(net, &(pv_pass_config){.rows = rows, .learns = learns, .seed = 1});
    ck_assert_msg(pass != NULL, "%s", pv_last_error());
    return pass;
}

/* a training forward of `rows` rows of one input */
static inline void help_forward(pv_pass *pass, const pv_net *net, int rows, const void *input)
{
    pv_pass_forward(pass, net,
                    &(pv_net_batch){.steps = 1, .sequences = rows, .input = &input, .training = 1});
}

static inline void help_normal(pv_rng *rng, size_t n, double deviation, float *x)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(deviation * pv_rng_normal(rng));
    }
}

static inline int help_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
