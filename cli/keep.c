/* keep.c: `pavlov keep`: what there is to tell of finished runs in a few KB each: the recipe, a
   thinned curve, chosen metrics and numbers. plot and compare take such a folder for the run. */
#include "cli/commands.h"
#include "cli/curve.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/number.h"

#include <stdio.h>
#include <string.h>

/* --- the table --- */

static pv_status put_row(pv_append *table, double step, double episode, const char *name,
                         double value)
{
    return pv_append_print(table, "%.0f,%.0f,%s,%.6g\n", step, episode, name, value);
}

/* the rows of the return, of the length or of a metric */
static pv_status put_curve(pv_append *table, const pv_run *run, const char *y, size_t points)
{
    pv_curve curve;
    pv_status status = pv_curve_read(&curve, run, y);
    if (status) {
        return status;
    }
    if (pv_curve_of_episodes(y)) {
        pv_curve_thin(&curve, points);
    }
    for (size_t i = 0; i < curve.n && status == PV_OK; i++) {
        status = put_row(table, curve.step[i], curve.episode[i], y, curve.value[i]);
    }
    pv_curve_free(&curve);
    return status;
}

/* the row of --add NAME=NUMBER, told at the end of the run */
static pv_status put_number(pv_append *table, const pv_run *run, const char *text)
{
    const char *equals = strchr(text, '=');
    double value;
    if (!equals || equals == text || strcspn(text, ",\"\n") < strlen(text) ||
        pv_number_read(equals + 1, &value)) {
        return pv_fail(PV_ERROR_ARGUMENT, "--add %s: it takes NAME=NUMBER", text);
    }
    pv_curve curve;
    pv_status status = pv_curve_read(&curve, run, "episodes");
    char *name = status ? NULL : pv_copy_text(text);
    if (name) {
        name[equals - text] = '\0';
        status = put_row(table, curve.steps, curve.episodes, name, value);
    }
    status = status || name ? status : pv_last_status();
    pv_free(name);
    pv_curve_free(&curve);
    return status;
}

static pv_status put_all(pv_append *table, const pv_run *run, const pv_arguments *a)
{
    uint64_t points = 100;
    const char *text = NULL;
    pv_status status = pv_option_count(a, "--points", 1, 100000, &points);
    status = status ? status : pv_append_print(table, "step,episode,name,value\n");
    status = status ? status : put_curve(table, run, "return", (size_t)points);
    for (int i = 0; status == PV_OK && (text = pv_option_each(a, "--y", i)); i++) {
        status = put_curve(table, run, text, (size_t)points);
    }
    for (int i = 0; status == PV_OK && (text = pv_option_each(a, "--add", i)); i++) {
        status = put_number(table, run, text);
    }
    return status;
}

/* --- the folder --- */

/* makes the table under another name; that it has its own says that all is kept */
static pv_status write_table(const pv_run *run, const pv_arguments *a, const char *dir)
{
    char *unfinished = pv_path_join(dir, "curve.csv.new");
    char *path = pv_path_join(dir, "curve.csv");
    pv_append *table = unfinished && path ? pv_append_open(unfinished, 0) : NULL;
    pv_status status = table ? put_all(table, run, a) : pv_last_status();
    const pv_status closed = table ? pv_append_close(table) : status;
    status = status ? status : closed;
    status = status ? status : pv_file_copy(unfinished, path);
    if (table) {
        const pv_status removed = pv_path_remove(unfinished);
        status = status ? status : removed;
    }
    pv_free(unfinished);
    pv_free(path);
    return status;
}

static pv_status copy_recipe(const pv_run *run, const char *dir)
{
    char *from = pv_run_path(run, "run.json");
    char *to = pv_path_join(dir, "run.json");
    pv_status status = from && to ? pv_file_copy(from, to) : pv_last_status();
    pv_free(from);
    pv_free(to);
    return status ? status : pv_run_copy_files(run, dir);
}

/* a folder that is there already must hold nothing that would be lost */
static pv_status check_folder(const char *dir)
{
    static const char *const taken[] = {"curve.csv", "episodes.csv"};
    for (int i = 0; i < 2; i++) {
        char *path = pv_path_join(dir, taken[i]);
        const int there = path && pv_file_exists(path);
        pv_free(path);
        if (there) {
            return pv_fail(PV_ERROR_EXISTS, "%s holds a %s already; choose another folder", dir,
                           i ? "run" : "kept run");
        }
    }
    return PV_OK;
}

static pv_status keep_run(const pv_run *run, const pv_arguments *a, const char *dir)
{
    if (strcmp(run->status, "finished") != 0) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s is not finished; go on with: pavlov resume %s",
                       run->dir, run->dir);
    }
    if (pv_run_is_kept(run)) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s is what was kept of a run already; copy it",
                       run->dir);
    }
    const int there = pv_dir_exists(dir);
    pv_status status = there ? check_folder(dir) : pv_dir_create(dir);
    status = status ? status : copy_recipe(run, dir);
    status = status ? status : write_table(run, a, dir);
    if (status && !there) {
        char message[1024];
        snprintf(message, sizeof message, "%s", pv_last_error());
        pv_path_remove(dir);
        return pv_fail(status, "%s", message);
    }
    return status;
}

static pv_status run_keep(const pv_arguments *a)
{
    pv_run run;
    pv_status status = pv_arguments_check(a);
    const char *dir = pv_option_text(a, "--out");
    if (status == PV_OK && !dir) {
        status = pv_fail(PV_ERROR_ARGUMENT, "where to? add --out DIR");
    }
    status = status ? status : pv_run_open(&run, pv_argument(a, 0));
    if (status == PV_OK) {
        status = keep_run(&run, a, dir);
        pv_run_free(&run);
    }
    return status;
}

static const pv_option options[] = {
    {"--out", "DIR", "the folder to keep it in: run.json and curve.csv", 0},
    {"--points", "N", "points of the curve, 100 if not given; each is the mean of as many episodes",
     0},
    {"--y", "WHAT", "keep this beside the return: length, evaluation or a metric's name", 1},
    {"--add", "NAME=NUMBER", "keep this number too; plot and compare find it as they do a metric",
     1},
};

const pv_command pv_command_keep = {
    .name = "keep",
    .positional = "RUN --out DIR",
    .summary = "what a finished run tells, in a few KB, for plot and compare",
    .least = 1,
    .most = 1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_keep,
};
