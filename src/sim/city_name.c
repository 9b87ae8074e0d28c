/* Names.  Avenues are called after what every city calls its avenues, with the points of the
 * compass; small streets after what is nice to see on a walk.  No two streets share a name, in
 * Chinese or in English. */
#include <stdio.h>
#include <string.h>

#include "sim/city_private.h"

struct word {
    const char *han, *pinyin;
};

/* clang-format off */
static const struct word stems[] = {
    {"解放", "Jiefang"}, {"人民", "Renmin"}, {"中山", "Zhongshan"}, {"建设", "Jianshe"}, {"和平", "Heping"}, {"胜利", "Shengli"},
    {"新华", "Xinhua"}, {"文化", "Wenhua"}, {"光明", "Guangming"}, {"友谊", "Youyi"}, {"团结", "Tuanjie"}, {"民主", "Minzhu"},
    {"青年", "Qingnian"}, {"劳动", "Laodong"}, {"前进", "Qianjin"}, {"朝阳", "Chaoyang"}, {"红旗", "Hongqi"}, {"幸福", "Xingfu"},
    {"迎宾", "Yingbin"}, {"长安", "Chang'an"}, {"复兴", "Fuxing"}, {"振兴", "Zhenxing"}, {"工农", "Gongnong"}, {"东风", "Dongfeng"},
    {"黄鹤", "Huanghe"}, {"云梦", "Yunmeng"}, {"楚天", "Chutian"}, {"学府", "Xuefu"}, {"花园", "Huayuan"}, {"车站", "Chezhan"},
};
static const struct word firsts[] = {
    {"青", "Qing"}, {"柳", "Liu"}, {"桂", "Gui"}, {"松", "Song"}, {"竹", "Zhu"}, {"梅", "Mei"}, {"兰", "Lan"}, {"荷", "He"},
    {"杏", "Xing"}, {"桃", "Tao"}, {"枫", "Feng"}, {"槐", "Huai"}, {"银", "Yin"}, {"金", "Jin"}, {"云", "Yun"}, {"月", "Yue"},
    {"星", "Xing"}, {"晨", "Chen"}, {"春", "Chun"}, {"秋", "Qiu"}, {"永", "Yong"}, {"安", "An"}, {"康", "Kang"}, {"福", "Fu"},
    {"泰", "Tai"}, {"宁", "Ning"}, {"瑞", "Rui"}, {"祥", "Xiang"}, {"德", "De"}, {"仁", "Ren"}, {"学", "Xue"}, {"书", "Shu"},
    {"文", "Wen"}, {"武", "Wu"}, {"翠", "Cui"}, {"碧", "Bi"}, {"紫", "Zi"}, {"龙", "Long"}, {"鹤", "He"}, {"燕", "Yan"},
    {"钟", "Zhong"}, {"铃", "Ling"}, {"更", "Geng"}, {"古", "Gu"}, {"石", "Shi"}, {"水", "Shui"}, {"大", "Da"}, {"小", "Xiao"},
    {"南", "Nan"}, {"北", "Bei"}, {"百", "Bai"}, {"万", "Wan"}, {"双", "Shuang"}, {"三", "San"}, {"九", "Jiu"}, {"广", "Guang"},
};
static const struct word seconds[] = {
    {"溪", "xi"}, {"园", "yuan"}, {"林", "lin"}, {"苑", "yuan"}, {"亭", "ting"}, {"桥", "qiao"}, {"泉", "quan"}, {"塘", "tang"},
    {"台", "tai"}, {"门", "men"}, {"阁", "ge"}, {"岭", "ling"}, {"坡", "po"}, {"花", "hua"}, {"香", "xiang"}, {"荫", "yin"},
    {"华", "hua"}, {"阳", "yang"}, {"庆", "qing"}, {"乐", "le"}, {"平", "ping"}, {"丰", "feng"}, {"盛", "sheng"}, {"源", "yuan"},
    {"井", "jing"}, {"湾", "wan"}, {"洲", "zhou"}, {"堤", "di"}, {"碑", "bei"}, {"市", "shi"}, {"府", "fu"}, {"营", "ying"},
};
static const struct word directions[] = {{"", ""}, {"东", "East "}, {"南", "South "}, {"西", "West "}, {"北", "North "}, {"中", "Middle "}};
static const struct word numbers[] = {{"零", "0th"}, {"一", "1st"}, {"二", "2nd"}, {"三", "3rd"}, {"四", "4th"}, {"五", "5th"},
    {"六", "6th"}, {"七", "7th"}, {"八", "8th"}, {"九", "9th"}, {"十", "10th"}, {"十一", "11th"}, {"十二", "12th"}, {"十三", "13th"}};
