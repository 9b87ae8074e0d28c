#include "intake/sip.h"

#include <string.h>
#include <strings.h>

/* --- slices ----------------------------------------------------------------------------------- */

static const struct bm_slice nothing = {"", 0};

bool bm_slice_is(struct bm_slice slice, const char *text) {
    return slice.len == strlen(text) && memcmp(slice.at, text, slice.len) == 0;
}

bool bm_slice_is_word(struct bm_slice slice, const char *text) {
    return slice.len == strlen(text) && strncasecmp(slice.at, text, slice.len) == 0;
}

bool bm_slice_text(struct bm_slice slice, char *ret_text, size_t size) {
    if (slice.len >= size) return false;
    memcpy(ret_text, slice.at, slice.len);
    ret_text[slice.len] = 0;
    return true;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static struct bm_slice trim(struct bm_slice slice) {
    while (slice.len && is_blank(slice.at[0])) slice.at++, slice.len--;
    while (slice.len && is_blank(slice.at[slice.len - 1])) slice.len--;
    return slice;
}

static struct bm_slice from_to(const char *from, const char *to) {
    return (struct bm_slice){from, (size_t)(to - from)};
}

/* Up to the first of `stops` that stands neither in quotes nor in <>; the whole when there is none. */
static struct bm_slice up_to(struct bm_slice slice, const char *stops) {
    static const bool words[256] = {['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
                                    ['.'] = true, ['-'] = true, ['@'] = true, ['/'] = true}; /* stop nothing, nowhere */
    bool quoted = false, angled = false;
    for (size_t i = 0; i < slice.len; i++) {
        char c = slice.at[i];
        if (words[(uint8_t)c]) continue;
        if (quoted && c == '\\') {
            i++;
            continue;
        }
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '<') angled = true;
        if (c == '>') angled = false;
        if (!angled && strchr(stops, c)) return (struct bm_slice){slice.at, i};
    }
    return slice;
}

static struct bm_slice behind(struct bm_slice whole, struct bm_slice first) {
    size_t used = (size_t)(first.at - whole.at) + first.len;
    return (struct bm_slice){whole.at + used, whole.len - used};
}

/* --- lines ------------------------------------------------------------------------------------ */

/* The copy with folded lines made one, up to the empty line; where the body begins. False: no end of the headers. */
static bool unfold(struct bm_sip_message *message, size_t *ret_body) {
    char *text = message->text, *found;
    for (size_t i = 0; (found = memchr(text + i, '\r', message->len - i)); i++) {
        i = (size_t)(found - text);
        if (i + 1 == message->len) return false;
        if (text[i + 1] != '\n') continue;
        if (i + 3 < message->len && text[i + 2] == '\r' && text[i + 3] == '\n') {
            *ret_body = i + 4;
            return true;
        }
        if (i + 2 < message->len && is_blank(text[i + 2])) text[i] = text[i + 1] = ' ';
    }
    return false;
}

/* One line without its CRLF; *at is moved behind it. */
static struct bm_slice next_line(const char **at, const char *end) {
    const char *start = *at, *stop = memmem(start, (size_t)(end - start), "\r\n", 2);
    if (!stop) stop = end;
    *at = stop + 2 <= end ? stop + 2 : end;
    return from_to(start, stop);
}

/* As RFC 3261 writes a word (section 25.1): what names a call is told on as text. */
static bool is_ascii(struct bm_slice word) {
    for (size_t i = 0; i < word.len; i++) {
        if ((unsigned char)word.at[i] <= 0x20 || (unsigned char)word.at[i] > 0x7e) return false;
    }
    return true;
}

static bool printable(struct bm_slice line) {
    static const bool control[256] = {[0 ... '\t' - 1] = true, ['\t' + 1 ... 0x1f] = true, [0x7f] = true};
    bool any = false;
    for (size_t i = 0; i < line.len; i++) any |= control[(uint8_t)line.at[i]];
    return !any;
}

static enum bm_sip_method method_of(struct bm_slice word) {
    static const char *const spoken[] = {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "INFO"};
    static const char *const known[] = {"REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "MESSAGE", "PRACK"};
    for (size_t i = 0; i < sizeof spoken / sizeof spoken[0]; i++) {
        if (bm_slice_is(word, spoken[i])) return (enum bm_sip_method)i;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (bm_slice_is(word, known[i])) return BM_SIP_KNOWN;
    }
    return BM_SIP_OTHER;
}

/* What is wrong is said once, by what was seen first. */
static void wrong(struct bm_sip_message *message, int status, const char *reason) {
    if (message->status) return;
    message->status = status;
    message->reason = reason;
}

/* INVITE sip:2@desk SIP/2.0 */
static bool read_start(struct bm_sip_message *message, struct bm_slice line, struct bm_slice *ret_method) {
    struct bm_slice method = up_to(line, " "), rest = behind(line, method);
    if (!method.len || !rest.len || bm_slice_is(method, "SIP/2.0")) return false; /* an answer is to nobody here */
    rest = from_to(rest.at + 1, rest.at + rest.len);
    const char *space = memchr(rest.at, ' ', rest.len);
    if (!space) return false;
    struct bm_slice version = from_to(space + 1, rest.at + rest.len);
    if (version.len < 5 || strncasecmp(version.at, "SIP/", 4) != 0) return false;
    message->uri = from_to(rest.at, space);
    message->method = method_of(method);
    *ret_method = method;
    if (!bm_slice_is_word(version, "SIP/2.0")) wrong(message, 505, "the version is not SIP/2.0");
    if (!message->uri.len) wrong(message, 400, "there is no Request-URI");
    return true;
}

static struct bm_slice long_name(struct bm_slice name) {
    static const struct {
        char letter;
        const char *name;
    } compact[] = {{'v', "Via"}, {'f', "From"}, {'t', "To"}, {'i', "Call-ID"}, {'m', "Contact"}, {'l', "Content-Length"},
                   {'c', "Content-Type"}, {'k', "Supported"}, {'s', "Subject"}, {'e', "Content-Encoding"}};
    if (name.len != 1) return name;
    for (size_t i = 0; i < sizeof compact / sizeof compact[0]; i++) {
        if ((name.at[0] | 0x20) == compact[i].letter) return (struct bm_slice){compact[i].name, strlen(compact[i].name)};
    }
    return name;
}

static void read_headers(struct bm_sip_message *message, const char *at, const char *end) {
    while (at < end) {
        struct bm_slice line = next_line(&at, end);
        const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
        if (!colon || colon == line.at || !printable(line)) {
            wrong(message, 400, "a line is no header");
            continue;
        }
        if (message->header_count == BM_SIP_HEADERS_MAX) {
            wrong(message, 400, "there are more headers than are read");
            return;
        }
        struct bm_slice name = long_name(trim(from_to(line.at, colon)));
        message->headers[message->header_count++] =
            (struct bm_sip_header){name, trim(from_to(colon + 1, line.at + line.len))};
    }
}

struct bm_slice bm_sip_header(const struct bm_sip_message *message, const char *name) {
    for (size_t i = 0; i < message->header_count; i++) {
        if (bm_slice_is_word(message->headers[i].name, name)) return message->headers[i].value;
    }
    return nothing;
}

/* --- values ----------------------------------------------------------------------------------- */

struct bm_slice bm_sip_parameter(struct bm_slice value, const char *name) {
    struct bm_slice rest = behind(value, up_to(value, ";"));
    while (rest.len) { /* each turn takes at least its semicolon */
        rest = from_to(rest.at + 1, rest.at + rest.len);
        struct bm_slice one = up_to(rest, ";"), key = trim(up_to(one, "="));
        rest = behind(rest, one);
        if (!bm_slice_is_word(key, name)) continue;
        const char *equals = memchr(one.at, '=', one.len);
        return equals ? trim(from_to(equals + 1, one.at + one.len)) : nothing;
    }
    return nothing;
}

static bool has_parameter(struct bm_slice value, const char *name) {
    struct bm_slice rest = behind(value, up_to(value, ";"));
    while (rest.len) {
        rest = from_to(rest.at + 1, rest.at + rest.len);
        struct bm_slice one = up_to(rest, ";");
        if (bm_slice_is_word(trim(up_to(one, "=")), name)) return true;
        rest = behind(rest, one);
    }
    return false;
}

struct bm_slice bm_sip_uri(struct bm_slice value) {
    struct bm_slice before = up_to(value, ";,");
    const char *open = memchr(before.at, '<', before.len);
    if (!open) return trim(before);
    if (before.len && before.at[0] == '"') { /* a < inside the quoted name is no address */
        const char *at = before.at + 1, *end = before.at + before.len;
        while (at < end && *at != '"') at += *at == '\\' && at + 1 < end ? 2 : 1;
        open = at < end ? memchr(at, '<', (size_t)(end - at)) : NULL;
        if (!open) return nothing;
    }
    const char *close = memchr(open, '>', (size_t)(before.at + before.len - open));
    return close ? trim(from_to(open + 1, close)) : nothing;
}

struct bm_slice bm_sip_user(struct bm_slice uri) {
    const char *colon = memchr(uri.at, ':', uri.len);
    if (!colon) return nothing;
    struct bm_slice scheme = from_to(uri.at, colon), rest = from_to(colon + 1, uri.at + uri.len);
    if (bm_slice_is_word(scheme, "tel")) return up_to(rest, ";?");
    if (!bm_slice_is_word(scheme, "sip") && !bm_slice_is_word(scheme, "sips")) return nothing;
    const char *at = memchr(rest.at, '@', rest.len);
    return at ? up_to(from_to(rest.at, at), ";:") : nothing;
}

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool bm_sip_user_text(struct bm_slice uri, char *ret_text, size_t size) {
    struct bm_slice user = bm_sip_user(uri);
    size_t used = 0;
    if (!user.len || user.len >= size) return false;
    for (size_t i = 0; i < user.len; i++) {
        char c = user.at[i];
        if (c == '%') {
            int high = i + 2 < user.len + 0u ? hex(user.at[i + 1]) : -1, low = high < 0 ? -1 : hex(user.at[i + 2]);
            if (low < 0) return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if ((unsigned char)c < 0x20 || c == 0x7f) return false;
        ret_text[used++] = c;
    }
    ret_text[used] = 0;
    return true;
}

/* Digits only, below 2^31 (RFC 3261, 8.1.1.5). */
static bool read_number(struct bm_slice text, uint32_t *ret_number) {
    uint32_t number = 0;
    if (!text.len || text.len > 10) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') return false;
        uint64_t more = (uint64_t)number * 10 + (uint64_t)(text.at[i] - '0');
        if (more > INT32_MAX) return false;
        number = (uint32_t)more;
    }
    *ret_number = number;
    return true;
}

/* --- what an answer needs, then what a request needs ------------------------------------------ */

/* SIP/2.0/UDP host:port;branch=...  False when the way back is not whole. */
static bool read_vias(struct bm_sip_message *message) {
    for (size_t i = 0; i < message->header_count; i++) {
        if (!bm_slice_is_word(message->headers[i].name, "Via")) continue;
        struct bm_slice rest = message->headers[i].value;
        while (rest.len) { /* each turn takes one value of the list */
            struct bm_slice one = up_to(rest, ",");
            if (message->via_count == BM_SIP_VIAS_MAX) return false;
            message->vias[message->via_count++] = trim(one);
            rest = behind(rest, one);
            if (rest.len) rest = from_to(rest.at + 1, rest.at + rest.len);
        }
    }
    if (!message->via_count || !message->vias[0].len) return false;
    struct bm_slice host = up_to(message->vias[0], ";");
    const char *colon = memrchr(host.at, ':', host.len);
    uint32_t port;
    if (colon && !memchr(colon, ']', (size_t)(host.at + host.len - colon))) {
        message->via_port = trim(from_to(colon + 1, host.at + host.len));
        if (!read_number(message->via_port, &port) || port == 0 || port > 65535) return false;
    }
    message->rport = has_parameter(message->vias[0], "rport");
    return true;
}

static void read_cseq(struct bm_sip_message *message, struct bm_slice method) {
    struct bm_slice number = up_to(message->cseq, " \t"), word = trim(behind(message->cseq, number));
    if (!read_number(number, &message->cseq_number)) wrong(message, 400, "CSeq has no number");
    if (word.len != method.len || memcmp(word.at, method.at, method.len) != 0)
        wrong(message, 400, "CSeq names another method");
}

static void read_tag(struct bm_sip_message *message, struct bm_slice value, const char *name, char *ret_text,
                     const char *reason) {
    if (!bm_slice_text(bm_sip_parameter(value, name), ret_text, BM_SIP_TAG_TEXT)) wrong(message, 400, reason);
}

static void read_body(struct bm_sip_message *message, size_t at) {
    struct bm_slice length = bm_sip_header(message, "Content-Length");
    size_t there = message->len - at;
    uint32_t given;
    message->body = (struct bm_slice){message->text + at, there};
    if (!length.len) return; /* over UDP it ends with the datagram */
    if (!read_number(length, &given))
        wrong(message, 400, "Content-Length is no number");
    else if (given > there)
        wrong(message, 400, "the body is shorter than Content-Length");
    else
        message->body.len = given;
}

enum bm_sip_read bm_sip_read(const void *bytes, size_t len, struct bm_sip_message *ret_message) {
    struct bm_sip_message *message = ret_message;
    size_t body = 0;
    struct bm_slice method;
    memset(message, 0, offsetof(struct bm_sip_message, text));
    if (len == 0 || len > BM_SIP_BYTES_MAX) return BM_SIP_NOISE;
    memcpy(message->text, bytes, len);
    message->text[len] = 0;
    message->len = len;
    if (!unfold(message, &body)) return BM_SIP_NOISE;
    const char *at = message->text, *end = message->text + body - 2;
    struct bm_slice start = next_line(&at, end);
    if (!printable(start) || !read_start(message, start, &method)) return BM_SIP_NOISE;
    read_headers(message, at, end);
    message->from = bm_sip_header(message, "From");
    message->to = bm_sip_header(message, "To");
    message->call_id = bm_sip_header(message, "Call-ID");
    message->cseq = bm_sip_header(message, "CSeq");
    bool answerable = message->from.len && message->to.len && message->call_id.len && message->cseq.len;
    if (!answerable || !read_vias(message)) return BM_SIP_NOISE;
    read_cseq(message, method);
    read_tag(message, message->vias[0], "branch", message->branch, "the branch is too long");
    read_tag(message, message->from, "tag", message->from_tag, "the tag in From is too long");
    read_tag(message, message->to, "tag", message->to_tag, "the tag in To is too long");
    if (!message->branch[0]) wrong(message, 400, "Via has no branch");
    if (!message->from_tag[0]) wrong(message, 400, "From has no tag");
    if (!is_ascii(message->call_id)) wrong(message, 400, "Call-ID has other characters than printable ASCII");
    if (message->call_id.len >= BM_SIP_ID_TEXT) wrong(message, 400, "Call-ID has more than 128 characters");
    read_body(message, body);
    return message->status ? BM_SIP_BAD : BM_SIP_GOOD;
}
