/* The roads file: what is made is what is read; what is damaged, cut, foreign or a lie is refused
 * by name. */
#include "../testing.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "road/file.h"
#include "support.h"

static struct net small_net(void) {
    struct bm_rng rng = {11};
    struct net net = net_random(&rng, 6, 8);
    net.unit_us = 1000;
    net_random_turns(&net, &rng, 3);
    return net;
}

/* Opens a copy of exactly its length, so that a sanitizer sees one byte too many. */
static enum bm_code try_open(const uint8_t *bytes, size_t len, struct bm_fault *fault) {
    uint8_t *copy = bm_alloc(len);
    memcpy(copy, bytes, len);
    struct bm_road *road = NULL;
    enum bm_code code = bm_road_open(copy, len, &road, fault);
    if (code == BM_OK)
        bm_road_close(road);
    else
        assert_null(road);
    bm_free(copy);
    return code;
}

static void what_is_built_is_what_is_read(void **state) {
    (void)state;
    struct bm_rng rng = {1};
    for (int round = 0; round < 20; round++) {
        struct net net = net_random(&rng, 2 + (uint32_t)bm_rng_below(&rng, 100),
                                    2 + (uint32_t)bm_rng_below(&rng, 300));
        net_random_turns(&net, &rng, (uint32_t)bm_rng_below(&rng, 40));
        struct world world = world_of(&net);
        struct bm_road_info info = bm_road_info(world.road);
        assert_int_equal(info.format, BM_ROAD_FORMAT);
        assert_int_equal(info.junctions, net.junction_count);
        assert_int_equal(info.edges, net.edge_count);
        assert_int_equal(info.unit_us, net.unit_us);
        assert_int_equal(info.bytes, world.len);
        assert_string_equal(info.source, "test.osm");
        assert_int_equal(info.made_at_ms, 1700000000123);
        for (uint32_t i = 0; i < net.junction_count; i++) {
            struct bm_point point = bm_road_junction(world.road, i);
            assert_memory_equal(&point, &net.junctions[i], sizeof point);
            assert_true(bm_box_has(&info.box, point));
        }
        struct bm_metric *metrics[BM_profile_COUNT];
        for (int profile = 0; profile < BM_profile_COUNT; profile++)
            metrics[profile] = bm_metric_new(world.road, profile);
        for (uint32_t i = 0; i < net.edge_count; i++) {
            const struct net_edge *edge = &net.edges[i];
            assert_int_equal(bm_road_tail(world.road, 2 * i), edge->first);
            assert_int_equal(bm_road_tail(world.road, 2 * i + 1), edge->second);
            assert_string_equal(bm_road_name(world.road, i), edge->name);
            struct bm_point line[6] = {net.junctions[edge->first]};
            size_t count = edge->between_count + 2;
            memcpy(line + 1, edge->between, edge->between_count * sizeof *line);
            line[count - 1] = net.junctions[edge->second];
            assert_int_equal(bm_road_shape_count(world.road, i), count);
            for (size_t p = 0; p < count; p++) {
                struct bm_point point = bm_road_shape_point(world.road, i, p);
                assert_memory_equal(&point, &line[p], sizeof point);
            }
            assert_true(bm_road_length_m(world.road, i) == bm_line_length_m(line, count));
            for (int profile = 0; profile < BM_profile_COUNT; profile++) {
                for (uint32_t back = 0; back < 2; back++) {
                    uint32_t given = edge->weight[profile][back];
                    assert_int_equal(bm_metric_weight(metrics[profile], 2 * i + back),
                                     given ? given : 1);
                }
            }
        }
        assert_int_equal(info.restrictions, net.turn_count);
        assert_true(info.nodes >= net.junction_count);
        for (uint32_t i = 0; i < net.turn_count; i++) {
            struct bm_turn turn = bm_road_restriction(world.road, i);
            assert_int_equal(turn.from_arc, net.turns[i].from_arc);
            assert_int_equal(turn.to_arc, net.turns[i].to_arc);
            assert_int_equal(turn.only, net.turns[i].only);
            assert_memory_equal(turn.weight, net.turns[i].weight, sizeof turn.weight);
        }
        /* A second holder keeps a metric. */
        assert_ptr_equal(bm_metric_ref(metrics[0]), metrics[0]);
        bm_metric_unref(metrics[0]);
        assert_ptr_equal(bm_metric_road(metrics[0]), world.road);
        for (int profile = 0; profile < BM_profile_COUNT; profile++)
            bm_metric_unref(metrics[profile]);
        world_free(&world);
        net_free(&net);
    }
}

