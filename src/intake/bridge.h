/* The telephone bridge: a UDP socket that an exchange signals calls to, and the desk that is told of them. */
#ifndef BM_INTAKE_BRIDGE_H
#define BM_INTAKE_BRIDGE_H

#include <signal.h>

#include "base/code.h"
#include "intake/calls.h"

enum { BM_BRIDGE_PEERS_MAX = 16 };

struct bm_bridge_options {
    const char *host; /* where it listens: "127.0.0.1", "::1" */
    unsigned port;    /* 0: any free one */
    const char *peers[BM_BRIDGE_PEERS_MAX]; /* addresses of exchanges; packets from elsewhere are dropped */
    size_t peer_count;                      /* 0: from anywhere */
    const char *desk, *account, *password;
    const char *contact_host; /* our address as the exchange reaches it; NULL: `host` */
    struct bm_calls_options calls; /* `contact` is filled in */
};

/* Runs until *stopping is not 0, and then tells the desk for ten seconds what it was not told yet.  `told` gets one line
 * when it listens: "listens for SIP on udp 127.0.0.1:5060". */
BM_MUST_USE enum bm_code bm_bridge_run(const struct bm_bridge_options *options, volatile sig_atomic_t *stopping,
                                       void (*told)(const char *line), struct bm_fault *fault);

#endif
