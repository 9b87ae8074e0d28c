#include "cli/supervised.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli.h"

enum { REFUSED = 1 };

void *bm_supervised_memory(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    BM_CHECK(memory != MAP_FAILED);
    return memory;
}

/* The whole group: the worker, and the programs that it runs. */
static void end_group(int number) {
    (void)number;
    kill(0, SIGKILL);
}

static _Noreturn void be_worker(const struct bm_supervised *supervised, pid_t parent,
                                const sigset_t *former) {
    struct sigaction action = {.sa_handler = end_group};
    setpgid(0, 0);
    sigaction(SIGTERM, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(REFUSED);
    sigprocmask(SIG_SETMASK, former, NULL);
    exit(supervised->work(supervised->context));
}

/* Until the worker has ended; `ret_signal` is what asked for it, 0: nothing. */
static int await(pid_t worker, const sigset_t *awaited, int *ret_signal) {
    int status = 0;
    for (;;) {
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
            if (ended == worker) return status;
        }
        int number = sigwaitinfo(awaited, NULL);
        if (number < 0 || number == SIGCHLD) continue;
        *ret_signal = number;
        kill(-worker, SIGKILL);
    }
}

/* What the worker started has become this process's child, and goes as well. */
static void end_rest(pid_t worker) {
    kill(-worker, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
}

int bm_supervised_run(const struct bm_supervised *supervised) {
    sigset_t awaited, former;
    sigemptyset(&awaited);
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sigaction action;
        sigaction(numbers[i], NULL, &action);
        bool ignored = action.sa_handler == SIG_IGN; /* under nohup: the work goes on */
        if (!ignored || numbers[i] == SIGCHLD) sigaddset(&awaited, numbers[i]);
    }
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &awaited, &former);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t self = getpid(), worker = fork();
    if (worker == 0) be_worker(supervised, self, &former);
    if (worker < 0) {
        int error = errno;
        sigprocmask(SIG_SETMASK, &former, NULL);
        return bm_cli_fail(REFUSED, "%s cannot be started: %s", supervised->name, strerror(error));
    }
    setpgid(worker, worker); /* whoever comes first */
    int asked = 0, ended = await(worker, &awaited, &asked);
    end_rest(worker);
    int status = WIFEXITED(ended) ? WEXITSTATUS(ended) : REFUSED;
    if (asked)
        bm_cli_fail(REFUSED, "%s was stopped", supervised->name);
    else if (WIFSIGNALED(ended))
        bm_cli_fail(REFUSED, "%s was ended by signal %d%s", supervised->name, WTERMSIG(ended),
                    WTERMSIG(ended) == SIGKILL || WTERMSIG(ended) == SIGABRT
                        ? ": is there memory enough? A smaller extract needs less"
                        : "");
    supervised->after(supervised->context, worker, asked && !status ? REFUSED : status);
    sigprocmask(SIG_SETMASK, &former, NULL);
    if (asked) {
        signal(asked, SIG_DFL);
        raise(asked);
    }
    return status;
}
