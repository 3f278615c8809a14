/* matroska.h: the WebM container: one video track in clusters, with an index for seeking. */
#ifndef PAVLOV_MEDIA_MATROSKA_H
#define PAVLOV_MEDIA_MATROSKA_H

#include "media/encoder.h"

typedef struct pv_cue {
    uint64_t time, position; /* ms; of its cluster in the segment */
} pv_cue;

typedef struct pv_matroska {
    pv_output *output;
    uint64_t segment, duration_at,
        cues_at;           /* offsets in the file: content, fields filled in last */
    uint64_t cluster;      /* offset of the open cluster; 0: none */
    uint64_t cluster_time; /* ms */
    pv_cue *cues;          /* a cluster each */
    size_t n_cues, cue_room;
} pv_matroska;

/* Writes the header of a VP9 track. `matroska` is all zero; free it with pv_matroska_free. */
pv_status pv_matroska_begin(pv_matroska *matroska, pv_output *output, int width, int height,
                            double fps);

/* Adds a packet, shown at `time` milliseconds. A key picture begins a cluster; the first packet is
   one, and no packet lies more than 32 seconds after the last one. */
pv_status pv_matroska_add(pv_matroska *matroska, const void *data, size_t size, uint64_t time,
                          int key);

/* Writes the index and fills in what is known only now. */
pv_status pv_matroska_end(pv_matroska *matroska, uint64_t duration);

void pv_matroska_free(pv_matroska *matroska);

#endif
