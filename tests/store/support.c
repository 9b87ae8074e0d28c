#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/seal.h"

struct bm_fault bm_test_fault;

static void remove_files(const char *dir) {
    DIR *listing = opendir(dir);
    if (!listing) return;
    for (struct dirent *entry; (entry = readdir(listing));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        unlink(path);
    }
    closedir(listing);
    rmdir(dir);
}

struct world *bm_world_make(bool sqlite) {
    struct world *world = bm_alloc_zero(1, sizeof *world);
    bm_seal_init();
    world->sqlite = sqlite;
    if (!sqlite) {
        world->journal = bm_journal_memory(77);
        return world;
    }
    snprintf(world->dir, sizeof world->dir, "/tmp/bm-store-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    return world;
}

void bm_world_free(struct world *world) {
    bm_journal_close(world->journal);
    if (world->sqlite) remove_files(world->dir);
    bm_free(world);
}

struct bm_journal *bm_world_second(struct world *world) {
    if (!world->sqlite) return bm_journal_memory_reopen(world->journal);
    struct bm_journal *second = NULL;
    assert_ok(bm_journal_open(world->dir, &second, &bm_test_fault));
    return second;
}

void bm_world_reopen(struct world *world) {
    if (world->sqlite) {
        bm_journal_close(world->journal);
        world->journal = bm_world_second(world);
        return;
    }
    struct bm_journal *second = bm_world_second(world);
    bm_journal_close(world->journal);
    world->journal = second;
}

const char *bm_world_path(const struct world *world, const char *name, char ret_path[128]) {
    snprintf(ret_path, 128, "%s/%s", world->dir, name);
    return ret_path;
}

/* xorshift64*: the same values on every machine. */
uint64_t bm_random_next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static const char *const pieces[] = {
    "a", "Z",    "7",  " ", "\n",     "\t", "\"", "\\", "/",
    "é", "北京", "臺", "🚓", "\u200f", "'",  "--", "%s", ",",
};

static void fill_text(char *text, size_t size, uint64_t *state) {
    size_t want = bm_random_next(state) % size, len = 0;
    for (;;) {
        const char *piece = pieces[bm_random_next(state) % (sizeof pieces / sizeof pieces[0])];
        size_t more = strlen(piece);
        if (len + more > want) break;
        memcpy(text + len, piece, more);
        len += more;
    }
    text[len] = 0;
}

static void fill_bytes(struct bm_bytes *bytes, uint64_t *state) {
    size_t len = bm_random_next(state) % 300;
    if (len == 0) return;
    uint8_t *at = bm_alloc(len);
    for (size_t i = 0; i < len; i++) at[i] = (uint8_t)bm_random_next(state);
    *bytes = (struct bm_bytes){at, (uint32_t)len};
}

static void fill_points(struct bm_points *points, uint64_t *state) {
    points->count = bm_random_next(state) % (BM_POINTS_MAX + 1);
    for (uint64_t i = 0; i < points->count; i++) {
        points->e7[2 * i] = (int32_t)(bm_random_next(state) % 1800000001) - 900000000;
        points->e7[2 * i + 1] = (int32_t)((int64_t)(bm_random_next(state) % 3600000001) -
                                          1800000000);
    }
}

/* One in eight values stays missing. */
void bm_fill_record(const struct bm_shape *shape, void *ret_record, uint64_t seed) {
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    bm_shape_clear(shape, ret_record);
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        void *to = bm_field_in(field, ret_record);
        uint64_t value = bm_random_next(&state);
        bool ranged = field->least || field->most;
        uint64_t span = ranged ? (uint64_t)(field->most - field->least) + 1 : 0;
        if (!ranged && value % 8 == 0) continue;
        switch (field->kind) {
        case BM_F_ID:
            *(uint64_t *)to = 1 + value % UINT64_C(999999999999999999);
            break;
        case BM_F_AT:
            *(int64_t *)to = (int64_t)(value % (uint64_t)BM_AT_MAX);
            break;
        case BM_F_SPAN:
            *(int64_t *)to = (int64_t)(value % 100000000) - 50000000;
            break;
        case BM_F_COUNT:
            *(uint32_t *)to = ranged ? (uint32_t)(field->least + (int64_t)(value % span))
                                     : (uint32_t)value;
            break;
        case BM_F_E7:
            *(int32_t *)to = (int32_t)(field->least + (int64_t)(value % span));
            break;
        case BM_F_WORD:
            *(uint8_t *)to = (uint8_t)(value % field->words->count);
            break;
        case BM_F_WORDS:
            *(uint32_t *)to = (uint32_t)(value & ((1u << field->words->count) - 1));
            break;
        case BM_F_FLAG:
            *(bool *)to = value % 3 == 0;
            break;
        case BM_F_TEXT:
            fill_text(to, field->size, &state);
            break;
        case BM_F_BYTES:
            fill_bytes(to, &state);
            break;
        case BM_F_DIGEST:
            memset(to, (int)(value & 0xff), field->size);
            break;
        case BM_F_POINTS:
            fill_points(to, &state);
            break;
        case BM_F_IDS:
        case BM_F_PERSONAL:
            break;
        }
    }
}

