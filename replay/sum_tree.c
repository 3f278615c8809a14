/* sum_tree.c: a tree of sums sixteen children wide, so that a node's children fill one or two cache
   lines: over a million numbers it is five levels high where a binary tree is twenty, and the upper
   four stay in the cache. Every node is summed anew from its children, in a fixed order, when one
   of them changes: no rounding error ever builds up, and the same numbers give the same bits. */
#include "replay/sum_tree.h"

#include "core/memory.h"

#include <assert.h>
#include <string.h>

enum { WIDTH = 16, LEVELS = 8 };

struct pv_sum_tree {
    uint64_t n;
    int levels;            /* of sums, over the numbers */
    float *leaf;           /* [n, up to a multiple of WIDTH] */
    double *level[LEVELS]; /* level 0 sums leaves; level[levels - 1] is one node */
};

static uint64_t nodes_over(uint64_t n)
{
    return (n + WIDTH - 1) / WIDTH;
}

static uint64_t padded(uint64_t n)
{
    return nodes_over(n) * WIDTH;
}

uint64_t pv_sum_tree_size(uint64_t n)
{
    uint64_t size = sizeof(pv_sum_tree) + padded(n) * sizeof(float);
    do {
        n = nodes_over(n);
        size += padded(n) * sizeof(double);
    } while (n > 1);
    return size;
}

pv_sum_tree *pv_sum_tree_create(uint64_t n)
{
    assert(n >= 1 && n <= UINT32_MAX);
    pv_sum_tree *tree = pv_alloc(sizeof *tree);
    if (!tree) {
        return NULL;
    }
    tree->n = n;
    tree->leaf = pv_alloc_array((size_t)padded(n), sizeof(float));
    int complete = tree->leaf != NULL;
    do {
        n = nodes_over(n);
        double *level = pv_alloc_array((size_t)padded(n), sizeof(double));
        tree->level[tree->levels++] = level;
        complete = complete && level;
    } while (n > 1);
    if (!complete) {
        pv_sum_tree_destroy(tree);
        return NULL;
    }
    return tree;
}

void pv_sum_tree_destroy(pv_sum_tree *tree)
{
    if (tree) {
        for (int i = 0; i < tree->levels; i++) {
            pv_free(tree->level[i]);
        }
        pv_free(tree->leaf);
        pv_free(tree);
    }
}

/* four running sums, so that an addition does not wait for the one before */
static double sum_leaves(const float *x)
{
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    for (int i = 0; i < WIDTH; i += 4) {
        for (int k = 0; k < 4; k++) {
            sum[k] += (double)x[i + k];
        }
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static double sum_nodes(const double *x)
{
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    for (int i = 0; i < WIDTH; i += 4) {
        for (int k = 0; k < 4; k++) {
            sum[k] += x[i + k];
        }
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void pv_sum_tree_set(pv_sum_tree *tree, uint64_t i, float value)
{
    assert(i < tree->n && value >= 0.0f);
    tree->leaf[i] = value;
    i /= WIDTH;
    tree->level[0][i] = sum_leaves(tree->leaf + i * WIDTH);
    for (int level = 1; level < tree->levels; level++) {
        i /= WIDTH;
        tree->level[level][i] = sum_nodes(tree->level[level - 1] + i * WIDTH);
    }
}

float pv_sum_tree_get(const pv_sum_tree *tree, uint64_t i)
{
    assert(i < tree->n);
    return tree->leaf[i];
}

void pv_sum_tree_set_all(pv_sum_tree *tree, const float *values)
{
    memcpy(tree->leaf, values, (size_t)tree->n * sizeof(float));
    uint64_t n = nodes_over(tree->n);
    for (uint64_t i = 0; i < n; i++) {
        tree->level[0][i] = sum_leaves(tree->leaf + i * WIDTH);
    }
    for (int level = 1; level < tree->levels; level++) {
        n = nodes_over(n);
        for (uint64_t i = 0; i < n; i++) {
            tree->level[level][i] = sum_nodes(tree->level[level - 1] + i * WIDTH);
        }
    }
}

const float *pv_sum_tree_all(const pv_sum_tree *tree)
{
    return tree->leaf;
}

double pv_sum_tree_total(const pv_sum_tree *tree)
{
    return tree->level[tree->levels - 1][0];
}

/* the last of WIDTH children that is not zero, for when rounding carried the goal past them all */
static int last_node(const double *child)
{
    int last = WIDTH - 1;
    while (last > 0 && child[last] <= 0.0) {
        last--;
    }
    return last;
}

static int last_leaf(const float *child)
{
    int last = WIDTH - 1;
    while (last > 0 && child[last] <= 0.0f) {
        last--;
    }
    return last;
}

/* The child in whose part of the sum the goal lies; the goal becomes the distance into that part.
   No branch depends on the numbers, so that several descents are computed at once. */
static uint64_t descend_node(const double *child, double *goal)
{
    double sum = 0.0;
    double before = 0.0;
    int passed = 0;
    for (int i = 0; i < WIDTH; i++) {
        sum += child[i];
        const int past = sum <= *goal;
        passed += past;
        before = past ? sum : before;
    }
    *goal -= before;
    return (uint64_t)(passed < WIDTH ? passed : last_node(child));
}

static uint64_t descend_leaf(const float *child, double goal)
{
    double sum = 0.0;
    int passed = 0;
    for (int i = 0; i < WIDTH; i++) {
        sum += (double)child[i];
        passed += sum <= goal;
    }
    return (uint64_t)(passed < WIDTH ? passed : last_leaf(child));
}

void pv_sum_tree_find(const pv_sum_tree *tree, double *goal, uint64_t *found, int n)
{
    for (int k = 0; k < n; k++) {
        found[k] = 0;
    }
    /* level by level, so that the caches' misses of all descents overlap */
    for (int level = tree->levels - 2; level >= 0; level--) {
        for (int k = 0; k < n; k++) {
            const double *child = tree->level[level] + found[k] * WIDTH;
            found[k] = found[k] * WIDTH + descend_node(child, &goal[k]);
        }
    }
    for (int k = 0; k < n; k++) {
        const float *child = tree->leaf + found[k] * WIDTH;
        found[k] = found[k] * WIDTH + descend_leaf(child, goal[k]);
    }
}
