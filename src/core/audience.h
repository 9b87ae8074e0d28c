/* Who may see what: one rule, used by every command, board row, stream frame, list and detail.
 *
 *   - a row lies in a jurisdiction (an agency); agencies form a tree (province > city > station);
 *   - an operator sees rows whose jurisdiction is their own agency or below it;
 *   - rows of an assignment are also seen from the unit's own agency, those of a contact from its case's;
 *   - an operator whose only role is `unit` sees their own unit, its assignments, and the cases it is on;
 *   - an operator whose only role is `gateway` sees units, places and contacts of its area;
 *   - an operator whose only role is `officer` sees matters, and what was handed to their agency; no incidents, no contacts;
 *   - matters and their promises are also seen from the agency that has them, or that they were offered to;
 *   - an incident, and what hangs on it, is also seen from the agencies that have an open part in it, or were offered one;
 *   - a bad rating that waits to be looked into is seen where its matter lies, without who rated, by officers too;
 *   - road closures are seen by everybody, for they change everybody's travel times;
 *   - personal fields are opened for call-takers, dispatchers and supervisors in whose area the case
 *     lies, for a unit on its own cases and for an officer on matters; never for an administrator.
 *
 * Pure: the tree is asked through a function, so that the core and the api's mirror use one rule. */
#ifndef BM_CORE_AUDIENCE_H
#define BM_CORE_AUDIENCE_H

#include "core/entity.h"

struct bm_viewer {
    uint64_t operator_id;  /* 0: the desk itself, sees everything */
    uint32_t roles;
    uint64_t jurisdiction; /* the operator's agency */
    uint64_t unit;         /* the operator's own unit, 0: none */
};

/* The world that the rule asks about. */
struct bm_scope {
    /* The parent of an agency, 0 at the root or when unknown. */
    uint64_t (*parent)(const void *context, uint64_t agency);
    /* Whether the unit has an open assignment on the case. */
    bool (*unit_on_case)(const void *context, uint64_t unit, uint64_t case_id);
    /* Whether an agency that is `above` or lies below it has a part in the incident, or was offered one. */
    bool (*part_on_case)(const void *context, uint64_t above, uint64_t case_id);
    const void *context;
};

/* Whether `agency` is `above` or lies below it (at most 16 levels). */
bool bm_scope_covers(const struct bm_scope *scope, uint64_t above, uint64_t agency);
/* Whether the viewer may see this record of this table. */
bool bm_may_see(const struct bm_viewer *viewer, const struct bm_scope *scope,
                enum bm_table_kind table, const void *record);
/* Whether its personal fields may be opened for them (they may see it, and work with it). */
bool bm_may_open(const struct bm_viewer *viewer, const struct bm_scope *scope,
                 enum bm_table_kind table, const void *record);

#endif
