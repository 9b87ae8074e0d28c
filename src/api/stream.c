/* GET /v1/stream: committed frames as server-sent events.
 *
 *   ring of frames (at most 100,000 events, 24 h, 64 MiB) --per audience, encoded once--> streams
 *
 * Every stream has its own place in the ring.  One that keeps up gets each frame as it comes; one
 * that is behind gets the next part when what it has was sent, so no backlog is ever copied into
 * its queue; one whose place has fallen off the ring gets `reset` and fetches the board again. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/json.h"

enum {
    RING_BYTES_MAX = 64 * 1024 * 1024,
    UNSENT_MAX = 256 * 1024,
    ENCODED_KEPT = 512,
    FRAME_TEXT_MAX = 8 * 1024 * 1024,
    MOVED_MAX = 3000 /* positions in one event, of some 200 bytes: less than cuts a stream */
};
#define RING_EVENTS_MAX 100000u
#define RING_MS_MAX (INT64_C(24) * 60 * 60 * 1000)

/* Viewers for whom a frame looks the same. */
struct audience {
    struct audience *next;
    struct bm_viewer viewer;
    unsigned streams;
    uint64_t id;
    uint64_t moved, moved_until; /* positions after the one stamp, up to the other, are in ... */
    struct bm_http_frame *positions; /* ... this, while they are being sent; NULL: none for them */
    bool has_positions;
};
struct encoded {
    struct encoded *next;
    uint64_t audience;
    struct bm_http_frame *bytes; /* NULL: nothing of it is for them */
};
struct kept {
    struct bm_frame *frame;
    struct bm_case_areas *former; /* per row: where a case, a unit or an operator was before, the case an open assignment was on;
                         0: neither */
    bool former_known;            /* not so of frames from before the start: nobody knew then who might see what */
    size_t bytes;
    struct encoded *encoded;
};
struct stream {
    struct stream *next, **place;
    struct bm_streams *streams;
    struct bm_http_stream *http;
    struct audience *audience;
    uint64_t session, operator_id;
    int64_t until_ms;  /* the session's end, in session time */
    uint64_t at;       /* absolute number of the next frame to send */
    uint64_t opened;   /* frames below this number were there when it was opened */
    uint64_t last_seq; /* of what was sent or passed over */
    size_t unsent;     /* pushed since it last drained */
    uint64_t moved;    /* stamp of the positions it has; 0: none yet */
};

struct bm_streams {
    struct bm_api *api;
    struct kept *ring; /* frame number n stands at n % cap */
    size_t cap;
    uint64_t begin, end; /* numbers of the oldest, and one past the newest */
    uint64_t events;
    size_t bytes;
    struct audience *audiences;
    uint64_t next_audience;
    struct stream *open;
};

struct bm_streams *bm_streams_new(struct bm_api *api) {
    struct bm_streams *streams = bm_alloc_zero(1, sizeof *streams);
    streams->api = api;
    streams->begin = streams->end =
        1; /* so that 0 is before the oldest frame, also when there is none */
    return streams;
}

static struct kept *kept_at(struct bm_streams *streams, uint64_t number) {
    return &streams->ring[number % streams->cap];
}

static void drop_encoded(struct kept *kept) {
    while (kept->encoded) {
        struct encoded *next = kept->encoded->next;
        bm_http_frame_unref(kept->encoded->bytes);
        bm_free(kept->encoded);
        kept->encoded = next;
    }
}

static void drop_oldest(struct bm_streams *streams) {
    struct kept *kept = kept_at(streams, streams->begin++);
    streams->events -= kept->frame->event_count;
    streams->bytes -= kept->bytes;
    drop_encoded(kept);
    bm_frame_free(kept->frame);
    bm_free(kept->former);
}

void bm_streams_free(struct bm_streams *streams) {
    if (!streams) return;
    while (streams->begin < streams->end) drop_oldest(streams);
    while (streams->open) {
        struct stream *stream = streams->open;
        streams->open = stream->next;
        bm_http_stream_close(stream->http);
        stream->streams = NULL; /* its on_closed comes when the http server goes */
        stream->next = NULL;
        stream->place = NULL;
    }
    while (streams->audiences) {
        struct audience *next = streams->audiences->next;
        bm_free(streams->audiences);
        streams->audiences = next;
    }
    bm_free(streams->ring);
    bm_free(streams);
}

