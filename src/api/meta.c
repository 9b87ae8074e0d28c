/* What the program says of itself: health, readiness, metrics, its own description, and the page.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/assets.h"
#include "api/coordinates.h"
#include "api/export.h"
#include "base/json.h"

/* --- health ----------------------------------------------------------------------------------- */

void bm_handle_health(struct bm_call *call) {
    bm_buf_text(&call->out, "{\"alive\":true}");
    bm_call_finish(call);
}

/* Ready: the desk runs, has room, and its clock did not jump.  What else people should know is said, but the desk works. */
void bm_handle_ready(struct bm_call *call) {
    bm_api_turn(call->api);
    call->status = bm_vitals_write_ready(call->api->config.vitals, bm_io_mono_ns(call->api->io), &call->out);
    if (call->out.len)
        bm_call_finish(call);
    else
        bm_call_refuse(call, BM_NOT_READY, NULL, "The desk is still reading its journal.");
}

void bm_handle_metrics(struct bm_call *call) {
    struct bm_buf *out = &call->out;
    bm_api_turn(call->api);
    bm_vitals_write_metrics(call->api->config.vitals, bm_io_mono_ns(call->api->io), out);
    struct bm_http_answer answer = {.status = 200,
                                    .content_type = "text/plain; version=0.0.4",
                                    .body = out->bytes,
                                    .body_len = out->len};
    bm_http_answer(call->exchange, &answer);
    bm_call_free(call);
}

/* GET /v1/vitals: for whoever looks after the desk. */
void bm_handle_vitals(struct bm_call *call) {
    if (!(call->viewer.roles & (BM_ADMINS | BM_HEADS))) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "This is for administrators and supervisors.");
        return;
    }
    bm_api_turn(call->api);
    bm_vitals_write_all(call->api->config.vitals, &call->out);
    bm_call_finish(call);
}

/* --- openapi.json: from the route table and the shapes ---------------------------------------- */

static void schema_words(const struct bm_field *field, struct bm_buf *out) {
    bm_buf_text(out, "\"enum\":[");
    for (uint32_t w = 0; w < field->words->count; w++) {
        if (w) bm_buf_byte(out, ',');
        bool is_none = w == 0 && strcmp(field->words->words[0], "none") == 0;
        if (is_none)
            bm_buf_text(out, "null");
        else
            bm_json_text(out, field->words->words[w]);
    }
    bm_buf_byte(out, ']');
}

static void schema_field(const struct bm_field *field, bool request, struct bm_buf *out) {
    switch (field->kind) {
    case BM_F_ID:
        bm_buf_text(out, "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[1-9][0-9]{0,17}$\"}");
        break;
    case BM_F_AT:
        bm_buf_text(out, "{\"type\":[\"integer\",\"null\"],\"description\":\"ms since 1970 UTC\"}");
        break;
    case BM_F_SPAN:
        bm_buf_text(out, "{\"type\":[\"integer\",\"null\"],\"description\":\"ms\"}");
        break;
    case BM_F_COUNT:
        bm_buf_text(out, request ? "{\"type\":[\"integer\",\"null\"],\"minimum\":0}"
                                 : "{\"type\":\"integer\",\"minimum\":0}");
        break;
    case BM_F_E7:
        bm_buf_printf(out, "{\"type\":[\"number\",\"null\"],\"minimum\":%lld,\"maximum\":%lld}",
                      (long long)(field->least / 10000000), (long long)(field->most / 10000000));
        break;
    case BM_F_WORD:
        bm_buf_byte(out, '{');
        schema_words(field, out);
        bm_buf_byte(out, '}');
        break;
    case BM_F_WORDS:
        bm_buf_text(out, "{\"type\":\"array\",\"items\":{");
        schema_words(field, out);
        bm_buf_text(out, "}}");
        break;
    case BM_F_FLAG:
        bm_buf_text(out, request ? "{\"type\":[\"boolean\",\"null\"]}" : "{\"type\":\"boolean\"}");
        break;
    case BM_F_TEXT:
        bm_buf_printf(out, "{\"type\":[\"string\",\"null\"],\"maxLength\":%u}", field->size - 1u);
        break;
    case BM_F_PERSONAL:
        bm_buf_printf(out,
                      "{\"type\":[\"string\",\"null\"],\"maxLength\":%u,\"description\":\"personal:"
                      " sealed\"}",
                      field->size);
        break;
    case BM_F_IDS:
        bm_buf_printf(out, "{\"type\":\"array\",\"maxItems\":%d,\"items\":{\"type\":\"string\"}}",
                      BM_IDS_MAX);
        break;
    case BM_F_POINTS:
        bm_buf_printf(out,
                      "{\"type\":\"array\",\"maxItems\":%d,\"items\":{\"type\":\"array\","
                      "\"minItems\":2,\"maxItems\":2,\"items\":{\"type\":\"number\"}},"
                      "\"description\":\"[lat, lon], WGS 84\"}",
                      BM_POINTS_MAX);
        break;
    case BM_F_BYTES:
        bm_buf_text(out, "{\"type\":[\"string\",\"null\"]}");
        break;
    case BM_F_DIGEST:
        bm_buf_text(out, "{\"type\":\"string\"}");
        break;
    }
}

