/* check_process.c: a test's verdict, and the process a test runs in. The check lies in memory that
   parent and child share, so whatever happens to the child the parent still reads how far it came;
   what the child prints (a sanitizer's report, an assertion) is caught and its telling line kept.
 */
#include "envs/host/check_tests.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct pv_chunk {
    pv_chunk *next;
    uint64_t unused[7]; /* keeps what follows aligned to 64 */
};

/* What a child printed, as far as it is kept. */
typedef struct output {
    char text[16384];
    size_t size;
} output;

int pv_check_fail(pv_check *check, const char *format, ...)
{
    if (check->outcome == PV_CHECK_FAILED) {
        return -1;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->message, sizeof check->message, format, arguments);
    va_end(arguments);
    check->outcome = PV_CHECK_FAILED;
    const size_t length = strlen(check->message);
    if (check->note[0]) {
        snprintf(check->message + length, sizeof check->message - length, " (%s)", check->note);
    }
    return -1;
}

void pv_check_skip(pv_check *check, const char *format, ...)
{
    if (check->outcome == PV_CHECK_PASSED) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(check->message, sizeof check->message, format, arguments);
        va_end(arguments);
        check->outcome = PV_CHECK_SKIPPED;
    }
}

double pv_check_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int pv_check_late(const pv_check *check)
{
    return pv_check_clock() - check->started > 0.5 * check->timeout;
}

void *pv_check_alloc(pv_check *check, size_t size)
{
    pv_chunk *chunk = size < SIZE_MAX / 2 ? pv_alloc(sizeof *chunk + size) : NULL;
    if (!chunk) {
        pv_check_fail(check, "out of memory for the test itself (%zu bytes)", size);
        return NULL;
    }
    chunk->next = check->chunks;
    check->chunks = chunk;
    return chunk + 1;
}

void pv_check_release(pv_check *check, const pv_chunk *mark)
{
    while (check->chunks != mark) {
        pv_chunk *chunk = check->chunks;
        check->chunks = chunk->next;
        pv_free(chunk);
    }
}

void pv_check_clean(pv_check *check)
{
    while (check->rigs) {
        pv_rig_destroy(check->rigs);
    }
    pv_check_release(check, NULL);
}

pv_check *pv_check_share(size_t count)
{
    FILE *file = tmpfile();
    void *memory = MAP_FAILED;
    if (file && ftruncate(fileno(file), (off_t)(count * sizeof(pv_check))) == 0) {
        memory = mmap(NULL, count * sizeof(pv_check), PROT_READ | PROT_WRITE, MAP_SHARED,
                      fileno(file), 0);
    }
    if (memory == MAP_FAILED) {
        pv_fail(PV_ERROR_MEMORY, "cannot share memory with the tests' processes: %s",
                strerror(errno));
    }
    if (file) {
        fclose(file);
    }
    return memory == MAP_FAILED ? NULL : memory;
}

void pv_check_unshare(pv_check *checks, size_t count)
{
    if (checks) {
        munmap(checks, count * sizeof *checks);
    }
}

/* Where the world was, in words. */
static const char *place_text(const pv_check *check, char *text, size_t size)
{
    const pv_place *place = &check->place;
    text[0] = '\0';
    if (place->call && place->step > 0) {
        snprintf(text, size, " in %s%s %llu of the episode with seed %llu", place->call,
                 strcmp(place->call, "step") == 0 ? "" : " after step",
                 (unsigned long long)place->step, (unsigned long long)place->seed);
    } else if (place->call) {
        snprintf(text, size, " in %s", place->call);
    }
    return text;
}

/* Returns the line of the output that tells most: a sanitizer's or an assertion's, else the last;
   NULL if it is empty. Cuts the text at the end of that line. */
