/* progress.c: how far a training run is, for a person. */
#include "cli/progress.h"

#include "cli/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void pv_progress_init(pv_progress *progress, int runs, int quiet)
{
    memset(progress, 0, sizeof *progress);
    atomic_init(&progress->done, 0);
    atomic_init(&progress->steps, 0);
    atomic_flag_clear(&progress->writing);
    progress->quiet = quiet;
    progress->terminal = isatty(STDERR_FILENO);
    progress->runs = runs;
    progress->began = progress->last = pv_seconds();
}

/* takes the pen if it is time to write; 0: not now */
static int begin_writing(pv_progress *progress, int now)
{
    if (progress->quiet || atomic_flag_test_and_set(&progress->writing)) {
        return 0;
    }
    const double interval = progress->terminal ? 0.1 : 5.0;
    const double seconds = pv_seconds();
    if (!now && seconds - progress->last < interval) {
        atomic_flag_clear(&progress->writing);
        return 0;
    }
    progress->last = seconds;
    return 1;
}

static void finish_writing(pv_progress *progress, const char *line)
{
    fprintf(stderr, progress->terminal ? "\r%s\x1b[K" : "%s\n", line);
    fflush(stderr);
    atomic_flag_clear(&progress->writing);
}

/* "1.2M", "34k", "560" */
static void format_count(char *text, size_t size, double count)
{
    if (count >= 1e6) {
        snprintf(text, size, "%.2fM", count / 1e6);
    } else if (count >= 1e4) {
        snprintf(text, size, "%.0fk", count / 1e3);
    } else {
        snprintf(text, size, "%.0f", count);
    }
}

static void format_time(char *text, size_t size, double seconds)
{
    const long s = seconds < 1e9 ? lround(seconds) : 0;
    if (s >= 3600) {
        snprintf(text, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    } else {
        snprintf(text, size, "%ld:%02ld", s / 60, s % 60);
    }
}

void pv_progress_run(pv_progress *progress, const pv_trainer *trainer, uint64_t bound_steps,
                     uint64_t bound_episodes, double loss, int now)
{
    if (!begin_writing(progress, now)) {
        return;
    }
    const double steps = (double)pv_trainer_steps(trainer);
    const double part_steps = bound_steps ? steps / (double)bound_steps : 0.0;
    const double part_episodes =
        bound_episodes ? (double)pv_trainer_episodes(trainer) / (double)bound_episodes : 0.0;
    const double part = fmin(1.0, fmax(part_steps, part_episodes));
    const double seconds = progress->last - progress->began;
    const double here = (double)atomic_load(&progress->steps);
    const double speed = seconds > 0.0 ? here / seconds : 0.0;
    char count[16];
    char rate[16];
    char left[24];
    char tail[64] = "";
    format_count(count, sizeof count, steps);
    format_count(rate, sizeof rate, speed);
    /* what is left takes as long a step as what was done in this sitting */
    const double steps_left = part > 0.0 ? steps / part - steps : 0.0;
    format_time(left, sizeof left, speed > 0.0 ? steps_left / speed : 0.0);
    if (!isnan(loss)) {
        snprintf(tail, sizeof tail, "  loss %.4g", loss);
    }
    char line[256];
    snprintf(line, sizeof line,
             "%5.1f%%  %s steps  %llu episodes  %s steps/s  ETA %s  return %.4g%s", 100.0 * part,
             count, (unsigned long long)pv_trainer_episodes(trainer), rate, left,
             pv_trainer_recent_return(trainer), tail);
    finish_writing(progress, line);
}

void pv_progress_many(pv_progress *progress, int now)
{
    if (!begin_writing(progress, now)) {
        return;
    }
    const int done = atomic_load(&progress->done);
    const double seconds = progress->last - progress->began;
    const double steps = (double)atomic_load(&progress->steps);
    char count[16];
    char rate[16];
    char left[24];
    format_count(count, sizeof count, steps);
    format_count(rate, sizeof rate, seconds > 0.0 ? steps / seconds : 0.0);
    format_time(left, sizeof left, done ? seconds / done * (progress->runs - done) : 0.0);
    char line[160];
    snprintf(line, sizeof line, "%d of %d runs done  %s steps  %s steps/s  ETA %s", done,
             progress->runs, count, rate, done ? left : "?");
    finish_writing(progress, line);
}

void pv_progress_end(pv_progress *progress)
{
    if (!progress->quiet && progress->terminal) {
        fputc('\n', stderr);
    }
}
