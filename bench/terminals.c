#include "terminals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/json.h"

static void set_u32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint8_t bcd(int number) {
    return (uint8_t)(number / 10 % 10 << 4 | number % 10);
}

static void number_of(unsigned unit, struct bm_jt808_head *head) {
    char digits[13];
    snprintf(digits, sizeof digits, "%012llu", bench_number(unit));
    *head = (struct bm_jt808_head){.phone_len = 6};
    for (int i = 0; i < 6; i++) head->phone_bytes[i] = (uint8_t)((digits[2 * i] - '0') << 4 | (digits[2 * i + 1] - '0'));
}

/* --- logging on ------------------------------------------------------------------------------- */

static bool keep_code(void *context, const struct bm_jt808_message *message, bool is_part) {
    char *code = context;
    (void)is_part;
    if (message->head.id == BM_JT808_REGISTERED && message->body_len > 3 && message->body[2] == 0)
        snprintf(code, BM_JT808_CODE_TEXT, "%.*s", (int)message->body_len - 3, (const char *)message->body + 3);
    else if (message->head.id == BM_JT808_ANSWER && message->body[4] == 0)
        snprintf(code, BM_JT808_CODE_TEXT, "on");
    else
        bench_die("a terminal was refused: %04x", message->head.id);
    return true;
}

static void say(struct bench_terminal *terminal, uint16_t id, const uint8_t *body, size_t len, char ret_code[BM_JT808_CODE_TEXT]) {
    struct bm_buf out = bm_buf_make(4096);
    bm_jt808_write(&terminal->head, ++terminal->serial, id, body, len, &out);
    bench_send(&terminal->conn, (const char *)out.bytes, out.len);
    bm_buf_free(&out);
    ret_code[0] = 0;
    while (!ret_code[0]) {
        if (!bench_read(&terminal->conn)) bench_die("the desk hung up on a terminal");
        bm_jt808_stream_take(&terminal->in, (const uint8_t *)terminal->conn.in, terminal->conn.in_len, keep_code, ret_code);
        terminal->conn.in_len = 0;
    }
}

struct bench_terminal *bench_terminals_new(uint16_t port, unsigned count) {
    struct bench_terminal *terminals = bm_alloc_zero(count, sizeof *terminals);
    static const uint8_t registration[40];
    for (unsigned i = 0; i < count; i++) {
        struct bench_terminal *terminal = &terminals[i];
        char code[BM_JT808_CODE_TEXT], on[BM_JT808_CODE_TEXT];
        terminal->unit = i + 1;
        number_of(i + 1, &terminal->head);
        bm_jt808_stream_make(&terminal->in);
        terminal->conn = bench_connect(port);
        say(terminal, BM_JT808_REGISTER, registration, sizeof registration, code);
        say(terminal, BM_JT808_LOG_ON, (const uint8_t *)code, strlen(code), on);
    }
    return terminals;
}

void bench_terminals_free(struct bench_terminal *terminals, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        bench_close(&terminals[i].conn);
        bm_jt808_stream_free(&terminals[i].in);
    }
    bm_free(terminals);
}

/* --- positions -------------------------------------------------------------------------------- */

void bench_terminal_send(struct bench_terminal *terminal, unsigned many) {
    struct bm_buf out = bm_buf_make(64 * 1024);
    time_t china = (time_t)(bench_wall_ms() / 1000 + 28800);
    struct tm at;
    gmtime_r(&china, &at);
    for (unsigned i = 0; i < many; i++) {
        uint8_t body[28] = {0};
        int32_t lat_e6 = 30000000 + (int32_t)((terminal->unit * 7919u + terminal->sent * 13u) % 900000u);
        set_u32(body + 4, 2);
        set_u32(body + 8, (uint32_t)lat_e6);
        set_u32(body + 12, 120000000 + terminal->unit);
        const int parts[] = {at.tm_year - 100, at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec};
        for (int p = 0; p < 6; p++) body[22 + p] = bcd(parts[p]);
        terminal->serial++;
        terminal->waiting_e6[terminal->serial % 64] = lat_e6;
        terminal->sent_at[terminal->serial % 64] = bench_now();
        bm_jt808_write(&terminal->head, terminal->serial, BM_JT808_LOCATION, body, sizeof body, &out);
        terminal->sent++;
        terminal->sent_e6 = lat_e6;
    }
    bench_send(&terminal->conn, (const char *)out.bytes, out.len);
    bm_buf_free(&out);
}

struct reading {
    struct bench_terminal *terminal;
    void (*wait)(double ms);
};

static bool count_answer(void *context, const struct bm_jt808_message *message, bool is_part) {
    struct reading *reading = context;
    struct bench_terminal *terminal = reading->terminal;
    (void)is_part;
    if (message->head.id != BM_JT808_ANSWER || message->body[4]) bench_die("a position was refused");
    unsigned slot = (unsigned)(message->body[0] << 8 | message->body[1]) % 64;
    terminal->answered++;
    terminal->answered_e6 = terminal->waiting_e6[slot];
    if (reading->wait) reading->wait((bench_now() - terminal->sent_at[slot]) * 1000);
    return true;
}

void bench_terminal_read(struct bench_terminal *terminal, void (*wait)(double ms)) {
    struct reading reading = {terminal, wait};
    if (!bench_read(&terminal->conn)) bench_die("the desk hung up on a terminal");
    bm_jt808_stream_take(&terminal->in, (const uint8_t *)terminal->conn.in, terminal->conn.in_len, count_answer, &reading);
    terminal->conn.in_len = 0;
}

unsigned bench_terminals_lost(const struct bench_server *server, const struct bench_terminal *terminals, unsigned count) {
    enum { BODY_MAX = 8 * 1024 * 1024 };
    char *body = bm_alloc(BODY_MAX);
    json_t *object;
    unsigned lost = count;
    if (bench_call(server->port, "GET", "/v1/positions", server->token, NULL, body, BODY_MAX) != 200 ||
        bm_json_parse(body, strlen(body), &object, NULL))
        bench_die("positions cannot be read");
    const json_t *rows = json_object_get(object, "positions");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        unsigned long unit = strtoul(json_string_value(json_object_get(row, "unit")), NULL, 10);
        if (!unit || unit > count) continue;
        lost -= llround(json_number_value(json_object_get(row, "lat")) * 1e6) == terminals[unit - 1].answered_e6;
    }
    json_decref(object);
    bm_free(body);
    return lost;
}
