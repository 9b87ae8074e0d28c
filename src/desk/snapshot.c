#include "desk/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/log.h"

enum { HEAD_BYTES = 8 + 8 + 32 + 32 + 8, KEEP = 2, FOUND_MAX = 32 };
static const char magic[8] = "BMSNAP1\n";

static bool write_all(int fd, const void *bytes, size_t len) {
    const uint8_t *at = bytes;
    while (len) {
        ssize_t written = write(fd, at, len);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        at += written;
        len -= (size_t)written;
    }
    return true;
}

static bool sync_folder(const char *dir) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0 && !BM_FAILS(snapshot_folder_sync_io);
    int error = errno;
    if (fd >= 0) close(fd);
    errno = error;
    return synced;
}

/* Seqs of the snapshots in DIR, newest first. */
static size_t find(const char *dir, uint64_t ret_seqs[FOUND_MAX]) {
    size_t count = 0;
    DIR *folder = opendir(dir);
    if (!folder) return 0;
    struct dirent *entry;
    while ((entry = readdir(folder)) && count < FOUND_MAX) {
        char *end;
        if (strncmp(entry->d_name, "snapshot-", 9) != 0) continue;
        uint64_t seq = strtoull(entry->d_name + 9, &end, 10);
        if (*end) continue;
        size_t at = count++;
        for (; at > 0 && ret_seqs[at - 1] < seq; at--) ret_seqs[at] = ret_seqs[at - 1];
        ret_seqs[at] = seq;
    }
    closedir(folder);
    return count;
}

static void path_of(const char *dir, uint64_t seq, char path[560]) {
    snprintf(path, 560, "%s/snapshot-%" PRIu64, dir, seq);
}

static void remove_old(const char *dir) {
    uint64_t seqs[FOUND_MAX];
    size_t count = find(dir, seqs);
    for (size_t i = KEEP; i < count; i++) {
        char path[560];
        path_of(dir, seqs[i], path);
        unlink(path);
    }
}

static void pack(const struct bm_core *core, const struct bm_head *head, struct bm_buf *buf) {
    struct bm_hash digest;
    bm_core_digest(core, &digest);
    bm_buf_add(buf, magic, sizeof magic);
    bm_buf_u64_le(buf, head->seq);
    bm_buf_add(buf, head->hash.bytes, 32);
    bm_buf_add(buf, digest.bytes, 32);
    size_t length_at = buf->len;
    bm_buf_u64_le(buf, 0);
    bm_core_pack(core, buf);
    if (buf->overflow) return;
    uint64_t length = buf->len - HEAD_BYTES;
    memcpy(buf->bytes + length_at, &length, sizeof length);
    struct bm_hash whole;
    bm_hash_of(buf->bytes, buf->len, whole.bytes, 32);
    bm_buf_add(buf, whole.bytes, 32);
}

enum bm_code bm_snapshot_write(const char *dir, const struct bm_core *core,
                               const struct bm_head *head, struct bm_fault *fault) {
    struct bm_buf buf = bm_buf_make(UINT64_C(16) << 30);
    pack(core, head, &buf);
    BM_STEP_DONE(snapshot_packed);
    char path[560], temporary[576];
    path_of(dir, head->seq, path);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    int fd = BM_FAILS(snapshot_open_io) ? -1 : open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) BM_STEP_DONE(snapshot_opened);
    bool ok = fd >= 0 && !buf.overflow && write_all(fd, buf.bytes, buf.len) && !BM_FAILS(snapshot_write_full);
    if (ok) BM_STEP_DONE(snapshot_written);
    ok = ok && fsync(fd) == 0 && !BM_FAILS(snapshot_sync_io);
    if (ok) BM_STEP_DONE(snapshot_synced);
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        error = errno;
        ok = false;
    }
    bool overflow = buf.overflow;
    bm_buf_free(&buf);
    if (ok && (BM_FAILS(snapshot_rename_io) || rename(temporary, path) != 0)) {
        error = errno;
        ok = false;
    }
    if (ok) BM_STEP_DONE(snapshot_renamed);
    /* Before the older ones go, this one's name must last. */
    if (ok && !sync_folder(dir)) {
        error = errno;
        ok = false;
    }
    if (!ok) {
        unlink(temporary);
        return bm_fault_set(fault, error == ENOSPC || error == EDQUOT ? BM_NO_SPACE : BM_IO, NULL,
                            "%s could not be written (%s); the journal is not affected.", path,
                            overflow ? "it is too large" : strerror(error));
    }
    BM_STEP_DONE(snapshot_folder_synced);
    remove_old(dir);
    BM_STEP_DONE(snapshot_old_removed);
    return BM_OK;
}

