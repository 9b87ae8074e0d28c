/* What is published for the whole desk: classes, procedures, calendars.  Checked here, whoever checked before. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/time.h"
#include "core/incident.h"
#include "core/matter.h"
#include "core/plan.h"
#include "core/posts.h"
#include "procedure/additions.h"
#include "procedure/canonical.h"
#include "procedure/check.h"

/* --- classes ---------------------------------------------------------------------------------- */

static enum bm_code check_budgets(struct bm_deciding *deciding, const struct bm_class *class) {
    const int64_t budgets[] = {class->dispatch_ms, class->acknowledge_ms, class->arrive_ms,
                               class->report_back_ms, class->close_ms};
    static const char *const names[] = {"dispatch_ms", "acknowledge_ms", "arrive_ms",
                                        "report_back_ms", "close_ms"};
    for (int i = 0; i < 5; i++) {
        if (budgets[i] >= BM_BUDGET_LEAST_MS && budgets[i] <= BM_BUDGET_MOST_MS) continue;
        return bm_refuse(deciding, BM_OUT_OF_RANGE, names[i],
                         "Class \"%s\": \"%s\" must lie between 1 second and 400 days, in ms; "
                         "no open case may be without a running clock.",
                         class->code, names[i]);
    }
    if (!class->code[0] || class->priority < 1) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "code",
                         "Every class needs a code and a priority 1..5.");
    }
    return BM_OK;
}

static enum bm_code check_plan(struct bm_deciding *deciding, const struct bm_class *class) {
    struct bm_plan plan;
    struct bm_fault fault;
    if (bm_plan_read(class->plan, &plan, &fault) == BM_OK) return BM_OK;
    return bm_refuse(deciding, fault.code, fault.field, "Class \"%s\": %s", class->code,
                     fault.detail);
}

static enum bm_code check_classes(struct bm_deciding *deciding, const json_t *classes) {
    size_t count = json_array_size(classes);
    if (count == 0 || count > BM_CLASSES_MAX) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "classes", "Send 1 to %u classes.",
                         BM_CLASSES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        struct bm_class class;
        enum bm_code code = bm_shape_read_json(bm_table_shape(BM_T_CLASS),
                                               json_array_get(classes, i), &class, NULL,
                                               &deciding->decision->fault);
        if (!code) code = check_budgets(deciding, &class);
        if (!code) code = check_plan(deciding, &class);
        if (code) return code;
        for (size_t j = 0; j < i; j++) {
            const char *other = json_string_value(
                json_object_get(json_array_get(classes, j), "code"));
            if (strcmp(other, class.code) == 0) {
                return bm_refuse(deciding, BM_EXISTS, "code", "Class \"%s\" stands there twice.",
                                 class.code);
            }
        }
    }
    return BM_OK;
}

