/* Whole features out of bytes: brackets and texts are counted here, and what lies between them is
 * judged by the JSON reader, feature by feature; what stands around the features is read by it,
 * too, with the features left out. */
#include "import/geojson.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

enum { RECORD_SEPARATOR = 0x1e };

struct bm_geojson bm_geojson_make(void) {
    return (struct bm_geojson){.shell = bm_buf_make(BM_GEOJSON_FEATURE_MAX),
                               .feature = bm_buf_make(BM_GEOJSON_FEATURE_MAX)};
}

void bm_geojson_free(struct bm_geojson *geojson) {
    bm_buf_free(&geojson->shell);
    bm_buf_free(&geojson->feature);
}

static enum bm_code no_json(const struct bm_geojson *geojson, const char *why,
                            struct bm_fault *fault) {
    return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                        "This is no GeoJSON: %s (after %" PRIu64 " features). Give a "
                        "FeatureCollection, or features line by line.",
                        why, geojson->features);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* --- a whole object ----------------------------------------------------------------------------
 */

static enum bm_code give_feature(struct bm_geojson *geojson, struct bm_buf *text,
                                 bm_geojson_feature_fn *take, void *context,
                                 struct bm_fault *fault) {
    geojson->features++;
    enum bm_code code = take(context, (const char *)text->bytes, text->len, fault);
    bm_buf_clear(text);
    return code;
}

/* The collection around the features, without them. */
static enum bm_code check_shell(struct bm_geojson *geojson, struct bm_fault *fault) {
    struct bm_fault inner = {0};
    json_t *object;
    if (bm_json_parse(geojson->shell.bytes, geojson->shell.len, &object, &inner))
        return no_json(geojson, inner.detail, fault);
    const char *type = json_string_value(json_object_get(object, "type"));
    bool is_collection = type && strcmp(type, "FeatureCollection") == 0;
    json_decref(object);
    bm_buf_clear(&geojson->shell);
    geojson->has_features = false;
    return is_collection ? BM_OK
                         : no_json(geojson, "its \"type\" is not \"FeatureCollection\"", fault);
}

/* --- character by character --------------------------------------------------------------------
 */

/* Counts brackets, minds texts; true when the outermost bracket was closed. */
static bool count(struct bm_geojson *geojson, char c) {
    if (geojson->in_text) {
        if (geojson->escaped)
            geojson->escaped = false;
        else if (c == '\\')
            geojson->escaped = true;
        else if (c == '"')
            geojson->in_text = false;
        return false;
    }
    if (c == '"') geojson->in_text = true;
    if (c == '{' || c == '[') geojson->depth++;
    if (c == '}' || c == ']') geojson->depth--;
    return geojson->depth == 0 && (c == '}' || c == ']');
}

static enum bm_code add(struct bm_buf *buf, const char *bytes, size_t len, struct bm_fault *fault) {
    bm_buf_add(buf, bytes, len);
    if (!buf->overflow) return BM_OK;
    return bm_fault_set(fault, BM_TOO_LONG, NULL,
                        "A feature has more than %d bytes: cut long lines into pieces.",
                        BM_GEOJSON_FEATURE_MAX);
}

/* Remembers the last text at the first depth: before a colon it is a key. */
static void note_key(struct bm_geojson *geojson, char c) {
    if (geojson->depth != 1) return;
    if (geojson->in_text && !(c == '"' && !geojson->escaped)) {
        if (geojson->key_len < sizeof geojson->key) geojson->key[geojson->key_len++] = c;
    } else if (!geojson->in_text && c == '"') {
        geojson->key_len = 0;
    }
}

/* The same for what stands between quotes, with none of them in it. */
static void note_text(struct bm_geojson *geojson, const char *text, size_t len) {
    size_t room = geojson->depth == 1 ? sizeof geojson->key - geojson->key_len : 0;
    memcpy(geojson->key + geojson->key_len, text, len < room ? len : room);
    geojson->key_len += len < room ? len : room;
}

static bool is_features(const struct bm_geojson *geojson) {
    return geojson->key_len == 8 && memcmp(geojson->key, "features", 8) == 0;
}

