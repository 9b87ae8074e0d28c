/* Matters in the core: published, opened, handed over, moved by time, joined and taken apart, closed; the state
 * is rebuilt from what was recorded. */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "desk.h"

/* --- from first contact to closed --------------------------------------------------------------- */

static void a_letter_goes_from_first_contact_to_closed(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_open(&world, "letter", &contact);
    const struct bm_matter *matter = desk_matter(&world, id);
    assert_string_equal(desk_case(&world, id)->procedure, "letter");
    assert_string_equal(matter->state, "received");
    assert_string_equal(matter->owner_role, "clerk");
    assert_string_equal(desk_shown(desk_promise(&world, id, "reply")->due_at_ms), "2026-10-09 23:59:59.999"); /* over a holiday */
    assert_string_equal(desk_shown(matter->due_at_ms), "2026-09-23 08:00:00.000"); /* to be registered */
    assert_int_equal(desk_do(&world, CLERK, id, "register", "{\"subject\":true,\"kind\":\"request\"}"), BM_OK);
    assert_string_equal(desk_matter(&world, id)->state, "in_hand");
    assert_true(desk_promise(&world, id, "registering")->stopped_at_ms != BM_AT_NONE);
    assert_int_equal(desk_count(BM_EV_NOTICE, NULL), 1);
    desk_at(&world, "2026-09-22 09:00");
    desk_hand_over(&world, id, NORTH, HANDLER_NORTH);
    assert_string_equal(desk_matter(&world, id)->responsibility, "with_unit");
    assert_int_equal(desk_matter(&world, id)->with_agency.v, NORTH);
    assert_int_equal(desk_case(&world, id)->with_agency.v, NORTH);
    desk_at(&world, "2026-09-24 10:00");
    assert_int_equal(desk_do(&world, HANDLER_NORTH, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_OK);
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "approve", NULL), BM_OK);
    const struct bm_case *row = desk_case(&world, id);
    assert_int_equal(row->state, BM_CASE_CLOSED);
    assert_int_equal(row->outcome, BM_OUTCOME_SOLVED);
    assert_string_equal(desk_matter(&world, id)->published, "reply");
    assert_true(desk_matter(&world, id)->surveyed_at_ms == world.now_ms);
    assert_int_equal(desk_matter(&world, id)->next_at_ms, BM_AT_NONE);
    assert_int_equal(desk_promise(&world, id, "reply")->breached_at_ms, BM_AT_NONE);
    desk_free(&world);
}

static void nobody_acts_without_a_post(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    assert_int_equal(desk_do(&world, TAKER, id, "offer", NULL), BM_FORBIDDEN);       /* no post at all */
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "draft", NULL), BM_NOT_FOUND);  /* not theirs to see */
    desk_hand_over(&world, id, NORTH, HANDLER_NORTH);
    assert_int_equal(desk_do(&world, HEAD_SOUTH, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_NOT_FOUND);
    assert_int_equal(desk_do(&world, CLERK, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_FORBIDDEN);
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_OK);
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "approve", NULL), BM_FORBIDDEN); /* four eyes */
    assert_int_equal(desk_do(&world, OFFICER, id, "approve", NULL), BM_OK);
    desk_free(&world);
}

