/* Frames out of a stream of bytes, and messages out of their parts. */
#include <string.h>

#include "intake/jt808.h"

void bm_jt808_stream_make(struct bm_jt808_stream *stream) {
    *stream = (struct bm_jt808_stream){.whole = bm_buf_make(BM_JT808_WHOLE_MAX)};
}

void bm_jt808_stream_free(struct bm_jt808_stream *stream) {
    bm_buf_free(&stream->whole);
}

static void drop_parts(struct bm_jt808_stream *stream) {
    bm_buf_clear(&stream->whole);
    stream->whole_parts = 0;
}

/* A part in its turn; true when the message is whole now. */
static bool take_part(struct bm_jt808_stream *stream, struct bm_jt808_message *message, bool *ret_kept) {
    const struct bm_jt808_head *head = &message->head;
    *ret_kept = false;
    if (head->part == 1) {
        drop_parts(stream);
        stream->whole_id = head->id;
        stream->whole_parts = head->parts;
        stream->next_part = 1;
    }
    bool same = stream->whole_parts && stream->whole_id == head->id && stream->whole_parts == head->parts;
    if (same && head->part < stream->next_part) { /* again */
        *ret_kept = true;
        return false;
    }
    if (!same || head->part != stream->next_part || head->part > head->parts) {
        drop_parts(stream);
        return false;
    }
    bm_buf_add(&stream->whole, message->body, message->body_len);
    if (stream->whole.overflow) {
        drop_parts(stream);
        return false;
    }
    *ret_kept = true;
    if (stream->next_part++ < stream->whole_parts) return false;
    message->body = stream->whole.bytes;
    message->body_len = stream->whole.len;
    return true;
}

static bool take_frame(struct bm_jt808_stream *stream, bm_jt808_message_fn *each, void *context) {
    struct bm_jt808_message message;
    if (!stream->len && !stream->spoilt) return true; /* two delimiters side by side */
    if (stream->spoilt || stream->escaped || bm_jt808_read(stream->frame, stream->len, &message, NULL)) {
        stream->broken++;
        return true;
    }
    if (!message.head.parts) return each(context, &message, false);
    bool kept;
    bool whole = take_part(stream, &message, &kept);
    if (whole) {
        bool go_on = each(context, &message, false);
        drop_parts(stream);
        return go_on;
    }
    if (!kept) {
        stream->broken++;
        return true;
    }
    message.body_len = 0;
    return each(context, &message, true);
}

/* One byte between delimiters. */
static void take_byte(struct bm_jt808_stream *stream, uint8_t byte) {
    if (stream->escaped) {
        stream->escaped = false;
        if (byte == 1 || byte == 2)
            byte = byte == 1 ? 0x7d : 0x7e;
        else
            stream->spoilt = true;
    } else if (byte == 0x7d) {
        stream->escaped = true;
        return;
    }
    if (stream->len == sizeof stream->frame)
        stream->spoilt = true;
    else
        stream->frame[stream->len++] = byte;
}

bool bm_jt808_stream_take(struct bm_jt808_stream *stream, const uint8_t *bytes, size_t len, bm_jt808_message_fn *each, void *context) {
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0x7e) {
            if (stream->inside) take_byte(stream, bytes[i]);
            continue;
        }
        /* A delimiter ends a frame and may begin the next: some terminals send one between two. */
        bool go_on = !stream->inside || take_frame(stream, each, context);
        stream->inside = true;
        stream->len = 0;
        stream->escaped = stream->spoilt = false;
        if (!go_on) return false;
    }
    return true;
}
