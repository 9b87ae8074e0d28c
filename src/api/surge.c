/* All that wait and all that are free, together: on a worker. */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/alloc.h"
#include "dispatch/surge.h"

/* Open cases looked at; more than any desk has open with a place. */
enum { WAITING_MAX = 100000 };

struct asking {
    uint32_t reserve;
    int64_t now_ms;
};

struct listing {
    struct bm_call *call;
    struct bm_waiting *waiting;
    size_t count, cap;
};

static bool take_case(void *context, const void *record) {
    struct listing *listing = context;
    const struct bm_case *row = record;
    struct bm_call *call = listing->call;
    if (!bm_case_is_incident(row) || row->state == BM_CASE_CLEARED || row->lat_e7 == BM_E7_NONE) return true;
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CASE, row)) return true;
    if (listing->count == listing->cap) {
        listing->cap = listing->cap ? 2 * listing->cap : 64;
        listing->waiting = bm_realloc(listing->waiting, listing->cap * sizeof *listing->waiting);
    }
    struct bm_waiting *own = &listing->waiting[listing->count++];
    *own = (struct bm_waiting){.on_case = row->id.v,
                               .jurisdiction = row->jurisdiction.v,
                               .point = {row->lat_e7, row->lon_e7},
                               .priority = (uint32_t)row->priority,
                               .since_ms = row->first_contact_at_ms != BM_AT_NONE
                                               ? row->first_contact_at_ms
                                               : row->opened_at_ms};
    memcpy(own->class_code, row->class_code, sizeof own->class_code);
    return listing->count < WAITING_MAX;
}

static void surge_work(struct bm_call *call) {
    const struct asking *asking = call->state;
    struct bm_reader *reader;
    struct listing listing = {.call = call};
    struct bm_query query = {.table = BM_T_CASE, .open_only = true};
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = bm_reader_records(reader, &query, take_case, &listing, &call->fault);
    bm_api_reader_back(call->api, reader);
    if (!call->code)
        call->code = bm_dispatch_surge(call->api->config.dispatch, listing.waiting, listing.count,
                                       asking->reserve, asking->now_ms, bm_call_may_send, call,
                                       &call->out, &call->fault);
    bm_free(listing.waiting);
}

void bm_handle_surge(struct bm_call *call) {
    if (!(call->viewer.roles & BM_WORKERS)) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "Your role may not ask for recommendations.");
        return;
    }
    struct asking *asking = bm_alloc_zero(1, sizeof *asking);
    call->state = asking;
    asking->now_ms = bm_io_wall_ms(call->api->io);
    char text[8] = "0", *end;
    enum bm_code code = bm_http_query(call->request, "reserve", text, sizeof text);
    unsigned long reserve = strtoul(text, &end, 10);
    if ((code && code != BM_NOT_FOUND) || text[0] < '0' || text[0] > '9' || *end ||
        reserve > BM_SURGE_RESERVE_MAX) {
        bm_call_refuse(
            call, BM_OUT_OF_RANGE, "reserve",
            "\"reserve\" must be a whole number from 0 to %d: units that every agency keeps.",
            BM_SURGE_RESERVE_MAX);
        return;
    }
    asking->reserve = (uint32_t)reserve;
    call->work = surge_work;
    bm_call_work(call);
}
