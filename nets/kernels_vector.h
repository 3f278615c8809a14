/* kernels_vector.h: dense layers and convolutions as products of nets/kernels_tile.h, and the table
   of them; included once by the file of each instruction set. */
#ifndef PAVLOV_NETS_KERNELS_VECTOR_H
#define PAVLOV_NETS_KERNELS_VECTOR_H

#include "nets/kernels_tile.h"

#include <string.h>

typedef float four __attribute__((vector_size(16)));
typedef float loose_four __attribute__((vector_size(16), aligned(4), may_alias));

/* to[4 columns][4 rows] = from[4 rows][4 columns]: pairs, then pairs of pairs */
INLINE void transpose_four(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row)
{
    four r[4];
    UNROLL for (int i = 0; i < 4; i++)
    {
        r[i] = *(const loose_four *)(from + i * from_row);
    }
    const four low[2] = {__builtin_shufflevector(r[0], r[1], 0, 4, 1, 5),
                         __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5)};
    const four high[2] = {__builtin_shufflevector(r[0], r[1], 2, 6, 3, 7),
                          __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7)};
    *(loose_four *)to = __builtin_shufflevector(low[0], low[1], 0, 1, 4, 5);
    *(loose_four *)(to + to_row) = __builtin_shufflevector(low[0], low[1], 2, 3, 6, 7);
    *(loose_four *)(to + 2 * to_row) = __builtin_shufflevector(high[0], high[1], 0, 1, 4, 5);
    *(loose_four *)(to + 3 * to_row) = __builtin_shufflevector(high[0], high[1], 2, 3, 6, 7);
}

/* to[columns][rows] = from[rows][columns] */
static void transpose(int rows, int columns, const float *from, float *to)
{
    for (int i = 0; i < rows; i += 4) {
        for (int j = 0; j < columns; j += 4) {
            if (i + 4 <= rows && j + 4 <= columns) {
                transpose_four(from + (ptrdiff_t)i * columns + j, columns,
                               to + (ptrdiff_t)j * rows + i, rows);
                continue;
            }
            for (int r = i; r < rows && r < i + 4; r++) {
                for (int c = j; c < columns && c < j + 4; c++) {
                    to[(ptrdiff_t)c * rows + r] = from[(ptrdiff_t)r * columns + c];
                }
            }
        }
    }
}

/* --- dense --- */

static void dense(int m, int n, int k, const float *x, const float *w, const float *bias,
                  pv_activation activation, float slope, float *y)
{
    multiply(&(product){
        .rows = m,
        .columns = n,
        .a = x,
        .a_row = k,
        .images = 1,
        .lines = 1,
        .length = k,
        .a_column = 1,
        .b = w,
        .b_row = n,
        .c = y,
        .c_row = n,
        .bias = bias,
        .activation = activation,
        .slope = slope,
    });
}

/* dx^T = w dy^T, a tile of rows of w at a time: where w is much larger than dy and dx, turning
   these two is cheaper than turning w */
static void dense_input_turned(int m, int n, int k, const float *dy, const float *w, int accumulate,
                               float *dx, float *scratch)
{
    enum { WIDTH = 2 * LANES };
    float tile[MOST_ROWS][WIDTH];
    transpose(m, n, dy, scratch);
    for (int row = 0; row < k; row += MOST_ROWS) {
        for (int column = 0; column < m; column += WIDTH) {
            int rows = k - row < MOST_ROWS ? k - row : MOST_ROWS;
            int columns = m - column < WIDTH ? m - column : WIDTH;
            multiply(&(product){
                .rows = rows,
                .columns = columns,
                .a = w + (ptrdiff_t)row * n,
                .a_row = n,
                .images = 1,
                .lines = 1,
                .length = n,
                .a_column = 1,
                .b = scratch + column,
                .b_row = m,
                .c = tile[0],
                .c_row = WIDTH,
            });
            for (int j = 0; j < columns; j++) {
                float *to = dx + (ptrdiff_t)(column + j) * k + row;
                for (int i = 0; i < rows; i++) {
                    to[i] = accumulate ? to[i] + tile[i][j] : tile[i][j];
                }
            }
        }
    }
}

static void dense_input(int m, int n, int k, const float *dy, const float *w, int accumulate,
                        float *dx, float *scratch)
{
    if ((int64_t)k * n > (int64_t)m * (n + k)) {
        dense_input_turned(m, n, k, dy, w, accumulate, dx, scratch);
        return;
    }
    transpose(k, n, w, scratch);
    multiply(&(product){
        .rows = m,
        .columns = k,
        .a = dy,
        .a_row = n,
        .images = 1,
        .lines = 1,
        .length = n,
        .a_column = 1,
        .b = scratch,
        .b_row = k,
        .c = dx,
        .c_row = k,
        .accumulate = accumulate,
    });
}

