/* session.c: training in a run folder. The loop knows no clock and no files; here both come in:
   appended rows, metrics with wall time, checkpoints every so many seconds. */
#include "cli/session.h"

#include "agents/agent.h"
#include "agents/train.h"
#include "core/events.h"
#include "core/file.h"
#include "core/machine.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef enum log_file { LOG_EPISODES, LOG_METRICS, LOG_EVAL, LOG_EVENTS, LOG_FILES } log_file;

/* bytes of learning memory from which on a person is told */
static const uint64_t TOLD_FROM = 100000000;

typedef struct session {
    pv_run *run;
    pv_agent *agent;
    pv_trainer *trainer;
    pv_progress *progress;
    pv_append *log[LOG_FILES];
    pv_pool *pool;        /* for the lanes, NULL: none */
    int lock;             /* descriptor, see lock_run */
    double best;          /* mean return of the best evaluation, NaN before the first */
    double loss;          /* latest, NaN if the agent has none */
    double began, wall;   /* seconds of the clocks when this sitting began */
    double seconds;       /* of earlier sittings */
    uint64_t shown_steps; /* told to progress */
    uint64_t speed_steps; /* at the last report of steps per second */
    double speed_seconds;
    double updates, updates_seconds; /* at the last report of updates per second; NaN: not known */
} session;

/* --- signals --- */

static volatile sig_atomic_t interrupted; /* set by the handler, and by nothing else */

static void on_signal(int number)
{
    if (interrupted) {
        signal(number, SIG_DFL);
        raise(number);
    }
    interrupted = 1;
}

void pv_session_catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* --- what the loop tells --- */

static double elapsed(const session *s)
{
    return s->seconds + pv_seconds() - s->began;
}

static double wall_now(const session *s)
{
    return s->wall + pv_seconds() - s->began;
}

/* one scalar for TensorBoard, where the run writes for it */
static pv_status write_event(session *s, uint64_t step, const char *tag, double value)
{
    return s->log[LOG_EVENTS]
               ? pv_events_scalar(s->log[LOG_EVENTS], wall_now(s), step, tag, (float)value)
               : PV_OK;
}

static pv_status on_episode(void *ctx, const pv_train_episode *e)
{
    session *s = ctx;
    char value[32];
    pv_number_text(e->episode_return, value);
    pv_status status = pv_append_print(s->log[LOG_EPISODES], "%llu,%llu,%d,%d,%s,%llu\n",
                                       (unsigned long long)e->step, (unsigned long long)e->episode,
                                       e->lane, e->agent, value, (unsigned long long)e->length);
    status = status ? status : write_event(s, e->step, "episode/return", e->episode_return);
    return status ? status : write_event(s, e->step, "episode/length", (double)e->length);
}

static pv_status write_metric(session *s, uint64_t step, const char *name, double value)
{
    char text[32];
    char tag[80];
    pv_number_text(value, text);
    snprintf(tag, sizeof tag, "train/%s", name);
    const pv_status status = pv_append_print(s->log[LOG_METRICS], "%llu,%.3f,%s,%s\n",
                                             (unsigned long long)step, elapsed(s), name, text);
    return status ? status : write_event(s, step, tag, value);
}

static pv_status write_update_speed(session *s, uint64_t step, double updates)
{
    const double now = pv_seconds();
    const double rate = (updates - s->updates) / fmax(now - s->updates_seconds, 1e-9);
    s->updates = updates;
    s->updates_seconds = now;
    return isnan(rate) ? PV_OK : write_metric(s, step, "updates_per_second", rate);
}

static pv_status on_metric(void *ctx, uint64_t step, const char *name, double value)
{
    session *s = ctx;
    pv_status status = PV_OK;
    if (strcmp(name, "loss") == 0 || strcmp(name, "td_error") == 0) {
        s->loss = value;
    }
    if (strcmp(name, "average_reward") == 0) { /* once a report */
        const double now = pv_seconds();
        const double rate = (double)(step - s->speed_steps) / fmax(now - s->speed_seconds, 1e-9);
        s->speed_steps = step;
        s->speed_seconds = now;
        status = write_metric(s, step, "steps_per_second", rate);
    }
    status = status ? status : write_metric(s, step, name, value);
    return status || strcmp(name, "updates") != 0 ? status : write_update_speed(s, step, value);
}

