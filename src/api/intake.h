/* Positions that devices send by protocols of their own (src/intake), on their way to the live table of dispatch; and their
 * calls for help, on their way to the desk.
 *
 *   OwnTracks, OsmAnd over HTTP --.
 *   JT/T 808 over TCP ------------+--> device -> unit -> dispatch's table, at once, on the thread that read it
 *   OwnTracks over MQTT ----------'             \-> "help" -> the desk's queue (emergency) -> commit -> answer
 *
 * What is acknowledged to a device is in the table, or superseded by a newer one; a call for help is in the record. */
#ifndef BM_API_INTAKE_H
#define BM_API_INTAKE_H

#include "api/api.h"
#include "intake/mqtt.h"

/* After bm_api_go: listens for JT/T 808, and follows a broker. */
BM_MUST_USE enum bm_code bm_api_jt808(struct bm_api *api, const char *host, uint16_t port, uint16_t *ret_port, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_api_mqtt(struct bm_api *api, const struct bm_mqtt_address *address, const char *password,
                                     const char *client_id, struct bm_fault *fault);
/* First of all at the end: nothing comes in any more. */
void bm_api_intake_stop(struct bm_api *api);

#endif
