#include "api/vitals.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"

enum { BEAT_TIMERS = 8 }; /* that each console hears of by name */

struct bm_vitals {
    pthread_mutex_t lock; /* of all below; also held while desk or outbox are asked, so that they stay */
    struct bm_live *live;     /* NULL: not yet, or no more */
    struct bm_outbox *outbox; /* NULL: none, because of `no_outbox` where that says something */
    char no_outbox[BM_FAULT_DETAIL_MAX];
    struct bm_vitals_turn turn;
};

struct bm_vitals *bm_vitals_new(void) {
    struct bm_vitals *vitals = bm_alloc_zero(1, sizeof *vitals);
    pthread_mutex_init(&vitals->lock, NULL);
    vitals->turn.clock = "unwatched";
    return vitals;
}

void bm_vitals_free(struct bm_vitals *vitals) {
    if (!vitals) return;
    pthread_mutex_destroy(&vitals->lock);
    bm_free(vitals);
}

void bm_vitals_take_live(struct bm_vitals *vitals, struct bm_live *live) {
    pthread_mutex_lock(&vitals->lock);
    vitals->live = live;
    pthread_mutex_unlock(&vitals->lock);
}

void bm_vitals_take_outbox(struct bm_vitals *vitals, struct bm_outbox *outbox, const char *why_not) {
    pthread_mutex_lock(&vitals->lock);
    vitals->outbox = outbox;
    snprintf(vitals->no_outbox, sizeof vitals->no_outbox, "%s", why_not);
    pthread_mutex_unlock(&vitals->lock);
}

void bm_vitals_turn(struct bm_vitals *vitals, const struct bm_vitals_turn *turn) {
    pthread_mutex_lock(&vitals->lock);
    vitals->turn = *turn;
    pthread_mutex_unlock(&vitals->lock);
}

/* What is asked of desk and outbox, once per answer. */
struct look {
    struct bm_live_status desk;
    struct bm_outbox_counts outbox;
    const char *outbox_word; /* "fine", "stopped", "broken" */
};

static const char *const space_words[] = {"fine", "low", "out"};

static void look(struct bm_vitals *vitals, struct look *ret) {
    *ret = (struct look){.desk = bm_live_status(vitals->live)};
    if (vitals->outbox) ret->outbox = bm_outbox_counts(vitals->outbox);
    ret->outbox_word = !vitals->outbox ? "broken" : ret->outbox.stopped ? "stopped" : "fine";
}

static const char *yes(bool flag) {
    return flag ? "true" : "false";
}

/* --- acknowledgements ------------------------------------------------------------------------- */

static uint64_t ms_of(int64_t ns) {
    return (uint64_t)((ns + 999999) / 1000000);
}

/* null when nothing was acknowledged in that minute. */
static void write_ack(const struct bm_pace_figures *ack, struct bm_buf *out) {
    bm_buf_printf(out, "\"ack_slow\":%s", yes(ack->is_slow));
    if (ack->count)
        bm_buf_printf(out, ",\"ack_p50_ms\":%" PRIu64 ",\"ack_p99_ms\":%" PRIu64, ms_of(ack->p50_ns), ms_of(ack->p99_ns));
    else
        bm_buf_text(out, ",\"ack_p50_ms\":null,\"ack_p99_ms\":null");
}

/* --- the clock -------------------------------------------------------------------------------- */

/* Of the clock that is doubted: what it said and what was expected, as far as this process knows. */
static void write_doubt(const struct bm_live_status *desk, struct bm_buf *out) {
    const struct bm_desk_doubt *doubt = &desk->doubt;
    bm_buf_text(out, "\"time_doubt\":");
    if (desk->time_held && doubt->is_known)
        bm_buf_printf(out, "{\"wall_at_ms\":%" PRId64 ",\"expected_at_ms\":%" PRId64 ",\"by_record\":%s}", doubt->wall_at_ms,
                      doubt->expected_at_ms, yes(doubt->is_by_record));
    else
        bm_buf_text(out, "null");
}

