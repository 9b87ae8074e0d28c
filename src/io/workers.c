#include "io/workers.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "io/io_table.h"

enum { THREADS_MAX = 16 };

/* A round of the loop gives this long to what workers have finished (and always at least one piece): an emergency that
 * has come in meanwhile waits for one such share, not for a thousand answered lists. */
static const uint64_t share_ns = 2 * 1000 * 1000;

struct piece {
    struct piece *next;
    bool first; /* before the others, also when it is finished */
    bm_io_work_fn *work;
    bm_io_work_fn *after;
    void *context;
};

/* First in, first out. */
struct line {
    struct piece *first;
    struct piece **end;
};

struct bm_io_workers {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct line waiting;  /* under lock */
    struct line finished; /* under lock */
    unsigned waiting_count;
    bool stopping;
    void (*notify)(void *context);
    void *context;
    unsigned thread_count;
    pthread_t threads[THREADS_MAX];
};

static void line_reset(struct line *line) {
    line->first = NULL;
    line->end = &line->first;
}

static void line_put(struct line *line, struct piece *piece) {
    piece->next = NULL;
    *line->end = piece;
    line->end = &piece->next;
}

static void line_put_first(struct line *line, struct piece *piece) {
    piece->next = line->first;
    if (!line->first) line->end = &piece->next;
    line->first = piece;
}

static struct piece *line_take(struct line *line) {
    struct piece *piece = line->first;
    if (!piece) return NULL;
    line->first = piece->next;
    if (!line->first) line->end = &line->first;
    return piece;
}

static void *run_worker(void *argument) {
    struct bm_io_workers *workers = argument;
    pthread_mutex_lock(&workers->lock);
    while (!workers->stopping) {
        struct piece *piece = line_take(&workers->waiting);
        if (!piece) {
            pthread_cond_wait(&workers->more, &workers->lock);
            continue;
        }
        workers->waiting_count--;
        pthread_mutex_unlock(&workers->lock);
        piece->work(piece->context);
        pthread_mutex_lock(&workers->lock);
        if (piece->first)
            line_put_first(&workers->finished, piece);
        else
            line_put(&workers->finished, piece);
        workers->notify(workers->context);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

struct bm_io_workers *bm_io_workers_new(unsigned count, void (*notify)(void *context),
                                        void *context) {
    BM_CHECK(count >= 1);
    BM_CHECK(count <= THREADS_MAX);
    struct bm_io_workers *workers = bm_alloc_zero(1, sizeof *workers);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->more, NULL);
    line_reset(&workers->waiting);
    line_reset(&workers->finished);
    workers->notify = notify;
    workers->context = context;
    /* Signals belong to the loop's thread; a worker must not be interrupted by them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < count; i++) {
        int failed = pthread_create(&workers->threads[i], NULL, run_worker, workers);
        BM_CHECK(!failed);
        workers->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return workers;
}

static bool add(struct bm_io_workers *workers, bool first, bm_io_work_fn *work,
                bm_io_work_fn *after, void *context) {
    struct piece *piece = bm_alloc(sizeof *piece);
    *piece = (struct piece){.first = first, .work = work, .after = after, .context = context};
    pthread_mutex_lock(&workers->lock);
    bool room = (first || (workers->waiting_count < BM_IO_WORK_MAX && !BM_FAILS(workers_full))) && !workers->stopping;
    if (room) {
        workers->waiting_count++;
        if (first)
            line_put_first(&workers->waiting, piece);
        else
            line_put(&workers->waiting, piece);
        pthread_cond_signal(&workers->more);
    }
    pthread_mutex_unlock(&workers->lock);
    if (!room) bm_free(piece);
    return room;
}

bool bm_io_workers_add(struct bm_io_workers *workers, bm_io_work_fn *work, bm_io_work_fn *after,
                       void *context) {
    return add(workers, false, work, after, context);
}

bool bm_io_workers_add_first(struct bm_io_workers *workers, bm_io_work_fn *work,
                             bm_io_work_fn *after, void *context) {
    return add(workers, true, work, after, context);
}

static struct piece *take_finished(struct bm_io_workers *workers, bool *ret_more) {
    pthread_mutex_lock(&workers->lock);
    struct piece *piece = line_take(&workers->finished);
    *ret_more = workers->finished.first;
    pthread_mutex_unlock(&workers->lock);
    return piece;
}

/* False when there was nothing. */
static bool finish_one(struct bm_io_workers *workers, bool *ret_more) {
    struct piece *piece = take_finished(workers, ret_more);
    if (!piece) return false;
    piece->after(piece->context);
    bm_free(piece);
    return true;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void bm_io_workers_finish(struct bm_io_workers *workers) {
    uint64_t end = now_ns() + share_ns;
    bool more;
    while (finish_one(workers, &more) && more) {
        if (now_ns() < end) continue;
        workers->notify(workers->context);
        return;
    }
}

static void join_all(struct bm_io_workers *workers) {
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->more);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->thread_count; i++) pthread_join(workers->threads[i], NULL);
    workers->thread_count = 0;
}

void bm_io_workers_end(struct bm_io_workers *workers) {
    join_all(workers);
    bool more;
    while (finish_one(workers, &more)) continue;
    struct piece *piece;
    while ((piece = line_take(&workers->waiting))) {
        workers->waiting_count--;
        piece->after(piece->context);
        bm_free(piece);
    }
}

void bm_io_workers_free(struct bm_io_workers *workers) {
    join_all(workers);
    struct piece *piece;
    while ((piece = line_take(&workers->waiting))) bm_free(piece);
    while ((piece = line_take(&workers->finished))) bm_free(piece);
    pthread_cond_destroy(&workers->more);
    pthread_mutex_destroy(&workers->lock);
    bm_free(workers);
}