static void bad_input_names_the_field(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_open(&world, "letter", NULL);
    static const struct {
        const char *event, *fields;
        enum bm_code code;
        const char *field;
    } cases[] = {
        {"register", "{\"subject\":true}", BM_MISSING_FIELD, "kind"},
        {"register", "{\"subject\":\"x\",\"kind\":\"request\"}", BM_WRONG_TYPE, "subject"}, /* clear text never gets here */
        {"register", "{\"subject\":true,\"kind\":\"rumour\"}", BM_UNKNOWN_WORD, "kind"},
        {"register", "{\"subject\":true,\"kind\":7}", BM_UNKNOWN_WORD, "kind"},
        {"register", "{\"subject\":true,\"knd\":\"request\"}", BM_UNKNOWN_FIELD, "knd"},
        {"register", "[1]", BM_BAD_JSON, ""},
        {"regster", "{}", BM_UNKNOWN_WORD, "event"},
        {"approve", "{}", BM_NOT_POSSIBLE, "event"},
        {"set_aside", "{\"reason\":true}", BM_FORBIDDEN, "event"},
        {"reopen", "{}", BM_NOT_POSSIBLE, "event"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t before = bm_core_seq(world.core);
        enum bm_code code = desk_do(&world, CLERK, id, cases[i].event, cases[i].fields);
        if (code != cases[i].code) fail_msg("%s %s: %s %s", cases[i].event, cases[i].fields, bm_code_word(code), world.decision.fault.detail);
        if (cases[i].field[0] && code != BM_FORBIDDEN && code != BM_NOT_POSSIBLE)
            assert_string_equal(world.decision.fault.field, cases[i].field);
        assert_int_equal(bm_core_seq(world.core), before); /* a refusal leaves nothing */
    }
    struct bm_command stale = desk_act(&world, CLERK, id, "register", "{\"subject\":true,\"kind\":\"request\"}");
    stale.if_match--;
    assert_int_equal(give(&world, &stale), BM_STALE_VERSION);
    struct bm_command bare = desk_act(&world, CLERK, id, "register", "{\"subject\":true,\"kind\":\"request\"}");
    bare.has_if_match = false;
    assert_int_equal(give(&world, &bare), BM_VERSION_REQUIRED);
    struct bm_command close = ask(BM_DO_CASE_CLOSE, TAKER, id); /* an incident's command */
    close.case_close.outcome = BM_OUTCOME_SOLVED;
    assert_int_equal(give(&world, &close), BM_NOT_POSSIBLE);
    struct bm_command open = ask(BM_DO_MATTER_OPEN, TAKER, 0);
    TEXT(open.matter_open.procedure, "lettre");
    assert_int_equal(give(&world, &open), BM_NOT_FOUND);
    open = ask(BM_DO_MATTER_OPEN, TAKER, 0);
    TEXT(open.matter_open.procedure, "emergency");
    assert_int_equal(give(&world, &open), BM_NOT_POSSIBLE);
    desk_free(&world);
}

/* --- hand-over ---------------------------------------------------------------------------------- */

static void an_offer_is_acknowledged_once_and_with_its_hash(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    assert_int_equal(desk_do(&world, CLERK, id, "offer", NULL), BM_MISSING_FIELD);
    assert_string_equal(world.decision.fault.field, "agency");
    struct bm_command offer = desk_act(&world, CLERK, id, "offer", NULL);
    offer.matter_act.agency.v = NORTH;
    made(&world, &offer);
    char hash[BM_HASH_TEXT];
    memcpy(hash, desk_matter(&world, id)->offer_hash, sizeof hash);
    assert_int_equal(strlen(hash), 64);
    assert_int_equal(desk_matter(&world, id)->with_agency.v, 0); /* the duty stays where it is */
    struct bm_command wrong = desk_act(&world, HANDLER_NORTH, id, "acknowledge", "{\"offer_hash\":true}");
    TEXT(wrong.matter_act.offer_hash, "00");
    assert_int_equal(give(&world, &wrong), BM_CONFLICT);
    assert_string_equal(world.decision.fault.field, "offer_hash");
    struct bm_command stranger = desk_act(&world, HEAD_SOUTH, id, "acknowledge", "{\"offer_hash\":true}");
    memcpy(stranger.matter_act.offer_hash, hash, sizeof hash);
    assert_int_equal(give(&world, &stranger), BM_NOT_FOUND);
    for (int i = 0; i < 2; i++) {
        struct bm_command take = desk_act(&world, HANDLER_NORTH, id, "acknowledge", "{\"offer_hash\":true}");
        memcpy(take.matter_act.offer_hash, hash, sizeof hash);
        assert_int_equal(give(&world, &take), i == 0 ? BM_OK : BM_NOT_POSSIBLE);
    }
    assert_int_equal(desk_matter(&world, id)->with_agency.v, NORTH);
    desk_free(&world);
}

static void an_offer_that_nobody_takes_comes_back(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    desk_at(&world, "2026-09-22 09:00");
    struct bm_command offer = desk_act(&world, CLERK, id, "offer", NULL);
    offer.matter_act.agency.v = NORTH;
    made(&world, &offer);
    char hash[BM_HASH_TEXT];
    memcpy(hash, desk_matter(&world, id)->offer_hash, sizeof hash);
    desk_at(&world, "2026-09-22 10:59");
    assert_string_equal(desk_matter(&world, id)->responsibility, "offered");
    desk_at(&world, "2026-09-22 11:01"); /* 120 working minutes */
    assert_string_equal(desk_matter(&world, id)->responsibility, "held");
    assert_string_equal(desk_matter(&world, id)->offer_hash, "");
    assert_int_equal(desk_case(&world, id)->offered_to.v, NORTH); /* they may still read what they were asked */
    struct bm_command late = desk_act(&world, HANDLER_NORTH, id, "acknowledge", "{\"offer_hash\":true}");
    memcpy(late.matter_act.offer_hash, hash, sizeof hash);
    assert_int_equal(give(&world, &late), BM_NOT_POSSIBLE);
    desk_free(&world);
}

static void refused_twice_a_superior_rules(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    for (int i = 0; i < 2; i++) {
        struct bm_command offer = desk_act(&world, CLERK, id, "offer", NULL);
        offer.matter_act.agency.v = i ? SOUTH : NORTH;
        made(&world, &offer);
        assert_int_equal(desk_do(&world, i ? HEAD_SOUTH : HEAD_NORTH, id, "refuse", "{\"reason\":true}"), BM_OK);
        assert_string_equal(desk_matter(&world, id)->responsibility, i ? "arbitration" : "held");
    }
    assert_int_equal(desk_matter(&world, id)->returns, 2);
    struct bm_command rule = desk_act(&world, SUPERIOR, id, "rule", "{\"reason\":true}");
    rule.matter_act.agency.v = NORTH;
    made(&world, &rule);
    assert_int_equal(desk_matter(&world, id)->with_agency.v, NORTH);
    assert_int_equal(desk_do(&world, HANDLER_NORTH, id, "draft", "{\"reply\":true,\"result\":\"explained\"}"), BM_OK);
    desk_free(&world);
}

/* --- time --------------------------------------------------------------------------------------- */

static void a_desk_that_was_down_for_a_month_rings_every_rung_once_and_in_order(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    size_t before = desk_events();
    desk_down_until(&world, "2026-10-24 08:00");
    int64_t last = 0;
    uint32_t seen = 0;
    for (size_t i = before; i < desk_events(); i++) {
        const struct bm_event *event = desk_event(i);
        if (event->kind != BM_EV_PROMISE_RUNG || strcmp(event->promise_rung.clock, "reply") != 0) continue;
        assert_false(seen & 1u << event->promise_rung.rung);
        seen |= 1u << event->promise_rung.rung;
        assert_true(event->promise_rung.was_due_at_ms >= last);
        last = event->promise_rung.was_due_at_ms;
    }
    assert_int_equal(seen, 15); /* four rungs */
    const struct bm_promise *promise = desk_promise(&world, id, "reply");
    assert_int_equal(promise->rung_count, 4);
    assert_string_equal(desk_shown(promise->breached_at_ms), "2026-10-10 00:00:00.000");
    desk_free(&world);
}

static void a_promise_stands_still_while_the_writer_is_asked(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_in_hand(&world, &contact);
    int64_t due = desk_promise(&world, id, "reply")->due_at_ms;
    assert_int_equal(desk_do(&world, CLERK, id, "ask_writer", "{\"question\":true}"), BM_OK);
    assert_true(desk_promise(&world, id, "reply")->paused);
    assert_int_equal(desk_promise(&world, id, "reply")->due_at_ms, BM_AT_NONE);
    assert_string_equal(desk_matter(&world, id)->waits_for, "citizen");
    desk_at(&world, "2026-09-24 09:00");
    struct bm_command add = desk_act(&world, 0, id, "add", "{\"addition\":true}");
    add.matter_act.citizen = bm_bytes_copy(&contact, sizeof contact);
    made(&world, &add); /* by the receipt, without a version */
    assert_false(desk_promise(&world, id, "reply")->paused);
    assert_true(desk_promise(&world, id, "reply")->due_at_ms > due);
    uint64_t other = contact + 100;
    struct bm_command stranger = desk_act(&world, 0, id, "withdraw", NULL);
    stranger.matter_act.citizen = bm_bytes_copy(&other, sizeof other);
    assert_int_equal(give(&world, &stranger), BM_FORBIDDEN);
    struct bm_command forged = desk_act(&world, CLERK, id, "withdraw", NULL);
    forged.matter_act.citizen = bm_bytes_copy(&contact, sizeof contact);
    assert_int_equal(give(&world, &forged), BM_FORBIDDEN);
    desk_free(&world);
}

static void a_new_calendar_moves_what_was_promised(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    assert_string_equal(desk_shown(desk_promise(&world, id, "reply")->due_at_ms), "2026-10-09 23:59:59.999");
    size_t before = desk_count(BM_EV_PROMISE_SET, "reply");
    assert_int_equal(desk_calendar(&world, 0, NULL, NULL), BM_CONFLICT); /* the same edition again */
    /* The same days in a later edition: nothing moves, and nothing is said about it. */
    assert_int_equal(desk_calendar(&world, 1, NULL, NULL), BM_OK);
    assert_true(desk_matter(&world, id)->stale);
    desk_at(&world, "2026-09-22 08:01");
    assert_false(desk_matter(&world, id)->stale);
    assert_int_equal(desk_count(BM_EV_PROMISE_SET, "reply"), before);
    /* The holiday is a day shorter: so is the wait. */
    assert_int_equal(desk_calendar(&world, 2, "2026-10-01 to 2026-10-07", "2026-10-01 to 2026-10-06"), BM_OK);
    desk_at(&world, "2026-09-22 08:02");
    assert_string_equal(desk_shown(desk_promise(&world, id, "reply")->due_at_ms), "2026-10-08 23:59:59.999");
    assert_int_equal(desk_count(BM_EV_PROMISE_SET, "reply"), before + 1);
    assert_int_equal(desk_event(desk_events() - 2)->promise_set.why, BM_PROMISE_REPROJECTED);
    /* The rungs follow: the first one two working days before. */
    desk_at(&world, "2026-10-01 00:01");
    assert_int_equal(desk_promise(&world, id, "reply")->rung_count, 1);
    desk_free(&world);
}

/* --- joined, apart, children, supervision ------------------------------------------------------- */

static void a_duplicate_is_joined_and_taken_apart_and_its_clock_never_stood(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t first = desk_in_hand(&world, NULL), contact, id = desk_open(&world, "letter", &contact);
    assert_int_equal(desk_do(&world, CLERK, id, "duplicate", NULL), BM_MISSING_FIELD);
    const struct {
        uint64_t other;
        enum bm_code code;
    } others[] = {{id, BM_CONFLICT}, {999, BM_NOT_FOUND}, {first, BM_OK}};
    for (int i = 0; i < 3; i++) {
        struct bm_command join = desk_act(&world, CLERK, id, "duplicate", NULL);
        join.matter_act.other.v = others[i].other;
        assert_int_equal(give(&world, &join), others[i].code);
    }
    assert_int_equal(desk_case(&world, id)->merged_into.v, first);
    assert_int_equal(desk_case(&world, id)->outcome, BM_OUTCOME_DUPLICATE);
    assert_int_equal(desk_case(&world, id)->contact_count, 1); /* it keeps its reporter */
    /* A third is not joined to one that is joined itself. */
    uint64_t third = desk_open(&world, "letter", NULL);
    struct bm_command chain = desk_act(&world, CLERK, third, "duplicate", NULL);
    chain.matter_act.other.v = id;
    assert_int_equal(give(&world, &chain), BM_NOT_POSSIBLE);
    int64_t due = desk_promise(&world, id, "reply")->due_at_ms;
    desk_at(&world, "2026-09-23 12:00");
    struct bm_command apart = ask(BM_DO_MATTER_SEPARATE, CLERK, id);
    apart.has_if_match = true;
    apart.if_match = desk_case(&world, id)->version;
    made(&world, &apart);
    assert_int_equal(desk_case(&world, id)->merged_into.v, 0);
    assert_int_equal(desk_case(&world, id)->state, BM_CASE_RECEIVED);
    assert_string_equal(desk_matter(&world, id)->state, "received");
    assert_int_equal(desk_promise(&world, id, "reply")->due_at_ms, due);
    /* It was to be registered within a day, and nobody did. */
    desk_at(&world, "2026-09-23 12:01");
    assert_string_equal(desk_shown(desk_promise(&world, id, "registering")->breached_at_ms), "2026-09-23 08:00:00.001");
    desk_free(&world);
}

/* A desk that was down comes up, and the first thing that happens is that the letter is joined to another: its overdue rungs
 * are told then.  Taken apart again, it does not tell them a second time. */
static void what_was_told_before_it_was_joined_is_not_told_again(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t first = desk_in_hand(&world, NULL), id = desk_open(&world, "letter", NULL);
    world.now_ms += INT64_C(30) * 60 * 60 * 1000; /* no timer has run meanwhile */
    struct bm_command join = desk_act(&world, CLERK, id, "duplicate", NULL);
    join.matter_act.other.v = first;
    made(&world, &join);
    int64_t breached = desk_promise(&world, id, "registering")->breached_at_ms;
    assert_string_equal(desk_shown(breached), "2026-09-23 08:00:00.001");
    assert_int_equal(desk_promise(&world, id, "registering")->rung_count, 2);
    struct bm_command apart = ask(BM_DO_MATTER_SEPARATE, CLERK, id);
    apart.has_if_match = true;
    apart.if_match = desk_case(&world, id)->version;
    made(&world, &apart);
    desk_at(&world, "2026-09-24 09:00");
    assert_int_equal(desk_promise(&world, id, "registering")->rung_count, 2);
    assert_int_equal(desk_promise(&world, id, "registering")->breached_at_ms, breached);
    desk_free(&world);
}

static void danger_opens_an_incident_that_holds_up_the_end(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    assert_int_equal(desk_do(&world, CLERK, id, "danger", NULL), BM_MISSING_FIELD);
    assert_string_equal(world.decision.fault.field, "class");
    struct bm_command danger = desk_act(&world, CLERK, id, "danger", NULL);
    const struct bm_class *class = bm_core_get(world.core, BM_T_CLASS, 1);
    memcpy(danger.matter_act.class_code, class->code, sizeof danger.matter_act.class_code);
    assert_int_equal(made(&world, &danger), id);
    uint64_t incident = id + 1;
    assert_true(bm_case_is_incident(desk_case(&world, incident)));
    assert_int_equal(desk_case(&world, incident)->state, BM_CASE_RECEIVED);
    assert_int_equal(bm_core_count(world.core, BM_T_LINK), 2);
    desk_hand_over(&world, id, NORTH, HANDLER_NORTH);
    assert_int_equal(desk_do(&world, HANDLER_NORTH, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_OK);
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "approve", NULL), BM_CONFLICT);
    assert_int_equal(world.decision.conflict.on_case, incident);
    struct bm_command close = ask(BM_DO_CASE_CLOSE, TAKER, incident);
    close.case_close.outcome = BM_OUTCOME_SOLVED;
    close.has_if_match = true;
    close.if_match = desk_case(&world, incident)->version;
    made(&world, &close);
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "approve", NULL), BM_OK);
    desk_free(&world);
}

