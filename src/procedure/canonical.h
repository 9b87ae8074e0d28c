/* The canonical form of a file: JSON with sorted keys, no white space, whole numbers only; and its
 * hash.
 *
 * JSON is YAML: what is written here reads back through bm_yaml_read into the same tree but for the
 * order of keys, and so gives the same bytes and the same hash.  Texts stay texts, but for the keys
 * of the schema that count something (version, amount, max, limit, times, people, returns): these
 * become numbers where they are whole ones. The hash is BLAKE2b-256, as everywhere in the journal
 * (base/hash.h). */
#ifndef BM_PROCEDURE_CANONICAL_H
#define BM_PROCEDURE_CANONICAL_H

#include "base/buf.h"
#include "base/hash.h"
#include "procedure/yaml.h"

/* Appends the JSON; buf->overflow as said in base/buf.h.  O(nodes log keys). */
void bm_canonical_write(const struct bm_yaml_node *root, struct bm_buf *buf);
/* BM_TOO_LONG when the canonical form would pass BM_YAML_BYTES_MAX, which no reader would take
 * back. */
BM_MUST_USE enum bm_code bm_canonical_hash(const struct bm_yaml_node *root,
                                           struct bm_hash *ret_hash, struct bm_fault *fault);

#endif