static enum bm_code publish_classes(struct bm_deciding *deciding) {
    const struct bm_do_publish *args = &deciding->command->publish;
    json_t *content;
    enum bm_code code = bm_json_parse(args->content.bytes, args->content.len, &content,
                                      &deciding->decision->fault);
    if (code) return code;
    const char *name;
    json_t *ignored;
    json_object_foreach(content, name, ignored) {
        if (strcmp(name, "classes") == 0) continue;
        code = bm_refuse(deciding, BM_UNKNOWN_FIELD, name,
                         "\"%.40s\" is not known here; send \"classes\".", name);
        json_decref(content);
        return code;
    }
    code = check_classes(deciding, json_object_get(content, "classes"));
    /* Canonical: sorted members, no white space, so that the same content has the same hash. */
    char *canonical = code ? NULL : json_dumps(content, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(content);
    if (!canonical) return code;
    uint8_t hash[BM_HASH_BYTES];
    bm_hash_of(canonical, strlen(canonical), hash, sizeof hash);
    struct bm_event *event = bm_emit(deciding, BM_EV_PUBLISHED, BM_SUBJECT_DESK, 0);
    memcpy(event->published.what, args->what, sizeof args->what);
    bm_hex(hash, sizeof hash, event->published.hash);
    event->published.content = bm_bytes_copy(canonical, strlen(canonical));
    free(canonical);
    bm_result(deciding, BM_T_CLASS, 0);
    return BM_OK;
}

/* --- editions --------------------------------------------------------------------------------- */

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static void set_text(char *to, size_t cap, const char *from) {
    size_t len = from ? strnlen(from, cap - 1) : 0;
    while (from && len && ((unsigned char)from[len] & 0xc0) == 0x80) len--; /* not within a character */
    if (len) memcpy(to, from, len);
}
#define SET_TEXT(to, from) set_text(to, sizeof(to), from)

/* The edition that is in force under a name for an agency (0: for all), NULL: none; *ret_names counts all such of that kind. */
static const struct bm_edition *current(const struct bm_core *core, enum bm_edition_kind kind, const char *name, uint64_t agency,
                                        size_t *ret_names) {
    const struct bm_edition *found = NULL;
    *ret_names = 0;
    BM_TABLE_EACH(&core->tables[BM_T_EDITION], id) {
        const struct bm_edition *edition = bm_state_need(core, BM_T_EDITION, id);
        if (edition->kind != kind || !edition->current || !edition->jurisdiction.v != !agency) continue;
        ++*ret_names;
        if (edition->jurisdiction.v == agency && strcmp(edition->name, name) == 0) found = edition;
    }
    return found;
}

/* Whether another edition of that name may follow. */
static enum bm_code check_edition(struct bm_deciding *deciding, enum bm_edition_kind kind, const char *name,
                                  uint32_t version, const struct bm_edition **ret_former) {
    size_t names, most = deciding->command->publish.jurisdiction.v ? BM_ADDITIONS_MAX : BM_EDITION_NAMES_MAX;
    const struct bm_edition *former = current(deciding->core, kind, name, deciding->command->publish.jurisdiction.v, &names);
    const char *field = kind == BM_EDITION_CALENDAR ? "edition" : "version";
    *ret_former = former;
    if (former && version <= former->version)
        return bm_refuse(deciding, BM_CONFLICT, field, "\"%s\" is published as %s %u; give this one a higher number.", name,
                         field, former->version);
    if (strlen(name) >= BM_NAMED_TEXT)
        return bm_refuse(deciding, BM_TOO_LONG, "name", "A name has %d bytes at most.", BM_NAMED_TEXT - 1);
    if (!former && names >= most)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "name", "More than %zu of a kind are not published.", most);
    if (deciding->core->tables[BM_T_EDITION].count >= BM_EDITIONS_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "content", "More than %u editions are not kept.", BM_EDITIONS_MAX);
    return BM_OK;
}

static struct bm_ev_published *emit_edition(struct bm_deciding *deciding, const void *bytes, size_t len) {
    uint8_t hash[BM_HASH_BYTES];
    struct bm_event *event = bm_emit(deciding, BM_EV_PUBLISHED, BM_SUBJECT_DESK, 0);
    struct bm_ev_published *ev = &event->published;
    bm_hash_of(bytes, len, hash, sizeof hash);
    memcpy(ev->what, deciding->command->publish.what, sizeof ev->what);
    bm_hex(hash, sizeof hash, ev->hash);
    ev->content = bm_bytes_copy(bytes, len);
    ev->edition.v = bm_new_id(deciding, BM_T_EDITION);
    ev->jurisdiction = deciding->command->publish.jurisdiction;
    bm_result(deciding, BM_T_EDITION, ev->edition.v);
    return ev;
}

static enum bm_code first_finding(struct bm_deciding *deciding, const struct bm_findings *findings) {
    for (size_t i = 0; i < findings->count; i++) {
        const struct bm_file_finding *finding = &findings->items[i];
        if (finding->warning) continue;
        return bm_refuse(deciding, BM_BAD_FILE, finding->where[0] ? finding->where : "content",
                         "Line %u, column %u, check %u: %s", finding->at.line, finding->at.column, finding->check,
                         finding->detail);
    }
    BM_NEVER("a file with errors and without a finding");
}

/* How far each calendar is announced, for the check of the longest path. */
static enum bm_code covers(struct bm_deciding *deciding, struct bm_check_calendar ret_covers[BM_EDITION_NAMES_MAX],
                           uint32_t *ret_count) {
    const struct bm_core *core = deciding->core;
    *ret_count = 0;
    BM_TABLE_EACH(&core->tables[BM_T_EDITION], id) {
        const struct bm_edition *edition = bm_state_need(core, BM_T_EDITION, id);
        const struct bm_calendar *calendar;
        if (edition->kind != BM_EDITION_CALENDAR || !edition->current || edition->jurisdiction.v) continue;
        enum bm_code code = bm_library_calendar(core->library, edition->hash, edition->content.bytes, edition->content.len,
                                                &calendar, &deciding->decision->fault);
        if (code) return code;
        struct bm_check_calendar *cover = &ret_covers[(*ret_count)++];
        cover->name = edition->name;
        bm_calendar_cover(calendar, &cover->covers_from, &cover->covers_to);
    }
    return BM_OK;
}

