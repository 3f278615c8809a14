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

uint64_t pv_sum_tree_find(const pv_sum_tree *tree, double goal)
{
    uint64_t at = 0;
    for (int level = tree->levels - 2; level >= 0; level--) {
        const double *child = tree->level[level] + at * WIDTH;
        uint64_t chosen = 0; /* the last that is not zero, should rounding carry goal past all */
        for (uint64_t i = 0; i < WIDTH; i++) {
            if (child[i] > 0.0) {
                chosen = i;
                if (goal < child[i]) {
                    break;
                }
                goal -= child[i];
            }
        }
        at = at * WIDTH + chosen;
    }
    const float *leaf = tree->leaf + at * WIDTH;
    uint64_t chosen = 0;
    for (uint64_t i = 0; i < WIDTH; i++) {
        if (leaf[i] > 0.0f) {
            chosen = i;
            if (goal < (double)leaf[i]) {
                break;
            }
            goal -= (double)leaf[i];
        }
    }
    return at * WIDTH + chosen;
}
