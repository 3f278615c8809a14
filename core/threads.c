/* threads.c: a pool of threads that sleep between runs, and a barrier. A run is a counter that
   whoever is awake takes the next index from; the caller takes part, and waits at the end only for
   those threads that joined, so that a thread slow to wake delays nobody. */
#include "core/threads.h"

#include "core/memory.h"
#include "pavlov/status.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* how often to look before going to sleep: a few microseconds, about what waking costs */
enum { SPINS = 2000 };

struct pv_pool {
    int size;
    int started;
    int spins;
    pthread_t *thread; /* [size - 1], `started` of them running */
    pthread_mutex_t mutex;
    pthread_cond_t wake; /* a run began, or the pool ends */
    pthread_cond_t left; /* the last thread that joined has left */
    /* of the run; written under the mutex by the caller, read by threads that joined */
    pv_pool_task *task;
    void *ctx;
    int count;
    int open;          /* threads may join; under the mutex */
    int stop;          /* under the mutex */
    atomic_int next;   /* the next index to take */
    atomic_uint run;   /* the number of runs begun; changed under the mutex */
    atomic_int inside; /* threads that joined and have not left; changed under the mutex */
};

int pv_threads_available(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

static void take_tasks(pv_pool *pool)
{
    for (;;) {
        const int index = atomic_fetch_add(&pool->next, 1);
        if (index >= pool->count) {
            return;
        }
        pool->task(pool->ctx, index);
    }
}

static void *live(void *ctx)
{
    pv_pool *pool = ctx;
    unsigned seen = 0;
    for (;;) {
        for (int i = 0; i < pool->spins && atomic_load(&pool->run) == seen; i++) {
        }
        pthread_mutex_lock(&pool->mutex);
        while (atomic_load(&pool->run) == seen && !pool->stop) {
            pthread_cond_wait(&pool->wake, &pool->mutex);
        }
        if (pool->stop) {
            pthread_mutex_unlock(&pool->mutex);
            return NULL;
        }
        seen = atomic_load(&pool->run);
        const int joined = pool->open;
        atomic_fetch_add(&pool->inside, joined);
        pthread_mutex_unlock(&pool->mutex);
        if (joined) {
            take_tasks(pool);
            pthread_mutex_lock(&pool->mutex);
            if (atomic_fetch_sub(&pool->inside, 1) == 1) {
                pthread_cond_signal(&pool->left);
            }
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

static void init_locks(pv_pool *pool)
{
    /* with default attributes none of these can fail on a supported system */
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->left, NULL);
}

pv_pool *pv_pool_create(int threads)
{
    assert(threads >= 1);
    pv_pool *pool = pv_alloc(sizeof *pool);
    if (!pool) {
        return NULL;
    }
    init_locks(pool);
    pool->size = threads;
    pool->spins = threads <= pv_threads_available() ? SPINS : 0;
    pool->thread = pv_alloc_array((size_t)threads - 1, sizeof *pool->thread);
    if (!pool->thread) {
        goto fail;
    }
    for (; pool->started < threads - 1; pool->started++) {
        const int error = pthread_create(&pool->thread[pool->started], NULL, live, pool);
        if (error) {
            (void)pv_fail(PV_ERROR, "cannot start thread %d of %d: %s", pool->started + 2, threads,
                          strerror(error));
            goto fail;
        }
    }
    return pool;
fail:
    pv_pool_destroy(pool);
    return NULL;
}

void pv_pool_destroy(pv_pool *pool)
{
    if (!pool) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->stop = 1;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->started; i++) {
        pthread_join(pool->thread[i], NULL);
    }
    pthread_cond_destroy(&pool->left);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    pv_free(pool->thread);
    pv_free(pool);
}

int pv_pool_size(const pv_pool *pool)
{
    return pool->size;
}

static void begin_run(pv_pool *pool, pv_pool_task *task, void *ctx, int count)
{
    pthread_mutex_lock(&pool->mutex);
    assert(!pool->open); /* a task uses its own pool, or two threads one pool */
    pool->task = task;
    pool->ctx = ctx;
    pool->count = count;
    pool->open = 1;
    atomic_store(&pool->next, 0);
    atomic_fetch_add(&pool->run, 1);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

static void end_run(pv_pool *pool)
{
    for (int i = 0; i < pool->spins && atomic_load(&pool->inside) > 0; i++) {
    }
    pthread_mutex_lock(&pool->mutex);
    pool->open = 0;
    while (atomic_load(&pool->inside) > 0) {
        pthread_cond_wait(&pool->left, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}

void pv_pool_run(pv_pool *pool, pv_pool_task *task, void *ctx, int count)
{
    if (!pool || pool->size == 1 || count <= 1) {
        for (int i = 0; i < count; i++) {
            task(ctx, i);
        }
        return;
    }
    begin_run(pool, task, ctx, count);
    take_tasks(pool);
    end_run(pool);
}

struct pv_barrier {
    int parties;
    int waiting;    /* under the mutex, as the next */
    unsigned round; /* how often all have met */
    pthread_mutex_t mutex;
    pthread_cond_t met;
};

pv_barrier *pv_barrier_create(int parties)
{
    assert(parties >= 1);
    pv_barrier *barrier = pv_alloc(sizeof *barrier);
    if (barrier) {
        barrier->parties = parties;
        pthread_mutex_init(&barrier->mutex, NULL);
        pthread_cond_init(&barrier->met, NULL);
    }
    return barrier;
}

void pv_barrier_destroy(pv_barrier *barrier)
{
    if (barrier) {
        pthread_cond_destroy(&barrier->met);
        pthread_mutex_destroy(&barrier->mutex);
        pv_free(barrier);
    }
}

int pv_barrier_wait(pv_barrier *barrier)
{
    pthread_mutex_lock(&barrier->mutex);
    const unsigned round = barrier->round;
    const int last = ++barrier->waiting == barrier->parties;
    if (last) {
        barrier->waiting = 0;
        barrier->round++;
        pthread_cond_broadcast(&barrier->met);
    }
    while (barrier->round == round) {
        pthread_cond_wait(&barrier->met, &barrier->mutex);
    }
    pthread_mutex_unlock(&barrier->mutex);
    return last;
}