/* What is opened out of a matter must be there to be opened. */
static enum bm_code check_children(struct bm_deciding *deciding, const struct bm_procedure *procedure) {
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        for (uint32_t e = 0; e < row->effect_count; e++) {
            const struct bm_effect_def *effect = &row->effects[e];
            size_t names;
            if (effect->effect != BM_EFFECT_OPEN_CHILD) continue;
            bool incident = strcmp(effect->text, BM_EMERGENCY) == 0;
            if (incident && (row->by & 1))
                return bm_refuse(deciding, BM_BAD_FILE, procedure->events[row->event].name,
                                 "Line %u: the engine opens no incident, for nobody would have named its class; let a person do it.",
                                 row->at.line);
            if (incident || strcmp(effect->text, procedure->name) == 0 ||
                current(deciding->core, BM_EDITION_PROCEDURE, effect->text, 0, &names))
                continue;
            return bm_refuse(deciding, BM_BAD_FILE, procedure->events[row->event].name,
                             "Line %u: it opens a case under \"%s\", which is not published; publish that first.",
                             effect->at.line, effect->text);
        }
    }
    return BM_OK;
}

static enum bm_code check_procedure(struct bm_deciding *deciding, const struct bm_procedure *procedure,
                                    struct bm_findings *findings) {
    struct bm_check_calendar calendars[BM_EDITION_NAMES_MAX];
    struct bm_check_options options = {.calendars = calendars, .today = (int32_t)(deciding->now_ms / DAY_MS)};
    struct bm_check_result result;
    const struct bm_edition *former;
    const struct bm_track *track;
    enum bm_code code = check_edition(deciding, BM_EDITION_PROCEDURE, procedure->name, procedure->version, &former);
    if (!code) code = covers(deciding, calendars, &options.calendar_count);
    if (!code && former)
        code = bm_library_track(deciding->core->library, former->hash, former->content.bytes, former->content.len, &track,
                                &deciding->decision->fault);
    if (code) return code;
    /* No incident goes by an edition that only described them. */
    if (former && (strcmp(former->name, BM_EMERGENCY) != 0 || bm_incident_is_edition(former))) options.former = bm_track_procedure(track);
    bm_check_procedure(procedure, &options, findings, &result);
    if (findings->errors) return first_finding(deciding, findings);
    code = strcmp(procedure->name, BM_EMERGENCY) == 0 ? bm_incident_check(deciding, procedure) : BM_OK;
    return code ? code : check_children(deciding, procedure);
}

static enum bm_code publish_procedure(struct bm_deciding *deciding) {
    const struct bm_bytes *content = &deciding->command->publish.content;
    struct bm_fault *fault = &deciding->decision->fault;
    struct bm_findings findings = {.count = 0};
    struct bm_procedure *procedure = NULL;
    struct bm_yaml *tree = NULL;
    struct bm_buf canonical = bm_buf_make(2 * BM_YAML_BYTES_MAX);
    enum bm_code code = bm_yaml_read(content->bytes, content->len, &findings, &tree);
    if (!code) code = bm_procedure_of(bm_yaml_root(tree), &findings, &procedure);
    if (code) code = first_finding(deciding, &findings);
    if (!code) code = check_procedure(deciding, procedure, &findings);
    if (!code) {
        const struct bm_track *track;
        bm_canonical_write(bm_yaml_root(tree), &canonical);
        if (canonical.overflow || canonical.len > BM_YAML_BYTES_MAX)
            code = bm_refuse(deciding, BM_TOO_LONG, "content", "The file is too long.");
        char hex[BM_HASH_TEXT];
        uint8_t hash[BM_HASH_BYTES];
        bm_hash_of(canonical.bytes, canonical.len, hash, sizeof hash);
        bm_hex(hash, sizeof hash, hex);
        /* It must also make a chart: what runs it says so. */
        if (!code) code = bm_library_track(deciding->core->library, hex, canonical.bytes, canonical.len, &track, fault);
    }
    if (!code) {
        struct bm_ev_published *ev = emit_edition(deciding, canonical.bytes, canonical.len);
        SET_TEXT(ev->name, procedure->name);
        ev->version = procedure->version;
        SET_TEXT(ev->title_en, procedure->title.in[BM_EN]);
        SET_TEXT(ev->title_hans, procedure->title.in[BM_ZH_HANS]);
        SET_TEXT(ev->title_hant, procedure->title.in[BM_ZH_HANT]);
        ev->example = procedure->example;
    }
    bm_procedure_free(procedure);
    bm_yaml_free(tree);
    bm_buf_free(&canonical);
    return code;
}

