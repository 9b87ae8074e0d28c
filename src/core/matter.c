#include "core/matter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "core/posts.h"

static void set_text(char *to, size_t cap, const char *from) {
    size_t len = from ? strnlen(from, cap - 1) : 0;
    if (len) memcpy(to, from, len);
    memset(to + len, 0, cap - len);
}
#define SET_TEXT(to, from) set_text(to, sizeof(to), from)

void bm_matter_roles_text(const struct bm_procedure *procedure, uint32_t roles, char ret_text[BM_LIST_TEXT]) {
    size_t used = 0;
    memset(ret_text, 0, BM_LIST_TEXT);
    for (uint32_t i = 0; i < procedure->role_count; i++) {
        size_t len = strlen(procedure->roles[i].name);
        if (!(roles >> i & 1) || used + len + 2 > BM_LIST_TEXT) continue;
        if (used) ret_text[used++] = ' ';
        memcpy(ret_text + used, procedure->roles[i].name, len);
        used += len;
    }
}

bool bm_matter_handled_before(const struct bm_matter *matter, uint64_t who) {
    struct bm_buf course = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    char name[32];
    bm_buf_add(&course, matter->course.bytes, matter->course.len);
    snprintf(name, sizeof name, "\"%llu\":", (unsigned long long)who);
    const char *hands = strstr(bm_buf_c_text(&course), "\"hands\":{"), *end = hands ? strchr(hands, '}') : NULL;
    const char *at = hands ? strstr(hands, name) : NULL;
    bool before = at && at < end && (strtol(at + strlen(name), NULL, 10) & BM_HAND_BEFORE);
    bm_buf_free(&course);
    return before;
}

/* --- promises --------------------------------------------------------------------------------- */

static void emit_promise(struct bm_matter_draft *draft, const struct bm_promise *promise, enum bm_promise_change why) {
    struct bm_event *event = bm_emit(draft->deciding, BM_EV_PROMISE_SET, BM_SUBJECT_CASE, draft->row.id.v);
    struct bm_ev_promise_set *ev = &event->promise_set;
    ev->promise = promise->id;
    ev->on_case = draft->row.id;
    SET_TEXT(ev->clock, promise->clock);
    SET_TEXT(ev->force, promise->force);
    SET_TEXT(ev->measures, promise->measures);
    ev->anchor_at_ms = promise->anchor_at_ms;
    ev->due_at_ms = promise->due_at_ms;
    ev->provisional = promise->provisional;
    ev->paused = promise->paused;
    ev->stopped_at_ms = promise->stopped_at_ms;
    ev->breached_at_ms = promise->breached_at_ms;
    ev->why = (uint8_t)why;
}

static enum bm_code recount(struct bm_matter_draft *draft, const struct bm_course *course, uint16_t clock,
                            enum bm_promise_change why, bool always) {
    struct bm_promise *promise = &draft->promises[clock];
    const struct bm_course_clock *own = &course->clocks[clock];
    struct bm_clock_due due;
    if (!promise->id.v || !own->there) return BM_OK;
    enum bm_code code = bm_course_due(draft->track, &draft->world, course, clock, &due, &draft->deciding->decision->fault);
    if (code) return code;
    bool stopped = own->work.phase == BM_CLOCK_STOPPED, broken = promise->breached_at_ms != BM_AT_NONE;
    bool same = broken || (promise->due_at_ms == due.at_ms && promise->provisional == due.provisional);
    /* The date that was broken stays the date, whatever another version or another calendar would say now. */
    if (!broken && (!stopped || promise->stopped_at_ms == BM_AT_NONE)) promise->due_at_ms = due.at_ms;
    if (!broken) promise->provisional = due.provisional;
    promise->paused = own->work.phase == BM_CLOCK_PAUSED;
    promise->anchor_at_ms = own->work.anchor_ms;
    promise->stopped_at_ms = stopped ? own->work.stopped_ms : BM_AT_NONE;
    if (always || !same) emit_promise(draft, promise, why);
    return BM_OK;
}

