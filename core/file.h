/* file.h: files that survive a crash: whole files replaced atomically, and append-only files whose
   length is known and can be cut back. Every failure names the file and says why. */
#ifndef PAVLOV_CORE_FILE_H
#define PAVLOV_CORE_FILE_H

#include "pavlov/status.h"

/* Fails with "cannot <verb> <path>: <what the errno value means>", as all functions here do. */
pv_status pv_file_fail(const char *verb, const char *path, int error);

/* Reads a whole file; *data is ended by a 0 byte that *size (may be NULL) does not count, and is
   freed by the caller. */
pv_status pv_file_read(const char *path, char **data, size_t *size);

/* Writes a whole file beside `path`, syncs it, renames it over `path` and syncs the folder: at any
   moment there is the old file or the new one. On failure the old one stays and nothing is left
   over. */
pv_status pv_file_write(const char *path, const void *data, size_t size);

/* As pv_file_write, but does not wait for the disk: a killed program still leaves the old file or
   the new one, a power cut may leave neither. */
pv_status pv_file_write_unsynced(const char *path, const void *data, size_t size);

/* Makes a folder and those above it; an existing one is fine. */
pv_status pv_dir_create(const char *path);

/* Removes a folder and all in it, or a file; one that does not exist is fine. */
pv_status pv_path_remove(const char *path);

/* Returns 1 if there is such a file (pv_file_exists) or such a folder (pv_dir_exists). */
int pv_file_exists(const char *path);
int pv_dir_exists(const char *path);

/* Lists the names in a folder, without "." and "..", sorted; the caller frees with
 * pv_dir_list_free. */
pv_status pv_dir_list(const char *path, char ***names, int *n);
void pv_dir_list_free(char **names, int n);

/* Returns "dir/name"; the caller frees it; NULL for want of memory. */
char *pv_path_join(const char *dir, const char *name);

/* Copies a file atomically. */
pv_status pv_file_copy(const char *from, const char *to);

typedef struct pv_append pv_append;

/* Opens a file for appending, made if need be and cut to `length` bytes (a shorter file is damaged:
   an error). NULL on failure. Not for several threads at once. */
pv_append *pv_append_open(const char *path, uint64_t length);

/* Adds bytes; they may wait in a buffer. The first failure sticks: later calls return it again. */
pv_status pv_append_write(pv_append *append, const void *data, size_t size);
pv_status pv_append_print(pv_append *append, const char *format, ...) PV_PRINTF(2, 3);

/* Hands the buffer to the system (flush), and to the disk (sync). */
pv_status pv_append_flush(pv_append *append);
pv_status pv_append_sync(pv_append *append);

/* Returns how long the file is, buffered bytes included. */
uint64_t pv_append_length(const pv_append *append);

/* Flushes and closes; NULL is fine. Returns the first failure of its life. */
pv_status pv_append_close(pv_append *append);

#endif
