/* Recursive descent over at most BM_GUARD_BYTES_MAX bytes; each node stands behind those it is made
 * of, so asking is one pass from the first to the last. */
#include "procedure/guard.h"

#include <string.h>

#include "base/check.h"
#include "base/time.h"

struct parsing {
    const char *text;
    size_t at;
    const struct bm_guard_names *names;
    struct bm_guard_node nodes[BM_GUARD_NODES_MAX];
    uint32_t count, depth;
    enum bm_code code;
    struct bm_fault *fault;
};

/* A value while its comparison is read; words wait until the field on the other side is known. */
struct value {
    enum bm_guard_type type;
    int field; /* of a choice, when it is one; else -1 */
    int node;  /* -1: a word that waits */
    char word[64];
    size_t at;
};

enum { NAME_MAX_BYTES = 64 };
static const char *const counter_names[BM_COUNTER_COUNT] = {"returns", "reopens", "extensions"};

static void refuse(struct parsing *parsing, size_t at, enum bm_code code, const char *what) {
    if (parsing->code) return;
    parsing->code = bm_fault_set(parsing->fault, code, "guard",
                                 "The guard \"%.120s\" does not read at its character %zu: %s.",
                                 parsing->text, at + 1, what);
}

static int add_node(struct parsing *parsing, enum bm_guard_op op, int a, int b, int64_t value) {
    if (parsing->count == BM_GUARD_NODES_MAX) {
        refuse(parsing, parsing->at, BM_TOO_LONG, "it has too many parts, make it simpler");
        return 0;
    }
    parsing->nodes[parsing->count] = (struct bm_guard_node){(uint8_t)op, (uint16_t)a, (uint16_t)b,
                                                            value};
    return (int)parsing->count++;
}

static void skip_space(struct parsing *parsing) {
    while (parsing->text[parsing->at] == ' ' || parsing->text[parsing->at] == '\n' ||
           parsing->text[parsing->at] == '\t')
        parsing->at++;
}

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The name that begins here, without taking it; its length, 0 for none. */
static size_t peek_name(struct parsing *parsing, char ret_name[NAME_MAX_BYTES]) {
    skip_space(parsing);
    const char *from = parsing->text + parsing->at;
    size_t len = 0;
    if (from[0] >= '0' && from[0] <= '9') return 0;
    while (is_name(from[len])) len++;
    if (len >= NAME_MAX_BYTES) {
        refuse(parsing, parsing->at, BM_TOO_LONG, "this name is too long");
        return 0;
    }
    memcpy(ret_name, from, len);
    ret_name[len] = 0;
    return len;
}

static bool take_word(struct parsing *parsing, const char *word) {
    char name[NAME_MAX_BYTES];
    size_t len = peek_name(parsing, name);
    if (!len || strcmp(name, word) != 0) return false;
    parsing->at += len;
    return true;
}

static bool take_mark(struct parsing *parsing, const char *mark) {
    skip_space(parsing);
    size_t len = strlen(mark);
    if (strncmp(parsing->text + parsing->at, mark, len) != 0) return false;
    parsing->at += len;
    return true;
}

/* The name in "(name)" behind a predicate. */
static void take_argument(struct parsing *parsing, char ret_name[NAME_MAX_BYTES], size_t *ret_at) {
    ret_name[0] = 0;
    if (!take_mark(parsing, "(")) refuse(parsing, parsing->at, BM_BAD_FORMAT, "( is missing");
    size_t len = peek_name(parsing, ret_name);
    *ret_at = parsing->at;
    if (!len) refuse(parsing, parsing->at, BM_BAD_FORMAT, "a name is missing between the brackets");
    parsing->at += len;
    if (!take_mark(parsing, ")")) refuse(parsing, parsing->at, BM_BAD_FORMAT, ") is missing");
}

static int named(struct parsing *parsing, int (*find)(const void *context, const char *name),
                 const char *what) {
    char name[NAME_MAX_BYTES];
    size_t at;
    take_argument(parsing, name, &at);
    int index = parsing->code ? 0 : find(parsing->names->context, name);
    if (index < 0) refuse(parsing, at, BM_BAD_FORMAT, what);
    return index < 0 ? 0 : index;
}

