/* The strict profile: bytes are judged first, then libfyaml's events, one by one, as the tree
 * grows. */
#include "procedure/yaml.h"

#include <libfyaml.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "procedure/arena.h"

struct bm_yaml {
    struct bm_arena arena;
    const struct bm_yaml_node *root;
};

/* A mapping or list that is still open. */
struct level {
    struct bm_yaml_node *node, *last; /* last: its newest child */
    const char *key;                  /* a key that waits for its value */
    struct bm_mark key_at;
};

struct reading {
    struct bm_yaml *yaml;
    struct bm_findings *findings;
    struct bm_yaml_node *root;
    struct level levels[BM_YAML_DEPTH_MAX];
    uint32_t depth, nodes;
    bool documented;       /* the one document has begun */
    bool second;           /* and another one */
    struct bm_mark newest; /* of the newest event that has a place */
};

#define REFUSE(findings, code, at, ...) (bm_findings_add(findings, 1, at, "", __VA_ARGS__), (code))

/* --- bytes ------------------------------------------------------------------------------------ */

/* Length of the well-formed character at `bytes`, 0 when there is none; overlong forms, surrogates
 * and what lies beyond U+10FFFF are not well-formed. */
static size_t character(const uint8_t *bytes, size_t len, uint32_t *ret_code) {
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t c = bytes[0];
    if (c < 0x80) {
        *ret_code = c;
        return 1;
    }
    size_t size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || len < size) return 0;
    uint32_t code = c & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
    *ret_code = code;
    return size;
}

static bool is_control(uint32_t code) {
    if (code == '\t' || code == '\n') return false;
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0xfffe || code == 0xffff;
}

static enum bm_code check_bytes(const uint8_t *bytes, size_t len, struct bm_findings *findings) {
    struct bm_mark at = {1, 1};
    for (size_t i = 0; i < len;) {
        uint32_t code;
        if (bytes[i] >= 0x20 && bytes[i] < 0x7f) { /* most of them */
            i++;
            at.column++;
            continue;
        }
        size_t size = character(bytes + i, len - i, &code);
        if (!size)
            return REFUSE(findings, BM_BAD_FORMAT, at,
                          "The byte 0x%02x here is no UTF-8. Save the file as UTF-8.", bytes[i]);
        bool line_end = code == '\r' && i + 1 < len && bytes[i + 1] == '\n';
        if ((is_control(code) && !line_end) || code == 0xfeff)
            return REFUSE(findings, BM_BAD_FORMAT, at,
                          "There is a character here that cannot be seen (U+%04X). Delete it.",
                          code);
        i += size;
        at.column++;
        if (code == '\n') at = (struct bm_mark){at.line + 1, 1};
    }
    return BM_OK;
}

/* Directives stand before the document, among comments and empty lines; one further down would need
 * a second document. */
static enum bm_code check_directives(const char *text, size_t len, struct bm_findings *findings) {
    uint32_t line = 1;
    for (size_t i = 0; i < len; line++) {
        const char *end = memchr(text + i, '\n', len - i);
        size_t next = end ? (size_t)(end - text) + 1 : len;
        if (text[i] == '%')
            return REFUSE(
                findings, BM_BAD_FORMAT, ((struct bm_mark){line, 1}),
                "Directives (%%YAML, %%TAG) are not read here. Delete this line: the file "
                "is YAML 1.2.");
        while (i < next && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) i++;
        if (i < next && text[i] != '#' && text[i] != '\n') return BM_OK;
        i = next;
    }
    return BM_OK;
}

/* A blank, a line end or the text's own about `i`. */
static bool is_apart(const char *text, size_t len, size_t i) {
    return i >= len || text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
}

/* Where a key begins with "? ", a tab behind a ":" makes libfyaml 0.7.12 write to memory that is not its own as it gives up (found by
 * fuzzing): so a file has such keys, or tabs. */
static enum bm_code check_tabs(const char *text, size_t len, struct bm_findings *findings) {
    struct bm_mark at = {1, 1}, tab = {0, 0};
    bool asks = false, begins = true; /* such a key stands at the beginning of its line, or behind other indicators there */
    for (size_t i = 0; i < len; i++) {
        asks = asks || (begins && text[i] == '?' && is_apart(text, len, i + 1));
        begins = text[i] == '\n' || (begins && (is_apart(text, len, i) || (memchr("-?:", text[i], 3) && is_apart(text, len, i + 1))));
        if (!tab.line && text[i] == '\t') tab = at;
        if (((uint8_t)text[i] & 0xc0) != 0x80) at.column++;
        if (text[i] == '\n') at = (struct bm_mark){at.line + 1, 1};
    }
    if (!asks || !tab.line) return BM_OK;
    return REFUSE(findings, BM_BAD_FORMAT, tab, "There is a tab here, in a file with a \"? \" key. Write spaces.");
}

