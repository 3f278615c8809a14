/* check.h: the validator: every rule of the plugin interface is a named test.

   Each test runs in a process of its own with a timeout, so that a world that crashes, hangs or
   scribbles fails one test and no more. */
#ifndef PAVLOV_ENVS_HOST_CHECK_H
#define PAVLOV_ENVS_HOST_CHECK_H

#include "pavlov/status.h"

typedef enum pv_check_outcome {
    PV_CHECK_PASSED,
    PV_CHECK_FAILED,
    PV_CHECK_SKIPPED
} pv_check_outcome;

/* A test as `pavlov check --list` prints it. */
typedef struct pv_check_info {
    const char *name, *group, *description; /* "obs-in-space", "spaces", one sentence */
} pv_check_info;

/* Returns test i of the list, NULL past the last. */
const pv_check_info *pv_check_at(int i);

typedef struct pv_check_result {
    const pv_check_info *test;
    const char *world; /* id it ran on; the file for tests of a whole module */
    pv_check_outcome outcome;
    char message[512]; /* what was wrong, or why it was skipped */
    double seconds;
} pv_check_result;

typedef struct pv_check_config {
    const char *target; /* a world as pv_world_open takes it, or a module's path: all its worlds */
    const char *wrap;   /* wrappers: only what must hold behind them is tested; NULL: the world */
    const char *only;   /* name or group of tests to run; NULL: all */
    uint64_t seed;      /* of the fuzzing */
    double timeout;     /* seconds a test may take */
    int in_process;     /* 1: no processes, for a debugger */
    void (*result)(void *ctx, const pv_check_result *result); /* called after each test */
    void *ctx;
} pv_check_config;

pv_check_config pv_check_config_default(const char *target);

/* Runs the tests; *failed counts those that failed. An error only if they could not be run at all
   (unknown target, unknown test). */
pv_status pv_check_run(const pv_check_config *config, int *failed);

#endif
