/* OwnTracks: what the telephone app of that name publishes, over HTTP or MQTT (owntracks/booklet, tech/json).  Pure.
 *
 * A device is named "user/device": by the topic "owntracks/user/device" where the message has one, else by what HTTP said
 * beside it.  `_type` location is a position: lat, lon, tst in seconds, vel in km/h, cog in degrees.  Whatever else the app
 * sends (transition, waypoint, lwt, status, card ...) is heard and says nothing here; `encrypted` is refused, for
 * the desk has no key to it.  Help is asked for by the point of interest or the tag "sos" (`poi`, `tag`), in any case of letters. */
#ifndef BM_INTAKE_OWNTRACKS_H
#define BM_INTAKE_OWNTRACKS_H

#include "base/code.h"
#include "intake/report.h"

enum { BM_OWNTRACKS_MAX = 16 * 1024 }; /* bytes of one message; longer ones are refused */

/* Reads one message.  `named` is the identity that came beside it ("": none); a topic inside says otherwise.  Faults: BM_BAD_JSON;
 * BM_MISSING_FIELD, BM_OUT_OF_RANGE and BM_WRONG_TYPE name the member; BM_NOT_POSSIBLE when it is encrypted. */
BM_MUST_USE enum bm_code bm_owntracks_read(const void *json, size_t len, const char *named,
                                           char ret_identity[BM_IDENTITY_TEXT], struct bm_report *ret_report,
                                           struct bm_fault *fault);
/* "owntracks/user/device[/event|...]" -> "user/device"; false for any other topic. */
bool bm_owntracks_topic(const char *topic, char ret_identity[BM_IDENTITY_TEXT]);

#endif
