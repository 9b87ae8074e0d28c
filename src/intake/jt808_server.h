/* Terminals of JT/T 808 over TCP, on the loop's thread.  A connection belongs to the telephone number that logged on over it.
 *
 *   BM_JT808_LINKS_MAX          connections; past it a new one is closed
 *   BM_JT808_STRANGER_MS        a connection that has not logged on is closed
 *   BM_JT808_SILENT_MS          so is one that says nothing (terminals send a heartbeat every minute or so)
 *   BM_JT808_BROKEN_MAX         and one of which so many frames could not be read
 *   BM_JT808_OUT_MAX            answers that wait for the terminal to read them; past half of it nothing is read from it
 *
 * The protocol has no secret worth the name: who knows a number may speak for it.  Keep the port within the operator's
 * private network (docs/add-a-driver.md). */
#ifndef BM_INTAKE_JT808_SERVER_H
#define BM_INTAKE_JT808_SERVER_H

#include "intake/jt808.h"
#include "io/io.h"

enum {
    BM_JT808_LINKS_MAX = 12288,
    BM_JT808_STRANGER_MS = 60000,
    BM_JT808_SILENT_MS = 1800000,
    BM_JT808_BROKEN_MAX = 100,
    BM_JT808_OUT_MAX = 16 * 1024
};

/* Where an answer goes that comes later. */
struct bm_jt808_ticket {
    uint64_t link;
    uint16_t serial, id;
};
enum bm_jt808_taken { BM_JT808_TAKEN, BM_JT808_REFUSED, BM_JT808_LATER };

struct bm_jt808_calls {
    /* The device in service with that number, 0: none.  `terminal` is what it calls itself ("": not said). */
    uint64_t (*known)(void *context, const char *phone, const char *terminal);
    /* The code that a terminal with that number logs on with. */
    void (*code)(void *context, const char *phone, char ret_code[BM_JT808_CODE_TEXT]);
    /* One report of the device.  BM_JT808_LATER: bm_jt808_answer will say.  A ticket of link 0 is of a report whose message is
     * answered later already. */
    enum bm_jt808_taken (*take)(void *context, uint64_t device, const struct bm_report *report, struct bm_jt808_ticket ticket);
    void *context;
};

struct bm_jt808_server;
struct bm_jt808_server *bm_jt808_server_new(struct bm_io *io, const struct bm_jt808_calls *calls);
BM_MUST_USE enum bm_code bm_jt808_listen(struct bm_jt808_server *server, const char *host, uint16_t port, uint16_t *ret_port,
                                         struct bm_fault *fault);
/* The answer to what was taken for later; nothing happens when its terminal has gone. */
void bm_jt808_answer(struct bm_jt808_server *server, struct bm_jt808_ticket ticket, bool fine);
struct bm_jt808_counts {
    uint64_t links, logged_on, messages, broken, refused;
};
struct bm_jt808_counts bm_jt808_counts(const struct bm_jt808_server *server);
/* Before the loop is freed: closes all. NULL is fine. */
void bm_jt808_server_free(struct bm_jt808_server *server);

#endif
