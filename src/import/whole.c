#include "import/whole.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import/child.h"

struct missing {
    int64_t *ids; /* of nodes; ascending after find_missing */
    size_t count, cap;
    uint64_t references;
};

/* "n3 in w1" */
static void take_missing(void *context, const char *line) {
    struct missing *missing = context;
    int64_t node, way;
    if (sscanf(line, "n%" SCNd64 " in w%" SCNd64, &node, &way) != 2) return;
    missing->references++;
    if (missing->count && missing->ids[missing->count - 1] == node) return;
    if (missing->count == missing->cap) {
        missing->cap = missing->cap * 2 + 256;
        missing->ids = bm_realloc(missing->ids, missing->cap * sizeof *missing->ids);
    }
    missing->ids[missing->count++] = node;
}

static int by_id(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static enum bm_code find_missing(const char *path, struct missing *missing,
                                 struct bm_fault *fault) {
    const char *argv[] = {"osmium", "check-refs", "--no-progress", "-i", path, NULL};
    enum bm_code code = bm_child_run(argv, "osmium-tool", take_missing, missing, fault);
    /* It fails when something is missing, too. */
    if (code == BM_BAD_FORMAT && missing->references) code = BM_OK;
    if (missing->count) qsort(missing->ids, missing->count, sizeof *missing->ids, by_id);
    return code;
}

enum bm_code bm_whole_count(const char *path, uint64_t *ret_missing, struct bm_fault *fault) {
    struct missing missing = {.ids = NULL};
    enum bm_code code = find_missing(path, &missing, fault);
    if (!code) *ret_missing = missing.references;
    bm_free(missing.ids);
    return code;
}

/* --- one way ---------------------------------------------------------------------------------- */

/* References that stand one after the other in a line: "n1,n2,n3". */
struct piece {
    const char *from;
    size_t len, count;
};

static bool is_missing(const struct missing *missing, int64_t id) {
    return bsearch(&id, missing->ids, missing->count, sizeof id, by_id) != NULL;
}

static void put_piece(FILE *to, const struct piece *piece, bool *first) {
    if (!piece->count) return;
    if (!*first) fputc(',', to);
    fwrite(piece->from, 1, piece->len, to);
    *first = false;
}

/* The references at `refs` (up to a space or the end) in pieces between the missing ones; the
 * longest is `ret_longest`.  With `to`, all of them are written.  How many were kept. */
static size_t cut_pieces(const struct missing *missing, const char *refs, FILE *to,
                         struct piece *ret_longest) {
    struct piece piece = {refs, 0, 0}, longest = {refs, 0, 0};
    size_t kept = 0;
    bool first = true;
    for (const char *at = refs; *at == 'n';) {
        size_t len = strcspn(at, ", ");
        bool gone = is_missing(missing, strtoll(at + 1, NULL, 10));
        const char *next = at + len + (at[len] == ',');
        if (!gone) {
            if (!piece.count) piece.from = at;
            piece.len = (size_t)(at + len - piece.from);
            piece.count++;
            kept++;
        }
        if (gone || *next != 'n') {
            if (piece.count > longest.count) longest = piece;
            if (to) put_piece(to, &piece, &first);
            piece.count = 0;
        }
        at = next;
    }
    *ret_longest = longest;
    return kept;
}

static bool is_ring(const char *refs, size_t len) {
    size_t last = len;
    while (last && refs[last - 1] != ',') last--;
    size_t first = strcspn(refs, ", ");
    return last && first == len - last && memcmp(refs, refs + last, first) == 0;
}

static void put_way(const struct missing *missing, const char *line, FILE *to) {
    const char *field = strstr(line, " N");
    const char *refs = field ? field + 2 : "";
    size_t len = strcspn(refs, " ");
    struct piece longest;
    size_t count = 0, kept = cut_pieces(missing, refs, NULL, &longest);
    for (size_t i = 0; i < len; i++) count += refs[i] == 'n';
    if (kept == count) {
        fprintf(to, "%s\n", line);
        return;
    }
    bool ring = is_ring(refs, len);
    if ((ring ? kept : longest.count) < 2) return;
    fwrite(line, 1, (size_t)(refs - line), to);
    if (ring)
        cut_pieces(missing, refs, to, &longest);
    else
        fwrite(longest.from, 1, longest.len, to);
    fprintf(to, "%s\n", refs + len);
}

/* --- the file --------------------------------------------------------------------------------- */

static enum bm_code put_lines(const struct missing *missing, const char *path, FILE *to,
                              struct bm_fault *fault) {
    const char *argv[] = {
        "osmium", "cat", "--no-progress", "-o", "-", "-f", "opl,add_metadata=false", path, NULL};
    struct bm_lines *lines;
    char *line;
    size_t len;
    enum bm_code code = bm_lines_run(argv, "osmium-tool", -1, path, &lines, fault);
    if (code) return code;
    while ((code = bm_lines_next(lines, &line, &len, fault)) == BM_OK && line) {
        if (line[0] == 'w')
            put_way(missing, line, to);
        else
            fprintf(to, "%s\n", line);
    }
    enum bm_code ended = bm_lines_close(lines, code ? NULL : fault);
    return code ? code : ended;
}

static enum bm_code write_lines(const struct missing *missing, const char *path, const char *lines,
                                struct bm_fault *fault) {
    FILE *to = fopen(lines, "wb");
    enum bm_code code = to ? put_lines(missing, path, to, fault) : BM_IO;
    int error = to ? 0 : errno;
    if (to && fflush(to) != 0) error = errno;
    if (to && ferror(to) && !error) error = EIO;
    if (to && fclose(to) != 0 && !error) error = errno;
    if (error && (!code || !to))
        code = bm_fault_set(fault, error == ENOSPC ? BM_NO_SPACE : BM_IO, NULL,
                            "%s cannot be written: %s.", lines, strerror(error));
    return code;
}

enum bm_code bm_whole_make(const char *path, const char *lines, const char *out,
                           uint64_t *ret_missing, struct bm_fault *fault) {
    struct missing missing = {.ids = NULL};
    const char *argv[] = {"osmium", "cat", "--no-progress", "-F", "opl", lines,
                          "-o",     out,   "--overwrite",   NULL};
    enum bm_code code = find_missing(path, &missing, fault);
    if (!code && missing.references) {
        code = write_lines(&missing, path, lines, fault);
        if (!code) code = bm_child_run(argv, "osmium-tool", NULL, NULL, fault);
    }
    if (!code) *ret_missing = missing.references;
    bm_free(missing.ids);
    return code;
}