static void publish_file(struct world *world, const char *name) {
    size_t len;
    char *text = stage_file("procedures", name, &len);
    if (desk_publish(world, text, len)) fail_msg("%s: %s", name, world->decision.fault.detail);
}

static size_t children_of(const struct world *world, uint64_t case_id) {
    size_t count = 0;
    for (uint64_t id = 0; (id = bm_core_next_id(world->core, BM_T_LINK, id));) {
        const struct bm_link *link = bm_core_get(world->core, BM_T_LINK, id);
        count += link->on_case.v == case_id && link->kind == BM_LINK_CHILD;
    }
    return count;
}

/* Silence counts as accepted: then two agencies are asked, by nobody's act. */
static void the_engine_opens_cases_with_the_keys_put_by_for_them(void **state) {
    (void)state;
    for (int put_by = 0; put_by < 2; put_by++) {
        struct world world = desk_make();
        size_t len;
        char *text = stage_file("procedures", "service.yaml", &len);
        assert_int_equal(desk_publish(&world, text, len), BM_BAD_FILE); /* it opens reviews, and there are none */
        assert_non_null(strstr(world.decision.fault.detail, "review"));
        publish_file(&world, "review.yaml");
        publish_file(&world, "service.yaml");
        struct bm_command open = ask(BM_DO_MATTER_OPEN, TAKER, 0);
        uint64_t keys[4] = {71, 72, 73, 74};
        TEXT(open.matter_open.procedure, "service");
        open.sealed[BM_DATA_NARRATIVE].key_id = 61;
        open.sealed[BM_DATA_IDENTITY].key_id = 62;
        if (put_by) open.matter_open.spare_keys = bm_bytes_copy(keys, sizeof keys);
        uint64_t id = made(&world, &open);
        desk_at(&world, "2026-10-12 00:01"); /* five working days, and a holiday */
        if (put_by) {
            assert_string_equal(desk_matter(&world, id)->state, "examining");
            assert_int_equal(children_of(&world, id), 2);
            assert_int_equal(desk_case(&world, id + 1)->narrative_key.v, 71);
            assert_int_equal(desk_case(&world, id + 2)->identity_key.v, 74);
            assert_int_equal(desk_matter(&world, id)->spare_keys.len, 0);
            assert_string_equal(desk_matter(&world, id)->halted, "");
        } else { /* nothing is lost, and it says why it stands still; all other timers go on */
            assert_string_equal(desk_matter(&world, id)->state, "handed_in");
            assert_non_null(strstr(desk_matter(&world, id)->halted, "keys"));
            assert_int_equal(children_of(&world, id), 0);
        }
        desk_free(&world);
    }
}

