/* events.h: TensorBoard event records (scalars), written by hand: length, masked CRC-32C and a few
   protocol-buffer fields. */
#ifndef PAVLOV_CORE_EVENTS_H
#define PAVLOV_CORE_EVENTS_H

#include "core/file.h"

/* Appends the record every event file begins with. `wall` is seconds since 1970. */
pv_status pv_events_begin(pv_append *append, double wall);

/* Appends one scalar. */
pv_status pv_events_scalar(pv_append *append, double wall, uint64_t step, const char *tag,
                           float value);

/* CRC-32C (Castagnoli) of data, for the records and for checksums of our own. Start with crc 0;
   feed the result back in to go on. */
uint32_t pv_crc32c(uint32_t crc, const void *data, size_t size);

#endif
