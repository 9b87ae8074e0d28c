#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static enum bm_log_level least = BM_LOG_INFO;

void bm_log_set_level(enum bm_log_level level) {
    least = level;
}

void bm_log(enum bm_log_level level, const char *event, const char *format, ...) {
    static const char *const words[] = {"debug", "info", "warning", "error"};
    if (level < least) return;
    char line[1024];
    int used = snprintf(line, sizeof line, "level=%s event=%s ", words[level], event);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, sizeof line - (size_t)used, format, arguments);
    va_end(arguments);
    /* One call, one line: stdio locks the stream, so lines of two threads do not mix. */
    fprintf(stderr, "%s\n", line);
}
