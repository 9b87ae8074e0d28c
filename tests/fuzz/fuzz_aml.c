/* What phones say of where they are, in all its forms: a place on the globe, or refused. */
#include <stdbool.h>
#include <stdlib.h>

#include "intake/aml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void look(enum bm_code code, const struct bm_aml *aml) {
    if (code) return;
    bool sane = aml->lat_e7 >= -900000000 && aml->lat_e7 <= 900000000 && aml->lon_e7 >= -1800000000 && aml->lon_e7 <= 1800000000 &&
                aml->uncertainty_m <= BM_AML_UNCERTAINTY_MAX_M && (aml->fixed_at_ms == BM_AML_NO_TIME || aml->fixed_at_ms >= 0);
    if (!sane) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_aml aml;
    struct bm_fault fault;
    look(bm_aml_read_sms((const char *)bytes, len, &aml, &fault), &aml);
    look(bm_aml_read_data(bytes, len, &aml, &fault), &aml);
    look(bm_aml_read_form((const char *)bytes, len, &aml, &fault), &aml);
    return 0;
}
