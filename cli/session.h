/* session.h: training in a run folder: rows appended as episodes end, checkpoints, exact resume.

   resume.safetensors alone decides where a run stands: it holds the loop's state and the byte
   length of every appended file, and is renamed into place last. */
#ifndef PAVLOV_CLI_SESSION_H
#define PAVLOV_CLI_SESSION_H

#include "cli/progress.h"
#include "cli/run.h"

/* Takes over SIGINT and SIGTERM: a first one asks the sessions to checkpoint and stop, a second one
   ends the program at once. */
void pv_session_catch_signals(void);

/* Trains a run to its end (or to an interruption), from its resume.safetensors if there is one and
   from the beginning otherwise. PV_ERROR_INTERRUPTED after a checkpoint, with the line that resumes
   it. */
pv_status pv_session_run(pv_run *run, pv_progress *progress);

/* Returns 1 if the run has a checkpoint to go on from. */
int pv_session_begun(const pv_run *run);

#endif
