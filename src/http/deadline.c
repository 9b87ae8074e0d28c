#include "http/deadline.h"

#include <stddef.h>

static int64_t first_due(const struct bm_http_deadlines *deadlines) {
    int64_t at_ns = INT64_MAX;
    for (int i = 0; i < BM_HTTP_WAIT_COUNT; i++) {
        const struct bm_http_deadline *first = deadlines->heads[i].next;
        if (first != &deadlines->heads[i] && first->at_ns < at_ns) at_ns = first->at_ns;
    }
    return at_ns;
}

static void check_due(void *context) {
    struct bm_http_deadlines *deadlines = context;
    int64_t now_ns = bm_io_mono_ns(deadlines->io);
    for (int i = 0; i < BM_HTTP_WAIT_COUNT; i++) {
        struct bm_http_deadline *head = &deadlines->heads[i];
        while (head->next != head && head->next->at_ns <= now_ns) {
            struct bm_http_deadline *due = head->next;
            bm_http_deadline_clear(due);
            deadlines->expired(deadlines->context, (enum bm_http_wait)i, due);
        }
    }
    deadlines->timer_at_ns = first_due(deadlines);
    if (deadlines->timer_at_ns != INT64_MAX)
        bm_io_timer_set(deadlines->timer, deadlines->timer_at_ns);
}

void bm_http_deadlines_init(struct bm_http_deadlines *deadlines, struct bm_io *io,
                            const uint32_t *durations_ms, bm_http_expired_fn *expired,
                            void *context) {
    *deadlines = (struct bm_http_deadlines){.io = io, .expired = expired, .context = context};
    deadlines->timer = bm_io_timer_new(io, check_due, deadlines);
    deadlines->timer_at_ns = INT64_MAX;
    for (int i = 0; i < BM_HTTP_WAIT_COUNT; i++) {
        deadlines->duration_ns[i] = (int64_t)durations_ms[i] * 1000000;
        deadlines->heads[i].next = deadlines->heads[i].prev = &deadlines->heads[i];
    }
}

void bm_http_deadlines_close(struct bm_http_deadlines *deadlines) {
    bm_io_timer_free(deadlines->timer);
    deadlines->timer = NULL;
}

void bm_http_deadline_clear(struct bm_http_deadline *deadline) {
    if (!deadline->next) return;
    deadline->prev->next = deadline->next;
    deadline->next->prev = deadline->prev;
    deadline->next = deadline->prev = NULL;
}

void bm_http_deadline_set(struct bm_http_deadlines *deadlines, struct bm_http_deadline *deadline,
                          enum bm_http_wait wait) {
    struct bm_http_deadline *head = &deadlines->heads[wait];
    bm_http_deadline_clear(deadline);
    deadline->at_ns = bm_io_mono_ns(deadlines->io) + deadlines->duration_ns[wait];
    deadline->prev = head->prev;
    deadline->next = head;
    head->prev->next = deadline;
    head->prev = deadline;
    /* A deadline that goes away leaves the timer as it is: it fires once in vain, which costs less
     * than moving it at every request. */
    if (deadline->at_ns < deadlines->timer_at_ns) {
        deadlines->timer_at_ns = deadline->at_ns;
        bm_io_timer_set(deadlines->timer, deadline->at_ns);
    }
}
