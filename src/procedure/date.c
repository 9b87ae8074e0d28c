#include "procedure/date.h"

#include <string.h>

#include "base/time.h"

static bool digits(const char *text, size_t count, int32_t *ret_number) {
    int32_t number = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
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
