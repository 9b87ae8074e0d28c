/* The desk: its time, its quarantine, its snapshots on disk, what it answers when a commit fails.
 */
#include "testing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/quarantine.h"
#include "desk/anchor.h"
#include "desk/desk.h"
#include "desk/snapshot.h"
#include "desk/space.h"
#include "desk/time.h"
#include "sim/demand.h"

/* --- time ------------------------------------------------------------------------------------- */

static int64_t read_at(struct bm_desk_time *time, int64_t wall_ms, int64_t mono_ms,
                       bool *ret_jump) {
    int64_t expected_ms;
    if (!time->started) return bm_desk_time_begin(time, wall_ms, mono_ms * 1000000, 0, false, ret_jump, &expected_ms);
    return bm_desk_time_read(time, wall_ms, mono_ms * 1000000, ret_jump, &expected_ms);
}

static void time_follows_the_wall_and_never_goes_back(void **state) {
    (void)state;
    struct bm_desk_time time = {0};
    bool jump;
    assert_int_equal(read_at(&time, 1000000, 50, &jump), 1000000);
    assert_int_equal(read_at(&time, 1001000, 1050, &jump), 1001000);
    assert_int_equal(read_at(&time, 1005900, 2050, &jump),
                     1005900); /* wall 3.9 s ahead: followed */
    assert_false(jump);
    assert_int_equal(read_at(&time, 1002000, 3050, &jump), 1005900); /* 4.9 s back: stands still */
    assert_false(jump);
    assert_int_equal(read_at(&time, 1004000, 5050, &jump), 1005900 + 2000);
}

static void a_jump_is_told_once_and_time_goes_on_by_the_monotonic_clock(void **state) {
    (void)state;
    struct bm_desk_time time = {0};
    bool jump;
    read_at(&time, 1000000, 0, &jump);
    assert_int_equal(read_at(&time, 5000000, 1000, &jump), 1001000);
    assert_true(jump);
    assert_int_equal(read_at(&time, 5001000, 2000, &jump), 1002000);
    assert_false(jump);
    bm_desk_time_confirm(&time);
    assert_int_equal(read_at(&time, 5002000, 3000, &jump), 5002000);
    assert_int_equal(read_at(&time, 100, 4000, &jump), 5003000); /* an hour back */
    assert_true(jump);
    bm_desk_time_confirm(&time);
    assert_int_equal(read_at(&time, 1100, 5000, &jump), 5004000); /* goes on, does not freeze */
    assert_false(jump);
}

/* Ten times too fast, read every 100 ms: each step is small. */
static void small_steps_add_up_to_a_jump(void **state) {
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct bm_desk_time time = {0};
        bool jump = false;
        int64_t wall_ms = 1000000, mono_ms = 0;
        read_at(&time, wall_ms, mono_ms, &jump);
        for (int i = 0; i < 20 && !jump; i++) {
            wall_ms += sign * 900 + 100;
            read_at(&time, wall_ms, mono_ms += 100, &jump);
        }
        assert_true(jump);
        assert_true(time.now_ms <= 1000000 + mono_ms + 5000);
        bm_desk_time_confirm(&time);
        read_at(&time, wall_ms + 1000, mono_ms + 100, &jump); /* counted anew */
        assert_false(jump);
    }
}

/* A second's correction each hour is what a clock may need: an hour forgives it. */
static void corrections_far_apart_do_not_add_up(void **state) {
    (void)state;
    struct bm_desk_time time = {0};
    bool jump;
    int64_t wall_ms = 1000000, mono_ms = 0;
    read_at(&time, wall_ms, mono_ms, &jump);
    for (int second = 1; second <= 20 * 3600; second++) {
        wall_ms += second % 3600 ? 1000 : 2000;
        read_at(&time, wall_ms, mono_ms += 1000, &jump);
        assert_false(jump);
        assert_int_equal(time.now_ms, wall_ms);
    }
}

static void a_wall_clock_behind_the_journal_is_a_jump(void **state) {
    (void)state;
    struct bm_desk_time time = {0};
    bool jump;
    int64_t expected_ms;
    assert_int_equal(bm_desk_time_begin(&time, 1000, 0, 500000, false, &jump, &expected_ms), 500000);
    assert_true(jump);
    assert_int_equal(expected_ms, 500000);
}

