/* Long work in a process of its own, so that whatever ends it - Ctrl-C, SIGTERM, no memory, a bug -
 * leaves nothing behind: no program that it started, and no half-written file. */
#ifndef BM_CLI_SUPERVISED_H
#define BM_CLI_SUPERVISED_H

#include <sys/types.h>

struct bm_supervised {
    /* In a process of its own; what it writes into `context` is seen afterwards only if that is
     * shared memory (bm_supervised_memory). Its exit status is what bm_supervised_run returns. */
    int (*work)(void *context);
    /* Here, when the work and every process that it started have ended, however they did, and
     * before the caller is told; `worker` was the process.  No signal interrupts it. */
    void (*after)(void *context, pid_t worker, int status);
    void *context;
    const char *name; /* for messages: "bellman area" */
};

/* Runs it to its end.  SIGINT, SIGTERM and SIGHUP end the work and all that it started at once;
 * after `after` this process then ends by the same signal.  A worker that dies otherwise is
 * reported and counts as status 1.  If this process is killed outright, its worker and what that
 * started end with it.  To be called before any thread is started. */
int bm_supervised_run(const struct bm_supervised *supervised);

/* Zeroed memory that both processes see; it is given back when the process ends. */
void *bm_supervised_memory(size_t bytes);

#endif
