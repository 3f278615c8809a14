/* instance.h: one world instance with its host callbacks, and what worlds are opened from.

   The messages an instance logs are kept, so that a failing call can say why. */
#ifndef PAVLOV_ENVS_HOST_INSTANCE_H
#define PAVLOV_ENVS_HOST_INSTANCE_H

#include "core/params.h"
#include "envs/host/wrap.h"
#include "pavlov/world.h"

struct pv_world {
    const pv_env_class *env_class;
    pv_params params;
    pv_spec spec;      /* above the wrappers, if there are any */
    void *spec_memory; /* of a copy of its own of what lies below them */
    pv_wraps *wraps;   /* NULL: none */
    uint32_t *stack;   /* [n_obs] frames along the last axis */
    char *name, *folder, *file;
    char *owner; /* "world ID", which params points to */
};

/* Opens a world of a class at hand; `file` is the module it is named by, NULL for none, `settings`
   is "name=value,..." or NULL. NULL on failure. */
pv_world *pv_world_open_class(const pv_env_class *env_class, const char *file,
                              const char *settings);

typedef struct pv_instance {
    const pv_world *world;
    const pv_env_class *env_class;
    pv_env *env;
    pv_host host;
    char message[256]; /* the last error the world logged */
} pv_instance;

/* Creates an instance; it must not move while it lives (the host's ctx points to it). `draws` is
   normally NULL. */
pv_status pv_instance_init(pv_instance *instance, const pv_world *world, pv_draws *draws);
void pv_instance_free(pv_instance *instance);

/* Turns a world's failure into the last error: "world ID: <what it logged> (<doing>)". */
pv_status pv_instance_failed(const pv_instance *instance, const char *doing);

#endif
