/* SIP requests as one UDP datagram holds them (RFC 3261), read whole or not at all, and the answers to them.  Pure.
 *
 * Everything in a message is a slice of its own copy of the datagram.  A message that is BAD still says whom to answer;
 * NOISE is what nobody can be answered for: no SIP, keep-alives, answers to requests that we never sent. */
#ifndef BM_INTAKE_SIP_H
#define BM_INTAKE_SIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
    BM_SIP_BYTES_MAX = 8192,  /* of a datagram; longer ones are noise */
    BM_SIP_HEADERS_MAX = 96,  /* more: answered 400 */
    BM_SIP_VIAS_MAX = 16,     /* hops; more: noise, for the way back would be cut */
    BM_SIP_MEDIA_MAX = 8,     /* m= lines that an answer declines one by one; more: answered 400 */
    BM_SIP_ID_TEXT = 129,     /* Call-ID; longer: answered 400 */
    BM_SIP_TAG_TEXT = 65      /* tags and branches; longer: answered 400 */
};

struct bm_slice {
    const char *at;
    size_t len;
};
bool bm_slice_is(struct bm_slice slice, const char *text);            /* exactly */
bool bm_slice_is_word(struct bm_slice slice, const char *text);       /* in any case */
/* Copies it with a NUL; false, and nothing copied, when it is longer than that. */
bool bm_slice_text(struct bm_slice slice, char *ret_text, size_t size);

enum bm_sip_method {
    BM_SIP_INVITE, BM_SIP_ACK, BM_SIP_BYE, BM_SIP_CANCEL, BM_SIP_OPTIONS, BM_SIP_UPDATE, BM_SIP_INFO,
    BM_SIP_KNOWN, /* of an extension that is not spoken here: 405 */
    BM_SIP_OTHER  /* 501 */
};

struct bm_sip_header {
    struct bm_slice name, value;
};
struct bm_sip_message {
    enum bm_sip_method method;
    struct bm_slice uri;
    struct bm_sip_header headers[BM_SIP_HEADERS_MAX];
    size_t header_count;
    struct bm_slice vias[BM_SIP_VIAS_MAX]; /* one a value, the newest first */
    size_t via_count;
    struct bm_slice via_port; /* of the newest: where answers go without rport; empty: 5060 */
    bool rport;
    struct bm_slice from, to, call_id, cseq; /* whole values */
    char branch[BM_SIP_TAG_TEXT], from_tag[BM_SIP_TAG_TEXT], to_tag[BM_SIP_TAG_TEXT]; /* "": none */
    uint32_t cseq_number;
    struct bm_slice body;
    int status;           /* of BAD: what to answer, 400 or 505 */
    const char *reason;   /* of BAD: what is wrong, for the log and the answer */
    char text[BM_SIP_BYTES_MAX + 1];
    size_t len;
};

enum bm_sip_read { BM_SIP_GOOD, BM_SIP_BAD, BM_SIP_NOISE };
enum bm_sip_read bm_sip_read(const void *bytes, size_t len, struct bm_sip_message *ret_message);

/* The first header of that name (compact forms are known by their long names); an empty slice when there is none. */
struct bm_slice bm_sip_header(const struct bm_sip_message *message, const char *name);
/* The value of `;name=value` behind an address or in a list of parameters; empty when it is not there. */
struct bm_slice bm_sip_parameter(struct bm_slice value, const char *name);
/* The address in "Name" <sip:user@host>;x=y or sip:user@host;x=y, and what stands before the @ or in tel:. */
struct bm_slice bm_sip_uri(struct bm_slice value);
struct bm_slice bm_sip_user(struct bm_slice uri);
/* User part with its %41 decoded and its parameters left out; false when it is empty or does not fit. */
bool bm_sip_user_text(struct bm_slice uri, char *ret_text, size_t size);

/* --- answers ---------------------------------------------------------------------------------- */

struct bm_sip_answer {
    int status;
    const char *tag;      /* ours in To, where it has none; NULL: none (100) */
    const char *contact;  /* our address: "sip:bellman@10.0.0.5:5060"; NULL: none */
    const char *headers;  /* further ones, each with its CRLF; NULL: none */
    bool media;           /* with a session in which no media flow */
    const char *received; /* where the request came from, for Via */
    unsigned received_port;
};
/* The answer's bytes; false when it does not fit into `out`. */
bool bm_sip_write(const struct bm_sip_message *message, const struct bm_sip_answer *answer, struct bm_buf *out);
const char *bm_sip_phrase(int status);

#endif
