#include "sim/furnish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

extern const char bm_demo_classes[]; /* classes/110.json, by tools/embed.py */

enum { LIST_MAX = 1000 };

struct furnishing {
    struct bm_client *client;
    const struct bm_city *city;
    const struct bm_roster *roster;
    struct bm_fault *fault;
    char token[160];
    char agencies[BM_ROSTER_AGENCIES_MAX][24]; /* ids */
    json_t *place_ids;                         /* name -> id */
    char units[BM_ROSTER_UNITS_MAX][24];
};

/* --- asking ----------------------------------------------------------------------------------- */

static enum bm_code refused(struct furnishing *f, const char *what,
                            const struct bm_client_answer *answer) {
    return bm_fault_set(f->fault, answer->status ? BM_CONFLICT : BM_IO, NULL, "%s: %s", what,
                        bm_client_complaint(answer));
}

/* A request that must be answered well.  Its key is the seed's, so that an answer that was lost is
 * answered again. */
static enum bm_code ask(struct furnishing *f, const char *method, const char *path, json_t *body,
                        const char *key_word, uint32_t if_match, json_t **ret_body) {
    char key[128];
    struct bm_client_answer answer = {0};
    snprintf(key, sizeof key, "demo-%" PRIu64 "-%s", f->city->seed, key_word ? key_word : "");
    struct bm_client_request request = {.method = method,
                                        .path = path,
                                        .token = f->token,
                                        .key = key_word ? key : NULL,
                                        .if_match = if_match,
                                        .body = body};
    for (int tried = 0; tried < 3; tried++) {
        bm_client_answer_free(&answer);
        bm_client_call(f->client, &request, &answer);
        if (answer.status != 0 && answer.status != 503) break;
        bm_client_wait(f->client, 500);
    }
    json_decref(body);
    if ((answer.status != 200 && answer.status != 201) || !answer.body) {
        enum bm_code code = refused(f, path, &answer);
        bm_client_answer_free(&answer);
        return code;
    }
    if (ret_body)
        *ret_body = answer.body;
    else
        bm_client_answer_free(&answer);
    return BM_OK;
}

static void keep_token(struct furnishing *f, const json_t *body) {
    const char *token = json_string_value(json_object_get(body, "token"));
    snprintf(f->token, sizeof f->token, "%s", token ? token : "");
}

static enum bm_code enter(struct furnishing *f, const char *setup_token) {
    const struct bm_roster_person *admin = &f->roster->people[0];
    json_t *answer, *body;
    if (setup_token) {
        body = json_pack("{ss ss ss ss ss ss}", "token", setup_token, "login", admin->login,
                         "password", admin->password, "number", admin->number, "agency_code",
                         f->roster->agencies[0].code, "agency_name", f->roster->agencies[0].name);
    } else {
        body = json_pack("{ss ss}", "login", admin->login, "password", admin->password);
    }
    f->token[0] = 0;
    enum bm_code code = ask(f, "POST", setup_token ? "/v1/setup" : "/v1/sessions", body, NULL, 0,
                            &answer);
    if (code) return code;
    keep_token(f, answer);
    json_decref(answer);
    return BM_OK;
}

/* All rows of a table; the caller's. */
static enum bm_code list(struct furnishing *f, const char *path, json_t **ret_rows) {
    char paged[64];
    json_t *all = json_array();
    const char *next = "0";
    char after[24] = "0";
    while (next) { /* each page moves `after` on */
        json_t *answer;
        snprintf(paged, sizeof paged, "%s?limit=%d&after=%s", path, LIST_MAX, after);
        enum bm_code code = ask(f, "GET", paged, NULL, NULL, 0, &answer);
        if (code) {
            json_decref(all);
            return code;
        }
        json_array_extend(all, json_object_get(answer, "rows"));
        next = json_string_value(json_object_get(answer, "next"));
        if (next) snprintf(after, sizeof after, "%s", next);
        json_decref(answer);
    }
    *ret_rows = all;
    return BM_OK;
}

static const char *text_of(const json_t *row, const char *name) {
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "";
}

/* The row whose member `name` is `value`. */
static json_t *find(const json_t *rows, const char *name, const char *value) {
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) if (strcmp(text_of(row, name), value) == 0) return row;
    return NULL;
}

static void keep_id(char id[24], const json_t *row) {
    snprintf(id, 24, "%s", text_of(row, "id"));
}

/* --- agencies, places, classes ---------------------------------------------------------------- */

static enum bm_code furnish_agencies(struct furnishing *f) {
    json_t *rows, *answer;
    enum bm_code code = list(f, "/v1/agencies", &rows);
    if (code) return code;
    for (int i = 0; i < f->roster->agency_count && !code; i++) {
        const struct bm_roster_agency *agency = &f->roster->agencies[i];
        json_t *row = find(rows, "code", agency->code);
        if (row) {
            keep_id(f->agencies[i], row);
            continue;
        }
        char word[64];
        snprintf(word, sizeof word, "agency-%s", agency->code);
        json_t *body = json_pack("{ss ss ss}", "code", agency->code, "name", agency->name, "level",
                                 agency->level);
        if (agency->parent != BM_ROSTER_NONE)
            json_object_set_new(body, "parent", json_string(f->agencies[agency->parent]));
        code = ask(f, "POST", "/v1/agencies", body, word, 0, &answer);
        if (code) break;
        keep_id(f->agencies[i], json_object_get(answer, "agency"));
        json_decref(answer);
    }
    json_decref(rows);
    return code;
}

