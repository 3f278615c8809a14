/* layer_dropout.c: drops numbers with probability p and divides those that stay by 1 - p, so that
   nothing changes when it no longer drops (Srivastava et al. 2014, the inverted form). A new mask
   every forward of a training batch, from the pass's own stream. */
#include "nets/parse.h"

#include <string.h>

static pv_status parse(pv_parser *parser, pv_node *node)
{
    const pv_word word = pv_parse_word(parser);
    double rate = 0.0;
    if (!pv_word_number(word, &rate) || !(rate >= 0.0 && rate < 1.0)) {
        return pv_parse_fail(parser, word,
                             "dropout takes the probability to drop, from 0 to below 1");
    }
    node->rate = (float)rate;
    return PV_OK;
}

static pv_workspace workspace(const pv_node *node, int rows)
{
    (void)rows;
    return (pv_workspace){.row = (size_t)node->out_size};
}

static void forward(const pv_run *run)
{
    const size_t n = (size_t)run->rows * (size_t)run->node->out_size;
    const float *x = run->x[0];
    const double rate = (double)run->node->rate;
    const float stays = (float)(1.0 / (1.0 - rate));
    for (size_t i = 0; i < n && run->training; i++) {
        run->row[i] = pv_rng_uniform(run->rng) < rate ? 0.0f : stays;
        run->y[i] = run->row[i] * x[i];
    }
    if (!run->training) {
        memcpy(run->y, x, n * sizeof *x);
    }
}

static void backward(const pv_run *run)
{
    const size_t n = (size_t)run->rows * (size_t)run->node->out_size;
    if (!run->dx[0]) {
        return;
    }
    for (size_t i = 0; i < n && run->training; i++) {
        run->dy[i] *= run->row[i];
    }
    pv_add_gradient(run->node->accumulate[0], n, run->dy, run->dx[0]);
}

const pv_layer_class pv_layer_dropout = {
    .info = {"dropout", "dropout P", "drops numbers with probability P while training"},
    .flags = PV_LAYER_TRANSPARENT,
    .parse = parse,
    .workspace = workspace,
    .forward = forward,
    .backward = backward};