/* --- events ----------------------------------------------------------------------------------- */

/* What is left out (an empty key, a document without ---) has no place of its own: then it is where
 * the last thing was. */
static struct bm_mark mark_of(struct reading *reading, const struct fy_mark *mark) {
    if (mark)
        reading->newest = (struct bm_mark){(uint32_t)mark->line + 1, (uint32_t)mark->column + 1};
    return reading->newest;
}

/* The library points behind an opening quote, & and *. */
static struct bm_mark behind(struct bm_mark at) {
    return (struct bm_mark){at.line, at.column > 1 ? at.column - 1 : 1};
}

static struct level *top(struct reading *reading) {
    return reading->depth ? &reading->levels[reading->depth - 1] : NULL;
}

/* Whether the next node is a key. */
static bool wants_key(struct reading *reading) {
    struct level *level = top(reading);
    return level && level->node->kind == BM_YAML_MAP && !level->key;
}

static enum bm_code count_node(struct reading *reading, struct bm_mark at) {
    if (++reading->nodes <= BM_YAML_NODES_MAX) return BM_OK;
    return REFUSE(reading->findings, BM_TOO_LONG, at,
                  "The file has more than %d entries. Split it into several procedures.",
                  BM_YAML_NODES_MAX);
}

/* Hangs a new node where the next value belongs. */
static struct bm_yaml_node *add_node(struct reading *reading, enum bm_yaml_kind kind,
                                     struct bm_mark at) {
    struct bm_yaml_node *node = bm_arena_take(&reading->yaml->arena, 1, sizeof *node);
    node->kind = kind;
    node->at = at;
    struct level *level = top(reading);
    if (!level) {
        reading->root = node;
        return node;
    }
    if (level->node->kind == BM_YAML_MAP) {
        node->key = level->key;
        node->key_at = level->key_at;
        level->key = NULL;
    }
    if (level->last)
        level->last->next = node;
    else
        level->node->first = node;
    level->last = node;
    level->node->count++;
    return node;
}

static enum bm_code begin(struct reading *reading, enum bm_yaml_kind kind, struct bm_mark at) {
    if (wants_key(reading))
        return REFUSE(reading->findings, BM_BAD_FORMAT, at,
                      "A list or mapping cannot be a key here. Write a plain text as the key.");
    if (reading->depth == BM_YAML_DEPTH_MAX)
        return REFUSE(reading->findings, BM_TOO_LONG, at,
                      "Lists and mappings stand more than %d deep within each other. Flatten this "
                      "part.",
                      BM_YAML_DEPTH_MAX);
    enum bm_code code = count_node(reading, at);
    if (code) return code;
    struct bm_yaml_node *node = add_node(reading, kind, at);
    reading->levels[reading->depth++] = (struct level){.node = node};
    return BM_OK;
}

static enum bm_code take_key(struct reading *reading, const char *text, size_t len, bool plain,
                             struct bm_mark at) {
    struct level *level = top(reading);
    if (len == 0)
        return REFUSE(reading->findings, BM_BAD_FORMAT, at,
                      "A key is missing here. Write it before the colon.");
    if (plain && len == 2 && memcmp(text, "<<", 2) == 0)
        return REFUSE(reading->findings, BM_BAD_FORMAT, at,
                      "Merge keys (<<) are not read here. Write the entries out.");
    if (len > BM_YAML_KEY_BYTES_MAX)
        return REFUSE(reading->findings, BM_TOO_LONG, at,
                      "This key has more than %d bytes. Shorten it, or put it in quotes if it "
                      "should be a text.",
                      BM_YAML_KEY_BYTES_MAX);
    if (level->node->count == BM_YAML_KEYS_MAX)
        return REFUSE(reading->findings, BM_TOO_LONG, at,
                      "This mapping has more than %d keys. Split it.", BM_YAML_KEYS_MAX);
    for (const struct bm_yaml_node *one = level->node->first; one; one = one->next)
        if (strcmp(one->key, text) == 0)
            return REFUSE(reading->findings, BM_BAD_FORMAT, at,
                          "The key \"%s\" stands here a second time; the first is in line %u. "
                          "Delete or rename one of them.",
                          text, one->key_at.line);
    level->key = text;
    level->key_at = at;
    return BM_OK;
}

