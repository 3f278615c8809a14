/* check_load.c: tests of a module as a file: its entry, its interface version, the symbols it
   exports and imports. The symbols are read from the file's own dynamic symbol table (ELF, System V
   ABI, chapter 4), so that no other tool is needed. */
#include "envs/host/check_tests.h"

#include "core/file.h"
#include "core/memory.h"
#include "envs/host/loader.h"

#include <stdio.h>
#include <string.h>

#define MAX_WORLDS 4096 /* of one module */

static void entry_ends(pv_check *check)
{
    if (!check->file) {
        pv_check_skip(check, "built into the program: no module");
        return;
    }
    check->place.call = "loading the module";
    pv_env_entry_function *entry = pv_module_open(check->file);
    check->place.call = "pv_env_entry";
    if (!entry) {
        pv_check_fail(check, "%s", pv_last_error());
        return;
    }
    uint32_t n = 0;
    while (n < MAX_WORLDS && entry(PV_ABI, n)) {
        if (entry(PV_ABI, n) != entry(PV_ABI, n)) {
            pv_check_fail(check, "pv_env_entry gives another class for index %u each time", n);
            return;
        }
        n++;
    }
    if (n == 0 || n == MAX_WORLDS) {
        pv_check_fail(check,
                      n ? "pv_env_entry gives a class for index %u still"
                        : "pv_env_entry has no class for index %u",
                      n);
    } else if (entry(PV_ABI, n + 1) || entry(PV_ABI, UINT32_MAX)) {
        pv_check_fail(check, "pv_env_entry gives no class for index %u but one beyond", n);
    }
    check->place.call = NULL;
}

/* A class of another major version must be refused by a line that names both versions. */
static int check_refusal(pv_check *check, uint32_t abi)
{
    pv_env_class other = {.size = (uint32_t)sizeof other, .abi = abi};
    char theirs[32], ours[32];
    snprintf(theirs, sizeof theirs, "%u.%u", abi >> 16, abi & 0xFFFFu);
    snprintf(ours, sizeof ours, "%u.%u", PV_ABI_MAJOR, PV_ABI_MINOR);
    if (pv_class_check(&other, check->file) == 0) {
        return pv_check_fail(check, "this program takes a class of interface %s", theirs);
    }
    if (!strstr(pv_last_error(), theirs) || !strstr(pv_last_error(), ours)) {
        return pv_check_fail(check, "the refusal of interface %s names not both versions: %s",
                             theirs, pv_last_error());
    }
    return 0;
}

static void other_major_refused(pv_check *check)
{
    pv_env_entry_function *entry = check->file ? pv_module_open(check->file) : NULL;
    if (!entry) {
        pv_check_skip(check, check->file ? "the module cannot be loaded"
                                         : "built into the program: no module");
        return;
    }
    const pv_env_class *env_class;
    for (uint32_t i = 0; i < MAX_WORLDS && (env_class = entry(PV_ABI, i)) != NULL; i++) {
        if (env_class->abi != PV_ABI) {
            if (check_refusal(check, env_class->abi) == 0) {
                pv_check_fail(check, "its class %u is of interface %u.%u, this program is of %u.%u",
                              i, env_class->abi >> 16, env_class->abi & 0xFFFFu, PV_ABI_MAJOR,
                              PV_ABI_MINOR);
            }
            return;
        }
    }
    const uint32_t other = (PV_ABI_MAJOR + 1u) << 16;
    if (check_refusal(check, other) != 0) {
        return;
    }
    check->place.call = "pv_env_entry for a later host";
    env_class = entry(other, 0);
    check->place.call = NULL;
    if (env_class && env_class->abi == other) {
        pv_check_fail(check, "it claims to be of whatever interface the host is");
    }
}

static void descriptor_complete(pv_check *check)
{
    if (pv_check_class(check, check->env_class) == 0) {
        pv_rig_create(check, NULL); /* checks the spec */
    }
}

/* --- symbols --- */

typedef struct elf {
    const uint8_t *data;
    size_t size;
    const uint8_t *symbols, *names;
    size_t n, names_size;
} elf;

static uint64_t number_at(const uint8_t *data, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
        value = value << 8 | data[i];
    }
    return value;
}

/* The bytes of section `index`, NULL if they are not in the file. */
static const uint8_t *section(const elf *file, uint64_t index, uint64_t *type, uint64_t *size,
                              uint64_t *link)
{
    const uint64_t table = number_at(file->data + 40, 8), count = number_at(file->data + 60, 2);
    if (index >= count || table > file->size || (file->size - table) / 64u < count) {
        return NULL;
    }
    const uint8_t *header = file->data + table + index * 64u;
    const uint64_t offset = number_at(header + 24, 8);
    *type = number_at(header + 4, 4);
    *size = number_at(header + 32, 8);
    *link = number_at(header + 40, 4);
    return offset <= file->size && *size <= file->size - offset ? file->data + offset : NULL;
}