static pv_status write_agent(const session *s, const char *name)
{
    char *path = pv_run_path(s->run, name);
    const pv_status status = path ? pv_agent_save(s->agent, path) : pv_last_status();
    pv_free(path);
    return status;
}

static pv_status on_evaluation(void *ctx, uint64_t step, const pv_evaluation *e)
{
    session *s = ctx;
    pv_status status = PV_OK;
    double sum = 0.0;
    for (int i = 0; i < e->episodes && status == PV_OK; i++) {
        char value[32];
        pv_number_text(e->returns[i], value);
        status = pv_append_print(s->log[LOG_EVAL], "%llu,%d,%s,%llu\n", (unsigned long long)step, i,
                                 value, (unsigned long long)e->lengths[i]);
        sum += e->returns[i];
    }
    const double mean = sum / e->episodes;
    status = status ? status : write_event(s, step, "eval/return", mean);
    if (status == PV_OK && !(mean <= s->best)) {
        s->best = mean;
        status = s->run->lean ? PV_OK : write_agent(s, "best.safetensors");
    }
    return status;
}

/* --- opening --- */

static const char *log_name(const session *s, log_file file)
{
    static const char *const names[LOG_FILES] = {"episodes.csv", "metrics.csv", "eval.csv", NULL};
    return names[file] ? names[file] : s->run->events;
}

static pv_status write_head(session *s, log_file file)
{
    static const char *const heads[LOG_FILES] = {"step,episode,lane,agent,return,length\n",
                                                 "step,seconds,name,value\n",
                                                 "step,episode,return,length\n", NULL};
    return heads[file] ? pv_append_print(s->log[file], "%s", heads[file])
                       : pv_events_begin(s->log[file], s->wall);
}

/* a lean run is spared files that nobody may look at */
static int is_wanted(const session *s, log_file file)
{
    return !s->run->lean || file == LOG_EPISODES || file == LOG_METRICS ||
           (file == LOG_EVAL && s->run->eval_every);
}

static pv_status open_logs(session *s, const uint64_t *length)
{
    pv_status status = PV_OK;
    for (int i = 0; i < LOG_FILES && status == PV_OK; i++) {
        if (!is_wanted(s, (log_file)i)) {
            continue;
        }
        char *path = pv_run_path(s->run, log_name(s, (log_file)i));
        s->log[i] = path ? pv_append_open(path, length[i]) : NULL;
        pv_free(path);
        status = s->log[i] ? PV_OK : pv_last_status();
        if (status == PV_OK && length[i] == 0) {
            status = write_head(s, (log_file)i);
        }
    }
    return status;
}

int pv_session_begun(const pv_run *run)
{
    char *path = pv_run_path(run, "resume.safetensors");
    const int begun = path && pv_file_exists(path);
    pv_free(path);
    return begun;
}

/* puts the trainer where resume.safetensors says, and fills the lengths of the logs */
static pv_status load(session *s, uint64_t *length)
{
    char *path = pv_run_path(s->run, "resume.safetensors");
    char *folder = pv_run_path(s->run, "replay");
    pv_tensors *tensors = path && folder ? pv_tensors_read(path) : NULL;
    pv_status status = tensors ? PV_OK : pv_last_status();
    if (status == PV_OK) {
        double numbers[2];
        status = pv_trainer_load(s->trainer, tensors);
        status =
            status ? status : pv_tensors_get(tensors, "files.length", PV_U64, length, LOG_FILES);
        status = status ? status : pv_tensors_get(tensors, "run.numbers", PV_F64, numbers, 2);
        status = status ? status : pv_agent_load_data(s->agent, folder, tensors);
        if (status) {
            pv_fail_in("%s", path);
        } else {
            s->best = numbers[0];
            s->seconds = numbers[1];
        }
    }
    pv_tensors_destroy(tensors);
    pv_free(folder);
    pv_free(path);
    return status;
}