static const struct word zones[] = {{"高新", "Gaoxin"}, {"科技", "Keji"}};
static const struct word road = {"路", "Road"}, street = {"街", "Street"}, lane = {"巷", "Lane"}, hutong = {"胡同", "Hutong"}, li = {"里", "Li"};
/* What stands for itself, in the order of the sketch: the direction goes before (B), behind (E) or nowhere. */
static const struct { const char *han, *han_end, *pinyin, *end; char place; } fixed[] = {
    {"沿江", "大道", "Yanjiang", "Avenue", 'N'}, {"滨江", "大道", "Binjiang", "Avenue", 'N'},
    {"二环", "路", "Second Ring", "Road", 'B'}, {"环城", "路", "Huancheng", "Road", 'E'},
    {"鼓楼", "大街", "Gulou", "Street", 'E'}, {"大街", "", "Main", "Street", 'B'},
    {"环湖", "路", "Huanhu", "Road", 'N'}, {"站前", "路", "Zhanqian", "Road", 'N'},
};
static const struct word bridge_names[] = {{"铃江西桥", "Lingjiang West Bridge"}, {"柳津桥", "Liujin Bridge"},
    {"铃江大桥", "Lingjiang Bridge"}, {"晨钟桥", "Chenzhong Bridge"}, {"铃江东桥", "Lingjiang East Bridge"}};
/* clang-format on */

enum { COUNT_STEMS = sizeof stems / sizeof stems[0] };

void bm_names_bridge(unsigned number, char ret_name[BM_CITY_NAME_TEXT],
                     char ret_en[BM_CITY_NAME_TEXT]) {
    const struct word *name =
        &bridge_names[number % (sizeof bridge_names / sizeof bridge_names[0])];
    snprintf(ret_name, BM_CITY_NAME_TEXT, "%s", name->han);
    snprintf(ret_en, BM_CITY_NAME_TEXT, "%s", name->pinyin);
}

/* A piece of a sketched street whose edges hang together. */
struct piece {
    uint32_t street, first; /* its first edge */
    double length_m;
};
struct naming {
    struct bm_city_work *work;
    uint32_t *piece_of; /* of each edge */
    uint8_t order[COUNT_STEMS];
    CITY_ARRAY(struct piece, pieces);
};

static uint32_t find_name(const struct bm_city_work *work, const char *name, const char *name_en) {
    for (uint32_t i = 0; i < work->names_count; i++)
        if (strcmp(work->names[i].name, name) == 0 || strcmp(work->names[i].name_en, name_en) == 0)
            return i;
    return NO_NAME;
}

static uint32_t add_name(struct bm_city_work *work, const struct bm_city_street *name) {
    CITY_PUSH(work, names, *name);
    return work->names_count - 1;
}

static struct word suffix_of(struct bm_city_work *work, const struct bm_sketch_street *sketch) {
    uint64_t dice = bm_rng_below(&work->rng, 100);
    if (sketch->street_class == STREET_LANE) return dice < 60 ? lane : dice < 85 ? hutong : li;
    if (sketch->flags & STREET_IN_OLD_TOWN) return street;
    if (sketch->street_class <= STREET_TERTIARY || sketch->street_class == STREET_COUNTRY)
        return road;
    return dice < 62 ? road : dice < 92 ? street : li;
}

