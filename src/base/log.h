/* Log lines in logfmt on standard error: `level=info event=listening port=8110`.  Personal data is
 * never logged at any level.  Values with spaces must be quoted by the caller's format. */
#ifndef BM_BASE_LOG_H
#define BM_BASE_LOG_H

enum bm_log_level { BM_LOG_DEBUG, BM_LOG_INFO, BM_LOG_WARNING, BM_LOG_ERROR };

/* Lines below `level` are dropped; the default is BM_LOG_INFO. */
void bm_log_set_level(enum bm_log_level level);
/* One line: `event` is a fixed word, `format` the further key=value pairs ("" for none).
 * Safe from any thread. */
void bm_log(enum bm_log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
