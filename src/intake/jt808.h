/* JT/T 808, the protocol of vehicle terminals in China, as of 2011, 2013 and 2019.  Pure: bytes in, what they say out.
 *
 *   0x7e  head  body  xor  0x7e      inside, 7d 01 stands for 7d and 7d 02 for 7e
 *   head  id u16, attributes u16 (bits 0-9 length of the body, 10-12 encrypted, 13 a part of several, 14 as of 2019),
 *         [2019: version u8], telephone BCD[6] (2019: BCD[10]), serial u16, [parts u16, part u16]
 *
 * A terminal registers (0x0100), logs on with the code it was given (0x0102), and then says where it is: 0x0200, or several
 * at once in 0x0704.  Times are of its own clock, in UTC+8 whatever its place.  Coordinates are WGS 84 by the standard.
 * Bit 0 of the alarm is the crew's button.
 *
 * Not read here, and answered as not supported: vendors' own messages (0x5501, 0x5502, 0x0210 ...), the delimiter e7, the text
 * form in parentheses, encrypted bodies. */
#ifndef BM_INTAKE_JT808_H
#define BM_INTAKE_JT808_H

#include <stddef.h>

#include "base/buf.h"
#include "base/code.h"
#include "intake/report.h"

enum {
    BM_JT808_BODY_MAX = 1023,        /* of one frame */
    BM_JT808_FRAME_MAX = 1023 + 24,  /* without delimiters and escapes: head of 2019 with parts, body, xor */
    BM_JT808_PHONE_TEXT = 21,        /* without zeros in front */
    BM_JT808_CODE_TEXT = 17,         /* the code that it logs on with */
    BM_JT808_TERMINAL_TEXT = 31,     /* what it calls itself when it registers */
    BM_JT808_BATCH_MAX = 1000,       /* positions in one 0x0704; more cannot stand in BM_JT808_WHOLE_MAX */
    BM_JT808_WHOLE_MAX = 32 * 1024   /* a message put together of parts */
};

enum bm_jt808_id {
    BM_JT808_ACK = 0x0001,
    BM_JT808_HEARTBEAT = 0x0002,
    BM_JT808_LOG_OFF = 0x0003,
    BM_JT808_REGISTER = 0x0100,
    BM_JT808_LOG_ON = 0x0102,
    BM_JT808_LOCATION = 0x0200,
    BM_JT808_LOCATIONS = 0x0704,
    BM_JT808_ANSWER = 0x8001,
    BM_JT808_REGISTERED = 0x8100
};
/* Results of 0x8001, and those of 0x8100 that are given here. */
enum bm_jt808_result { BM_JT808_FINE, BM_JT808_FAILED, BM_JT808_WRONG, BM_JT808_UNSUPPORTED };
enum { BM_JT808_NO_SUCH_TERMINAL = 4 };

struct bm_jt808_head {
    uint16_t id, serial;
    bool is_2019, encrypted;
    uint8_t version;
    uint8_t phone_bytes[10];
    size_t phone_len; /* 6 or 10 */
    char phone[BM_JT808_PHONE_TEXT];
    uint16_t parts, part; /* 0: whole */
};
struct bm_jt808_message {
    struct bm_jt808_head head;
    const uint8_t *body;
    size_t body_len;
};

/* `bytes` is what stands between the delimiters, without escapes.  BM_BAD_REQUEST when it is cut or longer than it says,
 * BM_CORRUPT when the xor does not fit. */
BM_MUST_USE enum bm_code bm_jt808_read(const uint8_t *bytes, size_t len, struct bm_jt808_message *ret_message, struct bm_fault *fault);
/* The body of 0x0200.  BM_BAD_REQUEST when it is cut, BM_OUT_OF_RANGE for a place that is not on earth.  Without a fix there
 * is no point; a date that does not exist is none. */
BM_MUST_USE enum bm_code bm_jt808_location(const uint8_t *body, size_t len, struct bm_report *ret_report, struct bm_fault *fault);
/* The body of 0x0704: calls `each` for every one, in order; what is broken in between is passed over and counted. */
typedef void bm_jt808_each_fn(void *context, const struct bm_report *report);
BM_MUST_USE enum bm_code bm_jt808_locations(const uint8_t *body, size_t len, bm_jt808_each_fn *each, void *context, unsigned *ret_broken,
                                            struct bm_fault *fault);
/* The code in 0x0102, and what the terminal calls itself in 0x0100 ("" when that is no plain text). */
BM_MUST_USE enum bm_code bm_jt808_log_on(const struct bm_jt808_message *message, char ret_code[BM_JT808_CODE_TEXT], struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_jt808_registration(const struct bm_jt808_message *message, char ret_terminal[BM_JT808_TERMINAL_TEXT],
                                               struct bm_fault *fault);

/* Frames to the terminal that `to` came from, with delimiters and escapes: the general answer to message (serial, id), and
 * the answer to a registration; `code` goes with BM_JT808_FINE only. */
void bm_jt808_write_answer(const struct bm_jt808_head *to, uint16_t own_serial, uint16_t serial, uint16_t id, uint8_t result, struct bm_buf *out);
void bm_jt808_write_registered(const struct bm_jt808_head *to, uint16_t own_serial, uint8_t result, const char *code, struct bm_buf *out);
/* Any frame with the head's telephone number: for tests and terminals (bench). */
void bm_jt808_write(const struct bm_jt808_head *to, uint16_t own_serial, uint16_t id, const uint8_t *body, size_t len, struct bm_buf *out);

/* --- out of the stream ------------------------------------------------------------------------ */

/* Takes frames out of bytes as they come and puts messages of several parts together: parts in their order, one message at
 * a time; a part that comes again is passed over, one that comes out of order drops what was there.  What does not fit is
 * dropped up to the next delimiter and counted. */
struct bm_jt808_stream {
    uint8_t frame[BM_JT808_FRAME_MAX];
    size_t len;
    bool inside, escaped, spoilt;
    struct bm_buf whole; /* parts so far */
    uint16_t whole_id, whole_parts, next_part;
    uint64_t broken; /* frames that could not be read */
};
void bm_jt808_stream_make(struct bm_jt808_stream *stream);
void bm_jt808_stream_free(struct bm_jt808_stream *stream);
/* Calls `each` with every message; `is_part`: one that was kept, with more to come (its body is empty), which is answered and
 * not yet done.  Returns false when `each` did: the rest is dropped. */
typedef bool bm_jt808_message_fn(void *context, const struct bm_jt808_message *message, bool is_part);
bool bm_jt808_stream_take(struct bm_jt808_stream *stream, const uint8_t *bytes, size_t len, bm_jt808_message_fn *each, void *context);

#endif
