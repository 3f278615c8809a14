/* nets_everything.h: one net of three inputs, two heads and nearly every kind of layer. */
#ifndef PAVLOV_TESTS_NETS_EVERYTHING_H
#define PAVLOV_TESTS_NETS_EVERYTHING_H

#include "nets_help.h"

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

static inline void draw_rows(rows *r, uint64_t seed)
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

static inline pv_net *all_net(void)
{
    pv_net *net = pv_net_create(&all_config);
    ck_assert_msg(net != NULL, "%s", pv_last_error());
    return net;
}

#endif
