/* q_target.c: targets of values. A discount of 0 is the end of a task: what a network says of the
   state beyond, even if it is infinite, does not count. */
#include "agents/q_target.h"

#include "agents/policy.h"

#include <stddef.h>

static int best_of(int n, const float *value, const uint8_t *mask)
{
    const uint8_t *legal = pv_mask_any(mask, n) ? mask : NULL;
    int best = -1;
    for (int a = 0; a < n; a++) {
        if ((!legal || legal[a]) && (best < 0 || value[a] > value[best])) {
            best = a;
        }
    }
    return best;
}

void pv_q_best(int rows, int n, const float *value, const uint8_t *mask, int32_t *best)
{
    for (int row = 0; row < rows; row++) {
        const size_t first = (size_t)row * (size_t)n;
        best[row] = best_of(n, value + first, mask ? mask + first : NULL);
    }
}

void pv_q_target(int rows, int n, const float *reward, const float *discount, const float *value,
                 const int32_t *best, float *target)
{
    for (int row = 0; row < rows; row++) {
        const float beyond = value[(size_t)row * (size_t)n + (size_t)best[row]];
        target[row] = discount[row] > 0.0f ? reward[row] + discount[row] * beyond : reward[row];
    }
}
