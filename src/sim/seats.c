/* The automatic dispatchers: they look at each case of theirs now and then, send what is
 * recommended, and close what is done.  A human's case is theirs only after it lay for twenty
 * minutes. */
#include <stdio.h>
#include <string.h>

#include "sim/town_private.h"

enum { LOOK_AGAIN_MS = 12000, GIVE_UP_MS = 15 * 60 * 1000 };

static int64_t due_of(struct bm_town *town, const char *id) {
    return json_integer_value(json_object_get(town->case_due, id));
}

static void look_again(struct bm_town *town, const char *id, int64_t in_ms) {
    json_object_set_new(town->case_due, id, json_integer(town->now_ms + in_ms));
}

static uint32_t version_of(const json_t *row) {
    return (uint32_t)bm_row_int(row, "version");
}

static json_t *chosen_units(const json_t *recommendation, const char **ret_first) {
    json_t *units = json_array(), *unit;
    size_t i;
    *ret_first = "";
    json_array_foreach(json_object_get(recommendation, "units"), i, unit) {
        if (!json_is_true(json_object_get(unit, "chosen"))) continue;
        json_array_append(units, json_object_get(unit, "unit"));
        if (json_array_size(units) == 1) *ret_first = bm_row_text(unit, "unit");
    }
    return units;
}

/* Recommendation, then dispatch.  Taken meanwhile by somebody else, changed, nobody free: looked at
 * again. */
static void send_units(struct bm_town *town, const char *id, const json_t *row, int seat) {
    char path[96], key[96];
    const char *first;
    json_t *recommendation = NULL;
    snprintf(path, sizeof path, "/v1/cases/%s/recommendation?profile=emergency", id);
    int status = bm_town_ask(town, town->seats[seat], "GET", path, NULL, NULL, 0, &recommendation);
    if (status != 200) { /* its class sends nobody, or it has no place */
        json_decref(recommendation);
        return;
    }
    json_t *units = chosen_units(recommendation, &first);
    if (json_array_size(units)) {
        snprintf(path, sizeof path, "/v1/cases/%s/assignments", id);
        snprintf(key, sizeof key, "send-%s-%s", id, bm_row_text(recommendation, "recommendation"));
        json_t *body = json_pack("{sO sO}", "units", units, "recommendation",
                                 json_object_get(recommendation, "recommendation"));
        status = bm_town_ask(town, town->seats[seat], "POST", path, body, key, version_of(row),
                             NULL);
        if (status == 200 || status == 201) town->figures.dispatches++;
    }
    json_decref(units);
    json_decref(recommendation);
}

static void event_of_case(struct bm_town *town, const char *id, const json_t *row, int seat,
                          const char *event, const char *outcome) {
    char path[64], key[96];
    snprintf(path, sizeof path, "/v1/cases/%s/events", id);
    snprintf(key, sizeof key, "%s-%s-%u", event, id, version_of(row));
    json_t *body = json_pack("{ss}", "event", event);
    if (outcome) json_object_set_new(body, "fields", json_pack("{ss}", "outcome", outcome));
    int status = bm_town_ask(town, town->seats[seat], "POST", path, body, key, version_of(row),
                             NULL);
    if (outcome && status == 200) town->figures.closes++;
}

/* Since when the case has been as it is, as far as the desk says. */
static bool lay_long(const struct bm_town *town, const json_t *row, int64_t ms) {
    int64_t since = bm_row_int(row, "changed_at_ms");
    if (since < bm_row_int(row, "opened_at_ms")) since = bm_row_int(row, "opened_at_ms");
    return town->wall_ms - since > ms;
}

static void case_round(struct bm_town *town, const char *id, const json_t *row) {
    int seat = bm_town_seat_of(town, bm_row_text(row, "owner"));
    bool received = bm_row_is(row, "state", "received"),
         cleared = bm_row_is(row, "state", "cleared");
    if (!received && !cleared) return;
    if (seat < 0) {
        if (!lay_long(town, row, HUMAN_LEFT_MS)) return;
        event_of_case(town, id, row, 0, "claim", NULL);
        look_again(town, id, LOOK_AGAIN_MS);
        return;
    }
    if (!due_of(town, id)) {
        look_again(town, id,
                   cleared ? bm_town_span(town, 8000, 25000) : bm_town_span(town, 3000, 8000));
        return;
    }
    if (town->now_ms < due_of(town, id)) return;
    if (cleared)
        event_of_case(town, id, row, seat, "close", "solved");
    else if (lay_long(town, row, GIVE_UP_MS))
        event_of_case(town, id, row, seat, "close",
                      "explained"); /* nobody could be sent, by telephone then */
    else
        send_units(town, id, row, seat);
    if (!town->away) look_again(town, id, LOOK_AGAIN_MS);
}

void bm_seats_round(struct bm_town *town) {
    const char *id;
    json_t *row;
    void *next;
    json_object_foreach_safe(town->case_due, next, id, row) {
        const json_t *there = bm_town_row(town, "case", id);
        bool waits = bm_row_is(there, "state", "received") || bm_row_is(there, "state", "cleared");
        if (!waits) json_object_del(town->case_due, id);
    }
    /* Keys are copied: an answer changes the table while we walk it. */
    json_t *ids = json_array(), *copy;
    size_t i;
    json_object_foreach(bm_town_table(town, "case"), id, row)
        json_array_append_new(ids, json_string(id));
    json_array_foreach(ids, i, copy) {
        row = json_incref(bm_town_row(town, "case", json_string_value(copy)));
        if (row && !town->away) case_round(town, json_string_value(copy), row);
        json_decref(row);
    }
    json_decref(ids);
}
