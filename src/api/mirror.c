#include "api/mirror.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/table.h"

struct agency_note {
    uint64_t parent;
};
struct operator_note {
    struct bm_viewer viewer;
    bool active;
};
struct case_note {
    struct bm_case_areas areas;
    uint64_t *parts; /* cases that are agencies' parts of it, once each: few */
    size_t part_count;
};
struct unit_on {
    uint64_t assignment, on_case;
};
struct unit_note {
    uint64_t area;
    struct unit_on *on; /* open assignments: few */
    size_t count, cap;
};

struct bm_mirror {
    pthread_rwlock_t lock;
    struct bm_table agencies, operators, units, cases;
    uint64_t seq; /* of the last frame that was taken */
};

static void *ensure(struct bm_table *table, uint64_t id) {
    void *note = bm_table_get(table, id);
    return note ? note : bm_table_add(table, id);
}

static void take_assignment(struct bm_mirror *mirror, uint64_t id,
                            const struct bm_assignment *row) {
    if (!row) return; /* archived: it was closed long before, and so is no longer listed */
    struct unit_note *unit = ensure(&mirror->units, row->unit.v);
    size_t at = 0;
    while (at < unit->count && unit->on[at].assignment != id) at++;
    bool open = row->state <= BM_AS_AT_DESTINATION;
    if (at < unit->count) {
        if (open)
            unit->on[at].on_case = row->on_case.v;
        else
            unit->on[at] = unit->on[--unit->count];
    } else if (open) {
        if (unit->count == unit->cap) {
            unit->cap = unit->cap ? unit->cap * 2 : 4;
            unit->on = bm_realloc(unit->on, unit->cap * sizeof *unit->on);
        }
        unit->on[unit->count++] = (struct unit_on){id, row->on_case.v};
    }
}

static void drop_part(struct case_note *incident, uint64_t part) {
    for (size_t i = 0; incident && i < incident->part_count; i++) {
        if (incident->parts[i] == part) incident->parts[i--] = incident->parts[--incident->part_count];
    }
}

static void add_part(struct case_note *incident, uint64_t part) {
    incident->parts = bm_realloc(incident->parts, (incident->part_count + 1) * sizeof *incident->parts);
    incident->parts[incident->part_count++] = part;
}

/* Parts go along when incidents are merged.  One that is archived is not found among the cases any more. */
static void take_case(struct bm_mirror *mirror, uint64_t id, const struct bm_case *row) {
    struct case_note *note = ensure(&mirror->cases, id);
    uint64_t former = note->areas.part_of;
    note->areas = (struct bm_case_areas){row->jurisdiction.v, row->with_agency.v, row->offered_to.v, row->part_of.v, row->closed_at_ms == BM_AT_NONE};
    if (former == row->part_of.v) return;
    if (former) drop_part(bm_table_get(&mirror->cases, former), id);
    if (row->part_of.v) add_part(ensure(&mirror->cases, row->part_of.v), id);
}

static enum bm_rights take_row(struct bm_mirror *mirror, enum bm_table_kind table, uint64_t id,
                               const void *record) {
    if (table == BM_T_AGENCY && record) {
        bool known = bm_table_get(&mirror->agencies, id) != NULL;
        struct agency_note *note = ensure(&mirror->agencies, id);
        uint64_t before = note->parent;
        note->parent = ((const struct bm_agency *)record)->parent.v;
        return known && before != note->parent ? BM_RIGHTS_TREE : BM_RIGHTS_SAME;
    }
    if (table == BM_T_OPERATOR && record) {
        const struct bm_operator *row = record;
        struct operator_note *note = ensure(&mirror->operators, id);
        note->active = row->active;
        note->viewer = (struct bm_viewer){id, row->roles, row->jurisdiction.v, row->unit.v};
        return BM_RIGHTS_OPERATOR;
    }
    if (table == BM_T_ASSIGNMENT) take_assignment(mirror, id, record);
    if (table == BM_T_UNIT && record)
        ((struct unit_note *)ensure(&mirror->units, id))->area = ((const struct bm_unit *)record)->jurisdiction.v;
    if (table == BM_T_CASE && record) {
        take_case(mirror, id, record);
    } else if (table == BM_T_CASE && bm_table_get(&mirror->cases, id)) {
        bm_free(((struct case_note *)bm_table_get(&mirror->cases, id))->parts);
        bm_table_remove(&mirror->cases, id);
    }
    return BM_RIGHTS_SAME;
}

struct filling {
    struct bm_mirror *mirror;
    enum bm_table_kind table;
};

static bool fill(void *context, const void *record) {
    struct filling *filling = context;
    uint64_t id;
    memcpy(&id, record, sizeof id); /* every record begins with its id */
    take_row(filling->mirror, filling->table, id, record);
    return true;
}

