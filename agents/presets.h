/* presets.h: the tuned values of an agent on a world, so that the plain command is already the good
 * one. */
#ifndef PAVLOV_AGENTS_PRESETS_H
#define PAVLOV_AGENTS_PRESETS_H

#include "pavlov/world.h"

typedef struct pv_preset {
    const char *agent;        /* class name */
    const char *world;        /* id, without parameters */
    const char *settings;     /* "alpha=0.5,epsilon=0.1", NULL: the agent's defaults */
    uint64_t steps, episodes; /* how long the plain command trains; 0: not bounded by it */
    const char *wrap;         /* wrappers the plain command puts on the world, NULL: none */
    int lanes;                /* that the plain command steps together; 0: one */
} pv_preset;

/* Returns the preset of an agent and a world id; one for any world (length only) where there is
 * none. */
const pv_preset *pv_preset_find(const char *agent, const char *world_id);

/* Opens a world for an agent behind the wrappers `wrap`, or where that is NULL behind those of the
   preset, if they fit the world as it is asked for. NULL on failure. */
pv_world *pv_preset_open(const char *agent, const char *world, const char *wrap);

#endif