enum bm_code bm_matter_promise(struct bm_matter_draft *draft, uint16_t clock, enum bm_promise_change why, bool always) {
    return recount(draft, &draft->course, clock, why, always);
}

static void begin_promise(struct bm_matter_draft *draft, uint16_t clock) {
    const struct bm_clock_def *def = &draft->procedure->clocks[clock];
    struct bm_promise *promise = &draft->promises[clock];
    bm_shape_clear(bm_table_shape(BM_T_PROMISE), promise);
    promise->id.v = bm_new_id(draft->deciding, BM_T_PROMISE);
    promise->on_case = draft->row.id;
    SET_TEXT(promise->clock, def->name);
    SET_TEXT(promise->force, bm_force_words[def->force]);
    SET_TEXT(promise->measures, bm_body_words[def->measures]);
}

/* --- what the course tells -------------------------------------------------------------------- */

static void tell_rung(struct bm_matter_draft *draft, const struct bm_course_news *news) {
    const struct bm_rung_def *rung = &draft->procedure->clocks[news->clock].rungs[news->rung];
    struct bm_event *event = bm_emit(draft->deciding, BM_EV_PROMISE_RUNG, BM_SUBJECT_CASE, draft->row.id.v);
    struct bm_ev_promise_rung *ev = &event->promise_rung;
    ev->promise = draft->promises[news->clock].id;
    ev->on_case = draft->row.id;
    SET_TEXT(ev->clock, draft->procedure->clocks[news->clock].name);
    ev->rung = news->rung;
    SET_TEXT(ev->effect, bm_rung_act_words[rung->act]);
    bm_matter_roles_text(draft->procedure, rung->to, ev->to);
    ev->was_due_at_ms = news->at_ms;
    if (rung->act == BM_RUNG_SUPERVISE) draft->supervisors |= rung->to;
    if (rung->act == BM_RUNG_REASSIGN) draft->reassigns = true;
}

/* Adds or takes away a field's name in the list of what everybody may read. */
static void publish(struct bm_matter *matter, const char *name, bool add) {
    char kept[BM_LIST_TEXT] = "";
    size_t used = 0;
    for (const char *at = matter->published; *at;) {
        size_t len = strcspn(at, " ");
        bool same = len == strlen(name) && memcmp(at, name, len) == 0;
        if (!same) {
            if (used) kept[used++] = ' ';
            memcpy(kept + used, at, len);
            used += len;
        }
        at += len;
        at += strspn(at, " ");
    }
    if (add && used + strlen(name) + 2 <= sizeof kept) {
        if (used) kept[used++] = ' ';
        memcpy(kept + used, name, strlen(name));
    }
    memcpy(matter->published, kept, sizeof kept);
}

static void tell_effect(struct bm_matter_draft *draft, const struct bm_effect_def *effect) {
    switch (effect->effect) {
    case BM_EFFECT_NOTIFY: {
        struct bm_event *event = bm_emit(draft->deciding, BM_EV_NOTICE, BM_SUBJECT_CASE, draft->row.id.v);
        event->notice.on_case = draft->row.id;
        SET_TEXT(event->notice.text, draft->procedure->templates[effect->target].name);
        bm_matter_roles_text(draft->procedure, effect->to, event->notice.to);
        break;
    }
    case BM_EFFECT_OPEN_CHILD:
        if (draft->child_count < BM_PROCEDURE_EFFECTS_MAX)
            draft->child[draft->child_count++] = effect->text;
        else if (!draft->code)
            draft->code = bm_refuse(draft->deciding, BM_OUT_OF_RANGE, "event", "One act opens at most %d cases.",
                                    BM_PROCEDURE_EFFECTS_MAX);
        break;
    case BM_EFFECT_HAND_OVER:
        draft->offers = true;
        break;
    case BM_EFFECT_LINK:
        draft->ties = true;
        draft->tie = effect->tie;
        break;
    case BM_EFFECT_SURVEY:
        draft->surveys = true;
        break;
    case BM_EFFECT_PUBLISH:
    case BM_EFFECT_WITHHOLD:
        publish(&draft->matter, draft->procedure->fields[effect->target].name, effect->effect == BM_EFFECT_PUBLISH);
        break;
    case BM_EFFECT_SET: /* done by the course itself */
    case BM_EFFECT_START:
    case BM_EFFECT_STOP:
    case BM_EFFECT_PAUSE:
    case BM_EFFECT_RESUME:
    case BM_EFFECT_EXTEND:
    case BM_EFFECT_REQUIRE:
    case BM_effect_COUNT:
        break;
    }
}