/* A service that opens a service, which opens one in its turn, all by time: each has keys from the one before. */
static void a_case_that_the_engine_opened_has_keys_for_its_own(void **state) {
    (void)state;
    struct world world = desk_make();
    size_t len;
    publish_file(&world, "review.yaml");
    char *text = stage_file("procedures", "service.yaml", &len);
    text[len] = 0;
    char *at = strstr(strstr(text, "event: deem_accepted"), "procedure: review");
    struct bm_buf chained = bm_buf_make(1 << 20);
    bm_buf_add(&chained, text, (size_t)(at - text));
    bm_buf_text(&chained, "procedure: service }");
    const char *rest = strchr(at, '\n');
    bm_buf_text(&chained, rest);
    if (desk_publish(&world, bm_buf_c_text(&chained), chained.len)) fail_msg("%s", world.decision.fault.detail);
    bm_buf_free(&chained);
    uint64_t keys[16];
    for (int i = 0; i < 16; i++) keys[i] = 7001 + (uint64_t)i;
    struct bm_command open = ask(BM_DO_MATTER_OPEN, TAKER, 0);
    TEXT(open.matter_open.procedure, "service");
    open.sealed[BM_DATA_NARRATIVE].key_id = 61;
    open.sealed[BM_DATA_IDENTITY].key_id = 62;
    open.matter_open.spare_keys = bm_bytes_copy(keys, sizeof keys);
    uint64_t id = made(&world, &open);
    desk_at(&world, "2026-10-12 00:01"); /* five working days, and a holiday */
    assert_string_equal(desk_matter(&world, id)->halted, "");
    uint64_t child = id + 1;
    assert_string_equal(desk_case(&world, child)->procedure, "service");
    assert_int_equal(desk_matter(&world, child)->spare_keys.len, 6 * 16); /* all but its own pair and the review's */
    desk_at(&world, "2026-10-20 00:01");
    assert_string_equal(desk_matter(&world, child)->halted, "");
    assert_string_equal(desk_matter(&world, child)->state, "examining");
    assert_int_equal(children_of(&world, child), 2);
    /* No pair twice. */
    for (uint64_t a = 0; (a = bm_core_next_id(world.core, BM_T_CASE, a));) {
        for (uint64_t b = a; (b = bm_core_next_id(world.core, BM_T_CASE, b));)
            assert_true(desk_case(&world, a)->narrative_key.v != desk_case(&world, b)->narrative_key.v);
    }
    desk_free(&world);
}

