/* Citizens who write: letters and requests for mediation, through the public side, as anybody could. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/town_private.h"

enum {
    FIRST_LETTER_MS = 45000,
    LETTER_LEAST_MS = 120000, /* of life, at the pace of 2 */
    LETTER_MOST_MS = 420000,
    OPEN_MATTERS_MAX = 24, /* no further letters past this: they are for people to answer */
};

static const struct {
    const char *procedure, *text, *name;
} letters[] = {
    {"letter", "小区门口的消防通道又被货车占了，物业不管。", "刘先生"},
    {"letter", "请问外地户籍在这里怎么办居住证？要多长时间？", "陈女士"},
    {"letter", "学校门口放学时太堵，希望派人指挥交通。", "黄老师"},
    {"letter", "感谢派出所的同志帮我找回丢失的手机！", "马同学"},
    {"letter", "建设路的红绿灯坏了两天，早高峰很危险。", "徐先生"},
    {"letter", "夜里有人在江边放音响跳舞，影响休息。", "何阿姨"},
    {"letter", "上个月报的案一直没有消息，请告知进展。", "胡先生"},
    {"mediation", "隔壁装修砸坏了我家的墙，双方谈不拢，希望调解。", "郭女士"},
    {"mediation", "两家为停车位吵了半年，希望有人来说和。", "林先生"},
    {"mediation", "租客退租，押金一直不还，想请你们帮忙调解。", "罗女士"},
};
enum { LETTERS = sizeof letters / sizeof letters[0] };

static unsigned open_matters(const struct bm_town *town) {
    const char *id;
    json_t *row;
    unsigned count = 0;
    json_object_foreach(bm_town_table(town, "matter"), id, row) count += !bm_row_is(row, "category", "final");
    return count;
}

static void write_letter(struct bm_town *town) {
    unsigned pick = (unsigned)bm_rng_below(&town->rng, LETTERS);
    char key[64];
    snprintf(key, sizeof key, "letter-%" PRIu64 "-%" PRIu64, town->run, ++town->letter_number);
    struct bm_client_answer answer = {0};
    json_t *body = json_pack("{ss ss ss}", "procedure", letters[pick].procedure, "text", letters[pick].text, "name", letters[pick].name);
    struct bm_client_request request = {.method = "POST", .path = "/public/matters", .key = key, .body = body};
    bm_client_call(town->client, &request, &answer);
    if (answer.status == 201)
        town->figures.letters++;
    else if (answer.status != 0) /* a desk that is away is noticed by those who work there */
        bm_town_tell(town, "a letter was refused: %s", bm_client_complaint(&answer));
    json_decref(body);
    bm_client_answer_free(&answer);
}

void bm_letters_round(struct bm_town *town) {
    if (!town->next_letter_ms) town->next_letter_ms = town->now_ms + FIRST_LETTER_MS;
    if (town->now_ms < town->next_letter_ms) return;
    if (open_matters(town) < OPEN_MATTERS_MAX) write_letter(town);
    town->next_letter_ms = town->now_ms + bm_town_span(town, LETTER_LEAST_MS, LETTER_MOST_MS);
}
