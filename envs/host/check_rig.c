/* check_rig.c: a rig, the instance under test. Its host counts, guards and can refuse memory; every
   array the world reads or writes lies between zones of known bytes, so that a write outside is
   seen without a sanitizer. */
#include "envs/host/check_tests.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GUARD_BYTE 0xC3
#define TAIL 64 /* guarded bytes after memory of the host */

/* Memory that the host lent the world; the world's bytes follow. */
typedef struct pv_loan {
    struct pv_loan *next;
    size_t size;
    uint8_t front[48]; /* guarded; makes the whole 64 bytes */
} pv_loan;

/* --- guarded memory --- */

static int is_guarded(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != GUARD_BYTE) {
            return 0;
        }
    }
    return 1;
}

int pv_buffer_init(pv_check *check, pv_buffer *buffer, size_t size, const char *format, ...)
{
    uint8_t *memory = pv_check_alloc(check, size + 2 * (size_t)PV_GUARD);
    if (!memory) {
        return -1;
    }
    memset(memory, GUARD_BYTE, PV_GUARD);
    memset(memory + PV_GUARD + size, GUARD_BYTE, PV_GUARD);
    buffer->data = memory + PV_GUARD;
    buffer->size = size;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer->name, sizeof buffer->name, format, arguments);
    va_end(arguments);
    return 0;
}

int pv_buffer_guard(pv_check *check, const pv_buffer *buffer)
{
    const char *side = NULL;
    if (!is_guarded(buffer->data - PV_GUARD, PV_GUARD)) {
        side = "before";
    } else if (!is_guarded(buffer->data + buffer->size, PV_GUARD)) {
        side = "past";
    }
    if (side) {
        return pv_check_fail(check, "wrote %s the %zu bytes of %s", side, buffer->size,
                             buffer->name);
    }
    return 0;
}

/* --- the host's callbacks --- */

static void *take_from_pool(pv_rig *rig, size_t size)
{
    if (size > rig->pool_size - rig->pool_used) {
        return NULL;
    }
    void *memory = rig->pool + rig->pool_used;
    rig->pool_used += size;
    return memset(memory, 0, size);
}

static int is_in_pool(const pv_rig *rig, const pv_loan *loan)
{
    const uintptr_t at = (uintptr_t)loan, pool = (uintptr_t)rig->pool;
    return rig->pool && at >= pool && at - pool < rig->pool_size;
}

static void give_back(pv_rig *rig, pv_loan **link)
{
    pv_loan *loan = *link;
    *link = loan->next;
    rig->live -= loan->size;
    if (!is_in_pool(rig, loan)) {
        pv_free(loan);
    }
}

static void *host_alloc(void *ctx, size_t size)
{
    pv_rig *rig = ctx;
    if (++rig->allocations == rig->fail_at || size > SIZE_MAX / 2) {
        return NULL;
    }
    const size_t whole = (sizeof(pv_loan) + size + TAIL + 63) / 64 * 64;
    pv_loan *loan = rig->pool ? take_from_pool(rig, whole) : pv_alloc(whole);
    if (!loan) {
        return NULL;
    }
    rig->taken += whole;
    uint8_t *data = (uint8_t *)(loan + 1);
    memset(loan->front, GUARD_BYTE, sizeof loan->front);
    memset(data + size, GUARD_BYTE, TAIL);
    loan->size = size;
    loan->next = rig->loans;
    rig->loans = loan;
    rig->live += size;
    return data;
}

static void host_free(void *ctx, void *memory)
{
    pv_rig *rig = ctx;
    pv_loan **link = &rig->loans;
    while (*link && (void *)(*link + 1) != memory) {
        link = &(*link)->next;
    }
    if (*link) {
        give_back(rig, link);
    } else if (memory) {
        rig->wrong_frees++;
    }
}

int pv_rig_pool(pv_rig *rig, size_t size)
{
    rig->pool = pv_check_alloc(rig->check, size);
    rig->pool_size = size;
    rig->pool_used = 0;
    return rig->pool ? 0 : -1;
}

void pv_rig_pool_empty(pv_rig *rig)
{
    pv_loan **link = &rig->loans;
    while (*link) {
        if (is_in_pool(rig, *link)) {
            give_back(rig, link);
        } else {
            link = &(*link)->next;
        }
    }
    rig->pool_used = 0;
}

static void host_log(void *ctx, int32_t level, const char *message)
{
    pv_rig *rig = ctx;
    if (level == 0 && message && *message) {
        rig->errors++;
        snprintf(rig->message, sizeof rig->message, "%s", message);
    }
}

/* --- a source of draws --- */

static double feed_uniform(void *ctx)
{
    pv_feed *feed = ctx;
    feed->count++;
    return pv_draw_uniform(&feed->rng, NULL);
}

static int64_t feed_integer(void *ctx, int64_t a, int64_t b)
{
    pv_feed *feed = ctx;
    feed->count++;
    if (a >= b || b - a > (int64_t)UINT32_MAX) {
        feed->wrong = 1;
        return a;
    }
    return pv_draw_integer(&feed->rng, NULL, a, b);
}

void pv_feed_init(pv_feed *feed, uint64_t seed)
{
    *feed = (pv_feed){.draws = {.size = (uint32_t)sizeof(pv_draws),
                                .ctx = feed,
                                .uniform = feed_uniform,
                                .integer = feed_integer}};
    pv_rng_init(&feed->rng, seed);
}

/* --- life of a rig --- */

void pv_rig_spec(pv_rig *rig, pv_spec *spec)
{
    *spec = (pv_spec){.size = (uint32_t)sizeof *spec, .solved = (double)NAN};
    rig->check->place.call = "spec";
    rig->env_class->spec(rig->env, spec);
    rig->check->place.call = NULL;
}

