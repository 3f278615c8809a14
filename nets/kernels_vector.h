/* kernels_vector.h: dense layers and convolutions as products of nets/kernels_tile.h, and the table
   of them; included once by the file of each instruction set. */
#ifndef PAVLOV_NETS_KERNELS_VECTOR_H
#define PAVLOV_NETS_KERNELS_VECTOR_H

#include "nets/kernels_tile.h"

#include <string.h>

typedef float four __attribute__((vector_size(16)));
typedef float eight __attribute__((vector_size(32)));
typedef float loose_eight __attribute__((vector_size(32), aligned(4), may_alias));

/* to[8 columns][8 rows] = from[8 rows][8 columns]: within quarters pairs of rows, then pairs of
   pairs, then the quarters change places */
INLINE void transpose_eight(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row)
{
    eight r[8], two[8], quarters[8];
    UNROLL for (int i = 0; i < 8; i++)
    {
        r[i] = *(const loose_eight *)(from + i * from_row);
    }
    UNROLL for (int i = 0; i < 8; i += 2)
    {
        two[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        two[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    UNROLL for (int i = 0; i < 8; i++)
    {
        const eight low = two[i / 4 * 4 + i % 4 / 2];
        const eight high = two[i / 4 * 4 + i % 4 / 2 + 2];
        quarters[i] = i % 2 ? __builtin_shufflevector(low, high, 2, 3, 10, 11, 6, 7, 14, 15)
                            : __builtin_shufflevector(low, high, 0, 1, 8, 9, 4, 5, 12, 13);
    }
    UNROLL for (int i = 0; i < 4; i++)
    {
        *(loose_eight *)(to + i * to_row) =
            __builtin_shufflevector(quarters[i], quarters[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(loose_eight *)(to + (i + 4) * to_row) =
            __builtin_shufflevector(quarters[i], quarters[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/* to[columns][rows] = from[rows][columns] */
static void transpose(int rows, int columns, const float *from, float *to)
{
    const int full_rows = rows / 8 * 8;
    const int full_columns = columns / 8 * 8;
    for (int j = 0; j < full_columns; j += 8) {
        for (int i = 0; i < full_rows; i += 8) {
            transpose_eight(from + (ptrdiff_t)i * columns + j, columns,
                            to + (ptrdiff_t)j * rows + i, rows);
        }
    }
    for (int i = 0; i < rows; i++) {
        for (int j = i < full_rows ? full_columns : 0; j < columns; j++) {
            to[(ptrdiff_t)j * rows + i] = from[(ptrdiff_t)i * columns + j];
        }
    }
}

/* --- dense --- */

INLINE float sum_of(vec v)
{
    const union {
        vec whole;
        four quarters[LANES / 4];
    } lanes = {.whole = v};
    four sum = lanes.quarters[0];
    UNROLL for (int i = 1; i < LANES / 4; i++)
    {
        sum += lanes.quarters[i];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* c[row] (+)= sum over t of a[row][t] b[t] */
INLINE void dot_rows(const int rows, int length, const float *a, const float *b, int accumulate,
                     float *c, ptrdiff_t c_row)
{
    vec sums[4] = {{0}};
    for (int t = 0; t < length; t += LANES) {
        const part here = part_of(length - t < LANES ? length - t : LANES);
        const vec other = load_part(b + t, here);
        UNROLL for (int r = 0; r < rows; r++)
        {
            sums[r] += (vec)load_part(a + (ptrdiff_t)r * length + t, here) * other;
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
    {
        const float sum = sum_of(sums[r]);
        c[r * c_row] = accumulate ? c[r * c_row] + sum : sum;
    }
}

/* c[column][row] (+)= sum over t of a[row][t] b[column][t]: where a tile would be nearly empty */
static void dots(int rows, int columns, int length, const float *a, const float *b, int accumulate,
                 float *c, ptrdiff_t c_row, ptrdiff_t c_column)
{
    for (int i = 0; i < rows; i += i + 4 <= rows ? 4 : 1) {
        const float *row = a + (ptrdiff_t)i * length;
        for (int j = 0; j < columns; j++) {
            const float *column = b + (ptrdiff_t)j * length;
            float *to = c + i * c_row + j * c_column;
            if (i + 4 <= rows) {
                dot_rows(4, length, row, column, accumulate, to, c_row);
            } else {
                dot_rows(1, length, row, column, accumulate, to, c_row);
            }
        }
    }
}

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

/* The same product with c and its sums turned: c[column][row], for a c of few columns or an operand
   that would be dear to turn. The tiles of it are turned on the way to c. */
static void multiply_turned(const product *p)
{
    float sums[MOST_SUMS * LANES];
    const int rows = p->rows < MOST_ROWS ? p->rows : MOST_ROWS;
    const int width = widest_of(rows) * LANES;
    for (int row = 0; row < p->rows; row += rows) {
        for (int column = 0; column < p->columns; column += width) {
            product tile = *p;
            tile.rows = p->rows - row < rows ? p->rows - row : rows;
            tile.columns = p->columns - column < width ? p->columns - column : width;
            tile.a = p->a + row * p->a_row;
            tile.b = p->b + column;
            tile.c = sums;
            tile.c_row = width;
            tile.accumulate = 0;
            multiply(&tile);
            for (int j = 0; j < tile.columns; j++) {
                float *c = p->c + (column + j) * p->c_row + row;
                for (int i = 0; i < tile.rows; i++) {
                    c[i] = p->accumulate ? c[i] + sums[i * width + j] : sums[i * width + j];
                }
            }
        }
    }
}

/* dx^T = w dy^T: where w is much larger than dy and dx, turning these two is cheaper */
static void dense_input_turned(int m, int n, int k, const float *dy, const float *w, int accumulate,
                               float *dx, float *scratch)
{
    transpose(m, n, dy, scratch);
    multiply_turned(&(product){
        .rows = k,
        .columns = m,
        .a = w,
        .a_row = n,
        .images = 1,
        .lines = 1,
        .length = n,
        .a_column = 1,
        .b = scratch,
        .b_row = m,
        .c = dx,
        .c_row = k,
        .accumulate = accumulate,
    });
}

static void dense_input(int m, int n, int k, const float *dy, const float *w, int accumulate,
                        float *dx, float *scratch)
{
    if (m <= 2) {
        dots(k, m, n, w, dy, accumulate, dx, 1, k);
        return;
    }
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
    const product by_rows = {
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
    };
    product by_columns = by_rows;
    by_columns.rows = n;
    by_columns.columns = k;
    by_columns.a = dy;
    by_columns.a_column = n;
    by_columns.b = x;
    by_columns.b_row = k;
    if (2 * n < LANES && n < k) {
        multiply_turned(&by_columns);
    } else {
        multiply(&by_rows);
    }
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
    const int most = is_in_place(c, x) ? ceiling(ENOUGH_POSITIONS, positions) : 1;
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
    const pieces batch = cut(c->batch, MOST_ROWS);
    for (int p = 0; p < batch.count; p++) {
        const int b = begin_of(batch, p);
        const int images = begin_of(batch, p + 1) - b;
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
                    .rows = images,
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