/* As rows.c writes records: without keys and ciphertext. */
static bool hidden(const struct bm_field *field) {
    size_t len = strlen(field->name);
    return field->kind == BM_F_BYTES || (len > 4 && strcmp(field->name + len - 4, "_key") == 0);
}

/* Of the coordinates that a request brings. */
static void schema_datum(struct bm_buf *out) {
    bm_buf_text(out, "{\"enum\":[null");
    for (int datum = 0; datum < BM_datum_COUNT; datum++)
        bm_buf_printf(out, ",\"%s\"", bm_datum_names[datum]);
    bm_buf_text(out, "],\"description\":\"of lat and lon, or of points: null is wgs84; what is "
                     "kept and sent is WGS 84\"}");
}

static void schema_object(const struct bm_shape *shape, bool request, struct bm_buf *out) {
    bool first = true;
    bm_buf_text(out, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        if (strcmp(field->name, "unused") == 0 || (!request && hidden(field))) continue;
        if (field->flags & BM_F_INTERNAL) continue;
        bm_json_name(out, &first, field->name);
        schema_field(field, request, out);
    }
    if (request && bm_shape_has_points(shape)) {
        bm_json_name(out, &first, "datum");
        schema_datum(out);
    }
    bool has_personal = !request && (shape == bm_table_shape(BM_T_CASE) ||
                                     shape == bm_table_shape(BM_T_CONTACT) ||
                                     shape == bm_table_shape(BM_T_OPERATOR) ||
                                     shape == bm_table_shape(BM_T_DURESS) ||
                                     shape == bm_table_shape(BM_T_HANDOVER));
    if (has_personal) {
        bm_json_name(out, &first, "personal");
        bm_buf_text(
            out, "{\"type\":[\"object\",\"null\"],\"additionalProperties\":{\"type\":\"string\"}}");
    }
    bm_buf_text(out, "},\"required\":[");
    first = true;
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        if (request ? !(field->flags & BM_F_REQUIRED) : hidden(field)) continue;
        if (!first) bm_buf_byte(out, ',');
        first = false;
        bm_json_text(out, field->name);
    }
    if (has_personal) bm_buf_text(out, first ? "\"personal\"" : ",\"personal\"");
    bm_buf_text(out, "]}");
}

static void schema_map_info(struct bm_buf *out) {
    static const char *const texts[] = {"version", "name", "attribution"};
    static const char *const zooms[] = {"minzoom", "maxzoom"};
    bm_buf_text(out,
                "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"tiles\","
                "\"reason\",\"bounds\",\"center\",\"minzoom\",\"maxzoom\",\"version\",\"name\","
                "\"attribution\"],\"properties\":{\"tiles\":{\"type\":\"boolean\"},"
                "\"reason\":{\"enum\":[null,\"not_given\",\"missing\",\"unreadable\",\"foreign\","
                "\"damaged\"]},\"bounds\":{\"type\":[\"array\",\"null\"],\"minItems\":4,"
                "\"maxItems\":4,\"items\":{\"type\":\"number\"},\"description\":\"west, south, "
                "east, north\"},\"center\":{\"type\":[\"array\",\"null\"],\"minItems\":2,"
                "\"maxItems\":2,\"items\":{\"type\":\"number\"},\"description\":\"lon, lat\"}");
    for (int i = 0; i < 2; i++)
        bm_buf_printf(out, ",\"%s\":{\"type\":[\"integer\",\"null\"]}", zooms[i]);
    for (int i = 0; i < 3; i++)
        bm_buf_printf(out, ",\"%s\":{\"type\":[\"string\",\"null\"]}", texts[i]);
    bm_buf_text(out, "}}");
}

