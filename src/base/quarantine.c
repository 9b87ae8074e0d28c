#include "base/quarantine.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

struct note {
    char what[BM_QUARANTINE_WORD];
    uint64_t actor, target;
};
struct slot {
    uint8_t digest[16];
    uint32_t crashes;
    int64_t first_at_ms, last_at_ms;
    struct note note;
};
struct page {
    char magic[8];
    volatile uint32_t running; /* 1 while `now` is being decided */
    uint8_t now[16];
    struct note note; /* what it is */
    uint32_t next;    /* slot to reuse: the oldest */
    struct slot slots[BM_QUARANTINE_SLOTS];
};
static const char magic[8] = "BMQUAR2";

struct bm_quarantine {
    struct page *page;
    bool counted; /* what runs has stopped the process before */
    pthread_mutex_t lock; /* of the slots, where another thread than the one that works may look at or change them */
};

static struct slot *slot_of(struct page *page, const uint8_t digest[16]) {
    for (int i = 0; i < BM_QUARANTINE_SLOTS; i++) {
        if (page->slots[i].crashes && memcmp(page->slots[i].digest, digest, 16) == 0)
            return &page->slots[i];
    }
    return NULL;
}

static int64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The command that ran when the last process ended did not end well. */
static void count_crash(struct page *page) {
    struct slot *slot = slot_of(page, page->now);
    if (!slot) {
        slot = &page->slots[page->next++ % BM_QUARANTINE_SLOTS];
        *slot = (struct slot){.first_at_ms = wall_ms()};
        memcpy(slot->digest, page->now, 16);
    }
    slot->crashes++;
    slot->last_at_ms = wall_ms();
    slot->note = page->note;
    slot->note.what[sizeof slot->note.what - 1] = 0;
    page->running = 0;
    bm_log(BM_LOG_WARNING, "command_crashed", "what=%s actor=%" PRIu64 " target=%" PRIu64 " crashes=%u allowed=%d", slot->note.what,
           slot->note.actor, slot->note.target, slot->crashes, BM_QUARANTINE_CRASHES);
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
    (*ret_quarantine)->counted = false;
    pthread_mutex_init(&(*ret_quarantine)->lock, NULL);
    return BM_OK;
}

void bm_quarantine_close(struct bm_quarantine *quarantine) {
    if (!quarantine) return;
    munmap(quarantine->page, sizeof *quarantine->page);
    pthread_mutex_destroy(&quarantine->lock);
    bm_free(quarantine);
}

void bm_quarantine_note(struct bm_quarantine *quarantine, const char *what, uint64_t actor, uint64_t target) {
    struct note *note = &quarantine->page->note;
    snprintf(note->what, sizeof note->what, "%s", what);
    note->actor = actor;
    note->target = target;
}

bool bm_quarantine_begin(struct bm_quarantine *quarantine, const uint8_t digest[16]) {
    struct page *page = quarantine->page;
    const struct slot *slot = slot_of(page, digest);
    if (slot && slot->crashes >= BM_QUARANTINE_CRASHES) return false;
    quarantine->counted = slot;
    memcpy(page->now, digest, 16);
    page->running = 1;
    return true;
}

void bm_quarantine_end(struct bm_quarantine *quarantine) {
    quarantine->page->running = 0;
    if (quarantine->counted) bm_quarantine_forget(quarantine, quarantine->page->now);
    quarantine->counted = false;
}

unsigned bm_quarantine_count(struct bm_quarantine *quarantine) {
    unsigned count = 0;
    pthread_mutex_lock(&quarantine->lock);
    for (int i = 0; i < BM_QUARANTINE_SLOTS; i++) count += quarantine->page->slots[i].crashes >= BM_QUARANTINE_CRASHES;
    pthread_mutex_unlock(&quarantine->lock);
    return count;
}

void bm_quarantine_forget(struct bm_quarantine *quarantine, const uint8_t digest[16]) {
    pthread_mutex_lock(&quarantine->lock);
    struct slot *slot = slot_of(quarantine->page, digest);
    if (slot) *slot = (struct slot){0};
    pthread_mutex_unlock(&quarantine->lock);
}

size_t bm_quarantine_list(struct bm_quarantine *quarantine, struct bm_quarantined *ret_list, size_t most) {
    size_t count = 0;
    pthread_mutex_lock(&quarantine->lock);
    for (int i = 0; i < BM_QUARANTINE_SLOTS && count < most; i++) {
        const struct slot *slot = &quarantine->page->slots[i];
        if (slot->crashes < BM_QUARANTINE_CRASHES) continue;
        struct bm_quarantined *row = &ret_list[count++];
        *row = (struct bm_quarantined){"", slot->note.actor, slot->note.target, slot->first_at_ms, slot->last_at_ms, slot->crashes};
        memcpy(row->what, slot->note.what, sizeof row->what);
    }
    pthread_mutex_unlock(&quarantine->lock);
    return count;
}
