/* Finding world classes: modules are opened by path and asked for their classes one by one; a class
   is trusted only after its ABI, size and functions have been looked at. */
#include "envs/host/loader.h"

#include "core/memory.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A name without a folder means a file here: dlopen would look for it among system libraries. */
static char *path_for_dlopen(const char *path)
{
    return strchr(path, '/') ? pv_copy_text(path) : pv_format_text("./%s", path);
}

/* dlerror begins with the path, which our messages have already */
static const char *dlopen_problem(const char *path)
{
    const char *problem = dlerror();
    if (!problem) {
        return "unknown problem";
    }
    const size_t length = strlen(path);
    const int repeats = strncmp(problem, path, length) == 0 && problem[length] == ':';
    return repeats ? problem + length + 1 + strspn(problem + length + 1, " ") : problem;
}

pv_env_entry_function *pv_module_open(const char *path)
{
    if (access(path, R_OK) != 0) {
        pv_fail(PV_ERROR_FILE, "%s: no such file, or not readable", path);
        return NULL;
    }
    char *real = path_for_dlopen(path);
    if (!real) {
        return NULL;
    }
    pv_env_entry_function *entry = NULL;
    void *module = dlopen(real, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        pv_fail(PV_ERROR_FILE, "%s: cannot be loaded: %s", path, dlopen_problem(real));
    } else {
        void *symbol = dlsym(module, "pv_env_entry");
        /* ISO C knows no cast from an object pointer to a function pointer; POSIX promises this */
        memcpy(&entry, &symbol, sizeof entry);
        if (!entry) {
            pv_fail(PV_ERROR_FORMAT,
                    "%s: holds no worlds: it lacks pv_env_entry, which PV_ENVS(...) defines", path);
        }
    }
    pv_free(real);
    return entry;
}

static int same_abi(uint32_t abi)
{
    const uint32_t major = abi >> 16;
    return major == PV_ABI_MAJOR && (major > 0 || abi == PV_ABI);
}

static pv_status check_abi(const pv_env_class *env_class, const char *where)
{
    if (same_abi(env_class->abi)) {
        return PV_OK;
    }
    /* size, abi, flags and id are the head that no ABI moves, so the id can be named */
    return pv_fail(
        PV_ERROR_VERSION,
        "%s: world \"%s\" speaks plugin ABI %u.%u, this program %u.%u; rebuild it with this "
        "version's env.h",
        where, env_class->id ? env_class->id : "?", (unsigned)(env_class->abi >> 16),
        (unsigned)(env_class->abi & 0xFFFFu), (unsigned)PV_ABI_MAJOR, (unsigned)PV_ABI_MINOR);
}

/* An id is typed by people inside "FILE#ID:name=value", so it cannot hold what separates. */
static pv_status check_texts(const pv_env_class *env_class, const char *where)
{
    const char *id = env_class->id;
    if (!id || id[0] == '\0' || strpbrk(id, ":#,=\"' \t\r\n")) {
        return pv_fail(PV_ERROR_WORLD,
                       "%s: the world id \"%s\" is empty or holds one of : # , = quotes, spaces",
                       where, id ? id : "");
    }
    if (!env_class->version || !env_class->summary) {
        return pv_fail(PV_ERROR_WORLD, "%s: world \"%s\" has no %s text", where, id,
                       env_class->version ? "summary" : "version");
    }
    if (env_class->n_params > 0 && !env_class->params) {
        return pv_fail(PV_ERROR_WORLD, "%s: world \"%s\" counts %u parameters but lists none",
                       where, id, (unsigned)env_class->n_params);
    }
    return PV_OK;
}

/* A text takes anything, a choice is an index of its list, a number lies in its bounds. */
static int initial_is_possible(const pv_param *param)
{
    if (param->text) {
        return 1;
    }
    double low = param->low;
    double high = param->high;
    if (param->choices) {
        low = high = 0.0;
        for (const char *c = param->choices; *c; c++) {
            high += *c == '|';
        }
    }
    return param->initial >= low && param->initial <= high;
}

