#include "intake/reports.h"

#include <pthread.h>

#include "base/alloc.h"

/* Ringing, its end, and one for an answer. */
enum { EACH_CALL = 3 };

struct bm_reports {
    pthread_mutex_t lock;
    struct bm_report reports[BM_REPORTS_MAX];
    size_t first, count;
    struct bm_claim claims[BM_CLAIMS_MAX];
    size_t claim_first, claim_count;
    uint64_t left_out;
};

struct bm_reports *bm_reports_new(void) {
    struct bm_reports *reports = bm_alloc_zero(1, sizeof *reports);
    pthread_mutex_init(&reports->lock, NULL);
    return reports;
}

void bm_reports_free(struct bm_reports *reports) {
    if (reports) pthread_mutex_destroy(&reports->lock);
    bm_free(reports);
}

static bool has_room(const struct bm_reports *reports, size_t live) {
    return reports->count + EACH_CALL * (live + 1) <= BM_REPORTS_MAX;
}

bool bm_reports_has_room(struct bm_reports *reports, size_t live) {
    pthread_mutex_lock(&reports->lock);
    bool room = has_room(reports, live);
    pthread_mutex_unlock(&reports->lock);
    return room;
}

void bm_reports_put(struct bm_reports *reports, const struct bm_report *report, size_t live) {
    pthread_mutex_lock(&reports->lock);
    bool fits = report->kind == BM_REPORT_TRANSFERRED ? has_room(reports, live) : reports->count < BM_REPORTS_MAX;
    if (fits)
        reports->reports[(reports->first + reports->count++) % BM_REPORTS_MAX] = *report;
    else
        reports->left_out++;
    pthread_mutex_unlock(&reports->lock);
}

bool bm_reports_first(struct bm_reports *reports, struct bm_report *ret_report) {
    pthread_mutex_lock(&reports->lock);
    bool there = reports->count > 0;
    if (there) *ret_report = reports->reports[reports->first];
    pthread_mutex_unlock(&reports->lock);
    return there;
}

void bm_reports_drop(struct bm_reports *reports) {
    pthread_mutex_lock(&reports->lock);
    if (reports->count) {
        reports->first = (reports->first + 1) % BM_REPORTS_MAX;
        reports->count--;
    }
    pthread_mutex_unlock(&reports->lock);
}

size_t bm_reports_waiting(struct bm_reports *reports) {
    pthread_mutex_lock(&reports->lock);
    size_t count = reports->count;
    pthread_mutex_unlock(&reports->lock);
    return count;
}

uint64_t bm_reports_left_out(struct bm_reports *reports) {
    pthread_mutex_lock(&reports->lock);
    uint64_t count = reports->left_out;
    pthread_mutex_unlock(&reports->lock);
    return count;
}

bool bm_claims_put(struct bm_reports *reports, const struct bm_claim *claim) {
    pthread_mutex_lock(&reports->lock);
    bool fits = reports->claim_count < BM_CLAIMS_MAX;
    if (fits) reports->claims[(reports->claim_first + reports->claim_count++) % BM_CLAIMS_MAX] = *claim;
    pthread_mutex_unlock(&reports->lock);
    return fits;
}

bool bm_claims_take(struct bm_reports *reports, struct bm_claim *ret_claim) {
    pthread_mutex_lock(&reports->lock);
    bool there = reports->claim_count > 0;
    if (there) {
        *ret_claim = reports->claims[reports->claim_first];
        reports->claim_first = (reports->claim_first + 1) % BM_CLAIMS_MAX;
        reports->claim_count--;
    }
    pthread_mutex_unlock(&reports->lock);
    return there;
}
