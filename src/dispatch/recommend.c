/* A recommendation: for each capability of the class's plan, who would be there first, and why.
 *
 *   copy what the question needs -> rank per capability, on the dispatch thread
 *   -> choose -> routes, JSON, keep, on the asking one with the same metric
 *
 * Needs are filled in the plan's order: first with the units that are on the case already, then
 * with the nearest units that no earlier need took.  What is still short may take over a unit from
 * another need that can be filled otherwise (augmenting paths, Kuhn 1955). */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "core/plan.h"
#include "dispatch/watch.h"

/* 12 capabilities of 99 units and 8 more each, some 500 bytes a unit. */
enum { CONTENT_MAX = 1024 * 1024 };

/* Somebody who could go, or could not, and why. */
struct candidate {
    struct bm_unit row;
    uint32_t slot;
    struct bm_point point;
    int64_t at_ms;           /* of the position; BM_AT_NONE: at the station */
    const char *passed_over; /* NULL: free and located */
    bool here;               /* on this case already */
    bool unseen;             /* the asker may not see it: counted, and not named */
    bool has_spot;
    enum bm_profile profile; /* of its spot */
    uint32_t serves;         /* a bit for each need: it has that capability */
    uint32_t chosen_for;     /* 1 + the need it is to fill; 0: none */
    struct bm_spot spot;
    int64_t straight_ms; /* without a spot */
};
_Static_assert(BM_PLAN_NEEDS <= 32, "needs fit into the bits of `serves`");

struct ranked {
    uint32_t candidate;
    int64_t travel_ms;
    bool by_road;
};
/* Who could fill a need: first those that are here already, then the others, nearest first. */
struct ranking {
    struct ranked *ranked;
    size_t here, count;
};

/* The roads as one profile has them, and where the case lies on them; looked up when the first
 * candidate goes by that profile. */
struct going {
    bool looked, by_road;
    struct bm_labels *labels; /* of the dispatch thread; NULL: no roads */
    struct bm_metric *metric; /* theirs, for the routes */
    struct bm_spot place;
};

struct question {
    struct bm_dispatch *dispatch;
    const struct bm_incident *incident;
    int64_t now_ms;
    bool (*may)(void *context, const struct bm_unit *unit);
    void *context; /* of `may` */
    struct bm_plan plan;
    struct candidate *candidates;
    size_t count;
    struct going going[BM_profile_COUNT];
    struct bm_watch *watch;   /* while it is asked */
    struct bm_travel *travel; /* for the routes */
    uint32_t *of_slot;        /* 1 + the candidate in a slot */
    uint32_t slot_count;
    const char *why_not_by_road; /* under the profile that was asked for; NULL when by road */
    const struct bm_need *needs; /* of the alarm level asked for */
    uint32_t need_count;
    struct ranking rankings[BM_PLAN_NEEDS];
    uint32_t found[BM_PLAN_NEEDS], found_here[BM_PLAN_NEEDS];
};

/* --- what the question needs ------------------------------------------------------------------ */

static enum bm_code read_plan(struct bm_dispatch *dispatch, const struct bm_incident *incident,
                              struct bm_plan *ret_plan, struct bm_fault *fault) {
    char text[BM_PLAN_TEXT] = "";
    pthread_mutex_lock(&dispatch->lock);
    BM_TABLE_EACH(&dispatch->classes, id) {
        const struct bm_class *class = bm_table_get(&dispatch->classes, id);
        if (strcmp(class->code, incident->class_code) == 0) memcpy(text, class->plan, sizeof text);
    }
    pthread_mutex_unlock(&dispatch->lock);
    enum bm_code code = bm_plan_read(text, ret_plan, fault);
    if (code || incident->alarm <= ret_plan->alarms) return code;
    if (ret_plan->alarms == 0) {
        return bm_fault_set(
            fault, BM_NOT_POSSIBLE, "class",
            "Class \"%s\" has no response plan: choose units by hand, or publish a plan.",
            incident->class_code);
    }
    return bm_fault_set(fault, BM_NOT_POSSIBLE, "alarm",
                        "The plan of class \"%s\" has %u alarm level%s.", incident->class_code,
                        ret_plan->alarms, ret_plan->alarms == 1 ? "" : "s");
}

