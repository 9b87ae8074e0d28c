/* The outbox on a record that cannot be read for a while, and a file that cannot be written: what was taken back is met again as
 * it was, nothing is skipped, and what it counts is what its table holds. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../store/support.h"
#include "base/alloc.h"
#include "journal/page_vfs.h"
#include "journal/sqlite_file.h"
#include "outbox/outbox_private.h"

enum { HOUSE = 1, PROVINCE = 5 };

/* The wall clock of this program is ahead by so much. */
static int64_t ahead_ms;

int clock_gettime(clockid_t clock, struct timespec *ret) {
    int failed = (int)syscall(SYS_clock_gettime, clock, ret);
    if (clock == CLOCK_REALTIME) ret->tv_sec += ahead_ms / 1000;
    return failed;
}

struct desk {
    struct world *world;
    struct bm_outbox *outbox;
    uint64_t people;       /* who are told of a notice */
    enum bm_code cannot;   /* what reading them comes to, after the first */
};

/* --- the world -------------------------------------------------------------------------------- */

static enum bm_code citizens(void *context, struct bm_reader *reader, enum bm_alert_kind kind, uint64_t case_id, const char *roles,
                             bm_citizen_fn *each, void *each_context, struct bm_fault *fault) {
    struct desk *desk = context;
    (void)reader;
    (void)kind;
    (void)case_id;
    (void)roles;
    for (uint64_t contact = 1; contact <= desk->people; contact++) {
        if (!each(each_context, contact)) return BM_OK;
        if (desk->cannot) return bm_fault_set(fault, desk->cannot, NULL, "The disk does not answer.");
    }
    return BM_OK;
}

static struct desk *open_desk(void) {
    struct desk *desk = bm_alloc_zero(1, sizeof *desk);
    desk->world = bm_world_make(true);
    struct bm_outbox_config config = {desk->world->dir, "desk.example", false, {.citizens = citizens, .context = desk}};
    assert_ok(bm_outbox_open(&config, 77, &desk->outbox, &bm_test_fault));
    return desk;
}

static void reopen(struct desk *desk) {
    struct bm_outbox_config config = {desk->world->dir, "desk.example", false, {.citizens = citizens, .context = desk}};
    bm_outbox_close(desk->outbox);
    assert_ok(bm_outbox_open(&config, 77, &desk->outbox, &bm_test_fault));
}

static void close_desk(struct desk *desk) {
    bm_outbox_close(desk->outbox);
    bm_world_free(desk->world);
    bm_free(desk);
}

/* Appends an event as of now, with one record as it is afterwards. */
static void append(struct desk *desk, struct bm_event event, enum bm_table_kind table, uint64_t id, void *record) {
    struct bm_change change = {table, id, record};
    event.seq = bm_journal_head(desk->world->journal).seq + 1;
    event.at_ms = bm_out_now_ms();
    bm_append_all(desk->world->journal, &event, 1, &change, record ? 1 : 0);
    bm_event_release(&event);
}

static void set_agency(struct desk *desk, uint64_t id, uint64_t parent) {
    struct bm_agency agency;
    bm_shape_clear(bm_table_shape(BM_T_AGENCY), &agency);
    agency.id.v = id;
    agency.parent.v = parent;
    append(desk, bm_event_make(BM_EV_AGENCY_SET, (struct bm_subject){BM_SUBJECT_DESK, 0}), BM_T_AGENCY, id, &agency);
}

static void set_channel(struct desk *desk, uint64_t id, enum bm_alert_kind kind, uint64_t agency, bool active) {
    struct bm_event event = bm_event_make(BM_EV_ALERT_CHANNEL_SET, (struct bm_subject){BM_SUBJECT_DESK, 0});
    struct bm_ev_alert_channel_set *set = &event.alert_channel_set;
    set->channel.v = id;
    set->kind = (uint8_t)kind;
    set->jurisdiction.v = agency;
    set->active = active;
    set->citizens = kind == BM_ALERT_SMS;
    snprintf(set->name, sizeof set->name, "Channel %llu", (unsigned long long)id);
    if (kind == BM_ALERT_WEBHOOK) snprintf(set->events, sizeof set->events, "case_moved");
    append(desk, event, BM_T_CASE, 0, NULL);
}

