#include "core/audience.h"

#include "core/command.h"
#include "core/limits.h"

bool bm_scope_covers(const struct bm_scope *scope, uint64_t above, uint64_t agency) {
    for (int depth = 0; agency && depth < BM_AGENCY_DEPTH_MAX; depth++) {
        if (agency == above) return true;
        agency = scope->parent(scope->context, agency);
    }
    return false;
}

/* The areas a record lies in; 0 where it has fewer. */
struct areas {
    uint64_t in[3];
};

static struct areas areas_of(enum bm_table_kind table, const void *record) {
    switch (table) {
    case BM_T_ASSIGNMENT: {
        const struct bm_assignment *assignment = record;
        return (struct areas){{assignment->jurisdiction.v, assignment->unit_agency.v}};
    }
    case BM_T_PLACE:
        return (struct areas){{((const struct bm_place *)record)->jurisdiction.v}};
    case BM_T_UNIT:
        return (struct areas){{((const struct bm_unit *)record)->jurisdiction.v}};
    case BM_T_OPERATOR:
        return (struct areas){{((const struct bm_operator *)record)->jurisdiction.v}};
    case BM_T_CONTACT: {
        const struct bm_contact *contact = record;
        return (struct areas){{contact->jurisdiction.v, contact->case_area.v}};
    }
    case BM_T_CASE: {
        const struct bm_case *row = record;
        return (struct areas){{row->jurisdiction.v, row->with_agency.v, row->offered_to.v}};
    }
    case BM_T_MATTER: {
        const struct bm_matter *matter = record;
        return (struct areas){{matter->jurisdiction.v, matter->with_agency.v, matter->offered_to.v}};
    }
    case BM_T_PROMISE: {
        const struct bm_promise *promise = record;
        return (struct areas){{promise->jurisdiction.v, promise->with_agency.v, promise->offered_to.v}};
    }
    case BM_T_CLOCK:
        return (struct areas){{((const struct bm_clock *)record)->jurisdiction.v}};
    case BM_T_LINK:
        return (struct areas){{((const struct bm_link *)record)->jurisdiction.v}};
    case BM_T_FIGURE:
        return (struct areas){{((const struct bm_figure *)record)->jurisdiction.v}};
    case BM_T_RATING:
        return (struct areas){{((const struct bm_rating *)record)->jurisdiction.v}};
    case BM_T_DESK_POSITION:
        return (struct areas){{((const struct bm_desk_position *)record)->jurisdiction.v}};
    case BM_T_DEVICE:
        return (struct areas){{((const struct bm_device *)record)->jurisdiction.v}};
    case BM_T_CHECK_IN:
        return (struct areas){{((const struct bm_check_in *)record)->jurisdiction.v}};
    case BM_T_DURESS: {
        const struct bm_duress *duress = record;
        return (struct areas){{duress->jurisdiction.v, duress->case_area.v}};
    }
    case BM_T_AREA:
        return (struct areas){{((const struct bm_area_row *)record)->jurisdiction.v}};
    case BM_T_ALERT_CHANNEL:
        return (struct areas){{((const struct bm_alert_channel *)record)->jurisdiction.v}};
    case BM_T_STINT:
        return (struct areas){{((const struct bm_stint *)record)->jurisdiction.v}};
    case BM_T_DUTY_RULE:
        return (struct areas){{((const struct bm_duty_rule *)record)->jurisdiction.v}};
    case BM_T_HANDOVER:
        return (struct areas){{((const struct bm_handover *)record)->jurisdiction.v}};
    case BM_T_DUTY_LEVEL:
        return (struct areas){{((const struct bm_duty_level *)record)->jurisdiction.v}};
    case BM_T_STUB:
        return (struct areas){{((const struct bm_stub *)record)->jurisdiction.v}};
    case BM_T_AGENCY:
    case BM_T_CLASS:
    case BM_T_EDITION:
    case BM_T_BAND:
    case BM_T_REQUEST:
    case BM_table_kind_COUNT:
        break;
    }
    return (struct areas){{0}};
}

static bool covers_any(const struct bm_scope *scope, uint64_t above, struct areas areas) {
    for (int i = 0; i < 3; i++) {
        if (areas.in[i] && bm_scope_covers(scope, above, areas.in[i])) return true;
    }
    return false;
}

/* The case that a record is, or hangs on; 0: none. */
static uint64_t case_of(enum bm_table_kind table, const void *record) {
    switch (table) {
    case BM_T_CASE:
        return ((const struct bm_case *)record)->id.v;
    case BM_T_CONTACT:
        return ((const struct bm_contact *)record)->on_case.v;
    case BM_T_ASSIGNMENT:
        return ((const struct bm_assignment *)record)->on_case.v;
    case BM_T_CLOCK:
        return ((const struct bm_clock *)record)->on_case.v;
    case BM_T_LINK:
        return ((const struct bm_link *)record)->on_case.v;
    case BM_T_MATTER:
        return ((const struct bm_matter *)record)->id.v;
    case BM_T_PROMISE:
        return ((const struct bm_promise *)record)->on_case.v;
    case BM_T_DEVICE:
    case BM_T_CHECK_IN:
    case BM_T_DURESS:
    case BM_T_PLACE:
    case BM_T_UNIT:
    case BM_T_OPERATOR:
    case BM_T_FIGURE:
    case BM_T_RATING:
    case BM_T_DESK_POSITION:
    case BM_T_AREA:
    case BM_T_ALERT_CHANNEL:
    case BM_T_STINT:
    case BM_T_DUTY_RULE:
    case BM_T_HANDOVER:
    case BM_T_DUTY_LEVEL:
    case BM_T_STUB:
    case BM_T_AGENCY:
    case BM_T_CLASS:
    case BM_T_EDITION:
    case BM_T_BAND:
    case BM_T_REQUEST:
    case BM_table_kind_COUNT:
        break;
    }
    return 0;
}

