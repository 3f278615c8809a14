/* layer_dueling.c: Q from a state's value and the actions' advantages: q = v + a - mean(a) (Wang et
   al. 2016, equation 9), of x = [v, a_1 .. a_n]. */
#include "nets/parse.h"

static pv_status shape(pv_parser *parser, pv_node *node)
{
    if (node->in_size < 2) {
        return pv_parse_fail(parser, parser->start,
                             "dueling takes a value and the advantages of at least one action");
    }
    node->out = (pv_shape){1, {node->in_size - 1}};
    return PV_OK;
}

static void forward(const pv_run *run)
{
    const int n = run->node->out_size;
    const float *x = run->x[0];
    float *y = run->y;
    for (int row = 0; row < run->rows; row++, x += n + 1, y += n) {
        double sum = 0.0;
        for (int i = 0; i < n; i++) {
            sum += (double)x[1 + i];
        }
        const float base = x[0] - (float)(sum / n);
        for (int i = 0; i < n; i++) {
            y[i] = x[1 + i] + base;
        }
    }
}

static void backward(const pv_run *run)
{
    const int n = run->node->out_size;
    const int accumulate = run->node->accumulate[0];
    const float *dy = run->dy;
    float *dx = run->dx[0];
    for (int row = 0; row < run->rows && dx; row++, dx += n + 1, dy += n) {
        double sum = 0.0;
        for (int i = 0; i < n; i++) {
            sum += (double)dy[i];
        }
        dx[0] = accumulate ? dx[0] + (float)sum : (float)sum;
        for (int i = 0; i < n; i++) {
            const float own = dy[i] - (float)(sum / n);
            dx[1 + i] = accumulate ? dx[1 + i] + own : own;
        }
    }
}

const pv_layer_class pv_layer_dueling = {
    .info = {"dueling", "dueling", "N actions' Q from 1 + N numbers, a value and advantages"},
    .shape = shape,
    .forward = forward,
    .backward = backward};
