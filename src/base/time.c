#include "base/time.h"

#include <stdio.h>

/* Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days and
 * days_from_civil: years begin in March, so that the leap day is the last of them. */
struct bm_date bm_date_of(int32_t day) {
    int32_t shifted = day + 719468;
    int32_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int32_t day_of_era = shifted - era * 146097;
    int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t march_month = (5 * day_of_year + 2) / 153;
    int32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (struct bm_date){.year = year_of_era + era * 400 + (month <= 2),
                            .month = (uint8_t)month,
                            .day = (uint8_t)(day_of_year - (153 * march_month + 2) / 5 + 1)};
}

int32_t bm_date_day(struct bm_date date) {
    int32_t year = date.year - (date.month <= 2);
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t year_of_era = year - era * 400;
    int32_t march_month = date.month > 2 ? date.month - 3 : date.month + 9;
    int32_t day_of_year = (153 * march_month + 2) / 5 + date.day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

int bm_date_weekday(int32_t day) {
    return ((day + 3) % 7 + 7) % 7;
}

static bool digits(const char *text, int count, int32_t *ret_number) {
    int32_t number = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

bool bm_date_read(const char *text, size_t len, int32_t *ret_day) {
    int32_t year, month, day;
    if (len != BM_DATE_TEXT_BYTES - 1 || text[4] != '-' || text[7] != '-') return false;
    if (!digits(text, 4, &year) || !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31) return false;
    struct bm_date date = {year, (uint8_t)month, (uint8_t)day};
    int32_t number = bm_date_day(date);
    if (bm_date_of(number).day != day) return false; /* the 30th of February is another day */
    *ret_day = number;
    return true;
}

void bm_date_text(int32_t day, char ret_text[BM_DATE_TEXT_BYTES]) {
    struct bm_date date = bm_date_of(day);
    snprintf(ret_text, BM_DATE_TEXT_BYTES, "%04u-%02u-%02u", (unsigned)date.year % 10000,
             date.month % 100u, date.day % 100u);
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
    char date[BM_DATE_TEXT_BYTES];
    bm_date_text((int32_t)days, date);
    snprintf(ret_text, BM_TIME_TEXT_BYTES, "%sT%02d:%02d:%02d.%03dZ", date, (int)(rest / 3600000),
             (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
}