/* Looked up once: capabilities are words of a text, and every need asks for them of every unit. */
static uint32_t needs_served(const struct question *question, const struct bm_unit *unit) {
    uint32_t serves = 0;
    for (uint32_t n = 0; n < question->need_count; n++) {
        bool has = bm_capabilities_have(unit->capabilities, question->needs[n].capability);
        serves |= (uint32_t)has << n;
    }
    return serves;
}

static const char *why_not(const struct bm_unit *row, bool located) {
    if (row->duty == BM_DUTY_OFF) return "off_duty";
    if (row->duty == BM_DUTY_OUT) return "out_of_service";
    if (row->assignment.v) return "busy";
    return located ? NULL : "no_position";
}

static void gather(struct question *question) {
    struct bm_dispatch *dispatch = question->dispatch;
    pthread_mutex_lock(&dispatch->lock);
    question->candidates = bm_alloc_zero(dispatch->units.count + 1, sizeof *question->candidates);
    BM_TABLE_EACH(&dispatch->units, id) {
        const struct bm_roster_unit *unit = bm_table_get(&dispatch->units, id);
        uint32_t serves = unit->row.active ? needs_served(question, &unit->row) : 0;
        if (!serves) continue;
        bool here = unit->row.assignment.v && unit->row.on_case.v == question->incident->on_case;
        bool seen = question->may(question->context, &unit->row);
        if (!here && !seen) continue;
        struct candidate *candidate = &question->candidates[question->count++];
        candidate->row = unit->row;
        candidate->serves = serves;
        candidate->slot = unit->slot;
        candidate->here = here;
        candidate->unseen = !seen;
        bool located = bm_roster_locate(dispatch, unit, question->now_ms, &candidate->point,
                                        &candidate->at_ms);
        candidate->passed_over = why_not(&unit->row, located);
    }
    question->slot_count = dispatch->slot_count;
    pthread_mutex_unlock(&dispatch->lock);
}

/* The profile that was asked for, from the question's own place. */
static const struct going *asked(const struct question *question) {
    return &question->going[question->incident->profile];
}

static const struct going *look_at_roads(struct question *question, enum bm_profile profile) {
    struct going *going = &question->going[profile];
    if (going->looked) return going;
    going->looked = true;
    if (!question->watch) return going;
    going->labels = bm_watch_labels(question->watch, profile);
    going->metric = bm_metric_ref(bm_labels_metric(going->labels));
    going->by_road = bm_road_snap(going->metric, question->incident->point, BM_SNAP_MOST_M,
                                  &going->place);
    return going;
}

static void look_at_case(struct question *question) {
    const struct bm_incident *incident = question->incident;
    const struct going *going = look_at_roads(question, incident->profile);
    if (!going->metric) {
        question->why_not_by_road = "no_roads";
    } else if (!going->by_road) {
        struct bm_box box = bm_road_info(question->dispatch->road).box;
        question->why_not_by_road = bm_box_has(&box, incident->point) ? "case_off_road"
                                                                      : "outside_area";
    }
}

static void place_by_road(struct question *question, struct candidate *candidate) {
    if (!bm_unit_kind_by_road(candidate->row.kind)) return;
    candidate->profile = bm_unit_kind_profile(candidate->row.kind, question->incident->profile);
    if (!look_at_roads(question, candidate->profile)->by_road) return;
    const struct bm_spot *spot = bm_watch_stands(question->watch, candidate->profile,
                                                 candidate->slot, candidate->point);
    candidate->has_spot = spot != NULL;
    if (spot) candidate->spot = *spot;
}

