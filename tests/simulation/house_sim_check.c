/* What must hold, whatever happened: answers are kept, rows are somebody's, nothing happened twice, what was erased is gone, who was
 * to be told was told. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "core/limits.h"
#include "house_sim.h"
#include "vault/vault.h"

/* --- answers -------------------------------------------------------------------------------------- */

/* The desk was full, starting, out of room or limited: nothing was decided, and it is asked again. */
static bool is_later(int status) {
    return status == 401 || status == 408 || status == 429 || status >= 500;
}

int64_t house_desk_time(const struct house *house) {
    return bm_core_at_ms(bm_desk_core(house->life.desk));
}

static uint64_t made_id(const json_t *answer) {
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)answer, name, member) {
        const char *id = json_is_object(member) ? json_string_value(json_object_get(member, "id")) : NULL;
        if (id) return strtoull(id, NULL, 10);
    }
    return 0;
}

static void check_accepted(struct house *house, struct house_asked *asked, const json_t *answer) {
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(answer, "seq")), made = made_id(answer);
    bool replayed = json_is_true(json_object_get(answer, "replayed"));
    house->tally->accepted++;
    house->tally->done[asked->kind]++;
    house->tally->replayed += replayed;
    if (seq > house->told_seq) house->told_seq = seq;
    if (!asked->accepted) {
        asked->made = made;
        asked->seq = seq;
    } else if (made && asked->made && asked->made != made && house_desk_time(house) - asked->first_sent_at_ms < BM_REQUEST_KEEP_MS) {
        house_wrong(house, "%s %s was answered with %" PRIu64 " and, asked again, with %" PRIu64, asked->method, asked->path, asked->made,
                    made);
    }
    asked->accepted = true;
    asked->in_doubt = false;
}

void house_check_answer(struct house *house, struct house_asked *asked, bool known, int status, const json_t *answer) {
    bm_hash_add(&house->digest, &status, sizeof status);
    asked->status = status;
    if (is_later(status)) {
        house->tally->shed++;
        asked->in_doubt |= !asked->accepted && !asked->refused;
        return;
    }
    if (status / 100 == 2) {
        check_accepted(house, asked, answer);
        return;
    }
    const char *code = json_string_value(json_object_get(answer, "code"));
    house->tally->refused++;
    if (!code) house_wrong(house, "%s %s was answered %d without a code", asked->method, asked->path, status);
    /* Of two copies at once one may be refused before the other is accepted, and its answer come later.  One that is sent after it was
     * accepted is under a known key: no answer may differ while that is remembered. */
    bool remembered = known && house_desk_time(house) - asked->first_sent_at_ms < BM_REQUEST_KEEP_MS;
    if (remembered)
        house_wrong(house, "%s %s was accepted, and then refused as %s", asked->method, asked->path, code ? code : "?");
    asked->refused = true;
    asked->in_doubt = false;
}

/* --- rows --------------------------------------------------------------------------------------------- */

struct reading {
    struct house *house;
    struct keyed {
        uint64_t seq;
        int64_t at_ms;
    } *rows; /* per asked: the row under its key, the first of its command; 0: none */
};

static bool read_row(void *context, const struct bm_row *row) {
    struct reading *reading = context;
    struct house *house = reading->house;
    struct bm_event event;
    struct bm_fault fault;
    uint64_t at;
    house->checked_seq = row->seq;
    if (bm_row_event(row, &event, &fault)) {
        house_wrong(house, "row %" PRIu64 " cannot be read: %s", row->seq, fault.detail);
        return false;
    }
    house_field_see(house, &event);
    const char *wrong = rungs_see(&house->rungs, &event);
    if (wrong) house_wrong(house, "row %" PRIu64 ": %s", row->seq, wrong);
    if (event.has_request && !bm_map_get(&house->by_key, event.request, &at)) {
        house_wrong(house, "row %" PRIu64 " (%s) is under a key that nobody sent", row->seq, bm_event_word(event.kind));
    } else if (event.has_request) {
        struct keyed *keyed = &reading->rows[at];
        /* A key is remembered for so long; a clock that was put ahead ends that. */
        if (keyed->seq && event.at_ms - keyed->at_ms < BM_REQUEST_KEEP_MS)
            house_wrong(house, "%s %s happened twice: rows %" PRIu64 " and %" PRIu64, house->asked[at].method, house->asked[at].path,
                        keyed->seq, row->seq);
        if (!keyed->seq) *keyed = (struct keyed){row->seq, event.at_ms};
    }
    bm_event_release(&event);
    return !house_failed(house);
}

