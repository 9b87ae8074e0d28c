/* Callers, and the automatic seats that answer those whom no human answers.
 *
 *   rings --(seconds)--> a seat answers --(talks)--> opens a case, or attaches to one --> ends
 *     '--> for a human: waits; after a hundred seconds a seat takes pity
 *     '--> hangs up before an answer; a seat rings back */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/town_private.h"

enum {
    FIRST_CALL_MS = 1500,
    LIVELY_CALLS = 8,
    SECOND_CALL_MS = 5000,
    DUPLICATE_PERCENT = 14,
    EVENT_FRESH_MS = 240000,
    HUMAN_TALKS_MS = 75000 /* until the next caller asks for a human */
};

/* --- what happens ----------------------------------------------------------------------------- */

/* By hour of day in China, in percent of the day's pace: quiet before dawn, busy at noon and after
 * work. */
static const uint8_t busy[24] = {55,  45,  40,  35,  35,  40,  60,  85,  100, 100, 100, 110,
                                 115, 105, 100, 100, 105, 120, 130, 130, 120, 105, 90,  70};

static int64_t next_gap(struct bm_town *town) {
    unsigned hour = (unsigned)((town->wall_ms / 3600000 + 8) % 24);
    double mean_ms = 1000.0 * (town->options.gap_s ? town->options.gap_s : 60) * 100 / busy[hour] /
                     town->options.pace;
    double even = (double)(bm_rng_u64(&town->rng) >> 11) * 0x1p-53;
    double gap = -log(1 - even) * mean_ms;
    return (int64_t)(gap > 6 * mean_ms ? 6 * mean_ms : gap);
}

static struct bm_place_at shifted(struct bm_town *town, struct bm_place_at at, double metres) {
    double angle = (double)bm_rng_below(&town->rng, 6283) / 1000,
           r = metres * (double)bm_rng_below(&town->rng, 1000) / 1000;
    return (struct bm_place_at){at.lat + r * cos(angle) / 111195,
                                at.lon + r * sin(angle) / (111195 * cos(at.lat * M_PI / 180))};
}

static void place_event(struct bm_town *town, struct event *event) {
    const struct bm_city *city = town->city;
    struct bm_point point;
    if (event->story->where == AT_RIVER && city->river_count > 40) {
        uint32_t middle = city->river_count / 2,
                 i = middle - 20 + (uint32_t)bm_rng_below(&town->rng, 40);
        point = city->river[i];
        snprintf(event->address, sizeof event->address, "铃江%s",
                 i < middle ? "上游江面" : "下游江面");
    } else if (event->story->where == AT_CROSSING && city->crossing_count) {
        const struct bm_city_crossing *crossing =
            &city->crossings[bm_rng_below(&town->rng, city->crossing_count)];
        point = crossing->point;
        snprintf(event->address, sizeof event->address, "%.60s与%.60s路口",
                 city->streets[crossing->street].name, city->streets[crossing->other].name);
    } else {
        const struct bm_city_address *address =
            &city->addresses[bm_rng_below(&town->rng, city->address_count)];
        point = address->point;
        snprintf(event->address, sizeof event->address, "%.80s%u号",
                 city->streets[address->street].name, address->number);
    }
    event->at = bm_town_place(point);
    event->district = bm_city_district_of(city, point);
}

static int new_event(struct bm_town *town) {
    int number = (int)(town->event_count % EVENTS_MAX);
    struct event *event = &town->events[number];
    *event = (struct event){.story = bm_story_draw(&town->rng), .began_ms = town->now_ms};
    place_event(town, event);
    town->event_count++;
    for (int c = 0; c < CALLS_MAX;
         c++) /* whose event was just written over knows no more than its contact */
        if (town->calls[c].used && town->calls[c].event == number) town->calls[c].event = -1;
    return number;
}

/* An event of the last minutes that one more person may have seen; -1: none. */
static int fresh_event(struct bm_town *town) {
    for (int tried = 0; tried < 4; tried++) {
        int number = (int)bm_rng_below(&town->rng, EVENTS_MAX);
        const struct event *event = &town->events[number];
        /* What happens behind a door has one caller; a street, a river, a fire has many. */
        bool seen = event->story && (event->story->where != AT_HOUSE ||
                                     strcmp(event->story->class_code, "fire") == 0);
        bool fresh = seen && town->now_ms - event->began_ms < EVENT_FRESH_MS;
        if (fresh && event->case_id[0] && bm_town_row(town, "case", event->case_id)) return number;
    }
    return -1;
}

/* --- it rings --------------------------------------------------------------------------------- */