/* Away over a weekend or a month is usual; a clock that is years ahead is not. */
static void a_wall_clock_far_ahead_of_the_journal_is_in_doubt(void **state) {
    (void)state;
    static const int64_t day_ms = 86400000, last_ms = INT64_C(1790000000000);
    static const struct {
        int64_t days;
        bool in_doubt;
    } starts[] = {{0, false}, {3, false}, {31, false}, {44, false}, {46, true}, {365, true}, {24 * 365, true}, {200 * 365, true}};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct bm_desk_time time = {0};
        bool jump;
        int64_t expected_ms, wall_ms = last_ms + starts[i].days * day_ms;
        int64_t now_ms = bm_desk_time_begin(&time, wall_ms, 0, last_ms, false, &jump, &expected_ms);
        assert_int_equal(jump, starts[i].in_doubt);
        assert_int_equal(now_ms, jump ? last_ms : wall_ms);
        assert_int_equal(expected_ms, now_ms);
        assert_int_equal(read_at(&time, wall_ms + 2000, 2000, &jump), now_ms + 2000); /* it goes on, and is no new jump */
        assert_false(jump);
        assert_int_equal(bm_desk_time_confirm(&time), starts[i].in_doubt ? wall_ms - last_ms : 0);
        assert_int_equal(time.now_ms, wall_ms + 2000);
    }
    struct bm_desk_time time = {0};
    bool jump;
    int64_t expected_ms;
    bm_desk_time_begin(&time, last_ms, 0, 0, false, &jump, &expected_ms); /* the first start ever: there is nothing to compare with */
    assert_false(jump);
}

/* An hour's jump that nobody has confirmed yet is not taken by starting the desk again. */
static void a_desk_in_doubt_goes_on_from_its_journal(void **state) {
    (void)state;
    struct bm_desk_time time = {0};
    bool jump;
    int64_t expected_ms;
    assert_int_equal(bm_desk_time_begin(&time, 500000 + 3600000, 0, 500000, true, &jump, &expected_ms), 500000);
    assert_false(jump);
    bm_desk_time_confirm(&time);
    assert_int_equal(time.now_ms, 500000 + 3600000);
}

/* --- what a process leaves to the next on the same machine ------------------------------------ */

struct anchored {
    char path[40];
    struct bm_time_anchor *anchor;
};

static struct anchored anchored(const char *boot) {
    struct anchored made = {.path = "/tmp/bellman-anchor-XXXXXX"};
    struct bm_fault fault;
    close(mkstemp(made.path));
    assert_int_equal(bm_time_anchor_open(made.path, boot, &made.anchor, &fault), BM_OK);
    return made;
}

static void again(struct anchored *anchored, const char *boot) {
    struct bm_fault fault;
    bm_time_anchor_close(anchored->anchor);
    assert_int_equal(bm_time_anchor_open(anchored->path, boot, &anchored->anchor, &fault), BM_OK);
}

static void drop(struct anchored *anchored) {
    bm_time_anchor_close(anchored->anchor);
    unlink(anchored->path);
}

