/* YAML 1.2 under a strict profile: text -> a tree of mappings, lists and texts, each with its
 * place.
 *
 *   one document; block or flow style; keys are plain texts, each once; nothing is typed here:
 * `no`, `014` and `12:30` are the texts as written, and quoted or not means the same.
 *
 * Refused, with line, column and the mend: anchors, aliases, tags, merge keys (<<), directives
 * (%YAML, %TAG, any), tabs beside "? " keys, complex or missing keys, keys said twice (compared as decoded), a second
 * document, an empty file, control characters (written or escaped; only tab and line ends stand),
 * bytes that are no UTF-8 (overlong ones too), and everything past the maxima below.  A byte order
 * mark at the very start and lines that end with CR LF are accepted.
 *
 * libfyaml 0.7.12 splits the text into events; it accepts overlong UTF-8, control characters, keys
 * said twice, anchors, a hundred thousand levels: all of these are judged here, before or beside
 * it.  When it refuses some texts it forgets a few kilobytes (found by fuzzing), so whoever reads
 * files from outside bounds how often.  Pure: reads bytes, prints nothing.  O(bytes) but for
 * mappings, which compare each key with those before it. */
#ifndef BM_PROCEDURE_YAML_H
#define BM_PROCEDURE_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "procedure/findings.h"

enum {
    BM_YAML_BYTES_MAX = 1024 * 1024,
    BM_YAML_DEPTH_MAX = 32,      /* mappings and lists within each other */
    BM_YAML_NODES_MAX = 65536,   /* keys count too */
    BM_YAML_KEYS_MAX = 1024,     /* of one mapping */
    BM_YAML_KEY_BYTES_MAX = 256, /* of one key */
    BM_YAML_TEXT_BYTES_MAX = 64 * 1024
};

enum bm_yaml_kind { BM_YAML_TEXT, BM_YAML_LIST, BM_YAML_MAP };

/* Immutable; owned by the tree. */
struct bm_yaml_node {
    enum bm_yaml_kind kind;
    struct bm_mark at; /* a quoted text's opening quote, a block's first entry, a flow's bracket */
    const char *text;  /* a text, decoded, without NUL inside; NULL for mappings and lists */
    const char *key;   /* in a mapping: the key under which it stands; else NULL */
    struct bm_mark key_at;            /* of the key */
    uint32_t count;                   /* of children */
    const struct bm_yaml_node *first; /* children in the order of the file */
    const struct bm_yaml_node *next;  /* the next child of the same parent */
};

struct bm_yaml;

/* Reads a file with a mapping at its top.  On refusal one finding (check 1) is added and its code
 * returned: BM_TOO_LONG past a maximum, else BM_BAD_FORMAT.  The tree is the caller's
 * (bm_yaml_free); `bytes` may go. */
BM_MUST_USE enum bm_code bm_yaml_read(const void *bytes, size_t len, struct bm_findings *findings,
                                      struct bm_yaml **ret_yaml);
/* The same with a list or a text at the top allowed, too: so the outside suite can be compared as a
 * whole. */
BM_MUST_USE enum bm_code bm_yaml_read_any(const void *bytes, size_t len,
                                          struct bm_findings *findings, struct bm_yaml **ret_yaml);
void bm_yaml_free(struct bm_yaml *yaml); /* NULL is fine */
const struct bm_yaml_node *bm_yaml_root(const struct bm_yaml *yaml);
/* The value under `key` of a mapping; NULL when there is none, or `map` is no mapping. */
const struct bm_yaml_node *bm_yaml_get(const struct bm_yaml_node *map, const char *key);

#endif