/* --- values ----------------------------------------------------------------------------------- */

static struct value take_number(struct parsing *parsing) {
    const char *from = parsing->text + parsing->at;
    struct value value = {.type = BM_GUARD_INTEGER, .field = -1, .at = parsing->at};
    int32_t day;
    if (strlen(from) >= 10 && from[4] == '-') {
        if (!bm_date_read(from, 10, &day))
            refuse(parsing, parsing->at, BM_BAD_FORMAT, "there is no such date");
        else
            value.node = add_node(parsing, BM_GUARD_NUMBER, 0, 0, day);
        value.type = BM_GUARD_DATE;
        parsing->at += 10;
        return value;
    }
    bool minus = take_mark(parsing, "-");
    int64_t number = 0;
    size_t digits = 0;
    while (parsing->text[parsing->at] >= '0' && parsing->text[parsing->at] <= '9' && digits < 10) {
        number = number * 10 + (parsing->text[parsing->at++] - '0');
        digits++;
    }
    if (digits == 0 || digits == 10)
        refuse(parsing, value.at, BM_BAD_FORMAT, "write a number of at most nine digits");
    value.node = add_node(parsing, BM_GUARD_NUMBER, 0, 0, minus ? -number : number);
    return value;
}

static struct value take_named_value(struct parsing *parsing, const char *name, size_t len) {
    struct value value = {.type = BM_GUARD_INTEGER, .field = -1, .node = -1, .at = parsing->at};
    parsing->at += len;
    if (strcmp(name, "remaining") == 0) {
        int clock = named(parsing, parsing->names->clock, "there is no such clock");
        value.node = add_node(parsing, BM_GUARD_REMAINING, clock, 0, 0);
        return value;
    }
    for (int i = 0; i < BM_COUNTER_COUNT; i++)
        if (strcmp(name, counter_names[i]) == 0) {
            value.node = add_node(parsing, BM_GUARD_COUNTER, i, 0, 0);
            return value;
        }
    int field = parsing->names->field(parsing->names->context, name, &value.type);
    if (field >= 0) {
        value.field = field;
        value.node = add_node(parsing, BM_GUARD_FIELD, field, 0, 0);
        return value;
    }
    value.type = BM_GUARD_WORD;
    memcpy(value.word, name, len + 1);
    return value;
}

static struct value take_value(struct parsing *parsing) {
    char name[NAME_MAX_BYTES];
    size_t len = peek_name(parsing, name);
    if (len) return take_named_value(parsing, name, len);
    char c = parsing->text[parsing->at];
    if (c == '-' || (c >= '0' && c <= '9')) return take_number(parsing);
    refuse(parsing, parsing->at, BM_BAD_FORMAT,
           "a field, a number, a date, a counter or a clock is missing");
    return (struct value){.field = -1, .at = parsing->at};
}

static void settle_word(struct parsing *parsing, struct value *word, const struct value *other) {
    if (parsing->code || word->node >= 0) return;
    if (other->type != BM_GUARD_WORD || other->field < 0) {
        refuse(parsing, word->at, BM_BAD_FORMAT, "there is no field of this name");
        return;
    }
    int index = parsing->names->word(parsing->names->context, other->field, word->word);
    if (index < 0)
        refuse(parsing, word->at, BM_BAD_FORMAT, "the field on the other side has no such word");
    else
        word->node = add_node(parsing, BM_GUARD_NUMBER, 0, 0, index);
}

