/* optimizer_rules.c: the update rules for every processor, and which table of them this one gets.
 */
#define TABLE pv_rule_rows_plain
#include "nets/optimizer_loops.h"

#include "nets/kernels.h"

#include <string.h>

const pv_rule_row *pv_rule_rows_best(void)
{
#ifdef __x86_64__
    const char *kernels = pv_kernels_best()->name;
    if (!strcmp(kernels, "avx512") || !strcmp(kernels, "avx2")) {
        return pv_rule_rows_avx2;
    }
#endif
    return pv_rule_rows_plain;
}
