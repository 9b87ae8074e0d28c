#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "vault/vault_private.h"

static bool bit(const uint64_t *bits, uint32_t slot) {
    return bits[slot / 64] >> slot % 64 & 1u;
}

static void set_bit(uint64_t *bits, uint32_t slot) {
    bits[slot / 64] |= UINT64_C(1) << slot % 64;
}

static void clear_bit(uint64_t *bits, uint32_t slot) {
    bits[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

static bool blank(const uint64_t *bits) {
    for (size_t i = 0; i < BM_KEY_BLOCK / 64; i++) {
        if (bits[i]) return false;
    }
    return true;
}

static uint64_t id_of(uint64_t number, uint32_t slot) {
    return number * BM_KEY_BLOCK + slot + 1;
}

/* Index of the block that holds `id`, or block_count. */
static size_t find_block(const struct bm_vault *vault, uint64_t id) {
    uint64_t number = (id - 1) / BM_KEY_BLOCK;
    size_t low = 0, high = vault->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (vault->blocks[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < vault->block_count && vault->blocks[low]->number == number ? low
                                                                            : vault->block_count;
}

/* Adds a block at the end: numbers only rise. */
static void add_block(struct bm_vault *vault, struct bm_vault_block *block) {
    if (vault->block_count == vault->block_cap) {
        vault->block_cap = vault->block_cap ? vault->block_cap * 2 : 16;
        vault->blocks = bm_realloc(vault->blocks, vault->block_cap * sizeof *vault->blocks);
    }
    BM_CHECK(vault->block_count == 0 ||
             vault->blocks[vault->block_count - 1]->number < block->number);
    vault->blocks[vault->block_count++] = block;
}

static void remove_block(struct bm_vault *vault, size_t index) {
    bm_vault_secret_free(vault->blocks[index], sizeof **vault->blocks);
    vault->block_count--;
    memmove(vault->blocks + index, vault->blocks + index + 1,
            (vault->block_count - index) * sizeof *vault->blocks);
}

static bool is_fresh(const struct bm_vault *vault, const struct bm_vault_block *block,
                     uint32_t slot) {
    return slot >= block->taken && bit(block->usable, slot) &&
           id_of(block->number, slot) > vault->keys_after;
}

static void count_fresh(struct bm_vault *vault) {
    vault->fresh = 0;
    for (size_t i = vault->block_count; i > 0 && vault->blocks[i - 1]->taken < BM_KEY_BLOCK; i--) {
        for (uint32_t slot = vault->blocks[i - 1]->taken; slot < BM_KEY_BLOCK; slot++) {
            vault->fresh += is_fresh(vault, vault->blocks[i - 1], slot);
        }
    }
}

/* --- taking and reading ----------------------------------------------------------------------- */

enum bm_code bm_vault_take_key(struct bm_vault *vault, struct bm_vault_key *ret_key) {
    enum bm_code code = BM_NOT_READY;
    pthread_mutex_lock(&vault->memory);
    /* Untouched blocks stand at the end; begin with the oldest of them. */
    size_t i = vault->block_count;
    while (i > 0 && vault->blocks[i - 1]->taken < BM_KEY_BLOCK) i--;
    for (; code != BM_OK && i < vault->block_count; i++) {
        struct bm_vault_block *block = vault->blocks[i];
        while (code != BM_OK && block->taken < BM_KEY_BLOCK) {
            uint32_t slot = block->taken;
            if (is_fresh(vault, block, slot)) {
                ret_key->id = id_of(block->number, slot);
                memcpy(ret_key->key, block->keys[slot], BM_KEY_BYTES);
                vault->fresh--;
                code = BM_OK;
            }
            block->taken++;
        }
    }
    pthread_mutex_unlock(&vault->memory);
    return code;
}

size_t bm_vault_keys_left(struct bm_vault *vault) {
    pthread_mutex_lock(&vault->memory);
    size_t left = vault->fresh;
    pthread_mutex_unlock(&vault->memory);
    return left;
}

void bm_vault_keys_after(struct bm_vault *vault, uint64_t id) {
    pthread_mutex_lock(&vault->memory);
    if (id > vault->keys_after) {
        vault->keys_after = id;
        count_fresh(vault);
    }
    pthread_mutex_unlock(&vault->memory);
}

enum bm_code bm_vault_key(struct bm_vault *vault, uint64_t id, uint8_t ret_key[BM_KEY_BYTES]) {
    if (id == 0) return BM_NOT_FOUND;
    enum bm_code code = BM_NOT_FOUND;
    uint32_t slot = (uint32_t)((id - 1) % BM_KEY_BLOCK);
    pthread_mutex_lock(&vault->memory);
    size_t index = find_block(vault, id);
    if (index < vault->block_count) {
        const struct bm_vault_block *block = vault->blocks[index];
        if (bit(block->usable, slot)) {
            memcpy(ret_key, block->keys[slot], BM_KEY_BYTES);
            code = BM_OK;
        } else if (bit(block->damaged, slot)) {
            code = BM_CORRUPT;
        }
    }
    pthread_mutex_unlock(&vault->memory);
    return code;
}

/* --- making ----------------------------------------------------------------------------------- */

/* Fills a block with new keys and `slots` (BM_BLOCK_BYTES, zeroed) with what the disk keeps of
 * them. */
static struct bm_vault_block *make_block(const struct bm_vault *vault, uint64_t number,
                                         uint8_t *slots) {
    struct bm_vault_block *block = bm_vault_secret_new(sizeof *block);
    block->number = number;
    bm_entropy(block->keys, sizeof block->keys);
    for (uint32_t slot = 0; slot < BM_KEY_BLOCK; slot++) {
        struct bm_bytes wrapped = bm_vault_wrap(vault, BM_WRAP_KEY, id_of(number, slot),
                                                block->keys[slot], BM_KEY_BYTES);
        BM_CHECK(wrapped.len == BM_SLOT_BYTES);
        memcpy(slots + BM_BLOCK_PAD_BYTES + (size_t)slot * BM_SLOT_BYTES, wrapped.bytes,
               wrapped.len);
        bm_bytes_free(&wrapped);
        set_bit(block->stored, slot);
        set_bit(block->usable, slot);
    }
    return block;
}

static int insert_block(sqlite3 *db, uint64_t number, const uint8_t *slots) {
    sqlite3_stmt *statement = bm_vault_prepare(
        db, "INSERT INTO key_block (number, slots) VALUES (?, ?)");
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)number);
    sqlite3_bind_blob64(statement, 2, slots, BM_BLOCK_BYTES, SQLITE_STATIC);
    return bm_vault_run(statement);
}

enum bm_code bm_vault_make_keys(struct bm_vault *vault, struct bm_fault *fault) {
    pthread_mutex_lock(&vault->disk);
    pthread_mutex_lock(&vault->memory);
    uint64_t past = vault->keys_after / BM_KEY_BLOCK + (vault->keys_after % BM_KEY_BLOCK > 0);
    pthread_mutex_unlock(&vault->memory);
    uint64_t number = 0;
    int rc = bm_vault_begin(vault->db);
    /* The number rises in the same transaction that stores the block: it is never used again, even
     * when the block itself is gone. */
    if (rc == SQLITE_OK) rc = bm_vault_get_number(vault->db, "next_block", &number);
    if (number < past) number = past;
    struct bm_vault_block *block = NULL;
    enum bm_code code = BM_OK;
    if (rc == SQLITE_OK && number >= BM_BLOCK_NUMBER_MAX) {
        (void)bm_vault_sql(vault->db, "ROLLBACK");
        code = bm_fault_set(fault, BM_CORRUPT, NULL, "vault.db: its key counter is damaged.");
    } else {
        uint8_t *slots = bm_alloc_zero(1, BM_BLOCK_BYTES);
        if (rc == SQLITE_OK) BM_STEP_DONE(keys_begun);
        if (rc == SQLITE_OK) {
            block = make_block(vault, number, slots);
            rc = BM_FAILS(keys_full) ? SQLITE_FULL : insert_block(vault->db, number, slots);
        }
        if (rc == SQLITE_OK) rc = bm_vault_put_number(vault->db, "next_block", number + 1);
        if (rc == SQLITE_OK) BM_STEP_DONE(keys_inserted);
        code = bm_vault_finish(vault->db, rc, "making keys", fault);
        if (code == BM_OK) BM_STEP_DONE(keys_committed);
        bm_free(slots);
    }
    if (code == BM_OK) {
        pthread_mutex_lock(&vault->memory);
        add_block(vault, block);
        count_fresh(vault);
        pthread_mutex_unlock(&vault->memory);
    } else {
        bm_vault_secret_free(block, sizeof *block);
    }
    pthread_mutex_unlock(&vault->disk);
    return code;
}

/* --- destroying ------------------------------------------------------------------------------- */

/* Forgets a key at once, whatever the disk says; true when its slot must still be overwritten. */
static bool forget(struct bm_vault *vault, uint64_t id) {
    size_t index = id > 0 ? find_block(vault, id) : vault->block_count;
    if (index == vault->block_count) return false;
    struct bm_vault_block *block = vault->blocks[index];
    uint32_t slot = (uint32_t)((id - 1) % BM_KEY_BLOCK);
    if (is_fresh(vault, block, slot)) vault->fresh--;
    bm_wipe(block->keys[slot], BM_KEY_BYTES);
    clear_bit(block->usable, slot);
    clear_bit(block->damaged, slot);
    return bit(block->stored, slot);
}

static int blank_slots(sqlite3 *db, const uint64_t *ids, size_t count) {
    static const uint8_t zeros[BM_SLOT_BYTES];
    sqlite3_blob *slots = NULL;
    uint64_t open = UINT64_MAX;
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < count; i++) {
        uint64_t number = (ids[i] - 1) / BM_KEY_BLOCK;
        if (!slots) {
            rc = sqlite3_blob_open(db, "main", "key_block", "slots", (sqlite3_int64)number, 1,
                                   &slots);
        } else if (number != open) {
            rc = sqlite3_blob_reopen(slots, (sqlite3_int64)number);
        }
        open = number;
        if (rc == SQLITE_OK) {
            rc = sqlite3_blob_write(
                slots, zeros, BM_SLOT_BYTES,
                (int)(BM_BLOCK_PAD_BYTES + (ids[i] - 1) % BM_KEY_BLOCK * BM_SLOT_BYTES));
        }
    }
    int closed = sqlite3_blob_close(slots);
    return rc == SQLITE_OK ? closed : rc;
}

static int delete_block(sqlite3 *db, uint64_t number) {
    sqlite3_stmt *statement = bm_vault_prepare(db, "DELETE FROM key_block WHERE number = ?");
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)number);
    return bm_vault_run(statement);
}

