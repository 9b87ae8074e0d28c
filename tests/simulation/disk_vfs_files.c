#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "disk_vfs_private.h"

enum { SECTOR_BYTES = 512 };

/* --- draws ------------------------------------------------------------------------------------ */

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t bm_disk_draw(struct bm_disk *disk) {
    uint64_t z = disk->draw_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t bm_disk_draw_below(struct bm_disk *disk, uint64_t bound) {
    return bm_disk_draw(disk) % bound;
}

/* --- images ----------------------------------------------------------------------------------- */

static void image_resize(struct bm_disk_image *image, size_t len) {
    if (len > image->cap) {
        image->cap = len > 2 * image->cap ? len : 2 * image->cap;
        image->bytes = bm_realloc(image->bytes, image->cap);
    }
    if (len > image->len) memset(image->bytes + image->len, 0, len - image->len);
    image->len = len;
}

static void image_write(struct bm_disk_image *image, size_t offset, const void *bytes, size_t len) {
    if (len == 0) return;
    if (offset + len > image->len) image_resize(image, offset + len);
    memcpy(image->bytes + offset, bytes, len);
}

static void image_copy(struct bm_disk_image *image, const struct bm_disk_image *from) {
    image_resize(image, 0);
    image_write(image, 0, from->bytes, from->len);
}

static void apply_step(struct bm_disk_image *image, const struct bm_disk_step *step) {
    if (step->bytes)
        image_write(image, step->offset, step->bytes, step->len);
    else
        image_resize(image, step->offset);
}

/* Applies only some of the sectors a write covers. */
static void apply_torn(struct bm_disk *disk, struct bm_disk_image *image,
                       const struct bm_disk_step *step) {
    bool from_front = bm_disk_draw_below(disk, 2);
    size_t end = step->offset + step->len;
    for (size_t at = step->offset; at < end;) {
        size_t past = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
        if (past > end) past = end;
        bool keep = bm_disk_draw_below(disk, 2);
        if (!keep && from_front) return;
        if (keep) image_write(image, at, step->bytes + (at - step->offset), past - at);
        at = past;
    }
}

/* --- nodes and names -------------------------------------------------------------------------- */

static void drop_steps(struct bm_disk_node *node) {
    while (node->steps) {
        struct bm_disk_step *step = node->steps;
        node->steps = step->next;
        bm_free(step->bytes);
        bm_free(step);
    }
    node->steps_end = &node->steps;
}

static struct bm_disk_node *node_new(struct bm_disk *disk) {
    struct bm_disk_node *node = bm_alloc_zero(1, sizeof *node);
    node->steps_end = &node->steps;
    node->next = disk->nodes;
    disk->nodes = node;
    return node;
}

struct bm_disk_node *bm_disk_node_hold(struct bm_disk_node *node) {
    if (node) node->users++;
    return node;
}

void bm_disk_node_release(struct bm_disk *disk, struct bm_disk_node *node) {
    if (!node || --node->users > 0) return;
    BM_CHECK(!node->handles);
    for (struct bm_disk_node **at = &disk->nodes; *at; at = &(*at)->next) {
        if (*at != node) continue;
        *at = node->next;
        break;
    }
    drop_steps(node);
    bm_free(node->now.bytes);
    bm_free(node->durable.bytes);
    bm_free(node);
}

struct bm_disk_name *bm_disk_find_name(const struct bm_disk *disk, const char *path) {
    for (struct bm_disk_name *name = disk->names; name; name = name->next) {
        if (strcmp(name->path, path) == 0) return name;
    }
    return NULL;
}

struct bm_disk_node *bm_disk_find_node(const struct bm_disk *disk, const char *path) {
    const struct bm_disk_name *name = bm_disk_find_name(disk, path);
    return name ? name->now : NULL;
}

void bm_disk_link(struct bm_disk *disk, struct bm_disk_node **link, struct bm_disk_node *node) {
    bm_disk_node_hold(node);
    bm_disk_node_release(disk, *link);
    *link = node;
}

struct bm_disk_node *bm_disk_make_file(struct bm_disk *disk, const char *path) {
    struct bm_disk_node *node = node_new(disk);
    if (!path) return node;
    struct bm_disk_name *name = bm_disk_find_name(disk, path);
    if (!name) {
        name = bm_alloc_zero(1, sizeof *name);
        name->path = bm_text_copy(path);
        /* At the end, so that order does not depend on anything but what was done. */
        struct bm_disk_name **at = &disk->names;
        while (*at) at = &(*at)->next;
        *at = name;
    }
    bm_disk_link(disk, &name->now, node);
    return node;
}

void bm_disk_add_step(struct bm_disk_node *node, size_t offset, const void *bytes, size_t len) {
    struct bm_disk_step *step = bm_alloc(sizeof *step);
    *step = (struct bm_disk_step){.offset = offset, .len = len};
    if (bytes) step->bytes = memcpy(bm_alloc(len), bytes, len);
    *node->steps_end = step;
    node->steps_end = &step->next;
    node->unshown = true;
    apply_step(&node->now, step);
}

void bm_disk_sync_file(struct bm_disk *disk, struct bm_disk_node *node) {
    for (const struct bm_disk_step *step = node->steps; step; step = step->next) {
        apply_step(&node->durable, step);
    }
    drop_steps(node);
    for (struct bm_disk_name *name = disk->names; name; name = name->next) {
        if (name->now == node) bm_disk_link(disk, &name->durable, node);
    }
}

void bm_disk_sync_folder(struct bm_disk *disk, const char *path) {
    const char *slash = strrchr(path, '/');
    size_t prefix = slash ? (size_t)(slash - path) + 1 : 0;
    for (struct bm_disk_name *name = disk->names; name; name = name->next) {
        bool inside = strncmp(name->path, path, prefix) == 0 && !strchr(name->path + prefix, '/');
        if (inside) bm_disk_link(disk, &name->durable, name->now);
    }
}

/* --- the attached folder ---------------------------------------------------------------------- */

static bool is_attached(const struct bm_disk *disk, const char *path) {
    return disk->attached && strncmp(path, disk->attached, strlen(disk->attached)) == 0;
}

void bm_disk_show(struct bm_disk *disk, struct bm_disk_name *name) {
    struct bm_disk_node *node = name->now;
    if (!is_attached(disk, name->path) || (node && !node->unshown)) return;
    if (!node) {
        BM_CHECK(unlink(name->path) == 0 || errno == ENOENT);
        return;
    }
    FILE *file = fopen(name->path, "wb");
    BM_CHECK(file);
    if (node->now.len) BM_CHECK(fwrite(node->now.bytes, 1, node->now.len, file) == node->now.len);
    BM_CHECK(fclose(file) == 0);
    BM_CHECK(stat(name->path, &node->shown) == 0);
    node->unshown = false;
}

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void bm_disk_look(struct bm_disk *disk, const char *path) {
    struct bm_disk_node *node = bm_disk_find_node(disk, path);
    if (!is_attached(disk, path) || (node && (node->handles || node->unshown))) return;
    struct stat real;
    bool there = stat(path, &real) == 0;
    if (there && node && same_file(&real, &node->shown)) return;
    if (node) {
        struct bm_disk_name *name = bm_disk_find_name(disk, path);
        bm_disk_link(disk, &name->now, NULL);
        bm_disk_link(disk, &name->durable, NULL);
    }
    if (!there) return;
    node = bm_disk_make_file(disk, path);
    image_resize(&node->now, (size_t)real.st_size);
    FILE *file = fopen(path, "rb");
    BM_CHECK(file);
    BM_CHECK(fread(node->now.bytes, 1, node->now.len, file) == node->now.len);
    fclose(file);
    node->shown = real;
    image_copy(&node->durable, &node->now);
    bm_disk_link(disk, &bm_disk_find_name(disk, path)->durable, node);
}

void bm_disk_attach(struct bm_disk *disk, const char *dir) {
    bm_free(disk->attached);
    disk->attached = NULL;
    if (!dir) return;
    size_t bytes = strlen(dir) + 2;
    disk->attached = bm_alloc(bytes);
    snprintf(disk->attached, bytes, "%s/", dir);
}

/* --- losing power ----------------------------------------------------------------------------- */

/* Makes `durable` what a power cut leaves of the file. */
static void damage_node(struct bm_disk *disk, struct bm_disk_node *node,
                        enum bm_disk_damage damage) {
    uint64_t count = 0;
    for (const struct bm_disk_step *step = node->steps; step; step = step->next) count++;
    if (damage != BM_DISK_DROP_UNSYNCED && count > 0) {
        bool prefix = damage == BM_DISK_KEEP_PREFIX;
        uint64_t kept = bm_disk_draw_below(disk, count + 1), torn = bm_disk_draw_below(disk, count),
                 at = 0;
        uint64_t share = bm_disk_draw_below(disk, 5); /* of 4: how much survives */
        for (const struct bm_disk_step *step = node->steps; step; step = step->next, at++) {
            bool keep = prefix ? at < kept : bm_disk_draw_below(disk, 4) < share || at == torn;
            if (!keep) continue;
            if (!prefix && at == torn && step->bytes)
                apply_torn(disk, &node->durable, step);
            else
                apply_step(&node->durable, step);
        }
    }
    drop_steps(node);
    image_copy(&node->now, &node->durable);
    node->unshown = true;
}

void bm_disk_crash(struct bm_disk *disk, enum bm_disk_damage damage) {
    if (damage == BM_DISK_DRAWN)
        damage = (enum bm_disk_damage)bm_disk_draw_below(disk, BM_DISK_DRAWN);
    disk->life++;
    disk->crashes++;
    disk->crashes_by[damage]++;
    disk->crash_in = 0;
    memset(disk->fail, 0, sizeof disk->fail);
    for (struct bm_disk_name *name = disk->names; name && damage != BM_DISK_KEEP_ALL; name = name->next) {
        bool change = damage != BM_DISK_DROP_UNSYNCED && bm_disk_draw_below(disk, 2);
        if (change)
            bm_disk_link(disk, &name->durable, name->now);
        else
            bm_disk_link(disk, &name->now, name->durable);
    }
    for (struct bm_disk_name *name = disk->names; name && damage != BM_DISK_KEEP_ALL; name = name->next) {
        if (name->now) damage_node(disk, name->now, damage);
    }
    /* The dead hold no locks and no index.  Nodes without a name are kept by dead handles only. */
    for (struct bm_disk_node *node = disk->nodes; node; node = node->next) {
        node->handles = NULL;
        node->shm = NULL;
    }
    for (struct bm_disk_name *name = disk->names; name; name = name->next) bm_disk_show(disk, name);
}

void bm_disk_crash_at(struct bm_disk *disk, uint64_t steps, enum bm_disk_damage damage) {
    disk->crash_in = steps;
    disk->crash_damage = damage;
}

uint64_t bm_disk_crashes(const struct bm_disk *disk) {
    return disk->crashes;
}

uint64_t bm_disk_crashes_by(const struct bm_disk *disk, enum bm_disk_damage damage) {
    return disk->crashes_by[damage];
}

uint64_t bm_disk_steps(const struct bm_disk *disk) {
    return disk->steps;
}

bool bm_disk_power_gone(struct bm_disk *disk) {
    disk->steps++;
    if (disk->crash_in == 0 || --disk->crash_in > 0) return false;
    bm_disk_crash(disk, disk->crash_damage);
    return true;
}

/* --- other faults ----------------------------------------------------------------------------- */

void bm_disk_fail(struct bm_disk *disk, enum bm_disk_call call, uint64_t nth, bool lasting) {
    disk->fail[call] = (struct bm_disk_order){.left = nth, .lasting = lasting};
    disk->failed = false;
}

bool bm_disk_failed(const struct bm_disk *disk) {
    return disk->failed;
}

bool bm_disk_fails(struct bm_disk *disk, enum bm_disk_call call) {
    struct bm_disk_order *order = &disk->fail[call];
    if (order->left == 0) return false;
    if (order->left > 1) {
        order->left--;
        return false;
    }
    if (!order->lasting) order->left = 0;
    disk->failed = true;
    return true;
}

void bm_disk_set_space(struct bm_disk *disk, uint64_t bytes) {
    disk->space = bytes;
}

uint64_t bm_disk_used(const struct bm_disk *disk) {
    uint64_t used = 0;
    for (const struct bm_disk_node *node = disk->nodes; node; node = node->next)
        used += node->now.len;
    return used;
}
