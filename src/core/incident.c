#include "core/incident.h"

#include <string.h>

#include "base/check.h"
#include "core/posts.h"

/* --- which rules ------------------------------------------------------------------------------ */

bool bm_incident_is_edition(const struct bm_edition *edition) {
    return edition->kind == BM_EDITION_PROCEDURE && strcmp(edition->name, BM_EMERGENCY) == 0 &&
           edition->version >= BM_INCIDENT_VERSION_FIRST;
}

struct bm_incident bm_incident_rules(const struct bm_core *core, int64_t opened_at_ms) {
    const struct bm_edition *found = NULL;
    BM_TABLE_EACH(&core->tables[BM_T_EDITION], id) { /* in the order of publishing */
        const struct bm_edition *edition = bm_state_need(core, BM_T_EDITION, id);
        if (bm_incident_is_edition(edition) && edition->published_at_ms <= opened_at_ms) found = edition;
    }
    const struct bm_track *track;
    if (found) {
        struct bm_fault fault;
        enum bm_code code = bm_library_track(core->library, found->hash, found->content.bytes, found->content.len, &track, &fault);
        BM_CHECK(code == BM_OK); /* it was read when it was published, and by bm_core_check at the start */
    } else {
        track = bm_library_builtin(core->library, BM_EMERGENCY);
    }
    return (struct bm_incident){track, bm_track_procedure(track)};
}

/* --- states ----------------------------------------------------------------------------------- */

_Static_assert((int)BM_OUTCOME_SOLVED == (int)BM_ENDING_SOLVED + 1 && (int)BM_OUTCOME_DEEMED == (int)BM_ENDING_DEEMED + 1,
               "the words of both lists stand in one order");

/* The file's state for one of the core's; of closed ones, that of the outcome. */
static uint16_t state_of(const struct bm_incident *incident, enum bm_case_state state, enum bm_outcome outcome) {
    const struct bm_procedure *procedure = incident->procedure;
    if (state != BM_CASE_CLOSED) return bm_procedure_state(procedure, bm_word(&bm_case_state_words, state));
    for (uint16_t i = 0; i < procedure->state_count; i++) {
        const struct bm_state_def *def = &procedure->states[i];
        bool ends = def->region == BM_REGION_HANDLING && def->category == BM_CATEGORY_FINAL && def->initial == BM_NO_INDEX;
        if (ends && (int)def->ending + 1 == (int)outcome) return i;
    }
    return BM_NO_INDEX;
}

static enum bm_case_state case_state(const struct bm_incident *incident, uint16_t state) {
    const struct bm_state_def *def = &incident->procedure->states[state];
    int word = bm_words_find(&bm_case_state_words, def->name);
    if (word >= 0) return (enum bm_case_state)word;
    BM_CHECK(def->category == BM_CATEGORY_FINAL);
    return BM_CASE_CLOSED;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* Roles of the house by their names, posts of the procedure, and everything for the desk itself. */
static uint32_t roles_of(const struct bm_deciding *deciding, const struct bm_procedure *procedure, uint64_t area) {
    if (!deciding->actor) return UINT32_MAX;
    uint32_t roles = bm_posts_roles_in(procedure, deciding->actor->posts, &deciding->viewer, &deciding->scope, area);
    for (uint32_t i = 0; i < procedure->role_count; i++) {
        int word = bm_words_find(&bm_role_words, procedure->roles[i].name);
        if (word >= 0 && (deciding->viewer.roles & BM_BIT(word))) roles |= UINT32_C(1) << i;
    }
    return roles;
}

static void fill(const struct bm_procedure *procedure, const char *name, bool there, uint64_t *filled) {
    uint16_t field = there ? bm_procedure_field(procedure, name) : BM_NO_INDEX;
    if (field != BM_NO_INDEX) *filled |= UINT64_C(1) << field;
}

/* Faults of the course name the file's fields; commands call them otherwise. */
static enum bm_code as_commands_say(struct bm_deciding *deciding, enum bm_code code) {
    static const char *const names[][2] = {{"report", "report_code"}, {"result", "outcome"}};
    char *field = deciding->decision->fault.field;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(field, names[i][0]) != 0) continue;
        snprintf(field, sizeof deciding->decision->fault.field, "%s", names[i][1]);
        break;
    }
    return code;
}

static enum bm_code unknown_outcome(struct bm_deciding *deciding, const struct bm_field_def *result) {
    char words[200] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < result->word_count && used < sizeof words - BM_NAMED_TEXT; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s", used ? ", " : "", result->words[i]);
    return bm_refuse(deciding, BM_UNKNOWN_WORD, "outcome", "Close with an outcome (a duplicate is merged instead): %s.", words);
}