static int take_comparison(struct parsing *parsing) {
    static const struct {
        const char *mark;
        enum bm_guard_op op;
    } marks[] = {{"!=", BM_GUARD_UNEQUAL}, {"<=", BM_GUARD_AT_MOST}, {">=", BM_GUARD_AT_LEAST},
                 {"=", BM_GUARD_EQUAL},    {"<", BM_GUARD_BELOW},    {">", BM_GUARD_ABOVE}};
    struct value left = take_value(parsing);
    if (parsing->code) return 0;
    size_t i = 0;
    size_t count = sizeof marks / sizeof marks[0];
    while (i < count && !take_mark(parsing, marks[i].mark)) i++;
    if (i == count) {
        if (left.type == BM_GUARD_YES_NO && left.field >= 0) {
            parsing->nodes[left.node].op = BM_GUARD_FLAG;
            return left.node;
        }
        refuse(parsing, parsing->at, BM_BAD_FORMAT, "one of = != < <= > >= is missing");
        return 0;
    }
    struct value right = take_value(parsing);
    settle_word(parsing, &left, &right);
    settle_word(parsing, &right, &left);
    if (parsing->code) return 0;
    if (left.type != right.type)
        refuse(parsing, right.at, BM_BAD_FORMAT, "the two sides are of different types");
    if (left.type == BM_GUARD_TEXT)
        refuse(parsing, left.at, BM_BAD_FORMAT, "texts are not compared, only has(field) is asked");
    if (left.type == BM_GUARD_WORD && left.field >= 0 && right.field >= 0 &&
        left.field != right.field)
        refuse(parsing, right.at, BM_BAD_FORMAT, "two fields with different words are no pair");
    bool ordered = marks[i].op != BM_GUARD_EQUAL && marks[i].op != BM_GUARD_UNEQUAL;
    if (ordered && left.type != BM_GUARD_INTEGER && left.type != BM_GUARD_DATE)
        refuse(parsing, right.at, BM_BAD_FORMAT, "these have no order, ask with = or !=");
    return add_node(parsing, marks[i].op, left.node, right.node, 0);
}

/* --- truth ------------------------------------------------------------------------------------ */

static int take_or(struct parsing *parsing);

static int take_has(struct parsing *parsing) {
    char name[NAME_MAX_BYTES];
    size_t at;
    enum bm_guard_type type;
    take_argument(parsing, name, &at);
    int field = parsing->code ? 0 : parsing->names->field(parsing->names->context, name, &type);
    if (field < 0) refuse(parsing, at, BM_BAD_FORMAT, "there is no such field");
    return add_node(parsing, BM_GUARD_HAS, field < 0 ? 0 : field, 0, 0);
}

static int take_not(struct parsing *parsing) {
    if (parsing->code) return 0;
    if (parsing->depth == BM_GUARD_DEPTH_MAX) {
        refuse(parsing, parsing->at, BM_TOO_LONG, "brackets and nots stand too deep");
        return 0;
    }
    parsing->depth++;
    int node;
    const struct bm_guard_names *names = parsing->names;
    if (take_word(parsing, "not")) {
        node = add_node(parsing, BM_GUARD_NOT, take_not(parsing), 0, 0);
    } else if (take_mark(parsing, "(")) {
        node = take_or(parsing);
        if (!take_mark(parsing, ")")) refuse(parsing, parsing->at, BM_BAD_FORMAT, ") is missing");
    } else if (take_word(parsing, "breached")) {
        int clock = named(parsing, names->clock, "there is no such clock");
        node = add_node(parsing, BM_GUARD_BREACHED, clock, 0, 0);
    } else if (take_word(parsing, "in")) {
        int state = named(parsing, names->state, "there is no such state");
        node = add_node(parsing, BM_GUARD_IN, state, 0, 0);
    } else if (take_word(parsing, "role")) {
        int role = named(parsing, names->role, "there is no such role");
        node = add_node(parsing, BM_GUARD_ROLE, role, 0, 0);
    } else if (take_word(parsing, "has")) {
        node = take_has(parsing);
    } else {
        node = take_comparison(parsing);
    }
    parsing->depth--;
    return node;
}

static int take_and(struct parsing *parsing) {
    int node = take_not(parsing);
    while (!parsing->code && take_word(parsing, "and"))
        node = add_node(parsing, BM_GUARD_AND, node, take_not(parsing), 0);
    return node;
}

static int take_or(struct parsing *parsing) {
    int node = take_and(parsing);
    while (!parsing->code && take_word(parsing, "or"))
        node = add_node(parsing, BM_GUARD_OR, node, take_and(parsing), 0);
    return node;
}

