/* A journal row with any kind, version and body into an event, and, when it is one, back again: the
 * body that is written must be read as the same event.
 *
 * Input: the kind's word, a line end, the version in decimal digits, a line end, the body. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "journal/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { WORD_MAX = 40 };

/* Takes one line into `ret_text`; NULL when there is none, or it is too long. */
static const uint8_t *take_line(const uint8_t *at, const uint8_t *end, char ret_text[WORD_MAX]) {
    const uint8_t *line_end = memchr(at, '\n', (size_t)(end - at));
    if (!line_end || line_end - at >= WORD_MAX) return NULL;
    memcpy(ret_text, at, (size_t)(line_end - at));
    ret_text[line_end - at] = 0;
    return line_end + 1;
}

/* Writes the event's body and reads it once more.  A body that leaves out a count with a range of
 * its own is read as 0, which is then written and refused: everything else must come back as it
 * was. */
static void check_again(const struct bm_event *event, struct bm_row row) {
    struct bm_buf body = bm_buf_make(BM_ROW_BODY_MAX);
    struct bm_event again;
    bm_event_body(event, &body);
    if (!body.overflow) {
        row.body = bm_buf_c_text(&body);
        row.body_len = body.len;
        struct bm_fault fault;
        enum bm_code code = bm_row_event(&row, &again, &fault);
        if (code) {
            BM_CHECK(code == BM_CORRUPT);
            BM_CHECK(strcmp(fault.field, "priority") == 0);
            bm_buf_free(&body);
            return;
        }
        BM_CHECK(!bm_shape_differs(bm_event_shape_at(event->kind, event->version),
                                   &event->agency_set, &again.agency_set));
        BM_CHECK(again.key_id == event->key_id);
        BM_CHECK(again.sealed.len == event->sealed.len);
        bm_event_release(&again);
    }
    bm_buf_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const uint8_t nonce[24] = {1}, sealed[20] = {2}, request[BM_REQUEST_BYTES] = {3};
    char kind[WORD_MAX], version[WORD_MAX];
    const uint8_t *end = bytes + len, *at = take_line(bytes, end, kind);
    if (at) at = take_line(at, end, version);
    if (!at) return 0;
    struct bm_row row = {.format = BM_JOURNAL_FORMAT,
                         .ledger = 1,
                         .epoch = 1,
                         .seq = 1,
                         .kind = kind,
                         .kind_version = (uint32_t)strtoul(version, NULL, 10),
                         .subject = "case/12",
                         .actor = "operator/5",
                         .body = (const char *)at,
                         .body_len = (size_t)(end - at)};
    for (int form = 0; form < 2; form++) {
        struct bm_event event;
        struct bm_fault fault;
        if (form) {
            row.request = request;
            row.key_id = 9;
            row.nonce = nonce;
            row.sealed = sealed;
            row.sealed_len = sizeof sealed;
        }
        enum bm_code code = bm_row_event(&row, &event, &fault);
        BM_CHECK(code == BM_OK || code == BM_BAD_FORMAT || code == BM_CORRUPT);
        if (code) continue;
        check_again(&event, row);
        bm_event_release(&event);
    }
    return 0;
}
