/* QR codes (ISO/IEC 18004) as SVG, for screens and paper; libqrencode does the work.  Pure. */
#ifndef BM_BASE_QR_H
#define BM_BASE_QR_H

#include <stddef.h>

#include "base/buf.h"
#include "base/code.h"

enum {
    BM_QR_BYTES_MAX = 2329, /* what the largest code, 177 x 177, holds at error correction M, less
                             * the two bytes that say "UTF-8" */
    BM_QR_SVG_BYTES_MAX = 384 *
                          1024 /* of the SVG of any payload: a maximum that fits every bm_buf */
};

/* Appends an <svg> element (no XML declaration: it fits into a page and into a file) with error
 * correction M and the quiet zone of four modules; one unit is one module, so the size on the page
 * is the style's to say. Black on white whatever the page's colours, since scanners want it so. The
 * payload is valid UTF-8 and says so to readers (ECI 26) when it is more than ASCII.
 * BM_MISSING_FIELD when it is empty, BM_TOO_LONG past BM_QR_BYTES_MAX, BM_TOO_LARGE when it does
 * not fit `ret_svg`, which then is as it was but for its overflow.  A link takes 0.2 ms, a full
 * code 6 ms. */
BM_MUST_USE enum bm_code bm_qr_svg(const void *payload, size_t len, struct bm_buf *ret_svg,
                                   struct bm_fault *fault);

#endif
