/* What is said to somebody outside, made anew for each try from the record as it is: what was erased meanwhile is not said. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alerts.h"
#include "api/public.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/time.h"

struct saying {
    struct bm_api *api;
    struct bm_reader *reader;
    const struct bm_alert_channel *channel;
    const struct bm_delivery *delivery;
    struct bm_event event;
    json_t *said; /* what is sealed in the event, for channels marked for it */
    bool read;
    struct bm_fault *fault;
    enum bm_code code;
};

static bool take_event(void *context, const struct bm_row *row) {
    struct saying *saying = context;
    if (row->seq != saying->delivery->event_seq.v) return false;
    saying->code = bm_row_event(row, &saying->event, saying->fault);
    saying->read = !saying->code;
    if (saying->read && saying->channel->personal) saying->said = bm_row_opened(saying->api, row);
    return false;
}

/* --- the CloudEvent --------------------------------------------------------------------------- */

/* Numbers of keys and packed bytes are nobody's; where somebody is, is as personal as what they said. */
static bool leaves(const struct bm_field *field, bool personal, bool is_road) {
    size_t len = strlen(field->name);
    if (field->kind == BM_F_BYTES || (field->flags & BM_F_INTERNAL)) return false;
    if (len > 4 && strcmp(field->name + len - 4, "_key") == 0) return false;
    bool is_place = field->kind == BM_F_E7 || field->kind == BM_F_POINTS;
    return !is_place || personal || is_road;
}

static void write_members(const struct bm_shape *shape, const void *record, bool personal, bool is_road, struct bm_buf *out) {
    bool first = true;
    bm_buf_byte(out, '{');
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (!leaves(&shape->fields[i], personal, is_road)) continue;
        bm_json_name(out, &first, shape->fields[i].name);
        bm_field_write_json(&shape->fields[i], record, out);
    }
    bm_buf_byte(out, '}');
}

static void write_object(const char *name, json_t *object, struct bm_buf *out) {
    char *text = object && json_object_size(object) ? json_dumps(object, JSON_COMPACT) : NULL;
    bm_buf_printf(out, ",\"%s\":", name);
    bm_buf_text(out, text ? text : "null");
    free(text);
}

/* CloudEvents 1.0.2, structured mode.  (source, id) is the same however often it is sent. */
static void write_cloud_event(struct saying *saying, uint64_t ledger, const struct bm_case *row, json_t *personal,
                              struct bm_buf *out) {
    const struct bm_event *event = &saying->event;
    char time[BM_TIME_TEXT_BYTES], subject[BM_SUBJECT_TEXT];
    bool open = saying->channel->personal;
    bool is_road = event->kind == BM_EV_ROAD_CLOSED || event->kind == BM_EV_ROAD_CHANGED || event->kind == BM_EV_ROAD_OPENED;
    bm_time_text(event->at_ms, time);
    bm_subject_text(event->subject, subject);
    bm_buf_printf(out, "{\"specversion\":\"1.0\",\"id\":\"%" PRIu64 "\",\"source\":\"urn:bellman:%016" PRIx64 "\",\"type\":\"bellman.%s\",",
                  event->seq, ledger, bm_event_word(event->kind));
    bm_buf_printf(out, "\"subject\":\"%s\",\"time\":\"%s\",\"datacontenttype\":\"application/json\",\"data\":{\"kind\":\"%s\",\"version\":%u,"
                       "\"seq\":%" PRIu64 ",\"at_ms\":%" PRId64 ",\"actor\":", subject, time, bm_event_word(event->kind), event->version,
                  event->seq, event->at_ms);
    bm_json_id(out, event->actor.v);
    bm_buf_text(out, ",\"event\":");
    write_members(bm_event_shape_at(event->kind, event->version), &event->agency_set, open, is_road, out);
    bm_buf_text(out, ",\"case\":");
    if (row)
        write_members(bm_table_shape(BM_T_CASE), row, open, false, out);
    else
        bm_buf_text(out, "null");
    if (open) {
        write_object("personal", personal, out);
        write_object("said", saying->said, out);
    }
    bm_buf_text(out, "}}");
}

/* --- notices to citizens ------------------------------------------------------------------------ */