static enum bm_code check_text(struct reading *reading, const char *text, size_t len,
                               struct bm_mark at) {
    if (len > BM_YAML_TEXT_BYTES_MAX)
        return REFUSE(reading->findings, BM_TOO_LONG, at,
                      "This text has more than %d bytes. Shorten it.", BM_YAML_TEXT_BYTES_MAX);
    for (size_t i = 0; i < len;) {
        uint32_t code;
        if (text[i] >= 0x20 && text[i] < 0x7f) {
            i++;
            continue;
        }
        size_t size = character((const uint8_t *)text + i, len - i, &code);
        if (!size)
            return REFUSE(reading->findings, BM_BAD_FORMAT, at,
                          "An escape in this text makes no character. Write the character itself.");
        if (is_control(code) || code == 0xfeff)
            return REFUSE(reading->findings, BM_BAD_FORMAT, at,
                          "An escape in this text stands for a character that cannot be seen "
                          "(U+%04X). Delete it.",
                          code);
        i += size;
    }
    return BM_OK;
}

static enum bm_code take_text(struct reading *reading, struct fy_event *event) {
    struct bm_mark at = mark_of(reading, fy_event_start_mark(event));
    enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
    size_t len = 0;
    const char *text = fy_token_get_text(event->scalar.value, &len);
    if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) at = behind(at);
    if (!text) text = "";
    enum bm_code code = count_node(reading, at);
    if (!code) code = check_text(reading, text, len, at);
    if (code) return code;
    const char *copy = bm_arena_text(&reading->yaml->arena, text, len);
    if (wants_key(reading)) return take_key(reading, copy, len, style == FYSS_PLAIN, at);
    add_node(reading, BM_YAML_TEXT, at)->text = copy;
    return BM_OK;
}

static enum bm_code no_names(struct reading *reading, struct fy_event *event) {
    struct fy_token *anchor = fy_event_get_anchor_token(event);
    struct fy_token *tag = fy_event_get_tag_token(event);
    if (event->type == FYET_ALIAS)
        return REFUSE(reading->findings, BM_BAD_FORMAT,
                      behind(mark_of(reading, fy_event_start_mark(event))),
                      "Aliases (*name) are not read here. Write the value out, or put the text in "
                      "quotes if it begins with *.");
    if (anchor)
        return REFUSE(reading->findings, BM_BAD_FORMAT,
                      behind(mark_of(reading, fy_token_start_mark(anchor))),
                      "Anchors (&name) are not read here. Delete it, or put the text in quotes if "
                      "it begins with &.");
    if (tag)
        return REFUSE(reading->findings, BM_BAD_FORMAT, mark_of(reading, fy_token_start_mark(tag)),
                      "Tags (!name) are not read here: the desk knows the type of each field. "
                      "Delete it, or put the text in quotes if it begins with !.");
    return BM_OK;
}

/* A document that begins without --- has no place of its own: it is where its first node is. */
static enum bm_code no_second(struct reading *reading, struct fy_event *event) {
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (event->type == FYET_DOCUMENT_START) {
        reading->second = reading->documented;
        reading->documented = true;
    }
    if (!reading->second || (event->type == FYET_DOCUMENT_START && !mark)) return BM_OK;
    return REFUSE(reading->findings, BM_BAD_FORMAT, mark_of(reading, mark),
                  "A second document begins here. Put it into a file of its own.");
}

static enum bm_code take_event(struct reading *reading, struct fy_event *event) {
    enum bm_code code = no_second(reading, event);
    if (code) return code;
    switch (event->type) {
    case FYET_MAPPING_START:
        code = no_names(reading, event);
        return code ? code
                    : begin(reading, BM_YAML_MAP, mark_of(reading, fy_event_start_mark(event)));
    case FYET_SEQUENCE_START:
        code = no_names(reading, event);
        return code ? code
                    : begin(reading, BM_YAML_LIST, mark_of(reading, fy_event_start_mark(event)));
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        BM_CHECK(reading->depth > 0);
        reading->depth--;
        return BM_OK;
    case FYET_SCALAR:
    case FYET_ALIAS:
        code = no_names(reading, event);
        return code ? code : take_text(reading, event);
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_START:
    case FYET_DOCUMENT_END:
        return BM_OK;
    }
    BM_NEVER("an event of no kind");
}

/* --- the parser ------------------------------------------------------------------------------- */

