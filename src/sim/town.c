#include "sim/town.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "sim/town_private.h"

enum { RETRY_MS = 500, REFUSED_RETRY_MS = 10000 };

static int64_t clock_ms(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void bm_town_tell(const struct bm_town *town, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (town->options.told) town->options.told(text);
}

/* --- rows ------------------------------------------------------------------------------------- */

json_t *bm_town_table(const struct bm_town *town, const char *table) {
    json_t *rows = json_object_get(town->tables, table);
    if (rows) return rows;
    rows = json_object();
    json_object_set_new(town->tables, table, rows);
    return rows;
}

json_t *bm_town_row(const struct bm_town *town, const char *table, const char *id) {
    return json_object_get(bm_town_table(town, table), id);
}

const char *bm_row_text(const json_t *row, const char *name) {
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "";
}

int64_t bm_row_int(const json_t *row, const char *name) {
    return json_integer_value(json_object_get(row, name));
}

bool bm_row_is(const json_t *row, const char *name, const char *word) {
    return strcmp(bm_row_text(row, name), word) == 0;
}

bool bm_row_place(const json_t *row, struct bm_place_at *ret_at) {
    const json_t *lat = json_object_get(row, "lat"), *lon = json_object_get(row, "lon");
    if (!json_is_number(lat) || !json_is_number(lon)) return false;
    *ret_at = (struct bm_place_at){json_number_value(lat), json_number_value(lon)};
    return true;
}

int bm_town_seat_of(const struct bm_town *town, const char *operator_id) {
    for (int s = 0; s < town->seat_count && operator_id[0]; s++)
        if (strcmp(town->operators[town->seats[s]], operator_id) == 0) return s;
    return -1;
}

bool bm_town_is_seat(const struct bm_town *town, const char *operator_id) {
    return bm_town_seat_of(town, operator_id) >= 0;
}

/* What is over is not kept. */
static bool is_over(const char *table, const json_t *row) {
    if (strcmp(table, "contact") == 0) return bm_row_is(row, "state", "ended");
    if (strcmp(table, "case") == 0)
        return bm_row_is(row, "state", "closed") || bm_row_is(row, "state", "merged");
    if (strcmp(table, "assignment") == 0)
        return bm_row_is(row, "state", "cleared") || bm_row_is(row, "state", "cancelled");
    return strcmp(table, "clock") == 0 ||
           strcmp(table, "link") == 0; /* nobody here looks at these */
}

/* A row that is older than the one we have (an answer may overtake the stream) changes nothing. */
static void take_row(struct bm_town *town, const char *table, json_t *row) {
    const char *id = bm_row_text(row, "id");
    json_t *rows = bm_town_table(town, table), *former = json_object_get(rows, id);
    if (!id[0]) return;
    if (former && strtoull(bm_row_text(former, "seq"), NULL, 10) >
                      strtoull(bm_row_text(row, "seq"), NULL, 10))
        return;
    /* Matters are for people: seats and crews live with incidents, and with those who call about them. */
    if (strcmp(table, "case") == 0 && !bm_row_is(row, "procedure", "emergency")) return;
    if (strcmp(table, "contact") == 0 && (bm_row_is(row, "channel", "web_form") || bm_row_is(row, "channel", "letter"))) return;
    if (is_over(table, row))
        json_object_del(rows, id);
    else
        json_object_set(rows, id, row);
}

static void take_frame(struct bm_town *town, const json_t *frame) {
    const char *table;
    json_t *rows, *row;
    size_t i;
    json_object_foreach(json_object_get(frame, "upsert"), table, rows) {
        json_array_foreach(rows, i, row) take_row(town, table, row);
    }
    json_object_foreach(json_object_get(frame, "remove"), table, rows) {
        json_array_foreach(rows, i, row) {
            if (json_is_string(row))
                json_object_del(bm_town_table(town, table), json_string_value(row));
        }
    }
}

/* --- asking the desk -------------------------------------------------------------------------- */

static void lose(struct bm_town *town) {
    if (!town->away) bm_town_tell(town, "the desk does not answer; waiting for it");
    town->figures.losses += !town->away;
    town->away = true;
    town->synced = false;
    town->retry_ms = town->now_ms + RETRY_MS;
}

static bool log_in(struct bm_town *town, int person) {
    const struct bm_roster_person *who = &town->roster->people[person];
    struct bm_client_answer answer;
    json_t *body = json_pack("{ss ss}", "login", who->login, "password", who->password);
    struct bm_client_request request = {.method = "POST", .path = "/v1/sessions", .body = body};
    bm_client_call(town->client, &request, &answer);
    json_decref(body);
    bool good = answer.status == 201;
    if (good) {
        snprintf(town->tokens[person], sizeof town->tokens[person], "%s",
                 bm_row_text(answer.body, "token"));
        snprintf(town->operators[person], sizeof town->operators[person], "%s",
                 bm_row_text(answer.body, "operator"));
    } else if (answer.status == 0) {
        lose(town);
    } else {
        town->figures.refusals++;
        bm_town_tell(town, "%s cannot log in: %s", who->login, bm_client_complaint(&answer));
    }
    bm_client_answer_free(&answer);
    return good;
}

static void take_answer(struct bm_town *town, const json_t *answer) {
    static const char *const tables[] = {"contact", "case", "assignment", "unit"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        json_t *row = json_object_get(answer, tables[i]);
        if (json_is_object(row)) take_row(town, tables[i], row);
    }
}

int bm_town_ask(struct bm_town *town, int person, const char *method, const char *path,
                json_t *body, const char *key, uint32_t if_match, json_t **ret_body) {
    struct bm_client_answer answer = {0};
    int status = 0;
    for (int tried = 0; tried < 2 && !town->away; tried++) {
        if (!town->tokens[person][0] && !log_in(town, person)) break;
        struct bm_client_request request = {.method = method,
                                            .path = path,
                                            .token = town->tokens[person],
                                            .key = key,
                                            .if_match = if_match,
                                            .body = body};
        bm_client_answer_free(&answer);
        bm_client_call(town->client, &request, &answer);
        status = answer.status;
        if (status != 401) break;
        town->tokens[person][0] = 0; /* the session is over: once more with a new one */
    }
    json_decref(body);
    if (status == 200 || status == 201) {
        take_answer(town, answer.body);
        if (ret_body) *ret_body = json_incref(answer.body);
    } else if (status == 0) {
        if (!town->away && town->tokens[person][0]) lose(town);
    } else {
        /* 409 is normal life: somebody else was faster. */
        town->figures.refusals++;
        if (status != 409)
            bm_town_tell(town, "%s %s was refused: %s", method, path, bm_client_complaint(&answer));
    }
    bm_client_answer_free(&answer);
    return status;
}

/* --- the board and what follows --------------------------------------------------------------- */

static bool fetch_board(struct bm_town *town) {
    json_t *board = NULL, *rows, *row;
    const char *table;
    size_t i;
    int watcher = town->seats[0];
    if (bm_town_ask(town, watcher, "GET", "/v1/board", NULL, NULL, 0, &board) != 200) return false;
    json_object_clear(town->tables);
    json_object_foreach(json_object_get(board, "rows"), table, rows) {
        json_array_foreach(rows, i, row) take_row(town, table, row);
    }
    bm_client_stream_open(town->client, town->tokens[watcher], (uint64_t)bm_row_int(board, "seq"));
    json_decref(board);
    return true;
}

static bool find_desk(struct bm_town *town) {
    if (town->now_ms < town->retry_ms) return false;
    struct bm_client_request request = {.method = "GET", .path = "/readyz"};
    struct bm_client_answer answer;
    bm_client_call(town->client, &request, &answer);
    bool ready = answer.status == 200;
    /* Its stream may have ended before anything was asked, and then nobody has said so yet. */
    if (answer.status == 0) lose(town);
    bm_client_answer_free(&answer);
    town->retry_ms = town->now_ms + RETRY_MS;
    if (!ready) return false;
    bool was_away = town->away;
    town->away = false;
    for (int s = 0; s < town->seat_count; s++) {
        if (town->operators[town->seats[s]][0] || log_in(town, town->seats[s])) continue;
        if (!town->away)
            town->retry_ms = town->now_ms + REFUSED_RETRY_MS; /* no desk of this city, perhaps */
        return false;
    }
    if (!fetch_board(town)) return false;
    bm_crews_begin(town);
    bm_calls_adopt(town);
    town->synced = true;
    if (was_away) bm_town_tell(town, "the desk answers again");
    return !town->away;
}

static void take_events(struct bm_town *town) {
    struct bm_client_event event;
    while (bm_client_stream_next(town->client, &event)) { /* bounded by what has come */
        if (strcmp(event.name, "reset") == 0) town->synced = false;
        if (strcmp(event.name, "message") == 0 && town->synced) take_frame(town, event.content);
        json_decref(event.content);
    }
    if (!bm_client_stream_is_open(town->client)) town->synced = false;
}

bool bm_town_round(struct bm_town *town, int ms) {
    bm_client_wait(town->client, ms);
    town->now_ms = clock_ms(CLOCK_MONOTONIC);
    town->wall_ms = clock_ms(CLOCK_REALTIME);
    if (town->synced) take_events(town);
    if (!town->synced && !find_desk(town)) {
        bm_client_wait(town->client, ms);
        return false;
    }
    bm_calls_round(town);
    if (!town->away) bm_seats_round(town);
    if (!town->away) bm_crews_round(town);
    if (!town->away) bm_letters_round(town);
    return !town->away;
}

/* --- measures --------------------------------------------------------------------------------- */

int64_t bm_town_span(struct bm_town *town, unsigned least_ms, unsigned most_ms) {
    double span = least_ms + (double)bm_rng_below(&town->rng, most_ms - least_ms + 1u);
    return (int64_t)(span * 2 / town->options.pace);
}

struct bm_place_at bm_town_place(struct bm_point point) {
    return (struct bm_place_at){point.lat_e7 / 1e7, point.lon_e7 / 1e7};
}

/* On the plane that touches the earth here: right to a metre within a city. */
static void span_m(struct bm_place_at a, struct bm_place_at b, double *ret_x, double *ret_y) {
    *ret_x = (b.lon - a.lon) * 111195.08 * cos(a.lat * M_PI / 180);
    *ret_y = (b.lat - a.lat) * 111195.08;
}

double bm_place_far(struct bm_place_at a, struct bm_place_at b) {
    double x, y;
    span_m(a, b, &x, &y);
    return hypot(x, y);
}

double bm_place_heading(struct bm_place_at a, struct bm_place_at b) {
    double x, y;
    span_m(a, b, &x, &y);
    double heading = atan2(x, y) * 180 / M_PI;
    return heading < 0 ? heading + 360 : heading;
}

struct bm_town *bm_town_new(struct bm_client *client, const struct bm_city *city,
                            const struct bm_roster *roster, const struct bm_town_options *options) {
    struct bm_town *town = bm_alloc_zero(1, sizeof *town);
    town->client = client;
    town->city = city;
    town->roster = roster;
    town->options = *options;
    town->tables = json_object();
    town->case_due = json_object();
    town->now_ms = town->began_ms = clock_ms(CLOCK_MONOTONIC);
    town->wall_ms = clock_ms(CLOCK_REALTIME);
    town->run = (uint64_t)town->wall_ms;
    town->rng.state = city->seed ^ town->run;
    for (int p = 0; p < roster->person_count; p++) {
        if (roster->people[p].automatic && town->seat_count < SEATS_MAX)
            town->seats[town->seat_count++] = p;
        if (strcmp(roster->people[p].roles[0], "gateway") == 0) town->gateway = p;
    }
    for (uint32_t i = 0; i < city->place_count; i++)
        if (city->places[i].kind == BM_CITY_HOSPITAL && town->hospital_count < 16)
            town->hospitals[town->hospital_count++] = i;
    return town;
}

void bm_town_free(struct bm_town *town) {
    if (!town) return;
    for (int u = 0; u < BM_ROSTER_UNITS_MAX; u++) bm_crew_halt(&town->crews[u]);
    json_decref(town->tables);
    json_decref(town->case_due);
    bm_free(town);
}

struct bm_town_figures bm_town_figures(const struct bm_town *town) {
    return town->figures;
}