static void the_same_input_gives_the_same_bytes_and_each_name_once(void **state) {
    (void)state;
    struct net net = small_net();
    for (uint32_t i = 0; i < net.edge_count; i++) {
        snprintf(net.edges[i].name, sizeof net.edges[i].name, "%s", i % 2 ? "中山大道" : "");
    }
    size_t len, again_len;
    uint8_t *bytes = net_file(&net, &len), *again = net_file(&net, &again_len);
    assert_int_equal(len, again_len);
    assert_memory_equal(bytes, again, len);
    struct world world = world_of(&net);
    struct bm_road_info info = bm_road_info(world.road);
    assert_int_equal(info.names, 1);
    const char zero[32] = {0};
    assert_memory_not_equal(info.digest, zero, 32);
    /* Another name, another digest. */
    snprintf(net.edges[1].name, sizeof net.edges[1].name, "x");
    struct world other = world_of(&net);
    assert_memory_not_equal(bm_road_info(other.road).digest, info.digest, 32);
    world_free(&other);
    world_free(&world);
    bm_free(bytes);
    bm_free(again);
    net_free(&net);
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    struct net net = small_net();
    size_t len;
    uint8_t *bytes = net_file(&net, &len);
    for (size_t cut = 0; cut < len; cut++) {
        struct bm_fault fault = {0};
        assert_int_equal(try_open(bytes, cut, &fault), BM_CORRUPT);
        assert_non_null(strstr(fault.detail, "bellman area"));
    }
    struct bm_fault fault = {0};
    assert_int_equal(try_open(bytes, len, &fault), BM_OK);
    uint8_t *longer = bm_alloc_zero(len + 64, 1);
    memcpy(longer, bytes, len);
    assert_int_equal(try_open(longer, len + 64, &fault), BM_CORRUPT);
    bm_free(longer);
    bm_free(bytes);
    net_free(&net);
}

static void every_flipped_bit_is_refused(void **state) {
    (void)state;
    struct net net = small_net();
    size_t len;
    uint8_t *bytes = net_file(&net, &len);
    struct bm_rng rng = {7};
    for (int i = 0; i < 2000; i++) {
        size_t at = i < 256 ? (size_t)i : bm_rng_below(&rng, len);
        uint8_t bit = (uint8_t)(1u << bm_rng_below(&rng, 8));
        bytes[at] ^= bit;
        struct bm_fault fault = {0};
        enum bm_code code = try_open(bytes, len, &fault);
        assert_int_equal(code, at < 12 ? BM_BAD_FORMAT : BM_CORRUPT);
        assert_int_equal(fault.code, code);
        assert_true(fault.field[0] && fault.detail[0]);
        bytes[at] ^= bit;
    }
    /* A section is named when its bytes are wrong. */
    struct bm_road_section section;
    for (size_t kind = 0; kind < BM_ROAD_SECTION_COUNT; kind++) {
        memcpy(&section, bytes + BM_ROAD_TABLE_AT + kind * sizeof section, sizeof section);
        if (section.bytes == 0) continue;
        bytes[section.offset + section.bytes / 2] ^= 0x10;
        struct bm_fault fault = {0};
        assert_int_equal(try_open(bytes, len, &fault), BM_CORRUPT);
        assert_string_equal(fault.field, section.name);
        assert_non_null(strstr(fault.detail, "checksum"));
        bytes[section.offset + section.bytes / 2] ^= 0x10;
    }
    bm_free(bytes);
    net_free(&net);
}

static void a_foreign_file_and_a_newer_format_say_what_to_do(void **state) {
    (void)state;
    struct bm_fault fault = {0};
    static const char png[] = "\x89PNG\r\n\x1a\n and then some bytes that are no roads at all";
    assert_int_equal(try_open((const uint8_t *)png, sizeof png, &fault), BM_BAD_FORMAT);
    assert_non_null(strstr(fault.detail, "no roads file"));
    assert_non_null(strstr(fault.detail, "bellman area"));
    assert_int_equal(try_open((const uint8_t *)"P", 1, &fault), BM_BAD_FORMAT);
    struct net net = small_net();
    size_t len;
    uint8_t *bytes = net_file(&net, &len);
    bytes[8] = BM_ROAD_FORMAT + 1;
    assert_int_equal(try_open(bytes, len, &fault), BM_BAD_FORMAT);
    assert_string_equal(fault.field, "format");
    assert_non_null(strstr(fault.detail, "format 4"));
    assert_non_null(strstr(fault.detail, "reads format 3"));
    /* Whatever stands behind a newer format's number is not looked at. */
    assert_int_equal(try_open(bytes, 12, &fault), BM_BAD_FORMAT);
    bm_free(bytes);
    net_free(&net);
}