static const char *place_kind(enum bm_city_place_kind kind) {
    if (kind == BM_CITY_POLICE || kind == BM_CITY_FIRE || kind == BM_CITY_PIER) return "station";
    return "facility";
}

/* What a desk must know by name: where units stand, and where people are brought. */
static bool desk_knows(const struct bm_city_place *place) {
    return place->kind <= BM_CITY_PIER || place->kind == BM_CITY_GOVERNMENT ||
           place->kind == BM_CITY_MALL || place->kind == BM_CITY_STATION ||
           place->kind == BM_CITY_SPORT;
}

static enum bm_code furnish_places(struct furnishing *f) {
    json_t *rows, *answer, *row;
    size_t i;
    enum bm_code code = list(f, "/v1/places", &rows);
    if (code) return code;
    json_array_foreach(rows, i, row)
        json_object_set(f->place_ids, text_of(row, "name"), json_object_get(row, "id"));
    json_decref(rows);
    for (uint32_t p = 0; p < f->city->place_count && !code; p++) {
        const struct bm_city_place *place = &f->city->places[p];
        if (!desk_knows(place) || json_object_get(f->place_ids, place->name)) continue;
        char word[64];
        snprintf(word, sizeof word, "place-%u", p);
        json_t *body = json_pack("{ss ss ss sf sf}", "kind", place_kind(place->kind), "name",
                                 place->name, "jurisdiction",
                                 f->agencies[bm_roster_district(place->district)], "lat",
                                 place->point.lat_e7 / 1e7, "lon", place->point.lon_e7 / 1e7);
        code = ask(f, "POST", "/v1/places", body, word, 0, &answer);
        if (code) break;
        json_object_set(f->place_ids, place->name,
                        json_object_get(json_object_get(answer, "place"), "id"));
        json_decref(answer);
    }
    return code;
}

/* The set for 110 desks, unless all its classes are there. */
static enum bm_code furnish_classes(struct furnishing *f) {
    json_t *rows, *content, *class;
    size_t i;
    bool complete = true;
    enum bm_code code = bm_json_parse(bm_demo_classes, strlen(bm_demo_classes), &content, f->fault);
    if (!code) code = list(f, "/v1/classes", &rows);
    if (code) return code;
    json_array_foreach(json_object_get(content, "classes"), i, class) {
        complete = complete && find(rows, "code", text_of(class, "code"));
    }
    json_decref(rows);
    if (!complete) return ask(f, "POST", "/v1/classes", content, "classes", 0, NULL);
    json_decref(content);
    return BM_OK;
}

/* The calendar, and the procedures of a desk's daily work. */
static enum bm_code furnish_editions(struct furnishing *f) {
    static const struct {
        const char *what, *name;
    } files[] = {{"calendars", "cn"},        {"procedures", "letter"},  {"procedures", "mediation"}, {"procedures", "hotline-transfer"},
                 {"procedures", "review"},
                 {"procedures", "service"}, {"procedures", "directive"}};
    json_t *rows;
    enum bm_code code = list(f, "/v1/editions", &rows);
    if (code) return code;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && !code; i++) {
        char path[96], word[64];
        if (find(rows, "name", files[i].name)) continue;
        snprintf(path, sizeof path, "/v1/%s?builtin=%s", files[i].what, files[i].name);
        snprintf(word, sizeof word, "edition-%s", files[i].name);
        code = ask(f, "POST", path, json_object(), word, 0, NULL);
    }
    json_decref(rows);
    return code;
}

/* --- units and people ------------------------------------------------------------------------- */

static enum bm_code furnish_unit(struct furnishing *f, int u, json_t *row) {
    const struct bm_roster_unit *unit = &f->roster->units[u];
    char word[64], path[64];
    json_t *answer;
    enum bm_code code = BM_OK;
    if (!row) {
        const char *station = text_of(f->place_ids, f->city->places[unit->place].name);
        json_t *body = json_pack("{ss ss ss ss ss}", "call_sign", unit->call_sign, "kind",
                                 unit->kind, "jurisdiction", f->agencies[unit->agency], "station",
                                 station, "capabilities", unit->capabilities);
        snprintf(word, sizeof word, "unit-%d", u);
        code = ask(f, "POST", "/v1/units", body, word, 0, &answer);
        if (code) return code;
        keep_id(f->units[u], json_object_get(answer, "unit"));
        json_decref(answer);
    } else {
        keep_id(f->units[u], row);
        if (strcmp(text_of(row, "duty"), "off_duty") != 0) return BM_OK;
    }
    snprintf(path, sizeof path, "/v1/units/%s", f->units[u]);
    snprintf(word, sizeof word, "duty-%d", u);
    return ask(f, "PATCH", path, json_pack("{ss}", "duty", "on_duty"), word, 0, NULL);
}

