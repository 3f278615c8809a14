/* sum_tree.h: numbers that are not negative, with their sum always known, from which one is found
   by a running sum in logarithmic time (Schaul et al. 2016, appendix B.2.1). */
#ifndef PAVLOV_REPLAY_SUM_TREE_H
#define PAVLOV_REPLAY_SUM_TREE_H

#include <stddef.h>
#include <stdint.h>

typedef struct pv_sum_tree pv_sum_tree;

/* Makes a tree of n zeros, n in 1..2^32-1; NULL for want of memory. pv_sum_tree_size is what it
   takes. */
uint64_t pv_sum_tree_size(uint64_t n);
pv_sum_tree *pv_sum_tree_create(uint64_t n);
void pv_sum_tree_destroy(pv_sum_tree *tree);

/* Sets or reads number i; it is finite and not negative. */
void pv_sum_tree_set(pv_sum_tree *tree, uint64_t i, float value);
float pv_sum_tree_get(const pv_sum_tree *tree, uint64_t i);

/* Sets all n numbers. What the tree holds afterwards depends on them alone, not on how they came:
   setting them one by one gives the same bits. */
void pv_sum_tree_set_all(pv_sum_tree *tree, const float *values);
const float *pv_sum_tree_all(const pv_sum_tree *tree);

/* Returns the sum of all. */
double pv_sum_tree_total(const pv_sum_tree *tree);

/* Finds, for each of n goals in [0, total), i where the sum of the numbers before i is at most the
   goal and that with i is greater; never a zero unless all are. The goals are used up. */
void pv_sum_tree_find(const pv_sum_tree *tree, double *goal, uint64_t *found, int n);

#endif
