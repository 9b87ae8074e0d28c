#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

struct bm_buf bm_buf_make(size_t max_bytes) {
    return (struct bm_buf){.max_bytes = max_bytes};
}

void bm_buf_free(struct bm_buf *buf) {
    bm_free(buf->bytes);
    *buf = (struct bm_buf){.max_bytes = buf->max_bytes};
}

void bm_buf_clear(struct bm_buf *buf) {
    buf->len = 0;
    buf->overflow = false;
    if (buf->bytes) buf->bytes[0] = 0;
}

/* Makes room for `more` bytes and the closing NUL; false when the maximum forbids it. */
static bool reserve(struct bm_buf *buf, size_t more) {
    if (more > buf->max_bytes || buf->len > buf->max_bytes - more) {
        buf->overflow = true;
        return false;
    }
    size_t wanted = buf->len + more + 1;
    if (wanted > buf->cap) {
        size_t cap = buf->cap ? buf->cap : 128;
        while (cap < wanted) cap *= 2;
        buf->bytes = bm_realloc(buf->bytes, cap);
        buf->cap = cap;
    }
    return true;
}

uint8_t *bm_buf_room(struct bm_buf *buf, size_t len) {
    bool there = len < buf->cap - buf->len && len <= buf->max_bytes - buf->len;
    if (!there && !reserve(buf, len)) return NULL;
    uint8_t *at = buf->bytes + buf->len;
    buf->len += len;
    at[len] = 0;
    return at;
}

void bm_buf_add(struct bm_buf *buf, const void *bytes, size_t len) {
    uint8_t *at = bm_buf_room(buf, len);
    if (at && len) memcpy(at, bytes, len);
}

void bm_buf_text(struct bm_buf *buf, const char *text) {
    bm_buf_add(buf, text, strlen(text));
}

void bm_buf_byte(struct bm_buf *buf, uint8_t byte) {
    uint8_t *at = bm_buf_room(buf, 1);
    if (at) *at = byte;
}

void bm_buf_printf(struct bm_buf *buf, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list first; /* into the room that is there: mostly it is enough */
    va_copy(first, arguments);
    size_t room = buf->cap - buf->len;
    int needed = vsnprintf(room ? (char *)buf->bytes + buf->len : NULL, room, format, first);
    va_end(first);
    BM_CHECK(needed >= 0);
    bool there = (size_t)needed < room && (size_t)needed <= buf->max_bytes - buf->len;
    if (there || reserve(buf, (size_t)needed)) {
        if (!there) vsnprintf((char *)buf->bytes + buf->len, (size_t)needed + 1, format, arguments);
        buf->len += (size_t)needed;
    } else if (room) {
        buf->bytes[buf->len] = 0;
    }
    va_end(arguments);
}

void bm_buf_u64(struct bm_buf *buf, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    bm_buf_add(buf, digits + at, sizeof digits - at);
}

void bm_buf_i64(struct bm_buf *buf, int64_t value) {
    if (value < 0) {
        bm_buf_byte(buf, '-');
        bm_buf_u64(buf, 0 - (uint64_t)value);
    } else {
        bm_buf_u64(buf, (uint64_t)value);
    }
}

void bm_buf_drop_front(struct bm_buf *buf, size_t len) {
    BM_CHECK(len <= buf->len);
    if (len == 0) return;
    memmove(buf->bytes, buf->bytes + len, buf->len - len + 1);
    buf->len -= len;
}

const char *bm_buf_c_text(const struct bm_buf *buf) {
    return buf->bytes ? (const char *)buf->bytes : "";
}
