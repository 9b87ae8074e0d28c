/* Errands: matters under the house's own procedure (demand.yaml), opened, acted on and rated at
 * random. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "core/limits.h"
#include "sim/demand_private.h"

#define text bm_demand_text
#define some bm_demand_some
#define seal bm_demand_seal
#define fresh_keys bm_demand_fresh_keys

extern const char bm_demand_yaml[], bm_demand_joint_yaml[]; /* demand.yaml, procedures/joint-response.yaml: tools/embed.py */

static const char errand[] = "errand";

/* Operators of the house. */
enum {
    DESK = 0,
    ADMIN = 1,
    CLERK = 2,
    HEAD = 4,
    HEAD_NORTH = 5,
    JUDGE = 7,
    RUNNER_NORTH = 8,
    RUNNER_SOUTH = 9
};
enum { AREA_NORTH = 2 };

/* --- editions --------------------------------------------------------------------------------- */

/* The text with `what`, which stands there once, replaced. */
static void replace(struct bm_buf *whole, const char *what, const char *with) {
    struct bm_buf made = bm_buf_make(1u << 20);
    const char *from = bm_buf_c_text(whole), *at = strstr(from, what);
    BM_CHECK(at);
    bm_buf_add(&made, from, (size_t)(at - from));
    bm_buf_text(&made, with);
    bm_buf_text(&made, at + strlen(what));
    BM_CHECK(!made.overflow);
    bm_buf_free(whole);
    *whole = made;
}

struct bm_command bm_demand_edition(unsigned version) {
    struct bm_command command = bm_command_make(BM_DO_PUBLISH);
    struct bm_buf whole = bm_buf_make(1u << 20);
    char line[32];
    text(command.publish.what, sizeof command.publish.what, "procedure");
    bm_buf_text(&whole, bm_demand_yaml);
    snprintf(line, sizeof line, "\nversion: %u\n", version);
    replace(&whole, "\nversion: 1\n", line);
    if (version % 2 == 0) {
        replace(&whole, "budget: { amount: 240, unit: minutes }",
                "budget: { amount: 180, unit: minutes }");
        replace(&whole,
                "      - { at: before 20 minutes, to: [runner, head], effect: yellow_card }\n", "");
    }
    command.publish.content = bm_bytes_copy(whole.bytes, whole.len);
    bm_buf_free(&whole);
    return command;
}

static const struct bm_edition *current(const struct bm_core *core) {
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_EDITION, id));) {
        const struct bm_edition *edition = bm_core_get(core, BM_T_EDITION, id);
        if (edition->current && edition->kind == BM_EDITION_PROCEDURE &&
            strcmp(edition->name, errand) == 0)
            return edition;
    }
    return NULL;
}

/* The next version; now and then the present one again, or something that is none. */
static struct bm_command publish(struct bm_rng *rng, const struct bm_core *core) {
    const struct bm_edition *now = current(core);
    uint32_t version = now ? now->version : 1;
    struct bm_command command = bm_demand_edition(version + !bm_rng_chance(rng, 30));
    command.actor.v = bm_rng_chance(rng, 90) ? ADMIN : HEAD;
    if (bm_rng_chance(rng, 15))
        command.publish.content.len -= 1 +
                                       (uint32_t)bm_rng_below(rng, command.publish.content.len - 1);
    return command;
}

/* --- whom it is about ------------------------------------------------------------------------- */

enum wanted { OPEN, RATABLE, JOINED, OLD, CLOSED };

static bool fits(const struct bm_core *core, const struct bm_matter *matter, enum wanted wanted) {
    const struct bm_case *row = bm_core_get(core, BM_T_CASE, matter->id.v);
    if (wanted == JOINED) return row->merged_into.v != 0;
    if (wanted == CLOSED || wanted == RATABLE)
        return !bm_matter_is_open(matter) && !row->merged_into.v &&
               (wanted == CLOSED || row->contact_count);
    if (!bm_matter_is_open(matter)) return false;
    return wanted == OPEN ||
           !((const struct bm_edition *)bm_core_get(core, BM_T_EDITION, matter->edition.v))
                ->current;
}