enum bm_code bm_guard_parse(struct bm_arena *arena, const char *text,
                            const struct bm_guard_names *names, struct bm_guard *ret_guard,
                            struct bm_fault *fault) {
    struct parsing parsing = {.text = text, .names = names, .fault = fault};
    if (strlen(text) > BM_GUARD_BYTES_MAX)
        return bm_fault_set(fault, BM_TOO_LONG, "guard",
                            "A guard has at most %d bytes. Make it simpler.", BM_GUARD_BYTES_MAX);
    int root = take_or(&parsing);
    skip_space(&parsing);
    if (!parsing.code && text[parsing.at])
        refuse(&parsing, parsing.at, BM_BAD_FORMAT, "nothing more should stand here");
    if (parsing.code) return parsing.code;
    BM_CHECK((uint32_t)root == parsing.count - 1);
    struct bm_guard_node *nodes = bm_arena_take(arena, parsing.count, sizeof *nodes);
    memcpy(nodes, parsing.nodes, parsing.count * sizeof *nodes);
    *ret_guard = (struct bm_guard){bm_arena_text(arena, text, strlen(text)), nodes, parsing.count};
    return BM_OK;
}

/* --- asking ----------------------------------------------------------------------------------- */

struct answer {
    bool known;
    int64_t value;
};

static bool compare(enum bm_guard_op op, int64_t a, int64_t b) {
    if (op == BM_GUARD_EQUAL) return a == b;
    if (op == BM_GUARD_UNEQUAL) return a != b;
    if (op == BM_GUARD_BELOW) return a < b;
    if (op == BM_GUARD_AT_MOST) return a <= b;
    if (op == BM_GUARD_ABOVE) return a > b;
    return a >= b;
}

static struct answer ask_leaf(const struct bm_guard_node *node,
                              const struct bm_guard_facts *facts) {
    struct answer answer = {.known = true, .value = node->value};
    bool breached = false;
    const void *context = facts->context;
    switch ((enum bm_guard_op)node->op) {
    case BM_GUARD_BREACHED:
        answer.known = facts->breached(context, node->a, &breached);
        answer.value = breached;
        break;
    case BM_GUARD_IN:
        answer.value = facts->in(context, node->a);
        break;
    case BM_GUARD_ROLE:
        answer.value = facts->role(context, node->a);
        break;
    case BM_GUARD_HAS:
        answer.value = facts->has(context, node->a);
        break;
    case BM_GUARD_FLAG:
    case BM_GUARD_FIELD:
        answer.known = facts->field(context, node->a, &answer.value);
        break;
    case BM_GUARD_COUNTER:
        answer.known = facts->counter(context, (enum bm_counter)node->a, &answer.value);
        break;
    case BM_GUARD_REMAINING:
        answer.known = facts->remaining(context, node->a, &answer.value);
        break;
    case BM_GUARD_NUMBER:
        break;
    case BM_GUARD_OR:
    case BM_GUARD_AND:
    case BM_GUARD_NOT:
    case BM_GUARD_EQUAL:
    case BM_GUARD_UNEQUAL:
    case BM_GUARD_BELOW:
    case BM_GUARD_AT_MOST:
    case BM_GUARD_ABOVE:
    case BM_GUARD_AT_LEAST:
        BM_NEVER("a leaf of a guard that is none");
    }
    return answer;
}

static struct answer ask_node(const struct bm_guard_node *node, const struct answer *answers,
                              const struct bm_guard_facts *facts) {
    if (node->op > BM_GUARD_AT_LEAST) return ask_leaf(node, facts);
    struct answer a = answers[node->a], b = answers[node->b];
    if (node->op == BM_GUARD_NOT) return (struct answer){a.known, !a.value};
    if (node->op == BM_GUARD_AND) {
        if ((a.known && !a.value) || (b.known && !b.value)) return (struct answer){true, 0};
        return (struct answer){a.known && b.known, 1};
    }
    if (node->op == BM_GUARD_OR) {
        if ((a.known && a.value) || (b.known && b.value)) return (struct answer){true, 1};
        return (struct answer){a.known && b.known, 0};
    }
    return (struct answer){a.known && b.known,
                           compare((enum bm_guard_op)node->op, a.value, b.value)};
}

