/* Inside of the api: what citizens see and do, without a log-in; for src/api/public*.c.
 *
 * Whoever holds a receipt's code is taken for whoever wrote: they see their own matter as the procedure shows it to a
 * reporter, never who works on it.  A code that is none and one that is nobody's are answered alike. */
#ifndef BM_API_PUBLIC_H
#define BM_API_PUBLIC_H

#include "api/matters.h"
#include "vault/receipt.h"

/* What stands behind a receipt.  `own` is the reporter's matter, `viewed` where it is worked: the same, or the one that it
 * was joined to. */
struct bm_behind {
    struct bm_contact contact;
    struct bm_viewed own, viewed;
    bool joined;
};
/* BM_NOT_FOUND in the same words for every code that leads nowhere. */
BM_MUST_USE enum bm_code bm_behind_read(struct bm_api *api, struct bm_reader *reader, const char *code, struct bm_behind *ret_behind,
                                        struct bm_fault *fault);
void bm_behind_free(struct bm_behind *behind);

/* Takes one from what anybody may ask for; false, and the call is answered, when there is none left for now. */
bool bm_public_may(struct bm_call *call, struct bm_bucket *bucket, int a_minute);
/* The signed receipt of a matter as it stands: {"code","document","qr"} members appended to `out`. */
BM_MUST_USE enum bm_code bm_receipt_write(struct bm_call *call, struct bm_reader *reader, const struct bm_behind *behind,
                                          struct bm_buf *out);
/* The story of a matter for its reporter: notices and moved dates, in order. */
BM_MUST_USE enum bm_code bm_public_story(struct bm_api *api, struct bm_reader *reader, const struct bm_behind *behind,
                                         json_t *ret_into, struct bm_fault *fault);

enum { BM_PUBLIC_ACTS_A_MINUTE = 60, BM_PUBLIC_LOOKS_A_MINUTE = 1200 };

#endif