static void schema_addresses(struct bm_buf *out) {
    bm_buf_text(out,
                "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"results\","
                "\"reason\"],\"properties\":{\"reason\":{\"enum\":[null,\"no_index\"]},"
                "\"results\":{\"type\":\"array\",\"maxItems\":50,\"items\":{\"type\":\"object\","
                "\"additionalProperties\":false,\"required\":[\"name\",\"name_en\",\"kind\","
                "\"detail\",\"lat\",\"lon\"],\"properties\":{\"name\":{\"type\":\"string\"},"
                "\"name_en\":{\"type\":[\"string\",\"null\"]},\"kind\":{\"enum\":[\"street\","
                "\"crossing\",\"house\",\"place\"]},\"detail\":{\"type\":[\"string\",\"null\"],"
                "\"description\":\"of a place what it is, of others the quarter\"},"
                "\"lat\":{\"type\":\"number\",\"minimum\":-90,\"maximum\":90},"
                "\"lon\":{\"type\":\"number\",\"minimum\":-180,\"maximum\":180}}}}}}");
}

static bool answers_file(const struct bm_endpoint *route) {
    return route->handle == bm_handle_export || route->handle == bm_handle_import_template;
}

/* Answers in JSON that may be asked for as a file (export.h). */
static bool may_be_file(const struct bm_endpoint *route) {
    return route->handle == bm_handle_answer_report || route->handle == bm_handle_interval_report ||
           route->handle == bm_handle_case_record;
}

/* The schema of a good answer, by what the route returns. */
static void schema_answer(const struct bm_endpoint *route, struct bm_buf *out) {
    if (route->handle == bm_handle_owntracks) { /* what the app is to do: nothing */
        bm_buf_text(out, "{\"type\":\"array\",\"maxItems\":0}");
    } else if (route->command >= 0 && route->response >= 0) {
        const char *table = bm_word(&bm_table_kind_words, (unsigned)route->response);
        bm_buf_printf(out,
                      "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"seq\","
                      "\"replayed\",\"flagged\"],\"properties\":{"
                      "\"seq\":{\"type\":[\"integer\",\"null\"]},\"replayed\":{\"type\":"
                      "\"boolean\"},\"flagged\":{\"type\":\"boolean\"},"
                      "\"%s\":{\"$ref\":\"#/components/schemas/%s\"}}}",
                      table, table);
    } else if (route->handle == bm_handle_list) {
        bm_buf_printf(
            out,
            "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"seq\",\"rows\","
            "\"next\"],\"properties\":{"
            "\"seq\":{\"type\":\"integer\"},\"next\":{\"type\":[\"string\",\"null\"]},"
            "\"rows\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/%s\"}}}}",
            bm_word(&bm_table_kind_words, (unsigned)route->response));
    } else if (route->handle == bm_handle_map_info) {
        schema_map_info(out);
    } else if (route->handle == bm_handle_addresses) {
        schema_addresses(out);
    } else if (route->handle == bm_handle_coordinates) {
        bm_buf_text(out, "{\"type\":\"object\",\"additionalProperties\":false,\"required\":["
                         "\"lat\",\"lon\",\"datum\",\"from\",\"moved\"],\"properties\":{\"lat\":{"
                         "\"type\":\"number\"},\"lon\":{\"type\":\"number\"},\"datum\":{\"enum\":["
                         "\"wgs84\"]},\"moved\":{\"type\":\"boolean\"},\"from\":");
        schema_datum(out);
        bm_buf_text(out, "}}");
    } else if (route->handle == bm_handle_borders) {
        bm_buf_text(out, "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"seq\",\"borders\",\"cut\"],"
                         "\"properties\":{\"seq\":{\"type\":\"integer\"},\"cut\":{\"type\":\"boolean\"},\"borders\":{\"type\":\"array\","
                         "\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"area\",\"border\"],\"properties\":{"
                         "\"area\":{\"$ref\":\"#/components/schemas/area\"},\"border\":{\"type\":\"object\",\"required\":[\"type\","
                         "\"coordinates\"],\"properties\":{\"type\":{\"enum\":[\"Polygon\"]},\"coordinates\":{\"type\":\"array\"}}}}}}}}");
    } else if (answers_file(route)) {
        bm_buf_text(out, "{\"type\":\"string\"}");
    } else if (route->handle == bm_handle_tile) {
        bm_buf_text(out, "{\"type\":\"string\"}"); /* of bytes, mostly gzip */
    } else {
        bm_buf_text(out, "{\"type\":\"object\"}");
    }
}