/* --- the ring --------------------------------------------------------------------------------- */

static size_t weight_of(const struct bm_frame *frame) {
    size_t bytes = sizeof(struct kept) + sizeof *frame;
    for (size_t i = 0; i < frame->row_count; i++) {
        bytes += sizeof frame->rows[i] + 64;
        if (!frame->rows[i].record) continue;
        const struct bm_shape *shape = bm_table_shape(frame->rows[i].table);
        bytes += shape->record_size + 64;
        for (uint16_t f = 0; f < shape->field_count; f++) {
            const struct bm_field *field = &shape->fields[f];
            if (field->kind != BM_F_BYTES) continue;
            bytes += ((const struct bm_bytes *)bm_field_of(field, frame->rows[i].record))->len;
        }
    }
    return bytes;
}

static void make_room(struct bm_streams *streams) {
    if (streams->end - streams->begin < streams->cap) return;
    size_t cap = streams->cap ? streams->cap * 2 : 256;
    struct kept *ring = bm_alloc_zero(cap, sizeof *ring);
    for (uint64_t n = streams->begin; n < streams->end; n++) ring[n % cap] = *kept_at(streams, n);
    bm_free(streams->ring);
    streams->ring = ring;
    streams->cap = cap;
}

void bm_streams_take(struct bm_streams *streams, struct bm_frame *frame) {
    make_room(streams);
    struct kept *kept = kept_at(streams, streams->end++);
    *kept = (struct kept){.frame = frame, .bytes = weight_of(frame)};
    BM_STEP_DONE(frame_kept);
    kept->former = bm_alloc_zero(frame->row_count, sizeof *kept->former);
    kept->former_known = streams->api->mirror && frame->seq > bm_mirror_seq(streams->api->mirror);
    for (size_t i = 0; i < frame->row_count && streams->api->mirror; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        const struct bm_assignment *assignment = row->table == BM_T_ASSIGNMENT ? row->record : NULL;
        if (row->table == BM_T_CASE)
            kept->former[i] = bm_mirror_case_areas(streams->api->mirror, row->id);
        if (row->table == BM_T_UNIT || row->table == BM_T_OPERATOR)
            kept->former[i].area = bm_mirror_area(streams->api->mirror, row->table, row->id);
        if (assignment)
            kept->former[i].area = bm_mirror_assignment_case(streams->api->mirror, assignment->unit.v,
                                                        row->id);
    }
    streams->events += frame->event_count;
    streams->bytes += kept->bytes;
    while (streams->end - streams->begin > 1 &&
           (streams->events > RING_EVENTS_MAX || streams->bytes > RING_BYTES_MAX ||
            frame->at_ms - kept_at(streams, streams->begin)->frame->at_ms > RING_MS_MAX)) {
        drop_oldest(streams);
    }
    if (streams->end - streams->begin > ENCODED_KEPT)
        drop_encoded(kept_at(streams, streams->end - ENCODED_KEPT - 1));
}

/* --- encoding --------------------------------------------------------------------------------- */

static bool is_crew(const struct bm_viewer *viewer) {
    return (viewer->roles & ~BM_BIT(BM_ROLE_UNIT)) == 0;
}

/* Some of what they see they see as who they are, or by what their unit is on, beside what lies in their area. */
static bool sees_as_oneself(const struct bm_viewer *viewer) {
    bool wide = viewer->roles & ~(BM_BIT(BM_ROLE_UNIT) | BM_BIT(BM_ROLE_OFFICER) | BM_MACHINES);
    return !wide && viewer->roles != BM_BIT(BM_ROLE_OFFICER);
}

/* The case as far as it says who may see it. */
static struct bm_case before_of(const struct bm_case_areas *areas) {
    return (struct bm_case){
        .jurisdiction = {areas->area}, .with_agency = {areas->with_agency}, .offered_to = {areas->offered_to}};
}