static void change(struct bm_matter_draft *draft, const struct bm_course_news *news, enum bm_promise_change why) {
    if (!draft->code) draft->code = recount(draft, news->course, news->clock, why, true);
}

static void tell(void *context, const struct bm_course_news *news) {
    struct bm_matter_draft *draft = context;
    switch (news->kind) {
    case BM_COURSE_STARTED:
        begin_promise(draft, news->clock);
        change(draft, news, BM_PROMISE_STARTED);
        break;
    case BM_COURSE_STOPPED:
        change(draft, news, BM_PROMISE_STOPPED);
        break;
    case BM_COURSE_PAUSED:
        change(draft, news, BM_PROMISE_PAUSED);
        break;
    case BM_COURSE_RESUMED:
        change(draft, news, BM_PROMISE_RESUMED);
        break;
    case BM_COURSE_EXTENDED:
        change(draft, news, BM_PROMISE_EXTENDED);
        break;
    case BM_COURSE_BREACHED:
        draft->promises[news->clock].breached_at_ms = news->at_ms;
        change(draft, news, BM_PROMISE_BREACHED);
        break;
    case BM_COURSE_RUNG:
        tell_rung(draft, news);
        break;
    case BM_COURSE_EFFECT:
        tell_effect(draft, news->effect);
        break;
    case BM_COURSE_CLOSED:
        draft->closed = true;
        break;
    case BM_COURSE_SPARED:
        draft->spared = news->bar;
        draft->matter.same_hand = true;
        break;
    case BM_COURSE_HELD_UP: /* said where it stands */
    case BM_COURSE_LEFT:
    case BM_COURSE_ENTERED:
    case BM_COURSE_TAKEN:
        break;
    }
}

/* Whether somebody else could, and who. */
static bool others(void *context, const struct bm_course *course, const struct bm_row_def *row, char ret_who[BM_COURSE_WHO_TEXT]) {
    const struct bm_matter_draft *draft = context;
    const struct bm_core *core = draft->deciding->core;
    memset(ret_who, 0, BM_COURSE_WHO_TEXT);
    BM_TABLE_EACH(&core->tables[BM_T_OPERATOR], id) {
        const struct bm_operator *person = bm_state_need(core, BM_T_OPERATOR, id);
        if (bm_posts_could(draft->procedure, person, &draft->deciding->scope, &draft->row, &draft->matter, course, row))
            bm_posts_name(ret_who, person->number);
    }
    return ret_who[0] != 0;
}

uint64_t bm_matter_open_child(const struct bm_matter_draft *draft) {
    const struct bm_core *core = draft->deciding->core;
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, draft->row.id.v);
    uint64_t open = 0;
    uint32_t closed = 0;
    for (uint64_t id = slot ? slot->links.first : 0; id; id = bm_state_after(core, BM_T_LINK, id)) {
        const struct bm_link *link = bm_state_need(core, BM_T_LINK, id);
        if (link->kind != BM_LINK_CHILD) continue;
        const struct bm_case *child = bm_state_record(core, BM_T_CASE, link->other.v);
        if (child && bm_case_open(child->state))
            open = open ? open : child->id.v;
        else
            closed++;
    }
    bool waits = draft->procedure->children_join == BM_JOIN_ALL || (draft->procedure->children_join == BM_JOIN_ANY && !closed);
    return waits ? open : 0;
}