/* Removes blocks that hold nothing any more.  Only saves space: a failure is left for next time. */
static void drop_blank_blocks(struct bm_vault *vault) {
    for (size_t i = vault->block_count; i > 0; i--) {
        pthread_mutex_lock(&vault->memory);
        const struct bm_vault_block *block = vault->blocks[i - 1];
        bool over = block->taken == BM_KEY_BLOCK && blank(block->stored);
        uint64_t number = block->number;
        pthread_mutex_unlock(&vault->memory);
        if (!over || delete_block(vault->db, number) != SQLITE_OK) continue;
        pthread_mutex_lock(&vault->memory);
        remove_block(vault, i - 1);
        pthread_mutex_unlock(&vault->memory);
    }
}

enum bm_code bm_vault_destroy_keys(struct bm_vault *vault, const uint64_t *ids, size_t count,
                                   struct bm_fault *fault) {
    uint64_t *stored = bm_alloc(count * sizeof *stored);
    size_t stored_count = 0;
    enum bm_code code = BM_OK;
    pthread_mutex_lock(&vault->disk);
    pthread_mutex_lock(&vault->memory);
    for (size_t i = 0; i < count; i++) {
        if (forget(vault, ids[i])) stored[stored_count++] = ids[i];
    }
    pthread_mutex_unlock(&vault->memory);
    BM_STEP_DONE(erase_forgotten);
    if (stored_count > 0) {
        int rc = bm_vault_begin(vault->db);
        if (rc == SQLITE_OK) rc = BM_FAILS(erase_io) ? SQLITE_IOERR_WRITE : blank_slots(vault->db, stored, stored_count);
        if (rc == SQLITE_OK) BM_STEP_DONE(erase_blanked);
        code = bm_vault_finish(vault->db, rc, "destroying keys", fault);
        if (code == BM_OK) BM_STEP_DONE(erase_committed);
    }
    if (code == BM_OK && stored_count > 0) {
        pthread_mutex_lock(&vault->memory);
        for (size_t i = 0; i < stored_count; i++) {
            size_t index = find_block(vault, stored[i]);
            clear_bit(vault->blocks[index]->stored, (uint32_t)((stored[i] - 1) % BM_KEY_BLOCK));
        }
        pthread_mutex_unlock(&vault->memory);
        drop_blank_blocks(vault);
        BM_STEP_DONE(erase_blocks_dropped);
    }
    pthread_mutex_unlock(&vault->disk);
    bm_free(stored);
    return code;
}

