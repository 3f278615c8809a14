/* check.c: the runner of the validator: finds what is to be checked, runs the tests one by one, and
   reports each. Nothing of a world's code but its entry runs in the calling process, and that only
   after a test has seen it return. */
#include "envs/host/check_tests.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/params.h"
#include "envs/host/loader.h"

#include <stdio.h>
#include <string.h>

#define MAX_LATE                                                                                   \
    3 /* after so many tests without an end a world's other tests are not waited for               \
       */

static const pv_check_test *const groups[] = {
    pv_check_load,        pv_check_params, pv_check_spaces,  pv_check_episode,
    pv_check_determinism, pv_check_state,  pv_check_tabular, pv_check_picture,
    pv_check_memory,      pv_check_fuzz,   pv_check_wrap};

/* What is to be checked. */
typedef struct target {
    char *file;                    /* of the module, NULL: built in */
    char *id;                      /* of the world, NULL: all of the module */
    const char *set;               /* in id's memory: "name=value,...", "" for none */
    const pv_env_class *env_class; /* NULL: to be asked of the module */
} target;

/* Running tests. */
typedef struct runner {
    const pv_check_config *config;
    pv_check *check; /* shared with the processes of the tests */
    int failed;
    int late; /* tests of this world that ran out of time */
} runner;

pv_check_config pv_check_config_default(const char *target_text)
{
    return (pv_check_config){.target = target_text, .seed = 1, .timeout = 10.0};
}

static const pv_check_test *test_at(int i)
{
    for (size_t group = 0; group < sizeof groups / sizeof groups[0]; group++) {
        for (const pv_check_test *test = groups[group]; test->run; test++) {
            if (i-- == 0) {
                return test;
            }
        }
    }
    return NULL;
}

const pv_check_info *pv_check_at(int i)
{
    const pv_check_test *test = i < 0 ? NULL : test_at(i);
    return test ? &test->info : NULL;
}

/* --- which tests --- */

static int is_wanted(const pv_check_config *config, const pv_check_test *test)
{
    return !config->only || strcmp(config->only, test->info.name) == 0 ||
           strcmp(config->only, test->info.group) == 0;
}

/* Fails if no test or group has the name asked for. */
static pv_status check_only(const pv_check_config *config)
{
    const char *names[128];
    int n = 0;
    const pv_check_test *test;
    for (int i = 0; (test = test_at(i)) != NULL && n + 2 < 128; i++) {
        if (is_wanted(config, test)) {
            return PV_OK;
        }
        names[n++] = test->info.name;
        names[n++] = test->info.group;
    }
    const char *near = pv_near_name(config->only, names, n);
    return near ? pv_fail(PV_ERROR_ARGUMENT, "unknown test \"%s\"; did you mean \"%s\"?",
                          config->only, near)
                : pv_fail(PV_ERROR_ARGUMENT, "unknown test \"%s\"; --list lists tests and groups",
                          config->only);
}

/* --- what to check --- */

static void free_target(target *t)
{
    pv_free(t->file);
    pv_free(t->id);
}

static int ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), n = strlen(end);
    return length >= n && strcmp(text + length - n, end) == 0;
}

static char *copy_part(const char *text, size_t length)
{
    char *copy = pv_alloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
    }
    return copy;
}

/* Takes "[FILE.so#]ID[:name=value,...]", "FILE.so" or "FILE.so#" apart. */
static pv_status find_target(target *t, const char *text)
{
    *t = (target){.set = ""};
    const char *hash = strchr(text, '#');
    const int is_file = hash || ends_with(text, ".so") || ends_with(text, ".dylib");
    const char *id = hash ? hash + 1 : is_file ? "" : text;
    if (is_file) {
        t->file = copy_part(text, hash ? (size_t)(hash - text) : strlen(text));
        if (!t->file) {
            return PV_ERROR_MEMORY;
        }
        if (!pv_file_exists(t->file)) {
            return pv_fail(PV_ERROR_FILE, "there is no file \"%s\"", t->file);
        }
    }
    if (*id) {
        t->id = pv_copy_text(id);
        if (!t->id) {
            return PV_ERROR_MEMORY;
        }
        char *colon = strchr(t->id, ':');
        if (colon) {
            *colon = '\0';
            t->set = colon + 1;
        }
    }
    if (!is_file) {
        t->env_class = pv_class_find(t->id, &t->file);
    }
    return is_file || t->env_class ? PV_OK : pv_last_status();
}

/* --- running --- */

static void report(runner *r, const pv_check_test *test, const char *world)
{
    const pv_check *check = r->check;
    pv_check_result result = {.test = &test->info,
                              .world = world,
                              .outcome = check->outcome,
                              .seconds = pv_check_clock() - check->started};
    memcpy(result.message, check->message, sizeof result.message);
    result.message[sizeof result.message - 1] = '\0';
    for (char *c = result.message; *c; c++) {
        *c = *c == '\n' ? ' ' : *c; /* what a world logs may have lines */
    }
    r->failed += check->outcome == PV_CHECK_FAILED;
    if (r->config->result) {
        r->config->result(r->config->ctx, &result);
    }
}