static void tell_child(void *context, const struct bm_course_news *news) {
    const char **child = context;
    if (news->kind == BM_COURSE_EFFECT && news->effect->effect == BM_EFFECT_OPEN_CHILD) *child = news->effect->text;
}

enum bm_code bm_incident_step(struct bm_deciding *deciding, const struct bm_incident *incident, struct bm_incident_step step,
                              enum bm_case_state *ret_to, enum bm_outcome *ret_outcome) {
    const struct bm_procedure *procedure = incident->procedure;
    const char *child = NULL;
    const struct bm_course_world world = {.context = (void *)&child, .tell = tell_child};
    struct bm_course course;
    int64_t values[BM_PROCEDURE_FIELDS_MAX] = {0};
    struct bm_course_act act = {.event = bm_procedure_event(procedure, step.event),
                                .roles = roles_of(deciding, procedure, step.area),
                                .actor = deciding->command->actor.v,
                                .now_ms = deciding->now_ms,
                                .values = values};
    fill(procedure, "class", true, &act.filled);
    fill(procedure, "report", step.report, &act.filled);
    fill(procedure, "reason", step.reason, &act.filled);
    if (strcmp(step.event, "close") == 0) {
        uint16_t field = bm_procedure_field(procedure, "result");
        const struct bm_field_def *result = &procedure->fields[field];
        int word = -1;
        for (uint32_t i = 0; i < result->word_count; i++) {
            if (strcmp(result->words[i], bm_word(&bm_outcome_words, step.outcome)) == 0) word = (int)i;
        }
        if (word < 0) return unknown_outcome(deciding, result);
        values[field] = word;
        fill(procedure, "result", true, &act.filled);
    }
    bm_course_stand(incident->track, state_of(incident, step.from, step.outcome), &course);
    enum bm_code code = bm_course_act(incident->track, &world, &course, &act, &deciding->decision->fault);
    if (code) return as_commands_say(deciding, code);
    uint16_t at = bm_course_state(incident->track, &course, BM_REGION_HANDLING);
    if (step.ret_child) *step.ret_child = child;
    *ret_to = case_state(incident, at);
    if (ret_outcome)
        *ret_outcome = procedure->states[at].category == BM_CATEGORY_FINAL ? (enum bm_outcome)(procedure->states[at].ending + 1)
                                                                           : BM_OUTCOME_NONE;
    return BM_OK;
}

enum bm_code bm_incident_reopen(struct bm_deciding *deciding, const struct bm_incident *incident, const struct bm_case *row) {
    const struct bm_course_world world = {0};
    struct bm_course course;
    uint16_t stands = state_of(incident, BM_CASE_CLOSED, (enum bm_outcome)row->outcome);
    struct bm_course_act act = {.event = BM_NO_INDEX,
                                .roles = roles_of(deciding, incident->procedure, row->jurisdiction.v),
                                .actor = deciding->command->actor.v,
                                .now_ms = deciding->now_ms};
    if (stands == BM_NO_INDEX) /* closed by words that this edition does not have: as one that came to nothing */
        stands = state_of(incident, BM_CASE_CLOSED, BM_OUTCOME_INVALID);
    bm_course_stand(incident->track, stands, &course);
    course.closed_ms = row->closed_at_ms;
    course.counters[BM_COUNTER_REOPENS] = row->reopen_count;
    return as_commands_say(deciding,
                           bm_course_reopen(incident->track, &world, &course, &act, &deciding->decision->fault));
}

static const char *event_to(enum bm_assignment_state to, enum bm_end_reason reason) {
    switch (to) {
    case BM_AS_ASSIGNED:
        return "assign";
    case BM_AS_ACKNOWLEDGED:
        return "acknowledge";
    case BM_AS_EN_ROUTE:
        return "depart";
    case BM_AS_ON_SCENE:
        return "arrive";
    case BM_AS_TRANSPORTING:
        return "transport";
    case BM_AS_AT_DESTINATION:
        return "deliver";
    case BM_AS_CLEARED:
        return "clear";
    case BM_AS_CANCELLED:
        return reason == BM_END_UNABLE ? "unable" : "call_off";
    case BM_AS_RESERVED:
    case BM_AS_STACKED:
    case BM_assignment_state_COUNT:
        break;
    }
    return NULL;
}

