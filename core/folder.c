/* folder.c: folders and paths, the part of file.h that writes no bytes. */
#include "core/file.h"

#include "core/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int pv_file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode);
}

int pv_dir_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Makes one folder, the last part of the path so far. */
static pv_status make_folder(const char *path)
{
    if (mkdir(path, 0777) == 0) {
        return PV_OK;
    }
    const int error = errno;
    if (pv_dir_exists(path)) {
        return PV_OK;
    }
    if (error == EEXIST) {
        return pv_fail(PV_ERROR_FILE, "cannot create folder %s: there is a file of that name",
                       path);
    }
    return pv_file_fail("create folder", path, error);
}

pv_status pv_dir_create(const char *path)
{
    char *part = pv_copy_text(path);
    if (!part) {
        return PV_ERROR_MEMORY;
    }
    pv_status status = PV_OK;
    for (char *end = part; *end && status == PV_OK; end++) {
        if (*end == '/' && end > part) {
            *end = '\0';
            status = make_folder(part);
            *end = '/';
        }
    }
    if (status == PV_OK) {
        status = make_folder(part);
    }
    pv_free(part);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Puts the names of an open folder into a growing array; returns 0 or errno. */
static int collect_names(DIR *folder, char ***names, int *n)
{
    int capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) {
            return errno;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (*n == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            char **grown = pv_realloc(*names, (size_t)capacity * sizeof(char *));
            if (!grown) {
                return ENOMEM;
            }
            *names = grown;
        }
        char *name = pv_copy_text(entry->d_name);
        if (!name) {
            return ENOMEM;
        }
        (*names)[(*n)++] = name;
    }
}

pv_status pv_dir_list(const char *path, char ***names, int *n)
{
    *names = NULL;
    *n = 0;
    DIR *folder = opendir(path);
    const int error = folder ? collect_names(folder, names, n) : errno;
    if (folder) {
        closedir(folder);
    }
    if (error) {
        pv_dir_list_free(*names, *n);
        *names = NULL;
        *n = 0;
        return pv_file_fail("list folder", path, error);
    }
    if (*n > 1) {
        qsort(*names, (size_t)*n, sizeof(char *), compare_names);
    }
    return PV_OK;
}

void pv_dir_list_free(char **names, int n)
{
    for (int i = 0; i < n; i++) {
        pv_free(names[i]);
    }
    pv_free(names);
}

char *pv_path_join(const char *dir, const char *name)
{
    const size_t length = strlen(dir);
    const int bare = length == 0 || dir[length - 1] == '/';
    return pv_format_text("%s%s%s", dir, bare ? "" : "/", name);
}

/* Removes what is in a folder. */
static pv_status empty_folder(const char *path)
{
    char **names;
    int n;
    pv_status status = pv_dir_list(path, &names, &n);
    if (status != PV_OK) {
        return status;
    }
    for (int i = 0; i < n && status == PV_OK; i++) {
        char *inside = pv_path_join(path, names[i]);
        status = inside ? pv_path_remove(inside) : PV_ERROR_MEMORY;
        pv_free(inside);
    }
    pv_dir_list_free(names, n);
    return status;
}

pv_status pv_path_remove(const char *path)
{
    struct stat about;
    if (lstat(path, &about) != 0) {
        return errno == ENOENT ? PV_OK : pv_file_fail("remove", path, errno);
    }
    if (S_ISDIR(about.st_mode)) {
        const pv_status status = empty_folder(path);
        if (status != PV_OK) {
            return status;
        }
    }
    const int failed = S_ISDIR(about.st_mode) ? rmdir(path) : unlink(path);
    return failed ? pv_file_fail("remove", path, errno) : PV_OK;
}
