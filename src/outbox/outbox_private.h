/* Inside of the outbox; only files of src/outbox and its tests include this. */
#ifndef BM_OUTBOX_PRIVATE_H
#define BM_OUTBOX_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sqlite3.h>
#include <sys/socket.h>

#include "base/quarantine.h"
#include "outbox/outbox.h"

/* A channel as of the cursor, and what only the outbox knows of it. */
struct bm_out_channel {
    struct bm_alert_channel row;
    char allowed_for[BM_URL_TEXT]; /* the address whose handshake went well */
    uint32_t a_minute;             /* what it allows; 0: as much as comes */
    int64_t not_before_ms;         /* after failures, and between deliveries when it allows only so many */
    unsigned failures;             /* in a row */
    unsigned flights;
    uint64_t open_count;           /* unfinished deliveries, as the table has them */
};

/* The longest wait between two tries that we choose ourselves; a receiver may ask for a day. */
#define BM_OUT_WAIT_MOST_MS INT64_C(3600000)

struct bm_flight;

struct bm_outbox {
    struct bm_outbox_config config;
    char *dir, *origin;
    uint64_t ledger;
    sqlite3 *db;                 /* the thread's own */
    pthread_mutex_t list_lock;
    sqlite3 *list_db;            /* for bm_outbox_list */
    struct bm_reader *reader;
    uint64_t cursor;
    uint64_t held_until;         /* this folder is a copy: what an event up to here would send is held (copy.c); 0: none */
    struct bm_out_channel *channels;
    size_t channel_count;
    struct bm_quarantine *quarantine; /* of events that are being met */
    struct {
        uint64_t seq; /* the event that could not be met at the last try; 0: none */
        unsigned tries;
    } bad;
    unsigned stop_faults;        /* in a row */
    struct bm_outbox_stop stop;  /* under list_lock; `stopped` says whether it holds */
    uint64_t suspects;           /* deliveries that were in the air when the process died */
    bool holds_back;             /* a suspect is in the air, or waits until nothing is */
    bool recount;                /* set_aside and suspects may have changed */
    bool stale;                  /* channels may be ahead of the table: a transaction was taken back (bm_out_reload) */
    void *multi;                 /* CURLM */
    struct bm_flight *flights[BM_OUTBOX_FLIGHTS_MAX];
    size_t flight_count;
    int64_t swept_at_ms;
    int64_t ahead_ms;            /* of the wall clock before the monotonic one, in the last step */
    bool clock_seen;
    pthread_t thread;
    bool started, has_thread;
    atomic_bool stopped, woken;
    atomic_uint_least64_t cursor_seen, made, delivered, failures, gave_up, handshakes, refused_addresses, faults, in_flight, waiting, set_aside;
    atomic_bool stop_said;
};

int64_t bm_out_now_ms(void);
struct bm_out_channel *bm_out_channel(struct bm_outbox *outbox, uint64_t id);

