/* bench.h: what the kinds of `pavlov bench` share. */
#ifndef PAVLOV_CLI_BENCH_H
#define PAVLOV_CLI_BENCH_H

#include "cli/output.h"

/* Times one case of the neural nets by its name, or all of them (NULL), about `seconds` each, and
   adds rows to `json`, or prints them (NULL). */
pv_status pv_bench_nets(const char *only, double seconds, cJSON *json);

/* The same for training agents by the name of an agent. */
pv_status pv_bench_agents(const char *only, double seconds, cJSON *json);

/* The same for the replay. */
pv_status pv_bench_replay(const char *only, double seconds, cJSON *json);

#endif