/* --- timers that are set aside ------------------------------------------------------------------ */

static void write_timer(const struct bm_desk_aside *aside, struct bm_buf *out) {
    bm_buf_printf(out, "{\"what\":\"%s\",\"target\":", bm_command_word(aside->command));
    bm_json_id(out, aside->target);
    bm_buf_text(out, ",\"clock\":");
    bm_json_text(out, aside->clock < 0 ? "" : bm_word(&bm_clock_kind_words, (unsigned)aside->clock));
    bm_buf_text(out, ",\"case\":");
    bm_json_id(out, aside->on_case);
    bm_buf_text(out, ",\"contact\":");
    bm_json_id(out, aside->contact);
    bm_buf_text(out, ",\"unit\":");
    bm_json_id(out, aside->unit);
    bm_buf_printf(out, ",\"code\":\"%s\",\"due_at_ms\":%" PRId64 ",\"at_ms\":%" PRId64 "}", bm_code_word(aside->code), aside->due_at_ms,
                  aside->at_ms);
}

static void write_timers(struct bm_live *live, size_t most, struct bm_buf *out) {
    struct bm_desk_aside list[BM_ASIDES_MAX];
    size_t count = bm_live_asides(live, list, most < BM_ASIDES_MAX ? most : BM_ASIDES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (i) bm_buf_byte(out, ',');
        write_timer(&list[i], out);
    }
}

/* --- ready ------------------------------------------------------------------------------------ */

static int64_t loop_age_ms(const struct bm_vitals *vitals, int64_t now_ns) {
    int64_t age_ns = now_ns - vitals->turn.at_ns;
    return age_ns > 0 ? age_ns / 1000000 : 0;
}

int bm_vitals_write_ready(struct bm_vitals *vitals, int64_t now_ns, struct bm_buf *out) {
    int status = 503;
    pthread_mutex_lock(&vitals->lock);
    if (vitals->live) {
        struct look now;
        look(vitals, &now);
        int64_t age_ms = loop_age_ms(vitals, now_ns);
        bool ready = now.desk.space == BM_SPACE_FINE && !now.desk.time_held && !now.desk.timers_stuck && !now.desk.asides && age_ms <= BM_LOOP_STALLED_MS;
        if (ready) status = 200;
        bm_buf_printf(out,
                      "{\"ready\":%s,\"seq\":%" PRIu64 ",\"space\":\"%s\",\"free_bytes\":%" PRIu64
                      ",\"time_held\":%s,\"timers_stuck\":%s,\"timers_aside\":%u,\"quarantined\":%" PRIu64 ",\"clock\":\"%s\",\"outbox\":\"%s\""
                      ",\"set_aside\":%" PRIu64 ",\"loop_age_ms\":%" PRId64 ",",
                      yes(ready), now.desk.head.seq, space_words[now.desk.space], now.desk.free_bytes, yes(now.desk.time_held),
                      yes(now.desk.timers_stuck), now.desk.asides, now.desk.counts.quarantined, vitals->turn.clock, now.outbox_word,
                      now.outbox.set_aside, age_ms);
        write_ack(&vitals->turn.ack, out);
        bm_buf_byte(out, '}');
    }
    pthread_mutex_unlock(&vitals->lock);
    return status;
}

/* --- beats ------------------------------------------------------------------------------------ */

