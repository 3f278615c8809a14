/* train.c: `pavlov train`: resolves a recipe, makes its run folders and trains them, one after
   another or several at a time. */
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "cli/verbose.h"

#include "agents/presets.h"
#include "core/file.h"
#include "core/machine.h"
#include "core/memory.h"
#include "core/rng.h"
#include "core/threads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* the command's wishes that are not part of a run's recipe */
typedef struct wishes {
    const char *out;
    char wrap[112]; /* what other wrappers than the usual ones add to the folder's name */
    uint64_t seeds, jobs;
    int force, quiet, verbose, record, plot;
} wishes;

static pv_status read_bounds(const pv_arguments *a, pv_run *run)
{
    pv_status status = pv_option_count(a, "--steps", 1, UINT64_MAX, &run->steps);
    status = status ? status : pv_option_count(a, "--episodes", 1, UINT64_MAX, &run->episodes);
    if (run->steps == 0 && run->episodes == 0) {
        const pv_preset *preset =
            pv_preset_find(run->agent_class->name, pv_world_class(run->world)->id);
        run->steps = preset->steps;
        run->episodes = preset->episodes;
    }
    return status;
}

static pv_status read_numbers(const pv_arguments *a, pv_run *run)
{
    const pv_preset *preset =
        pv_preset_find(run->agent_class->name, pv_world_class(run->world)->id);
    uint64_t lanes = preset->lanes > 0 ? (uint64_t)preset->lanes : 1;
    uint64_t workers = 1;
    uint64_t threads = 1;
    uint64_t eval_episodes = 10;
    pv_status status = pv_option_count(a, "--seed", 0, UINT64_MAX, &run->seed);
    status = status ? status : pv_option_count(a, "--lanes", 1, 65536, &lanes);
    status = status ? status : pv_option_count(a, "--workers", 1, 1024, &workers);
    status = status ? status : pv_option_count(a, "--threads", 1, 256, &threads);
    status = status ? status : pv_option_count(a, "--eval-every", 1, UINT64_MAX, &run->eval_every);
    status = status ? status : pv_option_count(a, "--eval-episodes", 1, 100000, &eval_episodes);
    status = status ? status : pv_option_count(a, "--max-length", 1, UINT64_MAX, &run->max_length);
    status =
        status ? status : pv_option_count(a, "--metrics-every", 1, UINT64_MAX, &run->metrics_every);
    status = status ? status : pv_option_number(a, "--stop-at", -INFINITY, INFINITY, &run->stop_at);
    status = status ? status
                    : pv_option_number(a, "--checkpoint-every", 0.0, 1e9, &run->checkpoint_every);
    run->lean = pv_option_text(a, "--lean") != NULL;
    run->lanes = (int)lanes;
    run->threads = (int)threads;
    run->eval_episodes = (int)eval_episodes;
    if (status == PV_OK && workers > 1 && !run->agent_class->worker) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s does not run with several workers; leave --workers out",
                       run->agent_class->name);
    }
    return status;
}

/* "+skip-4+stack-4" where the wrappers are not those of the preset */
static pv_status name_wrap(const pv_run *run, wishes *w)
{
    pv_world *usual = pv_preset_open(run->agent_class->name, pv_world_name(run->world), NULL);
    const char *wrap = pv_world_wrap(run->world);
    const int differs = usual && strcmp(pv_world_wrap(usual), wrap) != 0;
    pv_world_close(usual);
    if (!usual || !differs) {
        return usual ? PV_OK : pv_last_status();
    }
    snprintf(w->wrap, sizeof w->wrap, "+%.80s", *wrap ? wrap : "none");
    char *to = w->wrap;
    for (const char *from = w->wrap; *from; from++) {
        if (*from == ',') {
            *to++ = '+';
            from += from[1] == ' ';
        } else {
            *to++ = (char)(*from == ' ' ? '-' : *from);
        }
    }
    *to = '\0';
    if (strlen(wrap) > 80) {
        snprintf(to, 18, "_%016llx", (unsigned long long)pv_seed_split(0, wrap));
    }
    return PV_OK;
}

