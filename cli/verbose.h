/* verbose.h: what --verbose tells on stderr before the work begins. */
#ifndef PAVLOV_CLI_VERBOSE_H
#define PAVLOV_CLI_VERBOSE_H

#include "cli/run.h"

/* The version, the active kernels and the processors. */
void pv_verbose_machine(void);

/* The recipe of a training as it was resolved: world, wrappers, lanes and threads, the agent's
   network and the `memory` bytes it takes, every parameter with where its value comes from. */
void pv_verbose_recipe(const pv_run *run, const pv_agent *agent, size_t memory, uint64_t seeds,
                       uint64_t jobs);

#endif