void bm_vitals_beat(struct bm_vitals *vitals, char ret_text[BM_VITALS_BEAT_TEXT]) {
    pthread_mutex_lock(&vitals->lock);
    if (vitals->live) {
        struct look now;
        look(vitals, &now);
        struct bm_buf out = bm_buf_make(BM_VITALS_BEAT_TEXT - 1);
        bm_buf_printf(&out,
                      "\"clock\":\"%s\",\"ack_slow\":%s,\"space\":\"%s\",\"time_held\":%s,\"timers_stuck\":%s,\"quarantined\":%u"
                      ",\"outbox\":\"%s\",\"set_aside\":%" PRIu64 ",",
                      vitals->turn.clock, yes(vitals->turn.ack.is_slow), space_words[now.desk.space], yes(now.desk.time_held),
                      yes(now.desk.timers_stuck), now.desk.quarantine, now.outbox_word, now.outbox.set_aside);
        write_doubt(&now.desk, &out);
        bm_buf_printf(&out, ",\"timers_aside\":%u,\"timers\":[", now.desk.asides);
        write_timers(vitals->live, BEAT_TIMERS, &out);
        bm_buf_byte(&out, ']');
        BM_CHECK(!out.overflow);
        memcpy(ret_text, out.bytes, out.len);
        ret_text[out.len] = 0;
        bm_buf_free(&out);
    } else {
        snprintf(ret_text, BM_VITALS_BEAT_TEXT, "\"clock\":\"%s\"", vitals->turn.clock);
    }
    pthread_mutex_unlock(&vitals->lock);
}

void bm_vitals_status(struct bm_vitals *vitals, char ret_text[BM_VITALS_STATUS_TEXT]) {
    pthread_mutex_lock(&vitals->lock);
    struct look now = {.outbox_word = "fine"};
    if (vitals->live) look(vitals, &now);
    snprintf(ret_text, BM_VITALS_STATUS_TEXT, "%s%s%s", vitals->turn.ack.is_slow ? "; acknowledgements are slow" : "",
             strcmp(now.outbox_word, "fine") != 0 ? "; nobody outside is told" : "", now.desk.quarantine ? "; commands are refused because they stopped the desk" : "");
    pthread_mutex_unlock(&vitals->lock);
}

/* --- for whoever looks after the desk ------------------------------------------------------------ */

static void write_quarantine(struct bm_live *live, struct bm_buf *out) {
    struct bm_quarantined list[BM_QUARANTINE_SLOTS];
    size_t count = bm_live_quarantined(live, list, BM_QUARANTINE_SLOTS);
    bm_buf_text(out, ",\"quarantine\":[");
    for (size_t i = 0; i < count; i++) {
        bm_buf_text(out, i ? ",{\"what\":" : "{\"what\":");
        bm_json_text(out, list[i].what);
        bm_buf_text(out, ",\"actor\":");
        bm_json_id(out, list[i].actor);
        bm_buf_text(out, ",\"target\":");
        bm_json_id(out, list[i].target);
        bm_buf_printf(out, ",\"crashes\":%u,\"first_at_ms\":%" PRId64 ",\"last_at_ms\":%" PRId64 "}", list[i].crashes,
                      list[i].first_at_ms, list[i].last_at_ms);
    }
    bm_buf_byte(out, ']');
}

static void write_outbox(const struct bm_vitals *vitals, const struct look *now, struct bm_buf *out) {
    struct bm_outbox_stop stop = {0};
    bool stopped = vitals->outbox && bm_outbox_stopped(vitals->outbox, &stop);
    bm_buf_printf(out, ",\"outbox\":{\"state\":\"%s\",\"at_seq\":", now->outbox_word);
    bm_json_id(out, stopped ? stop.seq : 0);
    if (stopped)
        bm_buf_printf(out, ",\"since_ms\":%" PRId64, stop.since_ms);
    else
        bm_buf_text(out, ",\"since_ms\":null");
    bm_buf_text(out, ",\"why\":");
    bm_json_text(out, stopped ? stop.why : vitals->outbox ? "" : vitals->no_outbox);
    bm_buf_printf(out, ",\"set_aside\":%" PRIu64 ",\"waiting\":%" PRIu64 "}", now->outbox.set_aside, now->outbox.waiting);
}