enum bm_guard_answer bm_guard_ask(const struct bm_guard *guard, const struct bm_guard_facts *facts,
                                  uint32_t *ret_missing) {
    struct answer answers[BM_GUARD_NODES_MAX];
    uint32_t missing = guard->count;
    if (!guard->count) return BM_GUARD_YES;
    for (uint32_t i = 0; i < guard->count; i++) {
        answers[i] = ask_node(&guard->nodes[i], answers, facts);
        if (!answers[i].known && missing == guard->count) missing = i;
    }
    struct answer whole = answers[guard->count - 1];
    if (whole.known) return whole.value ? BM_GUARD_YES : BM_GUARD_NO;
    if (ret_missing) *ret_missing = missing;
    return BM_GUARD_MISSING;
}

/* --- about guards ----------------------------------------------------------------------------- */

static bool same(const struct bm_guard *one, uint32_t x, const struct bm_guard *other, uint32_t y) {
    const struct bm_guard_node *a = &one->nodes[x], *b = &other->nodes[y];
    if (a->op != b->op || a->value != b->value) return false;
    if (a->op > BM_GUARD_AT_LEAST) return a->a == b->a;
    if (!same(one, a->a, other, b->a)) return false;
    return a->op == BM_GUARD_NOT || same(one, a->b, other, b->b);
}

static bool opposite(const struct bm_guard *one, uint32_t x, const struct bm_guard *other,
                     uint32_t y) {
    static const uint8_t against[] = {
        [BM_GUARD_EQUAL] = BM_GUARD_UNEQUAL,  [BM_GUARD_UNEQUAL] = BM_GUARD_EQUAL,
        [BM_GUARD_BELOW] = BM_GUARD_AT_LEAST, [BM_GUARD_AT_MOST] = BM_GUARD_ABOVE,
        [BM_GUARD_ABOVE] = BM_GUARD_AT_MOST,  [BM_GUARD_AT_LEAST] = BM_GUARD_BELOW};
    const struct bm_guard_node *a = &one->nodes[x], *b = &other->nodes[y];
    if (a->op == BM_GUARD_NOT && same(one, a->a, other, y)) return true;
    if (b->op == BM_GUARD_NOT && same(one, x, other, b->a)) return true;
    if (a->op < BM_GUARD_EQUAL || a->op > BM_GUARD_AT_LEAST || b->op != against[a->op])
        return false;
    return same(one, a->a, other, b->a) && same(one, a->b, other, b->b);
}

bool bm_guard_opposite(const struct bm_guard *one, const struct bm_guard *other) {
    if (!one->count || !other->count) return false;
    return opposite(one, one->count - 1, other, other->count - 1);
}

static int64_t bound(const struct bm_guard *guard, uint32_t at, enum bm_counter counter) {
    const struct bm_guard_node *node = &guard->nodes[at];
    if (node->op == BM_GUARD_AND) {
        int64_t a = bound(guard, node->a, counter), b = bound(guard, node->b, counter);
        if (a < 0 || b < 0) return a < 0 ? b : a;
        return a < b ? a : b;
    }
    if (node->op != BM_GUARD_BELOW && node->op != BM_GUARD_AT_MOST && node->op != BM_GUARD_EQUAL)
        return -1;
    const struct bm_guard_node *left = &guard->nodes[node->a], *right = &guard->nodes[node->b];
    if (left->op != BM_GUARD_COUNTER || left->a != counter || right->op != BM_GUARD_NUMBER)
        return -1;
    int64_t most = node->op == BM_GUARD_AT_MOST ? right->value + 1
                   : node->op == BM_GUARD_EQUAL ? 1
                                                : right->value;
    return most < 0 ? 0 : most;
}

int64_t bm_guard_counter_bound(const struct bm_guard *guard, enum bm_counter counter) {
    return guard->count ? bound(guard, guard->count - 1, counter) : -1;
}
