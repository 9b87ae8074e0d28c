/* Consoles over the simulated network: each logs in, keeps a board by a stream, and asks for what its operator has in mind on a few
 * connections.  The network cuts, stalls and repeats; what was not answered is asked again under the same key. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "house_sim.h"
#include "journal/projection.h"

enum { NOTHING, LOG_IN, FETCH_BOARD, COMMAND, COMPARE };
static const int64_t patience_ns = INT64_C(20) * 1000000000;
/* Who keeps a board: an administrator, the supervisor of all, one of the north, a crew, an officer, a machine. */
static const uint64_t watchers[] = {1, 4, 5, 6, 8, 10};

static int64_t now_ns(const struct house *house) {
    return bm_io_mono_ns(house->life.io);
}

void house_clients_make(struct house *house) {
    for (size_t i = 0; i < HOUSE_CONSOLES; i++) house->consoles[i] = (struct house_console){.operator_id = i + 1};
    for (size_t i = 0; i < sizeof watchers / sizeof *watchers; i++) {
        struct house_stream *stream = &house->consoles[watchers[i] - 1].stream;
        stream->wanted = true;
        stream->text = bm_buf_make(32u << 20);
    }
}

static void forget_board(struct house_stream *stream) {
    json_decref(stream->rows);
    stream->rows = NULL;
    stream->frame_count = 0;
}

void house_clients_free(struct house *house) {
    for (size_t i = 0; i < HOUSE_CONSOLES; i++) {
        struct house_stream *stream = &house->consoles[i].stream;
        forget_board(stream);
        bm_buf_free(&stream->text);
        bm_free(stream->frames);
    }
    for (size_t i = 0; i < house->asked_count; i++) bm_free(house->asked[i].body);
    bm_free(house->asked);
}

/* --- connections ------------------------------------------------------------------------------- */

/* As if a proxy had answered for the desk: "done". */
static void forge(struct house *house, struct house_asked *asked) {
    json_t *answer = json_pack("{s:I,s:b}", "seq", (json_int_t)house->told_seq + 1, "replayed", 0);
    house->tally->lies++;
    house_check_answer(house, asked, false, 200, answer);
    json_decref(answer);
}

/* What waited there was not answered, and will be asked again. */
static void drop_link(struct house *house, struct house_console *console, struct house_link *link) {
    if (link->what == COMMAND) {
        struct house_asked *asked = &house->asked[link->asked];
        asked->waiting--;
        asked->in_doubt = true;
        if (house->lie == HOUSE_FORGED && !asked->accepted) forge(house, asked);
    } else if (link->what != NOTHING) {
        console->fetching = false;
    }
    if (link->client) bm_io_sim_forget(link->client);
    *link = (struct house_link){0};
}

static void drop_stream(struct house_stream *stream) {
    if (stream->client) bm_io_sim_forget(stream->client);
    stream->client = NULL;
    stream->head_seen = stream->stalled = false;
    if (stream->wanted) bm_buf_clear(&stream->text);
}

void house_clients_cut(struct house *house) {
    for (size_t i = 0; i < HOUSE_CONSOLES; i++) {
        struct house_console *console = &house->consoles[i];
        for (int l = 0; l < HOUSE_LINKS; l++) drop_link(house, console, &console->links[l]);
        drop_stream(&console->stream);
    }
}

static bool connect_link(struct house *house, struct house_link *link) {
    if (!link->client) link->client = bm_io_sim_connect(house->life.io, house->life.port);
    return link->client != NULL;
}

/* Sends it whole; or, when the network is bad, a part of it and no more. */
static void send_text(struct house *house, struct house_link *link, const struct bm_buf *text) {
    size_t len = text->len;
    bool truncated = !house->calm && house_below(house, 1000) < house->weather.reset;
    if (truncated) len = house_below(house, len);
    bm_io_sim_send(link->client, text->bytes, len);
    if (truncated) {
        house_fault(house, HOUSE_TRUNCATED);
        bm_io_sim_end(link->client);
    }
    link->until_ns = now_ns(house) + patience_ns;
    house->tally->requests++;
}

static void begin_request(struct bm_buf *out, const char *method, const char *path, const char *token) {
    bm_buf_printf(out, "%s %s HTTP/1.1\r\nHost: desk\r\n", method, path);
    if (token[0]) bm_buf_printf(out, "Authorization: Bearer %s\r\n", token);
}

static void end_request(struct bm_buf *out, const char *body) {
    if (body[0]) bm_buf_printf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
    bm_buf_printf(out, "\r\n%s", body);
}

