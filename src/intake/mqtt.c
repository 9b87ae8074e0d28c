#include "intake/mqtt.h"

#include <mosquitto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"

enum { KEEPALIVE_S = 30, RETRY_FIRST_S = 1, RETRY_MOST_S = 30, QUALITY = 1 };

struct bm_mqtt {
    struct mosquitto *client;
    struct bm_mqtt_address address;
    bm_mqtt_message_fn *message;
    void *context;
    atomic_bool connected;
    atomic_uint_fast64_t connects, messages;
};

static bool copy(char *to, const char *from, size_t len) {
    if (len >= BM_MQTT_TEXT) return false;
    memcpy(to, from, len);
    to[len] = 0;
    return true;
}

bool bm_mqtt_address_read(const char *url, struct bm_mqtt_address *ret_address) {
    struct bm_mqtt_address address = {.topic = "owntracks/+/+"};
    address.tls = strncmp(url, "mqtts://", 8) == 0;
    if (!address.tls && strncmp(url, "mqtt://", 7) != 0) return false;
    const char *at = url + (address.tls ? 8 : 7);
    size_t len = strcspn(at, "/");
    const char *path = at + len, *user_end = memchr(at, '@', len);
    if (user_end) {
        if (!copy(address.user, at, (size_t)(user_end - at)) || strchr(address.user, ':')) return false;
        len -= (size_t)(user_end - at) + 1;
        at = user_end + 1;
    }
    const char *colon = memchr(at, ':', len);
    size_t host_len = colon ? (size_t)(colon - at) : len;
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : address.tls ? 8883 : 1883;
    if (!host_len || port == 0 || port > 65535 || (colon && (end != path || colon[1] < '0' || colon[1] > '9'))) return false;
    if (!copy(address.host, at, host_len)) return false;
    if (path[0] && path[1] && !copy(address.topic, path + 1, strlen(path + 1))) return false;
    if (mosquitto_sub_topic_check(address.topic) != MOSQ_ERR_SUCCESS) return false;
    address.port = (uint16_t)port;
    *ret_address = address;
    return true;
}

static void on_connect(struct mosquitto *client, void *context, int result) {
    struct bm_mqtt *mqtt = context;
    if (result) {
        bm_log(BM_LOG_ERROR, "mqtt_refused", "host=%s reason=\"%s\"", mqtt->address.host, mosquitto_connack_string(result));
        return;
    }
    int rc = mosquitto_subscribe(client, NULL, mqtt->address.topic, QUALITY);
    if (rc) bm_log(BM_LOG_ERROR, "mqtt_not_subscribed", "topic=\"%s\" reason=\"%s\"", mqtt->address.topic, mosquitto_strerror(rc));
    mqtt->connects++;
    mqtt->connected = rc == MOSQ_ERR_SUCCESS;
    bm_log(BM_LOG_INFO, "mqtt_connected", "host=%s port=%u topic=\"%s\"", mqtt->address.host, mqtt->address.port, mqtt->address.topic);
}

static void on_disconnect(struct mosquitto *client, void *context, int result) {
    struct bm_mqtt *mqtt = context;
    (void)client;
    mqtt->connected = false;
    if (result) bm_log(BM_LOG_WARNING, "mqtt_lost", "host=%s reason=\"%s\"", mqtt->address.host, mosquitto_strerror(result));
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
    struct bm_mqtt *mqtt = context;
    mqtt->messages++;
    bool taken = mqtt->message(mqtt->context, message->topic, message->payload, message->payloadlen > 0 ? (size_t)message->payloadlen : 0);
    int line = taken ? -1 : mosquitto_socket(client);
    if (line >= 0 && shutdown(line, SHUT_RDWR) == 0) bm_log(BM_LOG_WARNING, "mqtt_not_taken", "mend=\"the broker brings it again\"");
}

enum bm_code bm_mqtt_start(const struct bm_mqtt_address *address, const char *password, const char *client_id, bm_mqtt_message_fn *message,
                           void *context, struct bm_mqtt **ret_mqtt, struct bm_fault *fault) {
    struct bm_mqtt *mqtt = bm_alloc_zero(1, sizeof *mqtt);
    mosquitto_lib_init();
    mqtt->address = *address;
    mqtt->message = message;
    mqtt->context = context;
    mqtt->client = mosquitto_new(client_id, false, mqtt);
    int rc = mqtt->client ? MOSQ_ERR_SUCCESS : MOSQ_ERR_NOMEM;
    if (!rc) {
        mosquitto_connect_callback_set(mqtt->client, on_connect);
        mosquitto_disconnect_callback_set(mqtt->client, on_disconnect);
        mosquitto_message_callback_set(mqtt->client, on_message);
        rc = mosquitto_reconnect_delay_set(mqtt->client, RETRY_FIRST_S, RETRY_MOST_S, true);
    }
    if (!rc && address->user[0]) rc = mosquitto_username_pw_set(mqtt->client, address->user, password);
    if (!rc && address->tls) rc = mosquitto_tls_set(mqtt->client, NULL, "/etc/ssl/certs", NULL, NULL, NULL);
    if (!rc) rc = mosquitto_connect_async(mqtt->client, address->host, address->port, KEEPALIVE_S);
    /* Not there yet: its thread tries again.  Only what can never work is a fault. */
    if (rc == MOSQ_ERR_ERRNO || rc == MOSQ_ERR_EAI || rc == MOSQ_ERR_CONN_REFUSED) rc = MOSQ_ERR_SUCCESS;
    if (!rc) rc = mosquitto_loop_start(mqtt->client);
    if (rc) {
        enum bm_code code = bm_fault_set(fault, BM_IO, "mqtt", "MQTT cannot begin with %s: %s.", address->host, mosquitto_strerror(rc));
        bm_mqtt_stop(mqtt);
        return code;
    }
    *ret_mqtt = mqtt;
    return BM_OK;
}

struct bm_mqtt_counts bm_mqtt_counts(struct bm_mqtt *mqtt) {
    return (struct bm_mqtt_counts){mqtt->connected, mqtt->connects, mqtt->messages};
}

void bm_mqtt_leave(struct bm_mqtt *mqtt) {
    if (mqtt->client) mosquitto_disconnect(mqtt->client);
}

void bm_mqtt_stop(struct bm_mqtt *mqtt) {
    if (!mqtt) return;
    if (mqtt->client) {
        bm_mqtt_leave(mqtt);
        mosquitto_loop_stop(mqtt->client, false);
        mosquitto_destroy(mqtt->client);
    }
    mosquitto_lib_cleanup();
    bm_free(mqtt);
}
