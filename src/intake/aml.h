/* Advanced Mobile Location (ETSI TS 103 625): what a caller's phone says by itself of where it is.
 *
 *   SMS version 1   A"ML=1;lt=+54.76397;lg=-0.18305;rd=50;top=20130717141935;lc=90;pm=W;si=...;ml=...
 *   SMS version 2   A"ML=2;en=...;et=1593187189;lo=-37.42175,-122.08461,20.1;lt=-5;lc=68;lz=...;ls=G;...
 *   data SMS        the same, packed 7 bits a character (TS 23.038)
 *   HTTPS form      v=1&device_number=%2B44...&location_latitude=...&location_longitude=...&location_time=MS&...
 *
 * Only the place, its uncertainty and its time are read, and from the form the number: what names the subscriber or the
 * device (IMSI, IMEI, SIM) is passed over and kept nowhere.  `ml` and `hmac` are not looked at: who may bring such
 * messages is a matter of the account that brings them.
 *
 * Pure.  Faults name the field as the message does, and say what was expected there. */
#ifndef BM_INTAKE_AML_H
#define BM_INTAKE_AML_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

enum {
    BM_AML_SMS_MAX = 1024,  /* characters: several parts put together */
    BM_AML_FORM_MAX = 4096,
    BM_AML_NUMBER_TEXT = 64,
    BM_AML_UNCERTAINTY_MAX_M = 1000000
};

struct bm_aml {
    int32_t lat_e7, lon_e7;
    uint32_t uncertainty_m; /* 0: not said */
    int64_t fixed_at_ms;    /* BM_AML_NO_TIME: not said */
    char number[BM_AML_NUMBER_TEXT]; /* of the HTTPS form, "" otherwise */
};
#define BM_AML_NO_TIME INT64_MIN

/* BM_BAD_REQUEST: no such message.  BM_NOT_FOUND: one that says that the phone knows no place (pm=N, or nothing in it).
 * BM_OUT_OF_RANGE: a value that cannot be.  BM_TOO_LONG past the maxima. */
BM_MUST_USE enum bm_code bm_aml_read_sms(const char *text, size_t len, struct bm_aml *ret_aml, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_aml_read_data(const uint8_t *bytes, size_t len, struct bm_aml *ret_aml, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_aml_read_form(const char *text, size_t len, struct bm_aml *ret_aml, struct bm_fault *fault);

#endif
