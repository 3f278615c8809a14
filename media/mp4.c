/* MP4 through the ffmpeg that the user has: the pictures go raw into its standard input, and what
   it complains about comes back through a second pipe, whose last line becomes the error message.
   Both pipes are served by one poll, so that neither side waits for the other for ever. */
#include "media/encoder.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct mp4_state {
    pv_encoder_config config;
    pid_t child;    /* 0: none */
    int to_child;   /* raw pictures; -1: closed */
    int from_child; /* its standard error; -1: closed */
    char line[200]; /* the last line it said, ended by 0 */
    size_t used;    /* bytes in it */
    int line_ended; /* 1: the next byte begins another */
} mp4_state;

/* --- starting it --- */

/* Returns the path of the first ffmpeg on the PATH that can be run; the caller frees it. */
static char *find_ffmpeg(void)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        const size_t n = strcspn(path, ":");
        char *file = pv_format_text("%.*s/ffmpeg", (int)n, path);
        if (!file || (n > 0 && access(file, X_OK) == 0)) {
            return file;
        }
        pv_free(file);
        path += n + (path[n] == ':');
    }
    pv_fail(PV_ERROR_FILE, "there is no ffmpeg on the PATH, which writes .mp4; install it "
                           "(Debian: apt install ffmpeg) or choose another ending");
    return NULL;
}

/* A pipe whose ends are not 0, 1 or 2, even where the program has closed those. */
static int make_pipe(int ends[2])
{
    int low[2];
    if (pipe(low) != 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(low[i]);
    }
    return ends[0] >= 0 && ends[1] >= 0 ? 0 : -1;
}

/* In the child, where only calls that are safe after fork are allowed. */
static void become_ffmpeg(const char *file, char *const *arguments, int in, int error)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* Ctrl-C is for the program alone: it decides how the file ends */
    const int nothing = open("/dev/null", O_WRONLY);
    if (nothing >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(nothing, STDOUT_FILENO) >= 0 &&
        dup2(error, STDERR_FILENO) >= 0) {
        execv(file, arguments);
    }
    static const char message[] = "it could not be started\n";
    const ssize_t written = write(error, message, sizeof message - 1u);
    _exit(written > 0 ? 127 : 126);
}

static pv_status start(mp4_state *s, const char *file, char *const *arguments)
{
    int in[2] = {-1, -1};
    int error[2] = {-1, -1};
    if (make_pipe(in) == 0 && make_pipe(error) == 0) {
        s->child = fork();
        if (s->child == 0) {
            become_ffmpeg(file, arguments, in[0], error[1]);
        }
    } else {
        s->child = -1;
    }
    const int why = errno;
    if (in[0] >= 0) {
        close(in[0]);
    }
    if (error[1] >= 0) {
        close(error[1]);
    }
    s->to_child = in[1];
    s->from_child = error[0];
    if (s->child < 0) {
        s->child = 0;
        return pv_fail(PV_ERROR, "cannot start %s: %s", file, strerror(why));
    }
    fcntl(s->to_child, F_SETFL, O_NONBLOCK);
    fcntl(s->from_child, F_SETFL, O_NONBLOCK);
    return PV_OK;
}

static pv_status start_writing(mp4_state *s, const char *file, const char *size, const char *rate,
                               const char *out)
{
    /* H.264 as every browser plays it, colours declared as they are converted */
    const char *const arguments[] = {"ffmpeg",
                                     "-hide_banner",
                                     "-loglevel",
                                     "error",
                                     "-y",
                                     "-f",
                                     "rawvideo",
                                     "-pix_fmt",
                                     "rgb24",
                                     "-video_size",
                                     size,
                                     "-framerate",
                                     rate,
                                     "-i",
                                     "pipe:0",
                                     "-an",
                                     "-vf",
                                     "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p",
                                     "-c:v",
                                     "libx264",
                                     "-preset",
                                     "veryfast",
                                     "-crf",
                                     "18",
                                     "-color_range",
                                     "tv",
                                     "-colorspace",
                                     "smpte170m",
                                     "-color_primaries",
                                     "bt709",
                                     "-color_trc",
                                     "iec61966-2-1",
                                     "-movflags",
                                     "+faststart",
                                     "-f",
                                     "mp4",
                                     out,
                                     NULL};
    return start(s, file, (char *const *)arguments);
}

