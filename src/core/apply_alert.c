/* Channels out of the house, as they are set. */
#include <string.h>

#include "core/alert.h"
#include "core/applying.h"

static void apply_set(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_alert_channel_set *from = &event->alert_channel_set;
    uint64_t id = from->channel.v;
    bool is_new = !bm_state_record(core, BM_T_ALERT_CHANNEL, id);
    struct bm_alert_channel *to = is_new ? bm_state_add(core, BM_T_ALERT_CHANNEL, id) : bm_state_need(core, BM_T_ALERT_CHANNEL, id);
    if (!is_new) bm_state_touch(core, BM_T_ALERT_CHANNEL, id);
    to->id = from->channel;
    BM_ALERT_TERMS_ROWS(BM_ALERT_COPY)
    to->active = from->active;
    to->personal_by = from->personal_by;
    to->personal_at_ms = from->personal_at_ms;
    to->off = BM_ALERT_OFF_NONE; /* whoever sets it has looked at it */
    to->off_at_ms = BM_AT_NONE;
    bm_count_up(&to->version);
}

void bm_apply_alert(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_ALERT_CHANNEL_SET) {
        apply_set(core, event);
        return;
    }
    /* The channel stands first in each of these bodies. */
    uint64_t id = event->alert_secret_set.channel.v;
    struct bm_alert_channel *channel = bm_state_need(core, BM_T_ALERT_CHANNEL, id);
    bm_state_touch(core, BM_T_ALERT_CHANNEL, id);
    if (event->kind == BM_EV_ALERT_CHANNEL_PAUSED) channel->paused = event->alert_channel_paused.paused;
    if (event->kind == BM_EV_ALERT_SECRET_SET) channel->has_secret = true;
    if (event->kind == BM_EV_ALERT_CHANNEL_OFF) {
        channel->off = event->alert_channel_off.off;
        channel->off_at_ms = event->at_ms;
    }
}