/* Away for a month on a machine that ran: the right time is no jump, six seconds off are, either way. */
static void the_machine_knows_how_long_the_desk_was_away(void **state) {
    (void)state;
    static const int64_t month_ms = INT64_C(86400000) * 31, wall_ms = INT64_C(1790000000000);
    static const struct {
        int64_t off_ms, away_ms;
        bool jump;
    } cases[] = {{0, 1000, false}, {4000, 1000, false}, {-4000, 1000, false}, {6000, 1000, true}, {-6000, 1000, true},
                 {0, month_ms, false}, {0, 3 * month_ms, false}, {86400000, month_ms, true}, {-86400000, month_ms, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct anchored anchored_ = anchored("one");
        struct bm_desk_time before = {true, wall_ms + 7, wall_ms, 5000000000, 0}, found;
        assert_false(bm_time_anchor_get(anchored_.anchor, 0, 0, &found));
        bm_time_anchor_put(anchored_.anchor, &before, 5000000000);
        again(&anchored_, "one");
        int64_t mono_ns = 1000000, boot_ns = 5000000000 + cases[i].away_ms * 1000000; /* its monotonic clock may be another */
        assert_true(bm_time_anchor_get(anchored_.anchor, mono_ns, boot_ns, &found));
        bool jump;
        int64_t expected_ms, now_ms = bm_desk_time_read(&found, wall_ms + cases[i].away_ms + cases[i].off_ms, mono_ns, &jump, &expected_ms);
        assert_int_equal(jump, cases[i].jump);
        assert_int_equal(expected_ms, wall_ms + cases[i].away_ms);
        assert_true(now_ms <= wall_ms + 7 + cases[i].away_ms + 5000);
        drop(&anchored_);
    }
}

static void another_running_of_the_machine_knows_nothing(void **state) {
    (void)state;
    struct anchored anchored_ = anchored("one");
    struct bm_desk_time before = {true, 1000, 1000, 0, 0}, found;
    bm_time_anchor_put(anchored_.anchor, &before, 1000);
    again(&anchored_, "two");
    assert_false(bm_time_anchor_get(anchored_.anchor, 0, 2000, &found));
    again(&anchored_, "one");
    assert_true(bm_time_anchor_get(anchored_.anchor, 0, 2000, &found));
    assert_false(bm_time_anchor_get(anchored_.anchor, 0, 999, &found)); /* its clock goes on only */
    drop(&anchored_);
}

/* A process that ends while it notes the time leaves the note before; a flipped bit counts as none. */
static void a_damaged_note_is_passed_over(void **state) {
    (void)state;
    struct anchored anchored_ = anchored("one");
    struct bm_desk_time first = {true, 1000, 1000, 0, 0}, second = {true, 2000, 2000, 0, 0}, found;
    struct stat size;
    bm_time_anchor_put(anchored_.anchor, &first, 1000);
    bm_time_anchor_put(anchored_.anchor, &second, 2000);
    assert_int_equal(stat(anchored_.path, &size), 0);
    for (off_t at = 0; at < size.st_size; at++) {
        uint8_t byte;
        int fd = open(anchored_.path, O_RDWR | O_CLOEXEC);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        uint8_t flipped = byte ^ 0x10;
        assert_int_equal(pwrite(fd, &flipped, 1, at), 1);
        again(&anchored_, "one");
        assert_true(bm_time_anchor_get(anchored_.anchor, 0, 3000, &found));
        assert_int_equal(found.now_ms, at < size.st_size / 2 ? 1000 : 2000); /* the second stands first: they take turns */
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
    again(&anchored_, "one");
    bm_time_anchor_put(anchored_.anchor, &first, 4000); /* it goes on counting, and is the newest */
    assert_true(bm_time_anchor_get(anchored_.anchor, 0, 4000, &found));
    assert_int_equal(found.now_ms, 1000);
    drop(&anchored_);
}

static void readings_below_a_millisecond_lose_no_time(void **state) {
    (void)state;
    struct bm_desk_time time = {0};
    bool jump;
    int64_t expected_ms;
    for (int64_t us = 0; us <= 1000000; us += 300) {
        if (!us) bm_desk_time_begin(&time, 1000000, 0, 0, false, &jump, &expected_ms);
        bm_desk_time_read(&time, 1000000 + us / 1000, us * 1000, &jump, &expected_ms);
        assert_false(jump);
    }
    assert_int_equal(time.now_ms, 1000000 + 999);
}

/* --- room ------------------------------------------------------------------------------------- */

/* As a power cut leaves it: the name was on the disk, the space was not. */
static void a_ballast_without_bytes_is_made_again(void **state) {
    (void)state;
    char dir[] = "/tmp/bm-space-XXXXXX", path[64];
    struct stat found;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/ballast", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    struct bm_space_watch watch = bm_space_watch(dir, 4096, 1, 65536);
    assert_int_equal(bm_space_look(&watch), BM_SPACE_FINE);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 65536);
    unlink(path);
    rmdir(dir);
}

/* --- quarantine ------------------------------------------------------------------------------- */

/* A process that dies while the command runs. */
static void die_in_command(const char *path, const uint8_t digest[16]) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct bm_quarantine *quarantine;
        struct bm_fault fault;
        if (bm_quarantine_open(path, &quarantine, &fault) != BM_OK) _exit(9);
        _exit(bm_quarantine_begin(quarantine, digest) ? 7 : 8);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void a_command_that_crashed_twice_is_refused(void **state) {
    (void)state;
    char path[] = "/tmp/bellman-quarantine-XXXXXX";
    close(mkstemp(path));
    uint8_t bad[16] = {1, 2, 3}, good[16] = {4};
    struct bm_quarantine *quarantine;
    struct bm_fault fault;
    die_in_command(path, bad); /* once may be chance */
    die_in_command(path, bad);
    assert_int_equal(bm_quarantine_open(path, &quarantine, &fault), BM_OK);
    assert_false(bm_quarantine_begin(quarantine, bad));
    assert_true(bm_quarantine_begin(quarantine, good));
    bm_quarantine_end(quarantine);
    assert_int_equal(bm_quarantine_count(quarantine), 1);
    bm_quarantine_close(quarantine);
    unlink(path);
}

/* A look has no request of its own: the same person at the same sheet, a month later, is the same work. */
static void what_ended_well_between_two_deaths_is_not_refused(void **state) {
    (void)state;
    char path[] = "/tmp/bellman-quarantine-XXXXXX";
    close(mkstemp(path));
    uint8_t look[16] = {1, 2, 3};
    struct bm_quarantine *quarantine;
    struct bm_fault fault;
    for (int times = 0; times < 3; times++) {
        die_in_command(path, look);
        assert_int_equal(bm_quarantine_open(path, &quarantine, &fault), BM_OK);
        assert_true(bm_quarantine_begin(quarantine, look));
        bm_quarantine_end(quarantine);
        assert_int_equal(bm_quarantine_count(quarantine), 0);
        bm_quarantine_close(quarantine);
    }
    unlink(path);
}

static void a_foreign_quarantine_file_starts_afresh(void **state) {
    (void)state;
    char path[] = "/tmp/bellman-quarantine-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "something else", 14), 14);
    close(fd);
    struct bm_quarantine *quarantine;
    struct bm_fault fault;
    assert_int_equal(bm_quarantine_open(path, &quarantine, &fault), BM_OK);
    assert_int_equal(bm_quarantine_count(quarantine), 0);
    bm_quarantine_close(quarantine);
    unlink(path);
}

/* --- a desk over memory ----------------------------------------------------------------------- */

struct seen {
    size_t replies, frames;
    enum bm_code last;
};

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    (void)ticket;
    struct seen *seen = context;
    seen->replies++;
    seen->last = reply->code;
}

