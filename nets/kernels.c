/* kernels.c: which table of kernels this processor gets.

   The tables that are compiled in stand below, best first; each says by a question to the processor
   whether it can run here. */
#include "nets/kernels.h"

#include "nets/kernels_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int always(void)
{
    return 1;
}

#ifdef __x86_64__

static int has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

#endif

static const struct {
    const pv_kernels *kernels;
    int (*runs)(void);
} tables[] = {
#ifdef __x86_64__
    {&pv_kernels_table_avx512, has_avx512},
    {&pv_kernels_table_avx2, has_avx2},
#endif
#ifdef __aarch64__
    {&pv_kernels_table_neon, always},
#endif
    {&pv_kernels_table_plain, always},
};

enum { TABLES = sizeof tables / sizeof *tables };

const pv_kernels *pv_kernels_named(const char *name)
{
    for (int i = 0; i < TABLES; i++) {
        if (!strcmp(tables[i].kernels->name, name)) {
            return tables[i].runs() ? tables[i].kernels : NULL;
        }
    }
    return NULL;
}

const pv_kernels *pv_kernels_plain(void)
{
    return &pv_kernels_table_plain;
}

const pv_kernels *pv_kernels_best(void)
{
    const char *wanted = getenv("PAVLOV_KERNELS");
    const pv_kernels *kernels = wanted ? pv_kernels_named(wanted) : NULL;
    for (int i = 0; !kernels; i++) {
        kernels = tables[i].runs() ? tables[i].kernels : NULL;
    }
    return kernels;
}

size_t pv_conv_scratch(const pv_conv *c)
{
    size_t height = (size_t)(c->height + 2 * c->pad);
    size_t width = (size_t)(c->width + 2 * c->pad);
    size_t image = height * width * (size_t)c->channels;
    size_t weights = (size_t)c->kernel_height * (size_t)c->kernel_width * (size_t)c->channels *
                     (size_t)c->filters;
    return image > weights ? image : weights;
}

const char *pv_kernels_describe(char *text, size_t size)
{
    const char *wanted = getenv("PAVLOV_KERNELS");
    const char *name = pv_kernels_best()->name;
    if (wanted && strcmp(wanted, name)) {
        snprintf(text, size, "own kernels, %s (PAVLOV_KERNELS=%s cannot run here)", name, wanted);
    } else {
        snprintf(text, size, "own kernels, %s", name);
    }
    return text;
}
