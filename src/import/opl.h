/* One line of OPL ("object per line", the text form that osmium writes): a node, a way or a
 * relation.  Pure over bytes.
 *
 *   n123 Tname=Alte%20%Br%fc%cke,highway=crossing x8.7094 y49.4140
 *   w45 Thighway=primary Nn1,n2,n3            (a reference may carry its place: n1x8.7y49.4)
 *   r6 Ttype=restriction Mw45@from,n3@via,w7@to
 *
 * Fields stand in any order, separated by spaces; unknown ones are passed over.  %hex% is a Unicode
 * code point. Source: the format's description in osmium's manual (osmium-file-formats, "OPL"). */
#ifndef BM_IMPORT_OPL_H
#define BM_IMPORT_OPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "geo/point.h"

struct bm_opl_tag {
    const char *key, *value;
};
struct bm_opl_member {
    char kind; /* 'n', 'w', 'r' */
    int64_t id;
    const char *role;
};

/* What a line said; texts point into the line.  Zeroed before the first use, the lists are reused
 * from line to line. */
struct bm_opl {
    char kind; /* 'n', 'w', 'r' */
    bool deleted;
    int64_t id;
    bool has_point; /* a node may lack it */
    struct bm_point point;
    struct bm_opl_tag *tags;
    size_t tag_count, tag_cap;
    int64_t *nodes; /* of a way, in order */
    size_t node_count, node_cap;
    struct bm_opl_member *members;
    size_t member_count, member_cap;
};
void bm_opl_free(struct bm_opl *opl);

/* Reads `line` (`len` bytes and a NUL), which it changes.  A line that is empty or begins with '#'
 * gives kind 0. BM_BAD_FORMAT: the fault's field names the letter of the field that is wrong; `opl`
 * then holds nothing of use. */
BM_MUST_USE enum bm_code bm_opl_read(struct bm_opl *opl, char *line, size_t len,
                                     struct bm_fault *fault);
/* The tag's value; NULL when it has none of that key. */
const char *bm_opl_tag(const struct bm_opl *opl, const char *key);

#endif
