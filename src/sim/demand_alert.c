/* Channels out of the house, set, paused, switched off and used again. */
#include <stdio.h>

#include "sim/demand_private.h"

static void set_channel(struct bm_rng *rng, struct bm_do_alert_channel_set *args) {
    static const char *const events[] = {"case_opened case_moved", "notice", "promise_rung clock_rung", "looked", ""};
    static const char *const urls[] = {"https://partner.example/hook", "smtps://mail.example", "http://10.0.0.1:6379/", "nonsense"};
    args->kind = (uint8_t)bm_rng_below(rng, BM_alert_kind_COUNT);
    args->jurisdiction.v = 1 + bm_rng_below(rng, 3);
    snprintf(args->name, sizeof args->name, "channel");
    snprintf(args->events, sizeof args->events, "%s", events[bm_rng_below(rng, 5)]);
    snprintf(args->url, sizeof args->url, "%s", args->kind == BM_ALERT_MAIL ? urls[1] : urls[bm_rng_below(rng, 4)]);
    if (bm_rng_chance(rng, 50)) snprintf(args->recipients, sizeof args->recipients, args->kind == BM_ALERT_MAIL ? "a@b.example" : "13800000000");
    snprintf(args->sender, sizeof args->sender, "desk@county.example");
    snprintf(args->body, sizeof args->body, "{number} {text}");
    args->personal = bm_rng_chance(rng, 30);
    args->citizens = bm_rng_chance(rng, 30);
    args->inactive = bm_rng_chance(rng, 20);
}

struct bm_command bm_demand_alert(struct bm_rng *rng, const struct bm_core *core) {
    static const enum bm_command_kind kinds[] = {BM_DO_ALERT_CHANNEL_SET, BM_DO_ALERT_CHANNEL_SET, BM_DO_ALERT_CHANNEL_PAUSE,
                                                 BM_DO_ALERT_SECRET_SET,  BM_DO_ALERT_RESEND,      BM_DO_ALERT_CHANNEL_OFF};
    struct bm_command command = bm_command_make(kinds[bm_rng_below(rng, 6)]);
    uint64_t id = 1 + bm_rng_below(rng, 4);
    const struct bm_alert_channel *row = bm_core_get(core, BM_T_ALERT_CHANNEL, id);
    command.target = id;
    command.actor.v = 1;
    if (command.kind == BM_DO_ALERT_CHANNEL_SET) {
        if (!row) command.target = 0;
        command.has_if_match = bm_rng_chance(rng, 90);
        command.if_match = row ? row->version : 1;
        set_channel(rng, &command.alert_channel_set);
    } else if (command.kind == BM_DO_ALERT_CHANNEL_PAUSE) {
        command.alert_channel_pause.paused = bm_rng_chance(rng, 50);
    } else if (command.kind == BM_DO_ALERT_RESEND) {
        command.target = 1 + bm_rng_below(rng, 100);
        command.alert_resend.channel.v = id;
        command.alert_resend.on_case.v = bm_rng_below(rng, 20);
    } else if (command.kind == BM_DO_ALERT_CHANNEL_OFF) {
        command.actor.v = 0;
        command.alert_channel_off.off = BM_ALERT_OFF_GONE;
    }
    return command;
}
