#include "desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "procedure/library.h"

static struct bm_zone *shanghai;
static struct bm_event *kept;
static size_t kept_count, kept_cap;
static struct bm_buf begun; /* the state before the first of them */

/* Events are kept as JSON bodies read back, as a journal would. */
static void keep(const struct bm_event *event) {
    if (kept_count == kept_cap) {
        kept_cap = kept_cap ? kept_cap * 2 : 256;
        kept = bm_realloc(kept, kept_cap * sizeof *kept);
    }
    struct bm_event copy = *event;
    copy.sealed = bm_bytes_copy(event->sealed.bytes, event->sealed.len);
    struct bm_buf body = bm_buf_make(1 << 22);
    struct bm_fault fault;
    bm_event_body(event, &body);
    assert_false(body.overflow);
    assert_int_equal(bm_event_read_body(&copy, body.bytes, body.len, &fault), BM_OK);
    bm_buf_free(&body);
    kept[kept_count++] = copy;
}

enum bm_code desk_give(struct world *world, struct bm_command *command) {
    enum bm_code code = bm_core_decide(world->core, command, world->now_ms, &world->decision);
    for (size_t i = 0; i < world->decision.event_count; i++) {
        struct bm_event *event = &world->decision.events[i];
        event->seq = bm_core_seq(world->core) + 1;
        keep(event);
        bm_core_apply(world->core, event);
    }
    bm_core_take_changes(world->core, NULL, NULL);
    const char *wrong = bm_core_check(world->core);
    if (wrong) fail_msg("%s: %s", bm_command_word(command->kind), wrong);
    bm_command_release(command);
    return code;
}

static void must(struct world *world, struct bm_command *command) {
    enum bm_code code = desk_give(world, command);
    if (code) fail_msg("%s: %s: %s", bm_code_word(code), world->decision.fault.field, world->decision.fault.detail);
}

enum bm_code desk_publish(struct world *world, const char *text, size_t len) {
    struct bm_command command = ask(BM_DO_PUBLISH, ADMIN, 0);
    TEXT(command.publish.what, "procedure");
    command.publish.content = bm_bytes_copy(text, len);
    return desk_give(world, &command);
}

static void replace(struct bm_buf *text, const char *what, const char *with) {
    struct bm_buf made = bm_buf_make(1 << 20);
    const char *whole = bm_buf_c_text(text), *at = strstr(whole, what);
    assert_non_null(at);
    bm_buf_add(&made, whole, (size_t)(at - whole));
    bm_buf_text(&made, with);
    bm_buf_text(&made, at + strlen(what));
    bm_buf_free(text);
    *text = made;
}

enum bm_code desk_calendar(struct world *world, unsigned later, const char *what, const char *with) {
    size_t len;
    unsigned edition = 0;
    char before[32], after[32];
    char *file = stage_file("calendars", "cn.yaml", &len);
    struct bm_buf text = bm_buf_make(1 << 20), packed = bm_buf_make(1 << 22);
    bm_buf_add(&text, file, len);
    const char *line = strstr(bm_buf_c_text(&text), "\nedition: ");
    assert_true(line && sscanf(line, "\nedition: %u", &edition) == 1);
    snprintf(before, sizeof before, "\nedition: %u", edition);
    snprintf(after, sizeof after, "\nedition: %u", edition + later);
    replace(&text, before, after);
    if (what) replace(&text, what, with);
    static char zone[1 << 20];
    FILE *source = fopen("/usr/share/zoneinfo/Asia/Shanghai", "rb");
    assert_non_null(source);
    size_t zone_len = fread(zone, 1, sizeof zone, source);
    fclose(source);
    bm_calendar_packed(text.bytes, text.len, zone, zone_len, &packed);
    struct bm_command command = ask(BM_DO_PUBLISH, ADMIN, 0);
    TEXT(command.publish.what, "calendar");
    command.publish.content = bm_bytes_copy(packed.bytes, packed.len);
    bm_buf_free(&text);
    bm_buf_free(&packed);
    return desk_give(world, &command);
}