/* Makes a buffer for each space; returns the index after the last, -1 after failing. */
static int make_space_buffers(pv_rig *rig, int at, const char *kind, const pv_space *spaces,
                              uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (pv_buffer_init(rig->check, &rig->buffers[at],
                           rig->spec.agents * pv_space_size(&spaces[i]), "%s \"%s\"", kind,
                           spaces[i].name) != 0) {
            return -1;
        }
        at++;
    }
    return at;
}

static int make_buffers(pv_rig *rig)
{
    pv_check *check = rig->check;
    const pv_spec *spec = &rig->spec;
    const size_t agents = spec->agents;
    rig->n_buffers = (int)(spec->n_action + spec->n_obs + 4);
    rig->buffers = pv_check_alloc(check, (size_t)rig->n_buffers * sizeof *rig->buffers);
    rig->action = pv_check_alloc(check, spec->n_action * sizeof *rig->action);
    rig->obs = pv_check_alloc(check, spec->n_obs * sizeof *rig->obs);
    if (!rig->buffers || !rig->action || !rig->obs) {
        return -1;
    }
    int at = make_space_buffers(rig, 0, "action", spec->action, spec->n_action);
    at = at < 0 ? at : make_space_buffers(rig, at, "observation", spec->obs, spec->n_obs);
    if (at < 0 || pv_buffer_init(check, &rig->buffers[at], agents * sizeof(float), "reward") != 0 ||
        pv_buffer_init(check, &rig->buffers[at + 1], agents, "terminated") != 0 ||
        pv_buffer_init(check, &rig->buffers[at + 2], agents, "truncated") != 0 ||
        pv_buffer_init(check, &rig->buffers[at + 3], agents * spec->n_info * sizeof(float),
                       "info") != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < spec->n_action; i++) {
        rig->action[i] = pv_rig_action(rig, i)->data;
    }
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        rig->obs[i] = pv_rig_obs(rig, i)->data;
    }
    rig->io = (pv_io){.action = rig->action,
                      .obs = rig->obs,
                      .reward = (float *)(void *)rig->buffers[at].data,
                      .terminated = rig->buffers[at + 1].data,
                      .truncated = rig->buffers[at + 2].data,
                      .info = (float *)(void *)rig->buffers[at + 3].data};
    return 0;
}

/* Calls create; -1 after failing the check. */
static int create_env(pv_rig *rig, const pv_rig_config *config)
{
    pv_check *check = rig->check;
    const pv_value *values = config->values ? config->values : check->values;
    check->place = (pv_place){.call = "create"};
    rig->status = rig->env_class->create(&rig->host, values, &rig->env);
    check->place.call = NULL;
    if (rig->status == 0 && !rig->env) {
        return pv_check_fail(check, "create returned 0 but no instance");
    }
    if (rig->status < 0 && !config->may_fail) {
        return pv_check_fail(check, "create failed: %s",
                             rig->message[0] ? rig->message : "it logged no reason");
    }
    if (rig->status != 0) {
        rig->env = NULL;
        return pv_rig_judge(rig, "create", rig->status, 0);
    }
    return 0;
}

pv_rig *pv_rig_create(pv_check *check, const pv_rig_config *config)
{
    const pv_rig_config none = {0};
    config = config ? config : &none;
    pv_rig *rig = pv_alloc(sizeof *rig);
    if (!rig) {
        pv_check_fail(check, "out of memory for the test itself");
        return NULL;
    }
    rig->check = check;
    rig->env_class = check->env_class;
    rig->fail_at = config->fail_at;
    rig->host = (pv_host){.size = (uint32_t)sizeof rig->host,
                          .abi = PV_ABI,
                          .ctx = rig,
                          .log = host_log,
                          .alloc = host_alloc,
                          .free = host_free,
                          .draws = config->draws};
    pv_rng_init(&rig->rng, 1);
    rig->next = check->rigs;
    check->rigs = rig;
    if (create_env(rig, config) != 0) {
        return NULL;
    }
    if (rig->env) {
        pv_rig_spec(rig, &rig->spec);
        if (pv_check_spec(check, rig->env_class, &rig->spec) != 0 || make_buffers(rig) != 0) {
            return NULL;
        }
    }
    return rig;
}

void pv_rig_destroy(pv_rig *rig)
{
    pv_rig **link = &rig->check->rigs;
    while (*link != rig) {
        link = &(*link)->next;
    }
    *link = rig->next;
    if (rig->env) {
        rig->check->place.call = "destroy";
        rig->env_class->destroy(rig->env);
        rig->check->place.call = NULL;
    }
    while (rig->loans) {
        give_back(rig, &rig->loans);
    }
    pv_free(rig);
}

int pv_rig_guard(pv_rig *rig)
{
    for (int i = 0; i < rig->n_buffers; i++) {
        if (pv_buffer_guard(rig->check, &rig->buffers[i]) != 0) {
            return -1;
        }
    }
    for (const pv_loan *loan = rig->loans; loan; loan = loan->next) {
        if (!is_guarded(loan->front, sizeof loan->front) ||
            !is_guarded((const uint8_t *)(loan + 1) + loan->size, TAIL)) {
            return pv_check_fail(rig->check, "wrote outside the %zu bytes it took from the host",
                                 loan->size);
        }
    }
    return 0;
}

pv_buffer *pv_rig_action(const pv_rig *rig, uint32_t i)
{
    return &rig->buffers[i];
}

pv_buffer *pv_rig_obs(const pv_rig *rig, uint32_t i)
{
    return &rig->buffers[rig->spec.n_action + i];
}

pv_buffer *pv_rig_outputs(const pv_rig *rig, int *n)
{
    *n = rig->n_buffers - (int)rig->spec.n_action;
    return &rig->buffers[rig->spec.n_action];
}
