/* Messages of a broker (mosquitto), on a thread of its own, behind libmosquitto: MQTT 3.1.1, quality of service 1, a session that
 * the broker keeps under the client id, so that what devices published while the desk was away comes when it is back.
 * It connects again by itself, after 1 s and then ever later up to 30 s.  The broker knows who publishes: the desk believes
 * the topic, so the broker must let a device write below its own only (docs/add-a-driver.md). */
#ifndef BM_INTAKE_MQTT_H
#define BM_INTAKE_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

enum { BM_MQTT_TEXT = 256 };

struct bm_mqtt_address {
    char host[BM_MQTT_TEXT], user[BM_MQTT_TEXT], topic[BM_MQTT_TEXT];
    uint16_t port;
    bool tls; /* by the system's authorities */
};
/* mqtt://[user@]host[:port][/topic], mqtts:// for TLS; without a topic "owntracks/+/+".  False when it is none. */
bool bm_mqtt_address_read(const char *url, struct bm_mqtt_address *ret_address);

/* On the client's thread.  Returns once the message has been taken care of: only then is the broker told that it has arrived.
 * False: it was not, and the broker must bring it again.  The line is cut at once, for libmosquitto has its word of thanks
 * ready before it asks us, and would still send it. */
typedef bool bm_mqtt_message_fn(void *context, const char *topic, const void *payload, size_t len);

struct bm_mqtt;
/* `password` may be NULL; `client_id` names the session at the broker.  A broker that cannot be reached is no fault: it is tried again. */
BM_MUST_USE enum bm_code bm_mqtt_start(const struct bm_mqtt_address *address, const char *password, const char *client_id,
                                       bm_mqtt_message_fn *message, void *context, struct bm_mqtt **ret_mqtt, struct bm_fault *fault);
struct bm_mqtt_counts {
    bool connected;
    uint64_t connects, messages;
};
struct bm_mqtt_counts bm_mqtt_counts(struct bm_mqtt *mqtt);
/* Says goodbye to the broker: nothing is connected again.  What is being taken at this moment counts as arrived only if its
 * callback says so. */
void bm_mqtt_leave(struct bm_mqtt *mqtt);
/* Joins the thread: no message is being taken any more afterwards.  NULL is fine. */
void bm_mqtt_stop(struct bm_mqtt *mqtt);

#endif
