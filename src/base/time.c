#include "base/time.h"

#include <stdio.h>

/* Civil date from days since 1970-01-01 in the proleptic Gregorian calendar.
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
static void civil(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day) {
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    unsigned day_of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march_month = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *ret_month = march_month < 10 ? march_month + 3 : march_month - 9;
    *ret_year = (int64_t)year_of_era + era * 400 + (*ret_month <= 2);
}

void bm_time_text(int64_t at_ms, char ret_text[BM_TIME_TEXT_BYTES]) {
    const int64_t least = INT64_C(-62167219200000), most = INT64_C(253402300799999);
    if (at_ms < least) at_ms = least;
    if (at_ms > most) at_ms = most;
    int64_t days = at_ms / 86400000, rest = at_ms % 86400000;
    if (rest < 0) {
        rest += 86400000;
        days--;
    }
    int64_t year = 0;
    unsigned month = 0, day = 0;
    civil(days, &year, &month, &day);
    snprintf(ret_text, BM_TIME_TEXT_BYTES, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", (int)year % 10000,
             month % 100, day % 100, (int)(rest / 3600000), (int)(rest / 60000 % 60),
             (int)(rest / 1000 % 60), (int)(rest % 1000));
}
