/* A command of the demand as the HTTP request that asks for it: by the route table and the shapes, as /openapi.json has them. */
#include <inttypes.h>
#include <string.h>

#include "api/api_private.h"
#include "base/alloc.h"
#include "base/json.h"
#include "house_sim.h"

enum { BODY_MAX = 64 * 1024 };

/* --- bodies ------------------------------------------------------------------------------------- */

static bool is_given(const struct bm_command *command, const struct bm_field *field, uint16_t at, const void *args, const void *cleared) {
    static const enum bm_command_kind changes[] = {BM_DO_CASE_CHANGE, BM_DO_ROAD_CHANGE, BM_DO_CONTACT_NOTE};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (command->kind == changes[i]) return command->present >> at & 1;
    if (field->flags & BM_F_REQUIRED) return true;
    return memcmp(bm_field_of(field, args), bm_field_of(field, cleared), field->size) != 0;
}

static void write_personal(struct house *house, const struct bm_command *command, const struct bm_field *field, bool *first,
                           struct bm_buf *out) {
    int data_class = bm_words_find(&bm_data_class_words, field->words->words[0]);
    bool note = command->kind == BM_DO_ENTRY || command->kind == BM_DO_DURESS_ACKNOWLEDGE || command->kind == BM_DO_HANDOVER_LEAVE ||
                command->kind == BM_DO_RATING_CHECK;
    if (data_class < 0 || (!command->sealed[data_class].value.len && !note)) return;
    bm_json_name(out, first, field->name);
    bool number = strcmp(field->name, "number") == 0 || strcmp(field->name, "caller_number") == 0;
    if (number)
        bm_buf_printf(out, "\"138%08u\"", (unsigned)house_below(house, 100));
    else
        bm_buf_printf(out, "\"" HOUSE_CANARY " %u\"", (unsigned)house_below(house, 1000000));
}

static void write_members(struct house *house, const struct bm_command *command, bool *first, struct bm_buf *out) {
    const struct bm_shape *shape = bm_command_shape(command->kind);
    struct bm_command cleared = bm_command_make(command->kind);
    const void *args = bm_command_args((struct bm_command *)command), *none = bm_command_args(&cleared);
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        if (field->flags & BM_F_INTERNAL || strcmp(field->name, "unused") == 0) continue;
        if (field->kind == BM_F_PERSONAL) {
            write_personal(house, command, field, first, out);
        } else if (field->kind != BM_F_BYTES && is_given(command, field, i, args, none)) {
            bm_json_name(out, first, field->name);
            bm_field_write_json(field, args, out);
        }
    }
}

/* What a matter's event fills in: a text stands as true in the command, for what it says comes sealed. */
static json_t *matter_fields(struct house *house, const struct bm_bytes *fields) {
    json_t *given = fields->len ? json_loadb((const char *)fields->bytes, fields->len, 0, NULL) : NULL, *value;
    const char *name;
    if (!json_is_object(given)) { /* nothing, or what no request could hold */
        json_decref(given);
        return json_object();
    }
    json_object_foreach(given, name, value) {
        if (!json_is_true(value) || strcmp(name, "yes") == 0) continue;
        json_object_set_new(given, name, json_sprintf(HOUSE_CANARY " %u", (unsigned)house_below(house, 1000000)));
    }
    return given;
}

/* POST /v1/cases/{id}/events: what the procedure calls an event. */
static bool write_event(struct house *house, const struct bm_command *command, struct bm_buf *out) {
    bool first = true;
    bm_buf_byte(out, '{');
    if (command->kind == BM_DO_CASE_EVENT) {
        write_members(house, command, &first, out);
    } else if (command->kind == BM_DO_MATTER_ACT) {
        if (command->matter_act.citizen.len) return false; /* by a receipt: tests/api has those */
        write_members(house, command, &first, out);
        json_t *fields = matter_fields(house, &command->matter_act.fields);
        char *text = json_dumps(fields, JSON_COMPACT);
        bm_json_name(out, &first, "fields");
        bm_buf_text(out, text);
        free(text);
        json_decref(fields);
    } else {
        bm_buf_printf(out, "\"event\":\"%s\",\"fields\":{", bm_command_word(command->kind));
        write_members(house, command, &first, out);
        bm_buf_byte(out, '}');
    }
    bm_buf_byte(out, '}');
    return true;
}

/* --- routes --------------------------------------------------------------------------------------- */

static bool is_event(enum bm_command_kind kind) {
    return kind == BM_DO_CASE_CLAIM || kind == BM_DO_CASE_CLOSE || kind == BM_DO_CASE_REOPEN || kind == BM_DO_CASE_EVENT ||
           kind == BM_DO_MATTER_ACT;
}

/* Of two routes for one kind, the one that makes something new has no number in its path. */
static const struct bm_endpoint *route_of(const struct bm_command *command) {
    const struct bm_endpoint *found = NULL;
    for (size_t i = 0; i < bm_route_count; i++) {
        const struct bm_endpoint *route = &bm_routes[i];
        if (route->command != (int)command->kind || route->file || route->lines) continue;
        bool named = strchr(route->path, '{') != NULL;
        if (!found || named == (command->target != 0)) found = route;
    }
    return found;
}

static void fill_path(const char *pattern, uint64_t id, char ret_path[96]) {
    const char *brace = strchr(pattern, '{');
    if (!brace)
        snprintf(ret_path, 96, "%s", pattern);
    else
        snprintf(ret_path, 96, "%.*s%" PRIu64 "%s", (int)(brace - pattern), pattern, id, strchr(brace, '}') + 1);
}

bool house_words(struct house *house, const struct bm_command *command, struct house_asked *ret_asked) {
    struct bm_buf body = bm_buf_make(BODY_MAX);
    struct house_asked asked = {.method = "POST", .kind = command->kind, .operator_id = command->actor.v};
    const struct bm_endpoint *route = route_of(command);
    bool said = command->actor.v && command->actor.v <= HOUSE_CONSOLES && (route || is_event(command->kind));
    bool elsewhere = command->kind == BM_DO_IMPORT || command->kind == BM_DO_PUBLISH; /* files: tests/api has them */
    if (said && is_event(command->kind)) {
        fill_path("/v1/cases/{id}/events", command->target, asked.path);
        said = write_event(house, command, &body);
    } else if (said && !elsewhere) {
        bool first = true;
        asked.method = route->method;
        fill_path(route->path, command->target, asked.path);
        bm_buf_byte(&body, '{');
        write_members(house, command, &first, &body);
        bm_buf_byte(&body, '}');
    }
    if (said && !elsewhere && !body.overflow) {
        if (command->has_if_match) snprintf(asked.if_match, sizeof asked.if_match, "\"%u\"", command->if_match);
        snprintf(asked.key, sizeof asked.key, "%016" PRIx64 "%016" PRIx64, bm_rng_u64(&house->rng), bm_rng_u64(&house->rng));
        asked.body = bm_text_copy(bm_buf_c_text(&body));
    }
    bm_buf_free(&body);
    *ret_asked = asked;
    return asked.body != NULL;
}