/* Between the features of a collection: one object, a comma, the next. */
static enum bm_code between(struct bm_geojson *geojson, char c, struct bm_fault *fault) {
    if (c == '{' && geojson->place != BM_GEOJSON_AFTER_ONE) {
        geojson->depth = 0;
        count(geojson, c);
        return add(&geojson->feature, &c, 1, fault);
    }
    if (c == ',' && geojson->place == BM_GEOJSON_AFTER_ONE) {
        geojson->place = BM_GEOJSON_AFTER_COMMA;
        return BM_OK;
    }
    if (c == ']' && geojson->place != BM_GEOJSON_AFTER_COMMA) {
        geojson->in_features = false;
        geojson->depth = 1;
        geojson->key_len = 0;
        return add(&geojson->shell, &c, 1, fault);
    }
    return no_json(geojson, "objects with commas between them should stand in \"features\"", fault);
}

static enum bm_code outside(struct bm_geojson *geojson, char c, struct bm_fault *fault) {
    static const char mark[] = "\xef\xbb\xbf"; /* a byte order mark, the very first bytes */
    if (geojson->marked < 3 && c == mark[geojson->marked]) {
        geojson->marked++;
        return BM_OK;
    }
    if (geojson->marked == 1 || geojson->marked == 2)
        return no_json(geojson, "it begins with half a byte order mark", fault);
    geojson->marked = 3;
    if (is_space(c) || c == RECORD_SEPARATOR) return BM_OK;
    if (c != '{') return no_json(geojson, "it does not begin with {", fault);
    geojson->begun = true;
    geojson->key_len = 0;
    count(geojson, c);
    return add(&geojson->shell, &c, 1, fault);
}

static enum bm_code take_one(struct bm_geojson *geojson, char c, bm_geojson_feature_fn *take,
                             void *context, struct bm_fault *fault) {
    if (geojson->feature.len) {
        enum bm_code code = add(&geojson->feature, &c, 1, fault);
        if (code || !count(geojson, c)) return code;
        geojson->place = BM_GEOJSON_AFTER_ONE;
        return give_feature(geojson, &geojson->feature, take, context, fault);
    }
    if (geojson->in_features) return is_space(c) ? BM_OK : between(geojson, c, fault);
    if (!geojson->shell.len) return outside(geojson, c, fault);
    enum bm_code code = add(&geojson->shell, &c, 1, fault);
    note_key(geojson, c);
    bool ended = count(geojson, c);
    if (code) return code;
    if (ended && geojson->has_features) return check_shell(geojson, fault);
    if (ended) return give_feature(geojson, &geojson->shell, take, context, fault);
    if (c == '[' && geojson->depth == 2 && !geojson->in_text && is_features(geojson)) {
        geojson->has_features = geojson->in_features = true;
        geojson->place = BM_GEOJSON_FIRST;
    }
    return BM_OK;
}

/* Where characters are kept: inside a feature, and around them. */
static struct bm_buf *keeping(struct bm_geojson *geojson) {
    if (geojson->feature.len) return &geojson->feature;
    return geojson->shell.len && !geojson->in_features ? &geojson->shell : NULL;
}

/* How many of the next characters neither open nor close anything. */
static size_t plain(const struct bm_geojson *geojson, const char *bytes, size_t len) {
    static const bool stops[2][256] = {{['{'] = true, ['}'] = true, ['['] = true, [']'] = true, ['"'] = true},
                                       {['"'] = true, ['\\'] = true}};
    const bool *stop = stops[geojson->in_text];
    size_t count = 0;
    if (geojson->escaped) return 0;
    while (count < len && !stop[(uint8_t)bytes[count]]) count++;
    return count;
}

enum bm_code bm_geojson_feed(struct bm_geojson *geojson, const char *bytes, size_t len,
                             bm_geojson_feature_fn *take, void *context, struct bm_fault *fault) {
    for (size_t at = 0; at < len;) {
        struct bm_buf *kept = keeping(geojson);
        size_t run = kept ? plain(geojson, bytes + at, len - at) : 0;
        enum bm_code code = run ? add(kept, bytes + at, run, fault) : take_one(geojson, bytes[at], take, context, fault);
        if (run && kept == &geojson->shell && geojson->in_text) note_text(geojson, bytes + at, run);
        if (code) return code;
        at += run ? run : 1;
    }
    return BM_OK;
}

enum bm_code bm_geojson_end(const struct bm_geojson *geojson, struct bm_fault *fault) {
    if (!geojson->begun) return no_json(geojson, "there is nothing in it", fault);
    if (!geojson->shell.len) return BM_OK;
    return bm_fault_set(
        fault, BM_BAD_FORMAT, NULL, "The file is cut off %s feature %" PRIu64 ": fetch it again.",
        geojson->feature.len ? "within" : "after", geojson->features + (geojson->feature.len != 0));
}