static void pause_channel(struct desk *desk, uint64_t id) {
    struct bm_event event = bm_event_make(BM_EV_ALERT_CHANNEL_PAUSED, (struct bm_subject){BM_SUBJECT_DESK, 0});
    event.alert_channel_paused.channel.v = id;
    event.alert_channel_paused.paused = true;
    append(desk, event, BM_T_CASE, 0, NULL);
}

static void move_case(struct desk *desk, uint64_t id) {
    struct bm_case row;
    bm_shape_clear(bm_table_shape(BM_T_CASE), &row);
    row.id.v = id;
    row.jurisdiction.v = HOUSE;
    append(desk, bm_case_event(id, 0), BM_T_CASE, id, &row);
}

static void notice(struct desk *desk, uint64_t on_case) {
    struct bm_event event = bm_event_make(BM_EV_NOTICE, (struct bm_subject){BM_SUBJECT_CASE, on_case});
    event.notice.on_case.v = on_case;
    append(desk, event, BM_T_CASE, 0, NULL);
}

static void resend(struct desk *desk, uint64_t delivery, uint64_t channel) {
    struct bm_event event = bm_event_make(BM_EV_ALERT_RESENT, (struct bm_subject){BM_SUBJECT_DESK, 0});
    event.alert_resent.delivery.v = delivery;
    event.alert_resent.channel.v = channel;
    append(desk, event, BM_T_CASE, 0, NULL);
}

/* --- faults ----------------------------------------------------------------------------------- */

/* Statements on journal.db past its writer, through its own page checks. */
static void on_record(const struct desk *desk, const char *sql) {
    char path[128];
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(bm_world_path(desk->world, "journal.db", path), &db, SQLITE_OPEN_READWRITE, bm_page_vfs()), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void on_outbox(const struct desk *desk, const char *sql) {
    if (sqlite3_exec(desk->outbox->db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(desk->outbox->db));
}

static int64_t count(const struct desk *desk, const char *sql) {
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(desk->outbox->db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

static void assert_counts_are_the_tables(const struct desk *desk) {
    for (size_t i = 0; i < desk->outbox->channel_count; i++) {
        char sql[120];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM delivery WHERE next_at IS NOT NULL AND channel=%llu",
                 (unsigned long long)desk->outbox->channels[i].row.id.v);
        assert_int_equal(desk->outbox->channels[i].open_count, count(desk, sql));
    }
}

static void follow(struct desk *desk) {
    bool more;
    do assert_ok(bm_out_follow(desk->outbox, &more, &bm_test_fault));
    while (more);
    assert_counts_are_the_tables(desk);
}

static void follow_fails(struct desk *desk) {
    struct bm_fault fault;
    bool more;
    assert_int_not_equal(bm_out_follow(desk->outbox, &more, &fault), BM_OK);
    assert_counts_are_the_tables(desk);
}

struct listed {
    size_t count;
    struct bm_delivery last;
};

static bool take_listed(void *context, const struct bm_delivery *delivery) {
    struct listed *listed = context;
    listed->count++;
    listed->last = *delivery;
    return true;
}

/* --- tests ------------------------------------------------------------------------------------ */

/* Whom an event concerns cannot be read: it stops there, keeps what came before, and tells everybody afterwards. */
static void test_unreadable_is_met_again(void **state) {
    static const char *const tables[] = {"case", "agency"};
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct desk *desk = open_desk();
        char away[80], back[80];
        set_agency(desk, HOUSE, PROVINCE);
        set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
        move_case(desk, 1);
        follow(desk);
        set_channel(desk, 2, BM_ALERT_WEBHOOK, PROVINCE, true);
        move_case(desk, 2);
        set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, false);
        snprintf(away, sizeof away, "ALTER TABLE \"%s\" RENAME TO away", tables[i]);
        snprintf(back, sizeof back, "ALTER TABLE away RENAME TO \"%s\"", tables[i]);
        on_record(desk, away);
        follow_fails(desk);
        assert_int_equal(desk->outbox->cursor, 4); /* the second channel; the case after it waits */
        assert_int_equal(count(desk, "SELECT count(*) FROM delivery"), 1);
        assert_true(bm_out_channel(desk->outbox, 1)->row.active && bm_out_channel(desk->outbox, 2)->row.active);
        on_record(desk, back);
        follow(desk);
        assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE on_case=2"), 2);
        assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=1 AND state=5"), 2);
        assert_false(bm_out_channel(desk->outbox, 1)->row.active);
        close_desk(desk);
    }
}

/* SQLite takes back the whole transaction: channels, too, are as they were, or the events would meet what came after them. */
static void test_taken_back_whole(void **state) {
    struct desk *desk = open_desk();
    (void)state;
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    follow(desk);
    move_case(desk, 2);
    set_channel(desk, 2, BM_ALERT_WEBHOOK, HOUSE, true);
    pause_channel(desk, 1);
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, false);
    move_case(desk, 3);
    on_outbox(desk, "CREATE TRIGGER full BEFORE INSERT ON delivery WHEN new.on_case=3 BEGIN SELECT RAISE(ROLLBACK, 'full'); END");
    follow_fails(desk);
    follow_fails(desk);
    assert_int_equal(desk->outbox->cursor, 2);
    assert_int_equal(desk->outbox->channel_count, 1);
    assert_true(bm_out_channel(desk->outbox, 1)->row.active && !bm_out_channel(desk->outbox, 1)->row.paused);
    on_outbox(desk, "DROP TRIGGER full");
    follow(desk);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=1 AND on_case=2"), 1);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=2 AND on_case=3"), 1);
    close_desk(desk);
}