enum bm_code bm_snapshot_read(const void *bytes, size_t len, struct bm_core **ret_core,
                              struct bm_head *ret_head, struct bm_fault *fault) {
    const uint8_t *at = bytes;
    if (len < HEAD_BYTES + 32 || memcmp(at, magic, sizeof magic) != 0) {
        return bm_fault_set(fault, BM_CORRUPT, NULL, "It is no snapshot of this program.");
    }
    struct bm_hash whole, digest;
    bm_hash_of(bytes, len - 32, whole.bytes, 32);
    uint64_t length;
    memcpy(&length, at + HEAD_BYTES - 8, 8);
    if (memcmp(whole.bytes, at + len - 32, 32) != 0 || length != len - HEAD_BYTES - 32) {
        return bm_fault_set(fault, BM_CORRUPT, NULL,
                            "Its checksum does not fit: it is damaged or cut.");
    }
    struct bm_core *core = bm_core_new();
    enum bm_code code = bm_core_unpack(core, at + HEAD_BYTES, length, fault);
    if (!code) bm_core_digest(core, &digest);
    if (!code && memcmp(digest.bytes, at + 48, 32) != 0) {
        code = bm_fault_set(fault, BM_CORRUPT, NULL,
                            "Its state does not have the digest it names.");
    }
    struct bm_head head;
    memcpy(&head.seq, at + 8, 8);
    memcpy(head.hash.bytes, at + 16, 32);
    if (!code && head.seq != bm_core_seq(core)) {
        code = bm_fault_set(fault, BM_CORRUPT, NULL, "Its state is of another seq than it names.");
    }
    if (code) {
        bm_core_free(core);
        return code;
    }
    *ret_core = core;
    *ret_head = head;
    return BM_OK;
}

static enum bm_code read_file(const char *path, struct bm_core **ret_core, struct bm_head *ret_head,
                              struct bm_fault *fault) {
    int fd = BM_FAILS(snapshot_read_io) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    struct stat found;
    if (fd < 0 || fstat(fd, &found) != 0 || found.st_size <= 0) {
        if (fd >= 0) close(fd);
        return bm_fault_set(fault, BM_IO, NULL, "It cannot be read.");
    }
    void *bytes = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) return bm_fault_set(fault, BM_IO, NULL, "It cannot be mapped.");
    enum bm_code code = bm_snapshot_read(bytes, (size_t)found.st_size, ret_core, ret_head, fault);
    munmap(bytes, (size_t)found.st_size);
    return code;
}

struct looking {
    struct bm_head head;
    bool matches;
};

static bool same_hash(void *context, const struct bm_row *row) {
    struct looking *looking = context;
    looking->matches = row->seq == looking->head.seq &&
                       memcmp(row->hash.bytes, looking->head.hash.bytes, 32) == 0;
    return false;
}

static enum bm_code check_journal(struct bm_reader *reader, const struct bm_head *head, struct bm_fault *fault) {
    struct looking looking = {*head, false};
    enum bm_code code = bm_reader_follow(reader, head->seq - 1, same_hash, &looking, fault);
    if (code || looking.matches) return code;
    return bm_fault_set(fault, BM_CONFLICT, NULL, "The journal has another event at its seq.");
}

enum bm_code bm_snapshot_load(const char *dir, struct bm_reader *reader, struct bm_core **ret_core,
                              struct bm_head *ret_head, struct bm_fault *fault) {
    uint64_t seqs[FOUND_MAX];
    size_t count = find(dir, seqs);
    for (size_t i = 0; i < count; i++) {
        char path[560];
        struct bm_core *core;
        struct bm_head head;
        path_of(dir, seqs[i], path);
        enum bm_code code = read_file(path, &core, &head, fault);
        bool read = !code;
        if (read) code = check_journal(reader, &head, fault);
        if (read && code) bm_core_free(core);
        if (!code) {
            *ret_core = core;
            *ret_head = head;
            BM_STEP_DONE(snapshot_loaded);
            return BM_OK;
        }
        bm_log(BM_LOG_WARNING, "snapshot_passed_over", "seq=%" PRIu64 " code=%s reason=\"%s\"",
               seqs[i], bm_code_word(code), fault->detail);
    }
    return bm_fault_set(fault, BM_NOT_FOUND, NULL, "There is no usable snapshot.");
}

/* --- the worker's own replay ------------------------------------------------------------------ */

struct building {
    struct bm_core *core;
    uint64_t until;
    enum bm_code code;
    struct bm_fault fault;
};

static bool build_row(void *context, const struct bm_row *row) {
    struct building *building = context;
    if (row->seq > building->until) return false;
    struct bm_event event;
    building->code = bm_row_event(row, &event, &building->fault);
    if (building->code) return false;
    bm_core_apply(building->core, &event);
    bm_event_release(&event);
    if (row->seq % 4096 == 0) bm_core_take_changes(building->core, NULL, NULL);
    return true;
}

enum bm_code bm_snapshot_make(const char *dir, const struct bm_head *head,
                              const struct bm_hash *digest, struct bm_fault *fault) {
    struct bm_reader *reader;
    struct bm_head from;
    struct building building = {.until = head->seq};
    enum bm_code code = bm_reader_open_dir(dir, &reader, fault);
    if (code) return code;
    if (bm_snapshot_load(dir, reader, &building.core, &from, fault) != BM_OK)
        building.core = bm_core_new();
    uint64_t begin = bm_core_seq(building.core);
    code = bm_reader_follow(reader, begin, build_row, &building, fault);
    bm_reader_close(reader);
    if (!code && building.code) {
        code = building.code;
        *fault = building.fault;
    }
    struct bm_hash own;
    bm_core_take_changes(building.core, NULL, NULL);
    bm_core_digest(building.core, &own);
    if (!code && memcmp(own.bytes, digest->bytes, 32) != 0) {
        code = bm_fault_set(fault, BM_CONFLICT, "digest",
                            "Replaying the journal to seq %" PRIu64
                            " gives another state than the live one.",
                            head->seq);
    }
    if (!code) code = bm_snapshot_write(dir, building.core, head, fault);
    bm_core_free(building.core);
    return code;
}
