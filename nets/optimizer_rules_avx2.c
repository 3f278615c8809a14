/* optimizer_rules_avx2.c: the update rules for processors with AVX2: 8 floats at a time. (16 at a
   time are no faster: roots and quotients take their time.) */
#ifdef __x86_64__
#define TABLE pv_rule_rows_avx2
#include "nets/optimizer_loops.h"
#else
#include "nets/optimizer_rules.h"
#endif
