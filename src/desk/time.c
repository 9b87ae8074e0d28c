#include "desk/time.h"

static int64_t within(int64_t at_ms) {
    return at_ms < 0 ? 0 : at_ms > BM_DESK_AT_MAX ? BM_DESK_AT_MAX : at_ms;
}

static bool too_far(int64_t ms) {
    return ms > BM_TIME_JUMP_MS || ms < -BM_TIME_JUMP_MS;
}

static int64_t forgotten(int64_t followed_us, int64_t elapsed_ms) {
    int64_t most_us = elapsed_ms / 36 * BM_TIME_FORGIVEN_MS_PER_HOUR / 100 +
                      elapsed_ms % 36 * BM_TIME_FORGIVEN_MS_PER_HOUR / 3600;
    if (followed_us > 0) return followed_us > most_us ? followed_us - most_us : 0;
    return -followed_us > most_us ? followed_us + most_us : 0;
}

int64_t bm_desk_time_begin(struct bm_desk_time *time, int64_t wall_ms, int64_t mono_ns, int64_t least_ms, bool held, bool *ret_jump,
                           int64_t *ret_expected_ms) {
    wall_ms = within(wall_ms);
    bool behind = least_ms - wall_ms > BM_TIME_JUMP_MS;
    bool far_ahead = least_ms > 0 && wall_ms - least_ms > BM_TIME_AWAY_MS;
    int64_t now_ms = wall_ms < least_ms || far_ahead || held ? least_ms : wall_ms;
    *time = (struct bm_desk_time){true, now_ms, wall_ms, mono_ns, 0};
    *ret_jump = behind || far_ahead;
    *ret_expected_ms = now_ms;
    return now_ms;
}

int64_t bm_desk_time_read(struct bm_desk_time *time, int64_t wall_ms, int64_t mono_ns, bool *ret_jump, int64_t *ret_expected_ms) {
    wall_ms = within(wall_ms);
    int64_t elapsed_ms = (mono_ns - time->mono_ns) / 1000000;
    if (elapsed_ms < 0) elapsed_ms = 0;
    int64_t expected_ms = time->wall_ms + elapsed_ms;
    int64_t drift_ms = wall_ms - expected_ms;
    time->followed_us = forgotten(time->followed_us, elapsed_ms);
    bool jump = too_far(drift_ms) || too_far(time->followed_us / 1000 + drift_ms);
    if (!jump) time->followed_us += drift_ms * 1000;
    int64_t now_ms = time->now_ms + elapsed_ms + (jump ? 0 : drift_ms);
    now_ms = within(now_ms);
    if (now_ms > time->now_ms) time->now_ms = now_ms;
    time->wall_ms = wall_ms;
    /* Keep what was cut off below a millisecond, or frequent readings would lose time. */
    time->mono_ns += elapsed_ms * 1000000;
    *ret_jump = jump;
    *ret_expected_ms = expected_ms;
    return time->now_ms;
}

int64_t bm_desk_time_after(const struct bm_desk_time *time, int64_t wait_ms) {
    int64_t at_ns;
    if (wait_ms <= 0) return time->mono_ns;
    if (__builtin_mul_overflow(wait_ms, 1000000, &at_ns) || __builtin_add_overflow(time->mono_ns, at_ns, &at_ns)) return INT64_MAX;
    return at_ns;
}

int64_t bm_desk_time_confirm(struct bm_desk_time *time) {
    int64_t moved_ms = time->wall_ms > time->now_ms ? time->wall_ms - time->now_ms : 0;
    time->now_ms += moved_ms;
    time->followed_us = 0;
    return moved_ms;
}
