/* lists.h: what is pending in every row (steps that wait, traces, episodes so far), as a checkpoint
   has it: lists of table entries with a number each, the rows' lists one after the other. */
#ifndef PAVLOV_AGENTS_LISTS_H
#define PAVLOV_AGENTS_LISTS_H

#include "agents/tabular.h"

typedef struct pv_lists {
    int rows;
    size_t n;         /* items of all rows */
    uint64_t *length; /* [rows] items of each */
    uint64_t *entry;  /* [n] */
    double *number;   /* [n] */
} pv_lists;

/* Takes the memory of lists of these lengths. */
pv_status pv_lists_init(pv_lists *lists, int rows, const uint64_t *length);
void pv_lists_free(pv_lists *lists);

/* Adds them as tensors "<prefix>.length", "<prefix>.entry" and "<prefix>.number". */
pv_status pv_lists_save(const pv_lists *lists, pv_tensors *tensors, const char *prefix);

/* Reads them for the rows of an agent (free with pv_lists_free); all are empty where the checkpoint
   was made by another number of rows. Entries lie within the agent's table. */
pv_status pv_lists_load(pv_lists *lists, const pv_tabular *agent, const pv_tensors *tensors,
                        const char *prefix);

#endif