static bool may_end(void *context) {
    return !bm_matter_open_child(context);
}

/* --- drafts ----------------------------------------------------------------------------------- */

enum bm_code bm_matter_track(struct bm_deciding *deciding, const struct bm_edition *edition, const struct bm_track **ret_track) {
    return bm_library_track(deciding->core->library, edition->hash, edition->content.bytes, edition->content.len, ret_track,
                            &deciding->decision->fault);
}

size_t bm_matter_almanac(const struct bm_core *core, const struct bm_edition *ret_editions[BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX]) {
    size_t count = 0;
    BM_TABLE_EACH(&core->tables[BM_T_EDITION], id) {
        const struct bm_edition *edition = bm_state_need(core, BM_T_EDITION, id);
        if (edition->kind != BM_EDITION_CALENDAR || !edition->current) continue;
        BM_CHECK(count < BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX); /* more are not published */
        ret_editions[count++] = edition;
    }
    return count;
}

enum bm_code bm_matter_take_calendars(struct bm_matter_draft *draft) {
    struct bm_deciding *deciding = draft->deciding;
    const struct bm_edition *editions[BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX];
    size_t count = bm_matter_almanac(deciding->core, editions);
    struct bm_above above = bm_above_of(&deciding->scope, draft->row.jurisdiction.v);
    enum bm_code code = bm_calendars_in(deciding->core->library, editions, count, &above, &draft->calendars, &deciding->decision->fault);
    draft->world = (struct bm_course_world){draft->calendars.calendars, draft->calendars.count, draft, tell, others, may_end};
    return code;
}

static enum bm_code make(struct bm_deciding *deciding, const struct bm_edition *edition, struct bm_matter_draft *draft) {
    draft->deciding = deciding;
    draft->act = draft->role = "";
    enum bm_code code = bm_matter_track(deciding, edition, &draft->track);
    if (code) return code;
    draft->procedure = bm_track_procedure(draft->track);
    return BM_OK;
}

enum bm_code bm_matter_load(struct bm_deciding *deciding, uint64_t case_id, struct bm_matter_draft *draft) {
    const struct bm_core *core = deciding->core;
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, case_id);
    const struct bm_matter *matter = bm_state_record(core, BM_T_MATTER, case_id);
    *draft = (struct bm_matter_draft){.deciding = deciding};
    BM_CHECK(slot);
    if (!matter)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "Case %llu is an incident: it goes by its units.",
                         (unsigned long long)case_id);
    draft->row = slot->row;
    draft->matter = *matter;
    enum bm_code code = make(deciding, bm_state_need(core, BM_T_EDITION, matter->edition.v), draft);
    if (!code) code = bm_matter_take_calendars(draft);
    if (!code)
        code = bm_course_read(draft->track, matter->course.bytes, matter->course.len, &draft->course,
                              &deciding->decision->fault);
    for (uint64_t id = slot->promises.first; id && !code; id = bm_state_after(core, BM_T_PROMISE, id)) {
        const struct bm_promise *promise = bm_state_need(core, BM_T_PROMISE, id);
        uint16_t clock = bm_procedure_clock(draft->procedure, promise->clock);
        if (clock != BM_NO_INDEX) draft->promises[clock] = *promise; /* in the order of ids: the last one stays */
    }
    return code;
}

static const struct bm_edition *current_procedure(const struct bm_core *core, const char *name) {
    BM_TABLE_EACH(&core->tables[BM_T_EDITION], id) {
        const struct bm_edition *edition = bm_state_need(core, BM_T_EDITION, id);
        if (edition->kind == BM_EDITION_PROCEDURE && edition->current && strcmp(edition->name, name) == 0) return edition;
    }
    return NULL;
}

