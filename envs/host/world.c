/* A world: a class found by its text, its parameters resolved, and what it then says of itself,
   asked of one instance that lives only for the question. */
#include "pavlov/world.h"

#include "core/memory.h"
#include "core/rng.h"
#include "envs/host/instance.h"
#include "envs/host/loader.h"
#include "envs/host/spec.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* names of folders must stay below the 255 bytes of common file systems, with room for suffixes */
enum { MAX_FOLDER = 160 };

/* "[FILE#][ID][:settings]" cut up; the parts point into `text` */
typedef struct world_text {
    char *text;
    char *file, *id, *settings; /* NULL: not given */
} world_text;

/* A '#' ends a path, unless a parameter's value began before it: "ID:map=a#b". */
static char *end_of_path(char *text)
{
    char *hash = strchr(text, '#');
    if (!hash) {
        return NULL;
    }
    const size_t length = (size_t)(hash - text);
    const char *colon = memchr(text, ':', length);
    const int value_began = colon && memchr(colon, '=', length - (size_t)(colon - text));
    const int module = length > 3 && memcmp(hash - 3, ".so", 3) == 0;
    return value_began && !module ? NULL : hash;
}

static pv_status world_text_parse(world_text *parts, const char *text)
{
    memset(parts, 0, sizeof *parts);
    parts->text = pv_copy_text(text);
    if (!parts->text) {
        return PV_ERROR_MEMORY;
    }
    char *id = parts->text;
    char *hash = end_of_path(parts->text);
    if (hash) {
        *hash = '\0';
        parts->file = parts->text;
        id = hash + 1;
    }
    char *colon = strchr(id, ':');
    if (colon) {
        *colon = '\0';
        parts->settings = colon + 1;
    }
    parts->id = *id ? id : NULL;
    if (hash ? parts->file[0] == '\0' : !parts->id) {
        pv_free(parts->text);
        return pv_fail(PV_ERROR_ARGUMENT,
                       "world \"%s\" names no %s; expected [FILE.so#]ID[:name=value,...]", text,
                       hash ? "file before #" : "id");
    }
    return PV_OK;
}

pv_world *pv_world_open(const char *text)
{
    world_text parts;
    if (world_text_parse(&parts, text)) {
        return NULL;
    }
    pv_world *world = NULL;
    char *found_file = NULL;
    const pv_env_class *env_class =
        parts.file ? pv_module_find(parts.file, parts.id) : pv_class_find(parts.id, &found_file);
    if (env_class) {
        world = pv_world_open_class(env_class, parts.file, parts.settings);
    }
    if (world && found_file) {
        world->file = found_file;
        found_file = NULL;
    }
    pv_free(found_file);
    pv_free(parts.text);
    return world;
}

/* puts wrappers on a world that has none */
static pv_status wrap_world(pv_world *world, const char *line)
{
    world->wraps = pv_wraps_create(line, world->env_class->id, &world->spec);
    if (!world->wraps) {
        return pv_last_status();
    }
    world->spec = world->wraps->spec[world->wraps->n];
    for (uint32_t i = 0; i < world->spec.n_obs; i++) {
        world->stack[i] = pv_wraps_stack(world->wraps, i);
    }
    return PV_OK;
}

pv_world *pv_world_open_wrapped(const char *text, const char *wrap)
{
    pv_world *world = pv_world_open(text);
    const int bare = !wrap || *wrap == '\0' || strcmp(wrap, "none") == 0;
    if (world && !bare && wrap_world(world, wrap)) {
        pv_world_close(world);
        return NULL;
    }
    return world;
}

const char *pv_world_wrap(const pv_world *world)
{
    return world->wraps ? world->wraps->text : "";
}

/* --- its names --- */

/* value as it stands in a list: quoted where a comma or a quote would be misread */
static char *quoted(const char *value)
{
    const int plain = value[0] != '\0' && !strpbrk(value, ",\"' \t");
    const char *quote = plain ? "" : strchr(value, '"') ? "'" : "\"";
    return pv_format_text("%s%s%s", quote, value, quote);
}

