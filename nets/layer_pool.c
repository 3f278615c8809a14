/* layer_pool.c: the largest or the mean number of each window. The largest is found again going
   backward by its value, the first of several equal ones, so that nothing is kept. */
#include "nets/parse.h"

#include <string.h>

/* the part of a window that lies inside the picture, and where its output stands */
typedef struct window {
    int top, bottom, left, right; /* past the last */
    size_t out;                   /* of channel 0 */
} window;

static window window_at(const pv_conv *c, int image, int row, int column)
{
    const int top = row * c->stride - c->pad;
    const int left = column * c->stride - c->pad;
    const int bottom = top + c->kernel_height;
    const int right = left + c->kernel_width;
    const size_t out = ((size_t)image * (size_t)c->out_height + (size_t)row) * (size_t)c->out_width;
    return (window){top > 0 ? top : 0, bottom < c->height ? bottom : c->height, left > 0 ? left : 0,
                    right < c->width ? right : c->width,
                    (out + (size_t)column) * (size_t)c->channels};
}

static size_t input_at(const pv_conv *c, int image, int row, int column)
{
    const size_t at = ((size_t)image * (size_t)c->height + (size_t)row) * (size_t)c->width;
    return (at + (size_t)column) * (size_t)c->channels;
}

/* what is done with each window */
typedef void visit(const pv_conv *c, int image, const window *w, const float *x, float *y,
                   const float *dy, float *dx);

static void visit_windows(const pv_run *run, visit *visitor)
{
    const pv_conv c = pv_window_conv(run->node, run->rows);
    for (int image = 0; image < c.batch; image++) {
        for (int row = 0; row < c.out_height; row++) {
            for (int column = 0; column < c.out_width; column++) {
                const window w = window_at(&c, image, row, column);
                visitor(&c, image, &w, run->x[0], run->y, run->dy, run->dx[0]);
            }
        }
    }
}

static pv_status parse_max(pv_parser *parser, pv_node *node)
{
    return pv_parse_window(parser, node, 0, 1);
}

static pv_status parse_average(pv_parser *parser, pv_node *node)
{
    return pv_parse_window(parser, node, 0, 0);
}

static pv_status shape(pv_parser *parser, pv_node *node)
{
    return pv_window_shape(parser, node, 0);
}

static void largest(const pv_conv *c, int image, const window *w, const float *x, float *y,
                    const float *dy, float *dx)
{
    float *out = y + w->out;
    (void)dy;
    (void)dx;
    memcpy(out, x + input_at(c, image, w->top, w->left), (size_t)c->channels * sizeof *out);
    for (int i = w->top; i < w->bottom; i++) {
        for (int j = w->left; j < w->right; j++) {
            const float *in = x + input_at(c, image, i, j);
            for (int k = 0; k < c->channels; k++) {
                out[k] = in[k] > out[k] ? in[k] : out[k];
            }
        }
    }
}

static void largest_back(const pv_conv *c, int image, const window *w, const float *x, float *y,
                         const float *dy, float *dx)
{
    for (int k = 0; k < c->channels; k++) {
        size_t found = input_at(c, image, w->top, w->left) + (size_t)k;
        for (int i = w->bottom - 1; i >= w->top; i--) {
            for (int j = w->right - 1; j >= w->left; j--) {
                const size_t at = input_at(c, image, i, j) + (size_t)k;
                found = x[at] == y[w->out + (size_t)k] ? at : found;
            }
        }
        dx[found] += dy[w->out + (size_t)k];
    }
}

static void mean(const pv_conv *c, int image, const window *w, const float *x, float *y,
                 const float *dy, float *dx)
{
    float *out = y + w->out;
    const float part = 1.0f / (float)(c->kernel_height * c->kernel_width);
    (void)dy;
    (void)dx;
    memset(out, 0, (size_t)c->channels * sizeof *out);
    for (int i = w->top; i < w->bottom; i++) {
        for (int j = w->left; j < w->right; j++) {
            const float *in = x + input_at(c, image, i, j);
            for (int k = 0; k < c->channels; k++) {
                out[k] += part * in[k];
            }
        }
    }
}

static void mean_back(const pv_conv *c, int image, const window *w, const float *x, float *y,
                      const float *dy, float *dx)
{
    const float part = 1.0f / (float)(c->kernel_height * c->kernel_width);
    (void)x;
    (void)y;
    for (int i = w->top; i < w->bottom; i++) {
        for (int j = w->left; j < w->right; j++) {
            float *in = dx + input_at(c, image, i, j);
            for (int k = 0; k < c->channels; k++) {
                in[k] += part * dy[w->out + (size_t)k];
            }
        }
    }
}

static void forward_max(const pv_run *run)
{
    visit_windows(run, largest);
}

static void forward_average(const pv_run *run)
{
    visit_windows(run, mean);
}

static void backward_by(const pv_run *run, visit *visitor)
{
    if (run->dx[0]) {
        if (!run->node->accumulate[0]) {
            memset(run->dx[0], 0,
                   (size_t)run->rows * (size_t)run->node->in_size * sizeof *run->dx[0]);
        }
        visit_windows(run, visitor);
    }
}

static void backward_max(const pv_run *run)
{
    backward_by(run, largest_back);
}

static void backward_average(const pv_run *run)
{
    backward_by(run, mean_back);
}

const pv_layer_class pv_layer_maxpool = {
    .info = {"maxpool", "maxpool KxK[/S] [pP]",
             "the largest number of each window, stride S (K), padding P (0) of minus infinity"},
    .flags = PV_LAYER_TRANSPARENT,
    .parse = parse_max,
    .shape = shape,
    .forward = forward_max,
    .backward = backward_max};

const pv_layer_class pv_layer_avgpool = {
    .info = {"avgpool", "avgpool KxK[/S]", "the mean of each window, stride S (K)"},
    .parse = parse_average,
    .shape = shape,
    .forward = forward_average,
    .backward = backward_average};