static void on_frame(void *context, struct bm_frame *frame) {
    ((struct seen *)context)->frames++;
    bm_frame_free(frame);
}

static struct bm_desk *furnished_with(struct bm_journal *journal, struct bm_quarantine *quarantine, struct seen *seen) {
    struct bm_desk *desk = bm_desk_new(journal, quarantine);
    struct bm_desk_sink sink = {on_reply, on_frame, seen};
    struct bm_asked asked[48];
    struct bm_command house[48];
    size_t count = bm_demand_house(house, 4);
    for (size_t i = 0; i < count; i++) asked[i] = (struct bm_asked){house[i], NULL};
    assert_int_equal(bm_desk_step(desk, INT64_C(1790000000000), 0, asked, count, &sink), BM_OK);
    assert_int_equal(seen->replies, count);
    assert_int_equal(seen->frames, count);
    for (size_t i = 0; i < count; i++) bm_command_release(&house[i]);
    return desk;
}

static struct bm_desk *furnished(struct bm_journal *journal, struct seen *seen) {
    return furnished_with(journal, NULL, seen);
}

static struct bm_asked open_case(uint64_t actor) {
    struct bm_asked asked = {bm_command_make(BM_DO_CASE_OPEN), NULL};
    memcpy(asked.command.case_open.class_code, "fire", sizeof "fire");
    asked.command.actor.v = actor;
    return asked;
}

static void nobody_is_answered_when_the_commit_fails(void **state) {
    (void)state;
    static const struct {
        enum bm_append answer;
        enum bm_code code;
    } cases[] = {{BM_APPEND_UNKNOWN, BM_UNKNOWN_OUTCOME},
                 {BM_APPEND_FULL, BM_NO_SPACE},
                 {BM_APPEND_FENCED, BM_FENCED}};
    for (int i = 0; i < 3; i++) {
        struct seen seen = {0};
        struct bm_journal *journal = bm_journal_memory(1);
        struct bm_desk *desk = furnished(journal, &seen);
        struct bm_desk_sink sink = {on_reply, on_frame, &seen};
        struct seen before = seen;
        struct bm_asked asked = open_case(2);
        bm_journal_memory_fail_next(journal, cases[i].answer, false);
        assert_int_equal(bm_desk_step(desk, INT64_C(1790000001000), 1000000000, &asked, 1, &sink),
                         cases[i].code);
        assert_int_equal(seen.replies, before.replies);
        assert_int_equal(seen.frames, before.frames);
        bm_command_release(&asked.command);
        bm_desk_free(desk);
        bm_journal_close(journal);
    }
}

static void a_full_disk_sheds_ordinary_work_first(void **state) {
    (void)state;
    struct seen seen = {0};
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_desk *desk = furnished(journal, &seen);
    struct bm_desk_sink sink = {on_reply, on_frame, &seen};
    struct bm_asked emergency = open_case(2), ordinary = {bm_command_make(BM_DO_UNIT_DUTY), NULL};
    ordinary.command.actor.v = 3;
    ordinary.command.target = 1;
    ordinary.command.unit_duty.duty = BM_DUTY_ON;
    static const struct {
        enum bm_space space;
        enum bm_code emergency, ordinary;
    } levels[] = {{BM_SPACE_LOW, BM_OK, BM_NO_SPACE},
                  {BM_SPACE_OUT, BM_NO_SPACE, BM_NO_SPACE},
                  {BM_SPACE_FINE, BM_OK, BM_OK}};
    for (int i = 0; i < 3; i++) {
        bm_desk_set_space(desk, levels[i].space);
        assert_int_equal(
            bm_desk_step(desk, INT64_C(1790000001000), 1000000000, &emergency, 1, &sink), BM_OK);
        assert_int_equal(seen.last, levels[i].emergency);
        assert_int_equal(
            bm_desk_step(desk, INT64_C(1790000001000), 1000000000, &ordinary, 1, &sink), BM_OK);
        assert_int_equal(seen.last, levels[i].ordinary);
    }
    bm_command_release(&emergency.command);
    bm_command_release(&ordinary.command);
    bm_desk_free(desk);
    bm_journal_close(journal);
}

/* --- a desk that is started again -------------------------------------------------------------- */

static void rung_count(void *context, struct bm_frame *frame) {
    for (size_t i = 0; i < frame->row_count; i++) *(size_t *)context += frame->rows[i].table == BM_T_CLOCK;
    bm_frame_free(frame);
}

/* Started with its clock years ahead: the deadlines of what is open wait, and it says what the clock said and what it expected; after a
 * person's word they ring.  By the machine's clock the same is seen of an hour. */