static void request(struct house *house, struct house_console *console, struct house_link *link, int what, const char *method,
                    const char *path, const char *body) {
    struct bm_buf out = bm_buf_make(64 * 1024);
    if (!connect_link(house, link)) return;
    link->what = what;
    console->fetching = true;
    begin_request(&out, method, path, what == LOG_IN ? "" : console->token);
    end_request(&out, body);
    send_text(house, link, &out);
    bm_buf_free(&out);
}

static void send_command(struct house *house, struct house_console *console, struct house_link *link, size_t at) {
    struct house_asked *asked = &house->asked[at];
    struct bm_buf out = bm_buf_make(256 * 1024);
    if (!connect_link(house, link)) return;
    link->what = COMMAND;
    link->asked = at;
    link->known = asked->accepted;
    if (asked->sent) house_fault(house, asked->waiting ? HOUSE_REPEATED : HOUSE_ASKED_AGAIN);
    bool other_key = house->lie == HOUSE_NEW_KEY && asked->sent && !asked->waiting;
    if (other_key) {
        asked->key[0] = asked->key[0] == 'z' ? 'y' : 'z';
        house->tally->lies++;
    }
    if (!asked->sent) asked->first_sent_at_ms = house_desk_time(house);
    asked->sent++;
    asked->waiting++;
    begin_request(&out, asked->method, asked->path, console->token);
    bm_buf_printf(&out, "Idempotency-Key: %s\r\n", asked->key);
    if (asked->if_match[0]) bm_buf_printf(&out, "If-Match: %s\r\n", asked->if_match);
    end_request(&out, asked->body);
    send_text(house, link, &out);
    bm_buf_free(&out);
}

static struct house_link *free_link(struct house_console *console) {
    for (int l = 0; l < HOUSE_LINKS; l++)
        if (console->links[l].what == NOTHING) return &console->links[l];
    return NULL;
}

/* --- commands ------------------------------------------------------------------------------------- */

/* What the row will say of its request (api/commands.c): who, and under which key. */
static void note_key(struct house *house, const struct house_asked *asked, size_t at) {
    struct bm_hasher hasher;
    uint8_t named[16];
    bm_hash_start(&hasher, 16);
    bm_hash_add_sized(&hasher, &asked->operator_id, 8);
    bm_hash_add_sized(&hasher, asked->key, strlen(asked->key));
    bm_hash_end(&hasher, named, 16);
    bm_map_put(&house->by_key, named, at);
}

void house_clients_ask(struct house *house, struct house_asked asked) {
    struct house_console *console = &house->consoles[asked.operator_id - 1];
    HOUSE_GROW(house->asked, house->asked_count, house->asked_cap);
    size_t at = house->asked_count++;
    house->asked[at] = asked;
    house->tally->asked[asked.kind]++;
    note_key(house, &house->asked[at], at);
    struct house_link *link = console->token[0] ? free_link(console) : NULL;
    if (link) send_command(house, console, link, at);
    bool twice = !house->calm && house_chance(house, house->weather.repeat);
    if (link && twice && (link = free_link(console))) send_command(house, console, link, at);
}

static void ask_again(struct house *house) {
    for (size_t i = 0; i < house->asked_count; i++) {
        struct house_asked *asked = &house->asked[i];
        struct house_console *console = &house->consoles[asked->operator_id - 1];
        bool open = !asked->waiting && (asked->in_doubt || (!asked->accepted && !asked->refused));
        if (!open || !console->token[0] || (!house->calm && house_chance(house, 50))) continue;
        struct house_link *link = free_link(console);
        if (link) send_command(house, console, link, i);
    }
}

/* --- boards ----------------------------------------------------------------------------------------- */

static json_t *table_of(json_t *rows, const char *table) {
    json_t *of = json_object_get(rows, table);
    if (!of) json_object_set_new(rows, table, of = json_object());
    return of;
}

/* {"case":[{...}]} into {"case":{"7":{...}}} */
static void put_rows(json_t *rows, const json_t *given) {
    const char *table;
    json_t *list, *row;
    size_t i;
    json_object_foreach((json_t *)given, table, list) {
        json_array_foreach(list, i, row) json_object_set(table_of(rows, table), json_string_value(json_object_get(row, "id")), row);
    }
}

static void remove_rows(json_t *rows, const json_t *given) {
    const char *table;
    json_t *list, *id;
    size_t i;
    json_object_foreach((json_t *)given, table, list) {
        json_array_foreach(list, i, id) json_object_del(table_of(rows, table), json_string_value(id));
    }
}

