/* Room on the disk.  A ballast file holds space back; when free space falls below the floor it is given up,
 * so that the desk can go on taking emergencies while ordinary work is refused; when space returns it is
 * made again. */
#ifndef BM_DESK_SPACE_H
#define BM_DESK_SPACE_H

#include "desk/desk.h"

#define BM_SPACE_LOW_BYTES (UINT64_C(64) << 20) /* unless somebody says otherwise */

struct bm_space_watch {
    char dir[512];
    uint64_t low_bytes, out_bytes, ballast_bytes;
    bool has_ballast;
    uint64_t free_bytes; /* at the last look */
};

/* Makes the ballast file when there is room for it. */
struct bm_space_watch bm_space_watch(const char *dir, uint64_t low_bytes, uint64_t out_bytes,
                                     uint64_t ballast_bytes);
/* Before the record is opened: opening it needs some room, and on a full disk the ballast is what there is.
 * 0: BM_SPACE_LOW_BYTES. */
void bm_space_before_opening(const char *dir, uint64_t low_bytes);
/* Looks (one statvfs), gives up or makes the ballast.  A few microseconds, but for making it. */
enum bm_space bm_space_look(struct bm_space_watch *watch);

#endif
