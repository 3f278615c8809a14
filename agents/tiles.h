/* tiles.h: tile coding (Sutton & Barto, 2nd ed., 9.5.4): several grids, each shifted against the
   others, laid over what is observed. An observation is in one tile of each; nearby observations
   share most of them. */
#ifndef PAVLOV_AGENTS_TILES_H
#define PAVLOV_AGENTS_TILES_H

#include "pavlov/world.h"

/* most numbers an observation may have, and most categories' worth of them */
enum { PV_TILES_DIMENSIONS = 16 };

/* one number (or category) observed */
typedef struct pv_tile_axis {
    uint32_t obs, element; /* where: observation, element of it */
    size_t stride;         /* elements of a row of that observation */
    pv_dtype dtype;
    double low, scale; /* tiles from `low` = scale * (x - low); categories: x itself */
    uint32_t cells;    /* of a tiling along it */
    int categorical;   /* 1: not shifted */
} pv_tile_axis;

typedef struct pv_tiles {
    int tilings, dimensions;
    pv_tile_axis axis[PV_TILES_DIMENSIONS];
    size_t of_tiling;  /* tiles of one tiling, 0: too many to count, hashed */
    uint32_t features; /* of all tilings: indices are below it */
} pv_tiles;

/* Lays `tilings` grids of `tiles` tiles along each number over the observations of a world (masks
   left out). `ranges` is "LOW..HIGH LOW..HIGH ..." for every number, or "" for the world's own
   bounds, which then must be finite. More tiles than `memory` share features by hashing.
   PV_ERROR_FIT where the world observes too much, PV_ERROR_ARGUMENT for a wrong text. */
pv_status pv_tiles_init(pv_tiles *tiles, const pv_world *world, int tilings, int per_axis,
                        size_t memory, const char *ranges);

/* Finds the tile of every tiling that row `row` of the observations is in: feature[tilings]. What
   lies beyond a range counts as on its edge. */
void pv_tiles_find(const pv_tiles *tiles, const void *const *obs, int row, uint32_t *feature);

#endif
