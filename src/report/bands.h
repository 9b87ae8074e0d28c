/* What measures are held against: so many percent within so long, who says so, and how sure that is.
 *
 * A desk's own bands are records of it.  The presets are what standards and practice say as far as it could be read; no
 * number of them is law here or anywhere: each names its source and how sure it is, and a desk checks with its counsel
 * before it promises one. */
#ifndef BM_REPORT_BANDS_H
#define BM_REPORT_BANDS_H

#include "core/entity.h"

/* "true" or "false" when `within` of `all` reach the band's percentage or do not; "null" when nothing was measured, or when the
 * band asks for no share. */
const char *bm_band_held(const struct bm_band *band, uint64_t within, uint64_t all);
/* Writes [{"measure","most_ms","percent",..}] of those whose measure is in `measures` (bits). */
void bm_bands_write(const struct bm_band *bands, size_t count, uint32_t measures, struct bm_buf *buf);

/* The presets; `name` says whose set a band belongs to. */
size_t bm_band_presets(const struct bm_band **ret_bands);

#endif
