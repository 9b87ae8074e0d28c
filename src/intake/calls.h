/* Calls as a SIP exchange signals them to a user agent that never hears them (RFC 3261): which packets belong together, what
 * is answered, and what the desk is told.  No sockets and no clock: packets, time and what goes out are the caller's.
 *
 *   INVITE --180--> rings --claimed at the desk--> 200 --ACK--> answered --BYE--> over
 *                     |--CANCEL--> 487: abandoned; with "Reason: SIP;cause=200" (RFC 3326): answered elsewhere
 *                     '--half an hour--> 408: abandoned
 *   answered: a re-INVITE or UPDATE that names another position is a transfer
 *
 * Floods end here: calls at once, new calls a second and other answers a second have their maxima; past the first two an
 * INVITE gets 503 with Retry-After, past the third nothing is answered. */
#ifndef BM_INTAKE_CALLS_H
#define BM_INTAKE_CALLS_H

#include "intake/sip.h"

enum {
    BM_CALLS_MAX = 512,           /* at once, ringing or answered */
    BM_CALLS_ANSWERS_MAX = 200,   /* a second, to what belongs to no call */
    BM_CALLS_RETRY_S = 5,
    BM_CALLS_CODE_TEXT = 32,      /* position, trunk: what the desk takes */
    BM_CALLS_NUMBER_TEXT = 64
};

enum bm_report_kind { BM_REPORT_RINGING, BM_REPORT_ANSWERED, BM_REPORT_TRANSFERRED, BM_REPORT_ABANDONED, BM_REPORT_ENDED };

/* What the desk is told of a call; "" is what is not known. */
struct bm_report {
    enum bm_report_kind kind;
    int64_t at_ms; /* wall clock */
    char call[BM_SIP_ID_TEXT];
    char number[BM_CALLS_NUMBER_TEXT];
    char position[BM_CALLS_CODE_TEXT], trunk[BM_CALLS_CODE_TEXT], line[BM_CALLS_CODE_TEXT];
    char recording[BM_SIP_ID_TEXT];
};

enum { BM_PEER_BYTES = 32 };
/* Where a packet came from, as the caller keeps it. */
struct bm_peer {
    unsigned char address[BM_PEER_BYTES]; /* a socket address, opaque here */
    unsigned address_len;
    char host[48];
    unsigned port;
};

struct bm_calls_world {
    void *context;
    /* To the peer; with port 0: to its own port, else to that one. */
    void (*send)(void *context, const struct bm_peer *peer, unsigned port, const void *bytes, size_t len);
    /* False: there is no room, and the call must not be taken (asked for INVITEs only). */
    bool (*has_room)(void *context);
    void (*report)(void *context, const struct bm_report *report);
    void (*random)(void *context, void *ret_bytes, size_t len);
};
struct bm_calls_options {
    const char *contact;          /* our own address */
    const char *position_header;  /* names of headers; NULL or "": the user part of the Request-URI */
    const char *trunk_header, *recording_header, *line_header;
    unsigned calls_per_second;    /* new ones; twice as many at once */
};
struct bm_calls_figures {
    uint64_t packets, noise, bad, calls, answered, abandoned, ended, transferred, shed, unanswered;
};

struct bm_calls;
/* Keeps `options` and `world`, which must outlive it. */
struct bm_calls *bm_calls_new(const struct bm_calls_options *options, const struct bm_calls_world *world);
void bm_calls_free(struct bm_calls *calls);
/* `now_ms` never goes back; `wall_ms` is what reports say. */
void bm_calls_packet(struct bm_calls *calls, const void *bytes, size_t len, const struct bm_peer *peer, int64_t now_ms,
                     int64_t wall_ms);
/* Somebody at the desk has taken it, at that position ("": not said). Nothing happens to a call that does not ring. */
void bm_calls_claimed(struct bm_calls *calls, const char *call, const char *position, int64_t now_ms);
/* Sends again what was not confirmed, and ends what takes too long; when to come next, INT64_MAX: no need. */
int64_t bm_calls_tick(struct bm_calls *calls, int64_t now_ms, int64_t wall_ms);
size_t bm_calls_live(const struct bm_calls *calls); /* that ring or are spoken on */
struct bm_calls_figures bm_calls_figures(const struct bm_calls *calls);

#endif
