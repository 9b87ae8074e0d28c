#include "desk/quarantine.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

enum { SLOTS = 64, CRASHES_ALLOWED = 2 };

struct slot {
    uint8_t digest[16];
    uint32_t crashes;
};
struct page {
    char magic[8];
    volatile uint32_t running; /* 1 while `now` is being decided */
    uint8_t now[16];
    uint32_t next; /* slot to reuse: the oldest */
    struct slot slots[SLOTS];
};
static const char magic[8] = "BMQUAR1";

struct bm_quarantine {
    struct page *page;
};

static struct slot *slot_of(struct page *page, const uint8_t digest[16]) {
    for (int i = 0; i < SLOTS; i++) {
        if (page->slots[i].crashes && memcmp(page->slots[i].digest, digest, 16) == 0)
            return &page->slots[i];
    }
    return NULL;
}

/* The command that ran when the last process ended did not end well. */
static void count_crash(struct page *page) {
    struct slot *slot = slot_of(page, page->now);
    if (!slot) {
        slot = &page->slots[page->next++ % SLOTS];
        *slot = (struct slot){0};
        memcpy(slot->digest, page->now, 16);
    }
    slot->crashes++;
    page->running = 0;
    bm_log(BM_LOG_WARNING, "command_crashed", "crashes=%u allowed=%d", slot->crashes,
           CRASHES_ALLOWED);
}

enum bm_code bm_quarantine_open(const char *path, struct bm_quarantine **ret_quarantine,
                                struct bm_fault *fault) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat found;
    if (fd < 0 || fstat(fd, &found) != 0 || ftruncate(fd, sizeof(struct page)) != 0) {
        if (fd >= 0) close(fd);
        return bm_fault_set(fault, BM_IO, NULL, "%s cannot be opened for writing.", path);
    }
    struct page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED) return bm_fault_set(fault, BM_IO, NULL, "%s cannot be mapped.", path);
    bool known = found.st_size == sizeof *page && memcmp(page->magic, magic, sizeof magic) == 0;
    if (!known) {
        if (found.st_size) bm_log(BM_LOG_WARNING, "quarantine_reset", "reason=\"another form\"");
        memset(page, 0, sizeof *page);
        memcpy(page->magic, magic, sizeof magic);
    }
    if (page->running) count_crash(page);
    *ret_quarantine = bm_alloc(sizeof **ret_quarantine);
    (*ret_quarantine)->page = page;
    return BM_OK;
}

void bm_quarantine_close(struct bm_quarantine *quarantine) {
    if (!quarantine) return;
    munmap(quarantine->page, sizeof *quarantine->page);
    bm_free(quarantine);
}

bool bm_quarantine_begin(struct bm_quarantine *quarantine, const uint8_t digest[16]) {
    struct page *page = quarantine->page;
    const struct slot *slot = slot_of(page, digest);
    if (slot && slot->crashes >= CRASHES_ALLOWED) return false;
    memcpy(page->now, digest, 16);
    page->running = 1;
    return true;
}

void bm_quarantine_end(struct bm_quarantine *quarantine) {
    quarantine->page->running = 0;
}

unsigned bm_quarantine_count(const struct bm_quarantine *quarantine) {
    unsigned count = 0;
    for (int i = 0; i < SLOTS; i++) count += quarantine->page->slots[i].crashes >= CRASHES_ALLOWED;
    return count;
}