/* The text as the citizen's page shows it, in the channel's language: what became of {fields} and {due:...} is there. */
static enum bm_code write_notice(struct saying *saying, struct bm_alert_message *message) {
    struct bm_behind behind;
    char code_text[BM_RECEIPT_CODE_BYTES];
    bm_receipt_code(saying->api->vault, saying->delivery->contact.v, code_text);
    enum bm_code code = bm_behind_read(saying->api, saying->reader, code_text, &behind, saying->fault);
    if (code) return code;
    json_t *story = json_object(), *notice;
    const char *language = bm_language_words[saying->channel->language], *text = NULL;
    size_t i;
    code = bm_public_story(saying->api, saying->reader, &behind, story, saying->fault);
    json_array_foreach(json_object_get(story, "notices"), i, notice) {
        bool same = json_integer_value(json_object_get(notice, "at_ms")) == saying->event.at_ms &&
                    strcmp(json_string_value(json_object_get(notice, "notice")), saying->event.notice.text) == 0;
        if (same) text = json_string_value(json_object_get(json_object_get(notice, "text"), language));
    }
    if (!code && (!text || !*text)) code = bm_fault_set(saying->fault, BM_NOT_FOUND, NULL, "The notice has no text in this language.");
    if (!code) {
        bm_buf_text(&message->body, text);
        snprintf(message->subject, sizeof message->subject, "%s", text);
        message->subject[strcspn(message->subject, "\r\n")] = 0;
    }
    json_decref(story);
    bm_behind_free(&behind);
    return code;
}

enum reach { REACH_NOT, REACH_FOUND, REACH_UNREADABLE };

/* The number or address that the contact left, if it is of that kind.  Erased is not unreadable: of what is damaged nobody can
 * say whether it was an address. */
static enum reach reach(struct bm_api *api, const struct bm_contact *contact, enum bm_alert_kind kind, char *ret_recipient, size_t cap) {
    uint8_t key[BM_KEY_BYTES];
    char phone[BM_ALERT_PHONE_TEXT];
    bool left = contact->identity.len && bm_vault_key(api->vault, contact->identity_key.v, key) != BM_NOT_FOUND;
    bm_wipe(key, sizeof key);
    if (!left) return REACH_NOT;
    json_t *identity = bm_row_unseal(api, contact->identity_key.v, &contact->identity);
    if (!identity) return REACH_UNREADABLE;
    const char *number = json_string_value(json_object_get(identity, "number"));
    const char *found = !number                                               ? NULL
                        : kind == BM_ALERT_MAIL                               ? (bm_alert_mail(number) ? number : NULL)
                        : kind == BM_ALERT_SMS && bm_alert_phone(number, phone) ? phone
                                                                                : NULL;
    bool fits = found && strlen(found) < cap;
    if (fits) memcpy(ret_recipient, found, strlen(found) + 1);
    json_decref(identity);
    return fits ? REACH_FOUND : REACH_NOT;
}

static bool tells_citizens(const struct bm_procedure *procedure, const char *roles) {
    const char *at = roles;
    char role[BM_LIST_TEXT];
    while (bm_alert_next(&at, role, sizeof role)) {
        for (uint32_t i = 1; i < procedure->role_count; i++) {
            if (procedure->roles[i].body == BM_BODY_CITIZEN && strcmp(procedure->roles[i].name, role) == 0) return true;
        }
    }
    return false;
}

struct reaching {
    struct bm_api *api;
    enum bm_alert_kind kind;
    bm_citizen_fn *each;
    void *each_context;
};

/* One that is unreadable is told, too: its delivery is given up and says why, where silence would say nothing. */
static bool take_contact(void *context, const void *record) {
    struct reaching *reaching = context;
    const struct bm_contact *contact = record;
    char recipient[256];
    bool told = reach(reaching->api, contact, reaching->kind, recipient, sizeof recipient) != REACH_NOT;
    bm_wipe(recipient, sizeof recipient);
    return !told || reaching->each(reaching->each_context, contact->id.v);
}

enum bm_code bm_alert_citizens(void *context, struct bm_reader *reader, enum bm_alert_kind kind, uint64_t case_id, const char *roles,
                               bm_citizen_fn *each, void *each_context, struct bm_fault *fault) {
    struct reaching reaching = {context, kind, each, each_context};
    struct bm_query query = {.table = BM_T_CONTACT, .field = "case", .id = case_id};
    struct bm_viewed viewed;
    enum bm_code code = bm_viewed_read(context, reader, case_id, &viewed, fault);
    if (code) return code;
    bool theirs = tells_citizens(viewed.procedure, roles);
    bm_viewed_free(&viewed);
    return theirs ? bm_reader_records(reader, &query, take_contact, &reaching, fault) : BM_OK;
}

/* --- to whom ------------------------------------------------------------------------------------ */

