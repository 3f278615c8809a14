/* threads.h: the one place that starts threads: a pool for lanes, workers and jobs, and a barrier.

   POSIX threads and C11 atomics (C11's own thrd_create upsets ThreadSanitizer with gcc 12). */
#ifndef PAVLOV_CORE_THREADS_H
#define PAVLOV_CORE_THREADS_H

typedef struct pv_pool pv_pool;
typedef void pv_pool_task(void *ctx, int index);

/* Returns how many threads the machine runs at once, at least 1. */
int pv_threads_available(void);

/* Returns a pool that runs tasks on `threads` threads, the calling one included, so that a pool of
   1 starts none; NULL on failure. */
pv_pool *pv_pool_create(int threads);
void pv_pool_destroy(pv_pool *pool);

/* Returns the number of threads. */
int pv_pool_size(const pv_pool *pool);

/* Calls task(ctx, 0..count-1), each once, in no order, and returns when all are done. Up to as many
   tasks as there are threads may wait for one another. A NULL pool runs them in order on the
   calling thread. Tasks must not use the same pool. */
void pv_pool_run(pv_pool *pool, pv_pool_task *task, void *ctx, int count);

typedef struct pv_barrier pv_barrier;

/* Returns a barrier for `parties` threads, reusable; NULL on failure. */
pv_barrier *pv_barrier_create(int parties);
void pv_barrier_destroy(pv_barrier *barrier);

/* Waits until all parties wait; returns 1 in exactly one of them, else 0. */
int pv_barrier_wait(pv_barrier *barrier);

#endif