/* Every agency's additions must fit over the calendar as it is now. */
static enum bm_code check_additions(struct bm_deciding *deciding, const struct bm_edition *base) {
    const struct bm_edition *editions[BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX];
    size_t count = bm_matter_almanac(deciding->core, editions);
    for (size_t i = 0; i < count; i++) {
        uint64_t agency = editions[i]->jurisdiction.v;
        const struct bm_calendar *calendar;
        if (!agency || strcmp(editions[i]->name, base->name) != 0) continue;
        struct bm_above above = bm_above_of(&deciding->scope, agency);
        enum bm_code code = bm_calendar_over(deciding->core->library, base, editions, count, &above, 0, &calendar, &deciding->decision->fault);
        if (code) return code;
    }
    return BM_OK;
}

/* What an agency adds must change something over what holds there without it. */
static enum bm_code judge_additions(struct bm_deciding *deciding, const struct bm_calendar_file *file) {
    const struct bm_edition *editions[BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX], *former;
    const char *name = bm_calendar_file_plan(file)->name;
    uint64_t agency = deciding->command->publish.jurisdiction.v;
    const struct bm_calendar *without;
    size_t names;
    const struct bm_edition *base = current(deciding->core, BM_EDITION_CALENDAR, name, 0, &names);
    if (!base)
        return bm_refuse(deciding, BM_BAD_FILE, "additions_to", "No calendar \"%.48s\" is published; publish that first.", name);
    enum bm_code code = check_edition(deciding, BM_EDITION_CALENDAR, name, bm_calendar_file_plan(file)->edition, &former);
    if (code) return code;
    size_t count = bm_matter_almanac(deciding->core, editions);
    struct bm_above above = bm_above_of(&deciding->scope, agency);
    code = bm_calendar_over(deciding->core->library, base, editions, count, &above, agency, &without, &deciding->decision->fault);
    return code ? code : bm_additions_judge(file, without, &deciding->decision->fault);
}

/* With it every area that it reaches must have a calendar still: at most so many lie over each other. */
static enum bm_code check_reach(struct bm_deciding *deciding, const struct bm_edition *fresh) {
    const struct bm_edition *editions[BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX + 1];
    size_t count = bm_matter_almanac(deciding->core, editions), kept = 0, names;
    const struct bm_edition *base = current(deciding->core, BM_EDITION_CALENDAR, fresh->name, 0, &names);
    for (size_t i = 0; i < count; i++) {
        bool former = editions[i]->jurisdiction.v == fresh->jurisdiction.v && strcmp(editions[i]->name, fresh->name) == 0;
        if (!former) editions[kept++] = editions[i];
    }
    editions[kept++] = fresh;
    for (size_t i = 0; i < kept; i++) {
        struct bm_above above = bm_above_of(&deciding->scope, editions[i]->jurisdiction.v);
        const struct bm_calendar *calendar;
        bool below = editions[i]->jurisdiction.v && strcmp(editions[i]->name, fresh->name) == 0 &&
                     bm_scope_covers(&deciding->scope, fresh->jurisdiction.v, editions[i]->jurisdiction.v);
        enum bm_code code = below ? bm_calendar_over(deciding->core->library, base, editions, kept, &above, 0, &calendar,
                                                     &deciding->decision->fault)
                                  : BM_OK;
        if (code) return code;
    }
    return BM_OK;
}

