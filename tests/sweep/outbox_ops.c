/* The outbox's operations: each event is told once to each channel, whatever fails in between. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "outbox/outbox_private.h"
#include "sweep.h"

enum { CHANNELS = 2, FOLLOWED = 4, LATER = 3 };

static void need(enum bm_code code, const struct bm_fault *fault) {
    if (code) fprintf(stderr, "%s: %s\n", bm_code_word(code), fault->detail);
    BM_CHECK(code == BM_OK);
}

/* --- a record with channels and cases that move ------------------------------------------------ */

static void append(struct bm_stage *stage, struct bm_event *event, enum bm_table_kind table, uint64_t id, const void *record) {
    const struct bm_event *list[] = {event};
    struct bm_change change = {table, id, record};
    struct bm_batch batch = {list, 1, &change, record ? 1 : 0};
    struct bm_head head = bm_journal_head(stage->journal), now;
    event->seq = head.seq + 1;
    event->at_ms = bm_out_now_ms();
    BM_CHECK(bm_journal_append(stage->journal, &batch, &head, &now) == BM_APPEND_COMMITTED);
    bm_event_release(event);
}

static void set_channel(struct bm_stage *stage, uint64_t id) {
    struct bm_event event = bm_event_make(BM_EV_ALERT_CHANNEL_SET, (struct bm_subject){BM_SUBJECT_DESK, 0});
    struct bm_ev_alert_channel_set *set = &event.alert_channel_set;
    set->channel.v = id;
    set->kind = BM_ALERT_WEBHOOK;
    set->jurisdiction.v = 1;
    set->active = true;
    snprintf(set->name, sizeof set->name, "Channel %d", (int)id);
    snprintf(set->events, sizeof set->events, "case_moved");
    append(stage, &event, BM_T_CASE, 0, NULL);
}

static void move_case(struct bm_stage *stage, uint64_t id) {
    struct bm_event event = bm_event_make(BM_EV_CASE_MOVED, (struct bm_subject){BM_SUBJECT_CASE, id});
    struct bm_case row;
    event.case_moved.on_case.v = id;
    event.case_moved.to = BM_CASE_ON_SCENE;
    bm_shape_clear(bm_table_shape(BM_T_CASE), &row);
    row.id.v = id;
    row.jurisdiction.v = 1;
    append(stage, &event, BM_T_CASE, id, &row);
}

static enum bm_code open_outbox(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_outbox_config config = {stage->dir, "desk.example", false, {0}};
    return stage->outbox ? BM_OK : bm_outbox_open(&config, 77, &stage->outbox, fault);
}

static enum bm_code follow(struct bm_stage *stage, struct bm_fault *fault) {
    bool more = true;
    enum bm_code code = BM_OK;
    while (more && code == BM_OK) code = bm_out_follow(stage->outbox, &more, fault);
    return code;
}

/* Nobody is told of what happened before there was an outbox, so it comes first. */
static void make(struct bm_stage *stage) {
    struct bm_fault fault = {0};
    need(bm_journal_open(stage->dir, &stage->journal, &fault), &fault);
    need(open_outbox(stage, &fault), &fault);
    for (uint64_t id = 1; id <= CHANNELS; id++) set_channel(stage, id);
    for (uint64_t id = 1; id <= FOLLOWED; id++) move_case(stage, id);
    need(follow(stage, &fault), &fault);
    for (uint64_t id = 1; id <= LATER; id++) move_case(stage, FOLLOWED + id);
}

static void make_without(struct bm_stage *stage) {
    struct bm_fault fault = {0};
    need(bm_journal_open(stage->dir, &stage->journal, &fault), &fault);
    move_case(stage, 1);
}

/* --- acts ------------------------------------------------------------------------------------- */

/* A delivery arrived: told[0] is its id, once that is kept. */
static enum bm_code note(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_delivery delivery;
    enum bm_code code = bm_out_due(stage->outbox, 1, INT64_MAX, &delivery, fault);
    if (code) return code;
    delivery.state = BM_DELIVERY_DELIVERED;
    delivery.next_at_ms = BM_AT_NONE;
    code = bm_out_begin(stage->outbox, fault);
    if (code) return code;
    code = bm_out_put(stage->outbox, &delivery, fault);
    code = bm_out_end(stage->outbox, code, fault);
    if (code == BM_OK) stage->told[0] = delivery.id.v;
    return code;
}