static const struct bm_procedure *find_procedure(void *context, const char *name) {
    struct bm_deciding *deciding = context;
    const struct bm_edition *edition = current_procedure(deciding->core, name);
    const struct bm_track *track;
    struct bm_fault fault; /* it was published, so it reads */
    bool there = edition && bm_library_track(deciding->core->library, edition->hash, edition->content.bytes, edition->content.len,
                                             &track, &fault) == BM_OK;
    return there ? bm_track_procedure(track) : NULL;
}

struct bm_procedures bm_matter_procedures(struct bm_deciding *deciding) {
    return (struct bm_procedures){find_procedure, deciding};
}

enum bm_code bm_matter_begin(struct bm_deciding *deciding, const char *procedure, struct bm_matter_draft *draft) {
    *draft = (struct bm_matter_draft){.deciding = deciding};
    if (strcmp(procedure, BM_EMERGENCY) == 0)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "procedure", "Open an incident with its class (POST /v1/cases).");
    const struct bm_edition *edition = current_procedure(deciding->core, procedure);
    if (!edition)
        return bm_refuse(deciding, BM_NOT_FOUND, "procedure", "No procedure \"%s\" is published; GET /v1/editions lists them.",
                         procedure);
    bm_shape_clear(bm_table_shape(BM_T_CASE), &draft->row);
    bm_shape_clear(bm_table_shape(BM_T_MATTER), &draft->matter);
    draft->matter.edition = edition->id;
    SET_TEXT(draft->matter.procedure, edition->name);
    return make(deciding, edition, draft);
}

/* --- escalation ------------------------------------------------------------------------------- */

/* The event that leads out of the supervision region's first state, for one of these roles; BM_NO_INDEX: none, or it has
 * been left already. */
static uint16_t supervision_event(const struct bm_matter_draft *draft, uint32_t roles) {
    const struct bm_procedure *procedure = draft->procedure;
    uint16_t state = bm_course_state(draft->track, &draft->course, BM_REGION_SUPERVISION);
    if (state == BM_NO_INDEX || procedure->states[state].category != BM_CATEGORY_INITIAL) return BM_NO_INDEX;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (row->state == state && (row->by & roles) && row->target != BM_NO_INDEX && !row->needs) return row->event;
    }
    return BM_NO_INDEX;
}

enum bm_code bm_matter_escalate(struct bm_matter_draft *draft) {
    struct bm_deciding *deciding = draft->deciding;
    struct bm_matter *matter = &draft->matter;
    uint16_t event = draft->supervisors && !bm_course_closed(draft->track, &draft->course)
                         ? supervision_event(draft, draft->supervisors)
                         : BM_NO_INDEX;
    if (draft->reassigns) {
        uint64_t at = matter->with_agency.v ? matter->with_agency.v : matter->jurisdiction.v;
        uint64_t above = deciding->scope.parent(deciding->scope.context, at);
        if (above) matter->with_agency.v = above;
    }
    if (event == BM_NO_INDEX) return BM_OK;
    struct bm_course_act act = {.event = event, .roles = draft->supervisors, .now_ms = deciding->now_ms};
    enum bm_code code = bm_course_act(draft->track, &draft->world, &draft->course, &act, &deciding->decision->fault);
    return code ? code : draft->code;
}

/* --- where it stands -------------------------------------------------------------------------- */

/* When the desk has something to do by itself: at once, when what was held up need not wait any more. */
static enum bm_code find_next(struct bm_matter_draft *draft) {
    enum bm_code code = bm_course_next(draft->track, &draft->world, &draft->course, &draft->matter.next_at_ms,
                                       &draft->deciding->decision->fault);
    if (!code && draft->course.held_up && !draft->matter.held_up_by.v) draft->matter.next_at_ms = draft->deciding->now_ms;
    return code;
}