static uint32_t poetic_name(struct bm_city_work *work, const struct bm_sketch_street *sketch) {
    struct word suffix = suffix_of(work, sketch);
    for (int tried = 0; tried < 10000; tried++) {
        struct bm_city_street name;
        struct word first = firsts[bm_rng_below(&work->rng, sizeof firsts / sizeof firsts[0])];
        struct word second = seconds[bm_rng_below(&work->rng, sizeof seconds / sizeof seconds[0])];
        snprintf(name.name, sizeof name.name, "%s%s%s", first.han, second.han, suffix.han);
        snprintf(name.name_en, sizeof name.name_en, "%s%s %s", first.pinyin, second.pinyin,
                 suffix.pinyin);
        if (find_name(work, name.name, name.name_en) == NO_NAME) return add_name(work, &name);
    }
    return NO_NAME; /* five thousand names are taken: a street may go without */
}

static void fixed_name(const struct bm_sketch_street *sketch, struct bm_city_street *ret) {
    const struct word *direction = &directions[sketch->direction];
    const char *han = fixed[sketch->stem].han, *end = fixed[sketch->stem].han_end;
    bool before = fixed[sketch->stem].place == 'B';
    if (fixed[sketch->stem].place == 'N') direction = &directions[0];
    if (before)
        snprintf(ret->name, sizeof ret->name, "%s%s%s", direction->han, han, end);
    else
        snprintf(ret->name, sizeof ret->name, "%s%s%s", han, direction->han, end);
    if (before)
        snprintf(ret->name_en, sizeof ret->name_en, "%s%s %s", direction->pinyin,
                 fixed[sketch->stem].pinyin, fixed[sketch->stem].end);
    else
        snprintf(ret->name_en, sizeof ret->name_en, "%s %s%s", fixed[sketch->stem].pinyin,
                 direction->pinyin, fixed[sketch->stem].end);
}

static uint32_t name_of_piece(struct naming *naming, const struct piece *piece) {
    struct bm_city_work *work = naming->work;
    const struct bm_sketch_street *sketch = &work->sketch[piece->street];
    struct bm_city_street name = {.name = ""};
    if (sketch->rule == NAME_NONE || piece->length_m < 30) return NO_NAME;
    if (sketch->rule == NAME_FIXED) {
        fixed_name(sketch, &name);
        uint32_t there = find_name(work, name.name, name.name_en);
        return there != NO_NAME ? there : add_name(work, &name);
    }
    if (sketch->rule == NAME_STEM) {
        const struct word *stem = &stems[naming->order[sketch->stem % COUNT_STEMS]];
        snprintf(name.name, sizeof name.name, "%s%s%s", stem->han,
                 directions[sketch->direction].han, road.han);
        snprintf(name.name_en, sizeof name.name_en, "%s %s%s", stem->pinyin,
                 directions[sketch->direction].pinyin, road.pinyin);
    } else if (sketch->rule == NAME_NUMBERED &&
               sketch->number < sizeof numbers / sizeof numbers[0]) {
        const struct word *zone = &zones[sketch->stem % 2], *number = &numbers[sketch->number];
        snprintf(name.name, sizeof name.name, "%s%s%s", zone->han, number->han, road.han);
        snprintf(name.name_en, sizeof name.name_en, "%s %s %s", zone->pinyin, number->pinyin,
                 road.pinyin);
    }
    if (name.name[0] && find_name(work, name.name, name.name_en) == NO_NAME)
        return add_name(work, &name);
    return poetic_name(work, sketch);
}