/* "base:name=value,..." with the parameters that are not defaults */
static char *name_with_settings(const char *base, const pv_params *params)
{
    char *name = pv_copy_text(base);
    char separator = ':';
    for (int i = 0; name && i < params->n; i++) {
        if (!pv_params_changed(params, i)) {
            continue;
        }
        char *value = pv_params_value_text(params, i);
        char *shown = value ? quoted(value) : NULL;
        char *longer =
            shown ? pv_format_text("%s%c%s=%s", name, separator, params->table[i].name, shown)
                  : NULL;
        pv_free(value);
        pv_free(shown);
        pv_free(name);
        name = longer;
        separator = ',';
    }
    return name;
}

/* A name that is too long is cut and told apart by a hash of the whole. */
static char *folder_of(const char *name)
{
    const size_t length = strlen(name);
    char *folder = length > MAX_FOLDER ? pv_format_text("%.*s_%016llx", MAX_FOLDER - 17, name,
                                                        (unsigned long long)pv_seed_split(0, name))
                                       : pv_copy_text(name);
    for (char *c = folder; c && *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("-_.=,+", *c)) {
            *c = '_';
        }
    }
    if (folder && folder[0] == '.') {
        folder[0] = '_';
    }
    return folder;
}

static pv_status name_world(pv_world *world, const char *file)
{
    const char *id = world->env_class->id;
    char *named = name_with_settings(id, &world->params);
    world->folder = named ? folder_of(named) : NULL;
    if (named && file) {
        world->name = pv_format_text("%s#%s", file, named);
        world->file = pv_copy_text(file);
        pv_free(named);
    } else {
        world->name = named;
    }
    return world->folder && world->name && (!file || world->file) ? PV_OK : PV_ERROR_MEMORY;
}

/* --- opening a class --- */

/* no observation is stacked unless a wrapper does it */
static pv_status count_stacks(pv_world *world)
{
    world->stack = pv_alloc_array(world->spec.n_obs, sizeof *world->stack);
    if (!world->stack) {
        return PV_ERROR_MEMORY;
    }
    for (uint32_t i = 0; i < world->spec.n_obs; i++) {
        world->stack[i] = 1;
    }
    return PV_OK;
}

static pv_status ask_spec(pv_world *world)
{
    pv_instance probe;
    pv_status status = pv_instance_init(&probe, world, NULL);
    if (status) {
        return status;
    }
    pv_spec spec = {.size = (uint32_t)sizeof spec, .solved = NAN};
    world->env_class->spec(probe.env, &spec);
    status = pv_spec_check(&spec, world->env_class);
    if (status == PV_OK) {
        status = pv_spec_copy(&world->spec, &spec, &world->spec_memory);
    }
    pv_instance_free(&probe);
    return status ? status : count_stacks(world);
}

pv_world *pv_world_open_class(const pv_env_class *env_class, const char *file, const char *settings)
{
    if (pv_class_check(env_class, file ? file : "built-in worlds")) {
        return NULL;
    }
    pv_world *world = pv_alloc(sizeof *world);
    if (!world) {
        return NULL;
    }
    world->env_class = env_class;
    world->owner = pv_format_text("world %s", env_class->id);
    if (!world->owner ||
        pv_params_init(&world->params, world->owner, env_class->params, (int)env_class->n_params)) {
        goto fail;
    }
    if ((settings && pv_params_parse(&world->params, settings, PV_SOURCE_USER)) ||
        name_world(world, file) || ask_spec(world)) {
        goto fail;
    }
    return world;
fail:
    pv_world_close(world);
    return NULL;
}

void pv_world_close(pv_world *world)
{
    if (!world) {
        return;
    }
    pv_params_free(&world->params);
    pv_wraps_destroy(world->wraps);
    pv_free(world->spec_memory);
    pv_free(world->stack);
    pv_free(world->name);
    pv_free(world->folder);
    pv_free(world->file);
    pv_free(world->owner);
    pv_free(world);
}

const pv_env_class *pv_world_class(const pv_world *world)
{
    return world->env_class;
}

const pv_spec *pv_world_spec(const pv_world *world)
{
    return &world->spec;
}

const char *pv_world_name(const pv_world *world)
{
    return world->name;
}

const char *pv_world_folder(const pv_world *world)
{
    return world->folder;
}

const char *pv_world_file(const pv_world *world)
{
    return world->file;
}

uint32_t pv_world_stack(const pv_world *world, uint32_t i)
{
    return world->stack[i];
}