static struct call *free_call(struct bm_town *town) {
    for (int c = 0; c < CALLS_MAX; c++)
        if (!town->calls[c].used) return &town->calls[c];
    return NULL;
}

static unsigned waiting_for_humans(const struct bm_town *town) {
    unsigned count = 0;
    for (int c = 0; c < CALLS_MAX; c++) count += town->calls[c].used && town->calls[c].for_human;
    return count;
}

/* Somebody at a desk has just taken a call and is at it: one is left to finish. */
static bool human_is_talking(const struct bm_town *town) {
    const char *id;
    json_t *contact;
    json_object_foreach(bm_town_table(town, "contact"), id, contact) {
        if (bm_row_is(contact, "state", "answered") &&
            !bm_town_is_seat(town, bm_row_text(contact, "operator")) &&
            town->wall_ms - bm_row_int(contact, "answered_at_ms") < HUMAN_TALKS_MS)
            return true;
    }
    return false;
}

static json_t *what_is_told(struct bm_town *town, const struct call *call, char said[512]) {
    static const char *const families[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄",
                                           "周", "吴", "徐", "孙", "胡", "朱", "高"};
    const struct event *event = call->event >= 0 ? &town->events[call->event] : NULL;
    said[0] = 0;
    json_t *body = json_pack("{ss ss sI}", "channel",
                             call->end == CALL_SILENT ? "silent_call" : "call", "line", "110",
                             "rang_at_ms", (json_int_t)town->wall_ms);
    char text[512];
    snprintf(text, sizeof text, "138%04u%04u", (unsigned)bm_rng_below(&town->rng, 10000),
             (unsigned)bm_rng_below(&town->rng, 10000));
    json_object_set_new(body, "number", json_string(text));
    if (event) {
        static const unsigned uncertain[] = {8, 15, 30, 60, 150, 300};
        unsigned metres = uncertain[bm_rng_below(&town->rng, 6)];
        struct bm_place_at at = shifted(town, event->at, metres * 0.7);
        json_object_set_new(body, "lat", json_real(round(at.lat * 1e7) / 1e7));
        json_object_set_new(body, "lon", json_real(round(at.lon * 1e7) / 1e7));
        json_object_set_new(body, "uncertainty_m", json_integer(metres));
        json_object_set_new(body, "fix_source", json_string(metres > 60 ? "network" : "device"));
    }
    if (!event || call->end != CALL_CASE) return body;
    unsigned texts = event->story->texts[1] ? 2 : 1;
    snprintf(said, 512, event->story->texts[bm_rng_below(&town->rng, texts)], event->address);
    json_object_set_new(body, "text", json_string(said));
    snprintf(text, sizeof text, "%s%s", families[bm_rng_below(&town->rng, 15)],
             bm_rng_chance(&town->rng, 50) ? "女士" : "先生");
    json_object_set_new(body, "name", json_string(text));
    return body;
}

static void ring(struct bm_town *town, bool for_human) {
    struct call *call = free_call(town);
    if (!call) return;
    *call = (struct call){.for_human = for_human,
                          .event = -1,
                          .seat = (int)bm_rng_below(&town->rng, (uint64_t)town->seat_count),
                          .rang_ms = town->now_ms};
    uint64_t dice = bm_rng_below(&town->rng, 100);
    if (!for_human && dice < 5)
        call->end = CALL_HANGS_UP;
    else if (!for_human && dice < 9)
        call->end = CALL_SILENT;
    else if (!for_human && dice < 12)
        call->end = CALL_MISDIAL;
    if (call->end == CALL_CASE || call->end == CALL_HANGS_UP) {
        if (bm_rng_chance(&town->rng, DUPLICATE_PERCENT)) call->event = fresh_event(town);
        call->duplicate = call->event >= 0;
        if (!call->duplicate) call->event = new_event(town);
    }
    char key[64], said[512];
    json_t *answer = NULL;
    snprintf(key, sizeof key, "call-%llu-%llu", (unsigned long long)town->run,
             (unsigned long long)++town->call_number);
    int status = bm_town_ask(town, town->gateway, "POST", "/v1/contacts",
                             what_is_told(town, call, said), key, 0, &answer);
    if (status == 201 || status == 200) {
        const char *id = bm_row_text(json_object_get(answer, "contact"), "id");
        snprintf(call->id, sizeof call->id, "%s", id);
        if (!call->duplicate && call->event >= 0) {
            snprintf(town->events[call->event].contact, sizeof call->id, "%s", id);
            snprintf(town->events[call->event].said, sizeof said, "%s", said);
        }
        call->used = true;
        call->next_ms = town->now_ms + bm_town_span(town, 3000, 9000);
        town->figures.calls++;
    } else if (status) {
        bm_town_tell(town, "a call was not taken (%d)", status);
    }
    json_decref(answer);
}