/* {"event":"close","fields":{...}}: which fields there are is the event's own matter. */
static void schema_event_call(struct bm_buf *out) {
    static const enum bm_command_kind events[] = {BM_DO_CASE_CLAIM, BM_DO_CASE_CLOSE,
                                                  BM_DO_CASE_REOPEN};
    bm_buf_text(out, "{\"oneOf\":[");
    schema_object(bm_command_shape(BM_DO_CASE_EVENT), true, out);
    bm_buf_text(out, ",{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"event\"],"
                     "\"properties\":{\"event\":{\"enum\":[");
    for (int i = 0; i < 3; i++)
        bm_buf_printf(out, "%s\"%s\"", i ? "," : "", bm_command_word(events[i]));
    bm_buf_text(out, "]},\"fields\":{\"anyOf\":[{\"type\":\"null\"}");
    for (int i = 0; i < 3; i++) {
        bm_buf_byte(out, ',');
        schema_object(bm_command_shape(events[i]), true, out);
    }
    bm_buf_text(out, "]}}}]}");
}

static void describe_route(const struct bm_endpoint *route, struct bm_buf *out) {
    for (const char *at = route->method; *at; at++) bm_buf_byte(out, (uint8_t)(*at | 0x20));
    bm_buf_text(out, "\":{\"summary\":");
    bm_json_text(out, route->summary);
    bm_buf_printf(out, ",\"operationId\":\"%s ", route->method);
    bm_buf_text(out, route->path);
    bm_buf_text(out, "\",\"parameters\":[");
    bool any = false;
    for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{'), any = true) {
        bool is_id = strncmp(at, "{id}", 4) == 0 || strncmp(at, "{kind}", 6) == 0;
        bm_buf_printf(
            out,
            "%s{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"%s\"}}",
            any ? "," : "", (int)strcspn(at + 1, "}"), at + 1, is_id ? "string" : "integer");
    }
    if (route->command >= 0) {
        bm_buf_printf(out,
                      "%s{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"schema\":{\"type\":"
                      "\"string\",\"maxLength\":128}}",
                      any ? "," : "");
    }
    bm_buf_byte(out, ']');
    const struct bm_shape *request = route->request ? route->request
                                     : route->command >= 0
                                         ? bm_command_shape((enum bm_command_kind)route->command)
                                         : NULL;
    if (request) {
        bm_buf_text(out, ",\"requestBody\":{\"content\":{\"application/json\":{\"schema\":");
        if (request == &bm_event_call_shape)
            schema_event_call(out);
        else
            schema_object(request, true, out);
        bm_buf_text(out, "}}}");
    }
    if (route->file)
        bm_buf_text(out, ",\"requestBody\":{\"content\":{\"text/csv\":{\"schema\":{\"type\":\"string\"}},"
                         "\"application/geo+json\":{\"schema\":{\"type\":\"object\"}}}}");
    bm_buf_printf(out, ",\"responses\":{\"%d\":{\"description\":\"Done.\"", route->status);
    if (route->handle != bm_handle_logout) { /* which answers with nothing but the cookie's end */
        bm_buf_printf(out, ",\"content\":{\"%s\":{\"schema\":",
                      route->handle == bm_handle_stream    ? "text/event-stream"
                      : route->handle == bm_handle_metrics ? "text/plain"
                      : route->handle == bm_handle_tile    ? BM_TILE_TYPE
                      : answers_file(route)                ? strstr(route->path, "geojson") ? "application/geo+json" : "text/csv"
                                                           : "application/json");
        schema_answer(route, out);
        if (may_be_file(route))
            bm_buf_text(out, "},\"text/csv\":{\"schema\":{\"type\":\"string\"}},\"" BM_XLSX_TYPE
                             "\":{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}");
        bm_buf_text(out, "}}");
    }
    if (route->handle == bm_handle_tile)
        bm_buf_text(out, "},\"204\":{\"description\":\"Nothing is there.\"");
    bm_buf_text(out, "},\"default\":{\"$ref\":\"#/components/responses/Problem\"}}");
    if (route->open_to_all) bm_buf_text(out, ",\"security\":[]");
    bm_buf_byte(out, '}');
}

