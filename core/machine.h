/* machine.h: what the machine has. */
#ifndef PAVLOV_CORE_MACHINE_H
#define PAVLOV_CORE_MACHINE_H

#include <stdint.h>

/* Returns how many bytes of memory could be taken now without swapping (where the system does not
   say: how many there are), 0 if unknown. */
uint64_t pv_memory_available(void);

/* Writes a number of bytes as people say it ("7.1 GB") into the caller's buffer of 32 bytes and
   returns it. */
const char *pv_size_text(uint64_t bytes, char text[32]);

#endif
