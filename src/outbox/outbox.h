/* The outbox: what happened is told to others - partners' webhooks, mail, SMS gateways, printers in stations - and what
 * became of each telling is kept.  Never on a command's way.
 *
 *   committed frames --wake--> outbox thread: rows behind its own cursor --match channels--> deliveries
 *                              deliveries that are due --compose (api)--> libcurl --> delivered | tried again | given up
 *
 * The journal is its only input: channels, pauses and "send it again" are events, so nothing that was committed is ever
 * forgotten, however the process ended.  DIR/outbox.db (SQLite, WAL) holds cursor, channels as of the cursor and
 * deliveries; one transaction makes deliveries and moves the cursor.  It holds nothing that is sealed: what is to be said is
 * made anew for each try.  A receiver may be told twice (a crash between its answer and our note), under the same id.
 *
 *            .-- paused: waits --.
 *   queued --+--> sending --> delivered
 *     ^      |       |--> failed (again at next_at_ms) --> ... --> gave_up (after until_ms)
 *     |resend|       |--> switched_off (410, or the channel was)
 *     |      |       '--> set_aside (its message cannot be made; or it stopped the desk twice)
 *     '------+--> not_sent_training (silent)
 *
 * Poison: an event that cannot be met (damaged, or it stopped the desk) is tried twice and then set aside as a delivery without a
 * channel, so that the rest flows; a person has it tried again.  What was in the air when the process died without a word is a suspect:
 * it goes alone, so that nobody else is blamed for it, and dies alone, or is innocent. */
#ifndef BM_OUTBOX_OUTBOX_H
#define BM_OUTBOX_OUTBOX_H

#include "base/buf.h"
#include "core/alert.h"
#include "journal/journal.h"

enum {
    BM_SECRET_MAX = 256,           /* bytes of a channel's secret, and a NUL */
    BM_OUTBOX_FLIGHTS_MAX = 32,    /* sent at once */
    BM_OUTBOX_FLIGHTS_EACH = 2,    /* of one channel */
    BM_OUTBOX_ANSWER_MAX = 65536,  /* bytes of an answer; past it the connection is closed */
    BM_OUTBOX_ROWS_A_STEP = 500,   /* rows of the record read in one transaction */
    BM_OUTBOX_OPEN_MAX = 100000,   /* unfinished deliveries of one channel; further ones are given up at once, and say so */
    BM_OUTBOX_PEOPLE_MAX = 32,     /* recipients of one channel */
    BM_OUTBOX_POISON_TRIES = 2,    /* of an event or a message that is damaged, and deaths; then it is set aside */
    BM_OUTBOX_PASSING_TRIES = 10,  /* of an event, a second apart, where the fault may pass (a disk that does not answer) */
    BM_OUTBOX_STOP_FAULTS = 3,     /* faults in a row after which the outbox counts as stopped */
    BM_OUTBOX_KEEP_DAYS = 90       /* finished deliveries are forgotten after that */
};

#define BM_DELIVERY_STATES(W)                                                                      \
    W(BM_DELIVERY_QUEUED, "queued") W(BM_DELIVERY_SENDING, "sending")                              \
    W(BM_DELIVERY_DELIVERED, "delivered") W(BM_DELIVERY_FAILED, "failed")                          \
    W(BM_DELIVERY_GAVE_UP, "gave_up") W(BM_DELIVERY_SWITCHED_OFF, "switched_off")                  \
    W(BM_DELIVERY_TRAINING, "not_sent_training") W(BM_DELIVERY_SET_ASIDE, "set_aside")
BM_DECLARE_WORDS(delivery_state, BM_DELIVERY_STATES)

/* One telling of one event to one receiver.  `event_seq`, and the channel's ledger, are the id that the receiver sees.
 * `contact`: the citizen whom a notice is for; `recipient`: which of the channel's recipients, from 0.  `last_answer` is
 * what went wrong or what was answered, for people; never the body of an answer.  `crashes`: how often the desk died while it was being
 * sent.  Without a channel it is an event that was set aside: nobody knows yet who is to be told of it. */
#define BM_DELIVERY_ROWS(R)                                                                        \
    R(ID, delivery, id, "id") R(ID, alert_channel, channel, "channel")                             \
    R(TEXT, channel_name, BM_NAME_TEXT) R(WORD, channel_kind, bm_alert_kind_words)                 \
    R(ID, seq, event_seq, "event_seq") R(TEXT, event, BM_NAMED_TEXT) R(ID, case, on_case, "case")  \
    R(ID, contact, contact, "contact") R(COUNT, recipient)                                         \
    R(WORD, state, bm_delivery_state_words) R(COUNT, tries) R(AT, made_at_ms) R(AT, next_at_ms)    \
    R(AT, until_ms) R(AT, last_at_ms) R(COUNT, last_status) R(TEXT, last_answer, BM_SHORT_LIST_TEXT) \
    R(AT, done_at_ms) R(TEXT, remote_id, BM_NAMED_TEXT) R(ID, operator, resent_by, "resent_by") \
    R(COUNT, crashes)
