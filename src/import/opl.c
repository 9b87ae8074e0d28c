#include "import/opl.h"

#include "base/alloc.h"

void bm_opl_free(struct bm_opl *opl) {
    bm_free(opl->tags);
    bm_free(opl->nodes);
    bm_free(opl->members);
    *opl = (struct bm_opl){0};
}

const char *bm_opl_tag(const struct bm_opl *opl, const char *key) {
    for (size_t i = 0; i < opl->tag_count; i++) {
        if (strcmp(opl->tags[i].key, key) == 0) return opl->tags[i].value;
    }
    return NULL;
}

/* Room for one more; lists never shrink and are bounded by the line's length. */
static void *grown(void *list, size_t count, size_t *cap, size_t size) {
    if (count < *cap) return list;
    *cap = *cap ? *cap * 2 : 16;
    return bm_realloc(list, *cap * size);
}

/* --- texts ------------------------------------------------------------------------------------ */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* UTF-8 of a code point, at most as many bytes as "%x%" took; NULL for what is no character. */
static char *put_character(char *to, uint32_t point) {
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return NULL;
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xc0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        *to++ = (char)(0xe0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
        *to++ = (char)(0x80 | (point & 0x3f));
    } else {
        *to++ = (char)(0xf0 | point >> 18);
        *to++ = (char)(0x80 | (point >> 12 & 0x3f));
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
        *to++ = (char)(0x80 | (point & 0x3f));
    }
    return to;
}