static enum bm_code find_recipient(struct saying *saying, struct bm_alert_message *message) {
    const struct bm_alert_channel *channel = saying->channel;
    struct bm_contact contact;
    char each[BM_LIST_TEXT], phone[BM_ALERT_PHONE_TEXT];
    if (saying->delivery->contact.v) {
        enum bm_code code = bm_reader_get(saying->reader, BM_T_CONTACT, saying->delivery->contact.v, &contact, saying->fault);
        if (code) return code;
        enum reach found = reach(saying->api, &contact, (enum bm_alert_kind)channel->kind, message->recipient, sizeof message->recipient);
        bm_shape_release(bm_table_shape(BM_T_CONTACT), &contact);
        if (found == REACH_UNREADABLE) return bm_fault_set(saying->fault, BM_NOT_FOUND, NULL, "The address is damaged and cannot be opened.");
        return found ? BM_OK : bm_fault_set(saying->fault, BM_NOT_FOUND, NULL, "The address was erased, or is not there any more.");
    }
    char people[BM_PEOPLE_TEXT];
    bool needs = channel->kind == BM_ALERT_MAIL || channel->kind == BM_ALERT_SMS;
    if (!needs) return BM_OK;
    if (!bm_alert_people_open(saying->api, channel->recipients, people))
        return bm_fault_set(saying->fault, BM_NOT_FOUND, NULL, "The channel's recipients cannot be opened; set the channel again.");
    const char *at = people;
    for (uint32_t i = 0; bm_alert_next(&at, each, sizeof each); i++) {
        if (i != saying->delivery->recipient) continue;
        bool sms = channel->kind == BM_ALERT_SMS && bm_alert_phone(each, phone);
        snprintf(message->recipient, sizeof message->recipient, "%s", sms ? phone : each);
        bm_wipe(people, sizeof people);
        return BM_OK;
    }
    bm_wipe(people, sizeof people);
    return bm_fault_set(saying->fault, BM_NOT_FOUND, NULL, "Who was to be told is not on the channel's list any more.");
}

/* --- all of it ---------------------------------------------------------------------------------- */

static json_t *personal_of(struct bm_api *api, const struct bm_case *row) {
    json_t *all = json_object(), *part;
    if ((part = bm_row_unseal(api, row->narrative_key.v, &row->narrative))) json_object_update(all, part);
    json_decref(part);
    if ((part = bm_row_unseal(api, row->identity_key.v, &row->identity))) json_object_update(all, part);
    json_decref(part);
    return all;
}

static void write_message(struct saying *saying, const struct bm_case *row, struct bm_alert_message *message) {
    json_t *personal = row && saying->channel->personal ? personal_of(saying->api, row) : NULL;
    if (saying->channel->kind == BM_ALERT_WEBHOOK) {
        write_cloud_event(saying, saying->api->ledger, row, personal, &message->body);
    } else if (saying->channel->kind == BM_ALERT_STATION) {
        bm_alert_slip(saying->reader, saying->channel, &saying->event, row, personal, &message->body);
    } else {
        bm_alert_line(saying->reader, saying->channel, &saying->event, row, personal, &message->body);
        snprintf(message->subject, sizeof message->subject, "%s", bm_buf_c_text(&message->body));
        message->subject[strcspn(message->subject, "\n")] = 0;
    }
    json_decref(personal);
}

static enum bm_code say_it(struct saying *saying, struct bm_alert_message *message) {
    struct bm_case row;
    uint64_t on_case = saying->delivery->on_case.v;
    enum bm_code code = on_case ? bm_reader_get(saying->reader, BM_T_CASE, on_case, &row, saying->fault) : BM_NOT_FOUND;
    bool has_case = !code;
    if (code && code != BM_NOT_FOUND) return code; /* without its case it would say less than there is */
    code = bm_reader_follow(saying->reader, saying->delivery->event_seq.v - 1, take_event, saying, saying->fault);
    if (!code) code = saying->code;
    if (!code && !saying->read) code = bm_fault_set(saying->fault, BM_CORRUPT, NULL, "Its event is not in the record.");
    if (!code) code = find_recipient(saying, message);
    if (!code && saying->delivery->contact.v)
        code = write_notice(saying, message);
    else if (!code)
        write_message(saying, has_case ? &row : NULL, message);
    if (saying->read) bm_event_release(&saying->event);
    json_decref(saying->said);
    if (has_case) bm_shape_release(bm_table_shape(BM_T_CASE), &row);
    return code;
}

enum bm_code bm_alert_compose(void *context, struct bm_reader *reader, const struct bm_alert_channel *channel,
                              const struct bm_delivery *delivery, struct bm_alert_message *message, struct bm_fault *fault) {
    struct bm_api *api = context;
    struct saying saying = {.api = api, .reader = reader, .channel = channel, .delivery = delivery, .fault = fault};
    uint64_t seq;
    if (channel->has_secret) {
        enum bm_code code = bm_vault_channel_secret(api->vault, channel->id.v, message->secret, fault);
        if (code) return code == BM_NOT_FOUND ? bm_fault_set(fault, BM_NOT_READY, "secret", "The channel's secret is not there; set it again.") : code;
    }
    if (delivery->remote_id[0]) return BM_OK; /* only asked about */
    enum bm_code code = bm_reader_begin(reader, &seq, fault);
    if (code) return code;
    code = say_it(&saying, message);
    bm_reader_end(reader);
    return code;
}