/* --- a seat answers --------------------------------------------------------------------------- */

/* At most so many bytes, and no part of a character. */
static void copy_whole(const char *text, size_t len_max, char *ret_copy) {
    size_t len = strlen(text);
    if (len > len_max)
        for (len = len_max; len && ((unsigned char)text[len] & 0xC0) == 0x80;) len--;
    memcpy(ret_copy, text, len);
    ret_copy[len] = 0;
}

/* Where people say where they are: up to the first comma, in bytes; at most what an address holds.
 */
static size_t first_clause(const char *text) {
    const char *comma = strstr(text, "，");
    size_t len = comma ? (size_t)(comma - text) : strlen(text);
    return len < 159 ? len : 159;
}

/* What a person would understand from what was told: after a restart the contact is all there is.
 */
static const struct bm_story *understand(struct bm_town *town, const struct call *call,
                                         char address[160], char said[512]) {
    json_t *answer = NULL;
    char path[64];
    const struct bm_story *story = NULL;
    address[0] = said[0] = 0;
    if (call->event >= 0) {
        snprintf(address, 160, "%s", town->events[call->event].address);
        snprintf(said, 512, "%s", town->events[call->event].said);
        return town->events[call->event].story;
    }
    snprintf(path, sizeof path, "/v1/contacts/%s", call->id);
    if (bm_town_ask(town, town->seats[call->seat], "GET", path, NULL, NULL, 0, &answer) == 200) {
        const json_t *contact = json_object_get(answer, "contact");
        const char *text = bm_row_text(json_object_get(contact, "personal"), "text");
        story = bm_story_by_mark(text);
        if (!story && text[0]) story = bm_story_by_class("help");
        copy_whole(text, 511, said);
        copy_whole(text, first_clause(text), address);
    }
    json_decref(answer);
    return story;
}

static bool open_case(struct bm_town *town, struct call *call, const json_t *contact) {
    char address[160], said[512], key[64];
    struct bm_place_at at;
    const struct bm_story *story = understand(town, call, address, said);
    if (town->away || !story) return false;
    struct event *event = call->event >= 0 ? &town->events[call->event] : NULL;
    if (event)
        at = event->at; /* the seat has found the address on the map */
    else if (!bm_row_place(contact, &at))
        return false;
    json_t *body = json_pack("{ss ss ss sf sf sb}", "class", story->class_code, "contact", call->id,
                             "address", address, "lat", at.lat, "lon", at.lon, "address_verified",
                             event != NULL);
    if (said[0]) json_object_set_new(body, "description", json_string(said));
    snprintf(key, sizeof key, "open-%s", call->id);
    json_t *answer = NULL;
    int status = bm_town_ask(town, town->seats[call->seat], "POST", "/v1/cases", body, key, 0,
                             &answer);
    bool good = status == 201 || status == 200;
    if (good) {
        town->figures.cases++;
        if (event)
            snprintf(event->case_id, sizeof event->case_id, "%s",
                     bm_row_text(json_object_get(answer, "case"), "id"));
    }
    json_decref(answer);
    return good;
}

static bool attach(struct bm_town *town, struct call *call) {
    char path[64], key[64];
    const char *on_case = town->events[call->event].case_id;
    snprintf(path, sizeof path, "/v1/contacts/%s/attach", call->id);
    snprintf(key, sizeof key, "attach-%s", call->id);
    int status = bm_town_ask(town, town->seats[call->seat], "POST", path,
                             json_pack("{ss}", "case", on_case), key, 0, NULL);
    return status == 200 || status == 201;
}

/* The simple steps: answer, abandon, end. */
static int step(struct bm_town *town, const struct call *call, const char *what, json_t *body) {
    char path[64], key[64];
    snprintf(path, sizeof path, "/v1/contacts/%s/%s", call->id, what);
    snprintf(key, sizeof key, "%s-%s", what, call->id);
    return bm_town_ask(town, town->seats[call->seat], "POST", path, body, key, 0, NULL);
}

static void after_talking(struct bm_town *town, struct call *call, const json_t *contact) {
    if (!call->ending) {
        bool known = call->duplicate && call->event >= 0 &&
                     bm_town_row(town, "case", town->events[call->event].case_id);
        bool made = call->end == CALL_CASE &&
                    (known ? attach(town, call) : open_case(town, call, contact));
        if (town->away) return;
        call->result = made                        ? "case"
                       : call->end == CALL_SILENT  ? "silent"
                       : call->end == CALL_MISDIAL ? "misdial"
                                                   : "advice";
        call->ending = true;
        call->next_ms = town->now_ms + bm_town_span(town, 1000, 4000);
        return;
    }
    int status = step(town, call, "end", json_pack("{ss}", "result", call->result));
    if (status) call->used = false;
}

