/* train.h: what of the loop only the program uses: saving and loading a run for exact resume. */
#ifndef PAVLOV_AGENTS_TRAIN_H
#define PAVLOV_AGENTS_TRAIN_H

#include "core/tensors.h"
#include "pavlov/train.h"

/* Adds everything that makes going on exact: agent, lanes, counters, streams, running statistics.
 */
pv_status pv_trainer_save(const pv_trainer *trainer, pv_tensors *tensors);

/* Puts a trainer just created with the same configuration where another was saved. */
pv_status pv_trainer_load(pv_trainer *trainer, const pv_tensors *tensors);

#endif
