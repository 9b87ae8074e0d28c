#include "report/zip.h"

#include <string.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/check.h"

enum { LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50, NEEDS = 20, DEFLATED = 8, UTF8_NAMES = 0x0800, FIRST_DAY = 0x0021 };

static void put(struct bm_buf *out, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) bm_buf_byte(out, (uint8_t)(value >> (8 * i)));
}

struct packed {
    uint8_t *bytes;
    uint32_t len, crc, at;
};

static struct packed pack(const struct bm_zip_file *file) {
    z_stream stream = {0};
    /* -15: no header of its own, as zip wants it */
    BM_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t most = deflateBound(&stream, file->len);
    struct packed packed = {.bytes = bm_alloc(most), .crc = (uint32_t)crc32_z(0, file->bytes, file->len)};
    stream.next_in = (Bytef *)(uintptr_t)file->bytes;
    stream.avail_in = (uInt)file->len;
    stream.next_out = packed.bytes;
    stream.avail_out = (uInt)most;
    BM_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.len = (uint32_t)stream.total_out;
    deflateEnd(&stream);
    return packed;
}

/* What a file's header and its line in the directory have in common. */
static void put_file(struct bm_buf *out, const struct bm_zip_file *file, const struct packed *packed) {
    put(out, NEEDS, 2);
    put(out, UTF8_NAMES, 2);
    put(out, DEFLATED, 2);
    put(out, 0, 2);
    put(out, FIRST_DAY, 2);
    put(out, packed->crc, 4);
    put(out, packed->len, 4);
    put(out, (uint32_t)file->len, 4);
    put(out, (uint32_t)strlen(file->name), 2);
    put(out, 0, 2);
}

void bm_zip_write(const struct bm_zip_file *files, size_t count, struct bm_buf *out) {
    struct packed packed[BM_ZIP_FILES_MAX];
    BM_CHECK(count <= BM_ZIP_FILES_MAX);
    size_t began = out->len;
    for (size_t i = 0; i < count; i++) {
        BM_CHECK(files[i].len < INT32_MAX);
        packed[i] = pack(&files[i]);
        packed[i].at = (uint32_t)(out->len - began);
        put(out, LOCAL, 4);
        put_file(out, &files[i], &packed[i]);
        bm_buf_text(out, files[i].name);
        bm_buf_add(out, packed[i].bytes, packed[i].len);
        bm_free(packed[i].bytes);
    }
    size_t directory = out->len;
    for (size_t i = 0; i < count; i++) {
        put(out, CENTRAL, 4);
        put(out, NEEDS, 2);
        put_file(out, &files[i], &packed[i]);
        put(out, 0, 2); /* no comment, first disk, no attributes */
        put(out, 0, 2);
        put(out, 0, 2);
        put(out, 0, 4);
        put(out, packed[i].at, 4);
        bm_buf_text(out, files[i].name);
    }
    uint32_t len = (uint32_t)(out->len - directory);
    put(out, END, 4);
    put(out, 0, 4);
    put(out, (uint32_t)count, 2);
    put(out, (uint32_t)count, 2);
    put(out, len, 4);
    put(out, (uint32_t)(directory - began), 4);
    put(out, 0, 2);
}