/* However many reported a matter, each is told, once, also when reading them was interrupted. */
static void test_all_citizens(void **state) {
    struct desk *desk = open_desk();
    (void)state;
    desk->people = 1000;
    desk->cannot = BM_IO;
    move_case(desk, 1);
    set_channel(desk, 1, BM_ALERT_SMS, HOUSE, true);
    notice(desk, 1);
    follow_fails(desk);
    follow_fails(desk);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery"), 0);
    assert_int_equal(bm_outbox_counts(desk->outbox).made, 0);
    desk->cannot = BM_OK;
    follow(desk);
    assert_int_equal(count(desk, "SELECT count(DISTINCT contact) FROM delivery"), 1000);
    assert_int_equal(bm_outbox_counts(desk->outbox).made, 1000);
    close_desk(desk);
}

/* Sent once more: it waits again, but where nothing is sent nothing waits. */
static void test_resent(void **state) {
    struct desk *desk = open_desk();
    struct bm_delivery delivery;
    struct bm_fault fault;
    (void)state;
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    follow(desk);
    assert_ok(bm_out_due(desk->outbox, 1, INT64_MAX, &delivery, &bm_test_fault));
    delivery.next_at_ms = BM_AT_NONE;
    delivery.state = BM_DELIVERY_GAVE_UP;
    assert_ok(bm_out_put(desk->outbox, &delivery, &bm_test_fault));
    bm_out_channel(desk->outbox, 1)->open_count--;
    resend(desk, delivery.id.v, 1);
    desk->outbox->config.silent = true; /* a training desk sends nothing once more, so nothing waits */
    follow(desk);
    assert_int_equal(bm_out_channel(desk->outbox, 1)->open_count, 0);
    desk->outbox->config.silent = false;
    resend(desk, delivery.id.v, 1);
    follow(desk);
    assert_int_equal(bm_out_due(desk->outbox, 1, INT64_MAX, &delivery, &fault), BM_OK);
    close_desk(desk);
}