/* One of those that fit, each as likely; a wrong one when none does, and now and then. */
static uint64_t some_matter(struct bm_rng *rng, const struct bm_core *core, enum wanted wanted) {
    uint64_t found = 0, count = 0;
    if (bm_rng_chance(rng, 3)) return some(rng, core, BM_T_CASE);
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_MATTER, id));) {
        if (fits(core, bm_core_get(core, BM_T_MATTER, id), wanted) &&
            bm_rng_below(rng, ++count) == 0)
            found = id;
    }
    return found ? found : some(rng, core, BM_T_CASE);
}

/* The first contact of a case; 0: it has none. */
static uint64_t contact_of(const struct bm_core *core, uint64_t case_id) {
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_CONTACT, id));) {
        const struct bm_contact *contact = bm_core_get(core, BM_T_CONTACT, id);
        if (contact->on_case.v == case_id) return id;
    }
    return 0;
}

static struct bm_bytes keys(struct bm_rng *rng, size_t pairs) {
    uint64_t ids[8];
    BM_CHECK(pairs <= 4);
    for (size_t i = 0; i < 2 * pairs; i++) ids[i] = (bm_rng_u64(rng) >> 24) + 1;
    return bm_bytes_copy(ids, 2 * pairs * sizeof *ids);
}

static void match(struct bm_rng *rng, const struct bm_core *core, struct bm_command *command) {
    const struct bm_case *row = bm_core_get(core, BM_T_CASE, command->target);
    command->has_if_match = !bm_rng_chance(rng, 1);
    command->if_match = (row ? row->version : 1) - (bm_rng_chance(rng, 3) ? 1 : 0);
}

/* --- acts ------------------------------------------------------------------------------------- */

/* What can be done where: `state` in any region, NULL: in all; `actor` DESK: a citizen, by the
 * receipt of a contact. */
static const struct deed {
    const char *state, *event, *fields;
    uint64_t actors[2];
} deeds[] = {
    {"received",
     "register",
     "{\"wish\":true,\"kind\":\"fetch\",\"weight\":3,\"fragile\":true}",
     {CLERK, HEAD}},
    {"received",
     "register",
     "{\"wish\":true,\"who\":true,\"kind\":\"bring\",\"weight\":-4,\"day\":\"2026-10-01\"}",
     {CLERK, HEAD_NORTH}},
    {"received", "register", "{\"wish\":true,\"kind\":\"bring\",\"weight\":90}", {HEAD, CLERK}},
    {"received", "register", "{\"wish\":true,\"kind\":\"thank\"}", {CLERK, CLERK}},
    {"received", "duplicate", NULL, {CLERK, HEAD}},
    {"in_hand", "duplicate", NULL, {HEAD, HEAD_NORTH}},
    {"in_hand", "draft", "{\"reply\":true,\"result\":\"solved\"}", {RUNNER_NORTH, RUNNER_SOUTH}},
    {"in_hand", "draft", "{\"reply\":true,\"result\":\"refused\"}", {RUNNER_NORTH, RUNNER_SOUTH}},
    {"in_hand", "ask", "{\"question\":true}", {HEAD, CLERK}},
    {"in_hand", "prolong", "{\"reason\":true}", {HEAD, JUDGE}},
    {"asked", "tell", "{\"answer\":true}", {DESK, CLERK}},
    {"drafted", "approve", NULL, {HEAD, JUDGE}},
    {"drafted", "approve", "{\"weight\":1}", {HEAD, HEAD_NORTH}},
    {"drafted", "send_back", "{\"reason\":true}", {HEAD, JUDGE}},
    {"held", "offer", NULL, {CLERK, HEAD}},
    {"held", "offer", NULL, {HEAD, CLERK}},
    {"held", "offer", NULL, {CLERK, HEAD_NORTH}},
    {"offered", "acknowledge", "{\"offer_hash\":true}", {RUNNER_NORTH, RUNNER_SOUTH}},
    {"offered", "acknowledge", "{\"offer_hash\":true}", {RUNNER_SOUTH, RUNNER_NORTH}},
    {"offered", "refuse", "{\"reason\":true}", {RUNNER_NORTH, RUNNER_SOUTH}},
    {"arbitration", "rule", "{\"reason\":true}", {JUDGE, JUDGE}},
    {"unsupervised", "supervise", NULL, {JUDGE, JUDGE}},
    {"supervised", "release", "{\"reason\":true}", {JUDGE, JUDGE}},
    {"called", "join", "{\"offer_hash\":true}", {HEAD_NORTH, CLERK}},
    {"called", "join", "{\"offer_hash\":true}", {HEAD_NORTH, HEAD}},
    {"called", "decline", "{\"reason\":true,\"legal_basis\":true}", {HEAD_NORTH, CLERK}},
    {"with_desk", "call_agency", "{\"part\":\"leads\"}", {CLERK, HEAD}},
    {"arbitration", "rule", "{\"part\":\"leads\",\"reason\":true}", {JUDGE, JUDGE}},
    {"away", "done", "{\"report\":true}", {HEAD_NORTH, CLERK}},
    {"joined", "stand_down", "{\"reason\":true}", {HEAD_NORTH, CLERK}},
    {NULL, "conference", NULL, {CLERK, HEAD_NORTH}},
    {NULL, "danger", NULL, {CLERK, RUNNER_NORTH}},
    {NULL, "withdraw", NULL, {DESK, DESK}},
    {NULL, "drop", "{\"reason\":true}", {HEAD, HEAD_NORTH}},
    {NULL, "take_back", NULL, {CLERK, JUDGE}}, /* the engine's: refused */
    {NULL, "lapse", NULL, {DESK, HEAD}},
};
enum { DEEDS = sizeof deeds / sizeof deeds[0] };