enum bm_code bm_incident_hand(struct bm_deciding *deciding, const struct bm_incident *incident,
                              const struct bm_assignment *assignment, enum bm_assignment_state to, const struct bm_do_status *said) {
    const struct bm_case *row = bm_state_need(deciding->core, BM_T_CASE, assignment->on_case.v);
    bool waits = bm_assignment_open(assignment->state) && !bm_assignment_active(assignment->state);
    const char *event = event_to(to, said ? (enum bm_end_reason)said->reason : BM_END_NONE);
    enum bm_case_state led;
    bool over = !bm_assignment_open(assignment->state); /* what is over stays over */
    if (over || !event || (waits && to != BM_AS_ASSIGNED && to != BM_AS_CANCELLED))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "to", "An assignment does not go from %s to %s.",
                         bm_word(&bm_assignment_state_words, assignment->state), bm_word(&bm_assignment_state_words, to));
    if (waits && to == BM_AS_CANCELLED) return BM_OK; /* it was never sent */
    struct bm_incident_step step = {.from = bm_hand_state(assignment->state), .event = event, .area = row->jurisdiction.v,
                                    .report = said && said->report_code[0], .reason = said && said->reason};
    enum bm_code code = bm_incident_step(deciding, incident, step, &led, NULL);
    if (code == BM_NOT_POSSIBLE)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "to", "An assignment does not go from %s to %s.",
                         bm_word(&bm_assignment_state_words, assignment->state), bm_word(&bm_assignment_state_words, to));
    return code;
}

/* --- clocks ----------------------------------------------------------------------------------- */

/* "dispatch" and "dispatch_again" are one promise to the core, which knows since when somebody waits. */
static bool is_named(const struct bm_clock_def *clock, enum bm_clock_kind kind) {
    const char *word = bm_word(&bm_clock_kind_words, kind);
    size_t len = strlen(word);
    return strncmp(clock->name, word, len) == 0 && (!clock->name[len] || strcmp(clock->name + len, "_again") == 0);
}

static bool is_stopped_somewhere(const struct bm_procedure *procedure, uint16_t clock) {
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        for (uint32_t e = 0; e < row->effect_count; e++) {
            if (row->effects[e].effect == BM_EFFECT_STOP && row->effects[e].target == clock) return true;
        }
    }
    return false;
}

bool bm_incident_runs(const struct bm_incident *incident, enum bm_clock_kind kind, enum bm_case_state state) {
    const struct bm_procedure *procedure = incident->procedure;
    if (!bm_case_open(state)) return false;
    uint16_t at = state_of(incident, state, BM_OUTCOME_NONE);
    for (uint16_t i = 0; i < procedure->clock_count; i++) {
        const struct bm_clock_def *clock = &procedure->clocks[i];
        if (!is_named(clock, kind)) continue;
        if (clock->anchor == BM_ANCHOR_STATE && bm_procedure_within(procedure, at, clock->anchor_index)) return true;
        if (clock->anchor == BM_ANCHOR_FIRST_CONTACT && !is_stopped_somewhere(procedure, i)) return true;
    }
    return false;
}

int64_t bm_incident_budget_ms(const struct bm_incident *incident, const struct bm_class *class, enum bm_clock_kind kind) {
    switch (kind) {
    case BM_CLOCK_DISPATCH:
        return class->dispatch_ms;
    case BM_CLOCK_ACKNOWLEDGE:
        return class->acknowledge_ms;
    case BM_CLOCK_ARRIVE:
        return class->arrive_ms;
    case BM_CLOCK_REPORT_BACK:
        return class->report_back_ms;
    case BM_CLOCK_CLOSE:
        return class->close_ms;
    case BM_CLOCK_WHOLE:
    case BM_CLOCK_ANSWER:
    case BM_clock_kind_COUNT:
        break;
    }
    uint16_t clock = bm_procedure_clock(incident->procedure, bm_word(&bm_clock_kind_words, kind));
    BM_CHECK(clock != BM_NO_INDEX);
    return (int64_t)incident->procedure->clocks[clock].budget.amount * 60000;
}

/* --- what can be published -------------------------------------------------------------------- */

static enum bm_code lacks(struct bm_deciding *deciding, const char *what, const char *name) {
    return bm_refuse(deciding, BM_BAD_FILE, what, "Incidents need the %s \"%s\"; add it, or start from the file that comes with the program.",
                     what, name);
}

/* A clock's two rungs: when it is due, and after its budget once more (limits.h). */
static bool rings_twice(const struct bm_clock_def *clock) {
    const struct bm_rung_def *rungs = clock->rungs;
    return clock->rung_count == BM_CLOCK_RUNGS && rungs[0].when == BM_WHEN_AFTER && rungs[0].span.amount == 0 &&
           rungs[1].when == BM_WHEN_AFTER && rungs[1].span.unit == BM_MEASURE_MINUTES &&
           rungs[1].span.amount == clock->budget.amount;
}