/* --- lies under right checksums --------------------------------------------------------------- */

static void seal(uint8_t *bytes) {
    for (size_t kind = 0; kind < BM_ROAD_SECTION_COUNT; kind++) {
        struct bm_road_section *section = (void *)(bytes + BM_ROAD_TABLE_AT +
                                                   kind * sizeof *section);
        bm_hash_of(bytes + section->offset, section->bytes, section->hash, BM_HASH_BYTES);
    }
    bm_hash_of(bytes, BM_ROAD_SEAL_AT, bytes + BM_ROAD_SEAL_AT, BM_HASH_BYTES);
}

static void numbers_that_point_outside_are_refused_by_section(void **state) {
    (void)state;
    static const struct {
        enum bm_road_section_kind kind;
        size_t at; /* 4-byte word of the section; from its end when `last` */
        bool last;
        uint32_t value;
        const char *field;
    } lies[] = {
        {BM_SECTION_JUNCTIONS, 0, false, 900000001, "junctions"},
        {BM_SECTION_JUNCTIONS, 1, false, 0x80000000, "junctions"},
        {BM_SECTION_TAILS, 0, false, 6, "tails"},
        {BM_SECTION_TAILS, 1, true, 0xffffffff, "tails"},
        {BM_SECTION_OUT_FIRST, 0, false, 1, "out-first"},
        {BM_SECTION_OUT_FIRST, 1, false, 0x7fffffff, "out-first"},
        {BM_SECTION_OUT_FIRST, 1, true, 15, "out-first"},
        {BM_SECTION_OUT, 0, false, 16, "out"},
        {BM_SECTION_OUT, 1, false, 77, "out"},
        {BM_SECTION_EMERGENCY, 3, false, 0, "emergency"},
        {BM_SECTION_EMERGENCY, 3, false, 0x40000000, "emergency"},
        {BM_SECTION_ORDINARY, 1, true, 0xffffffff, "ordinary"},
        {BM_SECTION_FOOT, 0, false, 0, "foot"},
        {BM_SECTION_FLAGS, 0, false, 0x08080808, "flags"},
        {BM_SECTION_SHAPE_FIRST, 1, false, 0xfffffff0, "shape-first"},
        {BM_SECTION_SHAPES, 0, false, 0x7fffffff, "shapes"},
        {BM_SECTION_NAME_AT, 0, false, 0x00ffffff, "names"},
        {BM_SECTION_NAMES, 0, false, 0x41414141, "names"},
        {BM_SECTION_NAMES, 1, true, 0x41414141, "names"},
        {BM_SECTION_TURNS, 0, false, 16, "turns"},
        {BM_SECTION_TURNS, 1, false, 0xffffffff, "turns"},
        {BM_SECTION_TURNS, 2, false, 2, "turns"},
        {BM_SECTION_CELL_FIRST, 0, false, 5, "cell-first"},
        {BM_SECTION_CELL_FIRST, 1, true, 0xffffffff, "cell-first"},
        {BM_SECTION_CELL_EDGES, 0, false, 8, "cell-edges"},
        {BM_SECTION_TURNS, 3, false, 0x40000000, "turns"},
        {BM_SECTION_RANKS, 0, false, 0xffff, "ranks"},
        {BM_SECTION_RANKS, 1, true, 0xffffffff, "ranks"},
        {BM_SECTION_PARENTS, 0, false, 0, "parents"},
        {BM_SECTION_PARENTS, 0, false, 6, "parents"},
        {BM_SECTION_PARENTS, 1, true, 0, "parents"},
        {BM_SECTION_WAYS_FIRST, 0, false, 1, "ways-first"},
        {BM_SECTION_WAYS_FIRST, 1, false, 0x7fffffff, "ways-first"},
        {BM_SECTION_WAYS_FIRST, 1, true, 0, "ways-first"},
        {BM_SECTION_WAYS, 0, false, 0xffffffff, "ways"},
        {BM_SECTION_ARC_WAYS, 0, false, 0x7ffffffe, "arc-ways"},
        {BM_SECTION_ARC_WAYS, 0, false, 0xfffffffc, "arc-ways"},
    };
    struct net net = small_net();
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        size_t len;
        uint8_t *bytes = net_file(&net, &len);
        struct bm_road_section section;
        memcpy(&section, bytes + BM_ROAD_TABLE_AT + lies[i].kind * sizeof section, sizeof section);
        size_t at = lies[i].last ? section.bytes - 4 * lies[i].at : 4 * lies[i].at;
        assert_true(at + 4 <= section.bytes);
        memcpy(bytes + section.offset + at, &lies[i].value, 4);
        seal(bytes);
        struct bm_fault fault = {0};
        assert_int_equal(try_open(bytes, len, &fault), BM_CORRUPT);
        assert_string_equal(fault.field, lies[i].field);
        bm_free(bytes);
    }
    net_free(&net);
}

