#include "procedure/date.h"

#include <string.h>

static bool digits(const char *text, size_t count, int32_t *ret_number) {
    int32_t number = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

/* Days before a date, from 0000-03-01 on: years that begin in March have the leap day at their end.
 */
static int32_t day_number(int32_t year, int32_t month, int32_t day) {
    int32_t shifted = month <= 2 ? year - 1 : year;
    int32_t from_march = (month + 9) % 12;
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 +
           (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

bool bm_date_read(const char *text, size_t len, int32_t *ret_day) {
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t year, month, day;
    if (len != 10 || text[4] != '-' || text[7] != '-') return false;
    if (!digits(text, 4, &year) || !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day))
        return false;
    if (year < 1900 || month < 1 || month > 12 || day < 1) return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > lengths[month - 1] + (month == 2 && leap)) return false;
    *ret_day = day_number(year, month, day);
    return true;
}

bool bm_date_instant_read(const char *text, int64_t *ret_at_ms) {
    int32_t day, hour, minute, off_hour = 0, off_minute = 0;
    size_t len = strlen(text);
    bool utc = len == 17 && text[16] == 'Z';
    bool offset = len == 22 && (text[16] == '+' || text[16] == '-') && text[19] == ':';
    if ((!utc && !offset) || text[10] != 'T' || text[13] != ':') return false;
    if (!bm_date_read(text, 10, &day) || !digits(text + 11, 2, &hour) ||
        !digits(text + 14, 2, &minute) || hour > 23 || minute > 59)
        return false;
    if (offset && (!digits(text + 17, 2, &off_hour) || !digits(text + 20, 2, &off_minute) ||
                   off_hour > 14 || off_minute > 59))
        return false;
    int64_t away = off_hour * 60 + off_minute;
    if (text[16] == '-') away = -away;
    *ret_at_ms = ((int64_t)day * 1440 + hour * 60 + minute - away) * 60000;
    return true;
}