static void take_board(struct house *house, struct house_console *console, const json_t *answer) {
    struct house_stream *stream = &console->stream;
    drop_stream(stream);
    forget_board(stream);
    stream->rows = json_object();
    put_rows(stream->rows, json_object_get(answer, "rows"));
    stream->board_seq = stream->last_seq = (uint64_t)json_integer_value(json_object_get(answer, "seq"));
    house->tally->boards++;
}

/* Rows that a board leaves out because nothing is open in them any more may stand in one that is kept by frames. */
static bool is_over(struct house *house, const char *table, const char *id) {
    enum bm_table_kind kind = (enum bm_table_kind)bm_words_find(&bm_table_kind_words, table);
    const void *row = bm_core_get(bm_desk_core(house->life.desk), kind, strtoull(id, NULL, 10));
    return !row || !bm_projection_open(kind, row);
}

static char *row_now(struct house *house, const char *table, const char *id) {
    enum bm_table_kind kind = (enum bm_table_kind)bm_words_find(&bm_table_kind_words, table);
    struct bm_buf out = bm_buf_make(64 * 1024);
    const void *row = bm_core_get(bm_desk_core(house->life.desk), kind, strtoull(id, NULL, 10));
    bm_shape_write_json(bm_table_shape(kind), row, &out);
    char *text = bm_text_copy(bm_buf_c_text(&out));
    bm_buf_free(&out);
    return text;
}

/* A board as it is now against the one that was kept by frames. */
static void compare_board(struct house *house, struct house_console *console, const json_t *answer) {
    json_t *fresh = json_object(), *of, *row;
    const char *table, *id;
    put_rows(fresh, json_object_get(answer, "rows"));
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(answer, "seq"));
    json_object_foreach(fresh, table, of) {
        json_object_foreach(of, id, row) {
            json_t *kept = json_object_get(json_object_get(console->stream.rows, table), id);
            if (json_equal(kept, row)) continue;
            char *is = json_dumps(row, JSON_COMPACT | JSON_SORT_KEYS), *was = kept ? json_dumps(kept, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
            size_t at = 0;
            while (was && is[at] && is[at] == was[at]) at++;
            house_wrong(house, "operator %" PRIu64 ": %s %s on the board at %" PRIu64 " differs from what the stream told up to %" PRIu64
                        ": %.150s / %.150s", console->operator_id, table, id, seq, console->stream.last_seq,
                        is + (at > 30 ? at - 30 : 0), was ? was + (at > 30 ? at - 30 : 0) : "nothing");
            free(is);
            free(was);
        }
    }
    json_object_foreach(console->stream.rows, table, of) {
        if (!json_object_get(json_object_get(answer, "rows"), table)) continue; /* no board has it */
        json_object_foreach(of, id, row) {
            if (json_object_get(json_object_get(fresh, table), id) || is_over(house, table, id)) continue;
            char *was = json_dumps(row, JSON_COMPACT | JSON_SORT_KEYS), *now = row_now(house, table, id);
            house_wrong(house, "operator %" PRIu64 ": the stream left %s %s on the board, where it is not any more: %.200s / %.200s",
                        console->operator_id, table, id, was, now);
            free(was);
            bm_free(now);
        }
    }
    json_decref(fresh);
}

/* --- streams ------------------------------------------------------------------------------------------ */

static void open_stream(struct house *house, struct house_console *console) {
    struct house_stream *stream = &console->stream;
    struct bm_buf out = bm_buf_make(4096);
    uint64_t from = stream->last_seq;
    stream->client = bm_io_sim_connect(house->life.io, house->life.port);
    if (!stream->client) return;
    if (stream->frame_count) {
        if (house->lie == HOUSE_RESUMES_EARLY) from--, house->tally->lies++;
        if (house->lie == HOUSE_RESUMES_LATE) from++, house->tally->lies++;
    }
    begin_request(&out, "GET", "/v1/stream", console->token);
    bm_buf_printf(&out, "Last-Event-ID: %" PRIu64 "\r\n\r\n", from);
    bm_io_sim_send(stream->client, out.bytes, out.len);
    bm_buf_free(&out);
    house->tally->resumes++;
}

