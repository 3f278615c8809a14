/* settings.c: --set and --net, over presets, over defaults. */
#include "cli/settings.h"

#include "core/memory.h"

#include <string.h>

static pv_status set_one(const char *text, pv_params *params)
{
    const char *equals = strchr(text, '=');
    if (!equals) {
        return pv_fail(PV_ERROR_ARGUMENT, "--set %s: it takes name=value", text);
    }
    char *name = pv_copy_text(text);
    if (!name) {
        return pv_last_status();
    }
    name[equals - text] = '\0';
    const pv_status status = pv_params_set(params, name, equals + 1, PV_SOURCE_USER);
    pv_free(name);
    return status;
}

pv_status pv_settings_read(const pv_arguments *a, const pv_agent_class *agent_class,
                           const pv_world *world, pv_params *params)
{
    memset(params, 0, sizeof *params);
    pv_status status = pv_agent_params(params, agent_class, world);
    const char *text = NULL;
    for (int i = 0; status == PV_OK && (text = pv_option_each(a, "--set", i)); i++) {
        status = set_one(text, params);
    }
    const char *net = pv_option_text(a, "--net");
    if (status == PV_OK && net && pv_params_find(params, "net") < 0) {
        status = pv_fail(PV_ERROR_ARGUMENT, "agent %s has no network; leave --net out",
                         agent_class->name);
    } else if (status == PV_OK && net) {
        status = pv_params_set(params, "net", net, PV_SOURCE_USER);
    }
    return status ? status : pv_agent_params_resolve(params, agent_class);
}
