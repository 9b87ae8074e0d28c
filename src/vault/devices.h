/* Secrets of devices: random, shown once, kept as a hash only. */
#ifndef BM_VAULT_DEVICES_H
#define BM_VAULT_DEVICES_H

#include "vault/vault.h"

enum { BM_DEVICE_SECRET_TEXT = 33 }; /* 128 bits as hex digits: short enough to be typed into a telephone */

/* [blocks] A new secret of the device; the former stops working. */
BM_MUST_USE enum bm_code bm_vault_new_device_secret(struct bm_vault *vault, uint64_t device, char ret_secret[BM_DEVICE_SECRET_TEXT],
                                                    struct bm_fault *fault);
/* [blocks] The same of many devices, in one transaction: all of them, or none. */
BM_MUST_USE enum bm_code bm_vault_new_device_secrets(struct bm_vault *vault, const uint64_t *devices, size_t count,
                                                     char (*ret_secrets)[BM_DEVICE_SECRET_TEXT], struct bm_fault *fault);
/* From memory. */
bool bm_vault_device_secret_fits(struct bm_vault *vault, uint64_t device, const char *secret);
bool bm_vault_has_device_secret(struct bm_vault *vault, uint64_t device);

#endif