static void take_frame(struct house *house, struct house_console *console, uint64_t id, const char *data) {
    struct house_stream *stream = &console->stream;
    json_t *frame = json_loads(data, 0, NULL);
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(frame, "seq"));
    if (!frame || seq != id) house_wrong(house, "operator %" PRIu64 ": a frame that cannot be read: %.80s", console->operator_id, data);
    if (house->lie == HOUSE_FRAME_LOST && house_chance(house, 5)) {
        house->tally->lies++;
        json_decref(frame);
        return;
    }
    if (seq <= stream->last_seq)
        house_wrong(house, "operator %" PRIu64 ": frame %" PRIu64 " came after %" PRIu64, console->operator_id, seq, stream->last_seq);
    if (seq > house->told_seq) house->told_seq = seq;
    put_rows(stream->rows, json_object_get(frame, "upsert"));
    remove_rows(stream->rows, json_object_get(frame, "remove"));
    HOUSE_GROW(stream->frames, stream->frame_count, stream->frame_cap);
    stream->frames[stream->frame_count++] = seq;
    stream->last_seq = seq;
    house->tally->frames++;
    bm_hash_add_sized(&house->digest, data, strlen(data));
    json_decref(frame);
}

/* One whole event: its lines end with a blank one. */
static void take_event(struct house *house, struct house_console *console, char *text) {
    struct house_stream *stream = &console->stream;
    uint64_t id = 0;
    const char *event = "", *data = "";
    for (char *line, *rest = text; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, "id: ", 4) == 0) id = strtoull(line + 4, NULL, 10);
        if (strncmp(line, "event: ", 7) == 0) event = line + 7;
        if (strncmp(line, "data: ", 6) == 0) data = line + 6;
    }
    if (strcmp(event, "beat") == 0) {
        if (id < stream->last_seq) house_wrong(house, "operator %" PRIu64 ": a beat goes back", console->operator_id);
        stream->last_seq = id; /* nothing in between was for it */
    } else if (strcmp(event, "reset") == 0) {
        house_fault(house, HOUSE_RESET_TOLD);
        drop_stream(stream);
        forget_board(stream);
    } else if (!event[0] && data[0]) {
        take_frame(house, console, id, data);
    }
}

static bool take_head(struct house *house, struct house_console *console) {
    struct house_stream *stream = &console->stream;
    const char *text = bm_buf_c_text(&stream->text), *end = strstr(text, "\r\n\r\n");
    if (!end) return false;
    int status = 0;
    sscanf(text, "HTTP/1.1 %d", &status);
    if (status == 401) console->token[0] = 0;
    if (status != 200) {
        if (house->calm && status != 401) house_wrong(house, "operator %" PRIu64 ": a stream is answered %d", console->operator_id, status);
        drop_stream(stream);
        return false;
    }
    size_t used = (size_t)(end - text) + 4;
    bm_buf_drop_front(&stream->text, used);
    return stream->head_seen = true;
}

static void read_stream(struct house *house, struct house_console *console) {
    struct house_stream *stream = &console->stream;
    size_t len;
    const uint8_t *bytes = bm_io_sim_arrived(stream->client, &len);
    bool ended = bm_io_sim_ended(stream->client);
    if (len) bm_buf_add(&stream->text, bytes, len);
    bm_io_sim_take(stream->client, len);
    if (!stream->head_seen && !take_head(house, console)) {
        if (ended) drop_stream(stream);
        return;
    }
    const char *text = bm_buf_c_text(&stream->text), *end;
    size_t used = 0;
    while (stream->client && used < stream->text.len && (end = strstr(text + used, "\n\n"))) {
        size_t one = (size_t)(end - text) + 2 - used;
        char *event = bm_alloc(one + 1);
        memcpy(event, text + used, one);
        event[one] = 0;
        used += one;
        take_event(house, console, event);
        bm_free(event);
    }
    if (!stream->client) return; /* it was told to start over */
    bm_buf_drop_front(&stream->text, used);
    if (ended) drop_stream(stream);
}

static void trouble_stream(struct house *house, struct house_stream *stream) {
    if (house->calm || !stream->client) return;
    if (stream->stalled && house_chance(house, 10)) {
        bm_io_sim_start_reading(stream->client);
        stream->stalled = false;
    } else if (!stream->stalled && house_below(house, 1000) < house->weather.stall) {
        bm_io_sim_stop_reading(stream->client);
        stream->stalled = true;
        house_fault(house, HOUSE_STALLED);
    } else if (house_below(house, 1000) < house->weather.reset) {
        bm_io_sim_reset(stream->client);
        drop_stream(stream);
        house_fault(house, HOUSE_CONNECTION_RESET);
    }
}

/* --- answers ------------------------------------------------------------------------------------------ */

static void took_login(struct house_console *console, int status, const json_t *answer) {
    const char *token = json_string_value(json_object_get(answer, "token"));
    if (status == 201 && token) snprintf(console->token, sizeof console->token, "%s", token);
}