static bool possible(const struct deed *deed, const struct bm_matter *matter) {
    if (!deed->state || !matter) return true;
    return strcmp(deed->state, matter->state) == 0 ||
           strcmp(deed->state, matter->responsibility) == 0 ||
           strcmp(deed->state, matter->supervision) == 0;
}

/* Of what can be done in its states one; what can always be done comes less often, and anything now
 * and then. */
static const struct deed *some_deed(struct bm_rng *rng, const struct bm_matter *matter) {
    bool any = bm_rng_chance(rng, 8);
    const struct deed *found = &deeds[bm_rng_below(rng, DEEDS)];
    uint64_t weight = 0;
    for (size_t i = 0; i < DEEDS; i++) {
        uint64_t own = deeds[i].state ? 4 : 1;
        if (any || !possible(&deeds[i], matter)) continue;
        weight += own;
        if (bm_rng_below(rng, weight) < own) found = &deeds[i];
    }
    return found;
}

static const char *fields_of(struct bm_rng *rng, const struct deed *deed) {
    static const char *const wrong[] = {"{}",
                                        "[1]",
                                        "{\"wish\":\"in clear\"}",
                                        "{\"weight\":\"3\"}",
                                        "{\"day\":\"2026-02-30\"}",
                                        "{\"fragile\":1}",
                                        "{\"kind\":\"rumour\",\"wish\":true}",
                                        "{\"colour\":\"red\"}",
                                        "{"};
    return bm_rng_chance(rng, 6) ? wrong[bm_rng_below(rng, sizeof wrong / sizeof wrong[0])]
                                 : deed->fields;
}

static void add_texts(struct bm_rng *rng, const struct bm_core *core, struct bm_command *command) {
    const struct bm_case *row = bm_core_get(core, BM_T_CASE, command->target);
    const struct bm_bytes *fields = &command->matter_act.fields;
    if (!row || !fields->len) return;
    seal(rng, command, BM_DATA_NARRATIVE, row->narrative_key.v);
    if (strstr((const char *)fields->bytes, "\"who\""))
        seal(rng, command, BM_DATA_IDENTITY, row->identity_key.v);
}

