/* The management port: /healthz, /readyz and /metrics alone, on a thread and a loop of its own with its own few connections, so that
 * whoever looks after the desk is answered while the data port drowns - all its places taken, its loop late, the desk's queue full, the
 * workers busy - and while the record is still being read.  Everybody on this machine may ask; there is nothing personal in it. */
#ifndef BM_API_ADMIN_H
#define BM_API_ADMIN_H

#include "api/vitals.h"

enum { BM_ADMIN_CONNECTIONS_MAX = 32, BM_ADMIN_FILES = 64 /* descriptors that it may need */ };

struct bm_admin;

/* Listens and starts its thread.  The vitals stay the caller's and must live longer. */
BM_MUST_USE enum bm_code bm_admin_start(struct bm_vitals *vitals, const char *host, uint16_t port, uint16_t *ret_port,
                                        struct bm_admin **ret_admin, struct bm_fault *fault);
void bm_admin_stop(struct bm_admin *admin); /* NULL is fine */

#endif