enum bm_code bm_mirror_new(struct bm_reader *reader, struct bm_mirror **ret_mirror,
                           struct bm_fault *fault) {
    static const enum bm_table_kind tables[] = {BM_T_AGENCY, BM_T_OPERATOR, BM_T_UNIT, BM_T_ASSIGNMENT,
                                                BM_T_CASE};
    struct bm_mirror *mirror = bm_alloc_zero(1, sizeof *mirror);
    pthread_rwlock_init(&mirror->lock, NULL);
    mirror->agencies = bm_table_make(sizeof(struct agency_note));
    mirror->operators = bm_table_make(sizeof(struct operator_note));
    mirror->units = bm_table_make(sizeof(struct unit_note));
    mirror->cases = bm_table_make(sizeof(struct case_note));
    enum bm_code code = bm_reader_begin(reader, &mirror->seq, fault);
    bool begun = !code;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && !code; i++) {
        struct filling filling = {mirror, tables[i]};
        struct bm_query query = {.table = tables[i], .open_only = true};
        code = bm_reader_records(reader, &query, fill, &filling, fault);
    }
    if (begun) bm_reader_end(reader);
    if (code)
        bm_mirror_free(mirror);
    else
        *ret_mirror = mirror;
    return code;
}

void bm_mirror_free(struct bm_mirror *mirror) {
    if (!mirror) return;
    BM_TABLE_EACH(&mirror->units, id) {
        bm_free(((struct unit_note *)bm_table_get(&mirror->units, id))->on);
    }
    BM_TABLE_EACH(&mirror->cases, id) bm_free(((struct case_note *)bm_table_get(&mirror->cases, id))->parts);
    bm_table_free(&mirror->agencies);
    bm_table_free(&mirror->operators);
    bm_table_free(&mirror->units);
    bm_table_free(&mirror->cases);
    pthread_rwlock_destroy(&mirror->lock);
    bm_free(mirror);
}

enum bm_rights bm_mirror_take(struct bm_mirror *mirror, const struct bm_frame *frame) {
    enum bm_rights rights = BM_RIGHTS_SAME;
    if (frame->seq <= mirror->seq) return rights; /* committed before it filled itself */
    pthread_rwlock_wrlock(&mirror->lock);
    mirror->seq = frame->seq;
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        enum bm_rights change = take_row(mirror, row->table, row->id, row->record);
        if (change > rights) rights = change;
    }
    pthread_rwlock_unlock(&mirror->lock);
    return rights;
}

struct bm_case_areas bm_mirror_case_areas(struct bm_mirror *mirror, uint64_t case_id) {
    struct bm_case_areas areas = {0};
    pthread_rwlock_rdlock(&mirror->lock);
    const struct case_note *note = bm_table_get(&mirror->cases, case_id);
    if (note) areas = note->areas;
    pthread_rwlock_unlock(&mirror->lock);
    return areas;
}

uint64_t bm_mirror_area(struct bm_mirror *mirror, enum bm_table_kind table, uint64_t id) {
    uint64_t area = 0;
    pthread_rwlock_rdlock(&mirror->lock);
    const struct unit_note *unit = table == BM_T_UNIT ? bm_table_get(&mirror->units, id) : NULL;
    const struct operator_note *person = table == BM_T_OPERATOR ? bm_table_get(&mirror->operators, id) : NULL;
    if (unit) area = unit->area;
    if (person) area = person->viewer.jurisdiction;
    pthread_rwlock_unlock(&mirror->lock);
    return area;
}

uint64_t bm_mirror_assignment_case(struct bm_mirror *mirror, uint64_t unit, uint64_t assignment) {
    uint64_t on_case = 0;
    pthread_rwlock_rdlock(&mirror->lock);
    const struct unit_note *note = bm_table_get(&mirror->units, unit);
    for (size_t i = 0; note && i < note->count; i++) {
        if (note->on[i].assignment == assignment) on_case = note->on[i].on_case;
    }
    pthread_rwlock_unlock(&mirror->lock);
    return on_case;
}

static uint64_t parent_of(const void *context, uint64_t agency) {
    const struct agency_note *note = bm_table_get(&((const struct bm_mirror *)context)->agencies,
                                                  agency);
    return note ? note->parent : 0;
}

bool bm_mirror_sees_all(struct bm_mirror *mirror, const struct bm_viewer *viewer) {
    bool wide = viewer->roles & ~(BM_BIT(BM_ROLE_UNIT) | BM_BIT(BM_ROLE_OFFICER) | BM_MACHINES);
    pthread_rwlock_rdlock(&mirror->lock);
    bool top = bm_table_get(&mirror->agencies, viewer->jurisdiction) && !parent_of(mirror, viewer->jurisdiction);
    pthread_rwlock_unlock(&mirror->lock);
    return wide && top;
}