/* sum[n] += the rows of x[m][n] */
static void add_rows(size_t m, int n, const float *x, float *sum)
{
    for (size_t i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            sum[j] += x[i * (size_t)n + (size_t)j];
        }
    }
}

static void dense_weights(int m, int n, int k, const float *x, const float *dy, float *dw,
                          float *dbias)
{
    multiply(&(product){
        .rows = k,
        .columns = n,
        .a = x,
        .a_row = 1,
        .images = 1,
        .lines = 1,
        .length = m,
        .a_column = k,
        .b = dy,
        .b_row = n,
        .c = dw,
        .c_row = n,
        .accumulate = 1,
        .across = 1,
    });
    if (dbias) {
        add_rows((size_t)m, n, dy, dbias);
    }
}

/* --- convolution --- */

/* an input of either type */
typedef struct pixels {
    const float *numbers; /* NULL: bytes */
    const uint8_t *bytes;
    float scale;
} pixels;

/* images as a convolution reads them: floats, with their padding */
typedef struct frame {
    const float *x;
    ptrdiff_t line, image; /* floats from one to the next; image 0: one at a time, in scratch */
} frame;

static int is_in_place(const pv_conv *c, const pixels *x)
{
    return x->numbers && !c->pad;
}

static void read_line(const pixels *x, ptrdiff_t from, ptrdiff_t n, float *to)
{
    if (x->numbers) {
        memcpy(to, x->numbers + from, (size_t)n * sizeof *to);
        return;
    }
    const uint8_t *bytes = x->bytes + from;
    for (ptrdiff_t i = 0; i < n; i++) {
        to[i] = x->scale * (float)bytes[i];
    }
}

/* image b where it is if it can be read there, else in scratch */
static frame frame_of(const pv_conv *c, const pixels *x, int b, float *scratch)
{
    const ptrdiff_t line = (ptrdiff_t)c->width * c->channels;
    const ptrdiff_t image = line * c->height;
    if (is_in_place(c, x)) {
        return (frame){x->numbers + b * image, line, image};
    }
    if (!c->pad) {
        read_line(x, b * image, image, scratch);
        return (frame){scratch, line, image};
    }
    const ptrdiff_t side = (ptrdiff_t)c->pad * c->channels;
    const ptrdiff_t padded = line + 2 * side;
    memset(scratch, 0, (size_t)(padded * (c->height + 2 * c->pad)) * sizeof *scratch);
    for (int i = 0; i < c->height; i++) {
        read_line(x, b * image + i * line, line, scratch + (i + c->pad) * padded + side);
    }
    return (frame){scratch, padded, padded * (c->height + 2 * c->pad)};
}

static void forward(const pv_conv *c, const pixels *x, const float *w, const float *bias,
                    pv_activation activation, float slope, float *y, float *scratch)
{
    const ptrdiff_t step = (ptrdiff_t)c->stride * c->channels;
    const ptrdiff_t row = (ptrdiff_t)c->out_width * c->filters;
    for (int b = 0; b < c->batch; b++) {
        frame f = frame_of(c, x, b, scratch);
        for (int oy = 0; oy < c->out_height; oy++) {
            multiply(&(product){
                .rows = c->out_width,
                .columns = c->filters,
                .a = f.x + oy * c->stride * f.line,
                .a_row = step,
                .images = 1,
                .lines = c->kernel_height,
                .length = c->kernel_width * c->channels,
                .a_line = f.line,
                .a_column = 1,
                .b = w,
                .b_row = c->filters,
                .c = y + ((ptrdiff_t)b * c->out_height + oy) * row,
                .c_row = c->filters,
                .bias = bias,
                .activation = activation,
                .slope = slope,
            });
        }
    }
}

