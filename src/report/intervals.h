/* How long each step of an incident took, and why units were cleared.
 *
 *   incidents with their units, one after another  -->  figures, of all and by class, priority, agency or unit
 *
 * A measure is the time between two instants of the record:
 *
 *   processing   answer of the first answered contact      -> first unit sent           of the incident
 *   dispatch     first contact                             -> this unit sent            of units
 *   acknowledge  sent                                      -> acknowledged              of units
 *   turnout      sent                                      -> on its way                of units
 *   travel       on its way                                -> on scene                  of units
 *   on_scene     on scene                                  -> cleared                   of units
 *   response     first contact                             -> on scene                  of units
 *   report_back  the report-back clock's start             -> its stop                  of the incident
 *
 * Measures of units are given of all units, and of one unit of each incident: the first that was sent (dispatch, acknowledge,
 * turnout) or the first that was there (travel, on_scene, response; without one, the first sent).  Where an instant is missing there is no
 * time: it counts as `missing` and never as 0; `called_off` of these are of units that were cleared for another reason than
 * that they were done.  Where the second lies before the first it counts as `out_of_order`, and no time is made of it.  So
 * count + missing + out_of_order is the number of units (incidents).
 *
 * Left out of everything: matters, incidents merged into others (their units were moved there), assignments never sent
 * (reserved, stacked); incidents without a unit are counted as such and make no times.
 *
 * `turned_back`: units that were cleared as not needed, cancelled or diverted before they were on scene, of all sent whose
 * work is over: how often too many were sent.  Percentiles are by the nearest rank (sample.h).  Pure. */
#ifndef BM_REPORT_INTERVALS_H
#define BM_REPORT_INTERVALS_H

#include "report/bands.h"
#include "report/sample.h"

#define BM_INTERVALS_BYS(W)                                                                        \
    W(BM_INTERVALS_BY_ALL, "none") W(BM_INTERVALS_BY_CLASS, "class")                               \
    W(BM_INTERVALS_BY_PRIORITY, "priority") W(BM_INTERVALS_BY_AGENCY, "agency")                    \
    W(BM_INTERVALS_BY_UNIT, "unit")
BM_DECLARE_WORDS(intervals_by, BM_INTERVALS_BYS)

#define BM_FIRST_OR_ALLS(W) W(BM_OF_ALL, "all") W(BM_OF_FIRST, "first")
BM_DECLARE_WORDS(first_or_all, BM_FIRST_OR_ALLS)

/* One unit on one incident: its instants, BM_AT_NONE where there is none. */
struct bm_interval_unit {
    uint64_t unit, agency;
    int64_t sent_at_ms, acknowledged_at_ms, en_route_at_ms, on_scene_at_ms, transporting_at_ms, at_destination_at_ms, cleared_at_ms;
    enum bm_end_reason ended;
};

struct bm_interval_case {
    char class_code[BM_CODE_TEXT];
    uint32_t priority;
    uint64_t agency;
    int64_t received_at_ms, answered_at_ms, report_from_at_ms, reported_at_ms;
    /* What its units came to so far; zeros to begin with. */
    uint32_t units;
    struct bm_interval_unit first_sent, first_there;
};

struct bm_interval_figure {
    uint64_t missing, called_off, out_of_order;
    struct bm_sample times;
};
/* Of the times that a band is about. */
struct bm_interval_share {
    uint64_t within, all;
};
struct bm_interval_group {
    char class_code[BM_CODE_TEXT];
    uint64_t id; /* priority, agency or unit */
    uint64_t cases, without_unit, units, out_of_order; /* units with any two instants out of order */
    uint64_t ended[BM_end_reason_COUNT];               /* [BM_END_NONE]: still at work */
    uint64_t turned_back;
    struct bm_interval_figure figures[BM_timed_COUNT][BM_first_or_all_COUNT];
    struct bm_interval_share *shares[BM_first_or_all_COUNT]; /* one a band */
};

struct bm_intervals {
    enum bm_intervals_by by;
    const struct bm_band *bands; /* lent */
    size_t band_count;
    uint64_t matters, merged, never_sent; /* left out; whoever feeds this counts them */
    uint64_t taken;
    struct bm_interval_group all;
    struct bm_interval_group *groups; /* in the order of their keys */
    size_t group_count, group_cap;
};

struct bm_intervals bm_intervals_make(enum bm_intervals_by by, const struct bm_band *bands, size_t band_count);
void bm_intervals_free(struct bm_intervals *report);
/* A unit that was sent, of an incident of which all units are given before bm_intervals_case.  BM_TOO_MANY. */
BM_MUST_USE enum bm_code bm_intervals_unit(struct bm_intervals *report, struct bm_interval_case *row, const struct bm_interval_unit *unit,
                                           struct bm_fault *fault);
/* The incident itself, after its units. */
BM_MUST_USE enum bm_code bm_intervals_case(struct bm_intervals *report, const struct bm_interval_case *row, struct bm_fault *fault);
/* Members: "left_out":{..},"bands":[..],"all":{..},"groups":[..]. */
void bm_intervals_write(struct bm_intervals *report, struct bm_buf *buf);

#endif
