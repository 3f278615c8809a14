/* The worlds there are: the built-in table first, then every module of the searched folders, each
   id once, because that is the one an id alone opens. */
#include "envs/host/loader.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/params.h"
#include "pavlov/world.h"

#include <stdio.h>
#include <string.h>

/* a module that never returns NULL is damaged, not large */
enum { MAX_CLASSES = 4096 };

typedef struct listing {
    pv_world_entry *entries;
    int n, capacity;
} listing;

static int listing_has(const listing *list, const char *id)
{
    for (int i = 0; i < list->n; i++) {
        if (strcmp(list->entries[i].env_class->id, id) == 0) {
            return 1;
        }
    }
    return 0;
}

static pv_status listing_add(listing *list, const pv_env_class *env_class, const char *file)
{
    if (listing_has(list, env_class->id)) {
        return PV_OK;
    }
    if (list->n == list->capacity) {
        const int capacity = list->capacity ? 2 * list->capacity : 64;
        pv_world_entry *entries =
            pv_realloc(list->entries, (size_t)capacity * sizeof *list->entries);
        if (!entries) {
            return PV_ERROR_MEMORY;
        }
        list->entries = entries;
        list->capacity = capacity;
    }
    char *copy = file ? pv_copy_text(file) : NULL;
    if (file && !copy) {
        return PV_ERROR_MEMORY;
    }
    list->entries[list->n++] = (pv_world_entry){.env_class = env_class, .file = copy};
    return PV_OK;
}

static pv_status add_builtin(listing *list)
{
    for (size_t i = 0; pv_builtin_envs[i]; i++) {
        for (size_t j = 0; pv_builtin_envs[i][j]; j++) {
            if (listing_add(list, pv_builtin_envs[i][j], NULL)) {
                return PV_ERROR_MEMORY;
            }
        }
    }
    return PV_OK;
}

/* what of a module cannot be used is left out */
static pv_status add_module(listing *list, const char *path)
{
    pv_env_entry_function *entry = pv_module_open(path);
    for (uint32_t i = 0; entry && i < MAX_CLASSES; i++) {
        pv_status status = PV_OK;
        const pv_env_class *env_class = pv_module_class(entry, path, i, &status);
        if (!env_class && status == PV_OK) {
            break;
        }
        if (env_class && listing_add(list, env_class, path)) {
            return PV_ERROR_MEMORY;
        }
    }
    return entry || pv_last_status() != PV_ERROR_MEMORY ? PV_OK : PV_ERROR_MEMORY;
}

static int is_module_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name && (strcmp(dot, ".so") == 0 || strcmp(dot, ".dylib") == 0);
}

static pv_status add_folder(listing *list, const char *folder)
{
    char **names = NULL;
    int n = 0;
    if (!pv_dir_exists(folder)) {
        return PV_OK;
    }
    pv_status status = pv_dir_list(folder, &names, &n);
    if (status) {
        return status == PV_ERROR_MEMORY ? status : PV_OK;
    }
    for (int i = 0; i < n && status == PV_OK; i++) {
        if (!is_module_name(names[i])) {
            continue;
        }
        char *path = pv_path_join(folder, names[i]);
        status = path ? add_module(list, path) : PV_ERROR_MEMORY;
        pv_free(path);
    }
    pv_dir_list_free(names, n);
    return status;
}

pv_status pv_world_list(pv_world_entry **entries, int *n)
{
    listing list = {NULL, 0, 0};
    char **folders = pv_module_path();
    pv_status status = folders ? add_builtin(&list) : PV_ERROR_MEMORY;
    for (char **folder = folders; status == PV_OK && *folder; folder++) {
        status = add_folder(&list, *folder);
    }
    pv_module_path_free(folders);
    if (status) {
        pv_world_list_free(list.entries, list.n);
        *entries = NULL;
        *n = 0;
        return status;
    }
    pv_clear_error(); /* of the modules left out */
    *entries = list.entries;
    *n = list.n;
    return PV_OK;
}

void pv_world_list_free(pv_world_entry *entries, int n)
{
    for (int i = 0; i < n; i++) {
        pv_free(entries[i].file);
    }
    pv_free(entries);
}

/* --- finding one --- */

static const pv_env_class *find_builtin(const char *id)
{
    for (size_t i = 0; pv_builtin_envs[i]; i++) {
        for (size_t j = 0; pv_builtin_envs[i][j]; j++) {
            if (strcmp(pv_builtin_envs[i][j]->id, id) == 0) {
                return pv_builtin_envs[i][j];
            }
        }
    }
    return NULL;
}