/* Finds the dynamic symbols of a 64-bit little-endian ELF file; 0 if it is none or has none. */
static int find_symbols(elf *file)
{
    static const uint8_t magic[] = {0x7F, 'E', 'L', 'F', 2, 1};
    if (file->size < 64 || memcmp(file->data, magic, sizeof magic) != 0) {
        return 0;
    }
    const uint64_t sections = number_at(file->data + 60, 2);
    for (uint64_t i = 0; i < sections; i++) {
        uint64_t type, size, link, names_type, names_size, unused;
        const uint8_t *symbols = section(file, i, &type, &size, &link);
        if (!symbols || type != 11) { /* SHT_DYNSYM */
            continue;
        }
        file->symbols = symbols;
        file->n = (size_t)(size / 24u);
        file->names = section(file, link, &names_type, &names_size, &unused);
        file->names_size = (size_t)names_size;
        return file->names && names_size > 0 && file->names[names_size - 1] == 0;
    }
    return 0;
}

/* Symbol i: its name, and whether the module defines it for others. "" for local ones. */
static const char *symbol(const elf *file, size_t i, int *defined)
{
    const uint8_t *entry = file->symbols + i * 24u;
    const uint64_t name = number_at(entry, 4);
    const int binding = entry[4] >> 4, visibility = entry[5] & 3;
    *defined = number_at(entry + 6, 2) != 0 && visibility != 1 && visibility != 2;
    return binding != 0 && name < file->names_size ? (const char *)file->names + name : "";
}

/* Reads the module's symbols; skips the test and returns NULL where that cannot be. The caller
   frees the data. */
static char *read_symbols(pv_check *check, elf *file)
{
    char *data = NULL;
    size_t size = 0;
    *file = (elf){0};
    if (!check->file) {
        pv_check_skip(check, "built into the program: no module");
    } else if (pv_file_read(check->file, &data, &size) != 0) {
        pv_check_fail(check, "%s", pv_last_error());
    } else {
        *file = (elf){.data = (const uint8_t *)data, .size = size};
        if (!find_symbols(file)) {
            pv_check_skip(check, "not a 64-bit ELF file with dynamic symbols");
            pv_free(data);
            data = NULL;
        }
    }
    return data;
}

/* names with a leading underscore are the compiler's and the linker's */
static void only_entry_exported(pv_check *check)
{
    elf file;
    char *data = read_symbols(check, &file);
    for (size_t i = 0; data && i < file.n; i++) {
        int defined;
        const char *name = symbol(&file, i, &defined);
        if (defined && *name && *name != '_' && strcmp(name, "pv_env_entry") != 0) {
            pv_check_fail(check,
                          "exports \"%s\" too: make it static, or compile with "
                          "-fvisibility=hidden",
                          name);
        }
    }
    pv_free(data);
}

/* Returns 1 if a world of the module says that it does not repeat: it may look at the clock. */
static int is_not_repeatable(const char *file)
{
    pv_env_entry_function *entry = pv_module_open(file);
    const pv_env_class *env_class;
    for (uint32_t i = 0; entry && i < MAX_WORLDS && (env_class = entry(PV_ABI, i)) != NULL; i++) {
        if (env_class->abi == PV_ABI && (env_class->flags & PV_NOT_REPEATABLE)) {
            return 1;
        }
    }
    return 0;
}

static void no_forbidden_calls(pv_check *check)
{
    static const char *const forbidden[] = {
        "rand",         "srand",        "rand_r",  "random",         "srandom",
        "drand48",      "lrand48",      "srand48", "arc4random",     "getrandom",
        "getentropy",   "time",         "clock",   "ftime",          "clock_gettime",
        "gettimeofday", "timespec_get", "times",   "pthread_create", "thrd_create",
        "fork",         "exit",         "_exit",   "quick_exit"};
    if (check->file && is_not_repeatable(check->file)) {
        pv_check_skip(check, "a world of the module says that it is not repeatable");
        return;
    }
    elf file;
    char *data = read_symbols(check, &file);
    for (size_t i = 0; data && i < file.n; i++) {
        int defined;
        const char *name = symbol(&file, i, &defined);
        for (size_t j = 0; !defined && j < sizeof forbidden / sizeof forbidden[0]; j++) {
            if (strcmp(name, forbidden[j]) == 0) {
                pv_check_fail(check,
                              "calls %s: a world has no clock, no threads, no random "
                              "numbers but its own and never ends the program",
                              name);
            }
        }
    }
    pv_free(data);
}

const pv_check_test pv_check_load[] = {
    {{"entry-ends", "load",
      "The module's entry lists at least one class, the same each time, and then NULL."},
     entry_ends,
     PV_CHECK_MODULE},
    {{"other-major-refused", "load",
      "The module is of this interface version; one of another is refused by a line that names both."},
     other_major_refused,
     PV_CHECK_MODULE},
    {{"only-entry-exported", "load", "The module exports pv_env_entry and nothing else."},
     only_entry_exported,
     PV_CHECK_MODULE},
    {{"no-forbidden-calls", "load", "The module calls no clock, no rand, no threads, no exit."},
     no_forbidden_calls,
     PV_CHECK_MODULE},
    {{"descriptor-complete", "load",
      "The class and the spec say everything the interface asks, without contradiction."},
     descriptor_complete,
     PV_CHECK_CLASS},
    {{NULL, NULL, NULL}, NULL, 0}};