/* memory that learning takes must be there for all runs that go at once */
static pv_status check_memory(const pv_agent *agent, const wishes *w)
{
    const uint64_t at_once = (uint64_t)(w->seeds < w->jobs ? w->seeds : w->jobs);
    const uint64_t each = pv_agent_learning_size(agent);
    const uint64_t available = pv_memory_available();
    char wanted[32];
    char there[32];
    if (available == 0 || each <= available / at_once) {
        return PV_OK;
    }
    pv_size_text(each, wanted);
    pv_size_text(available, there);
    return pv_fail(PV_ERROR_MEMORY,
                   "agent %s takes %s of memory to learn%s, and this machine has %s free; give it "
                   "less to remember%s",
                   pv_agent_name(agent), wanted, at_once > 1 ? " in each run at once" : "", there,
                   at_once > 1 ? " or take fewer --jobs" : "");
}

static pv_status read_recipe(const pv_arguments *a, const wishes *w, pv_run *run)
{
    run->agent_class = pv_agent_class_find(pv_argument(a, 0));
    if (!run->agent_class) {
        return pv_last_status();
    }
    run->world =
        pv_preset_open(run->agent_class->name, pv_argument(a, 1), pv_option_text(a, "--wrap"));
    if (!run->world) {
        return pv_last_status();
    }
    pv_status status = pv_settings_read(a, run->agent_class, run->world, &run->params);
    status = status ? status : read_numbers(a, run);
    status = status ? status : read_bounds(a, run);
    if (status == PV_OK) {
        /* whatever does not fit is said before a folder is made */
        const size_t before = pv_memory_live();
        pv_agent *agent = pv_run_agent(run, NULL);
        status = agent ? check_memory(agent, w) : pv_last_status();
        if (status == PV_OK && w->verbose) {
            pv_verbose_recipe(run, agent, pv_memory_live() - before, w->seeds, w->jobs);
        }
        pv_agent_destroy(agent);
    }
    return status;
}

/* --- the folders --- */

static char *run_dir(const pv_run *recipe, const wishes *w, uint64_t seed)
{
    if (w->out && w->seeds == 1) {
        return pv_copy_text(w->out);
    }
    if (w->out) {
        return pv_format_text("%s/seed-%llu", w->out, (unsigned long long)seed);
    }
    return pv_format_text("runs/%s%s/%s/seed-%llu", pv_world_folder(recipe->world), w->wrap,
                          recipe->agent_class->name, (unsigned long long)seed);
}

/* makes run number i of the command: the recipe under its seed, in its folder */
static pv_status create_run(pv_run *run, const pv_run *recipe, const wishes *w, uint64_t i)
{
    *run = *recipe;
    run->dir = run->started = run->finished = run->status = run->events = NULL;
    run->world = NULL;
    run->seed = recipe->seed + i;
    char *dir = run_dir(recipe, w, run->seed);
    pv_status status = dir ? pv_params_copy(&run->params, &recipe->params) : pv_last_status();
    if (status) {
        memset(&run->params, 0, sizeof run->params);
        pv_free(dir);
        return status;
    }
    run->world = pv_world_open_wrapped(pv_world_name(recipe->world), pv_world_wrap(recipe->world));
    status = run->world ? pv_run_create(run, dir, w->force) : pv_last_status();
    pv_free(dir);
    return status;
}

/* --- training --- */

typedef struct jobs {
    pv_run *runs;
    pv_progress *progress;
    pv_status *status;  /* [runs] */
    char (*error)[512]; /* [runs] */
} jobs;

static void train_one(void *ctx, int i)
{
    jobs *j = ctx;
    pv_progress *progress = j->progress;
    j->status[i] = pv_session_run(&j->runs[i], progress);
    if (j->status[i]) {
        snprintf(j->error[i], sizeof j->error[i], "%s", pv_last_error());
    }
}

