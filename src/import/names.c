#include "import/names.h"

#include <string.h>

/* --- characters ------------------------------------------------------------------------------- */

uint32_t bm_utf8_next(const char **at, const char *end) {
    const uint8_t *c = (const uint8_t *)*at;
    size_t left = (size_t)(end - *at);
    if (!left) return 0;
    if (c[0] < 0x80) { /* most of them */
        *at += 1;
        return c[0];
    }
    size_t more = c[0] >= 0xc2 && c[0] < 0xe0   ? 1
                  : c[0] >= 0xe0 && c[0] < 0xf0 ? 2
                  : c[0] >= 0xf0 && c[0] < 0xf5 ? 3
                                                : 9;
    bool good = more < 4 && more < left;
    uint32_t point = good ? c[0] & (0x3fu >> more) : 0;
    for (size_t i = 1; good && i <= more; i++) {
        good = (c[i] & 0xc0) == 0x80;
        point = point << 6 | (c[i] & 0x3f);
    }
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    good = good && point >= least[more] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    *at += good ? more + 1 : 1;
    return good ? point : 0xfffd;
}

bool bm_utf8_valid(const char *text) {
    const char *end = text + strlen(text);
    while (text < end) {
        const char *from = text;
        /* The sign itself may stand there: it is longer than what is taken for a wrong byte. */
        if (bm_utf8_next(&text, end) == 0xfffd && text - from == 1) return false;
    }
    return true;
}

bool bm_is_han(uint32_t point) {
    return (point >= 0x4e00 && point <= 0x9fff) || (point >= 0x3400 && point <= 0x4dbf) ||
           (point >= 0xf900 && point <= 0xfaff) || (point >= 0x20000 && point <= 0x3ffff) ||
           point == 0x3005 || point == 0x3007;
}

/* Plain small letters for Latin with marks: U+00C0 to U+017F, and U+01CD to U+01DC (pinyin's). */
/* clang-format off */
static const char latin[][3] = {
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i", "d", "n",
    "o", "o", "o", "o", "o", "", "o", "u", "u", "u", "u", "y", "th", "ss", "a", "a", "a", "a",
    "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i", "d", "n", "o", "o", "o", "o",
    "o", "", "o", "u", "u", "u", "u", "y", "th", "y", "a", "a", "a", "a", "a", "a", "c", "c",
    "c", "c", "c", "c", "c", "c", "d", "d", "d", "d", "e", "e", "e", "e", "e", "e", "e", "e",
    "e", "e", "g", "g", "g", "g", "g", "g", "g", "g", "h", "h", "h", "h", "i", "i", "i", "i",
    "i", "i", "i", "i", "i", "i", "ij", "ij", "j", "j", "k", "k", "k", "l", "l", "l", "l", "l",
    "l", "l", "l", "l", "l", "n", "n", "n", "n", "n", "n", "n", "n", "n", "o", "o", "o", "o",
    "o", "o", "oe", "oe", "r", "r", "r", "r", "r", "r", "s", "s", "s", "s", "s", "s", "s", "s",
    "t", "t", "t", "t", "t", "t", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u",
    "w", "w", "y", "y", "y", "z", "z", "z", "z", "z", "z", "s"};
static const char pinyin_latin[][3] = {
    "a", "a", "i", "i", "o", "o", "u", "u", "u", "u", "u", "u", "u", "u", "u", "u"};
/* clang-format on */
_Static_assert(sizeof latin / sizeof latin[0] == 0x180 - 0xc0, "one row a letter");
_Static_assert(sizeof pinyin_latin / sizeof pinyin_latin[0] == 0x1dd - 0x1cd, "one row a letter");

/* Full-width forms of ASCII become ASCII. */
static uint32_t plain_width(uint32_t point) {
    if (point < 0x3000) return point;
    if (point >= 0xff01 && point <= 0xff5e) return point - 0xfee0;
    return point == 0x3000 ? ' ' : point;
}

/* What folding leaves of ASCII: digits and small letters; 0: a break. */
#define ZEROS "\0\0\0\0\0\0\0\0"
static const char ascii_folded[128 + 1] = ZEROS ZEROS ZEROS ZEROS ZEROS ZEROS "0123456789" "\0\0\0\0\0\0\0"
    "abcdefghijklmnopqrstuvwxyz" "\0\0\0\0\0\0" "abcdefghijklmnopqrstuvwxyz" "\0\0\0\0\0";
