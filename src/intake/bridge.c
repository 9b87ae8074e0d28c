#include "intake/bridge.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/log.h"
#include "base/seal.h"
#include "intake/teller.h"

enum {
    FIGURES_EVERY_MS = 60000,
    PACKETS_A_TURN = 256, /* then timers and claims have their turn: a flood delays them by milliseconds */
    TELL_AT_END_MS = 10000,
    RECEIVE_BYTES = 4 * 1024 * 1024 /* of the kernel's buffer: bursts wait there */
};

struct bridge {
    const struct bm_bridge_options *options;
    int socket, wake;
    struct bm_calls *calls;
    struct bm_reports *reports;
    struct bm_teller *teller;
    uint64_t strangers, unsent, figures_told;
    int64_t figures_at_ms;
};

static int64_t clock_ms(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- what the calls need ---------------------------------------------------------------------- */

static void send_to(void *context, const struct bm_peer *peer, unsigned port, const void *bytes, size_t len) {
    struct bridge *bridge = context;
    struct sockaddr_storage to;
    _Static_assert(sizeof(struct sockaddr_in6) <= BM_PEER_BYTES, "an address fits");
    memcpy(&to, peer->address, peer->address_len);
    if (port && to.ss_family == AF_INET) ((struct sockaddr_in *)&to)->sin_port = htons((uint16_t)port);
    if (port && to.ss_family == AF_INET6) ((struct sockaddr_in6 *)&to)->sin6_port = htons((uint16_t)port);
    /* A datagram that the kernel does not take is as one that is lost: it is sent again. */
    if (sendto(bridge->socket, bytes, len, MSG_DONTWAIT, (struct sockaddr *)&to, peer->address_len) < 0) bridge->unsent++;
}

static bool has_room(void *context) {
    struct bridge *bridge = context;
    return bm_reports_has_room(bridge->reports, bm_calls_live(bridge->calls));
}

static void report(void *context, const struct bm_report *report) {
    struct bridge *bridge = context;
    bm_reports_put(bridge->reports, report, bm_calls_live(bridge->calls));
    bm_teller_wake(bridge->teller);
}

static void draw(void *context, void *ret_bytes, size_t len) {
    (void)context;
    bm_entropy(ret_bytes, len);
}

static void claimed(void *context) {
    struct bridge *bridge = context;
    uint64_t one = 1;
    if (write(bridge->wake, &one, sizeof one) < 0) BM_CHECK(errno == EAGAIN); /* it is awake already */
}

/* --- the socket ------------------------------------------------------------------------------- */

static enum bm_code open_socket(struct bridge *bridge, char ret_host[64], unsigned *ret_port, struct bm_fault *fault) {
    const struct bm_bridge_options *options = bridge->options;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST},
                    *found = NULL;
    char service[8], port[8];
    snprintf(service, sizeof service, "%u", options->port);
    if (getaddrinfo(options->host, service, &hints, &found) != 0)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "listen", "%s is no address; name one of this machine: 127.0.0.1:5060.",
                            options->host);
    bridge->socket = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool bound = bridge->socket >= 0 && bind(bridge->socket, found->ai_addr, found->ai_addrlen) == 0;
    int error = errno, bytes = RECEIVE_BYTES;
    freeaddrinfo(found);
    if (!bound)
        return bm_fault_set(fault, error == EADDRINUSE ? BM_BUSY : BM_IO, "listen", "%s:%u cannot be listened on: %s.",
                            options->host, options->port, strerror(error));
    if (setsockopt(bridge->socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0)
        bm_log(BM_LOG_WARNING, "receive_buffer", "reason=\"%s\"", strerror(errno));
    struct sockaddr_storage own;
    socklen_t own_len = sizeof own;
    if (getsockname(bridge->socket, (struct sockaddr *)&own, &own_len) != 0 ||
        getnameinfo((struct sockaddr *)&own, own_len, ret_host, 64, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return bm_fault_set(fault, BM_IO, "listen", "the socket's own address is not known: %s.", strerror(errno));
    if (sscanf(port, "%u", ret_port) != 1) return bm_fault_set(fault, BM_IO, "listen", "the socket has no port.");
    return BM_OK;
}

static bool is_exchange(const struct bridge *bridge, const char *host) {
    for (size_t i = 0; i < bridge->options->peer_count; i++) {
        if (strcmp(bridge->options->peers[i], host) == 0) return true;
    }
    return bridge->options->peer_count == 0;
}

static void receive(struct bridge *bridge) {
    char bytes[BM_SIP_BYTES_MAX + 1]; /* one more than is read: a longer one is told by it */
    for (int i = 0; i < PACKETS_A_TURN; i++) {
        struct sockaddr_storage from;
        socklen_t from_len = sizeof from;
        struct bm_peer peer = {0};
        char port[8];
        ssize_t len = recvfrom(bridge->socket, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
        if (len < 0) return; /* none is left; an error of the network is one of a datagram */
        if (from_len > sizeof peer.address ||
            getnameinfo((struct sockaddr *)&from, from_len, peer.host, sizeof peer.host, port, sizeof port,
                        NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
            !is_exchange(bridge, peer.host) || sscanf(port, "%u", &peer.port) != 1) {
            bridge->strangers++;
            continue;
        }
        memcpy(peer.address, &from, from_len);
        peer.address_len = from_len;
        bm_calls_packet(bridge->calls, bytes, (size_t)len, &peer, clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_REALTIME));
    }
}

static void take_claims(struct bridge *bridge) {
    uint64_t count;
    struct bm_claim claim;
    if (read(bridge->wake, &count, sizeof count) < 0) return; /* nobody woke us */
    while (bm_claims_take(bridge->reports, &claim)) /* bounded by the queue */
        bm_calls_claimed(bridge->calls, claim.call, claim.position, clock_ms(CLOCK_MONOTONIC));
}

/* --- figures ---------------------------------------------------------------------------------- */

static void tell_figures(struct bridge *bridge, int64_t now_ms, bool last) {
    struct bm_calls_figures all = bm_calls_figures(bridge->calls);
    uint64_t heard = all.packets + bridge->strangers;
    if (!last && (now_ms < bridge->figures_at_ms || heard == bridge->figures_told)) return;
    bridge->figures_at_ms = now_ms + FIGURES_EVERY_MS;
    bridge->figures_told = heard;
    bm_log(BM_LOG_INFO, "telephone",
           "packets=%" PRIu64 " calls=%" PRIu64 " answered=%" PRIu64 " abandoned=%" PRIu64 " ended=%" PRIu64
           " transferred=%" PRIu64 " malformed=%" PRIu64 " noise=%" PRIu64 " strangers=%" PRIu64 " shed=%" PRIu64
           " unanswered=%" PRIu64 " unsent=%" PRIu64 " live=%zu untold=%zu left_out=%" PRIu64,
           all.packets, all.calls, all.answered, all.abandoned, all.ended, all.transferred, all.bad, all.noise,
           bridge->strangers, all.shed, all.unanswered, bridge->unsent, bm_calls_live(bridge->calls),
           bm_reports_waiting(bridge->reports), bm_reports_left_out(bridge->reports));
}

/* --- running ---------------------------------------------------------------------------------- */

static void serve(struct bridge *bridge, volatile sig_atomic_t *stopping) {
    struct pollfd watched[] = {{.fd = bridge->socket, .events = POLLIN}, {.fd = bridge->wake, .events = POLLIN}};
    while (!*stopping) {
        int64_t now_ms = clock_ms(CLOCK_MONOTONIC);
        int64_t next_ms = bm_calls_tick(bridge->calls, now_ms, clock_ms(CLOCK_REALTIME));
        tell_figures(bridge, now_ms, false);
        int64_t wait_ms = next_ms - now_ms < 1000 ? next_ms - now_ms : 1000;
        if (poll(watched, 2, wait_ms < 0 ? 0 : (int)wait_ms) < 0 && errno != EINTR) return;
        take_claims(bridge);
        receive(bridge);
    }
}

enum bm_code bm_bridge_run(const struct bm_bridge_options *options, volatile sig_atomic_t *stopping,
                           void (*told)(const char *line), struct bm_fault *fault) {
    struct bridge bridge = {.options = options, .socket = -1, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    struct bm_calls_options calls = options->calls;
    struct bm_calls_world world = {&bridge, send_to, has_room, report, draw};
    struct bm_teller_options telling = {options->desk, options->account, options->password, claimed, &bridge};
    char host[64], contact[160], line[120];
    unsigned port = 0;
    if (bridge.wake < 0) return bm_fault_set(fault, BM_IO, NULL, "no event descriptor: %s.", strerror(errno));
    enum bm_code code = open_socket(&bridge, host, &port, fault);
    if (!code) {
        const char *own = options->contact_host ? options->contact_host : host;
        snprintf(contact, sizeof contact, strchr(own, ':') ? "sip:bellman@[%s]:%u" : "sip:bellman@%s:%u", own, port);
        calls.contact = contact;
        bridge.calls = bm_calls_new(&calls, &world);
        bridge.reports = bm_reports_new();
        bridge.teller = bm_teller_new(&telling, bridge.reports);
        if (!bridge.teller) code = bm_fault_set(fault, BM_IO, NULL, "no further thread can be started.");
    }
    if (!code) {
        snprintf(line, sizeof line, "listens for SIP on udp %s:%u", host, port);
        told(line);
        serve(&bridge, stopping);
        tell_figures(&bridge, 0, true);
        size_t untold = bm_teller_free(bridge.teller, TELL_AT_END_MS);
        if (untold) bm_log(BM_LOG_ERROR, "reports_lost", "count=%zu", untold);
    }
    bm_calls_free(bridge.calls);
    bm_reports_free(bridge.reports);
    if (bridge.socket >= 0) close(bridge.socket);
    close(bridge.wake);
    return code;
}