/* A row the viewer may not see now but may have seen until now: it leaves their board. */
static bool leaves(struct bm_streams *streams, const struct kept *kept, size_t row_index,
                   const struct bm_viewer *viewer) {
    const struct bm_frame *frame = kept->frame;
    const struct bm_frame_row *row = &frame->rows[row_index];
    if (row->table == BM_T_OPERATOR && row->record && kept->former[row_index].area) {
        struct bm_operator before = {.id = {row->id}, .jurisdiction = {kept->former[row_index].area}};
        return bm_mirror_may_see(streams->api->mirror, viewer, BM_T_OPERATOR, &before);
    }
    if (row->table != BM_T_CASE) return false;
    if (is_crew(viewer)) { /* their assignment on it ended with this very frame */
        for (size_t i = 0; i < frame->row_count; i++) {
            const struct bm_assignment *assignment = frame->rows[i].table == BM_T_ASSIGNMENT
                                                         ? frame->rows[i].record
                                                         : NULL;
            if (assignment && assignment->unit.v == viewer->unit &&
                assignment->on_case.v == row->id)
                return true;
        }
        return false;
    }
    if (!kept->former[row_index].area) return false;
    struct bm_case before = before_of(&kept->former[row_index]);
    return bm_mirror_may_see(streams->api->mirror, viewer, BM_T_CASE, &before);
}

/* Whether the viewer sees the incident by this part of it alone now and did not before, or the other way round. */
static bool part_turns(struct bm_mirror *mirror, const struct bm_viewer *viewer, uint64_t incident, const struct bm_case_areas *before,
                       const struct bm_case_areas *now) {
    bool saw = before->part_of == incident && bm_mirror_by_part(mirror, viewer, before);
    bool sees = now->part_of == incident && bm_mirror_by_part(mirror, viewer, now);
    if (saw == sees) return false;
    const struct bm_case_areas of = bm_mirror_case_areas(mirror, incident);
    struct bm_case beside = before_of(&of); /* without its id: as if it had no parts */
    memcpy(beside.procedure, BM_EMERGENCY, sizeof BM_EMERGENCY);
    return !bm_mirror_may_see(mirror, viewer, BM_T_CASE, &beside);
}

/* An agency was called to take part in an incident, or takes part in it no longer, or takes part in another since the two were merged:
 * those who see it by that alone. */
static bool part_changes(struct bm_streams *streams, const struct kept *kept, size_t row_index, const struct bm_viewer *viewer) {
    const struct bm_case *part = kept->frame->rows[row_index].record;
    const struct bm_case_areas *before = &kept->former[row_index];
    const struct bm_case_areas now = {part->jurisdiction.v, part->with_agency.v, part->offered_to.v, part->part_of.v,
                                      part->closed_at_ms == BM_AT_NONE};
    struct bm_mirror *mirror = streams->api->mirror;
    return (now.part_of && part_turns(mirror, viewer, now.part_of, before, &now)) ||
           (before->part_of && part_turns(mirror, viewer, before->part_of, before, &now));
}

/* An administrator moved a unit to another area, out of view or into it. */
static bool unit_moves(struct bm_streams *streams, const struct kept *kept, size_t row_index, const struct bm_viewer *viewer) {
    const struct bm_unit *now = kept->frame->rows[row_index].record;
    struct bm_unit before = {.id = now->id, .jurisdiction = {kept->former[row_index].area}};
    if (!before.jurisdiction.v || before.jurisdiction.v == now->jurisdiction.v) return false;
    return bm_mirror_may_see(streams->api->mirror, viewer, BM_T_UNIT, &before) != bm_mirror_may_see(streams->api->mirror, viewer, BM_T_UNIT, now);
}

/* A case comes into view or leaves it: because it moved to another area, because an agency takes part in it, or because the
 * crew's unit was put on it or taken off.  Or a unit does.  What hangs on them (calls, clocks, other units; stints, calls for help)
 * comes or goes with them, and not all of it is in the frame, so whoever sees such a frame starts over. */