/* What time alone would close waits for what was opened out of it, says so, and goes on when that is closed. */
static void what_the_engine_closes_waits_for_open_children(void **state) {
    (void)state;
    for (int moved_on = 0; moved_on < 2; moved_on++) {
        struct world world = desk_make();
        publish_file(&world, "review.yaml");
        publish_file(&world, "service.yaml");
        uint64_t window = desk_post(&world, "41", CITY, "service:window"), id = desk_open(&world, "service", NULL);
        assert_int_equal(desk_do(&world, window, id, "ask_once", "{\"missing\":true}"), BM_OK);
        struct bm_command danger = desk_act(&world, window, id, "danger", NULL);
        memcpy(danger.matter_act.class_code, ((const struct bm_class *)bm_core_get(world.core, BM_T_CLASS, 1))->code,
               sizeof danger.matter_act.class_code);
        made(&world, &danger);
        uint64_t incident = id + 1;
        desk_at(&world, "2026-10-28 09:00"); /* twenty working days and a holiday */
        assert_string_equal(desk_matter(&world, id)->state, "awaiting_papers");
        assert_int_equal(desk_matter(&world, id)->held_up_by.v, incident);
        assert_true(desk_promise(&world, id, "papers")->breached_at_ms != BM_AT_NONE);
        assert_int_equal(desk_case(&world, id)->state, BM_CASE_RECEIVED);
        assert_int_equal(desk_matter(&world, id)->next_at_ms, BM_AT_NONE); /* and does not spin */
        if (moved_on) {
            struct bm_command supply = desk_act(&world, window, id, "supply", "{\"papers\":true}");
            uint64_t keys[4] = {7001, 7002, 7003, 7004};
            bm_bytes_free(&supply.matter_act.child_keys);
            supply.matter_act.child_keys = bm_bytes_copy(keys, sizeof keys);
            made(&world, &supply);
            assert_int_equal(desk_matter(&world, id)->held_up_by.v, 0);
        }
        struct bm_command close = ask(BM_DO_CASE_CLOSE, TAKER, incident);
        close.case_close.outcome = BM_OUTCOME_SOLVED;
        close.has_if_match = true;
        close.if_match = desk_case(&world, incident)->version;
        made(&world, &close);
        desk_at(&world, "2026-10-28 09:01");
        assert_string_equal(desk_matter(&world, id)->state, moved_on ? "examining" : "lapsed");
        assert_int_equal(desk_matter(&world, id)->held_up_by.v, 0);
        assert_int_equal(desk_case(&world, id)->state, moved_on ? BM_CASE_RECEIVED : BM_CASE_CLOSED);
        desk_free(&world);
    }
}

static void a_superior_takes_it_under_supervision_and_lets_go(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    assert_int_equal(desk_do(&world, OFFICER, id, "supervise", NULL), BM_FORBIDDEN);
    assert_int_equal(desk_do(&world, SUPERIOR, id, "supervise", NULL), BM_OK);
    assert_true(desk_matter(&world, id)->supervised);
    assert_non_null(desk_promise(&world, id, "supervising"));
    assert_int_equal(desk_do(&world, SUPERIOR, id, "release", NULL), BM_MISSING_FIELD);
    assert_int_equal(desk_do(&world, SUPERIOR, id, "release", "{\"reason\":true}"), BM_OK);
    assert_false(desk_matter(&world, id)->supervised);
    desk_free(&world);
}