static pv_trainer *create_trainer(session *s)
{
    const pv_run *run = s->run;
    pv_train_config config = pv_train_config_default(run->world, s->agent);
    config.lanes = run->lanes;
    config.seed = run->seed;
    config.steps = run->steps;
    config.episodes = run->episodes;
    config.stop_at = run->stop_at;
    config.eval_every = run->eval_every;
    config.eval_episodes = run->eval_episodes;
    config.max_length = run->max_length;
    config.metrics_every = run->metrics_every;
    config.pool = s->pool;
    config.ctx = s;
    config.on_episode = on_episode;
    config.on_metric = on_metric;
    config.on_evaluation = on_evaluation;
    return pv_trainer_create(&config);
}

/* One process at a time trains a run: whoever does holds a lock on its episodes.csv, which the
   system takes back however the process ends. */
static pv_status lock_run(session *s)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *path = pv_run_path(s->run, "episodes.csv");
    if (!path) {
        return pv_last_status();
    }
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    pv_status status = s->lock < 0 ? pv_file_fail("open", path, errno) : PV_OK;
    if (status == PV_OK && fcntl(s->lock, F_SETLK, &lock) && (errno == EACCES || errno == EAGAIN)) {
        status = pv_fail(PV_ERROR_EXISTS, "another process is training %s", s->run->dir);
    }
    pv_free(path);
    return status;
}

/* says, before it is taken, how much memory learning will take where that is much */
static void tell_memory(const session *s)
{
    const uint64_t size = pv_agent_learning_size(s->agent);
    const uint64_t available = pv_memory_available();
    char wanted[32];
    char there[32];
    if (size >= TOLD_FROM && !s->progress->quiet) {
        fprintf(stderr, "%s: replay memory: %s (%s free)\n", s->run->dir,
                pv_size_text(size, wanted), available ? pv_size_text(available, there) : "unknown");
    }
}

static pv_status open_session(session *s)
{
    uint64_t length[LOG_FILES] = {0};
    pv_status status = lock_run(s);
    if (status == PV_OK && strcmp(s->run->status, "running") != 0) {
        status = pv_run_set(&s->run->status, "running");
        status = status ? status : pv_run_write(s->run);
    }
    if (status) {
        return status;
    }
    s->pool = s->run->threads > 1 ? pv_pool_create(s->run->threads) : NULL;
    const int ready = s->pool || s->run->threads <= 1;
    s->agent = ready ? pv_run_agent(s->run, NULL) : NULL;
    if (s->agent) {
        tell_memory(s);
    }
    s->trainer = s->agent ? create_trainer(s) : NULL;
    status = s->trainer ? PV_OK : pv_last_status();
    if (status == PV_OK && pv_session_begun(s->run)) {
        status = load(s, length);
    }
    status = status ? status : open_logs(s, length);
    s->shown_steps = s->speed_steps = s->trainer ? pv_trainer_steps(s->trainer) : 0;
    return status;
}

/* --- checkpoints --- */

static pv_status write_resume(session *s)
{
    uint64_t length[LOG_FILES];
    for (int i = 0; i < LOG_FILES; i++) {
        length[i] = pv_append_length(s->log[i]);
    }
    const double numbers[2] = {s->best, elapsed(s)};
    char *path = pv_run_path(s->run, "resume.safetensors");
    char *folder = pv_run_path(s->run, "replay");
    pv_tensors *tensors = path && folder ? pv_tensors_create() : NULL;
    pv_status status = tensors ? pv_trainer_save(s->trainer, tensors) : pv_last_status();
    status = status ? status : pv_agent_save_data(s->agent, folder, tensors);
    status = status ? status : pv_tensors_add(tensors, "files.length", PV_U64, length, LOG_FILES);
    status = status ? status : pv_tensors_add(tensors, "run.numbers", PV_F64, numbers, 2);
    status = status ? status : pv_tensors_write(tensors, path);
    pv_tensors_destroy(tensors);
    pv_free(folder);
    pv_free(path);
    return status;
}

/* lets the reader of the logs see them, though they are not yet on the disk */
static pv_status flush_logs(session *s)
{
    pv_status status = PV_OK;
    for (int i = 0; i < LOG_FILES && status == PV_OK; i++) {
        status = s->log[i] ? pv_append_flush(s->log[i]) : PV_OK;
    }
    return status;
}