enum bm_code desk_additions(struct world *world, uint64_t actor, uint64_t agency, const char *text) {
    struct bm_buf packed = bm_buf_make(1 << 22);
    bm_calendar_packed(text, strlen(text), NULL, 0, &packed);
    struct bm_command command = ask(BM_DO_PUBLISH, actor, 0);
    TEXT(command.publish.what, "calendar");
    command.publish.jurisdiction.v = agency;
    command.publish.content = bm_bytes_copy(packed.bytes, packed.len);
    bm_buf_free(&packed);
    return desk_give(world, &command);
}

static struct bm_command agency_set(uint64_t agency, const char *code, uint64_t parent) {
    struct bm_command command = ask(BM_DO_AGENCY_SET, ADMIN, agency);
    TEXT(command.agency_set.code, code);
    TEXT(command.agency_set.name, code);
    command.agency_set.parent.v = parent;
    command.agency_set.level = BM_LEVEL_STATION;
    return command;
}

uint64_t desk_agency(struct world *world, const char *code, uint64_t parent) {
    struct bm_command command = agency_set(0, code, parent);
    must(world, &command);
    return world->decision.made_id;
}

void desk_move_agency(struct world *world, uint64_t agency, uint64_t parent) {
    const struct bm_agency *row = bm_core_get(world->core, BM_T_AGENCY, agency);
    struct bm_command command = agency_set(agency, row->code, parent);
    command.has_if_match = true;
    command.if_match = row->version;
    must(world, &command);
}

static void post(struct world *world, const char *number, uint32_t roles, uint64_t agency, const char *posts) {
    struct bm_command command = ask(BM_DO_OPERATOR_SET, ADMIN, 0);
    TEXT(command.operator_set.number, number);
    command.operator_set.roles = roles;
    command.operator_set.jurisdiction.v = agency;
    TEXT(command.operator_set.posts, posts);
    must(world, &command);
}

uint64_t desk_post(struct world *world, const char *number, uint64_t agency, const char *posts) {
    post(world, number, BM_BIT(BM_ROLE_OFFICER), agency, posts);
    return world->decision.made_id;
}

void desk_dismiss(struct world *world, uint64_t person) {
    const struct bm_operator *row = bm_core_get(world->core, BM_T_OPERATOR, person);
    struct bm_command command = ask(BM_DO_OPERATOR_SET, ADMIN, person);
    TEXT(command.operator_set.number, row->number);
    command.operator_set.roles = row->roles;
    command.operator_set.jurisdiction = row->jurisdiction;
    command.operator_set.inactive = true;
    command.has_if_match = true;
    command.if_match = row->version;
    TEXT(command.operator_set.posts, row->posts);
    must(world, &command);
}

static void pass(struct world *world, int64_t until_ms) {
    int64_t due_at_ms;
    struct bm_command command;
    for (int i = 0; i < 100000 && bm_core_next_due(world->core, &due_at_ms, &command) && due_at_ms <= until_ms; i++) {
        if (due_at_ms > world->now_ms) world->now_ms = due_at_ms;
        must(world, &command);
    }
    world->now_ms = until_ms;
}

void desk_at(struct world *world, const char *when) {
    int64_t at_ms = clocks_at(shanghai, when);
    assert_true(at_ms >= world->now_ms);
    pass(world, at_ms);
}

void desk_down_until(struct world *world, const char *when) {
    world->now_ms = clocks_at(shanghai, when);
    pass(world, world->now_ms);
}

const char *desk_shown(int64_t at_ms) {
    return clocks_shown(shanghai, at_ms);
}

struct world desk_make(void) {
    static const char *const files[] = {"letter.yaml", "mediation.yaml"};
    struct world world = world_make();
    size_t len;
    shanghai = clocks_zone("Asia/Shanghai");
    kept_count = 0;
    begun = bm_buf_make(64u << 20);
    bm_core_pack(world.core, &begun);
    world.now_ms = clocks_at(shanghai, "2026-09-22 08:00");
    post(&world, "31", BM_BIT(BM_ROLE_OFFICER), CITY, "clerk");
    post(&world, "32", BM_BIT(BM_ROLE_OFFICER), CITY, "duty_officer");
    post(&world, "33", BM_BIT(BM_ROLE_OFFICER), NORTH, "unit_head");
    post(&world, "34", BM_BIT(BM_ROLE_OFFICER), NORTH, "letter:handler");
    post(&world, "35", BM_BIT(BM_ROLE_OFFICER), SOUTH, "unit_head handler");
    post(&world, "36", BM_BIT(BM_ROLE_OFFICER), CITY, "superior");
    assert_int_equal(desk_calendar(&world, 0, NULL, NULL), BM_OK);
    for (int i = 0; i < 2; i++) {
        char *text = stage_file("procedures", files[i], &len);
        if (desk_publish(&world, text, len)) fail_msg("%s: %s", files[i], world.decision.fault.detail);
    }
    return world;
}