/* A copy of a folder: what waited is held, also of events that the outbox had not come to; what comes after goes out. */
static void test_held_in_a_copy(void **state) {
    struct desk *desk = open_desk();
    uint64_t held;
    (void)state;
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    follow(desk);
    move_case(desk, 2);
    resend(desk, 1, 1);
    bm_outbox_close(desk->outbox);
    assert_ok(bm_outbox_hold(desk->world->dir, bm_journal_head(desk->world->journal).seq, &held, &bm_test_fault));
    assert_int_equal(held, 1);
    for (int start = 0; start < 2; start++) {
        struct bm_outbox_config config = {desk->world->dir, "desk.example", false, {.citizens = citizens, .context = desk}};
        assert_ok(bm_outbox_open(&config, 77, &desk->outbox, &bm_test_fault));
        follow(desk);
        assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE state=4 AND next_at IS NULL AND last_answer LIKE '%backup%'"), 2 - start);
        if (start == 1) break;
        move_case(desk, 3);
        resend(desk, 2, 1); /* somebody has looked */
        follow(desk);
        assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE state=0 AND next_at IS NOT NULL"), 2);
        bm_outbox_close(desk->outbox);
    }
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE state=0 AND next_at IS NOT NULL"), 2);
    close_desk(desk);
}

/* Recipients as they were recorded before they were sealed, and sealed: each gets a delivery of their own. */
static void test_recipients_in_either_form(void **state) {
    static const struct {
        const char *recipients;
        int64_t people;
    } forms[] = {{"a@b.example c@d.example", 2}, {"sealed:3:9:00ff", 3}, {"", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct desk *desk = open_desk();
        struct bm_event event = bm_event_make(BM_EV_ALERT_CHANNEL_SET, (struct bm_subject){BM_SUBJECT_DESK, 0});
        struct bm_ev_alert_channel_set *set = &event.alert_channel_set;
        set->channel.v = 1;
        set->kind = BM_ALERT_MAIL;
        set->jurisdiction.v = HOUSE;
        set->active = true;
        snprintf(set->events, sizeof set->events, "case_moved");
        snprintf(set->recipients, sizeof set->recipients, "%s", forms[i].recipients);
        append(desk, event, BM_T_CASE, 0, NULL);
        move_case(desk, 1);
        follow(desk);
        assert_int_equal(count(desk, "SELECT count(DISTINCT recipient) FROM delivery"), forms[i].people);
        close_desk(desk);
    }
}

/* A clock that was weeks ahead and was put back: what was to be tried again then is tried again soon. */
static void test_a_clock_that_went_back(void **state) {
    (void)state;
    struct desk *desk = open_desk();
    const int64_t hour_ms = 3600000, weeks_ms = INT64_C(40) * 24 * 3600000;
    char sql[120];
    set_agency(desk, HOUSE, PROVINCE);
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    follow(desk);
    snprintf(sql, sizeof sql, "UPDATE delivery SET next_at=%lld", (long long)(bm_out_now_ms() + weeks_ms + 5000));
    on_outbox(desk, sql);
    bm_out_channel(desk->outbox, 1)->not_before_ms = bm_out_now_ms() + weeks_ms;
    assert_ok(bm_out_clock_went_back(desk->outbox, weeks_ms, &bm_test_fault));
    assert_in_range(count(desk, "SELECT next_at FROM delivery") - bm_out_now_ms(), 0, 5000);
    assert_true(bm_out_channel(desk->outbox, 1)->not_before_ms <= bm_out_now_ms());
    /* Or it was put back while nobody ran: for deliveries that failed, and for those that were on their way. */
    for (int sending = 0; sending < 2; sending++) {
        snprintf(sql, sizeof sql, "UPDATE delivery SET next_at=%lld, made_at=%lld, state=%d", (long long)(bm_out_now_ms() + weeks_ms),
                 (long long)(bm_out_now_ms() + weeks_ms), sending ? BM_DELIVERY_SENDING : BM_DELIVERY_FAILED);
        on_outbox(desk, sql);
        reopen(desk);
        assert_in_range(count(desk, "SELECT next_at FROM delivery") - bm_out_now_ms(), 0, hour_ms);
    }
    close_desk(desk);
}

/* --- poison ----------------------------------------------------------------------------------- */

/* Gives every row the hash that its content wants, as a program would have that wrote such a row. */
static void reseal(struct desk *desk) {
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *stmt, *put;
    struct bm_hash previous = {{0}};
    assert_int_equal(sqlite3_open_v2(bm_world_path(desk->world, "journal.db", path), &db, SQLITE_OPEN_READWRITE, bm_page_vfs()), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT " BM_ROW_COLUMNS " FROM journal ORDER BY seq", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "UPDATE journal SET hash=?2 WHERE seq=?1", -1, &put, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        struct bm_row row;
        assert_ok(bm_row_read(stmt, &row, &bm_test_fault));
        previous = bm_row_hash(&row, &previous);
        sqlite3_bind_int64(put, 1, (sqlite3_int64)row.seq);
        sqlite3_bind_blob(put, 2, previous.bytes, sizeof previous.bytes, SQLITE_TRANSIENT);
        assert_int_equal(sqlite3_step(put), SQLITE_DONE);
        sqlite3_reset(put);
    }
    sqlite3_finalize(stmt);
    sqlite3_finalize(put);
    sqlite3_close(db);
    bm_world_reopen(desk->world);
}

static void spoil(struct desk *desk, uint64_t seq) {
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE journal SET body='{}' WHERE seq=%llu", (unsigned long long)seq);
    on_record(desk, sql);
    reseal(desk);
}

/* Gives it the body of another event of its kind. */
static void mend(struct desk *desk, uint64_t seq, uint64_t like) {
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE journal SET body=(SELECT body FROM journal WHERE seq=%llu) WHERE seq=%llu", (unsigned long long)like,
             (unsigned long long)seq);
    on_record(desk, sql);
    reseal(desk);
}

