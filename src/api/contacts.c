/* What reaches the desk: the numbers in it are numbers, and close abandoned calls of the same. */
#include <string.h>

#include "api/api_private.h"
#include "api/call_backs.h"
#include "base/phone.h"
#include "core/limits.h"

enum bm_code bm_check_numbers(const struct bm_shape *shape, const json_t *body, struct bm_fault *fault) {
    static const char *const names[] = {"number", "caller_number"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct bm_field *field = bm_shape_find(shape, names[i]);
        const json_t *value = json_object_get(body, names[i]);
        if (!field || field->kind != BM_F_PERSONAL || !json_is_string(value) || !json_string_length(value)) continue;
        if (bm_phone_is_number(json_string_value(value), json_string_length(value))) continue;
        return bm_fault_set(fault, BM_OUT_OF_RANGE, names[i],
                            "A telephone number has digits, and + - * # ( ) . and spaces, but no letters; leave it out when "
                            "there is none, and write what else was said into the text.");
    }
    return BM_OK;
}

void bm_handle_contact_receive(struct bm_call *call) {
    struct bm_command command;
    uint64_t again[BM_CALLED_AGAIN_MAX];
    call->code = bm_command_read(call, BM_DO_CONTACT_RECEIVE, call->body, &command);
    if (!call->code) {
        call->code = bm_command_seal_fresh(call, &command, call->body);
        if (call->code) bm_command_release(&command);
    }
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    const char *number = json_string_value(json_object_get(call->body, "number"));
    size_t count = bm_call_backs_find(call->api->call_backs, number, again, BM_CALLED_AGAIN_MAX);
    command.contact_receive.again = bm_bytes_copy(again, count * sizeof again[0]);
    bm_command_submit(call, &command);
}

void bm_contacts_take(struct bm_api *api, uint64_t id, const struct bm_contact *contact) {
    json_t *identity = contact && bm_call_backs_waits(contact)
                           ? bm_row_unseal(api, contact->identity_key.v, &contact->identity)
                           : NULL;
    bm_call_backs_take(api->call_backs, id, contact, identity);
    json_decref(identity);
}

static bool fill(void *context, const void *record) {
    const struct bm_contact *contact = record;
    bm_contacts_take(context, contact->id.v, contact);
    return true;
}

enum bm_code bm_contacts_fill(struct bm_api *api, struct bm_reader *reader, struct bm_fault *fault) {
    struct bm_query query = {.table = BM_T_CONTACT, .open_only = true};
    return bm_reader_records(reader, &query, fill, api, fault);
}