/* Resolves %hex% in place; false when an escape is none. */
static bool unescape(char *text) {
    char *to = strchr(text, '%');
    if (!to) return true;
    for (const char *from = to; *from;) {
        if (*from != '%') {
            *to++ = *from++;
            continue;
        }
        uint32_t point = 0;
        int digits = 0, digit;
        for (from++; (digit = hex_digit(*from)) >= 0 && digits < 7; from++, digits++)
            point = point << 4 | (uint32_t)digit;
        if (!digits || *from != '%') return false;
        from++;
        to = put_character(to, point);
        if (!to) return false;
    }
    *to = 0;
    return true;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* An id, possibly negative (editors give those to what is new); moves *at behind it. */
static bool read_id(char **at, int64_t *ret_id) {
    char *c = *at;
    bool minus = *c == '-';
    if (minus) c++;
    int digits = 0;
    int64_t id = 0;
    for (; *c >= '0' && *c <= '9' && digits < 18; c++, digits++) id = id * 10 + (*c - '0');
    if (!digits || (*c >= '0' && *c <= '9')) return false;
    *at = c;
    *ret_id = minus ? -id : id;
    return true;
}

/* Decimal degrees as degrees x 1e7, digits past the seventh dropped. */
static bool read_degrees(const char *text, int32_t most, int32_t *ret_e7) {
    bool minus = *text == '-';
    if (minus) text++;
    int64_t value = 0;
    int digits = 0, places = -1;
    for (; *text; text++) {
        if (*text == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (*text < '0' || *text > '9') return false;
        digits++;
        if (places >= 7) continue;
        if (places >= 0) places++;
        value = value * 10 + (*text - '0');
        if (value > INT64_C(4000000000)) return false;
    }
    if (!digits) return false;
    for (int i = places < 0 ? 0 : places; i < 7; i++) value *= 10;
    if (value > (int64_t)most * 10000000) return false;
    *ret_e7 = (int32_t)(minus ? -value : value);
    return true;
}

/* --- fields ----------------------------------------------------------------------------------- */

/* "k=v,k=v" */
static bool read_tags(struct bm_opl *opl, char *text) {
    while (*text) {
        char *comma = strchr(text, ',');
        if (comma) *comma = 0;
        char *equals = strchr(text, '=');
        if (!equals) return false;
        *equals = 0;
        if (!unescape(text) || !unescape(equals + 1)) return false;
        opl->tags = grown(opl->tags, opl->tag_count, &opl->tag_cap, sizeof *opl->tags);
        opl->tags[opl->tag_count++] = (struct bm_opl_tag){text, equals + 1};
        if (!comma) return true;
        text = comma + 1;
    }
    return true;
}

/* "n1,n2x8.7y49.4,..." */
static bool read_nodes(struct bm_opl *opl, char *text) {
    while (*text) {
        int64_t id;
        if (*text++ != 'n' || !read_id(&text, &id)) return false;
        opl->nodes = grown(opl->nodes, opl->node_count, &opl->node_cap, sizeof *opl->nodes);
        opl->nodes[opl->node_count++] = id;
        if (*text == 'x')
            while (*text && *text != ',') text++;
        if (*text == 0) return true;
        if (*text++ != ',') return false;
    }
    return true;
}

/* "w45@from,n3@via" */
static bool read_members(struct bm_opl *opl, char *text) {
    while (*text) {
        struct bm_opl_member member = {.kind = *text++};
        bool known = member.kind == 'n' || member.kind == 'w' || member.kind == 'r';
        if (!known || !read_id(&text, &member.id) || *text != '@') return false;
        char *role = text + 1;
        char *comma = strchr(role, ',');
        if (comma) *comma = 0;
        if (!unescape(role)) return false;
        member.role = role;
        opl->members = grown(opl->members, opl->member_count, &opl->member_cap,
                             sizeof *opl->members);
        opl->members[opl->member_count++] = member;
        if (!comma) return true;
        text = comma + 1;
    }
    return true;
}

/* One field; `places` counts the coordinates that were there. */
static bool read_field(struct bm_opl *opl, char *field, int *places) {
    switch (field[0]) {
    case 'T':
        return read_tags(opl, field + 1);
    case 'N':
        return opl->kind == 'w' && read_nodes(opl, field + 1);
    case 'M':
        return opl->kind == 'r' && read_members(opl, field + 1);
    case 'd':
        opl->deleted = field[1] == 'D';
        return true;
    case 'x':
        if (!field[1]) return true; /* a node without a place */
        ++*places;
        return read_degrees(field + 1, 180, &opl->point.lon_e7);
    case 'y':
        if (!field[1]) return true;
        ++*places;
        return read_degrees(field + 1, 90, &opl->point.lat_e7);
    default:
        return true;
    }
}

static enum bm_code wrong(const char *field, struct bm_fault *fault) {
    char letter[2] = {field[0] > ' ' && field[0] < 0x7f ? field[0] : '?', 0};
    bool degrees = letter[0] == 'x' || letter[0] == 'y';
    return bm_fault_set(fault, BM_BAD_FORMAT, letter, "the field \"%.40s\" is not right%s.", field,
                        degrees ? ": longitudes are -180 to 180, latitudes -90 to 90" : "");
}

enum bm_code bm_opl_read(struct bm_opl *opl, char *line, size_t len, struct bm_fault *fault) {
    opl->kind = 0;
    opl->deleted = opl->has_point = false;
    opl->tag_count = opl->node_count = opl->member_count = 0;
    opl->point = (struct bm_point){0, 0};
    if (strlen(line) != len) return wrong("", fault); /* a NUL inside */
    if (line[0] == 0 || line[0] == '#') return BM_OK;
    if (line[0] != 'n' && line[0] != 'w' && line[0] != 'r') return wrong(line, fault);
    char *at = line + 1;
    if (!read_id(&at, &opl->id) || (*at && *at != ' ')) return wrong(line, fault);
    opl->kind = line[0];
    int places = 0;
    while (*at) {
        while (*at == ' ') at++;
        if (!*at) break;
        char *field = at;
        while (*at && *at != ' ') at++;
        if (*at) *at++ = 0;
        if (!read_field(opl, field, &places)) {
            opl->kind = 0;
            return wrong(field, fault);
        }
    }
    opl->has_point = opl->kind == 'n' && places == 2;
    return BM_OK;
}