/* Puts every free candidate on the road, or gives it its straight line. */
static void place_candidates(struct question *question) {
    for (size_t i = 0; i < question->count; i++) {
        struct candidate *candidate = &question->candidates[i];
        if (candidate->passed_over) continue;
        place_by_road(question, candidate);
        if (candidate->has_spot) continue;
        candidate->straight_ms = bm_straight_ms(candidate->point, question->incident->point,
                                                bm_unit_kind_mps(candidate->row.kind));
    }
    question->of_slot = bm_alloc_zero(question->slot_count + 1, sizeof *question->of_slot);
    for (size_t i = 0; i < question->count; i++)
        question->of_slot[question->candidates[i].slot] = (uint32_t)i + 1;
}

/* --- ranking ---------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->travel_ms != y->travel_ms) return x->travel_ms < y->travel_ms ? -1 : 1;
    return x->candidate < y->candidate ? -1 : x->candidate > y->candidate;
}

static bool serves(const struct question *question, size_t candidate, uint32_t need) {
    return question->candidates[candidate].serves >> need & 1;
}

static bool free_for(const struct question *question, size_t candidate, uint32_t need) {
    const struct candidate *of = &question->candidates[candidate];
    return !of->here && !of->passed_over && serves(question, candidate, need);
}

/* Who may come for a need, by the roads of a profile. */
struct wanting {
    const struct question *question;
    enum bm_profile profile;
    uint32_t need;
};

static bool is_wanted(void *context, uint32_t slot) {
    const struct wanting *wanting = context;
    const struct question *question = wanting->question;
    if (slot >= question->slot_count || !question->of_slot[slot]) return false;
    size_t at = question->of_slot[slot] - 1;
    const struct candidate *candidate = &question->candidates[at];
    return candidate->has_spot && candidate->profile == wanting->profile &&
           free_for(question, at, wanting->need);
}

/* As many of the nearest as `most` and all who come at the same time as the last of them: among
 * those the candidates' order decides, which is that of the record, and not that of slots, which
 * hangs on who was there before. */
static size_t nearest_by_road(const struct question *question, struct wanting *wanting, size_t most,
                              struct bm_coming **ret_coming) {
    const struct going *going = &question->going[wanting->profile];
    for (size_t room = most + 1;; room *= 2) {
        struct bm_coming *coming = bm_alloc_zero(room, sizeof *coming);
        size_t found = bm_labels_nearest(going->labels, bm_watch_travel(question->watch),
                                         &going->place, room, is_wanted, wanting, coming);
        if (found < room || coming[room - 1].travel_ms > coming[most - 1].travel_ms) {
            *ret_coming = coming;
            return found;
        }
        bm_free(coming);
    }
}

/* The `most` first of those that go by the roads of a profile; who has no way at all is passed
 * over. */
static size_t rank_by_road(struct question *question, enum bm_profile profile, uint32_t need,
                           size_t most, struct ranked *to) {
    const struct going *going = &question->going[profile];
    struct wanting wanting = {question, profile, need};
    if (!going->by_road) return 0;
    struct bm_coming *coming;
    size_t found = nearest_by_road(question, &wanting, most, &coming);
    for (size_t i = 0; i < found; i++)
        to[i] = (struct ranked){question->of_slot[coming[i].at] - 1, coming[i].travel_ms, true};
    for (size_t i = 0; i < question->count && found < most; i++) { /* it found all who have a way */
        if (!is_wanted(&wanting, question->candidates[i].slot)) continue;
        bool has_way = false;
        for (size_t j = 0; j < found && !has_way; j++) has_way = to[j].candidate == i;
        if (!has_way) question->candidates[i].passed_over = "no_way";
    }
    bm_free(coming);
    if (found > 1) qsort(to, found, sizeof *to, by_time);
    return found < most ? found : most;
}

