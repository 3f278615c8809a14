/* palette.h: the colours of a picture as at most 256 entries: exact where there are no more,
   otherwise the best few by median cut. */
#ifndef PAVLOV_MEDIA_PALETTE_H
#define PAVLOV_MEDIA_PALETTE_H

#include "pavlov/status.h"

typedef struct pv_palette pv_palette;

/* Returns an empty palette; NULL on failure. */
pv_palette *pv_palette_create(void);
void pv_palette_destroy(pv_palette *palette);

/* Forgets all colours; at most `limit` (1..256) entries will be made of those counted next. */
void pv_palette_begin(pv_palette *palette, int limit);

/* Counts a pixel. */
void pv_palette_count(pv_palette *palette, const uint8_t rgb[3]);

/* Decides on the entries; returns how many there are. */
int pv_palette_build(pv_palette *palette);

/* Returns entry i's colour. */
const uint8_t *pv_palette_colour(const pv_palette *palette, int i);

/* Returns the entry that stands for a colour that was counted. */
uint8_t pv_palette_index(const pv_palette *palette, const uint8_t rgb[3]);

#endif