static bool view_changes(struct bm_streams *streams, const struct kept *kept,
                         const struct bm_viewer *viewer) {
    const struct bm_frame *frame = kept->frame;
    bool sees_all = bm_mirror_sees_all(streams->api->mirror, viewer);
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        bool may_change = row->table == BM_T_CASE || row->table == BM_T_ASSIGNMENT || row->table == BM_T_UNIT || row->table == BM_T_OPERATOR;
        if (!kept->former_known && may_change && !sees_all) return true;
        if (!row->record) continue;
        if (row->table == BM_T_ASSIGNMENT && sees_as_oneself(viewer)) {
            const struct bm_assignment *assignment = row->record;
            if (!viewer->unit || assignment->unit.v != viewer->unit) continue;
            uint64_t now = assignment->state <= BM_AS_AT_DESTINATION ? assignment->on_case.v : 0;
            if (now != kept->former[i].area) return true;
        } else if (is_crew(viewer)) {
            continue;
        } else if (row->table == BM_T_UNIT && unit_moves(streams, kept, i, viewer)) {
            return true;
        } else if (row->table == BM_T_CASE && part_changes(streams, kept, i, viewer)) {
            return true;
        } else if (row->table == BM_T_CASE && kept->former[i].area) {
            const struct bm_case *now = row->record;
            struct bm_case before = before_of(&kept->former[i]);
            before.id = now->id;
            memcpy(before.procedure, now->procedure, sizeof before.procedure);
            bool same = now->jurisdiction.v == before.jurisdiction.v && now->with_agency.v == before.with_agency.v &&
                        now->offered_to.v == before.offered_to.v;
            if (same) continue;
            if (bm_mirror_may_see(streams->api->mirror, viewer, BM_T_CASE, &before) !=
                bm_mirror_may_see(streams->api->mirror, viewer, BM_T_CASE, now))
                return true;
        }
    }
    return false;
}

/* Whether the viewer would see the row, did it hang on that case. */
static bool seen_on(struct bm_streams *streams, const struct bm_frame_row *row, const struct bm_case *on, const struct bm_viewer *viewer) {
    struct bm_mirror *mirror = streams->api->mirror;
    if (row->table == BM_T_CONTACT) {
        struct bm_contact before = *(const struct bm_contact *)row->record;
        before.on_case = on->id;
        before.case_area = on->jurisdiction;
        return bm_mirror_may_see(mirror, viewer, row->table, &before);
    }
    if (row->table == BM_T_ASSIGNMENT) {
        struct bm_assignment before = *(const struct bm_assignment *)row->record;
        before.on_case = on->id;
        before.jurisdiction = on->jurisdiction;
        return bm_mirror_may_see(mirror, viewer, row->table, &before);
    }
    if (row->table == BM_T_CLOCK) {
        struct bm_clock before = *(const struct bm_clock *)row->record;
        before.on_case = on->id;
        before.jurisdiction = on->jurisdiction;
        return bm_mirror_may_see(mirror, viewer, row->table, &before);
    }
    if (row->table == BM_T_RATING) {
        struct bm_rating before = *(const struct bm_rating *)row->record;
        before.jurisdiction = on->jurisdiction;
        return bm_mirror_may_see(mirror, viewer, row->table, &before);
    }
    return false;
}

/* What hung on a case that the viewer sees hangs on another now, which they do not see: an attached call, a unit that was split off.
 * The case that it left stands in the same frame. */
static bool left_a_case(struct bm_streams *streams, const struct bm_frame *frame, const struct bm_frame_row *row,
                        const struct bm_viewer *viewer) {
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *other = &frame->rows[i];
        if (other->table == BM_T_CASE && other->record && seen_on(streams, row, other->record, viewer)) return true;
    }
    return false;
}

