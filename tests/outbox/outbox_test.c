/* What of the outbox needs no network: whom it may speak to, what goes over the wire, when it tries again, and channels as the
 * core takes them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/seal.h"
#include "outbox/outbox_private.h"
#include "testing.h"

static bool is_public(const char *text) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &address.v6.sin6_addr), 1);
        address.v6.sin6_family = AF_INET6;
    }
    return bm_out_address_is_public(&address.any);
}

static void test_addresses(void **state) {
    static const char *const inner[] = {
        "127.0.0.1",   "127.255.0.9",     "10.1.2.3",       "172.16.0.1",      "172.31.255.255",     "192.168.0.1",
        "169.254.1.1", "169.254.169.254", "0.0.0.0",        "100.64.0.1",      "224.0.0.1",          "255.255.255.255",
        "192.0.2.7",   "198.18.0.1",      "198.51.100.1",   "203.0.113.5",     "240.0.0.1",          "192.0.0.8",
        "::1",         "::",              "fe80::1",        "fc00::1",         "fd12:3456::1",       "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:1::1",  "2001:db8::1",
        "2001::1",     "100::1",          "fec0::1",        "3fff::1",         "::127.0.0.1"};
    static const char *const outer[] = {"1.1.1.1",   "9.9.9.9",      "172.15.0.1", "172.32.0.1",       "100.63.0.1",   "100.128.0.1",
                                        "11.0.0.1",  "198.17.0.1",   "198.20.0.1", "223.255.255.255",  "169.253.0.1",  "192.169.0.1",
                                        "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"};
    (void)state;
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++) {
        if (is_public(inner[i])) fail_msg("%s passed", inner[i]);
    }
    for (size_t i = 0; i < sizeof outer / sizeof outer[0]; i++) {
        if (!is_public(outer[i])) fail_msg("%s was refused", outer[i]);
    }
    struct sockaddr other = {.sa_family = AF_UNIX};
    assert_false(bm_out_address_is_public(&other));
}

static void test_urls(void **state) {
    static const char *const bad[] = {"",          "partner.example",      "ftp://a/",      "http://",        "http:///x",      "http://a b/",
                                      "http://a:0/", "http://a:65536/",    "http://a:x/",   "http://u@a/",    "http://u:p@a/",  "http://[::1/",
                                      "http://[g]/", "http://a{b}/",       "http://a\n/",   "javascript://a", "http://\xc3\xa9/", "http://[]/",
                                      "http://a\\@b/", "http://a:/"};
    struct bm_alert_url url;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (bm_alert_url_read(bad[i], &url)) fail_msg("\"%s\" passed", bad[i]);
    }
    assert_true(bm_alert_url_read("https://Partner.Example/a?b=c@d", &url));
    assert_string_equal(url.host, "partner.example");
    assert_int_equal(url.port, 443);
    assert_true(bm_alert_host_allowed("partner.example", &url) && bm_alert_host_allowed("partner.example:443", &url));
    assert_false(bm_alert_host_allowed("partner.example.net", &url) || bm_alert_host_allowed("partner", &url) || bm_alert_host_allowed("", &url));
    assert_true(bm_alert_url_read("http://[2001:db8::1]:8080", &url));
    assert_string_equal(url.host, "2001:db8::1");
    assert_int_equal(url.port, 8080);
    assert_true(bm_alert_url_read("http://10.0.0.1:6379/", &url) && !bm_alert_port_usual(&url));
    assert_false(bm_alert_host_allowed("10.0.0.1", &url)); /* the port was not named */
    assert_true(bm_alert_host_allowed("10.0.0.1:6379", &url));
}

static void test_people(void **state) {
    char number[BM_ALERT_PHONE_TEXT];
    (void)state;
    assert_true(bm_alert_phone("+86 138-0000-0000", number));
    assert_string_equal(number, "+8613800000000");
    assert_true(bm_alert_phone("110", number));
    assert_false(bm_alert_phone("1380000ABCD", number) || bm_alert_phone("12", number) || bm_alert_phone("1+2345", number) ||
                 bm_alert_phone("1234567890123456", number) || bm_alert_phone("", number) || bm_alert_phone("++12345", number));
    assert_true(bm_alert_mail("duty.desk@county.example"));
    assert_false(bm_alert_mail("a@b\r\nRCPT TO:<c@d>") || bm_alert_mail("a b@c") || bm_alert_mail("@c") || bm_alert_mail("a@") ||
                 bm_alert_mail("a@b@c") || bm_alert_mail("a,b@c") || bm_alert_mail("<a@b>"));
}

