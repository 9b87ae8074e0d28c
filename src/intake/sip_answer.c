/* Answers: what the request says of the way back, our tag, and a session in which nothing flows. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "intake/sip.h"

const char *bm_sip_phrase(int status) {
    switch (status) {
    case 100: return "Trying";
    case 180: return "Ringing";
    case 200: return "OK";
    case 400: return "Bad Request";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 420: return "Bad Extension";
    case 481: return "Call/Transaction Does Not Exist";
    case 482: return "Loop Detected";
    case 487: return "Request Terminated";
    case 500: return "Server Internal Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "Version Not Supported";
    default: return "Answer";
    }
}

static void add(struct bm_buf *out, struct bm_slice slice) {
    bm_buf_add(out, slice.at, slice.len);
}

/* The newest Via gets where the request really came from (RFC 3261, 18.2.1; RFC 3581). */
static void write_vias(const struct bm_sip_message *message, const struct bm_sip_answer *answer, struct bm_buf *out) {
    for (size_t i = 0; i < message->via_count; i++) {
        bm_buf_text(out, "Via: ");
        if (i > 0) {
            add(out, message->vias[i]);
        } else {
            struct bm_slice rest = message->vias[0];
            bool first = true;
            while (rest.len) { /* each turn takes one parameter */
                const char *stop = memchr(rest.at, ';', rest.len);
                struct bm_slice one = {rest.at, stop ? (size_t)(stop - rest.at) : rest.len};
                bool ours = !first && ((one.len >= 5 && strncasecmp(one.at, "rport", 5) == 0) ||
                                       (one.len >= 8 && strncasecmp(one.at, "received", 8) == 0));
                if (!ours) {
                    if (!first) bm_buf_byte(out, ';');
                    add(out, one);
                }
                first = false;
                rest = stop ? (struct bm_slice){stop + 1, rest.len - one.len - 1} : (struct bm_slice){"", 0};
            }
            bm_buf_printf(out, ";received=%s", answer->received);
            if (message->rport) bm_buf_printf(out, ";rport=%u", answer->received_port);
        }
        bm_buf_text(out, "\r\n");
    }
}

/* Every stream of the offer is taken and stands still: the exchange keeps the audio (RFC 3264, 5.1 and 6.1). */
static void write_session(const struct bm_sip_message *message, struct bm_buf *out) {
    const char *at = message->body.at, *end = at + message->body.len;
    size_t count = 0;
    bm_buf_text(out, "v=0\r\no=bellman 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n");
    while (at < end && count < BM_SIP_MEDIA_MAX) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        char media[32], port[16], protocol[32], format[32];
        char line[128];
        size_t len = (size_t)(stop - at);
        if (len > 2 && at[0] == 'm' && at[1] == '=' && len < sizeof line) {
            memcpy(line, at, len);
            line[len] = 0;
            if (sscanf(line, "m=%31[a-z] %15[0-9/] %31[A-Z/] %31[0-9a-zA-Z*-]", media, port, protocol, format) == 4) {
                bm_buf_printf(out, "m=%s 9 %s %s\r\na=inactive\r\n", media, protocol, format);
                count++;
            }
        }
        at = stop < end ? stop + 1 : end;
    }
    if (count == 0) bm_buf_text(out, "m=audio 9 RTP/AVP 0\r\na=inactive\r\n"); /* no offer came: this is one */
}

bool bm_sip_write(const struct bm_sip_message *message, const struct bm_sip_answer *answer, struct bm_buf *out) {
    struct bm_buf session = bm_buf_make(2048);
    bm_buf_clear(out);
    bm_buf_printf(out, "SIP/2.0 %d %s\r\n", answer->status, bm_sip_phrase(answer->status));
    write_vias(message, answer, out);
    for (size_t i = 0; i < message->header_count; i++) {
        if (!bm_slice_is_word(message->headers[i].name, "Record-Route")) continue;
        bm_buf_text(out, "Record-Route: ");
        add(out, message->headers[i].value);
        bm_buf_text(out, "\r\n");
    }
    bm_buf_text(out, "From: ");
    add(out, message->from);
    bm_buf_text(out, "\r\nTo: ");
    add(out, message->to);
    if (answer->tag && !message->to_tag[0]) bm_buf_printf(out, ";tag=%s", answer->tag);
    bm_buf_text(out, "\r\nCall-ID: ");
    add(out, message->call_id);
    bm_buf_text(out, "\r\nCSeq: ");
    add(out, message->cseq);
    bm_buf_text(out, "\r\n");
    if (answer->contact) bm_buf_printf(out, "Contact: <%s>\r\n", answer->contact);
    if (answer->headers) bm_buf_text(out, answer->headers);
    bm_buf_text(out, "Server: Bellman\r\n");
    if (answer->media) {
        write_session(message, &session);
        bm_buf_text(out, "Content-Type: application/sdp\r\n");
    }
    bm_buf_printf(out, "Content-Length: %zu\r\n\r\n", session.len);
    bm_buf_add(out, session.bytes, session.len);
    bool whole = !out->overflow && !session.overflow;
    bm_buf_free(&session);
    return whole;
}