/* What a file says is what happens: it says nothing that incidents do not do. */
static enum bm_code check_done(struct bm_deciding *deciding, const struct bm_procedure *procedure) {
    for (uint32_t i = 0; i < procedure->clock_count; i++) {
        const struct bm_clock_def *clock = &procedure->clocks[i];
        if (!rings_twice(clock))
            return bm_refuse(deciding, BM_BAD_FILE, clock->name,
                             "Line %u: clocks of incidents ring when they are due and after their budget once more: "
                             "\"after 0\", \"after %u minutes\".", clock->at.line, clock->budget.amount);
        if (clock->pause_count || clock->extend_times || clock->on_expiry != BM_NO_INDEX)
            return bm_refuse(deciding, BM_BAD_FILE, clock->name,
                             "Line %u: clocks of incidents are not paused or extended, and do nothing when they run out.",
                             clock->at.line);
    }
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        bool bare = !row->four_eyes && !row->limit && !row->history;
        for (uint32_t e = 0; e < row->effect_count; e++)
            bare = bare && (row->effects[e].effect == BM_EFFECT_STOP || row->effects[e].effect == BM_EFFECT_OPEN_CHILD);
        if (!bare)
            return bm_refuse(deciding, BM_BAD_FILE, procedure->events[row->event].name,
                             "Line %u: incidents keep no course: no four eyes, limit or history, and no effects but stop and "
                             "open_child; put it into a case that is opened out of them.", row->at.line);
    }
    if (procedure->survey.of || procedure->hand_over.at.line)
        return bm_refuse(deciding, BM_BAD_FILE, procedure->survey.of ? "survey" : "hand_over",
                         "Incidents ask and hand over nothing by themselves; put it into a case that is opened out of them.");
    return BM_OK;
}

enum bm_code bm_incident_check(struct bm_deciding *deciding, const struct bm_procedure *procedure) {
    static const char *const events[] = {"assign", "acknowledge", "depart", "arrive", "transport", "deliver",
                                         "clear",  "unable",      "call_off", "close", "merge"};
    if (procedure->version < BM_INCIDENT_VERSION_FIRST)
        return bm_refuse(deciding, BM_BAD_FILE, "version", "Give it a version from %u on: what was before only described incidents.",
                         BM_INCIDENT_VERSION_FIRST);
    for (int s = 0; s < BM_case_state_COUNT; s++) {
        const char *name = bm_word(&bm_case_state_words, (unsigned)s);
        uint16_t state = bm_procedure_state(procedure, name);
        if (s != BM_CASE_CLOSED && (state == BM_NO_INDEX || procedure->states[state].region != BM_REGION_HANDLING ||
                                    procedure->states[state].initial != BM_NO_INDEX))
            return lacks(deciding, "state", name);
    }
    for (uint32_t i = 0; i < procedure->state_count; i++) {
        const struct bm_state_def *state = &procedure->states[i];
        bool known = state->initial != BM_NO_INDEX || state->category == BM_CATEGORY_FINAL ||
                     bm_words_find(&bm_case_state_words, state->name) >= 0;
        if (state->region != BM_REGION_HANDLING)
            return bm_refuse(deciding, BM_BAD_FILE, "regions",
                             "Line %u: incidents have the region handling alone; other parts are cases opened out of them.",
                             state->at.line);
        if (!known)
            return bm_refuse(deciding, BM_BAD_FILE, state->name,
                             "Line %u: maps, radios and reports know no state \"%s\" of an incident; take one that they know.",
                             state->at.line, state->name);
    }
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (bm_procedure_event(procedure, events[i]) == BM_NO_INDEX) return lacks(deciding, "event", events[i]);
    }
    for (int kind = BM_CLOCK_DISPATCH; kind < BM_clock_kind_COUNT; kind++) {
        const char *name = bm_word(&bm_clock_kind_words, (unsigned)kind);
        uint16_t clock = bm_procedure_clock(procedure, name);
        if (clock == BM_NO_INDEX) return lacks(deciding, "clock", name);
        if (procedure->clocks[clock].budget.unit != BM_MEASURE_MINUTES)
            return bm_refuse(deciding, BM_BAD_FILE, name, "Line %u: clocks of incidents count minutes.",
                             procedure->clocks[clock].at.line);
    }
    uint16_t result = bm_procedure_field(procedure, "result");
    if (result == BM_NO_INDEX || procedure->fields[result].type != BM_FIELD_CHOICE) return lacks(deciding, "field", "result");
    for (uint32_t i = 0; i < procedure->fields[result].word_count; i++) {
        if (bm_words_find(&bm_outcome_words, procedure->fields[result].words[i]) < 0)
            return bm_refuse(deciding, BM_BAD_FILE, "result", "Line %u: \"%s\" is no outcome that the core knows.",
                             procedure->fields[result].at.line, procedure->fields[result].words[i]);
    }
    return check_done(deciding, procedure);
}
