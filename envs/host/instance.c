/* One instance of a world: created with the world's parameters and with callbacks that give it
   counted memory and keep the last error it logged. */
#include "envs/host/instance.h"

#include "core/memory.h"

#include <stdio.h>
#include <string.h>

static void keep_message(void *ctx, int32_t level, const char *message)
{
    pv_instance *instance = ctx;
    if (level == 0 && message) {
        snprintf(instance->message, sizeof instance->message, "%s", message);
    }
}

static void *give_memory(void *ctx, size_t size)
{
    void *memory = pv_alloc(size);
    if (!memory) {
        keep_message(ctx, 0, "out of memory");
    }
    return memory;
}

static void take_memory(void *ctx, void *memory)
{
    (void)ctx;
    pv_free(memory);
}

pv_status pv_instance_init(pv_instance *instance, const pv_world *world, pv_draws *draws)
{
    memset(instance, 0, sizeof *instance);
    instance->world = world;
    instance->env_class = world->env_class;
    instance->host = (pv_host){.size = (uint32_t)sizeof instance->host,
                               .abi = PV_ABI,
                               .ctx = instance,
                               .log = keep_message,
                               .alloc = give_memory,
                               .free = take_memory,
                               .draws = draws};
    const pv_status status =
        instance->env_class->create(&instance->host, world->params.value, &instance->env);
    if (status || !instance->env) {
        instance->env = NULL;
        return pv_instance_failed(instance, "creating it");
    }
    return PV_OK;
}

void pv_instance_free(pv_instance *instance)
{
    if (instance->env) {
        instance->env_class->destroy(instance->env);
        instance->env = NULL;
    }
}

pv_status pv_instance_failed(const pv_instance *instance, const char *doing)
{
    const char *message = instance->message[0] ? instance->message : "failed without a message";
    return pv_fail(PV_ERROR_WORLD, "world %s: %s (%s)", instance->env_class->id, message, doing);
}