/* By the receipt of a contact of the case; now and then of another. */
static void by_citizen(struct bm_rng *rng, const struct bm_core *core, struct bm_command *command) {
    uint64_t contact = contact_of(core, command->target);
    if (!contact || bm_rng_chance(rng, 5)) contact = some(rng, core, BM_T_CONTACT);
    command->actor.v = DESK;
    command->matter_act.citizen = bm_bytes_copy(&contact, sizeof contact);
}

static void to_whom(struct bm_rng *rng, const struct bm_core *core, const struct bm_matter *matter,
                    struct bm_command *command) {
    struct bm_do_matter_act *args = &command->matter_act;
    bool hands = strcmp(args->event, "offer") == 0 || strcmp(args->event, "rule") == 0 ||
                 strcmp(args->event, "call_agency") == 0;
    if (hands && !bm_rng_chance(rng, 8))
        args->agency.v = 2 + bm_rng_below(rng, bm_rng_chance(rng, 90) ? 2 : 9);
    if (strcmp(args->event, "duplicate") == 0 && !bm_rng_chance(rng, 8))
        args->other.v = some_matter(rng, core, OPEN);
    if (strcmp(args->event, "danger") == 0 && !bm_rng_chance(rng, 8))
        text(args->class_code, sizeof args->class_code,
             bm_rng_chance(rng, 90) ? "fire" : "no-such-class");
    bool takes = strcmp(args->event, "acknowledge") == 0 || strcmp(args->event, "join") == 0;
    if (matter && takes && !bm_rng_chance(rng, 8))
        memcpy(args->offer_hash, matter->offer_hash, sizeof args->offer_hash);
}

static struct bm_command act(struct bm_rng *rng, const struct bm_core *core) {
    struct bm_command command = bm_command_make(BM_DO_MATTER_ACT);
    command.target = some_matter(rng, core, OPEN);
    const struct bm_matter *matter = bm_core_get(core, BM_T_MATTER, command.target);
    const struct deed *deed = some_deed(rng, matter);
    const char *fields = fields_of(rng, deed);
    text(command.matter_act.event, sizeof command.matter_act.event,
         bm_rng_chance(rng, 1) ? "no_such_event" : deed->event);
    if (fields) command.matter_act.fields = bm_bytes_copy(fields, strlen(fields) + 1);
    if (fields) command.matter_act.fields.len--; /* what is searched ends with a zero */
    command.actor.v = bm_rng_chance(rng, 5) ? 1 + bm_rng_below(rng, 9)
                                            : deed->actors[bm_rng_below(rng, 2)];
    if (matter && bm_rng_chance(rng, 60) && matter->offered_to.v + matter->with_agency.v == 3 &&
        command.actor.v == RUNNER_NORTH)
        command.actor.v = RUNNER_SOUTH;
    to_whom(rng, core, matter, &command);
    add_texts(rng, core, &command);
    if (!bm_rng_chance(rng, 20)) command.matter_act.child_keys = keys(rng, 1);
    match(rng, core, &command);
    if (command.actor.v == DESK) by_citizen(rng, core, &command);
    return command;
}

static struct bm_command reopen(struct bm_rng *rng, const struct bm_core *core) {
    struct bm_command command = bm_command_make(BM_DO_MATTER_ACT);
    static const char reason[] = "{\"reason\":true}";
    command.target = some_matter(rng, core, CLOSED);
    text(command.matter_act.event, sizeof command.matter_act.event, "reopen");
    if (!bm_rng_chance(rng, 10))
        command.matter_act.fields = bm_bytes_copy(reason, sizeof reason - 1);
    match(rng, core, &command);
    if (bm_rng_chance(rng, 85))
        by_citizen(rng, core, &command);
    else
        command.actor.v = CLERK;
    return command;
}