/* Nobody past `most` matters: all needs together take fewer. */
static void rank_need(struct question *question, uint32_t need, size_t most) {
    struct ranking *ranking = &question->rankings[need];
    struct ranked *ranked = bm_alloc_zero(2 * question->count + most + 1, sizeof *ranked);
    size_t here = 0, count = 0;
    for (size_t i = 0; i < question->count; i++) {
        if (question->candidates[i].here && serves(question, i, need))
            ranked[here++] = (struct ranked){(uint32_t)i, 0, false};
    }
    struct ranked *others = ranked + here;
    for (size_t i = 0; i < question->count; i++) {
        const struct candidate *candidate = &question->candidates[i];
        if (free_for(question, i, need) && !candidate->has_spot)
            others[count++] = (struct ranked){(uint32_t)i, candidate->straight_ms, false};
    }
    for (int profile = 0; profile < BM_profile_COUNT; profile++)
        count += rank_by_road(question, (enum bm_profile)profile, need, most, others + count);
    if (count > 1) qsort(others, count, sizeof *others, by_time);
    *ranking = (struct ranking){ranked, here, here + (count < most ? count : most)};
}

static void rank_all(struct question *question) {
    size_t most = BM_RANKED_MAX;
    for (uint32_t n = 0; n < question->need_count; n++) most += question->needs[n].count;
    for (uint32_t n = 0; n < question->need_count; n++) rank_need(question, n, most);
}

/* --- choosing --------------------------------------------------------------------------------- */

/* Gives the need the first of its units that nobody has taken. */
static bool take_next(struct question *question, uint32_t need, size_t count) {
    const struct ranking *ranking = &question->rankings[need];
    for (size_t i = 0; i < count; i++) {
        struct candidate *candidate = &question->candidates[ranking->ranked[i].candidate];
        if (candidate->chosen_for) continue;
        candidate->chosen_for = need + 1;
        return true;
    }
    return false;
}

static size_t reach(const struct question *question, uint32_t need, bool only_here) {
    const struct ranking *ranking = &question->rankings[need];
    return only_here ? ranking->here : ranking->count;
}

/* Gives the need one unit more, if need be one that another need has and can do without; `seen`:
 * needs asked before, so that it goes at most BM_PLAN_NEEDS deep. */
static bool take_over(struct question *question, uint32_t need, bool only_here, uint32_t *seen) {
    const struct ranking *ranking = &question->rankings[need];
    size_t count = reach(question, need, only_here);
    *seen |= UINT32_C(1) << need;
    if (take_next(question, need, count)) return true;
    for (size_t i = 0; i < count; i++) {
        struct candidate *candidate = &question->candidates[ranking->ranked[i].candidate];
        uint32_t other = candidate->chosen_for - 1;
        if (*seen >> other & 1u || !take_over(question, other, only_here, seen)) continue;
        candidate->chosen_for = need + 1;
        return true;
    }
    return false;
}

static void choose_from(struct question *question, bool only_here) {
    for (uint32_t n = 0; n < question->need_count; n++) {
        size_t count = reach(question, n, only_here);
        while (question->found[n] < question->needs[n].count && take_next(question, n, count))
            question->found[n]++;
    }
    for (uint32_t n = 0; n < question->need_count; n++) {
        for (uint32_t seen = 0; question->found[n] < question->needs[n].count &&
                                take_over(question, n, only_here, &seen);
             seen = 0)
            question->found[n]++;
    }
}