static void a_start_with_a_wrong_clock_holds_the_deadlines(void **state) {
    (void)state;
    static const int64_t begun_ms = INT64_C(1790000000000), hour_ms = 3600000;
    static const struct {
        int64_t ahead_ms;
        bool same_machine, in_doubt;
    } starts[] = {{2 * hour_ms, false, false}, {2 * hour_ms, true, true}, {INT64_C(24) * 365 * 24 * hour_ms, false, true}};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct seen seen = {0};
        struct bm_fault fault;
        struct bm_journal *journal = bm_journal_memory(1);
        struct bm_desk *desk = furnished(journal, &seen);
        struct bm_desk_sink sink = {on_reply, on_frame, &seen};
        struct bm_asked asked = open_case(2), confirm = {bm_command_make(BM_DO_TIME_CONFIRM), NULL};
        assert_int_equal(bm_desk_step(desk, begun_ms, 0, &asked, 1, &sink), BM_OK);
        struct bm_desk_time before = bm_desk_now(desk).time;
        bm_command_release(&asked.command);
        bm_desk_free(desk);
        desk = bm_desk_new(journal, NULL);
        assert_int_equal(bm_desk_replay(desk, NULL, &fault), BM_OK);
        int64_t wall_ms = begun_ms + starts[i].ahead_ms;
        bm_desk_begin(desk, wall_ms, 1000000, starts[i].same_machine ? &before : NULL);
        size_t rung = 0;
        struct bm_desk_sink counting = {NULL, rung_count, &rung};
        assert_int_equal(bm_desk_step(desk, wall_ms, 1000000, NULL, 0, &counting), BM_OK);
        assert_int_equal(bm_desk_time_held(desk), starts[i].in_doubt);
        struct bm_desk_doubt doubt = bm_desk_doubt(desk);
        assert_int_equal(doubt.is_known, starts[i].in_doubt);
        if (starts[i].in_doubt) {
            assert_int_equal(rung, 0);
            assert_int_equal(doubt.is_by_record, !starts[i].same_machine);
            assert_int_equal(doubt.wall_at_ms, wall_ms);
            assert_int_equal(doubt.expected_at_ms, starts[i].same_machine ? begun_ms + 1 : begun_ms);
            confirm.command.actor.v = 1;
            assert_int_equal(bm_desk_step(desk, wall_ms, 1000000, &confirm, 1, &sink), BM_OK);
            assert_int_equal(seen.last, BM_OK);
            struct bm_desk_now now = bm_desk_now(desk);
            assert_int_equal(now.time.now_ms, wall_ms);
            assert_in_range(now.moved_ms, starts[i].ahead_ms - 1, starts[i].ahead_ms);
            assert_int_equal(now.away_ms, starts[i].same_machine ? 0 : now.moved_ms);
            assert_false(bm_desk_doubt(desk).is_known);
            assert_int_equal(bm_desk_step(desk, wall_ms, 1000000, NULL, 0, &counting), BM_OK);
        }
        assert_true(rung > 0);
        bm_desk_free(desk);
        bm_journal_close(journal);
    }
}

/* --- timers that cannot be fired -------------------------------------------------------------- */

/* Where the timers of those ids have stopped the desk twice. */
/* A process that ends while that timer is fired. */
static bool dies_in_timer(const char *path, enum bm_command_kind kind, uint64_t target) {
    struct bm_quarantine *quarantine;
    struct bm_fault fault;
    struct {
        uint64_t kind, target, actor;
    } timer = {kind, target, 0};
    uint8_t digest[16];
    bm_hash_of(&timer, sizeof timer, digest, sizeof digest);
    assert_int_equal(bm_quarantine_open(path, &quarantine, &fault), BM_OK);
    bm_quarantine_note(quarantine, bm_command_word(kind), 0, target);
    bool begun = bm_quarantine_begin(quarantine, digest);
    bm_quarantine_close(quarantine);
    return begun;
}

static struct bm_quarantine *poisoned(char *path, enum bm_command_kind kind, const uint64_t *targets, size_t count) {
    struct bm_quarantine *quarantine;
    struct bm_fault fault;
    close(mkstemp(path));
    for (size_t i = 0; i < count * BM_QUARANTINE_CRASHES; i++)
        assert_true(dies_in_timer(path, kind, targets[i / BM_QUARANTINE_CRASHES]));
    assert_int_equal(bm_quarantine_open(path, &quarantine, &fault), BM_OK);
    return quarantine;
}

struct rings {
    uint64_t clocks[16]; /* that rang, in order */
    size_t count;
};

static void note_rings(void *context, struct bm_frame *frame) {
    struct rings *rings = context;
    for (size_t i = 0; i < frame->row_count; i++) {
        if (frame->rows[i].table == BM_T_CLOCK && rings->count < 16) rings->clocks[rings->count++] = frame->rows[i].id;
    }
    bm_frame_free(frame);
}

static uint32_t rung(const struct bm_desk *desk, uint64_t clock) {
    return ((const struct bm_clock *)bm_core_get(bm_desk_core(desk), BM_T_CLOCK, clock))->rung;
}

static enum bm_code retry(struct bm_desk *desk, int64_t at_ms, const char *what, uint64_t target, struct seen *seen) {
    struct bm_desk_sink sink = {on_reply, on_frame, seen};
    struct bm_asked asked = {bm_command_make(BM_DO_TIMER_RETRY), NULL};
    asked.command.actor.v = 1;
    asked.command.target = target;
    snprintf(asked.command.timer_retry.what, sizeof asked.command.timer_retry.what, "%s", what);
    assert_int_equal(bm_desk_step(desk, at_ms, (at_ms - INT64_C(1790000000000)) * 1000000, &asked, 1, &sink), BM_OK);
    return seen->last;
}