/* Where all of them have handled it, nobody else is there, and the first may all the same. */
static uint64_t head_for(const struct bm_core *core, uint64_t case_id) {
    const struct bm_matter *matter = bm_core_get(core, BM_T_MATTER, case_id);
    if (!matter || !bm_matter_handled_before(matter, HEAD)) return HEAD;
    if (!bm_matter_handled_before(matter, JUDGE)) return JUDGE;
    return matter->jurisdiction.v == AREA_NORTH && !bm_matter_handled_before(matter, HEAD_NORTH) ? HEAD_NORTH : HEAD;
}

struct bm_command bm_demand_drop(const struct bm_core *core, uint64_t case_id) {
    struct bm_command command = bm_command_make(BM_DO_MATTER_ACT);
    static const char reason[] = "{\"reason\":true}";
    const struct bm_case *row = bm_core_get(core, BM_T_CASE, case_id);
    command.actor.v = head_for(core, case_id);
    command.target = case_id;
    text(command.matter_act.event, sizeof command.matter_act.event, row && row->part_of.v ? "stand_down" : "drop");
    command.matter_act.fields = bm_bytes_copy(reason, sizeof reason - 1);
    /* An offer that nobody took in time may have waited for keys: the errand that follows from it is opened now. */
    uint64_t pair[] = {case_id << 32 | 1, case_id << 32 | 2};
    command.matter_act.child_keys = bm_bytes_copy(pair, sizeof pair);
    command.has_if_match = row != NULL;
    command.if_match = row ? row->version : 0;
    return command;
}

/* --- parts of incidents ----------------------------------------------------------------------- */

struct bm_command bm_demand_joint(void) {
    struct bm_command command = bm_command_make(BM_DO_PUBLISH);
    text(command.publish.what, sizeof command.publish.what, "procedure");
    command.publish.content = bm_bytes_copy(bm_demand_joint_yaml, strlen(bm_demand_joint_yaml));
    return command;
}

struct bm_command bm_demand_part(struct bm_rng *rng, const struct bm_core *core) {
    static const char *const events[] = {"call_agency", "call_agency", "call_agency", "call_agency", "civil_part", "supervise", "assign"};
    struct bm_command command = bm_command_make(BM_DO_CASE_EVENT);
    struct bm_do_case_event *args = &command.case_event;
    command.target = some(rng, core, BM_T_CASE);
    text(args->event, sizeof args->event, events[bm_rng_below(rng, sizeof events / sizeof events[0])]);
    text(args->part, sizeof args->part, bm_rng_chance(rng, 60) ? "joins" : bm_rng_chance(rng, 95) ? "leads" : "rules");
    if (!bm_rng_chance(rng, 5)) args->agency.v = 2 + bm_rng_below(rng, bm_rng_chance(rng, 95) ? 3 : 9);
    if (!bm_rng_chance(rng, 5)) args->child_keys = keys(rng, 1);
    return command;
}

/* --- the rest --------------------------------------------------------------------------------- */

static struct bm_command open_errand(struct bm_rng *rng, const struct bm_core *core) {
    static const uint64_t areas[] = {0, 0, 1, 2, 3};
    static const uint64_t actors[] = {CLERK, HEAD, HEAD_NORTH, JUDGE, RUNNER_NORTH, DESK};
    struct bm_command command = bm_command_make(BM_DO_MATTER_OPEN);
    struct bm_do_matter_open *args = &command.matter_open;
    const char *procedure = bm_rng_chance(rng, 95)   ? errand
                            : bm_rng_chance(rng, 50) ? "emergency"
                                                     : "no-such-procedure";
    text(args->procedure, sizeof args->procedure, procedure);
    args->jurisdiction.v = areas[bm_rng_below(rng, 5)];
    if (bm_rng_chance(rng, 60)) args->contact.v = some(rng, core, BM_T_CONTACT);
    if (bm_rng_chance(rng, 30)) args->lat_e7 = 399000000;
    if (args->lat_e7 == 399000000 && !bm_rng_chance(rng, 5)) args->lon_e7 = 1164000000;
    if (bm_rng_chance(rng, 70)) args->spare_keys = keys(rng, 1);
    fresh_keys(rng, &command);
    command.actor.v = actors[bm_rng_below(rng, 6)];
    return command;
}

