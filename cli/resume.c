/* resume.c: `pavlov resume`: goes on exactly where a run, or every unfinished run of a folder,
 * stopped. */
#include "cli/commands.h"
#include "cli/session.h"

#include "core/file.h"

#include <stdio.h>
#include <string.h>

/* a new bound takes the place of the old ones */
static pv_status read_bounds(const pv_arguments *a, pv_run *run)
{
    uint64_t steps = 0;
    uint64_t episodes = 0;
    pv_status status = pv_option_count(a, "--steps", 1, UINT64_MAX, &steps);
    status = status ? status : pv_option_count(a, "--episodes", 1, UINT64_MAX, &episodes);
    if (steps || episodes) {
        run->steps = steps;
        run->episodes = episodes;
    }
    return status;
}

static pv_status resume_one(const pv_arguments *a, const char *dir)
{
    pv_run run;
    pv_status status = pv_run_open(&run, dir);
    if (status) {
        return status;
    }
    uint64_t threads = 1;
    status = pv_option_count(a, "--threads", 1, 256, &threads);
    run.threads = (int)threads;
    status = status ? status : read_bounds(a, &run);
    const int bounded = pv_option_text(a, "--steps") || pv_option_text(a, "--episodes");
    if (status == PV_OK && strcmp(run.status, "finished") == 0 && !bounded) {
        printf("%s is finished; go on with --steps N or --episodes N\n", dir);
    } else if (status == PV_OK) {
        pv_progress progress;
        pv_progress_init(&progress, 1, pv_option_text(a, "--quiet") != NULL);
        status = pv_run_set(&run.status, "resumed"); /* the session notes that it runs again */
        status = status ? status : pv_session_run(&run, &progress);
        pv_progress_end(&progress);
    }
    pv_run_free(&run);
    return status;
}

static pv_status run_resume(const pv_arguments *a)
{
    char **dirs = NULL;
    int n = 0;
    pv_status status = pv_arguments_check(a);
    status = status ? status : pv_run_find(pv_argument(a, 0), &dirs, &n);
    if (status == PV_OK) {
        pv_session_catch_signals();
    }
    for (int i = 0; i < n && status == PV_OK; i++) {
        status = resume_one(a, dirs[i]);
    }
    pv_dir_list_free(dirs, n);
    return status;
}

static const pv_option options[] = {
    {"--steps", "N", "a new bound: steps in all, those done included", 0},
    {"--episodes", "N", "a new bound: episodes in all", 0},
    {"--threads", "N", "threads that step the lanes; the result is the same", 0},
    {"--quiet", NULL, "no progress", 0},
};

const pv_command pv_command_resume = {
    .name = "resume",
    .positional = "RUN",
    .summary = "go on with a run exactly where it stopped",
    .least = 1,
    .most = 1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_resume,
};