static enum bm_code furnish_units(struct furnishing *f) {
    json_t *rows;
    enum bm_code code = list(f, "/v1/units", &rows);
    if (code) return code;
    for (int u = 0; u < f->roster->unit_count && !code; u++)
        code = furnish_unit(f, u, find(rows, "call_sign", f->roster->units[u].call_sign));
    json_decref(rows);
    return code;
}

static bool can_log_in(struct furnishing *f, const struct bm_roster_person *person) {
    struct bm_client_answer answer;
    json_t *body = json_pack("{ss ss}", "login", person->login, "password", person->password);
    struct bm_client_request request = {.method = "POST", .path = "/v1/sessions", .body = body};
    bm_client_call(f->client, &request, &answer);
    bool can = answer.status == 201;
    json_decref(body);
    bm_client_answer_free(&answer);
    return can;
}

static enum bm_code furnish_person(struct furnishing *f, int p, const json_t *row) {
    const struct bm_roster_person *person = &f->roster->people[p];
    char word[64], path[64], id[24];
    json_t *answer;
    if (row) {
        if (can_log_in(f, person)) return BM_OK;
        keep_id(id, row);
    } else {
        json_t *roles = json_array();
        for (int r = 0; r < 4 && person->roles[r]; r++)
            json_array_append_new(roles, json_string(person->roles[r]));
        json_t *body = json_pack("{ss so ss ss}", "number", person->number, "roles", roles,
                                 "jurisdiction", f->agencies[0], "name", person->name);
        if (person->posts) json_object_set_new(body, "posts", json_string(person->posts));
        if (person->agency != BM_ROSTER_NONE) json_object_set_new(body, "jurisdiction", json_string(f->agencies[person->agency]));
        if (person->unit != BM_ROSTER_NONE) {
            json_object_set_new(body, "unit", json_string(f->units[person->unit]));
            json_object_set_new(body, "jurisdiction",
                                json_string(f->agencies[f->roster->units[person->unit].agency]));
        }
        snprintf(word, sizeof word, "operator-%s", person->login);
        enum bm_code code = ask(f, "POST", "/v1/operators", body, word, 0, &answer);
        if (code) return code;
        keep_id(id, json_object_get(answer, "operator"));
        json_decref(answer);
    }
    snprintf(path, sizeof path, "/v1/operators/%s/account", id);
    return ask(f, "POST", path,
               json_pack("{ss ss}", "login", person->login, "password", person->password), NULL, 0,
               NULL);
}

static enum bm_code furnish_people(struct furnishing *f) {
    json_t *rows;
    enum bm_code code = list(f, "/v1/operators", &rows);
    if (code) return code;
    for (int p = 1; p < f->roster->person_count && !code;
         p++) /* 0 is the administrator, who does all this */
        code = furnish_person(f, p, find(rows, "number", f->roster->people[p].number));
    json_decref(rows);
    return code;
}

/* A few citizens have written already. */
static enum bm_code furnish_letters(struct furnishing *f) {
    static const struct {
        const char *procedure, *text, *name;
    } letters[] = {
        {"letter", "梧桐路十二号门前的路灯已经坏了三天，晚上看不清路。", "李华"},
        {"letter", "请问补办驾驶证需要带哪些材料？", "王小梅"},
        {"letter", "楼下烧烤店凌晨两点还在营业，噪音很大，多次劝说无效。", "赵先生"},
        {"letter", "感谢昨晚帮我找到走失母亲的两位民警！", "孙丽"},
        {"mediation", "邻居把杂物堆在楼道里，我们为此吵了几次，希望能有人来调解。", "钱女士"},
        {"mediation", "楼上漏水泡坏了我家的地板，对方不愿赔偿。", "周先生"},
    };
    enum bm_code code = BM_OK;
    for (size_t i = 0; i < sizeof letters / sizeof letters[0] && !code; i++) {
        char word[32];
        snprintf(word, sizeof word, "letter-%zu", i);
        code = ask(f, "POST", "/public/matters",
                   json_pack("{ss ss ss}", "procedure", letters[i].procedure, "text", letters[i].text, "name", letters[i].name), word,
                   0, NULL);
    }
    return code;
}

enum bm_code bm_furnish(struct bm_client *client, const struct bm_city *city,
                        const struct bm_roster *roster, const char *setup_token,
                        void (*told)(const char *what), struct bm_fault *fault) {
    struct furnishing f = {.client = client,
                           .city = city,
                           .roster = roster,
                           .fault = fault,
                           .place_ids = json_object()};
    static const struct {
        const char *what;
        enum bm_code (*run)(struct furnishing *);
    } steps[] = {{"agencies", furnish_agencies},
                 {"places", furnish_places},
                 {"classes of cases", furnish_classes},
                 {"procedures", furnish_editions},
                 {"units", furnish_units},
                 {"people", furnish_people},
                 {"letters", furnish_letters}};
    enum bm_code code = enter(&f, setup_token);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !code; i++) {
        told(steps[i].what);
        code = steps[i].run(&f);
    }
    json_decref(f.place_ids);
    return code;
}
