#include "import/dimacs.h"

#include <stdbool.h>

struct cursor {
    const char *at, *end;
};

static void skip_spaces(struct cursor *cursor) {
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t')) cursor->at++;
}

/* Takes `word` when it stands there, followed by a space or the end. */
static bool take_word(struct cursor *cursor, const char *word) {
    skip_spaces(cursor);
    size_t len = strlen(word), left = (size_t)(cursor->end - cursor->at);
    if (left < len || memcmp(cursor->at, word, len) != 0) return false;
    if (left > len && cursor->at[len] != ' ' && cursor->at[len] != '\t') return false;
    cursor->at += len;
    return true;
}

static bool take_number(struct cursor *cursor, int64_t *ret_number) {
    skip_spaces(cursor);
    bool minus = cursor->at < cursor->end && *cursor->at == '-';
    if (minus) cursor->at++;
    int digits = 0;
    int64_t number = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        if (++digits > 17) return false;
        number = number * 10 + (*cursor->at - '0');
    }
    bool ends = cursor->at == cursor->end || *cursor->at == ' ' || *cursor->at == '\t';
    if (!digits || !ends) return false;
    *ret_number = minus ? -number : number;
    return true;
}

enum bm_code bm_dimacs_read(const char *line, size_t len, struct bm_dimacs *ret_line,
                            struct bm_fault *fault) {
    struct cursor cursor = {line, line + len};
    struct bm_dimacs read = {BM_DIMACS_REMARK, {0, 0, 0}};
    int numbers = 0;
    skip_spaces(&cursor);
    if (cursor.at == cursor.end || *cursor.at == 'c') {
        *ret_line = read;
        return BM_OK;
    }
    bool known = true;
    if (take_word(&cursor, "a")) {
        read.kind = BM_DIMACS_ARC;
        numbers = 3;
    } else if (take_word(&cursor, "v")) {
        read.kind = BM_DIMACS_PLACE;
        numbers = 3;
    } else if (take_word(&cursor, "p")) {
        bool places = take_word(&cursor, "aux");
        known = take_word(&cursor, "sp") && (!places || take_word(&cursor, "co"));
        read.kind = places ? BM_DIMACS_PLACES : BM_DIMACS_GRAPH;
        numbers = places ? 1 : 2;
    } else {
        known = false;
    }
    for (int i = 0; i < numbers && known; i++) known = take_number(&cursor, &read.numbers[i]);
    skip_spaces(&cursor);
    if (!known || cursor.at != cursor.end)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "this is none of \"p sp NODES ARCS\", \"a FROM TO WEIGHT\", "
                            "\"p aux sp co NODES\", \"v NODE X Y\" and \"c remark\"");
    *ret_line = read;
    return BM_OK;
}