/* What an administrator may have moved to another area, and changes rarely: whoever had it is told its id, and nothing else of it. */
static bool may_have_moved(const struct bm_frame_row *row, const struct bm_viewer *viewer) {
    bool rare = row->table == BM_T_DESK_POSITION || row->table == BM_T_PLACE || row->table == BM_T_DUTY_LEVEL || row->table == BM_T_ALERT_CHANNEL;
    if (!rare || is_crew(viewer)) return false;
    return *(const uint32_t *)bm_field_of(bm_shape_find(bm_table_shape(row->table), "version"), row->record) > 1;
}

enum fate { FATE_UPSERT, FATE_REMOVE, FATE_NONE };

static enum fate fate_of(struct bm_streams *streams, const struct kept *kept, size_t row_index,
                         const struct bm_viewer *viewer) {
    const struct bm_frame_row *row = &kept->frame->rows[row_index];
    if (!row->record) {
        /* Gone from memory: whoever could see its area is told the id; nothing else is known of it.
         */
        if (row->table != BM_T_CASE || !kept->former[row_index].area)
            return is_crew(viewer) ? FATE_NONE : FATE_REMOVE;
        return leaves(streams, kept, row_index, viewer) ? FATE_REMOVE : FATE_NONE;
    }
    if (bm_mirror_may_see(streams->api->mirror, viewer, row->table, row->record))
        return FATE_UPSERT;
    bool left = leaves(streams, kept, row_index, viewer) || left_a_case(streams, kept->frame, row, viewer) || may_have_moved(row, viewer);
    return left ? FATE_REMOVE : FATE_NONE;
}

/* Writes `"upsert":{"case":[...],...}` or `"remove":{...}`; rows come in table order. False when
 * empty. */
static bool write_part(struct bm_streams *streams, const struct kept *kept,
                       const struct audience *audience, enum fate wanted, struct bm_buf *out) {
    const struct bm_frame *frame = kept->frame;
    bool any = false;
    enum bm_table_kind last = BM_table_kind_COUNT;
    bm_buf_text(out, wanted == FATE_UPSERT ? ",\"upsert\":{" : ",\"remove\":{");
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        if (fate_of(streams, kept, i, &audience->viewer) != wanted) continue;
        if (row->table != last) {
            bm_buf_printf(out, "%s\"%s\":[", any ? "]," : "",
                          bm_word(&bm_table_kind_words, row->table));
        } else {
            bm_buf_byte(out, ',');
        }
        last = row->table;
        any = true;
        if (wanted == FATE_UPSERT)
            bm_row_write(streams->api, &audience->viewer, BM_OPEN_ADDRESS, row->table, row->record,
                         out);
        else
            bm_json_id(out, row->id);
    }
    bm_buf_text(out, any ? "]}" : "}");
    return any;
}

static struct bm_http_frame *encode(struct bm_streams *streams, const struct kept *kept,
                                    const struct audience *audience) {
    struct bm_buf out = bm_buf_make(FRAME_TEXT_MAX);
    bm_buf_printf(&out, "id: %" PRIu64 "\ndata: {\"seq\":%" PRIu64 ",\"at_ms\":%" PRId64,
                  kept->frame->seq, kept->frame->seq, kept->frame->at_ms);
    bool any = write_part(streams, kept, audience, FATE_UPSERT, &out);
    any |= write_part(streams, kept, audience, FATE_REMOVE, &out);
    bm_buf_text(&out, "}\n\n");
    /* A frame that does not fit says so: the client fetches the board instead. */
    static const char reset[] = "event: reset\ndata: {\"reason\":\"frame-too-large\"}\n\n";
    struct bm_http_frame *bytes = NULL;
    if (out.overflow)
        bytes = bm_http_frame_new(reset, sizeof reset - 1);
    else if (any)
        bytes = bm_http_frame_new(out.bytes, out.len);
    bm_buf_free(&out);
    return bytes;
}

