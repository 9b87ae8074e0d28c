#include "dispatch/threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct work {
    void (*each)(void *context, size_t at);
    void *context;
    size_t count;
    atomic_size_t next;
};

static void *do_some(void *context) {
    struct work *work = context;
    for (size_t at; (at = atomic_fetch_add(&work->next, 1)) < work->count;)
        work->each(work->context, at);
    return NULL;
}

static void run(void *pool, size_t count, void (*each)(void *context, size_t at), void *context) {
    (void)pool;
    struct work work = {.each = each, .context = context, .count = count};
    pthread_t others[BM_THREADS_MOST - 1];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = 1, made = 0; /* one, where their number is not known */
    if (processors > 1)
        wanted = processors > BM_THREADS_MOST ? BM_THREADS_MOST : (size_t)processors;
    /* Where no more threads are to be had, fewer do it. */
    while (made + 1 < wanted && made + 1 < count &&
           pthread_create(&others[made], NULL, do_some, &work) == 0)
        made++;
    do_some(&work);
    while (made > 0) pthread_join(others[--made], NULL);
}

const struct bm_parallel bm_threads = {run, NULL};
