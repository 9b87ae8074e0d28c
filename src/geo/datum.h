/* Coordinates as maps made in mainland China give them, and WGS 84.
 *
 * GCJ-02 moves every point of mainland China by some hundreds of metres (up to about 700), each by a different amount;
 * Chinese maps, telephones and their makers' interfaces give coordinates in it.  BD-09 moves those once more, by some
 * 900 m.  Here both are undone where they come in, so that nothing inside is moved.
 *
 * Source and certainty: the method was never published by those who set it.  What is used here is the formula that has
 * been public since 2010 and that independent libraries share; all known implementations agree to a few centimetres
 * where it holds, and services that use the datum agree with it to about a metre.  That such coordinates must be used
 * for published maps in mainland China is a rule of that country; converting what a caller's telephone says, in order to
 * send help to it, is what this is for.
 *
 * Accuracy: there and back again to 1e-7 degree (a centimetre), the step of all coordinates here.
 *
 * Where: mainland China is moved, Hong Kong, Macau, Taiwan (with Kinmen and Matsu) and the rest of the world are not.  The
 * outline is our own and coarse; it says where moved coordinates are expected, and nothing about any border:
 *   - on land it follows Natural Earth's 1:50 million map (public domain) to within 15 km;
 *   - at sea it runs 20 to 60 km off the coast, nearer between Xiamen and Kinmen and off Matsu (1 to 3 km);
 *   - around Hong Kong and Macau it follows rivers and channels to within 300 m, by hand.
 * Near the outline one pair of numbers can mean two places: a point of the mainland that was moved across it, and a point
 * beyond that was not.  The mainland's is taken: whoever names the datum speaks of a map that moves.  So coordinates
 * from within some 700 m of Shenzhen or Zhuhai should be sent as WGS 84 by those who have them. */
#ifndef BM_GEO_DATUM_H
#define BM_GEO_DATUM_H

#include "geo/point.h"

enum bm_datum { BM_DATUM_WGS84, BM_DATUM_GCJ02, BM_DATUM_BD09, BM_datum_COUNT };
/* "wgs84", "gcj02", "bd09". */
extern const char *const bm_datum_names[BM_datum_COUNT];

/* Whether such maps move the point (given in WGS 84). */
bool bm_datum_moves(struct bm_point wgs84);

/* Both O(1); the way to WGS 84 takes at most BM_DATUM_STEPS_MAX steps (in practice 3 to 5). `point` must be valid
 * (bm_point_valid); so is what is returned. */
enum { BM_DATUM_STEPS_MAX = 16 };
struct bm_point bm_datum_to_wgs84(enum bm_datum datum, struct bm_point point);
struct bm_point bm_datum_from_wgs84(enum bm_datum datum, struct bm_point wgs84);

#endif