static const char *telling_line(output *out, int alarming)
{
    static const char *const alarms[] = {"Sanitizer: ", "runtime error: ", "Assertion "};
    out->text[out->size < sizeof out->text ? out->size : sizeof out->text - 1] = '\0';
    char *line = NULL;
    for (size_t i = 0; !line && i < sizeof alarms / sizeof alarms[0]; i++) {
        line = strstr(out->text, alarms[i]);
    }
    if (!line && !alarming) {
        for (char *end = out->text + strlen(out->text); end > out->text && end[-1] == '\n';) {
            *--end = '\0';
        }
        line = strrchr(out->text, '\n');
        line = line ? line + 1 : out->text[0] ? out->text : NULL;
    }
    if (!line) {
        return NULL;
    }
    while (line > out->text && line[-1] != '\n') {
        line--;
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

/* Reads what there is; 0 at the end of the pipe. */
static int take_output(int fd, output *out)
{
    char bytes[4096];
    const ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    const size_t space = sizeof out->text - 1 - out->size;
    const size_t kept = (size_t)n < space ? (size_t)n : space;
    memcpy(out->text + out->size, bytes, kept);
    out->size += kept;
    return n > 0;
}

/* Waits for the child until the time is over, which kills it. Returns 1 if it had to. */
static int watch(pv_check *check, pid_t child, int fd, output *out, int *wait_status)
{
    int open = 1, late = 0;
    *wait_status = 0;
    for (;;) {
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        if (poll(&poller, open ? 1 : 0, open ? 20 : 1) > 0) {
            open = take_output(fd, out);
        }
        const pid_t ended = waitpid(child, wait_status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR)) {
            break;
        }
        if (!late && pv_check_clock() - check->started > check->timeout) {
            late = 1;
            kill(child, SIGKILL);
        }
    }
    for (size_t size = SIZE_MAX; open && size != out->size;) {
        size = out->size;
        open = take_output(fd, out);
    }
    return late;
}

/* Turns the end of the child into the outcome of the test. */
static void judge(pv_check *check, int late, int status, output *out)
{
    char where[128];
    place_text(check, where, sizeof where);
    const char *line = telling_line(out, check->finished);
    const char *colon = line ? ": " : "";
    line = line ? line : "";
    if (late) {
        pv_check_fail(check, "still running after %g s%s", check->timeout, where);
    } else if (!check->finished && WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);
        pv_check_fail(check, "crashed (signal %d: %s)%s%s%s", number, strsignal(number), where,
                      colon, line);
    } else if (!check->finished) {
        pv_check_fail(check, "ended the process (exit status %d)%s%s%s", WEXITSTATUS(status), where,
                      colon, line);
    } else if (*line) { /* a sanitizer knows better than any test */
        check->outcome = PV_CHECK_PASSED;
        pv_check_fail(check, "%s", line);
    }
}

/* The child: its output goes to the parent, nothing of the parent's is flushed at its end. */
static void run_child(pv_check *check, pv_check_function *run, const int fds[2])
{
    close(fds[0]);
    dup2(fds[1], STDOUT_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    alarm((unsigned)check->timeout + 5u); /* should the parent be gone */
    run(check);
    if (check->outcome != PV_CHECK_FAILED) {
        pv_check_clean(check);
    }
    check->finished = 1;
    _exit(0);
}

void pv_check_isolate(pv_check *check, pv_check_function *run)
{
    int fds[2];
    check->started = pv_check_clock();
    if (pipe(fds) != 0) {
        pv_check_fail(check, "no pipe for the test's process: %s", strerror(errno));
        return;
    }
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        run_child(check, run, fds);
    }
    close(fds[1]);
    if (child < 0) {
        pv_check_fail(check, "no process for the test: %s", strerror(errno));
    } else {
        output *out = pv_alloc(sizeof *out);
        int status;
        if (!out) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            pv_check_fail(check, "out of memory for the test itself");
        } else {
            fcntl(fds[0], F_SETFL, O_NONBLOCK);
            const int late = watch(check, child, fds[0], out, &status);
            judge(check, late, status, out);
        }
        pv_free(out);
    }
    close(fds[0]);
    check->rigs = NULL; /* the child's, gone with it */
    check->chunks = NULL;
}
