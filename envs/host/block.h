/* block.h: many arrays in one allocation.

   The same code runs twice: with no memory it counts, with memory it hands out pieces. */
#ifndef PAVLOV_ENVS_HOST_BLOCK_H
#define PAVLOV_ENVS_HOST_BLOCK_H

#include <stddef.h>
#include <stdint.h>

typedef struct pv_block {
    char *memory; /* NULL: count only */
    size_t used;  /* bytes; SIZE_MAX once they no longer fit a size_t */
} pv_block;

/* Returns `count` elements of `size` bytes, aligned to a cache line; NULL while counting. */
static inline void *pv_block_take(pv_block *block, size_t count, size_t size)
{
    const size_t line = 64;
    const size_t start = block->used;
    if (start > SIZE_MAX / 2 || (size > 0 && count > (SIZE_MAX / 2 - line) / size)) {
        block->used = SIZE_MAX;
        return NULL;
    }
    block->used = start + (count * size + line - 1) / line * line;
    return block->memory ? block->memory + start : NULL;
}

#endif