/* Without an output of its own the library would write to standard error. */
static void say_nothing(struct fy_diag *diag, void *user, const char *text, size_t len) {
    (void)diag, (void)user, (void)text, (void)len;
}

static enum bm_code refused_by_library(struct fy_diag *diag, struct bm_findings *findings) {
    void *place = NULL;
    struct fy_diag_error *error;
    while ((error = fy_diag_errors_iterate(diag, &place)))
        if (error->type == FYET_ERROR) break;
    if (!error)
        return REFUSE(findings, BM_BAD_FORMAT, ((struct bm_mark){1, 1}),
                      "This is no YAML. Write \"key: value\" lines.");
    struct bm_mark at = {error->line > 0 ? (uint32_t)error->line : 1,
                         error->column > 0 ? (uint32_t)error->column : 1};
    return REFUSE(findings, BM_BAD_FORMAT, at,
                  "This is no YAML: %s. Look at the indentation and the brackets, and put texts "
                  "with \": \" or \" #\" in quotes.",
                  error->msg ? error->msg : "it cannot be read");
}

static enum bm_code read_events(struct reading *reading, struct fy_parser *parser,
                                struct fy_diag *diag) {
    enum bm_code code = BM_OK;
    for (bool ended = false; !code && !ended;) {
        struct fy_event *event = fy_parser_parse(parser);
        if (!event || fy_parser_get_stream_error(parser)) {
            if (event) fy_parser_event_free(parser, event);
            return refused_by_library(diag, reading->findings);
        }
        ended = event->type == FYET_STREAM_END;
        code = take_event(reading, event);
        fy_parser_event_free(parser, event);
    }
    return code;
}

static enum bm_code parse(struct reading *reading, const char *text, size_t len) {
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.output_fn = say_nothing;
    diag_cfg.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    BM_CHECK(diag != NULL);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
                                        FYPCF_DISABLE_DEPTH_LIMIT,
                               .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    BM_CHECK(parser != NULL);
    BM_CHECK(fy_parser_set_string(parser, text, len) == 0);
    enum bm_code code = read_events(reading, parser, diag);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return code;
}

enum bm_code bm_yaml_read_any(const void *bytes, size_t len, struct bm_findings *findings,
                              struct bm_yaml **ret_yaml) {
    const struct bm_mark start = {1, 1};
    if (len > BM_YAML_BYTES_MAX)
        return REFUSE(findings, BM_TOO_LONG, start,
                      "The file has more than %d bytes. Split it into several procedures.",
                      BM_YAML_BYTES_MAX);
    const char *text = len ? bytes : "";
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) text += 3, len -= 3;
    enum bm_code code = check_bytes((const uint8_t *)text, len, findings);
    if (!code) code = check_directives(text, len, findings);
    if (!code) code = check_tabs(text, len, findings);
    if (code) return code;
    struct bm_yaml *yaml = bm_alloc_zero(1, sizeof *yaml);
    struct reading reading = {.yaml = yaml, .findings = findings, .newest = start};
    code = parse(&reading, text, len);
    if (!code && !reading.root)
        code = REFUSE(findings, BM_BAD_FORMAT, start,
                      "There is nothing in this file. Write \"key: value\" lines.");
    if (code) {
        bm_yaml_free(yaml);
        return code;
    }
    yaml->root = reading.root;
    *ret_yaml = yaml;
    return BM_OK;
}

enum bm_code bm_yaml_read(const void *bytes, size_t len, struct bm_findings *findings,
                          struct bm_yaml **ret_yaml) {
    struct bm_yaml *yaml;
    enum bm_code code = bm_yaml_read_any(bytes, len, findings, &yaml);
    if (code) return code;
    if (yaml->root->kind != BM_YAML_MAP) {
        code = REFUSE(findings, BM_BAD_FORMAT, yaml->root->at,
                      "The file should be a mapping at its top. Begin with \"key: value\" lines, "
                      "with a space behind each colon.");
        bm_yaml_free(yaml);
        return code;
    }
    *ret_yaml = yaml;
    return BM_OK;
}

void bm_yaml_free(struct bm_yaml *yaml) {
    if (!yaml) return;
    bm_arena_free(&yaml->arena);
    bm_free(yaml);
}

const struct bm_yaml_node *bm_yaml_root(const struct bm_yaml *yaml) {
    return yaml->root;
}

const struct bm_yaml_node *bm_yaml_get(const struct bm_yaml_node *map, const char *key) {
    if (!map || map->kind != BM_YAML_MAP) return NULL;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next)
        if (strcmp(one->key, key) == 0) return one;
    return NULL;
}
