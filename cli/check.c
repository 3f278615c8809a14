/* check.c: `pavlov check`: holds a world or a module of worlds against every rule of the interface.
 */
#include "cli/commands.h"
#include "cli/output.h"

#include "envs/host/check.h"

#include <stdio.h>
#include <string.h>

typedef struct report {
    cJSON *json; /* NULL: print */
    int failed_json, passed, failed, skipped;
} report;

static const char *const outcomes[] = {"passed", "failed", "skipped"};

static void on_result(void *ctx, const pv_check_result *result)
{
    report *r = ctx;
    r->passed += result->outcome == PV_CHECK_PASSED;
    r->failed += result->outcome == PV_CHECK_FAILED;
    r->skipped += result->outcome == PV_CHECK_SKIPPED;
    if (r->json) {
        cJSON *row = pv_put_row(r->json, &r->failed_json);
        pv_put_text(row, "world", result->world, &r->failed_json);
        pv_put_text(row, "test", result->test->name, &r->failed_json);
        pv_put_text(row, "group", result->test->group, &r->failed_json);
        pv_put_text(row, "outcome", outcomes[result->outcome], &r->failed_json);
        pv_put_text(row, "message", result->message, &r->failed_json);
        pv_put_number(row, "seconds", result->seconds, &r->failed_json);
    } else {
        printf("%-8s%-24s %-28s %s\n", outcomes[result->outcome], result->world, result->test->name,
               result->message);
        fflush(stdout);
    }
}

static pv_status list_tests(int as_json)
{
    int failed = 0;
    cJSON *json = as_json ? cJSON_CreateArray() : NULL;
    const pv_check_info *test = NULL;
    for (int i = 0; (test = pv_check_at(i)) != NULL; i++) {
        if (json) {
            cJSON *row = pv_put_row(json, &failed);
            pv_put_text(row, "test", test->name, &failed);
            pv_put_text(row, "group", test->group, &failed);
            pv_put_text(row, "description", test->description, &failed);
        } else {
            printf("%-14s %-28s %s\n", test->group, test->name, test->description);
        }
    }
    const pv_status status = json && !failed ? pv_print_json(json) : PV_OK;
    cJSON_Delete(json);
    return failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the list") : status;
}

static pv_status read_config(const pv_arguments *a, pv_check_config *config)
{
    *config = pv_check_config_default(pv_argument(a, 0));
    config->only = pv_option_text(a, "--only");
    config->wrap = pv_option_text(a, "--wrap");
    config->in_process = pv_option_text(a, "--in-process") != NULL;
    const pv_status status = pv_option_count(a, "--seed", 0, UINT64_MAX, &config->seed);
    return status ? status : pv_option_number(a, "--timeout", 0.1, 3600.0, &config->timeout);
}

static pv_status check_target(const pv_arguments *a, int as_json)
{
    pv_check_config config;
    report r = {.json = as_json ? cJSON_CreateArray() : NULL};
    pv_status status = read_config(a, &config);
    int failed = 0;
    config.result = on_result;
    config.ctx = &r;
    status = status ? status : pv_check_run(&config, &failed);
    if (status == PV_OK && as_json) {
        status = r.failed_json ? pv_fail(PV_ERROR_MEMORY, "out of memory for the answer")
                               : pv_print_json(r.json);
    } else if (status == PV_OK) {
        printf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped);
    }
    cJSON_Delete(r.json);
    return status == PV_OK && failed ? PV_EXIT_QUIETLY : status;
}

static pv_status run_check(const pv_arguments *a)
{
    const int as_json = pv_option_text(a, "--json") != NULL;
    if (pv_option_text(a, "--list")) {
        return list_tests(as_json);
    }
    pv_status status = pv_arguments_check(a);
    if (status == PV_OK && pv_argument_count(a) == 0) {
        status = pv_fail(PV_ERROR_ARGUMENT, "it takes: pavlov check PLUGIN | ENV, or --list");
    }
    return status ? status : check_target(a, as_json);
}

static const pv_option options[] = {
    {"--list", NULL, "the tests, each with what it asks", 0},
    {"--only", "NAME", "a single test, or a group of them", 0},
    {"--wrap", "TEXT", "what must hold of the world behind these wrappers", 0},
    {"--seed", "S", "of random actions and parameters", 0},
    {"--timeout", "SECONDS", "a test may take, 10 if not given", 0},
    {"--in-process", NULL, "no process for each test, for a debugger", 0},
    {"--json", NULL, "one JSON array on standard output", 0},
};

const pv_command pv_command_check = {
    .name = "check",
    .positional = "PLUGIN | ENV",
    .summary = "hold a world against every rule of the interface",
    .least = 0,
    .most = 1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_check,
};