/* Marks the edges of one street that hang together with `seed_edge`. */
static void gather_piece(struct naming *naming, uint32_t seed_edge, uint32_t *stack) {
    struct bm_city_work *work = naming->work;
    struct piece piece = {work->edges[seed_edge].street, seed_edge, 0};
    uint32_t number = naming->pieces_count, depth = 0;
    bool whole = work->sketch[piece.street].rule == NAME_FIXED; /* carriageways belong together */
    naming->piece_of[seed_edge] = number;
    stack[depth++] = seed_edge;
    while (depth) {
        const struct bm_edge *edge = &work->edges[stack[--depth]];
        piece.length_m += bm_city_far(work->nodes[edge->a], work->nodes[edge->b]);
        for (int end = 0; end < 2; end++) {
            uint32_t node = end ? edge->b : edge->a;
            for (uint32_t i = work->starts[node]; i < work->starts[node + 1]; i++) {
                uint32_t other = work->around[i];
                if (naming->piece_of[other] != NO_NAME || work->edges[other].street != piece.street)
                    continue;
                naming->piece_of[other] = number;
                stack[depth++] = other;
            }
        }
    }
    if (whole) piece.length_m += 1000;
    CITY_PUSH(naming, pieces, piece);
}

static int longest_first(const void *a, const void *b) {
    const struct piece *const *p = a, *const *q = b;
    if ((*p)->length_m != (*q)->length_m) return (*p)->length_m > (*q)->length_m ? -1 : 1;
    return (*p)->first < (*q)->first ? -1 : 1;
}

static void find_crossings(struct bm_city_work *work) {
    for (uint32_t node = 0; node < work->nodes_count; node++) {
        uint32_t seen[8], count = 0;
        for (uint32_t i = work->starts[node]; i < work->starts[node + 1] && count < 8; i++) {
            uint32_t name = work->edges[work->around[i]].name;
            bool again = name == NO_NAME;
            for (uint32_t s = 0; s < count; s++) again = again || seen[s] == name;
            if (!again) seen[count++] = name;
        }
        for (uint32_t s = 0; s + 1 < count; s++) {
            struct bm_city_crossing crossing = {seen[s], seen[s + 1],
                                                bm_terrain_point(work->nodes[node])};
            CITY_PUSH(work, crossings, crossing);
        }
    }
}

void bm_names_give(struct bm_city_work *work) {
    struct naming naming = {.work = work,
                            .piece_of = bm_alloc(work->edges_count * sizeof(uint32_t))};
    uint32_t *stack = bm_alloc((work->edges_count + 1) * sizeof *stack);
    for (int i = 0; i < COUNT_STEMS; i++) naming.order[i] = (uint8_t)i;
    for (int i = COUNT_STEMS - 1; i > 0; i--) {
        uint64_t other = bm_rng_below(&work->rng, (uint64_t)i + 1);
        uint8_t kept = naming.order[i];
        naming.order[i] = naming.order[other];
        naming.order[other] = kept;
    }
    for (uint32_t e = 0; e < work->edges_count; e++) naming.piece_of[e] = NO_NAME;
    for (uint32_t e = 0; e < work->edges_count; e++)
        if (!work->edges[e].gone && naming.piece_of[e] == NO_NAME) gather_piece(&naming, e, stack);
    const struct piece **sorted = bm_alloc((naming.pieces_count + 1) * sizeof *sorted);
    uint32_t *names = bm_alloc((naming.pieces_count + 1) * sizeof *names);
    for (uint32_t i = 0; i < naming.pieces_count; i++) sorted[i] = &naming.pieces[i];
    qsort(sorted, naming.pieces_count, sizeof *sorted, longest_first);
    for (uint32_t i = 0; i < naming.pieces_count; i++)
        names[sorted[i] - naming.pieces] = name_of_piece(&naming, sorted[i]);
    double *lengths = bm_alloc_zero(work->names_count + 1, sizeof *lengths);
    for (uint32_t e = 0; e < work->edges_count; e++) {
        struct bm_edge *edge = &work->edges[e];
        if (edge->gone) continue;
        edge->name = names[naming.piece_of[e]];
        if (edge->name == NO_NAME) continue;
        edge->offset_m = lengths[edge->name];
        lengths[edge->name] += bm_city_far(work->nodes[edge->a], work->nodes[edge->b]);
    }
    find_crossings(work);
    bm_free(lengths);
    bm_free(names);
    bm_free(sorted);
    bm_free(stack);
    bm_free(naming.piece_of);
    bm_free(naming.pieces);
}