static void one_timer_that_kills_holds_no_other(void **state) {
    (void)state;
    static const uint64_t poison[] = {3}; /* to be sent, of the second incident: each has two clocks */
    static const int64_t begun_ms = INT64_C(1790000000000);
    char path[] = "/tmp/bellman-quarantine-XXXXXX";
    struct seen seen = {0};
    struct rings rings = {0};
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_quarantine *quarantine = poisoned(path, BM_DO_CLOCK_DUE, poison, 1);
    struct bm_desk *desk = furnished_with(journal, quarantine, &seen);
    struct bm_desk_sink sink = {on_reply, on_frame, &seen}, counting = {NULL, note_rings, &rings};
    for (int i = 0; i < 3; i++) {
        struct bm_asked asked = open_case(2);
        assert_int_equal(bm_desk_step(desk, begun_ms + i, i * 1000000, &asked, 1, &sink), BM_OK);
        bm_command_release(&asked.command);
    }
    int64_t at_ms = begun_ms, hour_ms = 3600000;
    at_ms += hour_ms;
    assert_int_equal(bm_desk_step(desk, at_ms, hour_ms * 1000000, NULL, 0, &counting), BM_OK);
    size_t count;
    const struct bm_desk_aside *aside = bm_desk_asides(desk, &count);
    assert_int_equal(count, 1);
    assert_int_equal(aside->command, BM_DO_CLOCK_DUE);
    assert_int_equal(aside->target, 3);
    assert_int_equal(aside->code, BM_QUARANTINED);
    assert_int_equal(aside->on_case, ((const struct bm_clock *)bm_core_get(bm_desk_core(desk), BM_T_CLOCK, 3))->on_case.v);
    assert_true(aside->clock >= 0);
    assert_int_equal(aside->at_ms, at_ms);
    assert_false(bm_desk_timers_stuck(desk));
    assert_int_equal(bm_desk_quarantine_count(desk), 0); /* it is no request */
    uint32_t full = rung(desk, 1);
    assert_true(full > 1);
    assert_int_equal(rung(desk, 5), full);
    assert_int_equal(rung(desk, 3), 0);
    assert_int_equal(bm_core_at_ms(bm_desk_core(desk)), at_ms);
    assert_true(bm_desk_next_due(desk) == INT64_MAX || bm_desk_next_due(desk) > hour_ms * 1000000); /* nobody spins for it */
    /* No part of the state: a replay has the same digest, and fires nothing more. */
    struct bm_fault fault;
    struct bm_desk *twin = bm_desk_new(journal, NULL);
    assert_int_equal(bm_desk_replay(twin, NULL, &fault), BM_OK);
    struct bm_hash ours = bm_desk_digest(desk), theirs = bm_desk_digest(twin);
    assert_memory_equal(&ours, &theirs, sizeof ours);
    bm_desk_free(twin);
    /* Tried again it rings all of its rungs, one after the other. */
    assert_int_equal(retry(desk, at_ms, "clock_due", 1, &seen), BM_NOT_POSSIBLE);
    assert_int_equal(retry(desk, at_ms, "clock_due", 3, &seen), BM_OK);
    (void)bm_desk_asides(desk, &count);
    assert_int_equal(count, 0);
    rings.count = 0;
    assert_int_equal(bm_desk_step(desk, at_ms, hour_ms * 1000000, NULL, 0, &counting), BM_OK);
    assert_int_equal(rings.count, full);
    for (size_t i = 0; i < rings.count; i++) assert_int_equal(rings.clocks[i], 3);
    assert_int_equal(rung(desk, 3), full);
    assert_int_equal(retry(desk, at_ms, "clock_due", 3, &seen), BM_NOT_POSSIBLE);
    bm_desk_free(desk);
    bm_quarantine_close(quarantine);
    bm_journal_close(journal);
    unlink(path);
}