static void choose(struct question *question) {
    choose_from(question, true);
    choose_from(question, false);
    for (size_t i = 0; i < question->count; i++) {
        const struct candidate *candidate = &question->candidates[i];
        if (candidate->here && candidate->chosen_for)
            question->found_here[candidate->chosen_for - 1]++;
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_e7(struct bm_buf *out, const char *name, int32_t e7) {
    bm_buf_printf(out, ",\"%s\":", name);
    bm_json_e7(out, e7);
}

static void write_reasons(const struct question *question, const struct candidate *candidate,
                          size_t rank, bool by_road, uint32_t need, struct bm_buf *out) {
    const struct {
        bool holds;
        const char *reason;
    } reasons[] = {
        {rank == 1, "nearest"},
        {candidate->at_ms == BM_AT_NONE, "at_station"},
        {candidate->at_ms != BM_AT_NONE && question->now_ms - candidate->at_ms > BM_POSITION_OLD_MS,
         "position_old"},
        {asked(question)->by_road && !by_road, "off_road"},
        {by_road && candidate->profile == BM_PROFILE_FOOT, "on_foot"},
        {candidate->row.jurisdiction.v != question->incident->jurisdiction, "other_area"},
        {(candidate->serves & ~(UINT32_C(1) << need)) != 0, "other_capability_too"}};
    bool first = true;
    bm_buf_text(out, ",\"reasons\":[");
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (!reasons[i].holds) continue;
        if (!first) bm_buf_byte(out, ',');
        first = false;
        bm_json_text(out, reasons[i].reason);
    }
    bm_buf_byte(out, ']');
}

static void write_position(const struct question *question, const struct candidate *candidate,
                           struct bm_buf *out) {
    bool device = candidate->at_ms != BM_AT_NONE;
    bm_buf_printf(out, ",\"position\":{\"source\":\"%s\"", device ? "device" : "station");
    write_e7(out, "lat", candidate->point.lat_e7);
    write_e7(out, "lon", candidate->point.lon_e7);
    if (device)
        bm_buf_printf(out, ",\"at_ms\":%" PRId64 ",\"age_ms\":%" PRId64 "}", candidate->at_ms,
                      question->now_ms > candidate->at_ms ? question->now_ms - candidate->at_ms
                                                          : 0);
    else
        bm_buf_text(out, ",\"at_ms\":null,\"age_ms\":null}");
}

static void write_length(const struct question *question, const struct candidate *candidate,
                         const struct ranked *ranked, bool chosen, struct bm_buf *out) {
    bm_buf_text(out, ",\"length_m\":");
    if (!ranked->by_road) {
        bm_buf_i64(out, llround(bm_distance_m(candidate->point, question->incident->point)));
    } else if (chosen) { /* a route costs a search of its own: only for those who are to go */
        struct bm_route route;
        const struct going *going = &question->going[candidate->profile];
        bm_travel_route(question->travel, going->metric, &candidate->spot, &going->place, &route);
        bm_buf_i64(out, llround(route.length_m));
        bm_route_free(&route);
    } else {
        bm_buf_text(out, "null");
    }
}

static void write_unit(const struct question *question, uint32_t need, size_t rank,
                       const struct ranked *ranked, bool chosen, struct bm_buf *out) {
    const struct candidate *candidate = &question->candidates[ranked->candidate];
    const struct bm_unit *row = &candidate->row;
    bm_buf_text(out, "{\"unit\":");
    bm_json_id(out, row->id.v);
    bm_buf_text(out, ",\"call_sign\":");
    bm_json_text(out, row->call_sign);
    bm_buf_printf(
        out,
        ",\"kind\":\"%s\",\"capability\":\"%s\",\"rank\":%zu,\"chosen\":%s,\"travel_ms\":%" PRId64,
        bm_word(&bm_unit_kind_words, row->kind), question->needs[need].capability, rank,
        chosen ? "true" : "false", ranked->travel_ms);
    write_length(question, candidate, ranked, chosen, out);
    bm_buf_printf(out, ",\"basis\":\"%s\"", ranked->by_road ? "road" : "straight_line");
    write_position(question, candidate, out);
    bm_buf_printf(out, ",\"duty\":\"%s\",\"jurisdiction\":", bm_word(&bm_duty_words, row->duty));
    bm_json_id(out, row->jurisdiction.v);
    write_reasons(question, candidate, rank, ranked->by_road, need, out);
    bm_buf_byte(out, '}');
}

/* Shown for a need: those chosen for it, and the next ones that nobody else takes. */
static void write_units(const struct question *question, struct bm_buf *out) {
    bool first = true;
    bm_buf_text(out, ",\"units\":[");
    for (uint32_t need = 0; need < question->need_count; need++) {
        const struct ranking *ranking = &question->rankings[need];
        size_t others = 0;
        for (size_t i = ranking->here; i < ranking->count; i++) {
            const struct ranked *ranked = &ranking->ranked[i];
            uint32_t chosen_for = question->candidates[ranked->candidate].chosen_for;
            if (chosen_for ? chosen_for != need + 1 : others++ >= BM_RANKED_MAX) continue;
            if (!first) bm_buf_byte(out, ',');
            first = false;
            write_unit(question, need, i - ranking->here + 1, ranked, chosen_for != 0, out);
        }
    }
    bm_buf_byte(out, ']');
}

static void write_passed_over(const struct question *question, struct bm_buf *out) {
    size_t written = 0;
    bm_buf_text(out, ",\"passed_over\":[");
    for (size_t i = 0; i < question->count && written < BM_PASSED_OVER_MAX; i++) {
        const struct candidate *candidate = &question->candidates[i];
        if (!candidate->passed_over || candidate->unseen) continue;
        uint32_t first = (uint32_t)__builtin_ctz(candidate->serves); /* it serves one at least */
        bm_buf_text(out, written++ ? ",{\"unit\":" : "{\"unit\":");
        bm_json_id(out, candidate->row.id.v);
        bm_buf_text(out, ",\"call_sign\":");
        bm_json_text(out, candidate->row.call_sign);
        bm_buf_printf(out, ",\"capability\":\"%s\",\"reason\":\"%s\",\"case\":",
                      question->needs[first].capability, candidate->passed_over);
        bm_json_id(out, candidate->row.on_case.v);
        bm_buf_byte(out, '}');
    }
    bm_buf_byte(out, ']');
}

static void write_needs(const struct question *question, struct bm_buf *out) {
    bm_buf_text(out, ",\"needs\":[");
    for (uint32_t n = 0; n < question->need_count; n++) {
        const struct bm_need *need = &question->needs[n];
        bm_buf_printf(out,
                      "%s{\"capability\":\"%s\",\"count\":%u,\"here\":%u,\"found\":%u,"
                      "\"short\":%u}",
                      n ? "," : "", need->capability, need->count, question->found_here[n],
                      question->found[n], need->count - question->found[n]);
    }
    bm_buf_byte(out, ']');
}

static void write_head(const struct question *question, uint64_t id, struct bm_buf *out) {
    const struct bm_incident *incident = question->incident;
    bm_buf_printf(out, "{\"recommendation\":\"%" PRIu64 "\",\"case\":", id);
    bm_json_id(out, incident->on_case);
    bm_buf_text(out, ",\"class\":");
    bm_json_text(out, incident->class_code);
    bm_buf_printf(
        out,
        ",\"made_at_ms\":%" PRId64 ",\"valid_until_ms\":%" PRId64
        ",\"alarm\":%u,\"alarms\":%u,\"profile\":\"%s\",\"basis\":\"%s\",\"basis_reason\":",
        question->now_ms, question->now_ms + BM_RECOMMENDATION_KEPT_MS, incident->alarm,
        question->plan.alarms, bm_profile_names[incident->profile],
        asked(question)->by_road ? "road" : "straight_line");
    if (question->why_not_by_road)
        bm_json_text(out, question->why_not_by_road);
    else
        bm_buf_text(out, "null");
    bm_buf_text(out, ",\"place\":{\"lat\":");
    bm_json_e7(out, incident->point.lat_e7);
    write_e7(out, "lon", incident->point.lon_e7);
    bm_buf_text(out, ",\"off_road_m\":");
    if (asked(question)->by_road)
        bm_buf_i64(out, llround(asked(question)->place.off_m));
    else
        bm_buf_text(out, "null");
    bm_buf_byte(out, '}');
}

/* --- keeping ---------------------------------------------------------------------------------- */

static void keep(struct bm_dispatch *dispatch, const struct question *question, uint64_t id,
                 const struct bm_buf *content) {
    pthread_mutex_lock(&dispatch->lock);
    struct bm_kept *kept = &dispatch->kept[dispatch->kept_next];
    dispatch->kept_next = (dispatch->kept_next + 1) % BM_RECOMMENDATIONS_MAX;
    dispatch->kept_bytes -= kept->content.len;
    dispatch->kept_bytes += content->len;
    bm_bytes_free(&kept->content);
    *kept = (struct bm_kept){id, question->incident->on_case, question->now_ms,
                             bm_bytes_copy(content->bytes, content->len)};
    for (size_t at = dispatch->kept_next; dispatch->kept_bytes > BM_RECOMMENDATIONS_BYTES_MAX;
         at = (at + 1) % BM_RECOMMENDATIONS_MAX) { /* never so far as this one: it is smaller */
        dispatch->kept_bytes -= dispatch->kept[at].content.len;
        bm_bytes_free(&dispatch->kept[at].content);
        dispatch->kept[at] = (struct bm_kept){0};
    }
    pthread_mutex_unlock(&dispatch->lock);
}

bool bm_dispatch_recommended(struct bm_dispatch *dispatch, uint64_t id, uint64_t on_case,
                             int64_t now_ms, struct bm_buf *out) {
    bool found = false;
    pthread_mutex_lock(&dispatch->lock);
    for (size_t i = 0; i < BM_RECOMMENDATIONS_MAX && !found; i++) {
        const struct bm_kept *kept = &dispatch->kept[i];
        found = kept->id == id && id && kept->on_case == on_case &&
                now_ms - kept->at_ms <= BM_RECOMMENDATION_KEPT_MS;
        if (found) bm_buf_add(out, kept->content.bytes, kept->content.len);
    }
    pthread_mutex_unlock(&dispatch->lock);
    return found;
}

static void end(struct question *question) {
    if (question->travel) bm_dispatch_travel_back(question->dispatch, question->travel);
    for (int p = 0; p < BM_profile_COUNT; p++) bm_metric_unref(question->going[p].metric);
    for (int n = 0; n < BM_PLAN_NEEDS; n++) bm_free(question->rankings[n].ranked);
    bm_free(question->candidates);
    bm_free(question->of_slot);
}

/* On the dispatch thread, where there are roads. */
static void find_units(void *context, struct bm_watch *watch) {
    struct question *question = context;
    question->watch = watch;
    gather(question);
    look_at_case(question);
    place_candidates(question);
    rank_all(question);
    question->watch = NULL;
}

enum bm_code bm_dispatch_recommend(struct bm_dispatch *dispatch, const struct bm_incident *incident,
                                   uint64_t id, int64_t now_ms,
                                   bool (*may)(void *context, const struct bm_unit *unit),
                                   void *context, struct bm_buf *out, struct bm_fault *fault) {
    if (incident->point.lat_e7 == BM_E7_NONE) {
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "lat",
                            "Case %" PRIu64 " has no place yet: set one, then ask again.",
                            incident->on_case);
    }
    struct question question = {.dispatch = dispatch,
                                .incident = incident,
                                .now_ms = now_ms,
                                .may = may,
                                .context = context};
    enum bm_code code = read_plan(dispatch, incident, &question.plan, fault);
    if (code) return code;
    question.needs = question.plan.alarm[incident->alarm - 1].needs;
    question.need_count = question.plan.alarm[incident->alarm - 1].count;
    if (dispatch->watch)
        bm_watch_ask(dispatch->watch, find_units, &question);
    else
        find_units(&question, NULL);
    choose(&question);
    if (dispatch->road) question.travel = bm_dispatch_travel(dispatch);
    struct bm_buf content = bm_buf_make(CONTENT_MAX);
    write_head(&question, id, &content);
    write_needs(&question, &content);
    write_units(&question, &content);
    write_passed_over(&question, &content);
    bm_buf_byte(&content, '}');
    if (content.overflow) {
        code = bm_fault_set(fault, BM_TOO_LARGE, NULL,
                            "The recommendation has no end; tell your engineer.");
    } else {
        keep(dispatch, &question, id, &content);
        bm_buf_add(out, content.bytes, content.len);
    }
    bm_buf_free(&content);
    end(&question);
    return code;
}