static void three_days_overdue_the_superior_has_it_on_the_list(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    desk_at(&world, "2026-10-13 23:00");
    assert_false(desk_matter(&world, id)->supervised); /* overdue since the tenth, and red */
    desk_at(&world, "2026-10-14 00:01");
    assert_true(desk_matter(&world, id)->supervised); /* by the engine, in the superior's name */
    assert_string_equal(desk_matter(&world, id)->supervision, "under_supervision");
    assert_non_null(desk_promise(&world, id, "supervising"));
    assert_int_equal(desk_do(&world, SUPERIOR, id, "release", "{\"reason\":true}"), BM_OK);
    desk_at(&world, "2026-10-20 00:01");
    assert_false(desk_matter(&world, id)->supervised); /* once */
    desk_free(&world);
}

static void a_matter_of_one_reporter_takes_no_second_contact(void **state) {
    (void)state;
    struct world world = desk_make();
    size_t len;
    char *text = stage_file("procedures", "letter.yaml", &len);
    text[len] = 0;
    strstr(text, "version: 1")[9] = '2';
    memcpy(strstr(text, "merges: yes"), "merges: no ", 11);
    struct bm_buf second = bm_buf_make(1 << 20);
    bm_buf_add(&second, text, len);
    bm_buf_text(&second, "\nmigrate:\n  received: received\n  in_hand: in_hand\n  asked: asked\n  drafted: drafted\n  held: held\n"
                         "  offered: offered\n  arbitration: arbitration\n  with_unit: with_unit\n"
                         "  unsupervised: unsupervised\n  under_supervision: under_supervision\n");
    uint64_t old = desk_open(&world, "letter", NULL);
    if (desk_publish(&world, bm_buf_c_text(&second), second.len)) fail_msg("%s", world.decision.fault.detail);
    bm_buf_free(&second);
    uint64_t now = desk_open(&world, "letter", NULL);
    for (int i = 0; i < 2; i++) {
        struct bm_command contact = ask(BM_DO_CONTACT_RECEIVE, TAKER, 0);
        contact.contact_receive.channel = BM_CHANNEL_LETTER;
        struct bm_command attach = ask(BM_DO_CONTACT_ATTACH, TAKER, made(&world, &contact));
        attach.contact_attach.on_case.v = i ? now : old;
        assert_int_equal(give(&world, &attach), i ? BM_NOT_POSSIBLE : BM_OK);
    }
    desk_free(&world);
}

/* --- opened again --------------------------------------------------------------------- */

static void a_closed_matter_is_opened_again_by_whoever_wrote(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_close(&world, &contact);
    int64_t due = desk_promise(&world, id, "reply")->due_at_ms;
    for (int i = 0; i < 2; i++) {
        desk_at(&world, i ? "2026-09-29 09:00" : "2026-09-28 09:00");
        struct bm_command again = desk_act(&world, 0, id, "reopen", "{\"reason\":true}");
        again.matter_act.citizen = bm_bytes_copy(&contact, sizeof contact);
        assert_int_equal(give(&world, &again), i ? BM_NOT_POSSIBLE : BM_OK);
        if (i) break;
        assert_int_equal(desk_case(&world, id)->state, BM_CASE_RECEIVED);
        assert_string_equal(desk_matter(&world, id)->state, "in_hand");
        assert_int_equal(desk_matter(&world, id)->reopens, 1);
        assert_int_equal(desk_promise(&world, id, "reply")->due_at_ms, due); /* never restarts; the second is a new one */
        assert_non_null(desk_promise(&world, id, "second_reply"));
        uint64_t another = desk_post(&world, "37", NORTH, "letter:handler");
        assert_int_equal(desk_do(&world, another, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_OK);
        assert_int_equal(desk_do(&world, OFFICER, id, "approve", NULL), BM_OK);
    }
    desk_free(&world);
}

/* --- another hand -------------------------------------------------------------------------------- */

static const struct bm_ev_matter_set *last_standing(void) {
    for (size_t i = desk_events(); i-- > 0;) {
        if (desk_event(i)->kind == BM_EV_MATTER_SET) return &desk_event(i)->matter_set;
    }
    fail_msg("no matter was set");
    return NULL;
}

static void whoever_handled_it_leaves_it_to_another_after_a_reopening(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_close(&world, &contact);
    uint64_t colleague = desk_post(&world, "37", NORTH, "letter:handler");
    desk_post(&world, "38", SOUTH, "letter:handler"); /* not theirs */
    desk_at(&world, "2026-09-28 09:00");
    desk_reopen(&world, id, contact);
    uint64_t before = bm_core_seq(world.core);
    assert_int_equal(desk_do(&world, HANDLER_NORTH, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_FORBIDDEN);
    assert_non_null(strstr(world.decision.fault.detail, "another hand"));
    assert_non_null(strstr(world.decision.fault.detail, "the post: 37."));
    assert_int_equal(bm_core_seq(world.core), before);
    assert_int_equal(desk_do(&world, colleague, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_OK);
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "approve", NULL), BM_FORBIDDEN); /* approved it before */
    assert_non_null(strstr(world.decision.fault.detail, "the post: 32."));
    assert_int_equal(desk_do(&world, OFFICER, id, "approve", NULL), BM_OK);
    assert_int_equal(last_standing()->spared, BM_BAR_NONE);
    assert_false(desk_matter(&world, id)->same_hand);
    desk_free(&world);
}

static void in_a_small_house_the_same_hand_may_and_the_record_says_so(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_close(&world, &contact);
    desk_at(&world, "2026-09-28 09:00");
    desk_reopen(&world, id, contact);
    /* Head and handler of the north have both handled it, and nobody else there has their posts. */
    assert_int_equal(desk_do(&world, HANDLER_NORTH, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_OK);
    assert_int_equal(last_standing()->spared, BM_BAR_OTHER_HAND);
    assert_true(desk_matter(&world, id)->same_hand);
    assert_int_equal(desk_do(&world, OFFICER, id, "approve", NULL), BM_OK);
    assert_int_equal(last_standing()->spared, BM_BAR_NONE); /* of this act */
    assert_true(desk_matter(&world, id)->same_hand);        /* of the matter */
    desk_free(&world);
}

static void four_eyes_give_way_only_where_nobody_else_is(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_in_hand(&world, &contact);
    desk_hand_over(&world, id, NORTH, HANDLER_NORTH);
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_OK);
    assert_int_equal(desk_do(&world, SUPERIOR, id, "supervise", NULL), BM_OK); /* and is who acted last */
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "approve", NULL), BM_FORBIDDEN);
    assert_non_null(strstr(world.decision.fault.detail, "Four eyes"));
    assert_non_null(strstr(world.decision.fault.detail, "the post: 32."));
    desk_dismiss(&world, OFFICER);
    assert_int_equal(desk_do(&world, HEAD_NORTH, id, "approve", NULL), BM_OK);
    assert_int_equal(last_standing()->spared, BM_BAR_FOUR_EYES);
    assert_true(desk_matter(&world, id)->same_hand);
    desk_reopen(&world, id, contact); /* a handling of its own */
    assert_false(desk_matter(&world, id)->same_hand);
    desk_free(&world);
}

