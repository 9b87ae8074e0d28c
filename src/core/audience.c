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

/* The area a record lies in; *ret_also is a second one for assignments and contacts. */
static uint64_t area_of(enum bm_table_kind table, const void *record, uint64_t *ret_also) {
    *ret_also = 0;
    switch (table) {
    case BM_T_ASSIGNMENT:
        *ret_also = ((const struct bm_assignment *)record)->unit_agency.v;
        return ((const struct bm_assignment *)record)->jurisdiction.v;
    case BM_T_PLACE:
        return ((const struct bm_place *)record)->jurisdiction.v;
    case BM_T_UNIT:
        return ((const struct bm_unit *)record)->jurisdiction.v;
    case BM_T_OPERATOR:
        return ((const struct bm_operator *)record)->jurisdiction.v;
    case BM_T_CONTACT:
        *ret_also = ((const struct bm_contact *)record)->case_area.v;
        return ((const struct bm_contact *)record)->jurisdiction.v;
    case BM_T_CASE:
        return ((const struct bm_case *)record)->jurisdiction.v;
    case BM_T_CLOCK:
        return ((const struct bm_clock *)record)->jurisdiction.v;
    case BM_T_LINK:
        return ((const struct bm_link *)record)->jurisdiction.v;
    case BM_T_STUB:
        return ((const struct bm_stub *)record)->jurisdiction.v;
    case BM_T_AGENCY:
    case BM_T_CLASS:
    case BM_T_REQUEST:
    case BM_table_kind_COUNT:
        return 0;
    }
    return 0;
}

/* What a crew sees: itself, its assignments, its cases and what hangs on them. */
static bool crew_sees(const struct bm_viewer *viewer, const struct bm_scope *scope,
                      enum bm_table_kind table, const void *record) {
    uint64_t on_case = 0;
    if (viewer->unit == 0) return false;
    switch (table) {
    case BM_T_UNIT:
        return ((const struct bm_unit *)record)->id.v == viewer->unit;
    case BM_T_OPERATOR:
        return ((const struct bm_operator *)record)->id.v == viewer->operator_id;
    case BM_T_ASSIGNMENT:
        return ((const struct bm_assignment *)record)->unit.v == viewer->unit;
    case BM_T_CASE:
        on_case = ((const struct bm_case *)record)->id.v;
        break;
    case BM_T_CONTACT:
        on_case = ((const struct bm_contact *)record)->on_case.v;
        break;
    case BM_T_CLOCK:
        on_case = ((const struct bm_clock *)record)->on_case.v;
        break;
    case BM_T_LINK:
        on_case = ((const struct bm_link *)record)->on_case.v;
        break;
    case BM_T_PLACE:
        return true;
    case BM_T_AGENCY:
    case BM_T_CLASS:
    case BM_T_STUB:
    case BM_T_REQUEST:
    case BM_table_kind_COUNT:
        return false;
    }
    return on_case && scope->unit_on_case(scope->context, viewer->unit, on_case);
}

/* What a machine sees: the units it speaks for, the places they stand at, the contacts it brings,
 * itself. */
static bool machine_sees(const struct bm_viewer *viewer, const struct bm_scope *scope,
                         enum bm_table_kind table, const void *record) {
    uint64_t also;
    if (table == BM_T_OPERATOR)
        return ((const struct bm_operator *)record)->id.v == viewer->operator_id;
    if (table != BM_T_UNIT && table != BM_T_PLACE && table != BM_T_CONTACT) return false;
    return bm_scope_covers(scope, viewer->jurisdiction, area_of(table, record, &also));
}

/* Closed roads are everybody's: they change everybody's travel times. */
static bool is_road_closure(enum bm_table_kind table, const void *record) {
    return table == BM_T_PLACE && ((const struct bm_place *)record)->kind == BM_PLACE_ROAD_CLOSURE;
}

bool bm_may_see(const struct bm_viewer *viewer, const struct bm_scope *scope,
                enum bm_table_kind table, const void *record) {
    if (viewer->operator_id == 0) return true;
    if (table == BM_T_REQUEST) return false;
    if (table == BM_T_AGENCY || table == BM_T_CLASS) return true; /* the house, not a matter */
    if (is_road_closure(table, record)) return true;
    if ((viewer->roles & ~(BM_BIT(BM_ROLE_UNIT) | BM_MACHINES)) == 0) {
        return crew_sees(viewer, scope, table, record) ||
               ((viewer->roles & BM_MACHINES) && machine_sees(viewer, scope, table, record));
    }
    uint64_t also;
    uint64_t area = area_of(table, record, &also);
    return bm_scope_covers(scope, viewer->jurisdiction, area) ||
           (also && bm_scope_covers(scope, viewer->jurisdiction, also));
}

bool bm_may_open(const struct bm_viewer *viewer, const struct bm_scope *scope,
                 enum bm_table_kind table, const void *record) {
    if (!(viewer->roles & (BM_TAKERS | BM_BIT(BM_ROLE_UNIT)))) {
        /* An administrator sets up accounts, so sees operators' names, and nothing of any matter.
         */
        return table == BM_T_OPERATOR && (viewer->roles & BM_ADMINS) &&
               bm_may_see(viewer, scope, table, record);
    }
    return bm_may_see(viewer, scope, table, record);
}