static pv_status check_params(const pv_env_class *env_class, const char *where)
{
    for (uint32_t i = 0; i < env_class->n_params; i++) {
        const pv_param *param = &env_class->params[i];
        if (!param->name || !param->help) {
            return pv_fail(PV_ERROR_WORLD, "%s: world \"%s\": parameter %u lacks name or help",
                           where, env_class->id, (unsigned)i);
        }
        if (!initial_is_possible(param)) {
            return pv_fail(PV_ERROR_WORLD,
                           "%s: world \"%s\": parameter %s begins at %g, outside its own range",
                           where, env_class->id, param->name, param->initial);
        }
    }
    return PV_OK;
}

static const char *missing_function(const pv_env_class *env_class)
{
    const struct {
        const char *name;
        int there;
    } needed[] = {{"create", env_class->create != NULL},
                  {"destroy", env_class->destroy != NULL},
                  {"spec", env_class->spec != NULL},
                  {"reset", env_class->reset != NULL},
                  {"step", env_class->step != NULL}};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!needed[i].there) {
            return needed[i].name;
        }
    }
    return NULL;
}

pv_status pv_class_check(const pv_env_class *env_class, const char *where)
{
    pv_status status = check_abi(env_class, where);
    if (status) {
        return status;
    }
    /* the size may differ only between MINORs, and while MAJOR is 0 those must be equal; from 1.0
       on, a shorter class would be read as one that lacks the optional functions past its end */
    if (env_class->size != sizeof *env_class) {
        return pv_fail(PV_ERROR_VERSION,
                       "%s: world \"%s\" has a class of %u bytes instead of %u; set .size = "
                       "sizeof(pv_env_class) and rebuild it with this version's env.h",
                       where, env_class->id ? env_class->id : "?", (unsigned)env_class->size,
                       (unsigned)sizeof *env_class);
    }
    if (check_texts(env_class, where) || check_params(env_class, where)) {
        return pv_last_status();
    }
    const char *missing = missing_function(env_class);
    if (missing) {
        return pv_fail(PV_ERROR_WORLD, "%s: world \"%s\" has no function %s", where, env_class->id,
                       missing);
    }
    const int saving =
        (env_class->state_size != NULL) + (env_class->save != NULL) + (env_class->load != NULL);
    if (saving != 0 && saving != 3) {
        return pv_fail(PV_ERROR_WORLD,
                       "%s: world \"%s\" has only some of state_size, save and load; they come "
                       "together",
                       where, env_class->id);
    }
    return PV_OK;
}

const pv_env_class *pv_module_class(pv_env_entry_function *entry, const char *path, uint32_t index,
                                    pv_status *status)
{
    const pv_env_class *env_class = entry(PV_ABI, index);
    *status = env_class ? pv_class_check(env_class, path) : PV_OK;
    return *status ? NULL : env_class;
}

char **pv_module_path(void)
{
    const char *variable = getenv("PAVLOV_ENV_PATH");
    const char *text = variable ? variable : "";
    size_t most = 3; /* the last of the variable, the installation, the end */
    for (const char *c = text; *c; c++) {
        most += *c == ':';
    }
    char **folders = pv_alloc_array(most, sizeof *folders);
    if (!folders) {
        return NULL;
    }
    size_t n = 0;
    while (*text) {
        const size_t length = strcspn(text, ":");
        if (length > 0 && !(folders[n++] = pv_format_text("%.*s", (int)length, text))) {
            goto fail;
        }
        text += length + (text[length] == ':');
    }
    if (!(folders[n] = pv_copy_text(PV_ENV_DIR))) {
        goto fail;
    }
    return folders;
fail:
    pv_module_path_free(folders);
    return NULL;
}

void pv_module_path_free(char **folders)
{
    for (char **folder = folders; folder && *folder; folder++) {
        pv_free(*folder);
    }
    pv_free(folders);
}
