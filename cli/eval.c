/* eval.c: `pavlov eval`: how good a trained agent is, without learning on. */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/run.h"

#include "agents/exact_return.h"
#include "core/file.h"
#include "core/number.h"
#include "core/memory.h"
#include "core/stats.h"

#include <math.h>
#include <stdio.h>

typedef struct summary {
    double mean, deviation, median, min, max, mean_length, discounted, average_reward;
} summary;

static pv_status summarise(const pv_evaluation *e, summary *s)
{
    const size_t n = (size_t)e->episodes;
    pv_moments returns = {0};
    double steps = 0.0;
    double *sorted = pv_alloc_array(n, sizeof *sorted);
    if (!sorted) {
        return pv_last_status();
    }
    for (size_t i = 0; i < n; i++) {
        pv_moments_add(&returns, e->returns[i]);
        steps += (double)e->lengths[i];
        sorted[i] = e->returns[i];
    }
    pv_sort(sorted, n);
    *s = (summary){.mean = returns.mean,
                   .deviation = pv_moments_deviation(&returns),
                   .median = pv_quantile(sorted, n, 0.5),
                   .min = returns.min,
                   .max = returns.max,
                   .mean_length = steps / (double)n,
                   .discounted = pv_mean(e->discounted, n),
                   .average_reward = returns.mean * (double)n / steps};
    pv_free(sorted);
    return PV_OK;
}

static pv_status add_json(cJSON *list, const pv_run *run, const pv_evaluation *e, const summary *s)
{
    int failed = 0;
    cJSON *json = pv_put_row(list, &failed);
    pv_put_text(json, "world", pv_world_name(run->world), &failed);
    pv_put_text(json, "agent", run->agent_class->name, &failed);
    if (*pv_world_wrap(run->world)) {
        pv_put_text(json, "wrap", pv_world_wrap(run->world), &failed);
    }
    pv_put_text(json, "run", run->dir, &failed);
    pv_put_number(json, "episodes", e->episodes, &failed);
    pv_put_number(json, "mean", s->mean, &failed);
    pv_put_number(json, "std", s->deviation, &failed);
    pv_put_number(json, "median", s->median, &failed);
    pv_put_number(json, "min", s->min, &failed);
    pv_put_number(json, "max", s->max, &failed);
    pv_put_number(json, "mean_length", s->mean_length, &failed);
    pv_put_number(json, "discounted_mean", s->discounted, &failed);
    pv_put_number(json, "average_reward", s->average_reward, &failed);
    pv_put_number(json, "cut", e->cut, &failed);
    cJSON *returns = pv_put_array(json, "returns", &failed);
    for (int i = 0; i < e->episodes && !failed; i++) {
        char text[32];
        pv_number_text(e->returns[i], text);
        failed = !cJSON_AddItemToArray(returns, cJSON_CreateRaw(text));
    }
    return failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the JSON answer") : PV_OK;
}

static void print_summary(const pv_run *run, const pv_evaluation *e, const summary *s,
                          uint64_t max_length)
{
    printf("%s in %s: mean return %.4g, std %.4g, median %.4g, min %.4g, max %.4g over %d episodes "
           "of %.4g steps (discounted %.4g, reward per step %.4g)\n",
           run->agent_class->name, pv_world_name(run->world), s->mean, s->deviation, s->median,
           s->min, s->max, e->episodes, s->mean_length, s->discounted, s->average_reward);
    if (e->cut) {
        printf(
            "%d of %d episodes were cut after %llu steps (--max-length) and count as truncated\n",
            e->cut, e->episodes, (unsigned long long)max_length);
    }
}

