/* What the files of the api that take positions in share. */
#ifndef BM_API_INTAKE_PRIVATE_H
#define BM_API_INTAKE_PRIVATE_H

#include <pthread.h>

#include "api/api_private.h"
#include "api/intake.h"
#include "intake/device.h"
#include "intake/jt808_server.h"

/* A call for help that came over MQTT: its thread waits until it is in the record. */
enum bm_help { BM_HELP_NONE, BM_HELP_WAITS, BM_HELP_ASKED, BM_HELP_DONE };

struct bm_intake {
    struct bm_api *api;
    struct bm_devices *devices;
    struct bm_jt808_server *jt808; /* NULL: not asked for */
    struct bm_mqtt *mqtt;          /* NULL: not asked for */
    struct bm_io_wake *wake;
    struct bm_io_timer *again;     /* the desk was full: once more */
    pthread_mutex_t lock;          /* of what follows */
    pthread_cond_t helped;
    bool stopping;
    enum bm_help help;
    uint64_t help_device;
    struct bm_report help_report;
};

struct bm_intake *bm_intake_new(struct bm_api *api);
void bm_intake_free(struct bm_intake *intake);

/* Any thread: puts the report's position into the table.  False when its unit is not in service. */
bool bm_intake_take(struct bm_intake *intake, const struct bm_device *device, const struct bm_report *report);
/* Who is told when a call for help is in the record: a request, the thread of MQTT, or a terminal. */
struct bm_help_from {
    struct bm_call *call;
    bool over_mqtt;
    struct bm_jt808_ticket terminal;
};
/* On the loop's thread: asks the desk; false when it is full or stopping, and nobody will be told. */
bool bm_intake_ask(struct bm_intake *intake, uint64_t device, const struct bm_report *report, struct bm_help_from from);

#endif