/* Takes as many images at once as can be read in place and whose sums pay for loading dw. */
static void by_weights(const pv_conv *c, const pixels *x, const float *dy, float *dw, float *dbias,
                       float *scratch)
{
    enum { ENOUGH_POSITIONS = 256 };
    const int patch = c->kernel_width * c->channels;
    const int positions = c->out_height * c->out_width;
    const int most = is_in_place(c, x) ? pieces(ENOUGH_POSITIONS, positions) : 1;
    for (int b = 0; b < c->batch; b += most) {
        const int images = c->batch - b < most ? c->batch - b : most;
        const float *rows = dy + (ptrdiff_t)b * positions * c->filters;
        frame f = frame_of(c, x, b, scratch);
        for (int ky = 0; ky < c->kernel_height; ky++) {
            multiply(&(product){
                .rows = patch,
                .columns = c->filters,
                .a = f.x + ky * f.line,
                .a_row = 1,
                .images = images,
                .lines = c->out_height,
                .length = c->out_width,
                .a_image = f.image,
                .a_line = c->stride * f.line,
                .a_column = (ptrdiff_t)c->stride * c->channels,
                .b = rows,
                .b_row = c->filters,
                .c = dw + (ptrdiff_t)ky * patch * c->filters,
                .c_row = c->filters,
                .accumulate = 1,
                .across = 1,
            });
        }
        if (dbias) {
            add_rows((size_t)images * (size_t)positions, c->filters, rows, dbias);
        }
    }
}

static void conv(const pv_conv *c, const float *x, const float *w, const float *bias,
                 pv_activation activation, float slope, float *y, float *scratch)
{
    forward(c, &(pixels){.numbers = x}, w, bias, activation, slope, y, scratch);
}

static void conv_u8(const pv_conv *c, const uint8_t *x, float scale, const float *w,
                    const float *bias, pv_activation activation, float slope, float *y,
                    float *scratch)
{
    forward(c, &(pixels){.bytes = x, .scale = scale}, w, bias, activation, slope, y, scratch);
}

/* Spreads every position's gradient over the patch it came from. The rows of a product are the same
   position in several images, so that no two of them meet; turned weights [ky][filter][kx][channel]
   make a line of the patch one product, and the padding cuts its ends off. */
static void conv_input(const pv_conv *c, const float *dy, const float *w, int accumulate, float *dx,
                       float *scratch)
{
    const int patch = c->kernel_width * c->channels;
    const ptrdiff_t line = (ptrdiff_t)c->width * c->channels;
    const ptrdiff_t in = line * c->height;
    const ptrdiff_t out = (ptrdiff_t)c->out_height * c->out_width * c->filters;
    for (int ky = 0; ky < c->kernel_height; ky++) {
        const ptrdiff_t weights = (ptrdiff_t)ky * patch * c->filters;
        transpose(patch, c->filters, w + weights, scratch + weights);
    }
    if (!accumulate) {
        memset(dx, 0, (size_t)(c->batch * in) * sizeof *dx);
    }
    for (int b = 0; b < c->batch; b += MOST_ROWS) {
        for (int i = 0; i < c->out_height * c->out_width; i++) {
            const int iy = i / c->out_width * c->stride - c->pad;
            const int ix = i % c->out_width * c->stride - c->pad;
            const int begin = ix < 0 ? -ix : 0;
            const int end = ix + c->kernel_width > c->width ? c->width - ix : c->kernel_width;
            for (int ky = 0; ky < c->kernel_height && begin < end; ky++) {
                if (iy + ky < 0 || iy + ky >= c->height) {
                    continue;
                }
                multiply(&(product){
                    .rows = c->batch - b < MOST_ROWS ? c->batch - b : MOST_ROWS,
                    .columns = (end - begin) * c->channels,
                    .a = dy + b * out + (ptrdiff_t)i * c->filters,
                    .a_row = out,
                    .images = 1,
                    .lines = 1,
                    .length = c->filters,
                    .a_column = 1,
                    .b = scratch + (ptrdiff_t)ky * patch * c->filters + begin * c->channels,
                    .b_row = patch,
                    .c = dx + b * in + (iy + ky) * line + (ptrdiff_t)(ix + begin) * c->channels,
                    .c_row = in,
                    .accumulate = 1,
                });
            }
        }
    }
}

static void conv_weights(const pv_conv *c, const float *x, const float *dy, float *dw, float *dbias,
                         float *scratch)
{
    by_weights(c, &(pixels){.numbers = x}, dy, dw, dbias, scratch);
}

static void conv_weights_u8(const pv_conv *c, const uint8_t *x, float scale, const float *dy,
                            float *dw, float *dbias, float *scratch)
{
    by_weights(c, &(pixels){.bytes = x, .scale = scale}, dy, dw, dbias, scratch);
}

const pv_kernels TABLE = {
    .name = TABLE_NAME,
    .dense = dense,
    .dense_input = dense_input,
    .dense_weights = dense_weights,
    .conv = conv,
    .conv_u8 = conv_u8,
    .conv_input = conv_input,
    .conv_weights = conv_weights,
    .conv_weights_u8 = conv_weights_u8,
    .activate = activate,
    .activate_back = activate_back,
    .squares = squares,
    .finite = finite,
    .multiply_add = multiply_add,
};

#endif
