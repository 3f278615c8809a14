/* commands.h: the commands of the program, one file each, and what they share. */
#ifndef PAVLOV_CLI_COMMANDS_H
#define PAVLOV_CLI_COMMANDS_H

#include "cli/arguments.h"

extern const pv_command pv_command_list;
extern const pv_command pv_command_info;
extern const pv_command pv_command_train;
extern const pv_command pv_command_resume;
extern const pv_command pv_command_eval;
extern const pv_command pv_command_record;
extern const pv_command pv_command_plot;
extern const pv_command pv_command_show;
extern const pv_command pv_command_keep;
extern const pv_command pv_command_compare;
extern const pv_command pv_command_check;
extern const pv_command pv_command_bench;

/* Returned by a command that has said all there is to say and only wants exit code 1. */
enum { PV_EXIT_QUIETLY = 1 };

/* Plays episodes of a run into a video file; `overlay` draws return, step and, where the agent has
   them, values; scale 0: small screens are enlarged. Used by record and by train --record. */
pv_status pv_record_run(const char *run_dir, const char *path, int episodes, uint64_t seed,
                        int scale, int overlay, uint64_t max_length);

/* Draws the curves of the runs in the given folders. Used by plot and by train --plot. */
pv_status pv_plot_runs(const char *const *dirs, int n, const char *path);

#endif
