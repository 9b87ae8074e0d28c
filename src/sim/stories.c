/* What people call about, in words that their class knows: the form then proposes it. */
#include <string.h>

#include "sim/town_private.h"

/* clang-format off */
const struct bm_story bm_stories[] = {
    {"medical", "胸口", 14, AT_HOUSE, 80, "送医", {"%s，我爸爸胸口疼得厉害，出冷汗，快派救护车。", "%s，老人胸口闷，呼吸困难。", NULL}},
    {"medical", "晕倒", 10, AT_HOUSE, 75, "送医", {"有人晕倒在%s，叫不醒。", "%s门口，一位女士晕倒了，还有呼吸。", NULL}},
    {"medical", "临产", 3, AT_HOUSE, 100, "送医", {"%s，孕妇临产，要生孩子了，快派救护车。", NULL, NULL}},
    {"fire", "着火", 7, AT_HOUSE, 30, "火已扑灭", {"%s，厨房着火了，烟很大！", "%s三楼着火，窗户冒黑烟，楼上还有人。", NULL}},
    {"fire", "电动车自燃", 4, AT_HOUSE, 10, "火已扑灭", {"%s楼道里电动车自燃起火，全是烟。", NULL, NULL}},
    {"traffic", "追尾", 12, AT_CROSSING, 0, "责任已认定", {"%s，两辆车追尾，没人受伤，堵住了。", "我在%s被追尾了，对方要走。", NULL}},
    {"traffic_injury", "撞了", 9, AT_CROSSING, 85, "伤员已送医", {"%s，汽车撞了电动车，人躺在地上，腿流血。", "一辆货车在%s撞了行人！", NULL}},
    {"fight", "打起来", 8, AT_HOUSE, 40, "已劝离并登记", {"%s烧烤店门口打架，好几个人打起来了。", "%s，有人喝醉酒打起来，拿着酒瓶。", NULL}},
    {"domestic", "打老婆", 4, AT_HOUSE, 30, "已出具告诫书", {"%s，隔壁又在打老婆，孩子在哭。", NULL, NULL}},
    {"theft", "被偷", 8, AT_HOUSE, 0, "已立案", {"我的电动车在%s被偷了。", "%s，手机在店里被偷，有监控。", NULL}},
    {"burglary", "撬开", 4, AT_HOUSE, 0, "现场已勘查", {"%s，家里被盗，门锁被撬开，屋里翻得很乱。", NULL, NULL}},
    {"fraud", "转账", 4, AT_HOUSE, 0, "已止付", {"%s，我妈妈正要给骗子转账，劝不住。", NULL, NULL}},
    {"dispute", "房东", 6, AT_HOUSE, 0, "双方已和解", {"%s，房东不退押金，把门锁了。", "%s，和房东吵起来了，要动手。", NULL}},
    {"noise", "广场舞", 5, AT_HOUSE, 0, "已劝导", {"%s楼下跳广场舞，音响太大，孩子睡不着。", NULL, NULL}},
    {"missing_vulnerable", "老年痴呆", 3, AT_HOUSE, 0, "已找到并送回", {"我父亲从%s走失了，七十八岁，有老年痴呆，穿灰外套。", NULL, NULL}},
    {"drowning", "掉进江里", 4, AT_RIVER, 90, "已救起", {"%s附近，有人落水，掉进江里了，还在扑腾！", NULL, NULL}},
    {"gas", "煤气味", 5, AT_HOUSE, 5, "已关阀通风", {"%s，楼道里有很浓的煤气味。", NULL, NULL}},
    {"water", "爆管", 3, AT_CROSSING, 0, "已抢修", {"%s水管爆管，路面全是水。", NULL, NULL}},
    {"power", "电线杆", 3, AT_CROSSING, 0, "已断电处理", {"%s，电线杆倒了，电线在冒火花。", NULL, NULL}},
    {"trapped", "电梯", 4, AT_HOUSE, 5, "人员已救出", {"%s，电梯被困三个人，卡在六楼。", NULL, NULL}},
    {"help", "忘带钥匙", 5, AT_HOUSE, 0, "已协助", {"%s，老人忘带钥匙进不了门，求助开锁。", NULL, NULL}},
    {"animal", "马蜂窝", 3, AT_HOUSE, 0, "已摘除", {"%s小区里有个大马蜂窝，已经蜇了人。", NULL, NULL}},
    {"road_hazard", "信号灯", 4, AT_CROSSING, 0, "已疏导", {"%s信号灯坏了，车全堵在一起。", NULL, NULL}},
};
/* clang-format on */
const unsigned bm_story_count = sizeof bm_stories / sizeof bm_stories[0];

const struct bm_story *bm_story_draw(struct bm_rng *rng) {
    uint64_t all = 0;
    for (unsigned i = 0; i < bm_story_count; i++) all += bm_stories[i].weight;
    uint64_t dice = bm_rng_below(rng, all);
    for (unsigned i = 0; i < bm_story_count; i++) {
        if (dice < bm_stories[i].weight) return &bm_stories[i];
        dice -= bm_stories[i].weight;
    }
    return &bm_stories[0];
}

const struct bm_story *bm_story_by_mark(const char *text) {
    for (unsigned i = 0; i < bm_story_count; i++)
        if (strstr(text, bm_stories[i].mark)) return &bm_stories[i];
    return NULL;
}

const struct bm_story *bm_story_by_class(const char *class_code) {
    for (unsigned i = 0; i < bm_story_count; i++)
        if (strcmp(bm_stories[i].class_code, class_code) == 0) return &bm_stories[i];
    return NULL;
}
