/* Channels out of the house: what may be said of one, and which events leave by it.  Pure; the sending is in outbox/.
 *
 *   webhook   each event as a CloudEvent, signed
 *   mail      a message to `recipients`, or to the citizen whom a notice is for
 *   sms       the same through a gateway: `url`, `headers` and `body` are templates with {number}, {text} and {secret};
 *             with `id_member` and `status_url` its word on what became of the message is read back
 *   station   the dispatch slip of each unit that is sent, for a printer or a tone
 *
 * Nothing that is sealed leaves by a channel that is not marked `personal`, and the record names who marked it. */
#ifndef BM_CORE_ALERT_H
#define BM_CORE_ALERT_H

#include "core/event.h"

/* Kinds of events that may leave the house.  Looks, accounts, names and what holds packed records may not. */
bool bm_alert_sends(enum bm_event_kind kind);
/* Whether `word` stands in a list separated by spaces. */
bool bm_alert_lists(const char *list, const char *word);
/* The next word of such a list from *at on, which moves behind it; false at the end. */
bool bm_alert_next(const char **at, char *ret_word, size_t cap);

/* The parts of an absolute address: "https", "host" (an IPv6 one without its brackets) and 443. */
struct bm_alert_url {
    char scheme[8], host[BM_HOST_TEXT];
    uint16_t port;
};
/* False for anything but scheme://host[:port][/...] with a printable rest: no user names, no braces in the host. */
bool bm_alert_url_read(const char *text, struct bm_alert_url *ret_url);
/* Whether an administrator has allowed this very host ("host", or "host:port" with another port than usual). */
bool bm_alert_host_allowed(const char *allowed_host, const struct bm_alert_url *url);
/* Ports that need no such word. */
bool bm_alert_port_usual(const struct bm_alert_url *url);

/* Digits with an optional + before them, 3 to 15 of them; spaces and hyphens between them are left out.  False otherwise. */
enum { BM_ALERT_PHONE_TEXT = 20 };
bool bm_alert_phone(const char *text, char ret_number[BM_ALERT_PHONE_TEXT]);
/* name@host, printable, without quotes, brackets or line ends. */
bool bm_alert_mail(const char *text);

/* Who is told by a channel stands in `recipients` as one sealed text under a key of its own,
 *
 *   sealed:<how many>:<key id>:<nonce, ciphertext and tag in hex>
 *
 * for they are people's numbers and addresses; how many there are is all that core and outbox need.  Records from before stand
 * in clear, separated by spaces, and go on working until the channel is set again. */
struct bm_alert_sealed {
    uint32_t count;
    uint64_t key_id;
    const char *hex; /* within the text */
};
/* False for a text in clear, or none. */
bool bm_alert_sealed_read(const char *recipients, struct bm_alert_sealed *ret_sealed);
/* How many there are, in either form. */
uint32_t bm_alert_people_count(const char *recipients);
/* Recipients in clear: each a mail address or number where the channel's kind wants one. */
BM_MUST_USE enum bm_code bm_alert_people_check(enum bm_alert_kind kind, const char *recipients, struct bm_fault *fault);

/* How long a delivery is tried, when the channel does not say. */
int64_t bm_alert_keep_trying_ms(const struct bm_alert_channel *channel);
#define BM_ALERT_KEEP_MOST_MS (INT64_C(7) * 24 * 60 * 60 * 1000)

/* Copies BM_ALERT_TERMS_ROWS from one struct that has them to another. */
#define BM_ALERT_COPY(kind, ...) BM_ALERT_COPY_##kind(__VA_ARGS__)
#define BM_ALERT_COPY_TEXT(member, bytes) memcpy(to->member, from->member, sizeof to->member);
#define BM_ALERT_COPY_WORD(member, list) to->member = from->member;
#define BM_ALERT_COPY_ID(type, member, json) to->member = from->member;
#define BM_ALERT_COPY_FLAG(member) to->member = from->member;
#define BM_ALERT_COPY_SPAN(member) to->member = from->member;

#endif
