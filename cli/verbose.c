/* verbose.c: the block that --verbose writes: one line for each thing, its name first. */
#include "cli/verbose.h"

#include "agents/presets.h"
#include "core/memory.h"
#include "nets/net.h"
#include "pavlov/pavlov.h"

#include <stdio.h>
#include <unistd.h>

#define NAME "%-11s "

void pv_verbose_machine(void)
{
    char kernels[96];
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    fprintf(stderr, NAME "%s\n", "pavlov", PV_VERSION);
    fprintf(stderr, NAME "%s\n", "kernels", pv_kernels_describe(kernels, sizeof kernels));
    fprintf(stderr, NAME "%ld online\n", "processors", processors);
}

/* "6.2 MB" */
static void print_bytes(const char *name, double bytes, const char *of)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    int unit = 0;
    while (bytes >= 1000.0 && unit < 4) {
        bytes /= 1000.0;
        unit++;
    }
    fprintf(stderr, NAME "%.3g %s%s\n", name, bytes, units[unit], of);
}

static void print_network(const pv_net *net)
{
    for (int i = 0; i < pv_net_line_count(net); i++) {
        const pv_net_line line = pv_net_line_at(net, i);
        fprintf(stderr, NAME "%s: %s -> ", i ? "" : "network", line.where, line.layer);
        for (uint32_t d = 0; d < line.ndim; d++) {
            fprintf(stderr, "%s%u", d ? "x" : "", (unsigned)line.shape[d]);
        }
        fprintf(stderr, line.parameters ? " (%zu parameters)\n" : "\n", line.parameters);
    }
    fprintf(stderr, NAME "%zu parameters together, %zu bytes\n", "", pv_net_parameter_count(net),
            pv_net_parameter_count(net) * sizeof(float));
}

static void print_parameters(const pv_params *params)
{
    for (int i = 0; i < params->n; i++) {
        char *value = pv_params_value_text(params, i);
        fprintf(stderr, NAME "%s=%s (%s)\n", i ? "" : "parameters", params->table[i].name,
                value ? value : "?", pv_source_name(params->source[i]));
        pv_free(value);
    }
}

static void print_bounds(const pv_run *run)
{
    const uint32_t limit = pv_world_spec(run->world)->max_steps;
    const char *wrap = pv_world_wrap(run->world);
    fprintf(stderr, NAME "%s", "world", pv_world_name(run->world));
    fprintf(stderr, limit ? ", at most %u decisions an episode\n" : ", without a limit\n",
            (unsigned)limit);
    fprintf(stderr, NAME "%s\n", "wrappers", *wrap ? wrap : "none");
    fprintf(stderr, NAME, "bound");
    if (run->steps) {
        fprintf(stderr, "%llu steps%s", (unsigned long long)run->steps,
                run->episodes ? ", " : "\n");
    }
    if (run->episodes) {
        fprintf(stderr, "%llu episodes\n", (unsigned long long)run->episodes);
    }
}

void pv_verbose_recipe(const pv_run *run, const pv_agent *agent, size_t memory, uint64_t seeds,
                       uint64_t jobs)
{
    const pv_net *net = run->agent_class->net ? run->agent_class->net(agent) : NULL;
    pv_verbose_machine();
    fprintf(stderr, NAME "%llu: %llu of %llu runs at a time, %d lane%s each\n", "threads",
            (unsigned long long)(jobs < seeds ? jobs : seeds),
            (unsigned long long)(jobs < seeds ? jobs : seeds), (unsigned long long)seeds,
            run->lanes, run->lanes == 1 ? "" : "s");
    print_bounds(run);
    fprintf(stderr, NAME "%s\n", "agent", run->agent_class->name);
    if (net) {
        print_network(net);
    }
    print_bytes("memory", (double)memory,
                net ? " for the agent: network, passes, replay" : " for the agent");
    print_parameters(&run->params);
}