/* One whole answer; the connection goes on, or not. */
static void took_answer(struct house *house, struct house_console *console, struct house_link *link, int status, const char *body) {
    json_t *answer = body[0] ? json_loads(body, 0, NULL) : NULL;
    int what = link->what;
    size_t at = link->asked;
    bool known = link->known;
    link->what = NOTHING;
    if (status == 401) console->token[0] = 0;
    if (what == COMMAND) {
        house->asked[at].waiting--;
        house_check_answer(house, &house->asked[at], known, status, answer);
    } else {
        console->fetching = false;
        if (what == LOG_IN) took_login(console, status, answer);
        if (what == FETCH_BOARD && status == 200) take_board(house, console, answer);
        if (what == COMPARE && status == 200) compare_board(house, console, answer);
    }
    json_decref(answer);
}

static void read_link(struct house *house, struct house_console *console, struct house_link *link) {
    size_t len;
    const char *bytes = (const char *)bm_io_sim_arrived(link->client, &len), *end = len ? memmem(bytes, len, "\r\n\r\n", 4) : NULL;
    bool ended = bm_io_sim_ended(link->client), closes = false;
    size_t head = end ? (size_t)(end - bytes) + 4 : 0, body = 0;
    if (end) {
        char text[HOUSE_HEAD_MAX];
        snprintf(text, sizeof text, "%.*s", (int)head, bytes);
        const char *length = strcasestr(text, "content-length:");
        closes = strcasestr(text, "connection: close") != NULL;
        if (length) body = strtoul(length + 15, NULL, 10);
    }
    if (!end || len < head + body) {
        bool late = now_ns(house) > link->until_ns;
        if (late && !ended) house_fault(house, HOUSE_GAVE_UP);
        if (ended || late) drop_link(house, console, link);
        return;
    }
    int status = 0;
    sscanf(bytes, "HTTP/1.1 %d", &status);
    char *text = bm_alloc(body + 1);
    memcpy(text, bytes + head, body);
    text[body] = 0;
    bm_io_sim_take(link->client, head + body);
    took_answer(house, console, link, status, text);
    bm_free(text);
    if (closes || ended || house_below(house, 1000) < 20) {
        bm_io_sim_forget(link->client);
        link->client = NULL;
    }
}

static void trouble_link(struct house *house, struct house_console *console, struct house_link *link) {
    if (house->calm || link->what == NOTHING || house_below(house, 1000) >= house->weather.reset) return;
    bm_io_sim_reset(link->client);
    house_fault(house, HOUSE_CONNECTION_RESET);
    drop_link(house, console, link);
}

/* --- what each console wants ---------------------------------------------------------------------------- */

static void want(struct house *house, struct house_console *console) {
    struct house_stream *stream = &console->stream;
    struct house_link *link = free_link(console);
    if (console->fetching || !link) return;
    if (!console->token[0]) {
        char body[160];
        snprintf(body, sizeof body, "{\"login\":\"operator-%" PRIu64 "\",\"password\":\"a password for all\"}", console->operator_id);
        request(house, console, link, LOG_IN, "POST", "/v1/sessions", body);
    } else if (stream->wanted && !stream->rows) {
        request(house, console, link, FETCH_BOARD, "GET", "/v1/board", "");
    } else if (stream->wanted && !stream->client) {
        open_stream(house, console);
    }
}

void house_clients_turn(struct house *house) {
    for (size_t i = 0; i < HOUSE_CONSOLES && !house_failed(house); i++) {
        struct house_console *console = &house->consoles[i];
        for (int l = 0; l < HOUSE_LINKS; l++) {
            if (console->links[l].client && console->links[l].what != NOTHING) read_link(house, console, &console->links[l]);
            trouble_link(house, console, &console->links[l]);
        }
        if (console->stream.client) read_stream(house, console);
        trouble_stream(house, &console->stream);
        want(house, console);
    }
    ask_again(house);
}

bool house_clients_idle(const struct house *house) {
    for (size_t i = 0; i < HOUSE_CONSOLES; i++) {
        const struct house_console *console = &house->consoles[i];
        const struct house_stream *stream = &console->stream;
        if (!console->token[0] || console->fetching || (stream->wanted && (!stream->client || !stream->rows || !stream->head_seen))) return false;
    }
    for (size_t i = 0; i < house->asked_count; i++) {
        const struct house_asked *asked = &house->asked[i];
        if (asked->waiting || asked->in_doubt || (!asked->accepted && !asked->refused)) return false;
    }
    return true;
}

void house_clients_compare(struct house *house) {
    for (size_t i = 0; i < HOUSE_CONSOLES; i++) {
        struct house_console *console = &house->consoles[i];
        struct house_link *link = free_link(console);
        if (console->stream.wanted && link) request(house, console, link, COMPARE, "GET", "/v1/board", "");
    }
}