/* What it was for is over: it is listed no more, and counts as never having killed. */
static void what_is_over_is_not_set_aside_any_more(void **state) {
    (void)state;
    static const uint64_t poison[] = {1};
    static const int64_t begun_ms = INT64_C(1790000000000), hour_ms = 3600000;
    char path[] = "/tmp/bellman-quarantine-XXXXXX";
    struct seen seen = {0};
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_quarantine *quarantine = poisoned(path, BM_DO_CLOCK_DUE, poison, 1);
    struct bm_desk *desk = furnished_with(journal, quarantine, &seen);
    struct bm_desk_sink sink = {on_reply, on_frame, &seen};
    struct bm_asked asked = open_case(2), over = {bm_command_make(BM_DO_CASE_CLOSE), NULL};
    assert_int_equal(bm_desk_step(desk, begun_ms, 0, &asked, 1, &sink), BM_OK);
    bm_command_release(&asked.command);
    assert_int_equal(bm_desk_step(desk, begun_ms + hour_ms, hour_ms * 1000000, NULL, 0, &sink), BM_OK);
    size_t count;
    uint64_t on_case = bm_desk_asides(desk, &count)->on_case;
    assert_int_equal(count, 1);
    over.command.actor.v = 2;
    over.command.target = on_case;
    over.command.has_if_match = true;
    over.command.if_match = ((const struct bm_case *)bm_core_get(bm_desk_core(desk), BM_T_CASE, on_case))->version;
    over.command.case_close.outcome = BM_OUTCOME_INVALID;
    assert_int_equal(bm_desk_step(desk, begun_ms + hour_ms, hour_ms * 1000000, &over, 1, &sink), BM_OK);
    assert_int_equal(seen.last, BM_OK);
    assert_int_equal(bm_desk_step(desk, begun_ms + hour_ms, hour_ms * 1000000, NULL, 0, &sink), BM_OK);
    (void)bm_desk_asides(desk, &count);
    assert_int_equal(count, 0);
    assert_int_equal(bm_quarantine_count(quarantine), 0);
    bm_desk_free(desk);
    bm_quarantine_close(quarantine);
    bm_journal_close(journal);
    unlink(path);
}

/* It died once at the first rung, which was fired at the next start: a death at a later rung is the first of that one. */
static void a_rung_that_was_fired_after_all_counts_no_more(void **state) {
    (void)state;
    static const int64_t begun_ms = INT64_C(1790000000000), hour_ms = 3600000;
    char path[] = "/tmp/bellman-quarantine-XXXXXX";
    struct seen seen = {0};
    struct bm_fault fault;
    struct bm_quarantine *quarantine;
    close(mkstemp(path));
    assert_true(dies_in_timer(path, BM_DO_CLOCK_DUE, 1));
    assert_int_equal(bm_quarantine_open(path, &quarantine, &fault), BM_OK);
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_desk *desk = furnished_with(journal, quarantine, &seen);
    struct bm_desk_sink sink = {on_reply, on_frame, &seen};
    struct bm_asked asked = open_case(2);
    assert_int_equal(bm_desk_step(desk, begun_ms, 0, &asked, 1, &sink), BM_OK);
    bm_command_release(&asked.command);
    assert_int_equal(bm_desk_step(desk, begun_ms + hour_ms, hour_ms * 1000000, NULL, 0, &sink), BM_OK);
    assert_true(rung(desk, 1) > 0);
    bm_desk_free(desk);
    bm_quarantine_close(quarantine);
    bm_journal_close(journal);
    assert_true(dies_in_timer(path, BM_DO_CLOCK_DUE, 1));
    assert_true(dies_in_timer(path, BM_DO_CLOCK_DUE, 1)); /* allowed once more: it has died once */
    assert_false(dies_in_timer(path, BM_DO_CLOCK_DUE, 1));
    unlink(path);
}

/* More than can be set aside: none is fired any more, as long as nobody has looked. */
static void too_many_that_cannot_be_fired_stop_them_all(void **state) {
    (void)state;
    static const int64_t begun_ms = INT64_C(1790000000000), hour_ms = 3600000;
    struct seen seen = {0};
    struct rings rings = {0};
    struct bm_journal *journal = bm_journal_memory(1);
    char path[] = "/tmp/bellman-quarantine-XXXXXX";
    static const uint64_t poison[] = {1};
    struct bm_quarantine *quarantine = poisoned(path, BM_DO_CLOCK_DUE, poison, 1);
    struct bm_desk *desk = furnished_with(journal, quarantine, &seen);
    struct bm_core *core = (struct bm_core *)bm_desk_core(desk); /* as if 64 others were */
    for (uint64_t id = 1; id <= BM_ASIDES_MAX; id++) assert_true(bm_core_set_aside(core, BM_DO_CALL_DUE, id));
    assert_false(bm_core_set_aside(core, BM_DO_CALL_DUE, BM_ASIDES_MAX + 1));
    assert_true(bm_core_set_aside(core, BM_DO_CALL_DUE, BM_ASIDES_MAX)); /* it is already */
    struct bm_desk_sink sink = {on_reply, on_frame, &seen}, counting = {NULL, note_rings, &rings};
    for (int i = 0; i < 2; i++) {
        struct bm_asked asked = open_case(2);
        assert_int_equal(bm_desk_step(desk, begun_ms + i, i * 1000000, &asked, 1, &sink), BM_OK);
        bm_command_release(&asked.command);
    }
    assert_int_equal(bm_desk_step(desk, begun_ms + hour_ms, hour_ms * 1000000, NULL, 0, &counting), BM_OK);
    assert_true(bm_desk_timers_stuck(desk));
    assert_true(bm_desk_next_due(desk) == INT64_MAX);
    assert_int_equal(rings.count, 0);
    bm_desk_free(desk);
    bm_quarantine_close(quarantine);
    bm_journal_close(journal);
    unlink(path);
}

/* --- snapshots on disk ------------------------------------------------------------------------ */