static bool count_delivery(void *context, const struct bm_delivery *delivery) {
    (void)delivery;
    ++*(uint64_t *)context;
    return true;
}

static enum bm_code list(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_outbox_query query = {.state = -1, .limit = 100};
    uint64_t count = 0;
    enum bm_code code = bm_outbox_list(stage->outbox, &query, count_delivery, &count, fault);
    if (code == BM_OK && count != FOLLOWED * CHANNELS) abort(); /* a silent wrong answer */
    return code;
}

static enum bm_code copy(struct bm_stage *stage, struct bm_fault *fault) {
    bool there = false;
    uint64_t held;
    enum bm_code code = bm_outbox_copy(stage->dir, stage->out, &there, fault);
    if (code == BM_OK && !there) abort();
    if (code == BM_OK) code = bm_outbox_hold(stage->out, FOLLOWED + LATER + CHANNELS, &held, fault);
    if (code == BM_OK) stage->told[1] = held;
    if (code) { /* as bellman backup does without an outbox: the next copy needs the name */
        char path[200];
        snprintf(path, sizeof path, "%s/outbox.db", stage->out);
        (void)remove(path);
    }
    return code;
}

/* --- afterwards --------------------------------------------------------------------------------- */

static int64_t count(struct bm_outbox *outbox, const char *sql) {
    sqlite3_stmt *stmt;
    int64_t value = -1;
    if (sqlite3_prepare_v2(outbox->db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

static const char *look(struct bm_stage *stage, bool done) {
    struct bm_fault fault = {0};
    char sql[100];
    (void)done;
    if (open_outbox(stage, &fault)) return "the outbox does not open";
    if (follow(stage, &fault)) return "the outbox does not follow";
    if (count(stage->outbox, "SELECT count(*) FROM delivery") != (FOLLOWED + LATER) * CHANNELS) return "not each event is told once to each channel";
    snprintf(sql, sizeof sql, "SELECT count(*) FROM delivery WHERE id=%d AND state=%d", (int)stage->told[0], BM_DELIVERY_DELIVERED);
    if (stage->told[0] && count(stage->outbox, sql) != 1) return "what became of a telling is forgotten";
    return NULL;
}

static const char *look_at_new(struct bm_stage *stage, bool done) {
    struct bm_fault fault = {0};
    (void)done;
    if (open_outbox(stage, &fault)) return "a new outbox does not open";
    if (follow(stage, &fault)) return "a new outbox does not follow";
    return count(stage->outbox, "SELECT count(*) FROM delivery") ? "a new outbox tells of what was before it" : NULL;
}

static const char *look_at_copy(struct bm_stage *stage, bool done) {
    struct bm_fault fault = {0};
    char path[200];
    sqlite3 *db;
    int64_t waiting = -1;
    sqlite3_stmt *stmt = NULL;
    const char *wrong = look(stage, done);
    (void)fault;
    if (wrong || !done) return wrong;
    snprintf(path, sizeof path, "%s/outbox.db", stage->out);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT count(*) FROM delivery WHERE next_at IS NOT NULL", -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        waiting = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return waiting == 0 && stage->told[1] == FOLLOWED * CHANNELS ? NULL : "in the copy of the outbox something waits";
}

const struct bm_operation bm_outbox_operations[] = {
    {"outbox made", make_without, NULL, open_outbox, look_at_new, false, false, true},
    {"outbox opened", make, NULL, open_outbox, look, false, false, true},
    {"outbox follows", make, open_outbox, follow, look, false, false, true},
    {"telling noted", make, open_outbox, note, look, false, false, true},
    {"tellings listed", make, open_outbox, list, look, false, false, true},
    {"outbox copied", make, NULL, copy, look_at_copy, false, false, true},
    {0},
};