/* The frame for this audience, encoded the first time somebody of it needs it. */
static struct bm_http_frame *encoded_for(struct bm_streams *streams, uint64_t number,
                                         const struct audience *audience) {
    struct kept *kept = kept_at(streams, number);
    for (struct encoded *at = kept->encoded; at; at = at->next) {
        if (at->audience == audience->id) return at->bytes ? bm_http_frame_ref(at->bytes) : NULL;
    }
    struct bm_http_frame *bytes = encode(streams, kept, audience);
    if (audience->streams > 1 && streams->end - number <= ENCODED_KEPT) {
        struct encoded *made = bm_alloc(sizeof *made);
        *made = (struct encoded){kept->encoded, audience->id,
                                 bytes ? bm_http_frame_ref(bytes) : NULL};
        kept->encoded = made;
    }
    return bytes;
}

/* --- feeding ---------------------------------------------------------------------------------- */

static bool push_text(struct stream *stream, const char *text) {
    struct bm_http_frame *frame = bm_http_frame_new(text, strlen(text));
    bool ok = bm_http_stream_push(stream->http, frame);
    bm_http_frame_unref(frame);
    return ok;
}

static void send_reset(struct stream *stream, const char *reason) {
    char text[120];
    snprintf(text, sizeof text, "event: reset\ndata: {\"reason\":\"%s\"}\n\n", reason);
    if (push_text(stream, text)) bm_http_stream_close(stream->http);
}

/* A stream lives no longer than the log-in that opened it. */
static bool expired(const struct stream *stream) {
    return bm_session_now_ms(stream->streams->api) >= stream->until_ms;
}

/* Frames that came while nobody was there to be told that the view is another one now (bm_streams_recheck): what the viewer's board
 * was fetched by may be less, or more, than what they may see. */
static bool rights_changed_meanwhile(const struct stream *stream, uint64_t number) {
    if (number >= stream->opened) return false;
    const struct bm_frame *frame = kept_at(stream->streams, number)->frame;
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        const struct bm_agency *agency = row->table == BM_T_AGENCY ? row->record : NULL;
        const struct bm_operator *person = row->table == BM_T_OPERATOR && row->id == stream->operator_id ? row->record : NULL;
        if ((agency && agency->version > 1) || (person && person->version > 1)) return true; /* the first one changes nothing */
    }
    return false;
}

/* Pushes from the stream's place on, until it is up to date or has enough unsent. */
static void feed(struct stream *stream) {
    struct bm_streams *streams = stream->streams;
    if (expired(stream)) {
        bm_http_stream_close(stream->http);
        return;
    }
    if (stream->at < streams->begin) {
        send_reset(stream, "too-old");
        stream->at = streams->end;
        return;
    }
    while (stream->at < streams->end && stream->unsent < UNSENT_MAX) {
        uint64_t number = stream->at++, seq = kept_at(streams, number)->frame->seq;
        if (seq <= stream->last_seq)
            continue; /* committed, and so on their board, before it got here */
        stream->last_seq = seq;
        if (rights_changed_meanwhile(stream, number)) {
            send_reset(stream, "rights-changed");
            stream->at = streams->end;
            return;
        }
        if (view_changes(streams, kept_at(streams, number), &stream->audience->viewer)) {
            send_reset(stream, "view-changed");
            stream->at = streams->end;
            return;
        }
        struct bm_http_frame *bytes = encoded_for(streams, number, stream->audience);
        if (!bytes) continue;
        stream->unsent += bm_http_frame_len(bytes);
        bool ok = bm_http_stream_push(stream->http, bytes);
        bm_http_frame_unref(bytes);
        if (ok) BM_STEP_DONE(frame_published);
        if (!ok) return; /* cut: on_closed comes, the client resumes */
    }
}

void bm_streams_feed(struct bm_streams *streams) {
    for (struct stream *stream = streams->open, *next; stream; stream = next) {
        next = stream->next;
        feed(stream);
    }
}

/* --- positions -------------------------------------------------------------------------------- */