struct bm_delivery {
    BM_DELIVERY_ROWS(BM_MEMBER)
    bool flying; /* only written: it is in the air from now on */
};
extern const struct bm_shape bm_delivery_shape;

/* What is said in one try; made by the api, which alone may open what is sealed, and wiped afterwards. */
struct bm_alert_message {
    char recipient[BM_LIST_TEXT]; /* mail address or number */
    char subject[256];    /* of mail */
    struct bm_buf body;   /* the CloudEvent, the slip, or the text */
    char secret[BM_SECRET_MAX]; /* "" when there is none */
};

/* One contact who is to be told. */
typedef bool bm_citizen_fn(void *context, uint64_t contact);

struct bm_outbox_calls {
    /* Fills a cleared message.  BM_NOT_FOUND: there is nothing to say any more (erased, no such number): given up with
     * the fault's words.  Others: tried again. */
    enum bm_code (*compose)(void *context, struct bm_reader *reader, const struct bm_alert_channel *channel,
                            const struct bm_delivery *delivery, struct bm_alert_message *message, struct bm_fault *fault);
    /* Names each contact of a case that a notice to those roles reaches by mail or sms, however many they are; false from
     * `each` ends it.  BM_OK: those were all.  Anything else: it could not be read now, and the whole event is met again. */
    enum bm_code (*citizens)(void *context, struct bm_reader *reader, enum bm_alert_kind kind, uint64_t case_id, const char *roles,
                             bm_citizen_fn *each, void *each_context, struct bm_fault *fault);
    /* A receiver says that it is gone for good: have the desk switch the channel off. */
    void (*gone)(void *context, uint64_t channel);
    void *context;
};

struct bm_outbox_config {
    const char *dir;     /* data folder */
    const char *origin;  /* who we are to webhooks: a host name */
    bool silent;         /* training: everything is recorded, nothing is sent */
    struct bm_outbox_calls calls; /* on the outbox's thread */
};

struct bm_outbox;
/* Opens DIR/outbox.db, made when missing: then it begins at the record's present end.  BM_CORRUPT, BM_IO, BM_BAD_FORMAT: the
 * desk goes on without, and says so. */
BM_MUST_USE enum bm_code bm_outbox_open(const struct bm_outbox_config *config, uint64_t ledger, struct bm_outbox **ret_outbox,
                                        struct bm_fault *fault);
/* Starts its thread. */
void bm_outbox_start(struct bm_outbox *outbox);
/* The same without a thread: somebody steps it (the simulator).  A step takes what is new and due; returns for how many ms
 * there is nothing to do then, unless something is committed or answered. */
void bm_outbox_start_stepped(struct bm_outbox *outbox);
int bm_outbox_step(struct bm_outbox *outbox);
/* Ends the thread; what is under way is cut off and tried again at the next start.  NULL is fine. */
void bm_outbox_stop(struct bm_outbox *outbox);
void bm_outbox_close(struct bm_outbox *outbox); /* NULL is fine */
/* Something was committed.  Any thread; costs one write to a pipe. */
void bm_outbox_wake(struct bm_outbox *outbox);

struct bm_outbox_query {
    uint64_t on_case, channel, id; /* 0: any */
    bool stuck;                    /* failed, given up, switched off, set aside */
    int state;                     /* enum bm_delivery_state, -1: any */
    uint64_t before;               /* ids below; 0: from the newest */
    uint32_t limit;
};
/* Newest first; false from `each` ends it.  Any thread; waits for no sending. */
BM_MUST_USE enum bm_code bm_outbox_list(struct bm_outbox *outbox, const struct bm_outbox_query *query,
                                        bool (*each)(void *context, const struct bm_delivery *delivery), void *context,
                                        struct bm_fault *fault);

struct bm_outbox_counts {
    uint64_t cursor, made, delivered, failures, gave_up, handshakes, refused_addresses, faults, in_flight, waiting;
    uint64_t set_aside; /* now */
    bool stopped;
};
/* Since the start; any thread. */
struct bm_outbox_counts bm_outbox_counts(struct bm_outbox *outbox);

/* Where and why it cannot go on: a disk that is full, a record that is damaged there. */
struct bm_outbox_stop {
    uint64_t seq;     /* the event that it cannot go past */
    int64_t since_ms;
    char why[BM_FAULT_DETAIL_MAX];
};
/* False: it goes on.  Any thread. */
bool bm_outbox_stopped(struct bm_outbox *outbox, struct bm_outbox_stop *ret_stop);

/* For copies of a data folder.  Copies outbox.db of `from`, where a desk may be running, before the record is copied, so that it
 * is not ahead of it; *ret_there: false when there is none. */
BM_MUST_USE enum bm_code bm_outbox_copy(const char *from, const char *to, bool *ret_there, struct bm_fault *fault);
/* In the copy, whose record ends at `head`: what waits, and what events up to there would still send, is given up and says why, for
 * the desk that it was copied from may have sent it since.  Anybody may have it sent again. */
BM_MUST_USE enum bm_code bm_outbox_hold(const char *dir, uint64_t head, uint64_t *ret_held, struct bm_fault *fault);

#endif
