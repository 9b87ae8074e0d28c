/* What the desk is still to be told, from the thread that hears the exchange to the one that speaks with the desk; and which
 * calls the desk has answered, the other way.
 *
 * Nothing that was accepted is ever lost to a full queue: a call is taken only while there is room for all that can be said
 * of it and of the calls that go on (bm_reports_has_room); transfers beyond that are left out and counted. */
#ifndef BM_INTAKE_REPORTS_H
#define BM_INTAKE_REPORTS_H

#include "intake/calls.h"

enum { BM_REPORTS_MAX = 8192, BM_CLAIMS_MAX = 1024 };

struct bm_claim {
    char call[BM_SIP_ID_TEXT], position[BM_CALLS_CODE_TEXT];
};

struct bm_reports;
struct bm_reports *bm_reports_new(void);
void bm_reports_free(struct bm_reports *reports);
/* `live`: calls that go on. */
bool bm_reports_has_room(struct bm_reports *reports, size_t live);
void bm_reports_put(struct bm_reports *reports, const struct bm_report *report, size_t live);
/* The oldest; it stays until it is dropped. False: none. */
bool bm_reports_first(struct bm_reports *reports, struct bm_report *ret_report);
void bm_reports_drop(struct bm_reports *reports);
size_t bm_reports_waiting(struct bm_reports *reports);
uint64_t bm_reports_left_out(struct bm_reports *reports);
/* False: full; offer it again. */
bool bm_claims_put(struct bm_reports *reports, const struct bm_claim *claim);
bool bm_claims_take(struct bm_reports *reports, struct bm_claim *ret_claim);

#endif
