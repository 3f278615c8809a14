/* run.h: the run folder: run.json (the recipe and what became of it) and the files beside it. */
#ifndef PAVLOV_CLI_RUN_H
#define PAVLOV_CLI_RUN_H

#include "agents/agent.h"
#include "pavlov/train.h"

/* A run: its recipe with everything resolved, and where it lives. */
typedef struct pv_run {
    char *dir;
    pv_world *world;
    const pv_agent_class *agent_class;
    pv_params params; /* of the agent, resolved */
    uint64_t seed;
    int lanes;
    uint64_t steps, episodes; /* bounds, 0: none */
    double stop_at;           /* NaN: none */
    uint64_t eval_every;
    int eval_episodes;
    uint64_t max_length;
    uint64_t metrics_every;   /* steps; 0: a hundredth of the bound */
    double checkpoint_every;  /* seconds */
    int threads;              /* that step the lanes; changes nothing but the time it takes */
    int lean;                 /* 1: tables only, no checkpoints, not synced to the disk */
    char *started, *finished; /* UTC, NULL where not (yet) */
    char *status;             /* "running", "interrupted", "failed", "finished" */
    char *events;             /* name of the TensorBoard file */
    double seconds;           /* of training, over all sittings */
} pv_run;

/* Fills what a recipe has by default; nothing is owned yet. */
void pv_run_init(pv_run *run);
void pv_run_free(pv_run *run);

/* Makes the folder (its parents too), copies files that the world's parameters name into it and
   writes run.json. An existing folder that is not empty is refused unless `force`, which empties
   it. */
pv_status pv_run_create(pv_run *run, const char *dir, int force);

/* Reads a run folder into `run`. */
pv_status pv_run_open(pv_run *run, const char *dir);

/* Writes run.json. */
pv_status pv_run_write(const pv_run *run);

/* Returns 1 if the run folder is what `pavlov keep` left of one. */
int pv_run_is_kept(const pv_run *run);

/* Prints the recipe to standard output, as it stands in run.json. */
pv_status pv_run_print(const pv_run *run);

/* Copies the files that the world's parameters name into a folder, so that it is whole by itself.
 */
pv_status pv_run_copy_files(const pv_run *run, const char *dir);

/* Replaces a text of the run by a copy. */
pv_status pv_run_set(char **text, const char *value);

/* Returns "<dir>/<name>"; the caller frees it. */
char *pv_run_path(const pv_run *run, const char *name);

/* Makes the run's agent and, if `checkpoint` names a file of the folder, loads it; NULL on failure.
 */
pv_agent *pv_run_agent(const pv_run *run, const char *checkpoint);

/* Finds the run folders at or below `path`, sorted by name with numbers in their order; an error if
   there is none. The caller frees with pv_dir_list_free. */
pv_status pv_run_find(const char *path, char ***dirs, int *n);

/* Returns the time now as "2026-11-20T17:31:14Z" in text[32]. */
void pv_time_text(char *text);

/* Returns seconds of a clock that only goes forward. */
double pv_seconds(void);

#endif
