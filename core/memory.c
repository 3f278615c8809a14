/* memory.c: counted allocation. Every block has a head of one cache line that remembers its size,
   so that the count of live bytes is exact; a number counted up by every request is what a test
   makes fail. */
#include "core/memory.h"

#include "pavlov/status.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Large blocks begin with a page: a loop over several of them, which writes one and reads others,
   then never meets an address that differs from one just written only above its lowest 12 bits,
   which processors take for the same until they have compared the rest. */
enum { LINE = 64, PAGE = 4096 };

/* from this size on the system hands out pages that are zero and cost nothing until touched */
static const size_t LARGE = (size_t)1 << 20;

typedef struct head {
    void *start; /* what free() takes */
    size_t size; /* what the caller asked for */
} head;

static atomic_size_t live;
static atomic_uint_least64_t count;
static atomic_uint_least64_t fail_at; /* the value of `count` that fails; 0: none */

/* zeroed, aligned, with room for the head before it; NULL for want of memory */
static unsigned char *take(size_t size, void **start)
{
    if (size < LARGE) {
        if (posix_memalign(start, LINE, LINE + size) != 0) {
            return NULL;
        }
        memset(*start, 0, LINE + size);
        return (unsigned char *)*start + LINE;
    }
    *start = calloc(1, size + LINE + PAGE);
    if (!*start) {
        return NULL;
    }
    unsigned char *least = (unsigned char *)*start + LINE;
    return least + (PAGE - (uintptr_t)least % PAGE) % PAGE;
}

static head *head_of(void *memory)
{
    return (head *)(void *)((unsigned char *)memory - LINE);
}

void *pv_alloc(size_t size)
{
    const uint64_t number = atomic_fetch_add(&count, 1) + 1;
    const size_t bytes = size ? size : 1;
    void *start = NULL;
    unsigned char *memory = NULL;
    if (number != atomic_load(&fail_at) && bytes < SIZE_MAX / 2) {
        memory = take(bytes, &start);
    }
    if (!memory) {
        (void)pv_fail(PV_ERROR_MEMORY, "out of memory: %zu bytes wanted", size);
        return NULL;
    }
    *head_of(memory) = (head){start, bytes};
    atomic_fetch_add(&live, bytes);
    return memory;
}

void *pv_alloc_array(size_t n, size_t size)
{
    /* SIZE_MAX is more than pv_alloc ever grants */
    return pv_alloc(size && n > SIZE_MAX / size ? SIZE_MAX : n * size);
}

void *pv_realloc(void *memory, size_t size)
{
    void *grown = pv_alloc(size);
    if (grown && memory) {
        const size_t old = head_of(memory)->size;
        memcpy(grown, memory, old < size ? old : size);
        pv_free(memory);
    }
    return grown;
}

char *pv_copy_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = pv_alloc(size);
    if (copy) {
        memcpy(copy, text, size);
    }
    return copy;
}

char *pv_format_text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : pv_alloc((size_t)length + 1);
    if (text) {
        va_start(args, format);
        (void)vsnprintf(text, (size_t)length + 1, format, args);
        va_end(args);
    }
    return text;
}

void pv_free(void *memory)
{
    if (memory) {
        const head block = *head_of(memory);
        atomic_fetch_sub(&live, block.size);
        free(block.start);
    }
}

size_t pv_memory_live(void)
{
    return atomic_load(&live);
}

uint64_t pv_memory_count(void)
{
    return atomic_load(&count);
}

void pv_memory_fail_at(uint64_t n)
{
    atomic_store(&fail_at, n ? atomic_load(&count) + n : 0);
}