static void encode_positions(struct bm_streams *streams, struct audience *audience,
                             uint64_t since) {
    struct bm_buf rows = bm_buf_make(FRAME_TEXT_MAX), out = bm_buf_make(FRAME_TEXT_MAX);
    bm_http_frame_unref(audience->positions);
    audience->positions = NULL;
    audience->has_positions = true;
    audience->moved = since;
    audience->moved_until = bm_positions_write(streams->api, &audience->viewer, since, MOVED_MAX,
                                               &rows);
    if (rows.len) {
        bm_buf_printf(&out, "event: positions\ndata: {\"now_ms\":%" PRId64 ",\"positions\":[",
                      bm_io_wall_ms(streams->api->io));
        bm_buf_add(&out, rows.bytes, rows.len);
        bm_buf_text(&out, "]}\n\n");
        audience->positions = bm_http_frame_new(out.bytes, out.len);
    }
    bm_buf_free(&rows);
    bm_buf_free(&out);
}

/* Unsequenced: whoever is behind gets the newest ones once it has caught up, not all that came
 * between. */
void bm_streams_positions(struct bm_streams *streams) {
    uint64_t now = bm_dispatch_stamp(streams->api->config.dispatch);
    for (struct stream *stream = streams->open; stream; stream = stream->next) {
        struct audience *audience = stream->audience;
        if (stream->moved == now || stream->at < streams->end || stream->unsent || expired(stream))
            continue;
        if (!audience->has_positions || audience->moved != stream->moved)
            encode_positions(streams, audience, stream->moved);
        stream->moved = audience->moved_until;
        if (!audience->positions) continue;
        stream->unsent += bm_http_frame_len(audience->positions);
        (void)bm_http_stream_push(stream->http, audience->positions); /* cut: on_closed comes */
    }
    for (struct audience *audience = streams->audiences; audience; audience = audience->next) {
        bm_http_frame_unref(audience->positions);
        audience->positions = NULL;
        audience->has_positions = false;
    }
}

static void on_drained(void *context) {
    struct stream *stream = context;
    if (!stream->streams) return;
    stream->unsent = 0;
    feed(stream);
}

/* Sends where the stream stands, so that it can resume there though nothing in between was for it;
 * the server's time, from which the page counts its clocks; and what everybody must know of the desk (watch.h). */
static void beat(struct stream *stream) {
    char text[BM_VITALS_BEAT_TEXT + 160];
    snprintf(text, sizeof text, "id: %" PRIu64 "\nevent: beat\ndata: {\"seq\":%" PRIu64 ",\"now_ms\":%" PRId64 ",%s}\n\n", stream->last_seq,
             stream->last_seq, bm_io_wall_ms(stream->streams->api->io), stream->streams->api->beat);
    push_text(stream, text);
}

static void on_beat(void *context) {
    struct stream *stream = context;
    if (!stream->streams) return;
    if (expired(stream))
        bm_http_stream_close(stream->http);
    else
        beat(stream);
}

void bm_streams_beat(struct bm_streams *streams) {
    for (struct stream *stream = streams->open, *next; stream; stream = next) {
        next = stream->next;
        on_beat(stream);
    }
}

/* --- opening and closing ---------------------------------------------------------------------- */

static struct audience *join(struct bm_streams *streams, const struct bm_viewer *viewer) {
    struct bm_viewer key = *viewer;
    if (!sees_as_oneself(viewer)) { /* only what bm_may_see looks at tells audiences apart */
        key.operator_id = 1;
        key.unit = 0;
    }
    for (struct audience *at = streams->audiences; at; at = at->next) {
        bool same = at->viewer.operator_id == key.operator_id && at->viewer.roles == key.roles &&
                    at->viewer.jurisdiction == key.jurisdiction && at->viewer.unit == key.unit;
        if (!same) continue;
        at->streams++;
        return at;
    }
    struct audience *made = bm_alloc(sizeof *made);
    *made = (struct audience){
        .next = streams->audiences, .viewer = key, .streams = 1, .id = ++streams->next_audience};
    streams->audiences = made;
    return made;
}

static void leave(struct bm_streams *streams, struct audience *audience) {
    if (--audience->streams) return;
    struct audience **at = &streams->audiences;
    while (*at != audience) at = &(*at)->next;
    *at = audience->next;
    bm_free(audience);
}

