#include "outbox/outbox.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/log.h"
#include "outbox/outbox_private.h"

enum { IDLE_MS = 30000, AFTER_FAULT_MS = 1000, SWEEP_EVERY_MS = 60000, CLOCK_STEP_MS = 2000 };

enum bm_code bm_outbox_open(const struct bm_outbox_config *config, uint64_t ledger, struct bm_outbox **ret_outbox,
                            struct bm_fault *fault) {
    struct bm_outbox *outbox = bm_alloc_zero(1, sizeof *outbox);
    outbox->config = *config;
    outbox->dir = bm_text_copy(config->dir);
    outbox->origin = bm_text_copy(config->origin);
    outbox->ledger = ledger & INT64_MAX; /* as SQLite keeps it */
    pthread_mutex_init(&outbox->list_lock, NULL);
    char running[700];
    snprintf(running, sizeof running, "%s/outbox.running", config->dir);
    enum bm_code code = bm_reader_open_dir(config->dir, &outbox->reader, fault);
    if (!code) code = bm_quarantine_open(running, &outbox->quarantine, fault);
    if (!code) code = bm_out_store_open(outbox, fault);
    atomic_store(&outbox->cursor_seen, outbox->cursor);
    if (code)
        bm_outbox_close(outbox);
    else
        *ret_outbox = outbox;
    return code;
}

