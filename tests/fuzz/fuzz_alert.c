/* What administrators and receivers write: addresses, people, templates, answers.  The first byte says which. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "outbox/outbox_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* An address that is taken names one host and one port, and nothing in it could end a line or name somebody. */
static void address(const char *text) {
    struct bm_alert_url url;
    if (!bm_alert_url_read(text, &url)) return;
    BM_CHECK(url.port > 0 && url.host[0] && !strpbrk(url.host, "@/ \r\n{}"));
    BM_CHECK(!strpbrk(text, " \r\n\t\"<>\\"));
    BM_CHECK(!bm_alert_host_allowed("", &url));
}

static void people(const char *text) {
    char number[BM_ALERT_PHONE_TEXT];
    if (bm_alert_phone(text, number)) BM_CHECK(strspn(number + (number[0] == '+'), "0123456789") >= 3);
    if (bm_alert_mail(text)) BM_CHECK(!strpbrk(text, " \r\n<>,;"));
}

/* Each escape keeps what is filled in from ending what it stands in. */
static void filled(const char *text) {
    struct bm_out_words words = {.number = text, .text = text, .secret = "secret", .id = text};
    /* A template may name one word hundreds of times: what that gives is as long as both together, and no longer input of its own. */
    static const struct bm_out_words short_words = {.number = "+861", .text = "a <\"b\">\r\n&", .secret = "secret", .id = "9"};
    for (int escape = BM_ESCAPE_NONE; escape <= BM_ESCAPE_XML; escape++) {
        struct bm_buf out = bm_buf_make(1 << 20);
        bm_out_fill("{text}", &words, (enum bm_out_escape)escape, &out);
        const char *made = bm_buf_c_text(&out);
        BM_CHECK(!out.overflow);
        if (escape == BM_ESCAPE_URL) BM_CHECK(!strpbrk(made, " &=?#\r\n"));
        if (escape == BM_ESCAPE_XML) BM_CHECK(!strpbrk(made, "<>\""));
        bm_buf_clear(&out);
        bm_out_fill(text, &short_words, (enum bm_out_escape)escape, &out);
        BM_CHECK(!out.overflow);
        bm_buf_free(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    char value[BM_NAMED_TEXT];
    if (len < 1 || len > 4096) return 0;
    char *text = bm_alloc(len);
    memcpy(text, bytes + 1, len - 1);
    text[len - 1] = 0;
    if (bytes[0] % 4 == 0) address(text);
    if (bytes[0] % 4 == 1) people(text);
    if (bytes[0] % 4 == 2) filled(text);
    if (bytes[0] % 4 == 3 && bm_out_member(text, strlen(text), "messages.0.id", value, sizeof value)) BM_CHECK(value[0]);
    bm_free(text);
    return 0;
}
