#include "base/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#include "base/check.h"

enum { QUIET = 4, ECI_UTF_8 = 26 };

static bool is_ascii(const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] >= 0x80) return false;
    }
    return true;
}

/* NULL with errno.  Without the header that says UTF-8, readers guess, and take Chinese for Shift
 * JIS; a link needs none, and simple readers know no such header. */
static QRcode *encode(const uint8_t *payload, size_t len) {
    QRinput *input = QRinput_new2(0, QR_ECLEVEL_M);
    if (!input) return NULL;
    QRcode *qr = NULL;
    if ((is_ascii(payload, len) || QRinput_appendECIheader(input, ECI_UTF_8) == 0) &&
        QRinput_append(input, QR_MODE_8, (int)len, payload) == 0)
        qr = QRcode_encodeInput(input);
    int error = errno;
    QRinput_free(input);
    errno = error;
    return qr;
}

/* Runs of dark modules, row by row, as one path. */
static void write_modules(struct bm_buf *svg, const QRcode *qr) {
    for (int y = 0; y < qr->width; y++) {
        const unsigned char *row = qr->data + (size_t)y * (size_t)qr->width;
        for (int x = 0; x < qr->width; x++) {
            int end = x;
            while (end < qr->width && (row[end] & 1)) end++;
            if (end > x) {
                bm_buf_printf(svg, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, end - x, end - x);
                x = end;
            }
        }
    }
}

enum bm_code bm_qr_svg(const void *payload, size_t len, struct bm_buf *ret_svg,
                       struct bm_fault *fault) {
    if (len == 0)
        return bm_fault_set(fault, BM_MISSING_FIELD, "payload",
                            "A QR code needs something to say.");
    if (len > BM_QR_BYTES_MAX)
        return bm_fault_set(fault, BM_TOO_LONG, "payload",
                            "A QR code holds %d bytes; these are %zu.", BM_QR_BYTES_MAX, len);
    QRcode *qr = encode(payload, len);
    if (!qr)
        return bm_fault_set(fault, BM_INTERNAL, NULL, "The QR code was not made: %s.",
                            strerror(errno));
    struct bm_buf svg = bm_buf_make(BM_QR_SVG_BYTES_MAX);
    int side = qr->width + 2 * QUIET;
    bm_buf_printf(&svg,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
                  "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dh-%dz\"/>"
                  "<path fill=\"#000\" d=\"",
                  side, side, side, side, side);
    write_modules(&svg, qr);
    bm_buf_text(&svg, "\"/></svg>");
    QRcode_free(qr);
    BM_CHECK(!svg.overflow);
    bm_buf_add(ret_svg, svg.bytes, svg.len);
    bm_buf_free(&svg);
    if (ret_svg->overflow)
        return bm_fault_set(fault, BM_TOO_LARGE, NULL, "The QR code does not fit its buffer.");
    return BM_OK;
}