/* the worst of many: a failure before an interruption */
static pv_status summary(const jobs *j, int n)
{
    int worst = -1;
    int interrupted = 0;
    for (int i = 0; i < n; i++) {
        interrupted += j->status[i] == PV_ERROR_INTERRUPTED;
        if (j->status[i] && (worst < 0 || j->status[worst] == PV_ERROR_INTERRUPTED)) {
            worst = i;
        }
    }
    if (worst < 0) {
        return PV_OK;
    }
    if (n > 1 && j->status[worst] == PV_ERROR_INTERRUPTED) {
        char *parent = pv_copy_text(j->runs[0].dir);
        char *slash = parent ? strrchr(parent, '/') : NULL;
        if (slash) {
            *slash = '\0';
        }
        pv_fail(PV_ERROR_INTERRUPTED, "interrupted %d of %d runs; go on with: pavlov resume %s",
                interrupted, n, parent ? parent : j->runs[0].dir);
        pv_free(parent);
        return PV_ERROR_INTERRUPTED;
    }
    return n == 1 ? pv_fail(j->status[0], "%s", j->error[0])
                  : pv_fail(j->status[worst], "%s: %s", j->runs[worst].dir, j->error[worst]);
}

static pv_status train_all(pv_run *runs, const wishes *w)
{
    const int n = (int)w->seeds;
    pv_progress progress;
    pv_progress_init(&progress, n, w->quiet);
    jobs j = {runs, &progress, pv_alloc_array((size_t)n, sizeof(pv_status)),
              pv_alloc_array((size_t)n, sizeof *j.error)};
    pv_pool *pool = pv_pool_create((int)(w->jobs < w->seeds ? w->jobs : w->seeds));
    pv_status status = pv_last_status();
    if (j.status && j.error && pool) {
        pv_session_catch_signals();
        pv_pool_run(pool, train_one, &j, n);
        if (n > 1) {
            pv_progress_many(&progress, 1);
        }
        pv_progress_end(&progress);
        status = summary(&j, n);
    }
    pv_pool_destroy(pool);
    pv_free(j.status);
    pv_free(j.error);
    return status;
}

/* --- what follows training --- */

static pv_status record_and_plot(const pv_run *runs, const wishes *w)
{
    pv_status status = PV_OK;
    for (uint64_t i = 0; w->record && i < w->seeds && status == PV_OK; i++) {
        char *path = pv_run_path(&runs[i], "video.webm");
        status = path ? pv_record_run(runs[i].dir, path, 1, runs[i].seed, 0, 1, runs[i].max_length)
                      : pv_last_status();
        pv_free(path);
    }
    if (!w->plot || status) {
        return status;
    }
    const char **dirs = pv_alloc_array(w->seeds, sizeof *dirs);
    char *folder = pv_copy_text(runs[0].dir);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    if (slash && w->seeds > 1) {
        *slash = '\0';
    }
    char *path = folder ? pv_path_join(folder, "curve.svg") : NULL;
    for (uint64_t i = 0; dirs && i < w->seeds; i++) {
        dirs[i] = runs[i].dir;
    }
    status = path && dirs ? pv_plot_runs(dirs, (int)w->seeds, path) : pv_last_status();
    pv_free(path);
    pv_free(folder);
    pv_free(dirs);
    return status;
}

static void say_where(const pv_run *runs, const wishes *w)
{
    const char *dir = runs[0].dir;
    const char *slash = strrchr(dir, '/');
    const int length = w->seeds > 1 && slash ? (int)(slash - dir) : (int)strlen(dir);
    printf("%s %.*s\n", w->seeds > 1 ? "runs in" : "run in", length, dir);
}

static pv_status read_wishes(const pv_arguments *a, wishes *w)
{
    w->wrap[0] = '\0';
    w->out = pv_option_text(a, "--out");
    w->force = pv_option_text(a, "--force") != NULL;
    w->quiet = pv_option_text(a, "--quiet") != NULL;
    w->verbose = pv_option_text(a, "--verbose") != NULL;
    w->record = pv_option_text(a, "--record") != NULL;
    w->plot = pv_option_text(a, "--plot") != NULL;
    w->seeds = w->jobs = 1;
    pv_status status = pv_option_count(a, "--seeds", 1, 100000, &w->seeds);
    return status ? status : pv_option_count(a, "--jobs", 1, 1024, &w->jobs);
}

static pv_status train_recipe(const pv_run *recipe, const wishes *w)
{
    pv_run *runs = pv_alloc_array(w->seeds, sizeof *runs);
    pv_status status = runs ? PV_OK : pv_last_status();
    uint64_t made = 0;
    while (status == PV_OK && made < w->seeds) {
        status = create_run(&runs[made], recipe, w, made);
        made++;
    }
    status = status ? status : train_all(runs, w);
    status = status ? status : record_and_plot(runs, w);
    if (status == PV_OK && !w->quiet) {
        say_where(runs, w);
    }
    for (uint64_t i = 0; i < made; i++) {
        pv_run_free(&runs[i]);
    }
    pv_free(runs);
    return status;
}