static const char *state_name(const struct bm_matter_draft *draft, enum bm_region region) {
    uint16_t state = bm_course_state(draft->track, &draft->course, region);
    return state == BM_NO_INDEX ? "" : draft->procedure->states[state].name;
}

static void find_due(struct bm_matter_draft *draft) {
    struct bm_matter *matter = &draft->matter;
    matter->due_at_ms = BM_AT_NONE;
    matter->provisional = false;
    for (int pass = 0; pass < 2 && matter->due_at_ms == BM_AT_NONE; pass++) {
        for (uint32_t i = 0; i < draft->procedure->clock_count; i++) {
            const struct bm_promise *promise = &draft->promises[i];
            bool runs = promise->id.v && promise->stopped_at_ms == BM_AT_NONE && promise->due_at_ms != BM_AT_NONE;
            /* The citizen's own clocks stand last: what is due is what the desk owes. */
            if (!runs || (pass == 0 && draft->procedure->clocks[i].measures == BM_BODY_CITIZEN)) continue;
            if (matter->due_at_ms != BM_AT_NONE && promise->due_at_ms >= matter->due_at_ms) continue;
            matter->due_at_ms = promise->due_at_ms;
            matter->provisional = promise->provisional;
        }
    }
}

/* The offer falls away with the state that it brought about. */
static void settle_offer(struct bm_matter_draft *draft, const char *before) {
    struct bm_matter *matter = &draft->matter;
    if (!matter->offer_hash[0] || draft->offers || strcmp(before, matter->responsibility) == 0) return;
    memset(matter->offer_hash, 0, sizeof matter->offer_hash);
    matter->offered_at_ms = BM_AT_NONE;
}

static void stand(struct bm_matter_draft *draft) {
    struct bm_matter *matter = &draft->matter;
    const struct bm_procedure *procedure = draft->procedure;
    uint16_t handling = bm_course_state(draft->track, &draft->course, BM_REGION_HANDLING);
    uint16_t supervision = bm_course_state(draft->track, &draft->course, BM_REGION_SUPERVISION);
    const struct bm_state_def *state = &procedure->states[handling];
    uint16_t owner = state->owner;
    char before[BM_NAMED_TEXT];
    memcpy(before, matter->responsibility, sizeof before);
    SET_TEXT(matter->state, state->name);
    matter->category = (uint8_t)state->category;
    SET_TEXT(matter->owner_role, owner == BM_NO_INDEX ? "" : procedure->roles[owner].name);
    SET_TEXT(matter->waits_for, state->category == BM_CATEGORY_WAITING ? bm_body_words[state->waits_for] : "");
    SET_TEXT(matter->responsibility, state_name(draft, BM_REGION_RESPONSIBILITY));
    SET_TEXT(matter->supervision, state_name(draft, BM_REGION_SUPERVISION));
    matter->supervised = supervision != BM_NO_INDEX && procedure->states[supervision].category != BM_CATEGORY_INITIAL;
    matter->returns = draft->course.counters[BM_COUNTER_RETURNS];
    matter->reopens = draft->course.counters[BM_COUNTER_REOPENS];
    matter->extensions = draft->course.counters[BM_COUNTER_EXTENSIONS];
    if (draft->surveys) matter->surveyed_at_ms = draft->deciding->now_ms;
    matter->held_up_by.v = draft->course.held_up ? bm_matter_open_child(draft) : 0;
    settle_offer(draft, before);
    find_due(draft);
}

#define COPY_ID(type, member, json) ev->member = matter->member;
#define COPY_TEXT(member, bytes) memcpy(ev->member, matter->member, sizeof ev->member);
#define COPY_WORD(member, list) ev->member = matter->member;
#define COPY_FLAG(member) ev->member = matter->member;
#define COPY_AT(member) ev->member = matter->member;
#define COPY_COUNT(member) ev->member = matter->member;
#define COPY_BYTES(member) /* written below */
#define COPY(kind, ...) COPY_##kind(__VA_ARGS__)

