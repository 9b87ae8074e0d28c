/* What the desk simulator found in the desk, each kept as the shortest way to it. */
#include "../testing.h"

#include <string.h>

#include "desk/desk.h"
#include "sim/demand.h"

enum { UNITS = 4, DISPATCHER = 3 };
static const int64_t wall_ms = INT64_C(1790000000000);

struct told {
    struct bm_reply last;
    uint64_t replies, frames, frame_rows;
};

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    (void)ticket;
    struct told *told = context;
    told->last = *reply;
    told->replies++;
}

static void on_frame(void *context, struct bm_frame *frame) {
    struct told *told = context;
    told->frames++;
    told->frame_rows = frame->row_count;
    bm_frame_free(frame);
}

/* A desk with its house. */
static struct bm_desk *make_desk(struct bm_journal *journal, struct told *told) {
    struct bm_desk *desk = bm_desk_new(journal, NULL);
    struct bm_command house[32 + 2 * UNITS];
    size_t count = bm_demand_house(house, UNITS);
    struct bm_asked asked[32 + 2 * UNITS];
    for (size_t i = 0; i < count; i++) asked[i] = (struct bm_asked){house[i], NULL};
    struct bm_desk_sink sink = {on_reply, on_frame, told};
    assert_int_equal(bm_desk_step(desk, wall_ms, 0, asked, count, &sink), BM_OK);
    for (size_t i = 0; i < count; i++) bm_command_release(&asked[i].command);
    *told = (struct told){0};
    return desk;
}

static void give(struct bm_desk *desk, struct bm_command command, struct told *told) {
    struct bm_asked asked = {command, NULL};
    struct bm_desk_sink sink = {on_reply, on_frame, told};
    command.actor.v = asked.command.actor.v = DISPATCHER;
    assert_int_equal(bm_desk_step(desk, wall_ms, 0, &asked, 1, &sink), BM_OK);
}

/* The reply named the row of somebody else's last command. */
static void what_is_so_already_names_no_row(void **state) {
    (void)state;
    struct told told;
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_desk *desk = make_desk(journal, &told);
    struct bm_command duty = bm_command_make(BM_DO_UNIT_DUTY);
    duty.target = 1;
    duty.unit_duty.duty = BM_DUTY_ON;
    give(desk, duty, &told);
    assert_int_equal(told.replies, 1);
    assert_int_equal(told.last.code, BM_OK);
    assert_int_equal(told.frames, 0);
    assert_int_equal(told.last.seq, 0);
    duty.unit_duty.duty = BM_DUTY_OFF;
    give(desk, duty, &told);
    assert_int_equal(told.last.seq, bm_desk_head(desk).seq);
    bm_desk_free(desk);
    bm_journal_close(journal);
}

/* A batch that is recorded and changes no record: sorting nothing is fine only when asked politely
 * (UBSan). */
static void a_look_alone_is_committed(void **state) {
    (void)state;
    struct told told;
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_desk *desk = make_desk(journal, &told);
    bm_desk_free(desk); /* one that has never changed anything */
    desk = bm_desk_new(journal, NULL);
    struct bm_fault fault;
    assert_int_equal(bm_desk_replay(desk, NULL, &fault), BM_OK);
    uint64_t before = bm_desk_head(desk).seq;
    struct bm_command look = bm_command_make(BM_DO_LOOK);
    look.look.scope = BM_LOOK_BOARD;
    give(desk, look, &told);
    assert_int_equal(told.last.code, BM_OK);
    assert_int_equal(told.last.seq, before + 1);
    assert_int_equal(told.frames, 1);
    assert_int_equal(told.frame_rows, 0);
    bm_desk_free(desk);
    bm_journal_close(journal);
}

/* A console that repeats its old confirmation would have confirmed a later jump, unseen by the
 * journal. */
static void an_old_confirmation_confirms_no_new_jump(void **state) {
    (void)state;
    enum { HOUR_MS = 3600000, ADMIN = 1 };
    struct told told;
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_desk *desk = make_desk(journal, &told);
    struct bm_desk_sink sink = {on_reply, on_frame, &told};
    struct bm_asked confirm = {bm_command_make(BM_DO_TIME_CONFIRM), NULL};
    struct bm_asked look = {bm_command_make(BM_DO_LOOK), NULL};
    confirm.command.actor.v = look.command.actor.v = ADMIN;
    confirm.command.has_request = true;
    memset(confirm.command.request, 7, sizeof confirm.command.request);
    look.command.look.scope = BM_LOOK_BOARD;
    int64_t jumped_ms = wall_ms + HOUR_MS;
    assert_int_equal(bm_desk_step(desk, jumped_ms, 0, &confirm, 1, &sink), BM_OK);
    assert_int_equal(told.last.code, BM_OK);
    assert_int_equal(bm_desk_step(desk, jumped_ms, 0, &look, 1, &sink), BM_OK);
    assert_int_equal(bm_core_at_ms(bm_desk_core(desk)), jumped_ms);
    int64_t again_ms = jumped_ms +
                       5 * HOUR_MS; /* a second jump, and the old confirmation comes again */
    assert_int_equal(bm_desk_step(desk, again_ms, 0, &confirm, 1, &sink), BM_OK);
    assert_true(told.last.replayed);
    assert_true(bm_desk_time_held(desk));
    assert_int_equal(bm_desk_step(desk, again_ms, 0, &look, 1, &sink), BM_OK);
    assert_int_equal(bm_core_at_ms(bm_desk_core(desk)), jumped_ms);
    bm_desk_free(desk);
    bm_journal_close(journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_so_already_names_no_row),
        cmocka_unit_test(a_look_alone_is_committed),
        cmocka_unit_test(an_old_confirmation_confirms_no_new_jump),
    };
    return cmocka_run_group_tests_name("desk simulation: found", tests, NULL, NULL);
}
