/* file.c: files that survive a crash. A whole file is written under another name, synced and
   renamed; an append-only file counts its bytes, so that a checkpoint can say where to cut it. What
   one call appends goes to the system in one piece, so that a killed run leaves no half row. */
#include "core/file.h"

#include "core/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_AT_LEAST = 4096,
    APPEND_BUFFER = 64 * 1024,
    TEMPORARY_TRIES = 1000 /* names left over by killed processes that had the same number */
};

struct pv_append {
    char *path;
    int fd;
    int error;         /* errno of the first failure, 0: none */
    int name_synced;   /* the folder knows the file for good */
    uint64_t position; /* bytes handed to the system */
    size_t used;       /* bytes waiting in the buffer */
    char buffer[APPEND_BUFFER];
};

pv_status pv_file_fail(const char *verb, const char *path, int error)
{
    char reason[128];
    if (strerror_r(error, reason, sizeof reason) != 0) {
        snprintf(reason, sizeof reason, "error %d", error);
    }
    return pv_fail(error == ENOMEM ? PV_ERROR_MEMORY : PV_ERROR_FILE, "cannot %s %s: %s", verb,
                   path, reason);
}

/* Returns 0, or the errno of the failure. */
static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        const ssize_t written = write(fd, data, size);
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

/* fsync, for which pipes, devices and some file systems' folders have no meaning. Returns 0 or
   errno. */
static int sync_all(int fd)
{
    if (fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS) {
        return 0;
    }
    return errno;
}

/* Makes the name of a new file last. Returns 0 or errno. */
static int sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? pv_format_text("%.*s", (int)(slash - path + 1), path) : NULL;
    if (slash && !folder) {
        return ENOMEM;
    }
    const int fd = open(folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pv_free(folder);
    if (fd < 0) {
        /* a folder one may write to but not read cannot be synced */
        return errno == EACCES ? 0 : errno;
    }
    const int error = sync_all(fd);
    close(fd);
    return error;
}

/* --- whole files --- */

/* Reads to the end, growing the buffer; returns 0 or errno. */
static int read_all(int fd, size_t expected, char **data, size_t *size)
{
    size_t capacity = expected + READ_AT_LEAST;
    size_t used = 0;
    char *text = pv_alloc(capacity);
    if (!text) {
        return ENOMEM;
    }
    for (;;) {
        const ssize_t got = read(fd, text + used, capacity - used - 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            const int error = errno;
            pv_free(text);
            return error;
        }
        used += (size_t)got;
        if (got == 0) {
            break;
        }
        if (used + 1 == capacity) {
            char *grown = pv_realloc(text, capacity * 2);
            if (!grown) {
                pv_free(text);
                return ENOMEM;
            }
            text = grown;
            capacity *= 2;
        }
    }
    text[used] = '\0';
    *data = text;
    *size = used;
    return 0;
}

pv_status pv_file_read(const char *path, char **data, size_t *size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return pv_file_fail("read", path, errno);
    }
    struct stat about;
    size_t expected = 0;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
        expected = (size_t)about.st_size;
    }
    size_t used = 0;
    const int error = read_all(fd, expected, data, &used);
    close(fd);
    if (error) {
        return pv_file_fail("read", path, error);
    }
    if (size) {
        *size = used;
    }
    return PV_OK;
}

/* Writes and closes the file behind `fd`; returns 0 or errno. */
static int fill(int fd, const void *data, size_t size, int sync)
{
    int error = write_all(fd, data, size);
    if (!error && sync) {
        error = sync_all(fd);
    }
    if (close(fd) != 0 && !error) {
        error = errno;
    }
    return error;
}

/* Opens a new file beside `path`; the caller frees *name. Returns its descriptor, -1 with errno on
   failure. The process number tells processes apart, O_EXCL threads. */
static int open_beside(const char *path, char **name)
{
    for (int i = 0; i < TEMPORARY_TRIES; i++) {
        *name = pv_format_text("%s.tmp.%ld.%d", path, (long)getpid(), i);
        if (!*name) {
            errno = ENOMEM;
            return -1;
        }
        const int fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            return fd;
        }
        const int error = errno;
        pv_free(*name);
        *name = NULL;
        errno = error;
        if (error != EEXIST) {
            return -1;
        }
    }
    return -1;
}

static pv_status write_file(const char *path, const void *data, size_t size, int sync)
{
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) {
        /* a pipe or a device is written to, never replaced */
        const int fd = open(path, O_WRONLY | O_CLOEXEC);
        const int error = fd < 0 ? errno : fill(fd, data, size, sync);
        return error ? pv_file_fail("write", path, error) : PV_OK;
    }
    char *beside = NULL;
    const int fd = open_beside(path, &beside);
    if (fd < 0) {
        return pv_file_fail("write", path, errno);
    }
    int error = fill(fd, data, size, sync);
    if (!error && rename(beside, path) != 0) {
        error = errno;
    }
    if (error) {
        unlink(beside);
    } else if (sync) {
        error = sync_folder_of(path);
    }
    pv_free(beside);
    return error ? pv_file_fail("write", path, error) : PV_OK;
}