static void check_asked(struct house *house, const struct house_asked *asked, uint64_t first) {
    bool open = asked->waiting || asked->in_doubt;
    if (asked->accepted && asked->seq && !first)
        house_wrong(house, "%s %s was answered with row %" PRIu64 ", and there is none under its key", asked->method, asked->path, asked->seq);
    if (asked->refused && !asked->accepted && !open && first && asked->sent == 1)
        house_wrong(house, "%s %s was refused (%d), and row %" PRIu64 " is there all the same", asked->method, asked->path, asked->status, first);
}

/* All rows from the first: none that anybody was told of is gone, and none stands there that nobody asked for. */
void house_check_rows(struct house *house) {
    struct bm_fault fault;
    struct reading reading = {.house = house, .rows = bm_alloc_zero(house->asked_count + 1, sizeof(struct keyed))};
    rungs_free(&house->rungs);
    house->rungs = rungs_make();
    house->checked_seq = 0;
    enum bm_code code = bm_journal_follow(house->life.journal, 0, read_row, &reading, &fault);
    if (code) house_wrong(house, "the record cannot be read: %s", fault.detail);
    if (house->checked_seq < house->told_seq)
        house_wrong(house, "somebody was told of row %" PRIu64 ", and the record ends at %" PRIu64, house->told_seq, house->checked_seq);
    for (size_t i = 0; i < house->asked_count && !house_failed(house); i++) check_asked(house, &house->asked[i], reading.rows[i].seq);
    house_field_check(house);
    bm_free(reading.rows);
}

/* --- keys ------------------------------------------------------------------------------------------------ */

static void check_key(struct house *house, enum bm_table_kind table, uint64_t id, uint64_t key_id, bool erased) {
    uint8_t key[BM_KEY_BYTES];
    bool there = key_id && bm_vault_key(house->life.vault, key_id, key) == BM_OK;
    if (erased && there) house_wrong(house, "%s %" PRIu64 " is erased, and its key is there", bm_word(&bm_table_kind_words, table), id);
    if (!erased && key_id && !there)
        house_wrong(house, "%s %" PRIu64 " is not erased, and its key is gone", bm_word(&bm_table_kind_words, table), id);
}

static void check_keys(struct house *house) {
    static const enum bm_table_kind tables[] = {BM_T_CASE, BM_T_CONTACT, BM_T_STUB};
    const struct bm_core *core = bm_desk_core(house->life.desk);
    for (int t = 0; t < 3; t++) {
        const struct bm_shape *shape = bm_table_shape(tables[t]);
        const struct bm_field *narrative = bm_shape_find(shape, "narrative_key"), *identity = bm_shape_find(shape, "identity_key"),
                              *erased_at = bm_shape_find(shape, "erased_at_ms");
        for (uint64_t id = 0; (id = bm_core_next_id(core, tables[t], id));) {
            const void *row = bm_core_get(core, tables[t], id);
            bool erased = *(const int64_t *)bm_field_of(erased_at, row) != BM_AT_NONE;
            check_key(house, tables[t], id, *(const uint64_t *)bm_field_of(narrative, row), erased);
            check_key(house, tables[t], id, *(const uint64_t *)bm_field_of(identity, row), erased);
        }
    }
    if (bm_disk_holds(house_disk(), HOUSE_CANARY, sizeof HOUSE_CANARY - 1))
        house_wrong(house, "what a caller said stands on the disk in clear");
}

/* --- deliveries ---------------------------------------------------------------------------------------- */

struct telling {
    struct house *house;
    struct bm_map first_channel; /* event -> deliveries of channel 1 */
    uint64_t changed_seq;        /* channel 1 was set, paused or switched off from there on: by its own rules then */
};

static void key_of(uint64_t seq, uint8_t ret_key[16]) {
    bm_hash_of(&seq, sizeof seq, ret_key, 16);
}

