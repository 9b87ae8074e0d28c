/* Parts: other agencies in an incident; only files of src/core include this.
 *
 *   incident --case_event, "call_agency"--> a matter of its own, `part_of` the incident, offered to the agency
 *       |  units of the agency sent, there, away                 |  acknowledged: it takes part, or leads
 *       '------------------- told as events ------------------->|
 *       '<------------------ who has the incident ---------------'
 *
 * Each agency that is called has a case beside the incident, under the procedure "joint-response", so each has its own
 * offer, clocks and end, and its own units on the incident.  Whoever has a part sees the incident. */
#ifndef BM_CORE_PART_H
#define BM_CORE_PART_H

#include "core/matter.h"

/* The state in which an agency leads, and the events that the desk tells; a procedure of parts has them by these names. */
#define BM_PART_LEADS "agency_leads"
#define BM_PART_RELIEVED "relieve"
#define BM_PART_SENT "unit_sent"
#define BM_PART_ARRIVED "unit_arrived"
#define BM_PART_AWAY "units_away"
#define BM_PART_OVER "incident_over"

/* Tells a part, within the act that goes on, how far its agency's units are. */
enum bm_code bm_part_catches_up(struct bm_matter_draft *draft);
/* After a part was acted on: who leads its incident. */
enum bm_code bm_part_settles(const struct bm_matter_draft *draft);
/* After the units of an incident moved, or it was closed: tells its open parts.  A part that cannot be moved is halted, with
 * the reason: what the incident needs is done all the same. */
void bm_parts_follow(const struct bm_draft *draft);
/* The open parts of a case that is merged go on beside the other; none of them leads it. */
void bm_parts_move(const struct bm_draft *from, uint64_t into);
/* Whether the actor has the case, and not only a part in it. */
enum bm_code bm_has_case(struct bm_deciding *deciding, const struct bm_case *row);
/* Whether `above` is, or stands above, an agency that has an open part in the case or was offered one. */
bool bm_part_on_case(const struct bm_core *core, const struct bm_scope *scope, uint64_t above, uint64_t case_id);

#endif