pv_status pv_file_write(const char *path, const void *data, size_t size)
{
    return write_file(path, data, size, 1);
}

pv_status pv_file_write_unsynced(const char *path, const void *data, size_t size)
{
    return write_file(path, data, size, 0);
}

pv_status pv_file_copy(const char *from, const char *to)
{
    char *data;
    size_t size;
    pv_status status = pv_file_read(from, &data, &size);
    if (status == PV_OK) {
        status = pv_file_write(to, data, size);
        pv_free(data);
    }
    return status;
}

/* --- append-only files --- */

/* Cuts the file to `length` bytes and goes to its end; returns 0 or errno, -1 if it is shorter than
   that, with how long it is in *actual. */
static int cut(int fd, uint64_t length, uint64_t *actual)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return errno;
    }
    *actual = (uint64_t)about.st_size;
    if (!S_ISREG(about.st_mode)) {
        return length == 0 ? 0 : ESPIPE;
    }
    if (*actual < length) {
        return -1;
    }
    if (ftruncate(fd, (off_t)length) != 0 || lseek(fd, 0, SEEK_END) < 0) {
        return errno;
    }
    return 0;
}

pv_append *pv_append_open(const char *path, uint64_t length)
{
    int error = ENOMEM;
    uint64_t actual = 0;
    pv_append *append = pv_alloc(sizeof *append);
    if (!append) {
        goto fail;
    }
    append->fd = -1;
    append->position = length;
    append->path = pv_copy_text(path);
    if (!append->path) {
        goto fail;
    }
    append->fd = open(path, O_WRONLY | O_CLOEXEC | (length == 0 ? O_CREAT : 0), 0666);
    if (append->fd < 0) {
        error = errno;
        goto fail;
    }
    error = cut(append->fd, length, &actual);
    if (error == 0) {
        return append;
    }
fail:
    if (error == -1) {
        pv_fail(PV_ERROR_FORMAT,
                "%s is shorter (%" PRIu64 " bytes) than the %" PRIu64
                " bytes its run wrote; it was damaged",
                path, actual, length);
    } else {
        pv_file_fail("append to", path, error);
    }
    if (append) {
        if (append->fd >= 0) {
            close(append->fd);
        }
        pv_free(append->path);
        pv_free(append);
    }
    return NULL;
}

/* Keeps the first failure and tells it. */
static pv_status appended(pv_append *append, int error)
{
    if (!append->error) {
        append->error = error;
    }
    return append->error ? pv_file_fail("write", append->path, append->error) : PV_OK;
}

pv_status pv_append_flush(pv_append *append)
{
    int error = append->error;
    if (!error) {
        error = write_all(append->fd, append->buffer, append->used);
    }
    if (!error) {
        append->position += append->used;
        append->used = 0;
    }
    return appended(append, error);
}

pv_status pv_append_write(pv_append *append, const void *data, size_t size)
{
    if (append->error) {
        return appended(append, append->error);
    }
    if (size > sizeof append->buffer - append->used && pv_append_flush(append) != PV_OK) {
        return pv_last_status();
    }
    if (size <= sizeof append->buffer - append->used) {
        memcpy(append->buffer + append->used, data, size);
        append->used += size;
        return PV_OK;
    }
    const int error = write_all(append->fd, data, size);
    if (!error) {
        append->position += size;
    }
    return appended(append, error);
}

pv_status pv_append_print(pv_append *append, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    if ((size_t)length < sizeof line) {
        return pv_append_write(append, line, (size_t)length);
    }
    char *text = pv_alloc((size_t)length + 1);
    if (!text) {
        return appended(append, ENOMEM);
    }
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    const pv_status status = pv_append_write(append, text, (size_t)length);
    pv_free(text);
    return status;
}

pv_status pv_append_sync(pv_append *append)
{
    if (pv_append_flush(append) != PV_OK) {
        return pv_last_status();
    }
    int error = sync_all(append->fd);
    if (!error && !append->name_synced) {
        error = sync_folder_of(append->path);
        append->name_synced = !error;
    }
    return appended(append, error);
}

uint64_t pv_append_length(const pv_append *append)
{
    return append->position + append->used;
}

pv_status pv_append_close(pv_append *append)
{
    if (!append) {
        return PV_OK;
    }
    pv_append_flush(append);
    if (close(append->fd) != 0 && !append->error) {
        append->error = errno;
    }
    const pv_status status = appended(append, append->error);
    pv_free(append->path);
    pv_free(append);
    return status;
}