/* What an officer sees: matters and colleagues, not incidents nor those who reported them. */
static bool officer_sees(enum bm_table_kind table, const void *record) {
    switch (table) {
    case BM_T_CASE:
        return !bm_case_is_incident(record);
    case BM_T_OPERATOR: /* whose number stands behind an act */
    case BM_T_MATTER:
    case BM_T_PROMISE:
    case BM_T_FIGURE:
    case BM_T_RATING:
    case BM_T_LINK:
    case BM_T_PLACE:
    case BM_T_AREA:
    case BM_T_STUB:
        return true;
    case BM_T_DEVICE:
    case BM_T_CHECK_IN:
    case BM_T_DURESS:
    case BM_T_UNIT:
    case BM_T_CONTACT:
    case BM_T_ASSIGNMENT:
    case BM_T_CLOCK:
    case BM_T_DESK_POSITION:
    case BM_T_STINT:
    case BM_T_DUTY_RULE:
    case BM_T_HANDOVER:
    case BM_T_DUTY_LEVEL:
    case BM_T_AGENCY:
    case BM_T_CLASS:
    case BM_T_EDITION:
    case BM_T_BAND:
    case BM_T_ALERT_CHANNEL:
    case BM_T_REQUEST:
    case BM_table_kind_COUNT:
        break;
    }
    return false;
}

/* What a crew sees: itself, its stints of duty, its assignments, its cases and what hangs on them. */
static bool crew_sees(const struct bm_viewer *viewer, const struct bm_scope *scope,
                      enum bm_table_kind table, const void *record) {
    if (viewer->unit == 0) return false;
    if (table == BM_T_UNIT) return ((const struct bm_unit *)record)->id.v == viewer->unit;
    if (table == BM_T_OPERATOR) return ((const struct bm_operator *)record)->id.v == viewer->operator_id;
    if (table == BM_T_ASSIGNMENT) return ((const struct bm_assignment *)record)->unit.v == viewer->unit;
    if (table == BM_T_CHECK_IN) return ((const struct bm_check_in *)record)->id.v == viewer->unit;
    if (table == BM_T_DURESS) return ((const struct bm_duress *)record)->unit.v == viewer->unit;
    if (table == BM_T_DEVICE) return false;
    if (table == BM_T_STINT) { /* who is with them, and their own roster */
        const struct bm_stint *stint = record;
        return stint->operator_id.v == viewer->operator_id || stint->unit.v == viewer->unit;
    }
    if (table == BM_T_PLACE || table == BM_T_AREA) return true;
    uint64_t on_case = case_of(table, record);
    return on_case && scope->unit_on_case(scope->context, viewer->unit, on_case);
}

/* What a machine sees: the units it speaks for, the places they stand at, the contacts it brings, where they ring,
 * itself. */
static bool machine_sees(const struct bm_viewer *viewer, const struct bm_scope *scope,
                         enum bm_table_kind table, const void *record) {
    if (table == BM_T_OPERATOR)
        return ((const struct bm_operator *)record)->id.v == viewer->operator_id;
    if (table != BM_T_UNIT && table != BM_T_PLACE && table != BM_T_CONTACT && table != BM_T_DESK_POSITION) return false;
    return covers_any(scope, viewer->jurisdiction, areas_of(table, record));
}

/* Closed roads are everybody's: they change everybody's travel times. */
static bool is_road_closure(enum bm_table_kind table, const void *record) {
    return table == BM_T_PLACE && ((const struct bm_place *)record)->kind == BM_PLACE_ROAD_CLOSURE;
}

bool bm_may_see(const struct bm_viewer *viewer, const struct bm_scope *scope,
                enum bm_table_kind table, const void *record) {
    if (viewer->operator_id == 0) return true;
    if (table == BM_T_REQUEST) return false;
    if (table == BM_T_AGENCY || table == BM_T_CLASS || table == BM_T_EDITION || table == BM_T_BAND)
        return true; /* the house */
    if (is_road_closure(table, record)) return true;
    /* Addresses of partners are for those who answer for them. */
    if (table == BM_T_ALERT_CHANNEL && !(viewer->roles & (BM_ADMINS | BM_HEADS))) return false;
    uint64_t on_case = case_of(table, record);
    bool covered = covers_any(scope, viewer->jurisdiction, areas_of(table, record)) ||
                   (on_case && scope->part_on_case(scope->context, viewer->jurisdiction, on_case));
    if (viewer->roles & ~(BM_BIT(BM_ROLE_UNIT) | BM_BIT(BM_ROLE_OFFICER) | BM_MACHINES)) return covered;
    return crew_sees(viewer, scope, table, record) ||
           ((viewer->roles & BM_MACHINES) && machine_sees(viewer, scope, table, record)) ||
           ((viewer->roles & BM_BIT(BM_ROLE_OFFICER)) && covered && officer_sees(table, record));
}

bool bm_may_open(const struct bm_viewer *viewer, const struct bm_scope *scope,
                 enum bm_table_kind table, const void *record) {
    if (!(viewer->roles & (BM_TAKERS | BM_BIT(BM_ROLE_UNIT) | BM_BIT(BM_ROLE_OFFICER)))) {
        /* An administrator sets up accounts, so sees operators' names, and nothing of any matter.
         */
        return table == BM_T_OPERATOR && (viewer->roles & BM_ADMINS) &&
               bm_may_see(viewer, scope, table, record);
    }
    return bm_may_see(viewer, scope, table, record);
}