/* Runs one test on one world; `silent` keeps a test that passed to itself. */
static void run_test(runner *r, const pv_check_test *test, const pv_check *about, const char *world,
                     int silent)
{
    pv_check *check = r->check;
    *check = *about;
    check->seed = r->config->seed;
    check->timeout = r->config->timeout;
    check->started = pv_check_clock();
    if (r->late >= MAX_LATE) {
        pv_check_skip(check, "%d tests of this world ran out of time already", r->late);
    } else if (r->config->in_process) {
        test->run(check);
        pv_check_clean(check);
    } else {
        pv_check_isolate(check, test->run);
        r->late += pv_check_clock() - check->started > check->timeout;
    }
    if (!silent || check->outcome == PV_CHECK_FAILED) {
        report(r, test, world);
    }
}

/* Runs the tests of the module, and before them, wanted or not, the one that shows whether its
   entry can be called at all. Returns 1 if it can. */
static int run_module_tests(runner *r, const char *file, const char *world)
{
    const pv_check about = {.file = file};
    const pv_check_test *first = &pv_check_load[0];
    run_test(r, first, &about, world, !is_wanted(r->config, first));
    if (r->check->outcome == PV_CHECK_FAILED) {
        return 0;
    }
    const pv_check_test *test;
    for (int i = 1; (test = test_at(i)) != NULL; i++) {
        if (test->needs == PV_CHECK_MODULE && is_wanted(r->config, test)) {
            run_test(r, test, &about, world, 0);
        }
    }
    return 1;
}

/* Runs the tests of one world. A class that lacks something is only told so. */
static pv_status run_world_tests(runner *r, const target *t, const pv_env_class *env_class)
{
    pv_check *probe = r->check;
    r->late = 0;
    *probe = (pv_check){.env_class = env_class};
    const int complete = pv_check_class(probe, env_class) == 0;
    const char *id = env_class->id ? env_class->id : "(no id)";
    char *name = *t->set ? pv_format_text("%s:%s", id, t->set) : pv_copy_text(id);
    char *owner = pv_format_text("world %s", id);
    pv_params params = {0};
    pv_status status = name && owner ? PV_OK : PV_ERROR_MEMORY;
    if (status == PV_OK && complete) {
        status = pv_params_init(&params, owner, env_class->params, (int)env_class->n_params);
    }
    if (status == PV_OK && complete && *t->set) {
        status = pv_params_parse(&params, t->set, PV_SOURCE_USER);
    }
    const pv_check about = {.env_class = env_class, .values = params.value, .file = t->file};
    const pv_check_test *test;
    for (int i = 0; status == PV_OK && (test = test_at(i)) != NULL; i++) {
        const int possible =
            test->needs == PV_CHECK_CLASS || (test->needs == PV_CHECK_WORLD && complete);
        if (possible && is_wanted(r->config, test)) {
            run_test(r, test, &about, name, 0);
        }
    }
    pv_params_free(&params);
    pv_free(name);
    pv_free(owner);
    return status;
}

/* Runs the tests of the worlds of a module, or of the one that is wanted. */
static pv_status run_module_worlds(runner *r, const target *t)
{
    pv_env_entry_function *entry = pv_module_open(t->file);
    if (!entry) {
        return pv_last_status();
    }
    int found = 0;
    const pv_env_class *env_class;
    for (uint32_t i = 0; (env_class = entry(PV_ABI, i)) != NULL; i++) {
        if (env_class->abi != PV_ABI ||
            (t->id && (!env_class->id || strcmp(env_class->id, t->id) != 0))) {
            found |= !t->id;
            continue;
        }
        found = 1;
        const pv_status status = run_world_tests(r, t, env_class);
        if (status != PV_OK) {
            return status;
        }
    }
    return found ? PV_OK : pv_fail(PV_ERROR_ARGUMENT, "\"%s\" has no world \"%s\"", t->file, t->id);
}

/* Runs the tests of a world behind wrappers, which is opened here: what only a process of its own
   survives is found by the world's other tests. */
static pv_status run_wrapped(runner *r)
{
    pv_world *world = pv_world_open_wrapped(r->config->target, r->config->wrap);
    if (!world) {
        return pv_last_status();
    }
    const pv_check about = {.env_class = pv_world_class(world), .wrapped = world};
    for (const pv_check_test *test = pv_check_wrap; test->run; test++) {
        if (is_wanted(r->config, test)) {
            run_test(r, test, &about, pv_world_name(world), 0);
        }
    }
    pv_world_close(world);
    return PV_OK;
}

pv_status pv_check_run(const pv_check_config *config, int *failed)
{
    target t = {0};
    runner r = {.config = config};
    *failed = 0;
    pv_status status = check_only(config);
    if (status == PV_OK && !config->wrap) {
        status = find_target(&t, config->target);
    }
    if (status == PV_OK) {
        r.check = pv_check_share(1);
        status = r.check ? PV_OK : pv_last_status();
    }
    if (status == PV_OK && config->wrap) {
        status = run_wrapped(&r);
    } else if (status == PV_OK && run_module_tests(&r, t.file, t.file ? t.file : t.id)) {
        status = t.env_class ? run_world_tests(&r, &t, t.env_class) : run_module_worlds(&r, &t);
    }
    *failed = r.failed;
    pv_check_unshare(r.check, 1);
    free_target(&t);
    return status;
}