/* An arc that is listed twice, so that another is not listed. */
static void an_arc_that_nobody_can_take_is_refused(void **state) {
    (void)state;
    struct net net = small_net();
    struct world world = world_of(&net);
    uint32_t junction = 0;
    while (world.road->out_first[junction + 1] - world.road->out_first[junction] < 2) junction++;
    size_t at = world.road->out_first[junction];
    struct bm_out_arc *out = (struct bm_out_arc *)(world.bytes + ((const uint8_t *)world.road->out -
                                                                  world.bytes));
    out[at + 1] = out[at];
    seal(world.bytes);
    struct bm_fault fault = {0};
    assert_int_equal(try_open(world.bytes, world.len, &fault), BM_CORRUPT);
    assert_string_equal(fault.field, "out");
    world_free(&world);
    net_free(&net);
}

static void impossible_heads_are_refused(void **state) {
    (void)state;
    struct net net = small_net();
    for (size_t at = 12; at < BM_ROAD_SEAL_AT; at += 4) {
        size_t len;
        uint8_t *bytes = net_file(&net, &len);
        struct bm_fault fault = {0};
        memset(bytes + at, 0xff, 4);
        bm_hash_of(bytes, BM_ROAD_SEAL_AT, bytes + BM_ROAD_SEAL_AT, BM_HASH_BYTES);
        enum bm_code code = try_open(bytes, len, &fault);
        /* Two things say nothing about the rest: when it was made, and from what. */
        bool free_word = (at >= offsetof(struct bm_road_head, made_at_ms) &&
                          at < offsetof(struct bm_road_head, junctions)) ||
                         (at >= offsetof(struct bm_road_head, source) &&
                          at + 4 < offsetof(struct bm_road_head, zeros));
        /* So does a box that is wider, a count of names, and a grid put elsewhere. */
        bool harmless = (at >= offsetof(struct bm_road_head, box) &&
                         at < offsetof(struct bm_road_head, grid) + 16) ||
                        at == offsetof(struct bm_road_head, names);
        if (free_word)
            assert_int_equal(code, BM_OK);
        else if (!harmless)
            assert_int_equal(code, BM_CORRUPT);
        bm_free(bytes);
    }
    net_free(&net);
}

/* --- what the builder refuses ----------------------------------------------------------------- */

static enum bm_code write_of(struct bm_road_build *build, size_t most, struct bm_fault *fault) {
    struct bm_buf buf = bm_buf_make(most);
    enum bm_code code = bm_road_build_write(build, &buf, fault);
    if (code != BM_OK) assert_int_equal(buf.len, 0);
    bm_buf_free(&buf);
    bm_road_build_free(build);
    return code;
}

static void what_no_file_can_hold_is_refused(void **state) {
    (void)state;
    struct bm_fault fault = {0};
    struct bm_road_build *build = bm_road_build_new(1000, "a", 0);
    bm_road_build_junction(build, (struct bm_point){0, 0});
    assert_int_equal(write_of(build, 1 << 20, &fault), BM_NOT_FOUND);

    struct bm_edge_given edge = {.first = 0, .second = 1, .weight = {{5, 5}, {5, 5}}};
    build = bm_road_build_new(1000, "a", 0);
    bm_road_build_junction(build, (struct bm_point){-170000000, 1799000000});
    bm_road_build_junction(build, (struct bm_point){-170000000, -1799000000});
    bm_road_build_edge(build, &edge);
    assert_int_equal(write_of(build, 1 << 20, &fault), BM_OUT_OF_RANGE);
    assert_non_null(strstr(fault.detail, "antimeridian"));

    build = bm_road_build_new(1000, "a", 0);
    bm_road_build_junction(build, (struct bm_point){0, 0});
    bm_road_build_junction(build, (struct bm_point){900000001, 0});
    bm_road_build_edge(build, &edge);
    assert_int_equal(write_of(build, 1 << 20, &fault), BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "point");

    build = bm_road_build_new(1000, "a", 0);
    bm_road_build_junction(build, (struct bm_point){0, 0});
    bm_road_build_junction(build, (struct bm_point){10000, 0});
    edge.weight[1][1] = BM_ROAD_INFINITE + 1;
    bm_road_build_edge(build, &edge);
    assert_int_equal(write_of(build, 1 << 20, &fault), BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "weight");

    edge.weight[1][1] = 7;
    build = bm_road_build_new(1000, "a", 0);
    bm_road_build_junction(build, (struct bm_point){0, 0});
    bm_road_build_junction(build, (struct bm_point){10000, 0});
    bm_road_build_edge(build, &edge);
    assert_int_equal(write_of(build, 100, &fault), BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "bytes");

    build = bm_road_build_new(0, "a", 0);
    bm_road_build_junction(build, (struct bm_point){0, 0});
    bm_road_build_junction(build, (struct bm_point){10000, 0});
    bm_road_build_edge(build, &edge);
    assert_int_equal(write_of(build, 1 << 20, &fault), BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "unit_us");
}

