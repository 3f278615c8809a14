/* settings.h: what a command line says of an agent's parameters: --set and --net. */
#ifndef PAVLOV_CLI_SETTINGS_H
#define PAVLOV_CLI_SETTINGS_H

#include "agents/agent.h"
#include "cli/arguments.h"

/* Fills params (not initialised) with the defaults and presets of agent and world, the command
   line's --set name=value and --net TEXT, and what switches among them stand for. Free with
   pv_params_free, also after a failure. */
pv_status pv_settings_read(const pv_arguments *arguments, const pv_agent_class *agent_class,
                           const pv_world *world, pv_params *params);

#endif