static struct bm_delivery aside(struct desk *desk, uint64_t seq) {
    struct bm_delivery row;
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT id FROM delivery WHERE channel=0 AND event_seq=%llu", (unsigned long long)seq);
    assert_ok(bm_out_get(desk->outbox, (uint64_t)count(desk, sql), &row, &bm_test_fault));
    return row;
}

/* An event that nobody can read: twice it is tried, then it lies aside and the rest flows; mended, it is told after all. */
static void test_poison_event_is_set_aside(void **state) {
    struct desk *desk = open_desk();
    (void)state;
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    uint64_t bad = bm_journal_head(desk->world->journal).seq;
    move_case(desk, 2);
    spoil(desk, bad);
    follow_fails(desk);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery"), 0);
    follow(desk);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE on_case=2 AND channel=1"), 1);
    struct bm_delivery row = aside(desk, bad);
    assert_int_equal(row.state, BM_DELIVERY_SET_ASIDE);
    assert_string_equal(row.event, "case_moved");
    assert_non_null(strstr(row.last_answer, "case_moved"));
    bm_out_recount(desk->outbox);
    assert_int_equal(bm_outbox_counts(desk->outbox).set_aside, 1);
    struct bm_outbox_query stuck = {.stuck = true, .state = -1, .limit = 10};
    struct listed listed = {0};
    assert_ok(bm_outbox_list(desk->outbox, &stuck, take_listed, &listed, &bm_test_fault));
    assert_int_equal(listed.count, 1);
    assert_int_equal(listed.last.id.v, row.id.v);

    resend(desk, row.id.v, 0); /* as it is: it says anew why not */
    follow(desk);
    row = aside(desk, bad);
    assert_int_equal(row.state, BM_DELIVERY_SET_ASIDE);
    assert_int_equal(row.tries, 2);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=1"), 1);
    mend(desk, bad, bad + 1);
    resend(desk, row.id.v, 0);
    follow(desk);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=0"), 0);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE on_case=1 AND channel=1"), 1);
    bm_out_recount(desk->outbox);
    assert_int_equal(bm_outbox_counts(desk->outbox).set_aside, 0);
    close_desk(desk);
}

/* Whom it concerns cannot be read: damaged tables are no reason either to tell nobody of anything else. */
static void test_unmatched_event_is_set_aside(void **state) {
    struct desk *desk = open_desk();
    (void)state;
    set_agency(desk, HOUSE, PROVINCE);
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    uint64_t bad = bm_journal_head(desk->world->journal).seq;
    on_record(desk, "ALTER TABLE \"case\" RENAME TO away");
    follow_fails(desk);
    follow(desk);
    struct bm_delivery row = aside(desk, bad);
    assert_int_equal(desk->outbox->cursor, bad);
    on_record(desk, "ALTER TABLE away RENAME TO \"case\"");
    resend(desk, row.id.v, 0);
    move_case(desk, 2);
    follow(desk);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=1"), 2);
    close_desk(desk);
}