static const char *filled(const char *pattern, enum bm_out_escape escape) {
    static char text[300];
    struct bm_out_words words = {.number = "+86 1", .text = "a\"b\n&<{secret}>", .secret = "s"};
    struct bm_buf out = bm_buf_make(sizeof text - 1);
    bm_out_fill(pattern, &words, escape, &out);
    snprintf(text, sizeof text, "%s", bm_buf_c_text(&out));
    bm_buf_free(&out);
    return text;
}

static void test_templates(void **state) {
    (void)state;
    /* What was filled in is not read again: a citizen's text cannot ask for the secret. */
    assert_string_equal(filled("{\"to\":\"{number}\",\"t\":\"{text}\"}", BM_ESCAPE_JSON), "{\"to\":\"+86 1\",\"t\":\"a\\\"b\\n&<{secret}>\"}");
    assert_string_equal(filled("/s?n={number}&t={text}", BM_ESCAPE_URL), "/s?n=%2B86%201&t=a%22b%0A%26%3C%7Bsecret%7D%3E");
    assert_string_equal(filled("<t>{text}</t>", BM_ESCAPE_XML), "<t>a&quot;b\n&amp;&lt;{secret}&gt;</t>");
    assert_string_equal(filled("{unknown} {id} {", BM_ESCAPE_NONE), "{unknown} {id} {");
    assert_int_equal(bm_out_escape_of("application/json; charset=utf-8"), BM_ESCAPE_JSON);
    assert_int_equal(bm_out_escape_of("application/x-www-form-urlencoded"), BM_ESCAPE_URL);
}

/* RFC 4231, test case 2; and the header as docs/alerts.md shows it. */
static void test_signature(void **state) {
    uint8_t mac[BM_HASH_BYTES];
    char hex[2 * BM_HASH_BYTES + 1], text[BM_SIGNATURE_TEXT];
    (void)state;
    bm_hmac_sha256("Jefe", 4, "what do ya want ", 16, "for nothing?", 12, mac);
    bm_hex(mac, sizeof mac, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    bm_out_sign("whsec-0123456789", 1764432000123, "{}", 2, text);
    assert_string_equal(text, "t=1764432000,v1=f7cc48ae2fa64b35defc58e259354ee791377fcac95103252a34e01b95c63ce5");
}

static void test_answers(void **state) {
    static const char json[] = "{\"messages\":[{\"id\":4711,\"s\":\"sent\"}],\"n\":null}";
    char text[8];
    (void)state;
    assert_true(bm_out_member(json, sizeof json - 1, "messages.0.id", text, sizeof text));
    assert_string_equal(text, "4711");
    assert_true(bm_out_member(json, sizeof json - 1, "messages.0.s", text, sizeof text));
    assert_false(bm_out_member(json, sizeof json - 1, "messages.1.id", text, sizeof text));
    assert_false(bm_out_member(json, sizeof json - 1, "n", text, sizeof text));
    assert_false(bm_out_member(json, sizeof json - 1, "messages", text, sizeof text));
    assert_false(bm_out_member("[1", 2, "0", text, sizeof text));
    assert_false(bm_out_member(json, sizeof json - 1, "messages.0.id", text, 4)); /* it does not fit */
}

/* Doubling, a fifth more or less, and never past an hour and a fifth. */
static void test_waits(void **state) {
    (void)state;
    for (uint32_t tries = 1; tries < 100; tries++) {
        int64_t base = tries > 12 ? 3600000 : INT64_C(1000) << (tries - 1);
        if (base > 3600000) base = 3600000;
        for (uint32_t dice = 0; dice < 2000; dice += 99) {
            int64_t wait = bm_out_wait_ms(tries, dice);
            assert_true(wait >= base * 4 / 5 && wait < base * 6 / 5);
        }
        assert_true(bm_out_wait_ms(tries, 0) != bm_out_wait_ms(tries, 999));
    }
}

static void test_mail(void **state) {
    struct bm_buf out = bm_buf_make(65536);
    const char subject[] = "[Bellman] 派出力量：警情 12，火警，优先级 1 - and some more words in another language";
    (void)state;
    bm_out_mail("desk@a.example", "duty@b.example", subject, "1.2@c", 1764432000000, "x", 1, &out);
    assert_false(out.overflow);
    const char *text = bm_buf_c_text(&out);
    assert_non_null(strstr(text, "Date: Sat, 29 Nov 2025 16:00:00 +0000\r\n"));
    assert_non_null(strstr(text, "\r\n\r\neA==\r\n"));
    for (const char *line = text; line; line = strstr(line, "\r\n") ? strstr(line, "\r\n") + 2 : NULL) assert_true(strcspn(line, "\r") <= 78);
    bm_buf_free(&out);
}

int main(void) {
    bm_seal_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_urls),    cmocka_unit_test(test_people),
        cmocka_unit_test(test_templates), cmocka_unit_test(test_signature), cmocka_unit_test(test_answers),
        cmocka_unit_test(test_waits),     cmocka_unit_test(test_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
