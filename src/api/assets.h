/* Files built into the program: the page, and what it needs (made by tools/embed.py from web/dist).
 */
#ifndef BM_API_ASSETS_H
#define BM_API_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bm_asset {
    const char *name; /* "app.js" */
    const char *type; /* MIME type */
    const char *etag; /* of the content, with its quotation marks */
    bool fixed;       /* the name changes with the content: may be kept for ever */
    const uint8_t *bytes;
    size_t len;
    const uint8_t *packed; /* the same, as gzip */
    size_t packed_len;     /* 0: not packed */
};
extern const struct bm_asset bm_assets[];
extern const size_t bm_asset_count;

#endif