static void emit_standing(struct bm_matter_draft *draft) {
    const struct bm_matter *matter = &draft->matter;
    struct bm_buf text = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bm_course_write(draft->track, &draft->course, &text);
    BM_CHECK(!text.overflow);
    struct bm_event *event = bm_emit(draft->deciding, BM_EV_MATTER_SET, BM_SUBJECT_CASE, draft->row.id.v);
    struct bm_ev_matter_set *ev = &event->matter_set;
    ev->on_case = draft->row.id;
    SET_TEXT(ev->act, draft->act);
    SET_TEXT(ev->role, draft->role);
    ev->spared = (uint8_t)draft->spared;
    BM_STANDING_ROWS(COPY)
    const size_t used = draft->spare_used * 2 * sizeof(uint64_t);
    ev->course = bm_bytes_copy(text.bytes, text.len);
    ev->spare_keys = bm_bytes_copy(matter->spare_keys.bytes + used, matter->spare_keys.len - used);
    ev->commits = draft->commits;
    bm_buf_free(&text);
}

static void move_case(struct bm_matter_draft *draft, enum bm_case_state to, enum bm_outcome outcome) {
    struct bm_event *event = bm_emit(draft->deciding, BM_EV_CASE_MOVED, BM_SUBJECT_CASE, draft->row.id.v);
    event->case_moved.on_case = draft->row.id;
    event->case_moved.from = draft->row.state;
    event->case_moved.to = (uint8_t)to;
    event->case_moved.outcome = (uint8_t)outcome;
    draft->row.state = (uint8_t)to;
}

void bm_matter_stand_still(struct bm_matter_draft *draft) {
    draft->matter.next_at_ms = BM_AT_NONE;
    draft->matter.stale = false;
    emit_standing(draft);
}

enum bm_code bm_matter_catch_up(struct bm_matter_draft *draft) {
    struct bm_fault *fault = &draft->deciding->decision->fault;
    const char *act = draft->act, *role = draft->role;
    bool did = true, any = false, commits = draft->commits;
    enum bm_code code = BM_OK;
    /* What is still due after so many stands in the way of the act: the course refuses it (BM_CONFLICT). */
    for (int i = 0; i < BM_COURSE_CATCH_UP_MAX && did && !code; i++) {
        code = bm_course_tick(draft->track, &draft->world, &draft->course, draft->deciding->now_ms, &did, fault);
        any |= did;
    }
    if (!code) code = draft->code;
    if (code || !any) return code;
    draft->act = draft->role = "";
    draft->commits = false;
    stand(draft);
    code = find_next(draft);
    if (!code) emit_standing(draft);
    draft->act = act;
    draft->role = role;
    draft->commits = commits;
    return code;
}

enum bm_code bm_matter_finish(struct bm_matter_draft *draft) {
    if (draft->code) return draft->code;
    stand(draft);
    enum bm_code code = find_next(draft);
    if (code) return code;
    emit_standing(draft);
    bool closed = bm_course_closed(draft->track, &draft->course);
    if (closed == !bm_case_open(draft->row.state)) return BM_OK;
    uint16_t state = bm_course_state(draft->track, &draft->course, BM_REGION_HANDLING);
    _Static_assert((int)BM_OUTCOME_SOLVED == (int)BM_ENDING_SOLVED + 1 && (int)BM_OUTCOME_DEEMED == (int)BM_ENDING_DEEMED + 1,
                   "the words of both lists stand in one order");
    if (closed)
        move_case(draft, BM_CASE_CLOSED, (enum bm_outcome)(draft->procedure->states[state].ending + 1));
    else
        move_case(draft, BM_CASE_RECEIVED, BM_OUTCOME_NONE);
    return BM_OK;
}