/* --- store.c: DIR/outbox.db ---------------------------------------------------------------------- */
/* What is said of a delivery that is held in a copy. */
extern const char bm_out_held[];
/* What SQLite's last error on `db` stands for. */
enum bm_code bm_out_fault(sqlite3 *db, const char *doing, struct bm_fault *fault);
/* Statements without rows. */
BM_MUST_USE enum bm_code bm_out_run(sqlite3 *db, const char *sql, const char *doing, struct bm_fault *fault);
/* BM_BAD_FORMAT: not an outbox of this build. */
BM_MUST_USE enum bm_code bm_out_check_format(sqlite3 *db, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_out_store_open(struct bm_outbox *outbox, struct bm_fault *fault);
void bm_out_store_close(struct bm_outbox *outbox);
BM_MUST_USE enum bm_code bm_out_begin(struct bm_outbox *outbox, struct bm_fault *fault);
/* Commits when `code` is BM_OK, else takes all back; what it came to. */
enum bm_code bm_out_end(struct bm_outbox *outbox, enum bm_code code, struct bm_fault *fault);
/* What a single event makes, within that transaction: kept, or taken back alone. */
BM_MUST_USE enum bm_code bm_out_begin_event(struct bm_outbox *outbox, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_out_end_event(struct bm_outbox *outbox, struct bm_fault *fault);
/* False when SQLite has taken back the whole transaction already. */
bool bm_out_undo_event(struct bm_outbox *outbox);
/* Reads channels and their counts anew, as the table has them: after something was taken back.  What is known of receivers
 * only here (failures, pauses, flights) stays.  On a fault they stay `stale`. */
BM_MUST_USE enum bm_code bm_out_reload(struct bm_outbox *outbox, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_out_put_cursor(struct bm_outbox *outbox, uint64_t cursor, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_out_put_channel(struct bm_outbox *outbox, const struct bm_out_channel *channel, struct bm_fault *fault);
/* A new delivery; its id is given here, 0 when it was there: the same event to the same receiver is made once. */
BM_MUST_USE enum bm_code bm_out_put_new(struct bm_outbox *outbox, struct bm_delivery *delivery, struct bm_fault *fault);
/* An event that cannot be met: a delivery without a channel, made or said anew. */
BM_MUST_USE enum bm_code bm_out_put_aside(struct bm_outbox *outbox, uint64_t seq, const char *event, const char *why, struct bm_fault *fault);
/* It was met after all. */
BM_MUST_USE enum bm_code bm_out_drop(struct bm_outbox *outbox, uint64_t id, struct bm_fault *fault);
/* What changes in a delivery from try to try. */
BM_MUST_USE enum bm_code bm_out_put(struct bm_outbox *outbox, const struct bm_delivery *delivery, struct bm_fault *fault);
/* All unfinished deliveries of a channel are switched off. */
BM_MUST_USE enum bm_code bm_out_switch_off(struct bm_outbox *outbox, uint64_t channel, const char *why, int64_t now_ms,
                                           struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_out_get(struct bm_outbox *outbox, uint64_t id, struct bm_delivery *ret_delivery, struct bm_fault *fault);
/* The first of a channel that is due and not among those in flight; BM_NOT_FOUND. */
BM_MUST_USE enum bm_code bm_out_due(struct bm_outbox *outbox, uint64_t channel, int64_t now_ms, struct bm_delivery *ret_delivery,
                                    struct bm_fault *fault);
/* The first of them that is a suspect. */
BM_MUST_USE enum bm_code bm_out_due_suspect(struct bm_outbox *outbox, uint64_t channel, int64_t now_ms, struct bm_delivery *ret_delivery,
                                            struct bm_fault *fault);
/* Counts what is set aside, and suspects. */
void bm_out_recount(struct bm_outbox *outbox);
/* The process ends in order: what is in the air is nobody's fault. */
void bm_out_all_landed(struct bm_outbox *outbox);
/* Whether a fault may pass by itself. */
bool bm_out_may_pass(enum bm_code code);
/* When the next of a channel is due; INT64_MAX: none. */
int64_t bm_out_next_due(struct bm_outbox *outbox, uint64_t channel);
/* The wall clock went back by so much: what waits for an instant waits for as long as it would have. */
BM_MUST_USE enum bm_code bm_out_clock_went_back(struct bm_outbox *outbox, int64_t ms, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_out_sweep(struct bm_outbox *outbox, int64_t before_ms, struct bm_fault *fault);

/* Deliveries of a channel that are in the air, for `due` and `next_due`; 0: none (send.c). */
struct bm_out_flying {
    uint64_t ids[BM_OUTBOX_FLIGHTS_EACH];
};
struct bm_out_flying bm_out_flying(const struct bm_outbox *outbox, uint64_t channel);

/* --- follow.c: rows of the record to deliveries ---------------------------------------------------- */
/* Takes the next rows; *ret_more when there are more. */
BM_MUST_USE enum bm_code bm_out_follow(struct bm_outbox *outbox, bool *ret_more, struct bm_fault *fault);

/* --- send.c: what is under way --------------------------------------------------------------------- */
void bm_out_start_due(struct bm_outbox *outbox, int64_t now_ms);
void bm_out_perform(struct bm_outbox *outbox);
void bm_out_cut_flights(struct bm_outbox *outbox);

/* --- guard.c: whom the desk may speak to ------------------------------------------------------------ */
/* Whether the address is one of the open internet: not this machine, not its networks, not a cloud's metadata. */
bool bm_out_address_is_public(const struct sockaddr *address);
void bm_out_address_text(const struct sockaddr *address, char ret_text[64]);

/* --- wire.c: what goes over the wire ------------------------------------------------------------------ */
enum bm_out_escape { BM_ESCAPE_NONE, BM_ESCAPE_URL, BM_ESCAPE_JSON, BM_ESCAPE_XML };
struct bm_out_words {
    const char *number, *text, *secret, *id; /* NULL: stays as it is written */
};
/* Fills {number}, {text}, {secret} and {id} in. */
void bm_out_fill(const char *pattern, const struct bm_out_words *words, enum bm_out_escape escape, struct bm_buf *out);
enum bm_out_escape bm_out_escape_of(const char *content_type);
/* "t=1764432000,v1=<hex of HMAC-SHA256(secret, t.body)>" */
enum { BM_SIGNATURE_TEXT = 96 };
void bm_out_sign(const char *secret, int64_t now_ms, const void *body, size_t len, char ret_text[BM_SIGNATURE_TEXT]);
/* A mail: headers, and the text as base64. */
void bm_out_mail(const char *from, const char *to, const char *subject, const char *message_id, int64_t now_ms,
                 const char *text, size_t len, struct bm_buf *out);
/* The value at "messages.0.id" of a JSON answer, as text; false when there is none, or it is too long. */
bool bm_out_member(const void *bytes, size_t len, const char *path, char *ret_text, size_t cap);
/* The wait after `tries` failures: 1 s, doubled each time up to an hour, a fifth more or less by `dice`. */
int64_t bm_out_wait_ms(uint32_t tries, uint32_t dice);

#endif