static enum bm_code publish_additions(struct bm_deciding *deciding) {
    const struct bm_bytes *content = &deciding->command->publish.content;
    const void *agency;
    struct bm_calendar_file *file;
    uint8_t hash[BM_HASH_BYTES];
    enum bm_code code = bm_visible(deciding, BM_T_AGENCY, deciding->command->publish.jurisdiction.v, "jurisdiction", &agency);
    if (!code && deciding->actor &&
        !bm_scope_covers(&deciding->scope, deciding->viewer.jurisdiction, deciding->command->publish.jurisdiction.v))
        code = bm_refuse(deciding, BM_FORBIDDEN, "jurisdiction", "That agency is not yours, nor below yours.");
    if (!code) code = bm_calendar_unpacked(content->bytes, content->len, &file, &deciding->decision->fault);
    if (code) return code;
    const struct bm_calendar_plan *plan = bm_calendar_file_plan(file);
    struct bm_edition fresh = {.jurisdiction = deciding->command->publish.jurisdiction, .content = *content};
    SET_TEXT(fresh.name, plan->name);
    bm_hash_of(content->bytes, content->len, hash, sizeof hash);
    bm_hex(hash, sizeof hash, fresh.hash);
    if (!bm_calendar_file_adds(file))
        code = bm_refuse(deciding, BM_BAD_FILE, "jurisdiction",
                         "This is a calendar of its own, for the whole desk: publish it without an area, or begin it with additions_to.");
    if (!code) code = judge_additions(deciding, file);
    if (!code) code = check_reach(deciding, &fresh);
    if (!code) {
        struct bm_ev_published *ev = emit_edition(deciding, content->bytes, content->len);
        SET_TEXT(ev->name, plan->name);
        ev->version = plan->edition;
        SET_TEXT(ev->title_en, bm_calendar_file_title(file));
        SET_TEXT(ev->title_hans, bm_calendar_file_title(file));
        SET_TEXT(ev->title_hant, bm_calendar_file_title(file));
    }
    bm_calendar_file_free(file);
    return code;
}

static enum bm_code publish_calendar(struct bm_deciding *deciding) {
    const struct bm_bytes *content = &deciding->command->publish.content;
    const struct bm_calendar *calendar;
    const struct bm_edition *former;
    char hex[BM_HASH_TEXT];
    uint8_t hash[BM_HASH_BYTES];
    if (deciding->command->publish.jurisdiction.v) return publish_additions(deciding);
    bm_hash_of(content->bytes, content->len, hash, sizeof hash);
    bm_hex(hash, sizeof hash, hex);
    enum bm_code code = bm_library_calendar(deciding->core->library, hex, content->bytes, content->len, &calendar,
                                            &deciding->decision->fault);
    if (!code)
        code = check_edition(deciding, BM_EDITION_CALENDAR, bm_calendar_name(calendar), bm_calendar_edition(calendar), &former);
    if (code) return code;
    struct bm_edition base = {.content = *content};
    SET_TEXT(base.name, bm_calendar_name(calendar));
    memcpy(base.hash, hex, sizeof base.hash);
    code = check_additions(deciding, &base);
    if (code) return code;
    struct bm_ev_published *ev = emit_edition(deciding, content->bytes, content->len);
    SET_TEXT(ev->name, bm_calendar_name(calendar));
    ev->version = bm_calendar_edition(calendar);
    SET_TEXT(ev->title_en, bm_calendar_name(calendar));
    SET_TEXT(ev->title_hans, bm_calendar_name(calendar));
    SET_TEXT(ev->title_hant, bm_calendar_name(calendar));
    return BM_OK;
}

/* What the library cannot read is the publisher's to mend. */
static enum bm_code unread(struct bm_deciding *deciding, enum bm_code code) {
    struct bm_fault *fault = &deciding->decision->fault;
    bool file = code == BM_BAD_FORMAT || code == BM_CORRUPT || code == BM_BAD_JSON;
    if (file) fault->code = BM_BAD_FILE;
    return file ? BM_BAD_FILE : code;
}

enum bm_code bm_decide_publish(struct bm_deciding *deciding) {
    const char *what = deciding->command->publish.what;
    if (strcmp(what, "procedure") != 0 && strcmp(what, "calendar") != 0 && strcmp(what, "classes") != 0)
        return bm_refuse(deciding, BM_UNKNOWN_WORD, "what", "\"what\" must be one of: classes, procedure, calendar.");
    if (deciding->command->publish.jurisdiction.v && strcmp(what, "calendar") != 0)
        return bm_refuse(deciding, BM_CONFLICT, "jurisdiction", "Only additions to a calendar are for one area.");
    /* What else is published holds for the whole desk, so for every area. */
    if (!deciding->command->publish.jurisdiction.v && deciding->actor && deciding->scope.parent(deciding->scope.context, deciding->viewer.jurisdiction))
        return bm_refuse(deciding, BM_FORBIDDEN, NULL,
                         "What is published holds for the whole desk: ask an administrator of the agency that stands above all.");
    if (strcmp(what, "procedure") == 0) return unread(deciding, publish_procedure(deciding));
    if (strcmp(what, "calendar") == 0) return unread(deciding, publish_calendar(deciding));
    return publish_classes(deciding);
}