/* --- publishing --------------------------------------------------------------------------------- */

static void what_does_not_pass_the_checks_is_not_published(void **state) {
    (void)state;
    struct world world = desk_make();
    size_t len;
    char *text = stage_file("procedures", "letter.yaml", &len);
    text[len] = 0;
    assert_int_equal(desk_publish(&world, text, len), BM_CONFLICT); /* version 1 again */
    char *at = strstr(text, "version: 1");
    at[9] = '2';
    char *survey = strstr(text, "measures: unit");
    memcpy(survey, "measures: desk", 14); /* a clock that the desk could game */
    assert_int_equal(desk_publish(&world, text, len), BM_BAD_FILE);
    assert_non_null(strstr(world.decision.fault.detail, "check"));
    assert_int_equal(desk_publish(&world, "a: &b c", 7), BM_BAD_FILE);
    assert_int_equal(desk_publish(&world, "", 0), BM_BAD_FILE);
    struct bm_command unknown = ask(BM_DO_PUBLISH, ADMIN, 0);
    TEXT(unknown.publish.what, "law");
    assert_int_equal(give(&world, &unknown), BM_UNKNOWN_WORD);
    desk_free(&world);
}

static void publish_letter(struct world *world, char version, const char *what, const char *with) {
    size_t len;
    char *text = stage_file("procedures", "letter.yaml", &len);
    desk_publish_letter(world, text, len, version, what, with);
}

static void what_lies_too_long_goes_to_the_agency_above(void **state) {
    (void)state;
    struct world world = desk_make();
    publish_letter(&world, '2', "effect: supervise", "effect: reassign_to_superior");
    uint64_t id = desk_in_hand(&world, NULL);
    desk_hand_over(&world, id, NORTH, HANDLER_NORTH);
    assert_int_equal(desk_matter(&world, id)->with_agency.v, NORTH);
    desk_at(&world, "2026-10-20 00:01"); /* on the 14th; there is none above the city */
    assert_int_equal(desk_matter(&world, id)->with_agency.v, CITY);
    assert_true(desk_case(&world, id)->with_agency.v == CITY && desk_promise(&world, id, "reply")->with_agency.v == CITY);
    desk_replays(&world);
    desk_free(&world);
}

static void what_was_broken_keeps_its_date_whatever_is_published(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    desk_at(&world, "2026-10-13 09:00");
    int64_t due = desk_promise(&world, id, "reply")->due_at_ms, breached = desk_promise(&world, id, "reply")->breached_at_ms;
    assert_string_equal(desk_shown(due), "2026-10-09 23:59:59.999");
    assert_true(breached != BM_AT_NONE);
    publish_letter(&world, '2', "budget: { amount: 7, unit: working_days }", "budget: { amount: 15, unit: working_days }");
    struct bm_command move = ask(BM_DO_MATTER_MIGRATE, 4, id);
    move.has_if_match = true;
    move.if_match = desk_case(&world, id)->version;
    made(&world, &move);
    assert_int_equal(desk_promise(&world, id, "reply")->due_at_ms, due);
    assert_int_equal(desk_promise(&world, id, "reply")->breached_at_ms, breached);
    assert_int_equal(desk_calendar(&world, 1, "2026-10-01 to 2026-10-07", "2026-10-01 to 2026-10-09"), BM_OK);
    desk_at(&world, "2026-10-13 09:01");
    assert_int_equal(desk_promise(&world, id, "reply")->due_at_ms, due);
    desk_free(&world);
}