uint64_t desk_open(struct world *world, const char *procedure, uint64_t *ret_contact) {
    return desk_open_in(world, CITY, procedure, ret_contact);
}

uint64_t desk_open_in(struct world *world, uint64_t area, const char *procedure, uint64_t *ret_contact) {
    struct bm_command letter = ask(BM_DO_CONTACT_RECEIVE, TAKER, 0);
    letter.contact_receive.channel = BM_CHANNEL_LETTER;
    letter.contact_receive.jurisdiction.v = area;
    letter.sealed[BM_DATA_NARRATIVE].key_id = 1000 + world->now_ms % 1000000 * 4 + bm_core_seq(world->core);
    letter.sealed[BM_DATA_IDENTITY].key_id = letter.sealed[BM_DATA_NARRATIVE].key_id + 1;
    must(world, &letter);
    uint64_t contact = world->decision.made_id;
    struct bm_command open = ask(BM_DO_MATTER_OPEN, TAKER, 0);
    TEXT(open.matter_open.procedure, procedure);
    open.matter_open.contact.v = contact;
    open.sealed[BM_DATA_NARRATIVE].key_id = 5000000 + bm_core_seq(world->core) * 2;
    open.sealed[BM_DATA_IDENTITY].key_id = open.sealed[BM_DATA_NARRATIVE].key_id + 1;
    must(world, &open);
    if (ret_contact) *ret_contact = contact;
    return world->decision.made_id;
}

const struct bm_case *desk_case(const struct world *world, uint64_t case_id) {
    return bm_core_get(world->core, BM_T_CASE, case_id);
}

const struct bm_matter *desk_matter(const struct world *world, uint64_t case_id) {
    const struct bm_matter *matter = bm_core_get(world->core, BM_T_MATTER, case_id);
    assert_non_null(matter);
    return matter;
}

struct bm_command desk_act(const struct world *world, uint64_t actor, uint64_t case_id, const char *event, const char *fields) {
    struct bm_command command = ask(BM_DO_MATTER_ACT, actor, case_id);
    const struct bm_case *row = desk_case(world, case_id);
    TEXT(command.matter_act.event, event);
    if (fields) command.matter_act.fields = bm_bytes_copy(fields, strlen(fields));
    command.has_if_match = row != NULL;
    command.if_match = row ? row->version : 0;
    uint64_t keys[2] = {9000000 + bm_core_seq(world->core) * 2, 9000001 + bm_core_seq(world->core) * 2};
    command.matter_act.child_keys = bm_bytes_copy(keys, sizeof keys);
    return command;
}

enum bm_code desk_do(struct world *world, uint64_t actor, uint64_t case_id, const char *event, const char *fields) {
    struct bm_command command = desk_act(world, actor, case_id, event, fields);
    return desk_give(world, &command);
}

void desk_hand_over(struct world *world, uint64_t case_id, uint64_t agency, uint64_t handler) {
    struct bm_command offer = desk_act(world, CLERK, case_id, "offer", NULL);
    offer.matter_act.agency.v = agency;
    must(world, &offer);
    struct bm_command take = desk_act(world, handler, case_id, "acknowledge", "{\"offer_hash\":true}");
    memcpy(take.matter_act.offer_hash, desk_matter(world, case_id)->offer_hash, BM_HASH_TEXT);
    must(world, &take);
}

const struct bm_promise *desk_promise(const struct world *world, uint64_t case_id, const char *clock) {
    const struct bm_promise *found = NULL;
    for (uint64_t id = 0; (id = bm_core_next_id(world->core, BM_T_PROMISE, id));) {
        const struct bm_promise *promise = bm_core_get(world->core, BM_T_PROMISE, id);
        if (promise->on_case.v == case_id && strcmp(promise->clock, clock) == 0) found = promise;
    }
    return found;
}