static void on_closed(void *context) {
    struct stream *stream = context;
    if (stream->streams) {
        *stream->place = stream->next;
        if (stream->next) stream->next->place = stream->place;
        leave(stream->streams, stream->audience);
    }
    bm_free(stream);
}

/* The number of the first frame after `seq`; begin - 1 (so: reset) when that place has been left
 * behind, or was never reached: the client followed another record, such as the one before a backup
 * was restored. */
static uint64_t place_of(struct bm_streams *streams, uint64_t seq) {
    uint64_t low = streams->begin, high = streams->end,
             head = bm_live_status(streams->api->live).head.seq;
    if (seq > head) return low - 1;
    if (low == high) return seq >= bm_mirror_seq(streams->api->mirror) ? high : low - 1; /* no frame came since the start */
    const struct bm_frame *oldest = kept_at(streams, low)->frame;
    if (seq < oldest->seq - oldest->event_count) return low - 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (kept_at(streams, middle)->frame->seq <= seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum bm_code read_from(struct bm_call *call, uint64_t *ret_from) {
    char text[24] = "";
    const char *last = bm_http_header(call->request, "last-event-id");
    if (last)
        snprintf(text, sizeof text, "%.23s", last);
    else if (bm_http_query(call->request, "from", text, sizeof text) != BM_OK)
        text[0] = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits && digits <= 18 && !text[digits]) {
        *ret_from = strtoull(text, NULL, 10);
        return BM_OK;
    }
    return bm_fault_set(&call->fault, BM_MISSING_FIELD, "from",
                        "Send ?from=SEQ with the \"seq\" of the board (or Last-Event-ID).");
}

void bm_handle_stream(struct bm_call *call) {
    static const struct bm_http_stream_calls calls = {on_closed, on_beat, on_drained};
    struct bm_streams *streams = call->api->streams;
    uint64_t from = 0;
    call->code = read_from(call, &from);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    struct stream *stream = bm_alloc_zero(1, sizeof *stream);
    stream->streams = streams;
    stream->session = call->session;
    stream->until_ms = bm_vault_session_until(call->api->vault, call->session);
    stream->operator_id = call->viewer.operator_id;
    stream->audience = join(streams, &call->viewer);
    stream->next = streams->open;
    stream->place = &streams->open;
    if (stream->next) stream->next->place = &stream->next;
    streams->open = stream;
    stream->last_seq = from;
    stream->at = place_of(streams, from);
    stream->opened = streams->end;
    stream->http = bm_http_stream_open(call->exchange, &calls, stream);
    bm_call_free(call);
    beat(stream);
    feed(stream);
}

void bm_streams_end_session(struct bm_streams *streams, uint64_t session) {
    for (struct stream *stream = streams->open; stream; stream = stream->next) {
        if (stream->session == session) bm_http_stream_close(stream->http);
    }
}

void bm_streams_end_ended(struct bm_streams *streams) {
    for (struct stream *stream = streams->open; stream; stream = stream->next) {
        if (bm_vault_session_until(streams->api->vault, stream->session) == 0) bm_http_stream_close(stream->http);
    }
}

void bm_streams_end_operator(struct bm_streams *streams, uint64_t operator_id) {
    for (struct stream *stream = streams->open; stream; stream = stream->next) {
        if (stream->operator_id == operator_id) bm_http_stream_close(stream->http);
    }
}

/* Somebody's rights changed: whoever is now another audience starts over; whoever may not look is
 * cut. */
void bm_streams_recheck(struct bm_streams *streams, bool everybody) {
    for (struct stream *stream = streams->open, *next; stream; stream = next) {
        next = stream->next;
        struct bm_viewer viewer;
        if (!bm_mirror_viewer(streams->api->mirror, stream->operator_id, &viewer)) {
            bm_http_stream_close(stream->http);
            continue;
        }
        struct audience *now = join(streams, &viewer), *before = stream->audience;
        stream->audience = now;
        bool changed = everybody || now != before;
        leave(streams, before);
        if (!changed) continue;
        send_reset(stream, "rights-changed");
        stream->at = streams->end; /* the frame that did it is on the board that they fetch now */
    }
}
