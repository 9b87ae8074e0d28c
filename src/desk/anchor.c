#include "desk/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"

struct note {
    char boot[BM_BOOT_TEXT + 3]; /* no gaps to hash */
    uint64_t number;             /* the higher of the two is the newer */
    int64_t now_ms, wall_ms, followed_us, boot_ns;
    uint8_t check[16]; /* over all before: a process may end in the middle of a note */
};
_Static_assert(sizeof(struct note) == 40 + 5 * 8 + 16, "no gaps to hash");

/* Written in turn, so that the other one stays whole. */
struct page {
    struct note notes[2];
};

struct bm_time_anchor {
    struct page *page;
    uint64_t number;
    char boot[BM_BOOT_TEXT];
};

static void check_of(const struct note *note, uint8_t ret_check[16]) {
    bm_hash_of(note, offsetof(struct note, check), ret_check, 16);
}

static bool is_whole(const struct note *note) {
    uint8_t check[16];
    check_of(note, check);
    return note->number > 0 && memcmp(check, note->check, sizeof check) == 0;
}

static const struct note *newest(const struct page *page) {
    const struct note *a = is_whole(&page->notes[0]) ? &page->notes[0] : NULL;
    const struct note *b = is_whole(&page->notes[1]) ? &page->notes[1] : NULL;
    if (!a || !b) return a ? a : b;
    return a->number > b->number ? a : b;
}

bool bm_boot_id(char ret_id[BM_BOOT_TEXT]) {
    const char *given = getenv("BELLMAN_BOOT_ID");
    char text[BM_BOOT_TEXT] = "";
    if (given) {
        snprintf(text, sizeof text, "%s", given);
    } else {
        FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
        if (file && !fgets(text, sizeof text, file)) text[0] = 0;
        if (file) fclose(file);
    }
    text[strcspn(text, "\n")] = 0;
    memcpy(ret_id, text, sizeof text);
    return text[0] != 0;
}

int64_t bm_boot_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

enum bm_code bm_time_anchor_open(const char *path, const char *boot_id, struct bm_time_anchor **ret_anchor, struct bm_fault *fault) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    /* Space is taken at once: a page of a mapped file that finds none ends the process. */
    int wrong = fd < 0 ? errno : ftruncate(fd, sizeof(struct page)) != 0 ? errno : posix_fallocate(fd, 0, sizeof(struct page));
    struct page *page = wrong ? MAP_FAILED : mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!wrong && page == MAP_FAILED) wrong = errno;
    if (fd >= 0) close(fd);
    if (wrong) return bm_fault_set(fault, BM_IO, NULL, "%s cannot be mapped: %s.", path, strerror(wrong));
    struct bm_time_anchor *anchor = *ret_anchor = bm_alloc_zero(1, sizeof *anchor);
    const struct note *note = newest(page);
    anchor->page = page;
    anchor->number = note ? note->number : 0;
    snprintf(anchor->boot, sizeof anchor->boot, "%s", boot_id);
    return BM_OK;
}

void bm_time_anchor_close(struct bm_time_anchor *anchor) {
    if (!anchor) return;
    munmap(anchor->page, sizeof *anchor->page);
    bm_free(anchor);
}

void bm_time_anchor_put(struct bm_time_anchor *anchor, const struct bm_desk_time *time, int64_t boot_ns) {
    struct note note = {.number = ++anchor->number, .now_ms = time->now_ms, .wall_ms = time->wall_ms, .followed_us = time->followed_us,
                        .boot_ns = boot_ns};
    memcpy(note.boot, anchor->boot, sizeof anchor->boot);
    check_of(&note, note.check);
    memcpy(&anchor->page->notes[note.number % 2], &note, sizeof note);
}

bool bm_time_anchor_get(const struct bm_time_anchor *anchor, int64_t mono_ns, int64_t boot_ns, struct bm_desk_time *ret_time) {
    const struct note *note = newest(anchor->page);
    if (!note || strcmp(note->boot, anchor->boot) != 0 || boot_ns < note->boot_ns) return false;
    *ret_time = (struct bm_desk_time){true, note->now_ms, note->wall_ms, mono_ns - (boot_ns - note->boot_ns), note->followed_us};
    return true;
}