/* What a channel was set to cannot be read: it is as the tables say, or a channel that was switched off would go on sending. */
static void test_poison_channel_event(void **state) {
    struct desk *desk = open_desk();
    struct bm_alert_channel row;
    (void)state;
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    follow(desk);
    bm_shape_clear(bm_table_shape(BM_T_ALERT_CHANNEL), &row);
    row.id.v = 1;
    row.off = BM_ALERT_OFF_GONE;
    struct bm_event event = bm_event_make(BM_EV_ALERT_CHANNEL_OFF, (struct bm_subject){BM_SUBJECT_DESK, 0});
    event.alert_channel_off.channel.v = 1;
    event.alert_channel_off.off = BM_ALERT_OFF_GONE;
    append(desk, event, BM_T_ALERT_CHANNEL, 1, &row);
    uint64_t bad = bm_journal_head(desk->world->journal).seq;
    spoil(desk, bad);
    move_case(desk, 2);
    follow_fails(desk);
    follow(desk);
    assert_int_equal(aside(desk, bad).state, BM_DELIVERY_SET_ASIDE);
    assert_int_equal(bm_out_channel(desk->outbox, 1)->row.off, BM_ALERT_OFF_GONE);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=1 AND next_at IS NOT NULL"), 0);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE on_case=2"), 0);
    close_desk(desk);
}

/* A disk that does not answer for a moment: nothing is set aside before ten tries, and what is the outbox's own fault never. */
static void test_what_may_pass_is_waited_for(void **state) {
    struct desk *desk = open_desk();
    (void)state;
    desk->people = 3;
    desk->cannot = BM_IO;
    move_case(desk, 1);
    set_channel(desk, 1, BM_ALERT_SMS, HOUSE, true);
    notice(desk, 1);
    for (int i = 1; i < BM_OUTBOX_PASSING_TRIES; i++) follow_fails(desk);
    follow(desk);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=0"), 1);
    desk->cannot = BM_OK;
    set_channel(desk, 2, BM_ALERT_WEBHOOK, HOUSE, true);
    on_outbox(desk, "CREATE TRIGGER full BEFORE INSERT ON delivery WHEN new.on_case=3 BEGIN SELECT RAISE(ABORT, 'full'); END");
    move_case(desk, 3);
    for (int i = 0; i < 3 * BM_OUTBOX_PASSING_TRIES; i++) follow_fails(desk);
    on_outbox(desk, "DROP TRIGGER full");
    follow(desk);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=2 AND on_case=3"), 1);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE channel=0"), 1);
    close_desk(desk);
}

/* The desk dies with it in the air: once may be chance, and then it goes alone; twice, and it lies aside.  An end in order counts not. */
static void test_deaths_in_the_air(void **state) {
    struct desk *desk = open_desk();
    struct bm_delivery row, other;
    (void)state;
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    move_case(desk, 2);
    follow(desk);
    for (int death = 1; death <= BM_OUTBOX_POISON_TRIES; death++) {
        assert_ok(bm_out_due(desk->outbox, 1, INT64_MAX, &row, &bm_test_fault));
        row.state = BM_DELIVERY_SENDING;
        row.flying = true;
        assert_ok(bm_out_put(desk->outbox, &row, &bm_test_fault));
        if (death == 1) { /* first an end in order */
            bm_out_all_landed(desk->outbox);
            reopen(desk);
            assert_int_equal(desk->outbox->suspects, 0);
            assert_ok(bm_out_put(desk->outbox, &row, &bm_test_fault));
        }
        reopen(desk);
        assert_ok(bm_out_get(desk->outbox, row.id.v, &row, &bm_test_fault));
        assert_int_equal(row.crashes, death);
        assert_int_equal(desk->outbox->suspects, death == 1);
        if (death == 1) assert_ok(bm_out_due_suspect(desk->outbox, 1, INT64_MAX, &other, &bm_test_fault));
        if (death == 1) assert_int_equal(other.id.v, row.id.v);
    }
    assert_int_equal(row.state, BM_DELIVERY_SET_ASIDE);
    assert_int_equal(row.next_at_ms, BM_AT_NONE);
    assert_int_equal(bm_outbox_counts(desk->outbox).set_aside, 1);
    assert_counts_are_the_tables(desk);
    assert_ok(bm_out_due(desk->outbox, 1, INT64_MAX, &other, &bm_test_fault));
    assert_int_not_equal(other.id.v, row.id.v); /* the rest flows */
    resend(desk, row.id.v, 1);
    follow(desk);
    assert_ok(bm_out_get(desk->outbox, row.id.v, &row, &bm_test_fault));
    assert_int_equal(row.state, BM_DELIVERY_QUEUED);
    assert_int_equal(row.crashes, 0);
    close_desk(desk);
}