/* A star with `arms` roads, in which `rules` bind the arc that comes in by the first. */
static struct bm_road_build *star(uint32_t arms, uint32_t rules) {
    struct bm_road_build *build = bm_road_build_new(1000, "a", 0);
    struct bm_edge_given edge = {.weight = {{5, 5}, {5, 5}, {5, 5}}};
    bm_road_build_junction(build, (struct bm_point){0, 0});
    for (edge.second = 1; edge.second <= arms; edge.second++) {
        bm_road_build_junction(build, (struct bm_point){10000, 100 * (int32_t)edge.second});
        bm_road_build_edge(build, &edge);
    }
    for (uint32_t i = 0; i < rules; i++)
        bm_road_build_turn(build, (struct bm_turn){1, 2 + 2 * (i % (arms - 1)), false, {1, 2, 3}});
    return build;
}

/* Turns are made for pairs of arcs: without an end to both numbers, a small file asks for all the
 * memory that there is. */
static void too_many_rules_at_one_place_are_refused(void **state) {
    (void)state;
    struct bm_fault fault = {0};
    assert_int_equal(write_of(star(BM_RULED_ARCS_MAX, BM_ARC_RULES_MAX), 1 << 24, &fault), BM_OK);
    assert_int_equal(write_of(star(BM_RULED_ARCS_MAX + 1, 0), 1 << 24, &fault), BM_OK);
    assert_int_equal(write_of(star(BM_RULED_ARCS_MAX + 1, 1), 1 << 24, &fault), BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "turns");
    fault = (struct bm_fault){0};
    assert_int_equal(write_of(star(3, BM_ARC_RULES_MAX + 1), 1 << 24, &fault), BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "turns");
}

/* A build may be written, added to, and written again; a long source is cut. */
static void a_build_goes_on_after_writing(void **state) {
    (void)state;
    static const char source[] =
        "a-very-long-file-name-of-more-than-sixty-three-bytes-that-is-cut-somewhere.osm.pbf";
    struct bm_road_build *build = bm_road_build_new(1000, source, 0);
    struct bm_point between = {5000, 5000};
    struct bm_edge_given edge = {.first = 0,
                                 .second = 1,
                                 .between = &between,
                                 .between_count = 1,
                                 .weight = {{5, 5}, {5, 5}}};
    bm_road_build_junction(build, (struct bm_point){0, 0});
    bm_road_build_junction(build, (struct bm_point){10000, 0});
    for (uint32_t round = 1; round < 2000; round++) {
        bm_road_build_edge(build, &edge);
        if (round % 512 && round != 1) continue;
        struct bm_buf buf = bm_buf_make(8 << 20);
        struct bm_fault fault;
        struct bm_road *road;
        assert_int_equal(bm_road_build_write(build, &buf, &fault), BM_OK);
        assert_int_equal(bm_road_open(buf.bytes, buf.len, &road, &fault), BM_OK);
        struct bm_road_info info = bm_road_info(road);
        assert_int_equal(info.edges, round);
        assert_int_equal(strlen(info.source), 63);
        assert_memory_equal(info.source, source, 63);
        bm_road_close(road);
        bm_buf_free(&buf);
    }
    bm_road_build_free(build);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_built_is_what_is_read),
        cmocka_unit_test(the_same_input_gives_the_same_bytes_and_each_name_once),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(a_foreign_file_and_a_newer_format_say_what_to_do),
        cmocka_unit_test(numbers_that_point_outside_are_refused_by_section),
        cmocka_unit_test(an_arc_that_nobody_can_take_is_refused),
        cmocka_unit_test(impossible_heads_are_refused),
        cmocka_unit_test(what_no_file_can_hold_is_refused),
        cmocka_unit_test(too_many_rules_at_one_place_are_refused),
        cmocka_unit_test(a_build_goes_on_after_writing),
    };
    return cmocka_run_group_tests_name("roads file", tests, NULL, NULL);
}