static void fail_unknown(const char *id, const pv_world_entry *entries, int n)
{
    const char **ids = pv_alloc_array((size_t)n + 1, sizeof *ids);
    if (!ids) {
        return;
    }
    for (int i = 0; i < n; i++) {
        ids[i] = entries[i].env_class->id;
    }
    const char *near = pv_near_name(id, ids, n);
    if (is_module_name(id)) {
        pv_fail(PV_ERROR_ARGUMENT, "unknown world \"%s\"; a world of a module is \"%s#ID\"", id,
                id);
    } else if (near) {
        pv_fail(PV_ERROR_ARGUMENT, "unknown world \"%s\"; did you mean \"%s\"?", id, near);
    } else {
        pv_fail(PV_ERROR_ARGUMENT, "unknown world \"%s\"; `pavlov list envs` shows the known ones",
                id);
    }
    pv_free(ids);
}

const pv_env_class *pv_class_find(const char *id, char **file)
{
    *file = NULL;
    const pv_env_class *found = find_builtin(id);
    if (found) {
        return found;
    }
    pv_world_entry *entries = NULL;
    int n = 0;
    if (pv_world_list(&entries, &n)) {
        return NULL;
    }
    for (int i = 0; i < n && !found; i++) {
        if (strcmp(entries[i].env_class->id, id) == 0) {
            found = entries[i].env_class;
            *file = entries[i].file;
            entries[i].file = NULL;
        }
    }
    if (!found) {
        fail_unknown(id, entries, n);
    }
    pv_world_list_free(entries, n);
    return found;
}

/* "A", "B" and "C" of a module, as far as they go into a message */
static void list_ids(const pv_env_class *const *classes, uint32_t n, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < n; i++) {
        const int wrote =
            snprintf(text + used, size - used, "%s\"%s\"", i ? ", " : "", classes[i]->id);
        if (wrote < 0 || (size_t)wrote >= size - used) {
            snprintf(text + used, size - used, "%s", size - used > 5 ? ", ..." : "");
            return;
        }
        used += (size_t)wrote;
    }
}

/* the module's good classes; *status tells of the last bad one */
static uint32_t usable_classes(pv_env_entry_function *entry, const char *path,
                               const pv_env_class **classes, pv_status *status)
{
    uint32_t n = 0;
    *status = PV_OK;
    for (uint32_t i = 0; i < MAX_CLASSES; i++) {
        pv_status now = PV_OK;
        const pv_env_class *env_class = pv_module_class(entry, path, i, &now);
        if (env_class) {
            classes[n++] = env_class;
        } else if (now) {
            *status = now;
        } else {
            break;
        }
    }
    return n;
}

static const pv_env_class *class_of_id(const pv_env_class *const *classes, uint32_t n,
                                       const char *id)
{
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(classes[i]->id, id) == 0) {
            return classes[i];
        }
    }
    return NULL;
}

static void fail_held(const pv_env_class *const *classes, uint32_t n, const char *path,
                      const char *id)
{
    char held[200];
    list_ids(classes, n, held, sizeof held);
    if (n == 0) {
        pv_fail(PV_ERROR_FORMAT, "%s: holds no worlds: its list is empty", path);
    } else if (id) {
        pv_fail(PV_ERROR_ARGUMENT, "%s: holds no world \"%s\"; it holds %s", path, id, held);
    } else {
        pv_fail(PV_ERROR_ARGUMENT, "%s: holds several worlds, so name one: %s", path, held);
    }
}

const pv_env_class *pv_module_find(const char *path, const char *id)
{
    pv_env_entry_function *entry = pv_module_open(path);
    const pv_env_class **classes = entry ? pv_alloc_array(MAX_CLASSES, sizeof *classes) : NULL;
    if (!classes) {
        return NULL;
    }
    pv_status status = PV_OK;
    const uint32_t n = usable_classes(entry, path, classes, &status);
    const pv_env_class *found = NULL;
    if (id) {
        found = class_of_id(classes, n, id);
    } else if (n == 1 && status == PV_OK) {
        found = classes[0];
    }
    /* where a class of the module is bad, its own message says more than "not held" */
    if (!found && status == PV_OK) {
        fail_held(classes, n, path, id);
    }
    pv_free(classes);
    return found;
}