void bm_vitals_write_all(struct bm_vitals *vitals, struct bm_buf *out) {
    pthread_mutex_lock(&vitals->lock);
    bm_buf_byte(out, '{');
    write_ack(&vitals->turn.ack, out);
    bm_buf_printf(out, ",\"ack_count\":%" PRIu64 ",\"ack_limit_ms\":%d", vitals->turn.ack.count, BM_ACK_LIMIT_MS);
    if (vitals->live) {
        struct look now;
        look(vitals, &now);
        bm_buf_printf(out, ",\"space\":\"%s\",\"free_bytes\":%" PRIu64 ",\"time_held\":%s,\"refused\":%" PRIu64, space_words[now.desk.space],
                      now.desk.free_bytes, yes(now.desk.time_held), now.desk.counts.quarantined);
        bm_buf_byte(out, ',');
        write_doubt(&now.desk, out);
        bm_buf_printf(out, ",\"timers_stuck\":%s,\"timers\":[", yes(now.desk.timers_stuck));
        write_timers(vitals->live, BM_ASIDES_MAX, out);
        bm_buf_byte(out, ']');
        write_quarantine(vitals->live, out);
        write_outbox(vitals, &now, out);
    }
    bm_buf_byte(out, '}');
    pthread_mutex_unlock(&vitals->lock);
}

/* --- metrics (Prometheus text format 0.0.4) --------------------------------------------------- */

static void metric(struct bm_buf *out, const char *name, const char *kind, const char *help,
                   uint64_t value) {
    bm_buf_printf(out, "# HELP bellman_%s %s\n# TYPE bellman_%s %s\nbellman_%s %" PRIu64 "\n", name,
                  help, name, kind, name, value);
}

static void desk_metrics(struct bm_buf *out, const struct bm_live_status *status) {
    metric(out, "journal_seq", "gauge", "Place of the last committed event.", status->head.seq);
    metric(out, "commands_total", "counter", "Commands the desk has decided.",
           status->counts.commands);
    metric(out, "commands_accepted_total", "counter", "Commands accepted.",
           status->counts.accepted);
    metric(out, "commands_refused_total", "counter", "Commands refused.", status->counts.refused);
    metric(out, "commands_replayed_total", "counter", "Commands answered again from memory.",
           status->counts.replayed);
    metric(out, "commands_quarantined_total", "counter",
           "Commands refused because they stopped the desk twice.", status->counts.quarantined);
    metric(out, "commands_held_back", "gauge", "Commands that are refused from now on because they stopped the desk twice.",
           status->quarantine);
    metric(out, "commands_shed_total", "counter", "Commands that found the queue full.",
           status->overloaded);
    metric(out, "commands_no_space_total", "counter", "Commands refused for want of disk space.",
           status->counts.no_space);
    metric(out, "queue_length", "gauge", "Commands waiting for the desk.", status->queued);
    metric(out, "timers_total", "counter", "Timers that fired.", status->counts.timers);
    metric(out, "commits_total", "counter", "Transactions committed.", status->commit_count);
    metric(out, "commit_nanoseconds_total", "counter", "Time of the steps that committed.",
           status->commit_ns_total);
    metric(out, "disk_free_bytes", "gauge", "Free space under the data folder.",
           status->free_bytes);
    metric(out, "time_held", "gauge", "1 while a clock jump waits for confirmation.",
           status->time_held);
    metric(out, "timers_set_aside", "gauge", "Timers that stopped the desk twice and wait for an administrator; the others are fired.",
           status->asides);
    metric(out, "timers_stuck", "gauge", "1 when more timers cannot be fired than can be set aside, and none is.",
           status->timers_stuck);
    metric(out, "snapshots_total", "counter", "Snapshots written.", status->snapshots);
    metric(out, "snapshot_mismatches_total", "counter",
           "Replays that differed from the live state: must stay 0.", status->snapshot_mismatches);
    bm_buf_text(out, "# HELP bellman_records Records in memory.\n# TYPE bellman_records gauge\n");
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        bm_buf_printf(out, "bellman_records{table=\"%s\"} %zu\n",
                      bm_word(&bm_table_kind_words, (unsigned)t), status->records[t]);
    }
}