static void a_matter_stays_on_its_version_until_it_is_moved(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = desk_in_hand(&world, NULL);
    struct bm_command move = ask(BM_DO_MATTER_MIGRATE, 4, id);
    move.has_if_match = true;
    move.if_match = desk_case(&world, id)->version;
    assert_int_equal(give(&world, &move), BM_NOT_POSSIBLE); /* there is no other */
    size_t len;
    char *text = stage_file("procedures", "letter.yaml", &len);
    text[len] = 0;
    strstr(text, "version: 1")[9] = '2';
    struct bm_buf second = bm_buf_make(1 << 20);
    bm_buf_add(&second, text, len);
    /* Every live state goes where it was. */
    static const char *const states[] = {"received", "in_hand", "asked", "drafted", "held", "offered", "arbitration",
                                         "with_unit", "unsupervised", "under_supervision"};
    bm_buf_text(&second, "\nmigrate:\n");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        bm_buf_printf(&second, "  %s: %s\n", states[i], states[i]);
    if (desk_publish(&world, bm_buf_c_text(&second), second.len)) fail_msg("%s", world.decision.fault.detail);
    bm_buf_free(&second);
    uint64_t edition = desk_matter(&world, id)->edition.v, later = desk_open(&world, "letter", NULL);
    assert_true(desk_matter(&world, later)->edition.v > edition);
    assert_int_equal(desk_matter(&world, id)->edition.v, edition);
    move = ask(BM_DO_MATTER_MIGRATE, 4, id);
    move.has_if_match = true;
    move.if_match = desk_case(&world, id)->version;
    int64_t due = desk_promise(&world, id, "reply")->due_at_ms;
    made(&world, &move);
    assert_int_equal(desk_matter(&world, id)->edition.v, desk_matter(&world, later)->edition.v);
    assert_int_equal(desk_promise(&world, id, "reply")->due_at_ms, due);
    desk_free(&world);
}

/* --- the record --------------------------------------------------------------------------------- */

static struct bm_hash digest_of(const struct bm_core *core) {
    struct bm_hash digest;
    bm_core_digest(core, &digest);
    return digest;
}

static void what_was_recorded_gives_the_state_again(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_close(&world, &contact);
    struct bm_command bad = desk_rating(contact, 2, BM_SOLVED_NO, true);
    made(&world, &bad);
    desk_in_hand(&world, NULL);
    desk_at(&world, "2026-10-12 09:00");
    (void)id;
    struct bm_buf packed = bm_buf_make(64u << 20);
    bm_core_pack(world.core, &packed);
    struct bm_core *again = bm_core_new();
    struct bm_fault fault;
    assert_int_equal(bm_core_unpack(again, packed.bytes, packed.len, &fault), BM_OK);
    struct bm_hash one = digest_of(world.core), two = digest_of(again);
    assert_memory_equal(&one, &two, sizeof one);
    assert_null(bm_core_check(again));
    bm_core_free(again);
    bm_buf_free(&packed);
    desk_free(&world);
}

static void a_closed_matter_leaves_memory_and_comes_back(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_close(&world, &contact);
    struct bm_bytes content = {0};
    desk_at(&world, "2026-10-25 09:00");
    assert_null(bm_core_get(world.core, BM_T_CASE, id));
    assert_null(bm_core_get(world.core, BM_T_MATTER, id));
    assert_int_equal(bm_core_count(world.core, BM_T_PROMISE), 0);
    for (size_t i = 0; i < desk_events(); i++) {
        const struct bm_event *event = desk_event(i);
        if (event->kind == BM_EV_CASE_ARCHIVED) content = event->case_archived.content;
    }
    struct bm_command revive = ask(BM_DO_CASE_REVIVE, TAKER, id);
    revive.case_revive.content = bm_bytes_copy(content.bytes, content.len);
    made(&world, &revive);
    assert_string_equal(desk_matter(&world, id)->state, "solved");
    assert_non_null(desk_promise(&world, id, "reply"));
    desk_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_goes_from_first_contact_to_closed),
        cmocka_unit_test(nobody_acts_without_a_post),
        cmocka_unit_test(bad_input_names_the_field),
        cmocka_unit_test(an_offer_is_acknowledged_once_and_with_its_hash),
        cmocka_unit_test(an_offer_that_nobody_takes_comes_back),
        cmocka_unit_test(refused_twice_a_superior_rules),
        cmocka_unit_test(a_desk_that_was_down_for_a_month_rings_every_rung_once_and_in_order),
        cmocka_unit_test(a_promise_stands_still_while_the_writer_is_asked),
        cmocka_unit_test(a_new_calendar_moves_what_was_promised),
        cmocka_unit_test(a_duplicate_is_joined_and_taken_apart_and_its_clock_never_stood),
        cmocka_unit_test(what_was_told_before_it_was_joined_is_not_told_again),
        cmocka_unit_test(danger_opens_an_incident_that_holds_up_the_end),
        cmocka_unit_test(the_engine_opens_cases_with_the_keys_put_by_for_them),
        cmocka_unit_test(a_case_that_the_engine_opened_has_keys_for_its_own),
        cmocka_unit_test(what_the_engine_closes_waits_for_open_children),
        cmocka_unit_test(what_lies_too_long_goes_to_the_agency_above),
        cmocka_unit_test(what_was_broken_keeps_its_date_whatever_is_published),
        cmocka_unit_test(a_superior_takes_it_under_supervision_and_lets_go),
        cmocka_unit_test(three_days_overdue_the_superior_has_it_on_the_list),
        cmocka_unit_test(a_matter_of_one_reporter_takes_no_second_contact),
        cmocka_unit_test(a_closed_matter_is_opened_again_by_whoever_wrote),
        cmocka_unit_test(whoever_handled_it_leaves_it_to_another_after_a_reopening),
        cmocka_unit_test(in_a_small_house_the_same_hand_may_and_the_record_says_so),
        cmocka_unit_test(four_eyes_give_way_only_where_nobody_else_is),
        cmocka_unit_test(what_does_not_pass_the_checks_is_not_published),
        cmocka_unit_test(a_matter_stays_on_its_version_until_it_is_moved),
        cmocka_unit_test(what_was_recorded_gives_the_state_again),
        cmocka_unit_test(a_closed_matter_leaves_memory_and_comes_back),
    };
    return cmocka_run_group_tests_name("matters in the core", tests, NULL, NULL);
}