static bool unit_on_case(const void *context, uint64_t unit, uint64_t case_id) {
    const struct unit_note *note = bm_table_get(&((const struct bm_mirror *)context)->units, unit);
    for (size_t i = 0; note && i < note->count; i++) {
        if (note->on[i].on_case == case_id) return true;
    }
    return false;
}

static bool is_part_of(const struct bm_mirror *mirror, uint64_t above, const struct bm_case_areas *part) {
    const struct bm_scope scope = {parent_of, unit_on_case, NULL, mirror};
    return part->open && ((part->with_agency && bm_scope_covers(&scope, above, part->with_agency)) ||
                          (part->offered_to && bm_scope_covers(&scope, above, part->offered_to)));
}

bool bm_mirror_by_part(struct bm_mirror *mirror, const struct bm_viewer *viewer, const struct bm_case_areas *part) {
    pthread_rwlock_rdlock(&mirror->lock);
    bool by_part = is_part_of(mirror, viewer->jurisdiction, part);
    pthread_rwlock_unlock(&mirror->lock);
    return by_part;
}

static bool part_on_case(const void *context, uint64_t above, uint64_t case_id) {
    const struct bm_mirror *mirror = context;
    const struct case_note *incident = bm_table_get(&mirror->cases, case_id);
    for (size_t i = 0; incident && i < incident->part_count; i++) {
        const struct case_note *part = bm_table_get(&mirror->cases, incident->parts[i]);
        if (part && is_part_of(mirror, above, &part->areas)) return true;
    }
    return false;
}

bool bm_mirror_viewer(struct bm_mirror *mirror, uint64_t operator_id,
                      struct bm_viewer *ret_viewer) {
    pthread_rwlock_rdlock(&mirror->lock);
    const struct operator_note *note = bm_table_get(&mirror->operators, operator_id);
    bool active = note && note->active;
    if (active) *ret_viewer = note->viewer;
    pthread_rwlock_unlock(&mirror->lock);
    return active;
}

uint64_t bm_mirror_seq(struct bm_mirror *mirror) {
    pthread_rwlock_rdlock(&mirror->lock);
    uint64_t seq = mirror->seq;
    pthread_rwlock_unlock(&mirror->lock);
    return seq;
}

typedef bool may_fn(const struct bm_viewer *, const struct bm_scope *, enum bm_table_kind,
                    const void *);

static bool ask(struct bm_mirror *mirror, may_fn *may, const struct bm_viewer *viewer,
                enum bm_table_kind table, const void *record) {
    struct bm_scope scope = {parent_of, unit_on_case, part_on_case, mirror};
    pthread_rwlock_rdlock(&mirror->lock);
    bool answer = may(viewer, &scope, table, record);
    pthread_rwlock_unlock(&mirror->lock);
    return answer;
}

bool bm_mirror_may_see(struct bm_mirror *mirror, const struct bm_viewer *viewer,
                       enum bm_table_kind table, const void *record) {
    return ask(mirror, bm_may_see, viewer, table, record);
}

bool bm_mirror_may_open(struct bm_mirror *mirror, const struct bm_viewer *viewer,
                        enum bm_table_kind table, const void *record) {
    return ask(mirror, bm_may_open, viewer, table, record);
}

uint32_t bm_mirror_posts(struct bm_mirror *mirror, const struct bm_procedure *procedure, const char *posts,
                         const struct bm_viewer *viewer, const struct bm_matter *matter) {
    struct bm_scope scope = {parent_of, unit_on_case, part_on_case, mirror};
    pthread_rwlock_rdlock(&mirror->lock);
    uint32_t roles = bm_posts_roles(procedure, posts, viewer, &scope, matter);
    pthread_rwlock_unlock(&mirror->lock);
    return roles;
}

bool bm_mirror_could(struct bm_mirror *mirror, const struct bm_procedure *procedure, const struct bm_operator *person,
                     const struct bm_case *row, const struct bm_matter *matter, const struct bm_course *course,
                     const struct bm_row_def *step) {
    struct bm_scope scope = {parent_of, unit_on_case, part_on_case, mirror};
    pthread_rwlock_rdlock(&mirror->lock);
    bool could = bm_posts_could(procedure, person, &scope, row, matter, course, step);
    pthread_rwlock_unlock(&mirror->lock);
    return could;
}

struct bm_above bm_mirror_above(struct bm_mirror *mirror, uint64_t area) {
    struct bm_scope scope = {parent_of, unit_on_case, part_on_case, mirror};
    pthread_rwlock_rdlock(&mirror->lock);
    struct bm_above above = bm_above_of(&scope, area);
    pthread_rwlock_unlock(&mirror->lock);
    return above;
}