/* --- opening and closing ---------------------------------------------------------------------- */

/* Takes in one row; adds to *damaged the slots that do not open. */
static struct bm_vault_block *read_block(const struct bm_vault *vault, uint64_t number,
                                         const uint8_t *slots, size_t *damaged) {
    static const uint8_t zeros[BM_SLOT_BYTES];
    struct bm_vault_block *block = bm_vault_secret_new(sizeof *block);
    block->number = number;
    block->taken = BM_KEY_BLOCK;
    for (uint32_t slot = 0; slot < BM_KEY_BLOCK; slot++) {
        const uint8_t *wrapped = slots + BM_BLOCK_PAD_BYTES + (size_t)slot * BM_SLOT_BYTES;
        if (memcmp(wrapped, zeros, BM_SLOT_BYTES) == 0) continue;
        set_bit(block->stored, slot);
        if (bm_vault_unwrap(vault, BM_WRAP_KEY, id_of(number, slot), wrapped, BM_SLOT_BYTES,
                            block->keys[slot], BM_KEY_BYTES)) {
            set_bit(block->usable, slot);
        } else {
            set_bit(block->damaged, slot);
            ++*damaged;
        }
    }
    return block;
}

static enum bm_code read_blocks(struct bm_vault *vault, uint64_t next_block,
                                struct bm_fault *fault) {
    sqlite3_stmt *statement = bm_vault_prepare(
        vault->db, "SELECT number, slots FROM key_block ORDER BY number");
    if (!statement) return bm_vault_fault(vault->db, "reading keys", fault);
    size_t damaged = 0;
    enum bm_code code = BM_OK;
    while (code == BM_OK && sqlite3_step(statement) == SQLITE_ROW) {
        sqlite3_int64 number = sqlite3_column_int64(statement, 0);
        const uint8_t *slots = sqlite3_column_blob(statement, 1);
        if (number < 0 || (uint64_t)number >= next_block || !slots ||
            sqlite3_column_bytes(statement, 1) != BM_BLOCK_BYTES) {
            code = bm_fault_set(fault, BM_CORRUPT, NULL,
                                "vault.db: key block %lld is damaged: restore it from a backup.",
                                (long long)number);
        } else {
            add_block(vault, read_block(vault, (uint64_t)number, slots, &damaged));
        }
    }
    int rc = sqlite3_finalize(statement);
    if (code == BM_OK && rc != SQLITE_OK) code = bm_vault_fault(vault->db, "reading keys", fault);
    /* The desk starts all the same: other people's calls do not wait for one lost key. */
    if (code == BM_OK && damaged > 0) {
        bm_log(BM_LOG_ERROR, "vault_keys_damaged",
               "count=%zu mend=\"restore vault.db from a backup\"", damaged);
    }
    return code;
}