/* evaluates by playing episodes */
static pv_status play(const pv_arguments *a, const pv_run *run, pv_agent *agent,
                      uint64_t max_length, cJSON *list)
{
    uint64_t episodes = 100;
    pv_evaluation_config config = pv_evaluation_config_default(run->world, agent);
    config.seed = run->seed;
    config.mode = pv_option_text(a, "--stochastic") ? PV_ACT_SAMPLE : PV_ACT_GREEDY;
    config.max_length = max_length ? max_length : run->max_length;
    pv_status status = pv_option_count(a, "--episodes", 1, 10000000, &episodes);
    status = status ? status : pv_option_count(a, "--seed", 0, UINT64_MAX, &config.seed);
    config.episodes = (int)episodes;
    pv_evaluation evaluation = {0};
    summary s = {0};
    status = status ? status : pv_evaluate(&config, &evaluation);
    status = status ? status : summarise(&evaluation, &s);
    if (status == PV_OK && list) {
        status = add_json(list, run, &evaluation, &s);
    } else if (status == PV_OK) {
        print_summary(run, &evaluation, &s, config.max_length);
    }
    pv_evaluation_free(&evaluation);
    return status;
}

/* evaluates by the world's table of outcomes */
static pv_status compute(const pv_run *run, pv_agent *agent, uint64_t max_length, cJSON *list)
{
    pv_exact_return exact;
    const pv_status status = pv_exact_return_of(agent, max_length, &exact);
    if (status) {
        return status;
    }
    if (!list) {
        printf("%s in %s: expected return %.6g over %.4g steps, cut by the step limit with "
               "probability %.4g (exact)\n",
               run->agent_class->name, pv_world_name(run->world), exact.mean, exact.mean_length,
               exact.cut);
        return PV_OK;
    }
    int failed = 0;
    cJSON *json = pv_put_row(list, &failed);
    pv_put_text(json, "world", pv_world_name(run->world), &failed);
    pv_put_text(json, "agent", run->agent_class->name, &failed);
    pv_put_text(json, "run", run->dir, &failed);
    pv_put_number(json, "exact", 1, &failed);
    pv_put_number(json, "mean", exact.mean, &failed);
    pv_put_number(json, "mean_length", exact.mean_length, &failed);
    pv_put_number(json, "cut", exact.cut, &failed);
    return failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the JSON answer") : PV_OK;
}

/* evaluates one run; with `list` the JSON is added to it, else text is printed */
static pv_status evaluate_run(const pv_arguments *a, const char *dir, cJSON *list)
{
    pv_run run;
    pv_status status = pv_run_open(&run, dir);
    if (status) {
        return status;
    }
    const int best = pv_option_text(a, "--best") != NULL;
    pv_agent *agent = pv_run_agent(&run, best ? "best.safetensors" : "checkpoint.safetensors");
    uint64_t max_length = 0; /* not given */
    status =
        agent ? pv_option_count(a, "--max-length", 1, UINT64_MAX, &max_length) : pv_last_status();
    if (status == PV_OK) {
        status = pv_option_text(a, "--exact") ? compute(&run, agent, max_length, list)
                                              : play(a, &run, agent, max_length, list);
    }
    pv_agent_destroy(agent);
    pv_run_free(&run);
    return status;
}

static pv_status run_eval(const pv_arguments *a)
{
    char **dirs = NULL;
    int n = 0;
    pv_status status = pv_arguments_check(a);
    status = status ? status : pv_run_find(pv_argument(a, 0), &dirs, &n);
    cJSON *list = pv_option_text(a, "--json") ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < n && status == PV_OK; i++) {
        status = evaluate_run(a, dirs[i], list);
    }
    if (status == PV_OK && list) {
        /* one run gives an object, a folder of several an array */
        status = pv_print_json(n == 1 ? cJSON_GetArrayItem(list, 0) : list);
    }
    cJSON_Delete(list);
    pv_dir_list_free(dirs, n);
    return status;
}

static const pv_option options[] = {
    {"--episodes", "N", "100 if not given", 0},
    {"--seed", "S", "of the episodes; the run's own if not given", 0},
    {"--best", NULL, "the best checkpoint by evaluation instead of the last", 0},
    {"--stochastic", NULL, "sample the policy instead of its best action", 0},
    {"--exact", NULL, "the expected return by the world's table of outcomes, in place of episodes",
     0},
    {"--max-length", "N", "longest episode in worlds without a limit", 0},
    {"--json", NULL, "one JSON value on standard output", 0},
};

const pv_command pv_command_eval = {
    .name = "eval",
    .positional = "RUN",
    .summary = "evaluate a trained agent",
    .least = 1,
    .most = 1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_eval,
};
