/* check_memory.c: tests of memory: all of it comes back, and a host that has none is answered with
   an error. */
#include "envs/host/check_tests.h"

#include <stdio.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WITH_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WITH_SANITIZER 1
#endif
#endif

#define WARM 4   /* lives before it */
#define LIVES 40 /* of instances, while malloc's own count is watched */
#define MAX_POOL ((size_t)256 << 20)
#define ALLOCATIONS 500 /* of create that are refused in turn */

/* Returns the bytes malloc has given out, 0 where that is not known. */
static size_t malloc_live(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33) && !defined(WITH_SANITIZER)
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* Uses everything a world has that may take memory. */
static int use(pv_rig *rig, pv_buffer *state, const pv_buffer *picture)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        if (pv_rig_begin(rig, seed) != 0) {
            return -1;
        }
        for (int i = 0; i < 20 && !pv_rig_over(rig); i++) {
            if (pv_rig_act(rig) != 0) {
                return -1;
            }
        }
    }
    if (rig->env_class->save && (pv_rig_keep(rig, state->data) != 0 ||
                                 pv_rig_restore(rig, state->data, state->size) != 0)) {
        return -1;
    }
    if (rig->env_class->render && picture) {
        pv_rig_render(rig, picture->data, 3u * (size_t)rig->spec.width);
    }
    return 0;
}

/* Buffers for use(), made once. */
static int make_buffers(pv_rig *rig, pv_buffer *state, pv_buffer *picture)
{
    if (pv_rig_begin(rig, 1) != 0) {
        return -1;
    }
    const size_t size = rig->env_class->save ? pv_rig_state_size(rig) : 0;
    const size_t pixels = (size_t)rig->spec.width * rig->spec.height;
    return pv_buffer_init(rig->check, state, size, "the state") == 0 &&
                   pv_buffer_init(rig->check, picture, 3 * pixels, "the picture") == 0
               ? 0
               : -1;
}

/* Destroys the instance but not the rig, and counts what the host did not get back. */
static int check_returned(pv_rig *rig)
{
    pv_env *env = rig->env;
    rig->env = NULL;
    rig->check->place = (pv_place){.call = "destroy"};
    rig->env_class->destroy(env);
    rig->check->place.call = NULL;
    if (rig->wrong_frees > 0) {
        return pv_check_fail(rig->check,
                             "gave the host %d pieces of memory that it had not, or no "
                             "more",
                             rig->wrong_frees);
    }
    if (rig->live > 0 || rig->loans) {
        return pv_check_fail(rig->check, "%zu of the bytes it took from the host did not come back",
                             rig->live);
    }
    pv_rig_destroy(rig);
    return 0;
}

/* Lives again and again on memory set aside for the host, so that malloc's count is of the world
   alone; what it is after some lives must stay. */
static int check_malloc(pv_rig *rig, pv_buffer *state, const pv_buffer *picture)
{
    pv_check *check = rig->check;
    pv_env *first = rig->env;
    size_t live[3] = {0};
    for (int life = 0; life <= 2 * LIVES + WARM && !pv_check_late(check); life++) {
        check->place = (pv_place){.call = "create"};
        pv_env *env = NULL;
        const pv_status status = rig->env_class->create(&rig->host, check->values, &env);
        check->place.call = NULL;
        if (status != 0 || !env) {
            return 0; /* the pool is too small for this one */
        }
        rig->env = env;
        const int used = use(rig, state, life % 20 == 0 ? picture : NULL);
        check->place.call = "destroy";
        rig->env_class->destroy(env);
        check->place.call = NULL;
        rig->env = first;
        if (used != 0) {
            return -1;
        }
        pv_rig_pool_empty(rig);
        if (life >= WARM && (life - WARM) % LIVES == 0) {
            live[(life - WARM) / LIVES] = malloc_live();
        }
    }
    const size_t least = 16 * LIVES; /* the smallest leak of malloc in each life */
    if (live[1] >= live[0] + least && live[2] >= live[1] + least) {
        return pv_check_fail(check, "%zu bytes of malloc are lost with each instance",
                             (live[2] - live[0]) / (2 * LIVES));
    }
    return 0;
}

static void all_returned(pv_check *check)
{
    pv_buffer state, picture;
    pv_rig *rig = pv_rig_create(check, NULL);
    if (!rig || make_buffers(rig, &state, &picture) != 0 || use(rig, &state, &picture) != 0) {
        return;
    }
    const size_t taken = rig->taken;
    if (check_returned(rig) != 0 || taken > MAX_POOL ||
        (check->env_class->flags & PV_ONE_PER_PROCESS)) {
        return;
    }
    rig = pv_rig_create(check, NULL);
    if (rig && pv_rig_pool(rig, 2 * taken + 4096) == 0) {
        check_malloc(rig, &state, &picture);
    }
}

/* Lets the n-th allocation of a life fail. Returns 1 if there was no n-th. */
static int live_without(pv_check *check, uint64_t n)
{
    snprintf(check->note, sizeof check->note, "allocation %llu failed", (unsigned long long)n);
    pv_rig *rig = pv_rig_create(check, &(pv_rig_config){.fail_at = n, .may_fail = 1});
    if (!rig) {
        return -1;
    }
    if (!rig->env) {
        if (rig->live > 0) {
            return pv_check_fail(check, "create failed and left %zu bytes", rig->live);
        }
        pv_rig_destroy(rig);
        return 0;
    }
    int errors = rig->errors;
    pv_status status = pv_rig_reset(rig, 1);
    for (int i = 0; pv_rig_judge(rig, "reset or step", status, errors) == 0 && i < 20; i++) {
        pv_rig_choose(rig);
        errors = rig->errors;
        status = pv_rig_over(rig) ? pv_rig_reset(rig, 2) : pv_rig_step(rig);
    }
    const int done = rig->allocations < n;
    return check->outcome == PV_CHECK_FAILED || check_returned(rig) != 0 ? -1 : done;
}

static void allocation_failure_survived(pv_check *check)
{
    int done = 0;
    for (uint64_t n = 1; n <= ALLOCATIONS && done == 0 && !pv_check_late(check); n++) {
        done = live_without(check, n);
        if (n == 1 && done == 1) {
            pv_check_skip(check, "the world takes no memory from the host");
        }
    }
}

const pv_check_test pv_check_memory[] = {
    {{"all-returned", "memory", "destroy gives back all memory, of the host and of malloc."},
     all_returned,
     PV_CHECK_WORLD},
    {{"allocation-failure-survived", "memory",
      "Where the host has no memory create fails with a reason and leaves nothing."},
     allocation_failure_survived,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
