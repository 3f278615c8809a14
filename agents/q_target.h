/* q_target.h: the target of a value, from the values of what followed. */
#ifndef PAVLOV_AGENTS_Q_TARGET_H
#define PAVLOV_AGENTS_Q_TARGET_H

#include <stdint.h>

/* Picks the best legal action of each row of value[rows][n], the lowest of several; mask [rows][n]
   may be NULL, and a row of zeros forbids nothing. */
void pv_q_best(int rows, int n, const float *value, const uint8_t *mask, int32_t *best);

/* target[rows] = reward + discount value[rows][best]; where discount is 0 the value plays no part.
 */
void pv_q_target(int rows, int n, const float *reward, const float *discount, const float *value,
                 const int32_t *best, float *target);

#endif