struct bm_event bm_fill_event(enum bm_event_kind kind, uint64_t seq, uint64_t seed) {
    uint64_t state = seed + 99;
    struct bm_subject subject = {(enum bm_subject_kind)(seed % BM_subject_kind_COUNT),
                                 1 + seed % 1000};
    if (subject.kind == BM_SUBJECT_DESK) subject.id = 0;
    struct bm_event event = bm_event_make(kind, subject);
    bm_fill_record(bm_event_shape(kind), &event.agency_set, seed);
    event.seq = seq;
    event.at_ms = (int64_t)(1700000000000 + seq);
    event.actor.v = seed % 3 ? seed : 0;
    if (seed % 2) {
        event.has_request = true;
        event.made_what = BM_T_CASE;
        event.made_id = seed;
        for (size_t i = 0; i < sizeof event.request; i++)
            event.request[i] = (uint8_t)bm_random_next(&state);
    }
    if (seed % 4 == 1) {
        uint8_t key[BM_KEY_BYTES] = {1}, nonce[BM_NONCE_BYTES] = {(uint8_t)seed};
        event.key_id = seed + 5;
        event.sealed = bm_seal(key, event.key_id, nonce, "what was said", seed % 14);
    }
    return event;
}

struct bm_event bm_case_event(uint64_t case_id, uint64_t seq) {
    struct bm_event event = bm_event_make(BM_EV_CASE_MOVED,
                                          (struct bm_subject){BM_SUBJECT_CASE, case_id});
    event.seq = seq;
    event.at_ms = (int64_t)(1700000000000 + seq);
    event.case_moved.on_case.v = case_id;
    event.case_moved.to = BM_CASE_ON_SCENE;
    return event;
}

void bm_assert_same_event(const struct bm_event *a, const struct bm_event *b) {
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->at_ms, b->at_ms);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->subject.kind, b->subject.kind);
    assert_int_equal(a->subject.id, b->subject.id);
    assert_int_equal(a->actor.v, b->actor.v);
    assert_int_equal(a->has_request, b->has_request);
    assert_int_equal(a->made_what, b->made_what);
    assert_int_equal(a->made_id, b->made_id);
    assert_memory_equal(a->request, b->request, sizeof a->request);
    assert_int_equal(a->key_id, b->key_id);
    assert_int_equal(a->sealed.len, b->sealed.len);
    if (a->sealed.len) assert_memory_equal(a->sealed.bytes, b->sealed.bytes, a->sealed.len);
    const char *differs = bm_shape_differs(bm_event_shape(a->kind), &a->agency_set, &b->agency_set);
    if (differs) fail_msg("%s differs in %s", bm_event_word(a->kind), differs);
}

enum bm_append bm_try_append(struct bm_journal *journal, const struct bm_event *events,
                             size_t count, const struct bm_change *changes, size_t change_count,
                             const struct bm_head *expected) {
    const struct bm_event **list = bm_alloc_zero(count, sizeof *list);
    for (size_t i = 0; i < count; i++) list[i] = &events[i];
    struct bm_batch batch = {list, count, changes, change_count};
    struct bm_head head = {0};
    enum bm_append answer = bm_journal_append(journal, &batch, expected, &head);
    if (answer == BM_APPEND_COMMITTED) {
        struct bm_head now = bm_journal_head(journal);
        assert_int_equal(head.seq, now.seq);
        assert_memory_equal(&head.hash, &now.hash, sizeof now.hash);
    }
    bm_free(list);
    return answer;
}

void bm_append_all(struct bm_journal *journal, const struct bm_event *events, size_t count,
                   const struct bm_change *changes, size_t change_count) {
    struct bm_head head = bm_journal_head(journal);
    assert_int_equal(bm_try_append(journal, events, count, changes, change_count, &head),
                     BM_APPEND_COMMITTED);
}

void bm_append_many(struct bm_journal *journal, size_t count, size_t batch) {
    struct bm_event *events = bm_alloc_zero(batch, sizeof *events);
    while (count) {
        size_t now = count < batch ? count : batch;
        uint64_t seq = bm_journal_head(journal).seq;
        for (size_t i = 0; i < now; i++) events[i] = bm_case_event(1 + (seq + i) % 7, seq + 1 + i);
        bm_append_all(journal, events, now, NULL, 0);
        count -= now;
    }
    bm_free(events);
}

bool bm_see(void *context, const struct bm_row *row) {
    struct seen *seen = context;
    if (seen->count == 0) seen->first = row->seq;
    seen->last = row->seq;
    return ++seen->count != seen->stop_after;
}
