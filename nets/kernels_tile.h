/* kernels_tile.h: the product of matrices that all of dense and convolution comes down to; included
   once by the file of each instruction set.

   c[rows][columns] = sum over t of a(row, t) b[t][column]. A tile of c stays in registers while t
   runs over the whole sum: for each t a few vectors of b are loaded and every row's element of a is
   broadcast to them. The sum of an element is taken in the order of t whatever the tile, so that a
   row's result does not depend on how many rows there are. a may lie anywhere with constant
   strides: three nested ones for t describe the overlapping patches of a convolution in place. */
#ifndef PAVLOV_NETS_KERNELS_TILE_H
#define PAVLOV_NETS_KERNELS_TILE_H

#include "nets/kernels_math.h"

enum { FETCH_ROWS = 8 };

typedef struct product {
    int rows, columns;
    const float *a;
    ptrdiff_t a_row;                     /* from a row to the next */
    int images, lines, length;           /* t runs over images x lines x length */
    ptrdiff_t a_image, a_line, a_column; /* and a moves by these */
    const float *b;
    ptrdiff_t b_row; /* from a t to the next */
    float *c;
    ptrdiff_t c_row;
    int accumulate;    /* c += */
    const float *bias; /* [columns]; NULL: none */
    pv_activation activation;
    float slope;
    int across; /* 1: along the rows of c, for a wide c; 0: down its columns, for a wide b */
} product;

/* one tile: where its operands begin, and how much of its last vector counts */
typedef struct corner {
    const float *a, *b, *bias;
    float *c;
    part last;
} corner;

INLINE void finish_row(const product *p, const corner *at, int row, int vectors, vec *sum)
{
    float *c = at->c + row * p->c_row;
    UNROLL for (int v = 0; v < vectors; v++)
    {
        const int full = v + 1 < vectors;
        if (p->accumulate) {
            sum[v] += full ? load(c + v * LANES) : (vec)load_part(c + v * LANES, at->last);
        }
        if (at->bias) {
            const float *bias = at->bias + v * LANES;
            sum[v] += full ? load(bias) : (vec)load_part(bias, at->last);
        }
        if (p->activation == PV_RELU) {
            sum[v] = at_least(sum[v], 0.0f);
        }
        if (full) {
            store(c + v * LANES, sum[v]);
        } else {
            store_part(c + v * LANES, at->last, sum[v]);
        }
    }
}

/* Asks for what the processor does not foresee: the tile of c it will add to, and b some rows
   ahead, which lie far apart where b is wide. */
INLINE void fetch(const float *x, int vectors)
{
    UNROLL for (int v = 0; v < vectors; v += 16 / LANES) /* 64 bytes are a line of the cache */
    {
        __builtin_prefetch(x + v * LANES);
    }
}

/* rows and vectors are constants in every copy of this, so that the sums are registers */
INLINE void sum_tile(const product *p, const corner *at, const int rows, const int vectors)
{
    vec sum[MOST_ROWS][MOST_VECTORS];
    UNROLL for (int r = 0; r < rows; r++)
    {
        UNROLL for (int v = 0; v < vectors; v++)
        {
            sum[r][v] = (vec){0};
        }
        if (p->accumulate) {
            fetch(at->c + r * p->c_row, vectors);
        }
    }
    const float *b = at->b;
    for (int line = 0; line < p->images * p->lines; line++) {
        const float *a = at->a + line / p->lines * p->a_image + line % p->lines * p->a_line;
        for (int t = 0; t < p->length; t++, a += p->a_column, b += p->b_row) {
            vec row[MOST_VECTORS];
            fetch(b + FETCH_ROWS * p->b_row, vectors);
            UNROLL for (int v = 0; v + 1 < vectors; v++)
            {
                row[v] = load(b + v * LANES);
            }
            row[vectors - 1] = (vec)load_part(b + (vectors - 1) * LANES, at->last);
            UNROLL for (int r = 0; r < rows; r++)
            {
                const vec factor = all(a[r * p->a_row]);
                UNROLL for (int v = 0; v < vectors; v++)
                {
                    sum[r][v] += factor * row[v];
                }
            }
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
    {
        finish_row(p, at, r, vectors, sum[r]);
    }
}

typedef void tile_function(const product *p, const corner *at);

#define TILE(rows, vectors)                                                                        \
    static void tile_##rows##_##vectors(const product *p, const corner *at)                        \
    {                                                                                              \
        sum_tile(p, at, rows, vectors);                                                            \
    }
TILES(TILE)
#undef TILE

/* which sizes of tile there are; NULL where the sums would not fit into the registers */
static tile_function *const tiles[MOST_ROWS + 1][MOST_VECTORS + 1] = {
#define TILE(rows, vectors) [rows][vectors] = tile_##rows##_##vectors,
    TILES(TILE)
#undef TILE
};

/* a whole cut into equal pieces of at most `most`, the first ones longer by one */
typedef struct pieces {
    int count, length, longer;
} pieces;

static inline int ceiling(int whole, int part_size)
{
    return (whole + part_size - 1) / part_size;
}

static inline pieces cut(int whole, int most)
{
    const int count = ceiling(whole, most);
    return (pieces){count, whole / count, whole % count};
}

/* where piece i begins; i = count: the end */
static inline int begin_of(pieces p, int i)
{
    return i * p.length + (i < p.longer ? i : p.longer);
}

/* how many vectors wide a tile of so many rows can be */
static int widest_of(int rows)
{
    int widest = MOST_VECTORS;
    while (!tiles[rows][widest]) {
        widest--;
    }
    return widest;
}

static void multiply_tile(const product *p, int row, int rows, int column, int columns)
{
    const int vectors = ceiling(columns, LANES);
    const corner at = {
        .a = p->a + row * p->a_row,
        .b = p->b + column,
        .bias = p->bias ? p->bias + column : NULL,
        .c = p->c + row * p->c_row + column,
        .last = part_of(columns - (vectors - 1) * LANES),
    };
    tiles[rows][vectors](p, &at);
    for (int r = 0; r < rows && p->activation > PV_RELU; r++) {
        float *c = at.c + r * p->c_row;
        activate((size_t)columns, p->activation, p->slope, c, c);
    }
}

static void multiply(const product *p)
{
    const pieces down = cut(p->rows, MOST_ROWS);
    const int most_rows = begin_of(down, 1);
    const pieces right = cut(ceiling(p->columns, LANES), widest_of(most_rows));
    const int outer = p->across ? down.count : right.count;
    const int inner = p->across ? right.count : down.count;
    for (int i = 0; i < outer; i++) {
        for (int j = 0; j < inner; j++) {
            const int row = begin_of(down, p->across ? i : j);
            const int end_row = begin_of(down, p->across ? i + 1 : j + 1);
            const int column = begin_of(right, p->across ? j : i) * LANES;
            const int end = begin_of(right, p->across ? j + 1 : i + 1) * LANES;
            multiply_tile(p, row, end_row - row, column,
                          (end < p->columns ? end : p->columns) - column);
        }
    }
}

#endif