#undef ZEROS

/* Spaces, punctuation, symbols: where words end. */
static bool is_break(uint32_t point) {
    if (point < 0x80) return !ascii_folded[point];
    return (point < 0xc0) || point == 0xd7 || point == 0xf7 ||
           (point >= 0x2000 && point <= 0x2bff) || (point >= 0x2e00 && point <= 0x2e7f) ||
           (point >= 0x3000 && point <= 0x303f && !bm_is_han(point)) || point == 0x30fb ||
           (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff5f && point <= 0xff65) ||
           point == 0xfffd;
}

static bool is_mark(uint32_t point) {
    return point >= 0x300 && point <= 0x36f;
}

static size_t put_utf8(char *to, uint32_t point) {
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t first[4] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--) {
        to[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    to[0] = (char)(first[more] | point);
    return more + 1;
}

/* A character that is no break, folded, into at most 4 bytes; returns how many. */
static size_t fold_character(uint32_t point, bool umlauts_with_e, char to[4]) {
    if (point < 0x80) {
        to[0] = ascii_folded[point];
        return 1;
    }
    if (is_mark(point)) return 0;
    bool umlaut = point == 0xe4 || point == 0xf6 || point == 0xfc || point == 0xc4 ||
                  point == 0xd6 || point == 0xdc;
    const char *plain = point >= 0xc0 && point < 0x180    ? latin[point - 0xc0]
                        : point >= 0x1cd && point < 0x1dd ? pinyin_latin[point - 0x1cd]
                                                          : NULL;
    if (plain) {
        size_t len = strlen(plain);
        memcpy(to, plain, len);
        if (umlaut && umlauts_with_e) to[len++] = 'e';
        return len;
    }
    bool capital = (point >= 0x391 && point <= 0x3a9) || (point >= 0x410 && point <= 0x42f);
    if (capital) point += 0x20;
    if (point >= 0x400 && point <= 0x40f) point += 0x50;
    return put_utf8(to, point);
}

/* --- folding ---------------------------------------------------------------------------------- */

struct key {
    char text[BM_KEY_BYTES];
    size_t len;
    bool full; /* the rest is cut */
};

static void key_add(struct key *key, const char *bytes, size_t len) {
    if (key->full || key->len + len >= BM_KEY_BYTES) {
        key->full = true;
        return;
    }
    memcpy(key->text + key->len, bytes, len);
    key->len += len;
    key->text[key->len] = 0;
}

/* Adds what stands before the next character of another kind; returns where that is. */
static const char *fold_ascii(struct key *key, const char *text, const char *end) {
    size_t len = key->len;
    for (; text < end && (uint8_t)*text < 0x80; text++) {
        char folded = ascii_folded[(uint8_t)*text];
        if (!folded) continue;
        if (len == BM_KEY_BYTES - 1) {
            key->full = true;
            break;
        }
        key->text[len++] = folded;
    }
    key->len = len;
    key->text[len] = 0;
    return text;
}

static void fold_into(struct key *key, const char *text, size_t len, bool umlauts_with_e) {
    const char *end = text + len;
    key->len = 0;
    key->text[0] = 0;
    key->full = false;
    while (text < end && !key->full) {
        char folded[4];
        text = fold_ascii(key, text, end);
        if (text == end || key->full) return;
        uint32_t point = plain_width(bm_utf8_next(&text, end));
        if (!is_break(point)) key_add(key, folded, fold_character(point, umlauts_with_e, folded));
    }
}

size_t bm_name_fold(const char *text, size_t len, char ret_key[BM_KEY_BYTES]) {
    struct key key;
    fold_into(&key, text, len, false);
    memcpy(ret_key, key.text, key.len + 1);
    return key.len;
}

size_t bm_name_number(const char *text, size_t len, char ret_key[BM_KEY_BYTES]) {
    const char *end = text + len;
    struct key key = {.len = 0};
    bool between = false;
    while (text < end && !key.full) {
        char folded[4];
        uint32_t point = plain_width(bm_utf8_next(&text, end));
        if (point == 0x53f7 || point == 0x865f) continue; /* the characters for "number" */
        /* "12 a" is "12a", "12-14" stays. */
        if (is_break(point)) {
            between = between || point != ' ';
            continue;
        }
        if (between && key.len) key_add(&key, "-", 1);
        between = false;
        key_add(&key, folded, fold_character(point, false, folded));
    }
    memcpy(ret_key, key.text, key.len + 1);
    return key.len;
}

/* --- words ------------------------------------------------------------------------------------ */

static bool is_digit(uint32_t point) {
    return point >= '0' && point <= '9';
}

void bm_name_cut(const char *text, size_t len, struct bm_name_words *ret_words) {
    const char *end = text + len;
    struct key word = {.len = 0};
    uint32_t former = 0;
    ret_words->count = 0;
    for (;;) {
        uint32_t point = text < end ? plain_width(bm_utf8_next(&text, end)) : ' ';
        bool turn = (is_digit(point) && bm_is_han(former)) ||
                    (bm_is_han(point) && is_digit(former));
        if ((turn || is_break(point)) && word.len) {
            if (ret_words->count == BM_NAME_WORDS_MAX) return;
            memcpy(ret_words->words[ret_words->count++], word.text, word.len + 1);
            word.len = 0;
            word.full = false;
        }
        char folded[4];
        if (!is_break(point)) key_add(&word, folded, fold_character(point, false, folded));
        former = point;
        if (text >= end && is_break(point)) return;
        if (text >= end) former = 0;
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool has_umlaut(const char *name) {
    static const char *const umlauts[] = {"ä", "ö", "ü", "Ä", "Ö", "Ü"};
    for (int i = 0; i < 6; i++) {
        if (strstr(name, umlauts[i])) return true;
    }
    return false;
}

/* From `at` to the end, as a key. */
static void give_rest(const char *at, const char *end, bool umlauts_with_e, enum bm_key_rank rank,
                      bm_key_fn *each, void *context) {
    struct key key;
    fold_into(&key, at, (size_t)(end - at), umlauts_with_e);
    if (key.len) each(context, key.text, rank);
}

/* Places inside the name from which it is found: each Chinese character but the first and the last,
 * each word. */
static size_t find_starts(const char *name, const char *end,
                          const char *ret_starts[BM_NAME_STARTS_MAX]) {
    size_t count = 0;
    uint32_t former = 0;
    for (const char *at = name; at < end && count < BM_NAME_STARTS_MAX;) {
        const char *here = at;
        uint32_t point = plain_width(bm_utf8_next(&at, end));
        bool starts = here > name && !is_break(point) &&
                      (bm_is_han(point) || is_break(former) || bm_is_han(former));
        bool last_han = bm_is_han(point) && at == end; /* one character says nothing */
        if (starts && !last_han) ret_starts[count++] = here;
        former = point;
    }
    return count;
}

void bm_name_script_keys(const char *name, bm_key_fn *each, void *context) {
    const char *end = name + strlen(name);
    const char *starts[BM_NAME_STARTS_MAX];
    bool umlauts = has_umlaut(name);
    give_rest(name, end, false, BM_KEY_WHOLE, each, context);
    if (umlauts) give_rest(name, end, true, BM_KEY_WHOLE, each, context);
    size_t count = find_starts(name, end, starts);
    for (size_t i = 0; i < count; i++) {
        give_rest(starts[i], end, false, BM_KEY_PART, each, context);
        if (umlauts) give_rest(starts[i], end, true, BM_KEY_PART, each, context);
    }
}

/* --- pinyin ----------------------------------------------------------------------------------- */

/* Characters with two readings that place names use; the transliterator knows one. */
static const struct {
    uint32_t point;
    const char *readings[2];
} two_readings[] = {
    {0x957f, {"chang", "zhang"}}, {0x9577, {"chang", "zhang"}}, {0x91cd, {"chong", "zhong"}},
    {0x884c, {"hang", "xing"}},   {0x4e50, {"le", "yue"}},      {0x6a02, {"le", "yue"}},
    {0x53a6, {"xia", "sha"}},     {0x5ec8, {"xia", "sha"}},     {0x90fd, {"du", "dou"}},
    {0x671d, {"chao", "zhao"}},   {0x66fe, {"zeng", "ceng"}},   {0x756a, {"fan", "pan"}},
    {0x6d5a, {"jun", "xun"}},     {0x5c09, {"wei", "yu"}},
};

/* The name as syllables and other characters. */
enum { SYLLABLES_MAX = 40, SYLLABLE_BYTES = 8 };
struct spoken {
    size_t count;
    bool any_han;
    size_t doubtful; /* characters with two readings */
    struct {
        char text[SYLLABLE_BYTES], other[SYLLABLE_BYTES];
        bool han;
    } parts[SYLLABLES_MAX];
};

static void read_character(struct spoken *spoken, uint32_t point, bm_reading_fn *reading,
                           void *context) {
    char folded[4];
    size_t at = spoken->count, len = 0;
    bool han = bm_is_han(point);
    memset(&spoken->parts[at], 0, sizeof spoken->parts[at]);
    for (size_t i = 0; han && i < sizeof two_readings / sizeof two_readings[0]; i++) {
        if (two_readings[i].point != point) continue;
        memcpy(spoken->parts[at].text, two_readings[i].readings[0],
               strlen(two_readings[i].readings[0]));
        memcpy(spoken->parts[at].other, two_readings[i].readings[1],
               strlen(two_readings[i].readings[1]));
        spoken->doubtful++;
    }
    if (!spoken->parts[at].text[0]) {
        const char *said = han ? reading(context, point) : NULL;
        len = said ? strlen(said) : fold_character(point, false, folded);
        if (!len || len >= SYLLABLE_BYTES) return;
        memcpy(spoken->parts[at].text, said ? said : folded, len);
        han = said != NULL;
    }
    spoken->parts[at].han = han;
    spoken->any_han = spoken->any_han || han;
    spoken->count++;
}

/* What is said of all parts, one behind the other, and where each begins. */
struct saying {
    char text[SYLLABLES_MAX * SYLLABLE_BYTES];
    size_t at[SYLLABLES_MAX + 1], count;
};

static void say(struct saying *saying, const char *text, size_t len) {
    size_t at = saying->at[saying->count];
    memcpy(saying->text + at, text, len);
    saying->at[++saying->count] = at + len;
}

/* The parts from `from` on, as many as a key holds. */
static void give_from(const struct saying *saying, size_t from, enum bm_key_rank rank, bm_key_fn *each, void *context) {
    char key[BM_KEY_BYTES];
    size_t to = saying->count, at = saying->at[from];
    while (saying->at[to] - at >= BM_KEY_BYTES) to--;
    memcpy(key, saying->text + at, saying->at[to] - at);
    key[saying->at[to] - at] = 0;
    each(context, key, rank);
}

/* In full and as initials; bit i of `choice` takes the other reading of the i-th doubtful one. */
static void give_spoken(const struct spoken *spoken, unsigned choice, bm_key_fn *each, void *context) {
    struct saying full = {.at = {0}, .count = 0}, initials = {.at = {0}, .count = 0};
    size_t doubtful = 0;
    for (size_t i = 0; i < spoken->count; i++) {
        bool other = spoken->parts[i].other[0] && doubtful < 8 && choice >> doubtful & 1;
        const char *text = other ? spoken->parts[i].other : spoken->parts[i].text;
        size_t len = strlen(text);
        doubtful += spoken->parts[i].other[0] != 0;
        say(&full, text, len);
        say(&initials, text, spoken->parts[i].han ? 1 : len);
    }
    for (size_t i = 0; i + 1 < spoken->count || i == 0; i++) {
        if (i > BM_NAME_STARTS_MAX) return;
        if (i && !spoken->parts[i].han) continue;
        give_from(&full, i, i ? BM_KEY_PART : BM_KEY_WHOLE, each, context);
        give_from(&initials, i, BM_KEY_PART, each, context);
    }
}

void bm_name_keys(const char *name, bm_reading_fn *reading, bm_key_fn *each, void *context) {
    struct spoken spoken = {.count = 0};
    const char *end = name + strlen(name);
    bm_name_script_keys(name, each, context);
    if (!reading) return;
    for (const char *at = name; at < end && spoken.count < SYLLABLES_MAX;) {
        uint32_t point = plain_width(bm_utf8_next(&at, end));
        if (!is_break(point)) read_character(&spoken, point, reading, context);
    }
    if (!spoken.any_han) return;
    /* Of more than two doubtful ones the first two are varied. */
    unsigned choices = spoken.doubtful == 0 ? 1 : spoken.doubtful == 1 ? 2 : 4;
    for (unsigned choice = 0; choice < choices; choice++) give_spoken(&spoken, choice, each, context);
}