static size_t slurp(const char *path, uint8_t *bytes, size_t cap) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    size_t len = fread(bytes, 1, cap, in);
    fclose(in);
    return len;
}

static void every_flipped_byte_of_a_snapshot_is_noticed(void **state) {
    (void)state;
    char dir[] = "/tmp/bellman-snapshot-XXXXXX", path[128];
    assert_non_null(mkdtemp(dir));
    struct seen seen = {0};
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_desk *desk = furnished(journal, &seen);
    struct bm_head head = bm_desk_head(desk), back_head;
    struct bm_fault fault;
    struct bm_core *back;
    assert_int_equal(bm_snapshot_write(dir, bm_desk_core(desk), &head, &fault), BM_OK);
    snprintf(path, sizeof path, "%s/snapshot-%llu", dir, (unsigned long long)head.seq);
    static uint8_t bytes[1 << 20];
    size_t len = slurp(path, bytes, sizeof bytes);
    assert_int_equal(bm_snapshot_read(bytes, len, &back, &back_head, &fault), BM_OK);
    assert_int_equal(back_head.seq, head.seq);
    bm_core_free(back);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 0x40;
        assert_int_not_equal(bm_snapshot_read(bytes, len, &back, &back_head, &fault), BM_OK);
        bytes[i] ^= 0x40;
    }
    for (size_t cut = 0; cut < len; cut += 7)
        assert_int_not_equal(bm_snapshot_read(bytes, cut, &back, &back_head, &fault), BM_OK);
    unlink(path);
    rmdir(dir);
    bm_desk_free(desk);
    bm_journal_close(journal);
}

/* Another record of the same length, as a backup that was restored gives it. */
static void a_snapshot_of_another_record_is_passed_over(void **state) {
    (void)state;
    char dir[] = "/tmp/bellman-snapshot-XXXXXX", path[128];
    assert_non_null(mkdtemp(dir));
    struct seen seen[2] = {{0}};
    struct bm_journal *journals[2] = {bm_journal_memory(1), bm_journal_memory(2)};
    struct bm_desk *desks[2] = {furnished(journals[0], &seen[0]), furnished(journals[1], &seen[1])};
    struct bm_head head = bm_desk_head(desks[0]), found;
    struct bm_fault fault;
    struct bm_core *core;
    assert_int_equal(bm_desk_head(desks[1]).seq, head.seq);
    assert_int_equal(bm_snapshot_write(dir, bm_desk_core(desks[0]), &head, &fault), BM_OK);
    for (int i = 0; i < 2; i++) {
        struct bm_reader *reader;
        assert_int_equal(bm_reader_open(journals[i], &reader, &fault), BM_OK);
        enum bm_code code = bm_snapshot_load(dir, reader, &core, &found, &fault);
        assert_int_equal(code, i ? BM_NOT_FOUND : BM_OK);
        if (!code) bm_core_free(core);
        bm_reader_close(reader);
        bm_desk_free(desks[i]);
        bm_journal_close(journals[i]);
    }
    snprintf(path, sizeof path, "%s/snapshot-%llu", dir, (unsigned long long)head.seq);
    unlink(path);
    rmdir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_follows_the_wall_and_never_goes_back),
        cmocka_unit_test(a_jump_is_told_once_and_time_goes_on_by_the_monotonic_clock),
        cmocka_unit_test(small_steps_add_up_to_a_jump),
        cmocka_unit_test(corrections_far_apart_do_not_add_up),
        cmocka_unit_test(a_wall_clock_behind_the_journal_is_a_jump),
        cmocka_unit_test(a_wall_clock_far_ahead_of_the_journal_is_in_doubt),
        cmocka_unit_test(a_desk_in_doubt_goes_on_from_its_journal),
        cmocka_unit_test(the_machine_knows_how_long_the_desk_was_away),
        cmocka_unit_test(another_running_of_the_machine_knows_nothing),
        cmocka_unit_test(a_damaged_note_is_passed_over),
        cmocka_unit_test(a_start_with_a_wrong_clock_holds_the_deadlines),
        cmocka_unit_test(readings_below_a_millisecond_lose_no_time),
        cmocka_unit_test(a_ballast_without_bytes_is_made_again),
        cmocka_unit_test(a_command_that_crashed_twice_is_refused),
        cmocka_unit_test(what_ended_well_between_two_deaths_is_not_refused),
        cmocka_unit_test(a_foreign_quarantine_file_starts_afresh),
        cmocka_unit_test(nobody_is_answered_when_the_commit_fails),
        cmocka_unit_test(a_full_disk_sheds_ordinary_work_first),
        cmocka_unit_test(one_timer_that_kills_holds_no_other),
        cmocka_unit_test(what_is_over_is_not_set_aside_any_more),
        cmocka_unit_test(a_rung_that_was_fired_after_all_counts_no_more),
        cmocka_unit_test(too_many_that_cannot_be_fired_stop_them_all),
        cmocka_unit_test(every_flipped_byte_of_a_snapshot_is_noticed),
        cmocka_unit_test(a_snapshot_of_another_record_is_passed_over),
    };
    return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
