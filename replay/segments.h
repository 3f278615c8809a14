/* segments.h: what writing and reading a saved replay share.

   A segment is a .safetensors file: "rows" [rows][2] says from which place on and how many places
   of each row it holds; "flags", "reward", "obs.N", "action.N" hold them, row after row. */
#ifndef PAVLOV_REPLAY_SEGMENTS_H
#define PAVLOV_REPLAY_SEGMENTS_H

#include "replay/ring.h"

enum { PV_REPLAY_SHAPE = 5, PV_REPLAY_KEY = 96 };

/* an array of the places */
typedef struct pv_replay_column {
    char name[16];
    pv_dtype dtype;
    size_t size;         /* bytes of a place */
    unsigned char *data; /* [rows][places][size] */
} pv_replay_column;

/* which places of a row a segment holds */
typedef struct pv_replay_range {
    uint64_t from, count;
} pv_replay_range;

/* a row's part of a checkpoint */
typedef struct pv_replay_row_state {
    uint64_t head, open, ready;
} pv_replay_row_state;

/* Returns how many arrays there are, and describes one. */
int pv_replay_columns(const pv_replay *replay);
void pv_replay_column_at(const pv_replay *replay, int i, pv_replay_column *column);

/* Returns the path of a segment; the caller frees it; NULL for want of memory. */
char *pv_replay_segment_path(const char *folder, uint64_t id);

/* Returns the first place of a row that is still in its ring. */
uint64_t pv_replay_first_kept(const pv_replay *replay, int row);

/* Adds a segment to the list of those that count; its `to` is zero. */
pv_status pv_replay_list_segment(pv_replay *replay, uint64_t id);

/* Writes what two replays must have in common for one to be loaded into the other. */
void pv_replay_shape(const pv_replay *replay, uint64_t shape[PV_REPLAY_SHAPE]);

/* Writes the name of a tensor into the caller's buffer and returns it. */
const char *pv_replay_key(char key[PV_REPLAY_KEY], const char *prefix, const char *name);

#endif