static struct bm_command rate(struct bm_rng *rng, const struct bm_core *core) {
    struct bm_command command = bm_command_make(BM_DO_RATE);
    command.target = contact_of(core, some_matter(rng, core, RATABLE));
    if (!command.target || bm_rng_chance(rng, 5)) command.target = some(rng, core, BM_T_CONTACT);
    const struct bm_contact *contact = bm_core_get(core, BM_T_CONTACT, command.target);
    command.rate.level = (uint32_t)bm_rng_below(rng, bm_rng_chance(rng, 50) ? 3 : 6);
    command.rate.solved = (uint8_t)bm_rng_below(rng, BM_solved_COUNT);
    command.rate.named = bm_rng_chance(rng, 80);
    if (contact && bm_rng_chance(rng, 70))
        seal(rng, &command, BM_DATA_NARRATIVE, contact->narrative_key.v);
    command.actor.v = bm_rng_chance(rng, 95) ? DESK : HEAD;
    return command;
}

static struct bm_command check_rating(struct bm_rng *rng, const struct bm_core *core) {
    struct bm_command command = bm_command_make(BM_DO_RATING_CHECK);
    command.target = some(rng, core, BM_T_CONTACT);
    for (uint64_t id = 0, count = 0; (id = bm_core_next_id(core, BM_T_CONTACT, id));) {
        const struct bm_contact *contact = bm_core_get(core, BM_T_CONTACT, id);
        bool waits = contact->check_due_at_ms != BM_AT_NONE && contact->checked_at_ms == BM_AT_NONE;
        if (waits && bm_rng_below(rng, ++count) == 0) command.target = id;
    }
    const struct bm_contact *contact = bm_core_get(core, BM_T_CONTACT, command.target);
    const struct bm_case *row = contact ? bm_core_get(core, BM_T_CASE, contact->on_case.v) : NULL;
    if (row && !bm_rng_chance(rng, 10))
        seal(rng, &command, BM_DATA_NARRATIVE, row->narrative_key.v);
    command.actor.v = bm_rng_chance(rng, 80) ? HEAD : 2 + bm_rng_below(rng, 8);
    return command;
}

static struct bm_command on_matter(struct bm_rng *rng, const struct bm_core *core,
                                   enum bm_command_kind kind) {
    struct bm_command command = bm_command_make(kind);
    command.target = some_matter(rng, core, kind == BM_DO_MATTER_MIGRATE ? OLD : JOINED);
    command.actor.v = bm_rng_chance(rng, 85) ? HEAD : 1 + bm_rng_below(rng, 9);
    match(rng, core, &command);
    return command;
}

/* The api fills in what was counted; by whoever may, now and then by somebody who may not, or with nothing in it. */
static struct bm_command state_figures(struct bm_rng *rng) {
    static const char content[] = "{\"seq\":\"1\",\"rates\":[]}";
    struct bm_command command = bm_command_make(BM_DO_STATE_FIGURES);
    text(command.state_figures.note, sizeof command.state_figures.note, "of the day");
    if (!bm_rng_chance(rng, 20)) command.state_figures.content = bm_bytes_copy(content, sizeof content - 1);
    command.actor.v = bm_rng_chance(rng, 70) ? HEAD : CLERK;
    return command;
}

struct bm_command bm_demand_matter(struct bm_rng *rng, const struct bm_core *core) {
    unsigned pick = (unsigned)bm_rng_below(rng, 100);
    if (pick < 20) return open_errand(rng, core);
    if (pick < 80) return act(rng, core);
    if (pick < 84) return reopen(rng, core);
    if (pick < 89) return rate(rng, core);
    if (pick < 92) return check_rating(rng, core);
    if (pick < 94) return on_matter(rng, core, BM_DO_MATTER_SEPARATE);
    if (pick < 95) return state_figures(rng);
    /* Editions are few, and kept for ever. */
    if (pick < 99 || bm_core_count(core, BM_T_EDITION) >= 12)
        return on_matter(rng, core, BM_DO_MATTER_MIGRATE);
    return publish(rng, core);
}
