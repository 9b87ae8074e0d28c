/* The address index of a small town with names in two scripts: what is asked, and what comes first.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/addresses.h"
#include "import/names.h"
#include "import/output.h"

static const char *osm_folder;
static char folder[64], db[100];
static struct bm_addresses *town;
static struct bm_address_counts counts;

/* --- names ------------------------------------------------------------------------------------ */

static void test_fold(void **state) {
    (void)state;
    static const char *const rows[][2] = {{"Plöck", "plock"},
                                          {"Große Straße", "grossestrasse"},
                                          {"ＡＢＣ　１２", "abc12"},
                                          {"解放路 (南)", "解放路南"},
                                          {"Ærø Łódź Ñandú", "aerolodznandu"},
                                          {"Улица Ленина", "улицаленина"},
                                          {"u\xcc\x88"
                                           "ber",
                                           "uber"},
                                          {"", ""},
                                          {" -/. ", ""},
                                          {"\xff\xfe"
                                           "a",
                                           "a"},
                                          {"a\xe8\xa7", "a"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char key[BM_KEY_BYTES];
        size_t len = bm_name_fold(rows[i][0], strlen(rows[i][0]), key);
        assert_string_equal(key, rows[i][1]);
        assert_int_equal(len, strlen(rows[i][1]));
    }
    char wide[1000], key[BM_KEY_BYTES];
    for (size_t i = 0; i + 3 < sizeof wide; i += 3) memcpy(wide + i, "路", 3);
    size_t len = bm_name_fold(wide, 999, key);
    assert_true(len < BM_KEY_BYTES);
    assert_int_equal(len % 3, 0);
}

static void test_numbers_and_words(void **state) {
    (void)state;
    static const char *const numbers[][2] = {{"12", "12"},       {"12 A", "12a"},  {"12号", "12"},
                                             {"12-14", "12-14"}, {"12/1", "12-1"}, {"１２號", "12"},
                                             {"-", ""}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char key[BM_KEY_BYTES];
        bm_name_number(numbers[i][0], strlen(numbers[i][0]), key);
        assert_string_equal(key, numbers[i][1]);
    }
    struct bm_name_words words;
    static const char text[] = " 解放路12号, Alte-Brücke  K7 ";
    static const char *const expected[] = {"解放路", "12", "号", "alte", "brucke", "k7"};
    bm_name_cut(text, sizeof text - 1, &words);
    assert_int_equal(words.count, 6);
    for (size_t i = 0; i < 6; i++) assert_string_equal(words.words[i], expected[i]);
    static const char many[] = "a b c d e f g h i j k";
    bm_name_cut(many, sizeof many - 1, &words);
    assert_int_equal(words.count, BM_NAME_WORDS_MAX);
}

/* --- questions -------------------------------------------------------------------------------- */

static size_t ask(const char *question, const struct bm_point *near, struct bm_address *found) {
    size_t count = 0;
    struct bm_fault fault = {0};
    if (bm_addresses_find(town, question, near, BM_ADDRESS_LIMIT_MAX, found, &count, &fault))
        fail_msg("%s: %s", question, fault.detail);
    return count;
}

static void test_first_answers(void **state) {
    (void)state;
    static const struct {
        const char *question, *name;
        enum bm_address_kind kind;
    } rows[] = {
        {"解放路", "解放路", BM_ADDRESS_STREET},
        {"解放", "解放路", BM_ADDRESS_STREET},
        {"放路", "解放路", BM_ADDRESS_STREET},
        {"jiefanglu", "解放路", BM_ADDRESS_STREET},
        {"jiefang lu", "解放路", BM_ADDRESS_STREET},
        {"JieFang", "解放路", BM_ADDRESS_STREET},
        {"jfl", "解放路", BM_ADDRESS_STREET},
        {"Jiefang Road", "解放路", BM_ADDRESS_STREET},
        {"changan", "长安街", BM_ADDRESS_STREET},
        {"zhangan", "长安街", BM_ADDRESS_STREET},
        {"長安街", "长安街", BM_ADDRESS_STREET},
        {"台北车站", "臺北車站", BM_ADDRESS_PLACE},
        {"臺北", "臺北車站", BM_ADDRESS_PLACE},
        {"taibeichezhan", "臺北車站", BM_ADDRESS_PLACE},
        {"chongqing", "重庆北站", BM_ADDRESS_PLACE},
        {"人民医院", "市第一人民医院", BM_ADDRESS_PLACE},
        {"人民醫院", "市第一人民医院", BM_ADDRESS_PLACE},
        {"rmyy", "市第一人民医院", BM_ADDRESS_PLACE},
        {"renmin yiyuan", "市第一人民医院", BM_ADDRESS_PLACE},
        {"市一院", "市第一人民医院", BM_ADDRESS_PLACE},
        {"people hosp", "市第一人民医院", BM_ADDRESS_PLACE},
        {"hospital people", "市第一人民医院", BM_ADDRESS_PLACE},
        {"plock", "Plöck", BM_ADDRESS_STREET},
        {"Ploeck", "Plöck", BM_ADDRESS_STREET},
        {"brücke", "Alte Brücke Straße", BM_ADDRESS_STREET},
        {"strasse alte", "Alte Brücke Straße", BM_ADDRESS_STREET},
        {"feuerwache", "Feuerwache Süd", BM_ADDRESS_PLACE},
        {"sued", "Feuerwache Süd", BM_ADDRESS_PLACE},
        {"abc药房2", "ＡＢＣ药房２", BM_ADDRESS_PLACE},
        {"ygxq", "", BM_address_kind_COUNT},
        {"yghyxq", "阳光花园小区", BM_ADDRESS_PLACE},
        {"universitat", "Universität", BM_ADDRESS_PLACE},
        {"解放路12", "解放路12号", BM_ADDRESS_HOUSE},
        {"解放路12号", "解放路12号", BM_ADDRESS_HOUSE},
        {"解放路 12", "解放路12号", BM_ADDRESS_HOUSE},
        {"12 jiefanglu", "解放路12号", BM_ADDRESS_HOUSE},
        {"解放路 12a", "解放路12a", BM_ADDRESS_HOUSE},
        {"解放路120", "解放路120号", BM_ADDRESS_HOUSE},
        {"Plöck 7", "Plöck 7-9", BM_ADDRESS_HOUSE},
        {"中山路 / 解放路", "中山路 / 解放路", BM_ADDRESS_CROSSING},
        {"解放路/中山", "中山路 / 解放路", BM_ADDRESS_CROSSING},
        {"解放路 中山路", "中山路 / 解放路", BM_ADDRESS_CROSSING},
        {"jiefang road zhongshan", "中山路 / 解放路", BM_ADDRESS_CROSSING},
        {"jfl & zsl", "中山路 / 解放路", BM_ADDRESS_CROSSING},
        {"和平区", "和平区", BM_ADDRESS_PLACE},
        {"nothing of that kind", "", BM_address_kind_COUNT},
        {"", "", BM_address_kind_COUNT},
        {" / ", "", BM_address_kind_COUNT},
        {"%_'\"", "", BM_address_kind_COUNT},
        {"\xff\xff", "", BM_address_kind_COUNT},
        {"解放路 / Plöck 9", "", BM_address_kind_COUNT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bm_address found[BM_ADDRESS_LIMIT_MAX];
        size_t count = ask(rows[i].question, NULL, found);
        if (rows[i].kind == BM_address_kind_COUNT) {
            if (count) fail_msg("\"%s\" found %s", rows[i].question, found[0].name);
            continue;
        }
        if (!count) fail_msg("\"%s\" found nothing", rows[i].question);
        if (strcmp(found[0].name, rows[i].name) != 0 || found[0].kind != rows[i].kind)
            fail_msg("\"%s\" found %s (%s)", rows[i].question, found[0].name,
                     bm_address_kind_names[found[0].kind]);
    }
}

static void test_order(void **state) {
    (void)state;
    struct bm_address found[BM_ADDRESS_LIMIT_MAX];
    struct bm_point east = {300000000, 1140900000}, west = {300000000, 1139900000};
    /* Two streets of one name: the nearer comes first. */
    assert_int_equal(ask("解放路", &east, found), 2);
    assert_true(found[0].point.lon_e7 > 1140700000);
    assert_int_equal(ask("解放路", &west, found), 2);
    assert_true(found[0].point.lon_e7 < 1140100000);
    /* The street's point is the middle of the stretch nearest to its middle; the quarter says which
     * it is. */
    assert_int_equal(found[0].point.lat_e7, 300000000);
    assert_string_equal(found[0].detail, "和平区");
    assert_string_equal(found[0].name_en, "Jiefang Road");
    assert_string_equal(found[1].detail, "");
    /* 12 before 12a before 120, whatever is near. */
    assert_int_equal(ask("解放路 12", &east, found), 3);
    assert_string_equal(found[0].name, "解放路12号");
    assert_string_equal(found[1].name, "解放路12a");
    assert_string_equal(found[2].name, "解放路120号");
    /* All crossings of a street. */
    assert_int_equal(ask("解放路 /", &west, found), 3);
    /* What begins with it comes before what has it inside, even when that is nearer. */
    size_t count = ask("人民", &(struct bm_point){300010000, 1140030000}, found);
    assert_int_equal(count, 2);
    assert_string_equal(found[0].name, "人民广场"); /* both bus stops are one */
    assert_string_equal(found[0].detail, "bus stop");
    assert_string_equal(found[1].name, "市第一人民医院");
    /* The limit. */
    assert_int_equal(bm_addresses_find(town, "解放路 12", NULL, 2, found, &count, NULL), BM_OK);
    assert_int_equal(count, 2);
}

static void test_counts(void **state) {
    (void)state;
    assert_int_equal(counts.streets, 6);
    assert_int_equal(counts.crossings, 5);
    assert_int_equal(counts.houses, 4); /* the bakery's address is the house's */
    assert_int_equal(counts.places, 10);
    assert_int_equal(counts.houses_without_street, 1);
}

/* --- faults ----------------------------------------------------------------------------------- */

static enum bm_code open_text(const char *text, size_t len, struct bm_fault *fault) {
    char path[120];
    struct bm_addresses *addresses;
    snprintf(path, sizeof path, "%s/other.db", folder);
    assert_int_equal(bm_output_write(path, text, len, NULL), BM_OK);
    enum bm_code code = bm_addresses_open(path, &addresses, fault);
    if (!code) bm_addresses_close(addresses);
    return code;
}

static void test_refused(void **state) {
    (void)state;
    struct bm_fault fault = {0};
    struct bm_addresses *addresses;
    char path[120];
    static char bytes[4 << 20];
    snprintf(path, sizeof path, "%s/absent.db", folder);
    assert_int_equal(bm_addresses_open(path, &addresses, &fault), BM_NOT_FOUND);
    assert_non_null(strstr(fault.detail, path));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(
        open_text("no database at all, but long enough to look like one...............", 66,
                  &fault),
        BM_BAD_FORMAT);
    assert_int_equal(open_text("", 0, &fault), BM_BAD_FORMAT);
    FILE *file = fopen(db, "rb");
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(open_text(bytes, len, &fault), BM_OK);
    bytes[63]++; /* user_version */
    assert_int_equal(open_text(bytes, len, &fault), BM_BAD_FORMAT);
    assert_non_null(strstr(fault.detail, "format 2"));
    bytes[63]--;
    bytes[71]++; /* application_id */
    assert_int_equal(open_text(bytes, len, &fault), BM_BAD_FORMAT);
    bytes[71]--;
    /* Pages of rubbish: found when they are read, if not before; never an answer without a fault.
     */
    memset(bytes + 4096, 0x5a, len - 4096);
    snprintf(path, sizeof path, "%s/rubbish.db", folder);
    assert_int_equal(bm_output_write(path, bytes, len, NULL), BM_OK);
    enum bm_code code = bm_addresses_open(path, &addresses, &fault);
    if (!code) {
        struct bm_address found[5];
        size_t count;
        code = bm_addresses_find(addresses, "jfl", NULL, 5, found, &count, &fault);
        bm_addresses_close(addresses);
    }
    assert_int_equal(code, BM_CORRUPT);
}

static void test_no_uconv(void **state) {
    (void)state;
    char source[600], out[120], tools[100], command[600];
    struct bm_fault fault = {0};
    struct bm_address_counts none;
    const char *former = getenv("PATH");
    char kept[2000];
    snprintf(kept, sizeof kept, "%s", former);
    snprintf(source, sizeof source, "%s/town.osm", osm_folder);
    snprintf(out, sizeof out, "%s/none.db", folder);
    snprintf(tools, sizeof tools, "%s/tools", folder);
    snprintf(command, sizeof command, "mkdir %s && ln -s \"$(command -v osmium)\" %s/osmium", tools,
             tools);
    assert_int_equal(system(command), 0);
    setenv("PATH", tools, 1);
    enum bm_code code = bm_addresses_make(source, out, NULL, &none, &fault);
    setenv("PATH", kept, 1);
    assert_int_equal(code, BM_NOT_FOUND);
    assert_non_null(strstr(fault.detail, "icu-devtools"));
    assert_int_not_equal(access(out, F_OK), 0);
}

static void test_empty(void **state) {
    (void)state;
    char source[600], out[120];
    struct bm_fault fault = {0};
    struct bm_address_counts none;
    struct bm_addresses *addresses;
    struct bm_address found[3];
    size_t count = 9;
    snprintf(source, sizeof source, "%s/no_roads.osm", osm_folder);
    snprintf(out, sizeof out, "%s/empty.db", folder);
    if (bm_addresses_make(source, out, NULL, &none, &fault)) fail_msg("%s", fault.detail);
    assert_int_equal(none.streets + none.places + none.houses + none.crossings, 0);
    assert_int_equal(bm_addresses_open(out, &addresses, &fault), BM_OK);
    assert_int_equal(bm_addresses_find(addresses, "a", NULL, 3, found, &count, &fault), BM_OK);
    assert_int_equal(count, 0);
    bm_addresses_close(addresses);
}

static int make_town(void **state) {
    (void)state;
    char source[600];
    struct bm_fault fault = {0};
    snprintf(source, sizeof source, "%s/town.osm", osm_folder);
    snprintf(db, sizeof db, "%s/town.db", folder);
    if (bm_addresses_make(source, db, NULL, &counts, &fault) ||
        bm_addresses_open(db, &town, &fault)) {
        fprintf(stderr, "%s\n", fault.detail);
        return -1;
    }
    return 0;
}

static int close_town(void **state) {
    (void)state;
    bm_addresses_close(town);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    osm_folder = argv[1];
    snprintf(folder, sizeof folder, "/tmp/bellman-addresses-XXXXXX");
    if (!mkdtemp(folder)) return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),     cmocka_unit_test(test_numbers_and_words),
        cmocka_unit_test(test_counts),   cmocka_unit_test(test_first_answers),
        cmocka_unit_test(test_order),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_uconv), cmocka_unit_test(test_empty),
    };
    int failed = cmocka_run_group_tests(tests, make_town, close_town);
    char command[100];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command) == 0 ? failed : 1;
}
