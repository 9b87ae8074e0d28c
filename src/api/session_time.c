/* Session time: by which log-ins end.
 *
 *   session time = the desk's time - lag          lag: all by which confirmations have moved the desk's time
 *
 * So a session ends twelve hours of the monotonic clock after it began, whatever the wall clock does meanwhile, and also when that clock is
 * believed in the end: nobody has lived through the hours between.  Over a restart it goes on by the desk's time, and with it by the
 * machine's own clock or by the record (desk/time.h).  One thing is known only afterwards: when the desk was started in doubt of a clock
 * that is months ahead of the record and a person confirms it, it has been away for so long; then those end who were left over from before,
 * unless they had longer to go.  Who logged in since goes on.
 *
 * The lag is kept in the vault within a second of a confirmation: a process that is killed in that second by chance forgets it, and log-ins
 * that are older end if more than their rest was confirmed.  Only the io thread comes here, but for the work. */
#include "api/api_private.h"
#include "base/alloc.h"
#include "base/log.h"

struct keeping {
    struct bm_api *api;
    int64_t lag_ms;
    int64_t left_until_ms; /* sessions from before the start end, if by then; INT64_MIN: none does */
    struct bm_live_now as_of;
    enum bm_code code;
    struct bm_fault fault;
};

static int64_t lag_of(const struct bm_session_time *time, const struct bm_live_now *now) {
    return time->lag_at_start_ms + now->moved_ms;
}

void bm_session_time_begin(struct bm_api *api) {
    struct bm_session_time *time = &api->session_time;
    time->lag_at_start_ms = bm_vault_session_lag(api->vault);
    time->kept = (struct bm_live_now){0};
    bm_vault_begin_sessions(api->vault, bm_session_now_ms(api));
}

int64_t bm_session_now_ms(struct bm_api *api) {
    struct bm_session_time *time = &api->session_time;
    int64_t mono_ns = bm_io_mono_ns(api->io);
    if (!api->live) return time->last_ms + (mono_ns - time->last_mono_ns) / 1000000; /* it is stopping */
    struct bm_live_now now = bm_live_now(api->live);
    time->last_ms = now.now_ms - lag_of(time, &now);
    time->last_mono_ns = mono_ns;
    return time->last_ms;
}

static void keep(void *context) {
    struct keeping *keeping = context;
    struct bm_vault *vault = keeping->api->vault;
    keeping->code = bm_vault_keep_session_lag(vault, keeping->lag_ms, &keeping->fault);
    if (!keeping->code && keeping->left_until_ms != INT64_MIN)
        keeping->code = bm_vault_end_sessions_left(vault, keeping->left_until_ms, &keeping->fault);
}

static void kept(void *context) {
    struct keeping *keeping = context;
    struct bm_api *api = keeping->api;
    if (keeping->code == BM_OK)
        api->session_time.kept = keeping->as_of;
    else /* it is tried again at the next turn */
        bm_log(BM_LOG_ERROR, "session_time_not_kept", "reason=\"%s\"", keeping->fault.detail);
    if (keeping->left_until_ms != INT64_MIN) bm_streams_end_ended(api->streams);
    api->session_time.runs = false;
    bm_free(keeping);
}

/* What is to be kept; NULL: all is, or somebody is at it. */
static struct keeping *to_keep(struct bm_api *api) {
    struct bm_session_time *time = &api->session_time;
    if (!api->live || time->runs) return NULL;
    struct bm_live_now now = bm_live_now(api->live);
    if (now.moved_ms == time->kept.moved_ms) return NULL;
    struct keeping *keeping = bm_alloc_zero(1, sizeof *keeping);
    keeping->api = api;
    keeping->as_of = now;
    keeping->code = BM_NOT_READY; /* the work is not begun when everything stops */
    keeping->lag_ms = lag_of(time, &now);
    int64_t away_ms = now.away_ms - time->kept.away_ms;
    keeping->left_until_ms = away_ms > 0 ? bm_session_now_ms(api) + away_ms : INT64_MIN;
    return keeping;
}

void bm_session_time_turn(struct bm_api *api) {
    struct keeping *keeping = to_keep(api);
    if (!keeping) return;
    api->session_time.runs = bm_io_work_first(api->io, keep, kept, keeping) == BM_OK;
    if (!api->session_time.runs) bm_free(keeping);
}

void bm_api_keep_session_time(struct bm_api *api) {
    struct keeping *keeping = api ? to_keep(api) : NULL;
    if (!keeping) return;
    keep(keeping);
    kept(keeping);
}