size_t desk_events(void) {
    return kept_count;
}

const struct bm_event *desk_event(size_t index) {
    return &kept[index];
}

size_t desk_count(enum bm_event_kind kind, const char *clock) {
    size_t count = 0;
    for (size_t i = 0; i < kept_count; i++) {
        const struct bm_event *event = &kept[i];
        if (event->kind != kind) continue;
        const char *of = kind == BM_EV_PROMISE_RUNG ? event->promise_rung.clock
                         : kind == BM_EV_PROMISE_SET ? event->promise_set.clock
                                                     : NULL;
        count += !clock || (of && strcmp(of, clock) == 0);
    }
    return count;
}

void desk_replays(const struct world *world) {
    struct bm_core *again = bm_core_new();
    struct bm_fault fault;
    struct bm_hash one, two;
    assert_int_equal(bm_core_unpack(again, begun.bytes, begun.len, &fault), BM_OK);
    for (size_t i = 0; i < kept_count; i++) bm_core_apply(again, &kept[i]);
    bm_core_take_changes(again, NULL, NULL);
    bm_core_digest(world->core, &one);
    bm_core_digest(again, &two);
    assert_memory_equal(&one, &two, sizeof one);
    bm_core_free(again);
}

void desk_free(struct world *world) {
    bm_buf_free(&begun);
    for (size_t i = 0; i < kept_count; i++) bm_event_release(&kept[i]);
    bm_free(kept);
    kept = NULL;
    kept_count = kept_cap = 0;
    bm_zone_free(shanghai);
    shanghai = NULL;
    world_free(world);
}

/* --- letters on their way --------------------------------------------------------------------------- */

uint64_t desk_in_hand(struct world *world, uint64_t *ret_contact) {
    uint64_t id = desk_open(world, "letter", ret_contact);
    assert_int_equal(desk_do(world, CLERK, id, "register", "{\"subject\":true,\"kind\":\"request\"}"), BM_OK);
    return id;
}

uint64_t desk_close(struct world *world, uint64_t *ret_contact) {
    uint64_t id = desk_in_hand(world, ret_contact);
    desk_hand_over(world, id, NORTH, HANDLER_NORTH);
    assert_int_equal(desk_do(world, HANDLER_NORTH, id, "draft", "{\"reply\":true,\"result\":\"solved\"}"), BM_OK);
    assert_int_equal(desk_do(world, HEAD_NORTH, id, "approve", NULL), BM_OK);
    return id;
}

void desk_reopen(struct world *world, uint64_t id, uint64_t contact) {
    struct bm_command again = desk_act(world, 0, id, "reopen", "{\"reason\":true}");
    again.matter_act.citizen = bm_bytes_copy(&contact, sizeof contact);
    made(world, &again);
}

void desk_publish_letter(struct world *world, char *text, size_t len, char version, const char *what, const char *with) {
    static const char *const states[] = {"received", "in_hand", "asked", "drafted", "held", "offered", "arbitration",
                                         "with_unit", "unsupervised", "under_supervision"};
    text[len] = 0;
    strstr(text, "version: 1")[9] = version;
    struct bm_buf later = bm_buf_make(1 << 20);
    const char *at = strstr(text, what);
    assert_non_null(at);
    bm_buf_add(&later, text, (size_t)(at - text));
    bm_buf_text(&later, with);
    bm_buf_text(&later, at + strlen(what));
    bm_buf_text(&later, "\nmigrate:\n");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) bm_buf_printf(&later, "  %s: %s\n", states[i], states[i]);
    if (desk_publish(world, bm_buf_c_text(&later), later.len)) fail_msg("%s", world->decision.fault.detail);
    bm_buf_free(&later);
}

struct bm_command desk_rating(uint64_t contact, uint32_t level, enum bm_solved solved, bool named) {
    struct bm_command command = ask(BM_DO_RATE, 0, contact);
    command.rate.level = level;
    command.rate.solved = (uint8_t)solved;
    command.rate.named = named;
    return command;
}