static bool take_delivery(void *context, const struct bm_delivery *delivery) {
    struct telling *telling = context;
    struct house *house = telling->house;
    uint8_t key[16];
    uint64_t times = 0;
    key_of(delivery->event_seq.v, key);
    bool open = delivery->state == BM_DELIVERY_QUEUED || delivery->state == BM_DELIVERY_SENDING || delivery->state == BM_DELIVERY_FAILED;
    const struct bm_alert_channel *channel = bm_core_get(bm_desk_core(house->life.desk), BM_T_ALERT_CHANNEL, delivery->channel.v);
    bool waits = channel && (channel->paused || channel->off || !channel->active);
    house->tally->deliveries++;
    if (open && !waits)
        house_wrong(house, "delivery %" PRIu64 " of event %" PRIu64 " is still %s after all is quiet, due in %" PRId64 " ms, until %" PRId64 " ms, for channel %" PRIu64 " (%s): %.200s", delivery->id.v,
                    delivery->event_seq.v, bm_word(&bm_delivery_state_words, delivery->state),
                    delivery->next_at_ms - bm_io_wall_ms(house->life.io), delivery->until_ms - bm_io_wall_ms(house->life.io),
                    delivery->channel.v, channel ? channel->url : "no channel", delivery->last_answer);
    if (delivery->channel.v == 1) {
        if (bm_map_get(&telling->first_channel, key, &times))
            house_wrong(house, "event %" PRIu64 " is to be told to channel 1 twice", delivery->event_seq.v);
        bm_map_put(&telling->first_channel, key, 1);
    }
    /* A webhook that counts as delivered was sent at least once; a channel that was changed since may have been a mail server then. */
    bool as_it_was = channel && channel->seq.v < delivery->event_seq.v;
    bool told = as_it_was && delivery->channel_kind == BM_ALERT_WEBHOOK && delivery->state == BM_DELIVERY_DELIVERED;
    if (told && !bm_map_get(&house->partner, key, &times))
        house_wrong(house, "event %" PRIu64 " counts as delivered and no partner was ever sent it", delivery->event_seq.v);
    return !house_failed(house);
}

static bool follow_opened(void *context, const struct bm_row *row) {
    struct telling *telling = context;
    struct bm_event event;
    struct bm_fault fault;
    uint8_t key[16];
    uint64_t there;
    if (bm_row_event(row, &event, &fault)) return false;
    bool changed = (event.kind == BM_EV_ALERT_CHANNEL_SET && event.alert_channel_set.channel.v == 1) ||
                   (event.kind == BM_EV_ALERT_CHANNEL_OFF && event.alert_channel_off.channel.v == 1);
    if (changed) telling->changed_seq = row->seq;
    key_of(row->seq, key);
    /* As it was furnished, channel 1 is told of every case that is opened. */
    bool meant = event.kind == BM_EV_CASE_OPENED && telling->changed_seq <= telling->house->furnished_seq;
    if (meant && !bm_map_get(&telling->first_channel, key, &there))
        house_wrong(telling->house, "nobody is to be told of the case that was opened in row %" PRIu64, row->seq);
    bm_event_release(&event);
    return !house_failed(telling->house);
}

static void check_deliveries(struct house *house) {
    struct telling telling = {.house = house};
    struct bm_outbox_query query = {.state = -1, .limit = UINT32_MAX};
    struct bm_fault fault;
    if (bm_outbox_list(house->life.outbox, &query, take_delivery, &telling, &fault))
        house_wrong(house, "deliveries cannot be listed: %s", fault.detail);
    if (!house_failed(house) && bm_journal_follow(house->life.journal, 0, follow_opened, &telling, &fault))
        house_wrong(house, "the record cannot be read: %s", fault.detail);
    uint64_t cursor = bm_outbox_counts(house->life.outbox).cursor, head = bm_journal_head(house->life.journal).seq;
    if (cursor != head) house_wrong(house, "the outbox stands at row %" PRIu64 " of %" PRIu64, cursor, head);
    bm_map_free(&telling.first_channel);
}

/* --- the end --------------------------------------------------------------------------------------------- */

static void check_open_cases(struct house *house) {
    const struct bm_core *core = bm_desk_core(house->life.desk);
    const char *wrong = bm_core_check(core);
    if (wrong) house_wrong(house, "the state is one that must not be: %s", wrong);
}

void house_check_end(struct house *house) {
    house_check_rows(house);
    if (!house_failed(house)) check_open_cases(house);
    if (!house_failed(house)) check_keys(house);
    if (!house_failed(house)) check_deliveries(house);
}