void bm_handle_openapi(struct bm_call *call) {
    struct bm_buf *out = &call->out;
    bm_buf_text(out,
                "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Bellman duty desk\",\"version\":");
    bm_json_text(out, call->api->config.version);
    bm_buf_text(out, "},\"security\":[{\"bearer\":[]},{\"cookie\":[]}],\"paths\":{");
    for (size_t i = 0; i < bm_route_count; i++) {
        bool again = i && strcmp(bm_routes[i].path, bm_routes[i - 1].path) ==
                              0; /* routes of a path stand together */
        if (i) bm_buf_text(out, again ? "," : "},");
        if (!again) {
            bm_json_text(out, bm_routes[i].path);
            bm_buf_text(out, ":{");
        }
        bm_buf_byte(out, '"');
        describe_route(&bm_routes[i], out);
    }
    bm_buf_text(out, "}},\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\","
                     "\"scheme\":\"bearer\"},"
                     "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"bellman\"}},"
                     "\"responses\":{\"Problem\":{\"description\":\"Refused.\","
                     "\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/"
                     "components/schemas/problem\"}}}}},\"schemas\":{"
                     "\"problem\":{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\","
                     "\"code\",\"field\",\"detail\"],\"properties\":{"
                     "\"code\":{\"enum\":[");
    for (int c = 0; c < BM_CODE_COUNT; c++) {
        if (c) bm_buf_byte(out, ',');
        bm_json_text(out, bm_code_word((enum bm_code)c));
    }
    bm_buf_text(out, "]},\"field\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"},"
                     "\"status\":{\"type\":\"integer\"},"
                     "\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"}}}");
    for (int t = 0; t < BM_T_REQUEST; t++) {
        bm_buf_byte(out, ',');
        bm_json_text(out, bm_word(&bm_table_kind_words, (unsigned)t));
        bm_buf_byte(out, ':');
        schema_object(bm_table_shape((enum bm_table_kind)t), false, out);
    }
    bm_buf_text(out, "}}}");
    bm_call_finish(call);
}

/* --- the page --------------------------------------------------------------------------------- */

/* The page speaks to this server alone; the map's worker is one more of our files. */
static const char page_policy[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; worker-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/* Whether a list like "gzip, br;q=0.8" or "\"a\", W/\"b\"" has the entry; one with q=0 is a no. */
static bool lists(const char *list, const char *entry) {
    size_t len = strlen(entry);
    for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        at += strspn(at, " \t");
        if (strncmp(at, "W/", 2) == 0) at += 2;
        if (strncmp(at, entry, len) != 0) continue;
        const char *rest = at + len + strspn(at + len, " \t");
        const char *end = rest + strcspn(rest, ","), *q = strstr(rest, "q=");
        if (*rest == ';') return !q || q >= end || strtod(q + 2, NULL) > 0;
        if (!*rest || *rest == ',') return true;
    }
    return false;
}

static void answer_asset(struct bm_call *call, const struct bm_asset *asset) {
    const char *known = bm_http_header(call->request, "if-none-match");
    const char *accepts = bm_http_header(call->request, "accept-encoding");
    char etag[64];
    /* A training desk's pages are others, under the same names: none is taken for the other. */
    snprintf(etag, sizeof etag, "ETag: %s%s", call->api->config.training ? "W/" : "", asset->etag);
    const char *headers[] = {page_policy,
                             "Referrer-Policy: no-referrer",
                             "Cross-Origin-Opener-Policy: same-origin",
                             asset->fixed ? "Cache-Control: public, max-age=31536000, immutable"
                                          : "Cache-Control: no-cache",
                             "Vary: Accept-Encoding",
                             etag,
                             "Content-Encoding: gzip"};
    struct bm_http_answer answer = {.status = 304, .headers = headers, .header_count = 6};
    bool may_know = !call->api->config.training || strncmp(asset->type, "text/html", 9) != 0;
    if (!known || !may_know || !lists(known, asset->etag)) {
        bool marked = bm_training_page(call->api, asset->type, asset->bytes, asset->len, &call->out);
        bool packed = !marked && asset->packed_len && accepts && lists(accepts, "gzip");
        answer.status = 200;
        answer.content_type = asset->type;
        answer.header_count = packed ? 7 : 6;
        answer.body = marked ? call->out.bytes : packed ? asset->packed : asset->bytes;
        answer.body_len = marked ? call->out.len : packed ? asset->packed_len : asset->len;
    }
    bm_http_answer(call->exchange, &answer);
    bm_call_free(call);
}

/* Whether the path is `place` itself or lies below it. */
static bool lies_at(const char *path, const char *place) {
    size_t len = strlen(place);
    return strncmp(path, place, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* Files are built into the program; any path without a dot that is not the API's is a page: the citizens' at
 * /public and /follow, else the console. */
bool bm_handle_asset(struct bm_call *call) {
    const char *path = call->request->path;
    bool get = strcmp(call->request->method, "GET") == 0 ||
               strcmp(call->request->method, "HEAD") == 0;
    if (!get || strncmp(path, "/v1/", 4) == 0 || strncmp(path, "/map/", 5) == 0) return false;
    const char *name = path + 1;
    if (!strchr(name, '.')) name = lies_at(path, "/public") || lies_at(path, "/follow") || lies_at(path, "/locate") ? "public.html" : "index.html";
    for (size_t i = 0; i < bm_asset_count; i++) {
        if (strcmp(bm_assets[i].name, name) != 0) continue;
        answer_asset(call, &bm_assets[i]);
        return true;
    }
    return false;
}