static pv_status run_train(const pv_arguments *arguments)
{
    /* the only change of the arguments: a file adds what the line left out */
    pv_arguments *a = (pv_arguments *)(uintptr_t)arguments;
    const char *config = pv_option_text(a, "--config");
    pv_status status = config ? pv_arguments_config(a, config) : PV_OK;
    status = status ? status : pv_arguments_check(a);
    if (status) {
        return status;
    }
    wishes w;
    pv_run recipe;
    pv_run_init(&recipe);
    status = read_wishes(a, &w);
    status = status ? status : read_recipe(a, &w, &recipe);
    status = status ? status : name_wrap(&recipe, &w);
    if (status == PV_OK && w.jobs > 1 &&
        (pv_world_class(recipe.world)->flags & PV_ONE_PER_PROCESS)) {
        status =
            pv_fail(PV_ERROR_ARGUMENT, "world %s can be there only once in a process; use --jobs 1",
                    pv_world_class(recipe.world)->id);
    }
    if (status == PV_OK && recipe.lean && w.record) {
        status = pv_fail(PV_ERROR_ARGUMENT,
                         "--record needs the checkpoint that --lean leaves out; give one of them");
    }
    if (status == PV_OK) {
        status = pv_option_text(a, "--dry-run") ? pv_run_print(&recipe) : train_recipe(&recipe, &w);
    }
    pv_run_free(&recipe);
    return status;
}

static const pv_option options[] = {
    {"--steps", "N", "decisions to train for, over all lanes (20k, 5M)", 0},
    {"--episodes", "N", "episodes to train for", 0},
    {"--seed", "S", "of the run, 1 if not given", 0},
    {"--seeds", "K", "train K runs, with seeds S to S+K-1", 0},
    {"--jobs", "J", "runs at a time", 0},
    {"--lanes", "L", "copies of the world stepped together, those of the preset if not given", 0},
    {"--workers", "W", "asynchronous workers, for agents that have them", 0},
    {"--threads", "N", "threads that step the lanes; the result is the same", 0},
    {"--wrap", "TEXT",
     "wrappers between world and agent, \"skip 4, stack 4\", or none (pavlov list wrappers)", 0},
    {"--set", "name=value", "a parameter of the agent (pavlov info AGENT ENV lists them)", 1},
    {"--net", "TEXT", "the agent's network (pavlov list layers), short for --set net=TEXT", 0},
    {"--config", "FILE.json",
     "options from a file: {\"agent\": ..., \"steps\": ..., \"set\": {...}}", 0},
    {"--out", "DIR", "the run folder (with --seeds: DIR/seed-S)", 0},
    {"--eval-every", "N", "evaluate after every N steps", 0},
    {"--eval-episodes", "N", "episodes of such an evaluation, 10 if not given", 0},
    {"--max-length", "N", "longest evaluation episode in worlds without a limit, 10000", 0},
    {"--stop-at", "RETURN", "stop when the last 100 episodes average this", 0},
    {"--metrics-every", "N", "steps between two rows of metrics, a hundredth of the run", 0},
    {"--checkpoint-every", "SECONDS", "60 if not given", 0},
    {"--lean", NULL,
     "tables only, for sweeps of many short runs: no checkpoints, no waiting for the disk", 0},
    {"--record", NULL, "a video of the trained agent, video.webm in the run folder", 0},
    {"--plot", NULL, "the reward curve, curve.svg in the run folder", 0},
    {"--dry-run", NULL, "print the recipe as JSON, everything resolved, and train nothing", 0},
    {"--force", NULL, "replace an existing run", 0},
    {"--quiet", NULL, "no progress", 0},
    {"--verbose", NULL, "first say what it will train, with which kernels and parameters", 0},
};

const pv_command pv_command_train = {
    .name = "train",
    .positional = "AGENT ENV",
    .summary = "train an agent in a world",
    .least = 2,
    .most = 2,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_train,
};
