/* memory.h: counted allocation, replaceable by nothing but watched by tests.

   Everything the library takes goes through here, so that a test can ask that every byte came back
   and can make the n-th allocation fail. The two counters are atomic and the only process-wide
   state. */
#ifndef PAVLOV_CORE_MEMORY_H
#define PAVLOV_CORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Returns `size` zeroed bytes (at least one), aligned to 64, from 1 MiB on to 4096, or NULL with
   the last error set. The caller frees them with pv_free. */
void *pv_alloc(size_t size);

/* pv_alloc for `count` elements of `size` bytes; an overflowing product fails. */
void *pv_alloc_array(size_t count, size_t size);

/* Returns the block grown or shrunk to `size` bytes, the new part zeroed; NULL (and the old block
   untouched) on failure. pv_realloc(NULL, size) is pv_alloc(size). */
void *pv_realloc(void *memory, size_t size);

/* Returns a copy of `text`, or NULL; the caller frees it. */
char *pv_copy_text(const char *text);

/* Returns the text that printf would print, or NULL; the caller frees it. */
char *pv_format_text(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;

/* Gives a block back; NULL is fine. */
void pv_free(void *memory);

/* Returns how many bytes are out now. */
size_t pv_memory_live(void);

/* Returns how many allocations have been asked for since the program began. */
uint64_t pv_memory_count(void);

/* Makes the n-th next allocation fail (1: the very next), once; 0: none. For tests. */
void pv_memory_fail_at(uint64_t n);

#endif
