/* Files built into the program: the page, and what it needs (made by tools/embed.py from web/dist). */
#ifndef BM_API_ASSETS_H
#define BM_API_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct bm_asset {
    const char *name; /* "app.js" */
    const char *type; /* MIME type */
    const uint8_t *bytes;
    size_t len;
};
extern const struct bm_asset bm_assets[];
extern const size_t bm_asset_count;

#endif
