/* A webhook's address comes from outside, and a name may lead anywhere - also to another place at each look-up.  So not the
 * name is judged but the address that is about to be connected to (send.c, at the socket). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "outbox/outbox_private.h"

/* Not of the open internet.  Source: IANA, IPv4 Special-Purpose Address Registry (RFC 6890 and later). */
static const struct {
    uint32_t net;
    uint8_t bits;
} closed_v4[] = {
    {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16}, /* metadata: 169.254.169.254 */
    {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
    {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4}};

static bool is_public_v4(uint32_t address) {
    for (size_t i = 0; i < sizeof closed_v4 / sizeof closed_v4[0]; i++) {
        uint32_t mask = (uint32_t)(UINT64_C(0xffffffff) << (32 - closed_v4[i].bits));
        if ((address & mask) == closed_v4[i].net) return false;
    }
    return true;
}

static uint32_t v4_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_public_v6(const uint8_t b[16]) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0) return is_public_v4(v4_at(b + 12));
    if ((b[0] & 0xe0) != 0x20) return false; /* only 2000::/3 is given out */
    if (b[0] == 0x20 && b[1] == 0x02) return is_public_v4(v4_at(b + 2)); /* 6to4 */
    /* 2001::/23 (Teredo and others for protocols), 2001:db8::/32, and 3fff::/20 (documentation). */
    if (b[0] == 0x20 && b[1] == 0x01 && (b[2] < 2 || (b[2] == 0x0d && b[3] == 0xb8))) return false;
    return !(b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10);
}

bool bm_out_address_is_public(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return is_public_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return is_public_v6(v6.sin6_addr.s6_addr);
    }
    return false; /* sockets of this machine, or what nobody knows yet */
}

void bm_out_address_text(const struct sockaddr *address, char ret_text[64]) {
    char text[INET6_ADDRSTRLEN] = "an address of a kind that is not used";
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
    snprintf(ret_text, 64, "%s", text);
}
