/* What a data folder is for: a desk's real work, or training.  The mark stands in the vault, so that backups carry it. */
#include "vault/vault_private.h"

static const char name[] = "training";

enum bm_code bm_vault_training(struct bm_vault *vault, bool training, struct bm_fault *fault) {
    uint8_t mark = 0;
    size_t len = 0;
    pthread_mutex_lock(&vault->disk);
    int rc = bm_vault_get_value(vault->db, name, &mark, sizeof mark, &len);
    bool marked = len > 0, used = bm_vault_has_accounts(vault);
    enum bm_code code = BM_OK;
    if (rc != SQLITE_OK) {
        code = bm_vault_fault(vault->db, "looking what the folder is for", fault);
    } else if (marked && !training) {
        code = bm_fault_set(fault, BM_NOT_POSSIBLE, NULL,
                            "this folder was made for training and stays so: start it with --training, or give the real desk a "
                            "folder of its own (--data DIR)");
    } else if (!marked && training && used) {
        code = bm_fault_set(fault, BM_NOT_POSSIBLE, NULL,
                            "this folder holds a real desk's record: give training a folder of its own (--data DIR), or start "
                            "without --training");
    } else if (!marked && training) {
        mark = 1;
        if (bm_vault_put_value(vault->db, name, &mark, sizeof mark) != SQLITE_OK)
            code = bm_vault_fault(vault->db, "marking the folder for training", fault);
    }
    pthread_mutex_unlock(&vault->disk);
    return code;
}