static pv_status mp4_open(void *state, const pv_encoder_config *config)
{
    mp4_state *s = state;
    s->config = *config;
    s->to_child = -1;
    s->from_child = -1;
    char *file = find_ffmpeg();
    if (!file) {
        return pv_fail_in("cannot write %s", config->output->path);
    }
    char *size = pv_format_text("%dx%d", config->width, config->height);
    char *rate = pv_format_text("%.10g", config->fps);
    /* a path that begins with "-" or holds a ":" would be read as something else */
    char *out = pv_format_text("file:%s", config->output->part);
    const pv_status status =
        size && rate && out ? start_writing(s, file, size, rate, out) : PV_ERROR_MEMORY;
    pv_free(file);
    pv_free(size);
    pv_free(rate);
    pv_free(out);
    return status;
}

/* --- talking to it --- */

/* Keeps the last line of what it says; lines longer than the room lose their end. */
static void hear(mp4_state *s, const char *bytes, ssize_t n)
{
    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            s->line_ended = 1;
            continue;
        }
        if (s->line_ended) {
            s->used = 0;
            s->line_ended = 0;
        }
        if (s->used + 1u < sizeof s->line) {
            s->line[s->used++] = bytes[i];
            s->line[s->used] = 0;
        }
    }
}

static void close_end(int *descriptor)
{
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

/* Reads what there is to hear. */
static void listen_now(mp4_state *s)
{
    char bytes[512];
    const ssize_t n = read(s->from_child, bytes, sizeof bytes);
    if (n > 0) {
        hear(s, bytes, n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_end(&s->from_child);
    }
}

/* write() that answers a closed pipe with EPIPE and never with a signal to the program: SIGPIPE is
   blocked around it and taken back if it came. */
static ssize_t write_unsignalled(int descriptor, const void *data, size_t size)
{
    sigset_t pipe_only;
    sigset_t before;
    sigset_t pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    const int was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    const ssize_t n = write(descriptor, data, size);
    const int why = errno;
    if (n < 0 && why == EPIPE && !was_pending) {
        int taken;
        sigpending(&pending);
        if (sigismember(&pending, SIGPIPE)) {
            sigwait(&pipe_only, &taken);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = why;
    return n;
}

/* Waits until it ends; returns its exit status, -1 if it did not end by itself. */
static int wait_for_child(mp4_state *s)
{
    int status = 0;
    pid_t ended;
    do {
        ended = waitpid(s->child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    s->child = 0;
    return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Closes its input, hears it out, waits for its end and says why if it failed. */
static pv_status end_child(mp4_state *s)
{
    close_end(&s->to_child);
    while (s->from_child >= 0) {
        struct pollfd wait = {.fd = s->from_child, .events = POLLIN};
        poll(&wait, 1, -1);
        listen_now(s);
    }
    const int status = wait_for_child(s);
    if (status == 0) {
        return PV_OK;
    }
    return pv_fail(PV_ERROR, "cannot write %s: ffmpeg %s: %s", s->config.output->path,
                   status < 0 ? "was killed" : "failed", s->used > 0 ? s->line : "it said nothing");
}

static pv_status mp4_add(void *state, const uint8_t *rgb)
{
    mp4_state *s = state;
    size_t left = (size_t)s->config.width * 3u * (size_t)s->config.height;
    while (left > 0) {
        struct pollfd wait[2] = {{.fd = s->to_child, .events = POLLOUT},
                                 {.fd = s->from_child, .events = POLLIN}};
        if (poll(wait, 2, -1) < 0 && errno != EINTR) {
            return pv_fail(PV_ERROR, "cannot write %s: poll: %s", s->config.output->path,
                           strerror(errno));
        }
        if (wait[1].revents) {
            listen_now(s);
        }
        if (!wait[0].revents) {
            continue;
        }
        const ssize_t n = write_unsignalled(s->to_child, rgb, left);
        if (n >= 0) {
            rgb += n;
            left -= (size_t)n;
        } else if (errno != EAGAIN && errno != EINTR) {
            const pv_status status = end_child(s);
            return status != PV_OK ? status
                                   : pv_fail(PV_ERROR, "cannot write %s: ffmpeg ended too early",
                                             s->config.output->path);
        }
    }
    return PV_OK;
}

static pv_status mp4_finish(void *state)
{
    return end_child(state);
}

static void mp4_free(void *state)
{
    mp4_state *s = state;
    close_end(&s->to_child);
    close_end(&s->from_child);
    if (s->child > 0) {
        kill(s->child, SIGKILL);
        wait_for_child(s);
    }
}

const pv_encoder_class pv_encoder_mp4 = {.ending = ".mp4",
                                         .even = 1,
                                         .size = sizeof(mp4_state),
                                         .open = mp4_open,
                                         .add = mp4_add,
                                         .finish = mp4_finish,
                                         .free = mp4_free};