void bm_outbox_close(struct bm_outbox *outbox) {
    if (!outbox) return;
    bm_outbox_stop(outbox);
    bm_out_store_close(outbox);
    bm_reader_close(outbox->reader);
    bm_quarantine_close(outbox->quarantine);
    pthread_mutex_destroy(&outbox->list_lock);
    bm_free(outbox->dir);
    bm_free(outbox->origin);
    bm_free(outbox);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* How long there is nothing to do, unless something is committed or answered. */
static int wait_ms(struct bm_outbox *outbox, int64_t now_ms) {
    int64_t next_ms = now_ms + IDLE_MS;
    uint64_t waiting = 0;
    for (size_t i = 0; i < outbox->channel_count; i++) {
        const struct bm_out_channel *channel = &outbox->channels[i];
        waiting += channel->open_count;
        bool goes = channel->row.active && !channel->row.off && !channel->row.paused && channel->flights < BM_OUTBOX_FLIGHTS_EACH;
        if (!goes || !channel->open_count || outbox->flight_count >= BM_OUTBOX_FLIGHTS_MAX) continue;
        if (channel->flights && (channel->failures || channel->a_minute)) continue; /* its answer wakes us */
        int64_t at_ms = bm_out_next_due(outbox, channel->row.id.v);
        if (at_ms < channel->not_before_ms) at_ms = channel->not_before_ms;
        if (at_ms < next_ms) next_ms = at_ms;
    }
    atomic_store(&outbox->waiting, waiting);
    if (outbox->holds_back) return IDLE_MS; /* an answer wakes us */
    return next_ms > now_ms ? (int)(next_ms - now_ms) : 0;
}

static void sweep(struct bm_outbox *outbox, int64_t now_ms) {
    struct bm_fault fault;
    if (now_ms - outbox->swept_at_ms < SWEEP_EVERY_MS) return;
    outbox->swept_at_ms = now_ms;
    if (bm_out_sweep(outbox, now_ms - (int64_t)BM_OUTBOX_KEEP_DAYS * 86400000, &fault))
        bm_log(BM_LOG_WARNING, "outbox", "doing=\"forgetting old deliveries\" reason=\"%s\"", fault.detail);
    outbox->recount = true;
}

/* Whoever looks is told when it does not get on; once or twice may be chance. */
static void note_stop(struct bm_outbox *outbox, const struct bm_fault *fault) {
    uint64_t seq = outbox->bad.seq > outbox->cursor ? outbox->bad.seq : outbox->cursor + 1;
    if (++outbox->stop_faults < BM_OUTBOX_STOP_FAULTS) return;
    pthread_mutex_lock(&outbox->list_lock);
    if (!atomic_load(&outbox->stop_said)) outbox->stop.since_ms = bm_out_now_ms();
    outbox->stop.seq = seq;
    snprintf(outbox->stop.why, sizeof outbox->stop.why, "%s", fault->detail);
    atomic_store(&outbox->stop_said, true);
    pthread_mutex_unlock(&outbox->list_lock);
}

static void note_going(struct bm_outbox *outbox) {
    outbox->stop_faults = 0;
    atomic_store(&outbox->stop_said, false);
}

bool bm_outbox_stopped(struct bm_outbox *outbox, struct bm_outbox_stop *ret_stop) {
    pthread_mutex_lock(&outbox->list_lock);
    bool stopped = atomic_load(&outbox->stop_said);
    if (stopped) *ret_stop = outbox->stop;
    pthread_mutex_unlock(&outbox->list_lock);
    return stopped;
}

/* Small steps are a time service's, and change nothing. */
static void watch_clock(struct bm_outbox *outbox) {
    struct timespec mono;
    struct bm_fault fault;
    clock_gettime(CLOCK_MONOTONIC, &mono);
    int64_t ahead_ms = bm_out_now_ms() - ((int64_t)mono.tv_sec * 1000 + mono.tv_nsec / 1000000), back_ms = outbox->ahead_ms - ahead_ms;
    bool went_back = outbox->clock_seen && back_ms > CLOCK_STEP_MS;
    if (went_back && bm_out_clock_went_back(outbox, back_ms, &fault)) {
        atomic_fetch_add(&outbox->faults, 1);
        bm_log(BM_LOG_ERROR, "outbox", "doing=\"following a clock that went back\" reason=\"%s\"", fault.detail);
        return; /* tried again in the next step */
    }
    outbox->ahead_ms = ahead_ms;
    outbox->clock_seen = true;
}

int bm_outbox_step(struct bm_outbox *outbox) {
    struct bm_fault fault;
    bool more = false;
    int fault_wait_ms = 0;
    watch_clock(outbox);
    bool woken = atomic_exchange(&outbox->woken, false);
    enum bm_code code = woken ? bm_out_follow(outbox, &more, &fault) : BM_OK;
    if (woken && !code) note_going(outbox);
    if (code) {
        /* A full disk, mostly: nothing is lost, for the cursor stands where it stood. */
        note_stop(outbox, &fault);
        atomic_fetch_add(&outbox->faults, 1);
        bm_log(BM_LOG_ERROR, "outbox", "doing=\"reading the record\" reason=\"%s\"", fault.detail);
        fault_wait_ms = AFTER_FAULT_MS;
        more = true;
    }
    if (more) atomic_store(&outbox->woken, true);
    int64_t now_ms = bm_out_now_ms();
    bm_out_start_due(outbox, now_ms);
    bm_out_perform(outbox);
    sweep(outbox, now_ms);
    if (outbox->recount) bm_out_recount(outbox);
    return fault_wait_ms ? fault_wait_ms : more ? 0 : wait_ms(outbox, bm_out_now_ms());
}

static void *run(void *context) {
    struct bm_outbox *outbox = context;
    while (!atomic_load(&outbox->stopped)) {
        int wait = bm_outbox_step(outbox);
        BM_CHECK(curl_multi_poll(outbox->multi, NULL, 0, wait, NULL) == CURLM_OK);
    }
    return NULL;
}

void bm_outbox_start_stepped(struct bm_outbox *outbox) {
    BM_CHECK(curl_global_init_mem(CURL_GLOBAL_DEFAULT, bm_alloc, bm_free, bm_realloc, bm_text_copy, bm_alloc_zero) == CURLE_OK);
    outbox->multi = curl_multi_init();
    BM_CHECK(outbox->multi);
    atomic_store(&outbox->woken, true); /* what was committed while nobody followed */
    outbox->started = true;
}

void bm_outbox_start(struct bm_outbox *outbox) {
    bm_outbox_start_stepped(outbox);
    outbox->has_thread = true;
    BM_CHECK(pthread_create(&outbox->thread, NULL, run, outbox) == 0);
}

void bm_outbox_stop(struct bm_outbox *outbox) {
    if (!outbox || !outbox->started) return;
    atomic_store(&outbox->stopped, true);
    curl_multi_wakeup(outbox->multi);
    if (outbox->has_thread) pthread_join(outbox->thread, NULL);
    bm_out_cut_flights(outbox);
    bm_out_all_landed(outbox);
    curl_multi_cleanup(outbox->multi);
    outbox->started = false;
}

void bm_outbox_wake(struct bm_outbox *outbox) {
    if (!outbox->started || atomic_exchange(&outbox->woken, true)) return;
    curl_multi_wakeup(outbox->multi);
}

struct bm_outbox_counts bm_outbox_counts(struct bm_outbox *outbox) {
    return (struct bm_outbox_counts){
        .cursor = atomic_load(&outbox->cursor_seen),
        .made = atomic_load(&outbox->made),
        .delivered = atomic_load(&outbox->delivered),
        .failures = atomic_load(&outbox->failures),
        .gave_up = atomic_load(&outbox->gave_up),
        .handshakes = atomic_load(&outbox->handshakes),
        .refused_addresses = atomic_load(&outbox->refused_addresses),
        .faults = atomic_load(&outbox->faults),
        .in_flight = atomic_load(&outbox->in_flight),
        .waiting = atomic_load(&outbox->waiting),
        .set_aside = atomic_load(&outbox->set_aside),
        .stopped = atomic_load(&outbox->stop_said),
    };
}