static void call_round(struct bm_town *town, struct call *call) {
    const json_t *contact = bm_town_row(town, "contact", call->id);
    if (!contact) { /* ended: by a human, or it was us */
        call->used = false;
        return;
    }
    bool answered = bm_row_is(contact, "state", "answered"),
         gone = bm_row_is(contact, "state", "abandoned");
    if (answered &&
        !bm_town_is_seat(town, bm_row_text(contact, "operator"))) { /* a human has it now */
        call->used = false;
        return;
    }
    if (answered) call->seat = bm_town_seat_of(town, bm_row_text(contact, "operator"));
    if (call->for_human && (answered || gone || town->now_ms - call->rang_ms > HUMAN_PATIENCE_MS))
        call->for_human = false;
    if (call->for_human || town->now_ms < call->next_ms) return;
    if (gone) { /* rung back, nobody there */
        if (step(town, call, "end", json_pack("{ss}", "result", "not_reached"))) call->used = false;
    } else if (answered) {
        after_talking(town, call, contact);
    } else {
        step(town, call, call->end == CALL_HANGS_UP ? "abandon" : "answer", json_object());
        call->next_ms = town->now_ms + bm_town_span(town, 5000, 14000);
    }
}

void bm_calls_adopt(struct bm_town *town) {
    const char *id;
    json_t *contact;
    json_object_foreach(bm_town_table(town, "contact"), id, contact) {
        bool known = false;
        for (int c = 0; c < CALLS_MAX; c++)
            known = known || (town->calls[c].used && strcmp(town->calls[c].id, id) == 0);
        bool theirs = bm_row_is(contact, "state", "answered") &&
                      !bm_town_is_seat(town, bm_row_text(contact, "operator"));
        struct call *call = known || theirs ? NULL : free_call(town);
        if (!call) continue;
        *call = (struct call){.used = true,
                              .event = -1,
                              .rang_ms = town->now_ms,
                              .next_ms = town->now_ms + bm_town_span(town, 2000, 12000)};
        snprintf(call->id, sizeof call->id, "%s", id);
        call->for_human = !town->options.no_humans && bm_row_is(contact, "state", "ringing") &&
                          waiting_for_humans(town) < HUMANS_MAX;
        if (bm_row_text(contact, "case")[0]) {
            call->ending = true;
            call->result = "case";
        }
        if (bm_row_is(contact, "channel", "silent_call")) call->end = CALL_SILENT;
    }
}

/* What a human answered and left lying does not lie for ever. */
static void watch_humans(struct bm_town *town) {
    const char *id;
    json_t *contact;
    void *next;
    json_object_foreach_safe(bm_town_table(town, "contact"), next, id, contact) {
        bool lying = bm_row_is(contact, "state", "answered") &&
                     !bm_town_is_seat(town, bm_row_text(contact, "operator")) &&
                     town->wall_ms - bm_row_int(contact, "answered_at_ms") > HUMAN_LEFT_MS;
        if (!lying || town->away) continue;
        struct call call = {.seat = 0};
        snprintf(call.id, sizeof call.id, "%s", id);
        step(town, &call, "end",
             json_pack("{ss}", "result", bm_row_text(contact, "case")[0] ? "case" : "advice"));
    }
}

/* The first minute is a lively one, and somebody always rings for the newcomer. */
static int64_t until_next(struct bm_town *town) {
    return town->figures.calls < LIVELY_CALLS ? SECOND_CALL_MS : next_gap(town);
}

void bm_calls_round(struct bm_town *town) {
    if (!town->next_call_ms) town->next_call_ms = town->now_ms + FIRST_CALL_MS;
    for (int c = 0; c < CALLS_MAX && !town->away; c++)
        if (town->calls[c].used) call_round(town, &town->calls[c]);
    if (!town->away) watch_humans(town);
    unsigned waiting = town->options.no_humans ? HUMANS_MAX
                                               : waiting_for_humans(town); /* then nobody is */
    int64_t soonest = town->now_ms + SECOND_CALL_MS;
    bool wanted = waiting == 0 && !human_is_talking(town);
    if (wanted && town->next_call_ms > soonest) town->next_call_ms = soonest;
    if (town->away || town->now_ms < town->next_call_ms) return;
    if (json_object_size(bm_town_table(town, "case")) < OPEN_CASES_MAX) {
        ring(town, wanted || (waiting == 0 && bm_rng_chance(&town->rng, 10)));
        soonest = town->now_ms + until_next(town);
    }
    town->next_call_ms = soonest;
}