static void outbox_metrics(struct bm_buf *out, struct bm_outbox *outbox) {
    metric(out, "outbox_broken", "gauge", "1 when nothing can be sent out of the house.", outbox == NULL);
    if (!outbox) return;
    struct bm_outbox_counts counts = bm_outbox_counts(outbox);
    metric(out, "outbox_seq", "gauge", "Place in the journal that the outbox has come to.", counts.cursor);
    metric(out, "deliveries_waiting", "gauge", "Deliveries that are not finished.", counts.waiting);
    metric(out, "deliveries_in_flight", "gauge", "Deliveries being sent now.", counts.in_flight);
    metric(out, "deliveries_total", "counter", "Deliveries made since the start.", counts.made);
    metric(out, "deliveries_delivered_total", "counter", "Deliveries accepted by their receivers.", counts.delivered);
    metric(out, "deliveries_failures_total", "counter", "Tries that failed.", counts.failures);
    metric(out, "deliveries_gave_up_total", "counter", "Deliveries given up.", counts.gave_up);
    metric(out, "deliveries_refused_addresses_total", "counter", "Connections refused because of their address.",
           counts.refused_addresses);
    metric(out, "outbox_faults_total", "counter", "Faults of the outbox's own file.", counts.faults);
    metric(out, "outbox_stopped", "gauge", "1 while the outbox cannot go past an event.", counts.stopped);
    metric(out, "deliveries_set_aside", "gauge", "Events and deliveries that are out of the way of the others and wait for a person.",
           counts.set_aside);
}

static void http_metrics(struct bm_buf *out, const struct bm_http_counts *counts) {
    metric(out, "http_connections", "gauge", "Open connections.", counts->connections_now);
    metric(out, "http_streams", "gauge", "Open event streams.", counts->streams_now);
    metric(out, "http_requests_total", "counter", "Requests that arrived whole.", counts->requests);
    metric(out, "http_bad_requests_total", "counter", "Requests that were not HTTP.",
           counts->bad_requests);
    metric(out, "http_timed_out_total", "counter", "Requests that took too long to arrive.",
           counts->timed_out);
    metric(out, "http_too_large_total", "counter", "Heads and bodies past their limit.",
           counts->too_large);
    metric(out, "http_refused_full_total", "counter",
           "Connections refused because all places were taken.", counts->refused_full);
    metric(out, "http_answers_dropped_total", "counter", "Answers whose client had gone.",
           counts->answers_dropped);
    metric(out, "http_streams_cut_total", "counter", "Streams cut for slowness.",
           counts->streams_cut);
}

static void ack_metrics(struct bm_buf *out, const struct bm_pace_figures *ack) {
    metric(out, "acks_a_minute", "gauge", "Commands acknowledged in the last minute, with those that wait too long already.", ack->count);
    metric(out, "ack_p50_ms", "gauge", "Half of them took no longer, from the request whole to its answer written; 0 when there are none.",
           ms_of(ack->p50_ns));
    metric(out, "ack_p99_ms", "gauge", "99 of 100 of them took no longer; 0 when there are none.", ms_of(ack->p99_ns));
    metric(out, "ack_slow", "gauge", "1 while acknowledgements have been slower than 250 ms (p99) for a minute.", ack->is_slow);
}

void bm_vitals_write_metrics(struct bm_vitals *vitals, int64_t now_ns, struct bm_buf *out) {
    pthread_mutex_lock(&vitals->lock);
    const struct bm_vitals_turn *turn = &vitals->turn;
    if (vitals->live) {
        struct bm_live_status status = bm_live_status(vitals->live);
        desk_metrics(out, &status);
        outbox_metrics(out, vitals->outbox);
        ack_metrics(out, &turn->ack);
        metric(out, "loop_age_ms", "gauge", "How long ago the loop that answers requests turned: above 5000 it is not ready.",
               (uint64_t)loop_age_ms(vitals, now_ns));
    }
    http_metrics(out, &turn->http);
    metric(out, "clock_unsynchronised", "gauge", "1 while no time service steers the system clock, or it cannot be told.",
           turn->clock_warns);
    metric(out, "problems_total", "counter", "Requests answered with a problem.", turn->problems);
    pthread_mutex_unlock(&vitals->lock);
}
