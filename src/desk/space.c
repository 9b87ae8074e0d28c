#include "desk/space.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"

static void ballast_path(const struct bm_space_watch *watch, char path[560]) {
    snprintf(path, 560, "%s/ballast", watch->dir);
}

static bool look(struct bm_space_watch *watch) {
    struct statvfs found;
    if (statvfs(watch->dir, &found) != 0) return false;
    watch->free_bytes = (uint64_t)found.f_bavail * found.f_frsize;
    return true;
}

static void make_ballast(struct bm_space_watch *watch) {
    char path[560];
    ballast_path(watch, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    watch->has_ballast = posix_fallocate(fd, 0, (off_t)watch->ballast_bytes) == 0;
    close(fd);
    if (!watch->has_ballast) unlink(path);
}

static void give_up_ballast(struct bm_space_watch *watch) {
    char path[560];
    ballast_path(watch, path);
    if (unlink(path) == 0) {
        bm_log(BM_LOG_WARNING, "ballast_given_up", "free_bytes=%" PRIu64, watch->free_bytes);
    }
    watch->has_ballast = false;
}

struct bm_space_watch bm_space_watch(const char *dir, uint64_t low_bytes, uint64_t out_bytes,
                                     uint64_t ballast_bytes) {
    struct bm_space_watch watch = {
        .low_bytes = low_bytes, .out_bytes = out_bytes, .ballast_bytes = ballast_bytes};
    snprintf(watch.dir, sizeof watch.dir, "%s", dir);
    char path[560];
    struct stat found;
    ballast_path(&watch, path);
    /* A power cut may leave its name and nothing of its bytes: such a ballast holds nothing back and is made again. */
    watch.has_ballast = stat(path, &found) == 0 && (uint64_t)found.st_size >= ballast_bytes;
    return watch;
}

void bm_space_before_opening(const char *dir, uint64_t low_bytes) {
    struct bm_space_watch watch = bm_space_watch(dir, low_bytes ? low_bytes : BM_SPACE_LOW_BYTES, 0,
                                                 0);
    if (look(&watch) && watch.has_ballast && watch.free_bytes < watch.low_bytes)
        give_up_ballast(&watch);
}

enum bm_space bm_space_look(struct bm_space_watch *watch) {
    if (!look(watch)) return BM_SPACE_FINE;
    if (watch->free_bytes < watch->low_bytes && watch->has_ballast) {
        give_up_ballast(watch);
        look(watch);
        /* What was just freed is for emergencies: ordinary work stays refused. */
        return watch->free_bytes < watch->out_bytes ? BM_SPACE_OUT : BM_SPACE_LOW;
    }
    uint64_t wanted = watch->low_bytes + watch->ballast_bytes;
    if (!watch->has_ballast && watch->free_bytes > wanted + wanted / 4) {
        make_ballast(watch);
        look(watch);
    }
    if (watch->free_bytes < watch->out_bytes) return BM_SPACE_OUT;
    bool low = watch->free_bytes < watch->low_bytes ||
               (!watch->has_ballast && watch->free_bytes < wanted);
    return low ? BM_SPACE_LOW : BM_SPACE_FINE;
}