/* Marks the keys from `first_fresh` on as never handed out. */
static void mark_fresh(struct bm_vault *vault, uint64_t first_fresh) {
    for (size_t i = 0; i < vault->block_count; i++) {
        struct bm_vault_block *block = vault->blocks[i];
        uint64_t first = id_of(block->number, 0);
        if (first_fresh >= first + BM_KEY_BLOCK) continue;
        block->taken = first_fresh <= first ? 0 : (uint32_t)(first_fresh - first);
    }
}

enum bm_code bm_vault_load_keys(struct bm_vault *vault, struct bm_fault *fault) {
    uint64_t next_block = 0, first_fresh = 0;
    if (bm_vault_get_number(vault->db, "next_block", &next_block) != SQLITE_OK ||
        bm_vault_get_number(vault->db, "first_fresh", &first_fresh) != SQLITE_OK) {
        return bm_vault_fault(vault->db, "reading keys", fault);
    }
    enum bm_code code = read_blocks(vault, next_block, fault);
    if (code != BM_OK) return code;
    /* The note of a clean end is used once: were it still there after a crash, the keys handed out
     * meanwhile would be handed out again.  Without the note, all keys on disk may be in use. */
    if (first_fresh > 0) {
        if (bm_vault_drop_value(vault->db, "first_fresh") != SQLITE_OK) {
            return bm_vault_fault(vault->db, "taking up its keys", fault);
        }
        mark_fresh(vault, first_fresh);
    }
    drop_blank_blocks(vault);
    count_fresh(vault);
    return vault->fresh < BM_KEY_BLOCK / 2 ? bm_vault_make_keys(vault, fault) : BM_OK;
}

void bm_vault_leave_keys(struct bm_vault *vault) {
    for (size_t i = 0; i < vault->block_count; i++) {
        const struct bm_vault_block *block = vault->blocks[i];
        if (block->taken == BM_KEY_BLOCK) continue;
        /* When this fails, the next opening makes new keys: nothing is lost but the space. */
        if (bm_vault_settled(vault->db) == SQLITE_OK) (void)bm_vault_put_number(vault->db, "first_fresh", id_of(block->number, block->taken));
        return;
    }
}

void bm_vault_free_keys(struct bm_vault *vault) {
    while (vault->block_count > 0) remove_block(vault, vault->block_count - 1);
    bm_free(vault->blocks);
    vault->blocks = NULL;
}