/* A file of the former format is brought up, with all that it holds. */
static void test_former_format(void **state) {
    struct desk *desk = open_desk();
    (void)state;
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    follow(desk);
    on_outbox(desk, "DROP INDEX delivery_suspect; DROP INDEX delivery_aside; ALTER TABLE delivery DROP COLUMN crashes;"
                    " ALTER TABLE delivery DROP COLUMN flying; PRAGMA user_version=1");
    reopen(desk);
    assert_int_equal(count(desk, "PRAGMA user_version"), 2);
    assert_int_equal(count(desk, "SELECT count(*) FROM delivery WHERE crashes=0 AND flying=0"), 1);
    reopen(desk);
    close_desk(desk);
}

/* Sent again by a desk whose time is ahead of a clock that was put back: now, not when the clock comes to that time. */
static void test_resent_by_a_desk_ahead_of_the_clock(void **state) {
    (void)state;
    struct desk *desk = open_desk();
    set_agency(desk, HOUSE, PROVINCE);
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    follow(desk);
    uint64_t id = (uint64_t)count(desk, "SELECT id FROM delivery");
    on_outbox(desk, "UPDATE delivery SET next_at=NULL, state=2");
    bm_out_channel(desk->outbox, 1)->open_count = 0;
    ahead_ms = INT64_C(7) * 24 * 3600000;
    resend(desk, id, 1);
    ahead_ms = 0;
    follow(desk);
    assert_true(count(desk, "SELECT next_at FROM delivery") <= bm_out_now_ms());
    close_desk(desk);
}

/* It sees so itself, from one step to the next. */
static void test_a_step_sees_the_clock_go_back(void **state) {
    (void)state;
    struct desk *desk = open_desk();
    const int64_t hour_ms = 3600000;
    char sql[120];
    set_agency(desk, HOUSE, PROVINCE);
    set_channel(desk, 1, BM_ALERT_WEBHOOK, HOUSE, true);
    move_case(desk, 1);
    follow(desk);
    ahead_ms = INT64_C(40) * 24 * hour_ms;
    snprintf(sql, sizeof sql, "UPDATE delivery SET next_at=%lld", (long long)(bm_out_now_ms() + hour_ms));
    on_outbox(desk, sql);
    bm_outbox_start_stepped(desk->outbox);
    bm_outbox_step(desk->outbox);
    ahead_ms = 0;
    bm_outbox_step(desk->outbox);
    assert_in_range(count(desk, "SELECT next_at FROM delivery") - bm_out_now_ms(), hour_ms - 60000, hour_ms);
    close_desk(desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clock_that_went_back),
        cmocka_unit_test(test_a_step_sees_the_clock_go_back),
        cmocka_unit_test(test_resent_by_a_desk_ahead_of_the_clock),
        cmocka_unit_test(test_unreadable_is_met_again),
        cmocka_unit_test(test_taken_back_whole),
        cmocka_unit_test(test_all_citizens),
        cmocka_unit_test(test_resent),
        cmocka_unit_test(test_held_in_a_copy),
        cmocka_unit_test(test_recipients_in_either_form),
        cmocka_unit_test(test_poison_event_is_set_aside),
        cmocka_unit_test(test_unmatched_event_is_set_aside),
        cmocka_unit_test(test_poison_channel_event),
        cmocka_unit_test(test_what_may_pass_is_waited_for),
        cmocka_unit_test(test_deaths_in_the_air),
        cmocka_unit_test(test_former_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