static pv_status checkpoint(session *s)
{
    if (s->run->lean) {
        return flush_logs(s);
    }
    pv_status status = PV_OK;
    for (int i = 0; i < LOG_FILES && status == PV_OK; i++) {
        status = pv_append_sync(s->log[i]);
    }
    status = status ? status : write_agent(s, "checkpoint.safetensors");
    return status ? status : write_resume(s);
}

/* --- training --- */

static void show(session *s, int now)
{
    const uint64_t steps = pv_trainer_steps(s->trainer);
    atomic_fetch_add(&s->progress->steps, steps - s->shown_steps);
    s->shown_steps = steps;
    if (s->progress->runs > 1) {
        pv_progress_many(s->progress, now);
    } else {
        pv_progress_run(s->progress, s->trainer, s->run->steps, s->run->episodes, s->loss, now);
    }
}

/* advances in pieces of some hundredths of a second, so that signals and clocks are heeded */
static pv_status train(session *s)
{
    double last_checkpoint = pv_seconds();
    double last_flush = last_checkpoint;
    uint64_t piece = 256;
    pv_status status = PV_OK;
    while (status == PV_OK && !interrupted && !pv_trainer_done(s->trainer)) {
        const double before = pv_seconds();
        status = pv_trainer_advance(s->trainer, piece);
        const double now = pv_seconds();
        piece = now - before < 0.02               ? piece * 2
                : now - before > 0.1 && piece > 1 ? piece / 2
                                                  : piece;
        show(s, 0);
        if (status == PV_OK && now - last_flush > 2.0) {
            status = flush_logs(s);
            last_flush = now;
        }
        if (status == PV_OK && now - last_checkpoint >= s->run->checkpoint_every) {
            status = checkpoint(s);
            last_checkpoint = pv_seconds();
        }
    }
    return status;
}

/* closes the logs; the first failure counts */
static pv_status close_logs(session *s, pv_status status)
{
    for (int i = 0; i < LOG_FILES; i++) {
        const pv_status closed = pv_append_close(s->log[i]);
        status = status ? status : closed;
        s->log[i] = NULL;
    }
    return status;
}

/* writes what became of the run; the error that ended it, if any, stays the last one */
static pv_status conclude(session *s, pv_status status)
{
    char message[1024];
    snprintf(message, sizeof message, "%s", pv_last_error());
    char now[32];
    pv_time_text(now);
    s->run->seconds = elapsed(s);
    const char *word = status ? "failed" : interrupted ? "interrupted" : "finished";
    pv_status written = pv_run_set(&s->run->status, word);
    written = written ? written : pv_run_set(&s->run->finished, now);
    written = written ? written : pv_run_write(s->run);
    if (status == PV_ERROR_NUMBER && pv_session_begun(s->run)) {
        return pv_fail(status, "%s; the last good checkpoint is %s/checkpoint.safetensors", message,
                       s->run->dir);
    }
    if (status) {
        return pv_fail(status, "%s", message);
    }
    if (written == PV_OK && interrupted) {
        return pv_fail(PV_ERROR_INTERRUPTED, "interrupted at step %llu; %s with: pavlov resume %s",
                       (unsigned long long)pv_trainer_steps(s->trainer),
                       s->run->lean ? "begin anew (a lean run has no checkpoint)" : "go on",
                       s->run->dir);
    }
    return written;
}

pv_status pv_session_run(pv_run *run, pv_progress *progress)
{
    session s = {.run = run, .progress = progress, .lock = -1, .best = NAN, .loss = NAN};
    s.began = s.speed_seconds = s.updates_seconds = pv_seconds();
    s.updates = pv_session_begun(run) ? NAN : 0.0;
    s.wall = (double)time(NULL);
    pv_status status = open_session(&s);
    if (status == PV_OK) {
        status = train(&s);
        status = status ? status : checkpoint(&s);
        status = close_logs(&s, status);
        show(&s, progress->runs == 1);
        atomic_fetch_add(&progress->done, 1);
        status = conclude(&s, status);
    }
    close_logs(&s, status);
    pv_trainer_destroy(s.trainer);
    pv_agent_destroy(s.agent);
    pv_pool_destroy(s.pool);
    if (s.lock >= 0) {
        close(s.lock);
    }
    return status;
}
