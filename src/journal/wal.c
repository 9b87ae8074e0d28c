#include "journal/wal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "journal/page_file.h"
#include "journal/page_vfs.h"

enum {
    HEADER_BYTES = 32,
    FRAME_HEADER_BYTES = 24,
    FRAME_BYTES = FRAME_HEADER_BYTES + BM_PAGE_BYTES,
    SUMMED_HEADER_BYTES = 8, /* of a frame's header: page number and commit size */
    SALT_OFFSET = 8,
    SUM_OFFSET = 16
};

struct sum {
    uint32_t first, second;
};

struct wal {
    struct bm_page_file file;
    bool big_endian; /* how the sums read their words */
    uint8_t salts[8];
    struct sum sum; /* of everything up to the last whole frame */
    uint64_t frame_count;
    uint8_t frame[FRAME_BYTES];
};

static uint32_t big(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t word(const uint8_t *at, bool big_endian) {
    return big_endian
               ? big(at)
               : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static struct sum add(struct sum sum, const uint8_t *bytes, size_t len, bool big_endian) {
    for (size_t i = 0; i < len; i += 8) {
        sum.first += word(bytes + i, big_endian) + sum.second;
        sum.second += word(bytes + i + 4, big_endian) + sum.first;
    }
    return sum;
}

static bool same(struct sum sum, const uint8_t *stored) {
    return sum.first == big(stored) && sum.second == big(stored + 4);
}

static struct sum frame_sum(const struct wal *wal) {
    struct sum sum = add(wal->sum, wal->frame, SUMMED_HEADER_BYTES, wal->big_endian);
    return add(sum, wal->frame + FRAME_HEADER_BYTES, BM_PAGE_BYTES, wal->big_endian);
}

static bool has_salts(const struct wal *wal) {
    return memcmp(wal->frame + SALT_OFFSET, wal->salts, sizeof wal->salts) == 0;
}

static bool frame_sound(const struct wal *wal) {
    return has_salts(wal) && big(wal->frame) != 0 && same(frame_sum(wal), wal->frame + SUM_OFFSET);
}

/* A 2 x 2 matrix modulo 2^32: what two more words of zeros do to a difference between two sums,
 * over and over. */
struct step {
    uint32_t a, b, c, d;
};

/* Whether a difference of one bit in `value` moves the sums by exactly `off`, when the words behind
 * it move the difference on as (first, second) times the bit's weight. */
static bool bit_explains(uint32_t value, uint32_t first, uint32_t second, struct sum off) {
    for (int bit = 0; bit < 32; bit++) {
        uint32_t weight = (value >> bit & 1) ? 0u - (1u << bit) : 1u << bit;
        if (first * weight == off.first && second * weight == off.second) return true;
    }
    return false;
}

/* Whether one flipped bit is all that is wrong with the frame.  The sums are linear, so each of its
 * 32,832 summed bits is tried with two multiplications: from the last pair of words to the first.
 */
static bool one_bit_off(const struct wal *wal) {
    struct sum sum = frame_sum(wal);
    uint32_t first = big(wal->frame + SUM_OFFSET), second = big(wal->frame + SUM_OFFSET + 4);
    if (!has_salts(wal)) {
        int bits = 0;
        for (int i = 0; i < 8; i++) {
            bits += __builtin_popcount((unsigned)wal->frame[SALT_OFFSET + i] ^ wal->salts[i]);
        }
        return bits == 1 && same(sum, wal->frame + SUM_OFFSET);
    }
    if (__builtin_popcount(sum.first ^ first) + __builtin_popcount(sum.second ^ second) == 1)
        return true;
    struct sum off = {first - sum.first, second - sum.second};
    struct step behind = {1, 0, 0, 1};
    for (int pair = BM_PAGE_BYTES / 8; pair >= 0; pair--) {
        const uint8_t *at = pair ? wal->frame + FRAME_HEADER_BYTES + (pair - 1) * 8 : wal->frame;
        if (bit_explains(word(at, wal->big_endian), behind.a + behind.b, behind.c + behind.d,
                         off) ||
            bit_explains(word(at + 4, wal->big_endian), behind.b, behind.d, off)) {
            return true;
        }
        behind = (struct step){behind.a + behind.b, behind.a + 2 * behind.b, behind.c + behind.d,
                               behind.c + 2 * behind.d};
    }
    return false;
}

static enum bm_code read_frame(struct wal *wal, uint64_t index, struct bm_fault *fault) {
    size_t len;
    return bm_page_file_read(&wal->file, HEADER_BYTES + index * FRAME_BYTES, wal->frame,
                             FRAME_BYTES, &len, fault);
}

/* Whether a later transaction stands behind the broken frame `index`: a frame whose sums go on from
 * those that a commit frame before it holds.  Frames of a lost transaction that was longer may lie
 * there too, with the right salts; their sums go on from frames that were overwritten. */
static enum bm_code followed(struct wal *wal, uint64_t index, bool *ret_followed,
                             struct bm_fault *fault) {
    bool commit = false;
    for (uint64_t i = index; i < wal->frame_count; i++) {
        enum bm_code code = read_frame(wal, i, fault);
        if (code) return code;
        if (commit && frame_sound(wal)) {
            *ret_followed = true;
            return BM_OK;
        }
        commit = has_salts(wal) && big(wal->frame + 4) != 0;
        wal->sum = (struct sum){big(wal->frame + SUM_OFFSET), big(wal->frame + SUM_OFFSET + 4)};
    }
    *ret_followed = false;
    return BM_OK;
}

static void damaged(struct bm_wal_scan *scan, uint64_t frame, const char *what) {
    scan->damaged = true;
    scan->bad_frame = frame;
    snprintf(scan->text, sizeof scan->text,
             "%s of journal.db-wal is damaged: the rows behind it are lost to SQLite. Keep a copy "
             "of the "
             "folder, then restore a backup or a standby.",
             what);
}

/* Reads the header; false when the WAL counts for nothing. */
static bool read_header(struct wal *wal, const uint8_t *header, struct bm_wal_scan *scan) {
    static const uint8_t zeros[HEADER_BYTES];
    uint32_t magic = big(header);
    wal->big_endian = magic & 1;
    memcpy(wal->salts, header + 16, sizeof wal->salts);
    wal->sum = add((struct sum){0, 0}, header, 24, wal->big_endian);
    if ((magic & ~1u) == 0x377f0682 && big(header + 4) == 3007000 &&
        big(header + 8) == BM_PAGE_BYTES && same(wal->sum, header + 24)) {
        return true;
    }
    /* The header is synced before the first frame is written: zeros mean that nothing was. */
    if (wal->frame_count && memcmp(header, zeros, sizeof zeros) != 0) {
        damaged(scan, 0, "The header");
    }
    return false;
}

static enum bm_code walk(struct wal *wal, struct bm_wal_scan *scan, struct bm_fault *fault) {
    uint64_t index = 0;
    enum bm_code code = BM_OK;
    scan->pages = bm_alloc_zero(wal->frame_count + 1, sizeof *scan->pages);
    for (; index < wal->frame_count; index++) {
        code = read_frame(wal, index, fault);
        if (code) return code;
        if (!frame_sound(wal)) break;
        wal->sum = frame_sum(wal);
        scan->pages[index] = big(wal->frame);
        if (big(wal->frame + 4)) scan->frames = index + 1;
    }
    if (index == wal->frame_count) return BM_OK;
    bool bad = one_bit_off(wal);
    if (!bad) code = followed(wal, index, &bad, fault);
    if (bad) {
        char what[40];
        snprintf(what, sizeof what, "Frame %llu", (unsigned long long)index + 1);
        damaged(scan, index + 1, what);
    }
    return code;
}

static enum bm_code scan_once(const char *path, struct bm_wal_scan *ret_scan,
                              struct bm_fault *fault) {
    struct wal wal = {0};
    uint8_t header[HEADER_BYTES] = {0};
    size_t len;
    enum bm_code code = bm_page_file_open(path, BM_PAGE_FILE_WAL, &wal.file, NULL);
    if (code == BM_NOT_FOUND) return BM_OK;
    if (code) return bm_fault_set(fault, code, "journal", "Cannot read %.200s-wal.", path);
    if (wal.file.size > HEADER_BYTES) {
        wal.frame_count = (wal.file.size - HEADER_BYTES) / FRAME_BYTES;
        code = bm_page_file_read(&wal.file, 0, header, sizeof header, &len, fault);
        if (code == BM_OK && read_header(&wal, header, ret_scan))
            code = walk(&wal, ret_scan, fault);
    }
    bm_page_file_close(&wal.file);
    return code;
}

enum bm_code bm_wal_scan(const char *path, struct bm_wal_scan *ret_scan, struct bm_fault *fault) {
    enum bm_code code = BM_OK;
    /* A server may be writing meanwhile: what looks broken is looked at again. */
    for (int attempt = 0; attempt < 3; attempt++) {
        *ret_scan = (struct bm_wal_scan){0};
        code = scan_once(path, ret_scan, fault);
        if (code || !ret_scan->damaged) return code;
        if (attempt == 2) break;
        bm_wal_scan_free(ret_scan);
        sqlite3_sleep(10);
    }
    return code;
}

void bm_wal_scan_free(struct bm_wal_scan *scan) {
    bm_free(scan->pages);
    scan->pages = NULL;
}

bool bm_wal_scan_has(const struct bm_wal_scan *scan, uint64_t page) {
    for (uint64_t i = 0; scan->pages && i < scan->frames; i++) {
        if (scan->pages[i] == page) return true;
    }
    return false;
}
