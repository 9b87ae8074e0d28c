#include "api/mbtiles.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "import/names.h"

static const double mercator_edge = 85.0511287798;

struct bm_mbtiles {
    struct bm_mbtiles_info info;
    pthread_mutex_t lock; /* of db and find: one statement serves all workers in turn */
    sqlite3 *db;
    sqlite3_stmt *find;
};

static enum bm_code refused(sqlite3 *db, int rc, const char *path, struct bm_fault *fault) {
    const char *said = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    switch (rc & 0xff) {
    case SQLITE_NOTADB:
        return bm_fault_set(fault, BM_BAD_FORMAT, "tiles",
                            "%s is no MBTiles file (%s). Make one with: bellman area.", path, said);
    case SQLITE_ERROR: /* a table or column is not there */
        return bm_fault_set(fault, BM_BAD_FORMAT, "tiles",
                            "%s is not an MBTiles file as bellman area makes it (%s).", path, said);
    case SQLITE_CORRUPT:
        return bm_fault_set(fault, BM_CORRUPT, "tiles",
                            "%s is damaged or cut off (%s). Make it again with: bellman area.",
                            path, said);
    case SQLITE_TOOBIG:
        return bm_fault_set(fault, BM_CORRUPT, "tiles", "%s holds a tile larger than %d bytes.",
                            path, BM_MBTILES_TILE_BYTES_MAX);
    default:
        return bm_fault_set(fault, BM_IO, "tiles", "%s cannot be read: %s.", path, said);
    }
}

/* "file:PATH?immutable=1" with everything escaped that has a meaning in a URI. */
static char *uri_of(const char *path) {
    struct bm_buf uri = bm_buf_make(3 * strlen(path) + 64);
    bm_buf_text(&uri, "file:");
    for (const char *at = path; *at; at++) {
        if (*at == '%' || *at == '?' || *at == '#')
            bm_buf_printf(&uri, "%%%02x", (unsigned)*at);
        else
            bm_buf_byte(&uri, (uint8_t)*at);
    }
    bm_buf_text(&uri, "?mode=ro&immutable=1");
    BM_CHECK(!uri.overflow);
    return (char *)uri.bytes;
}

static enum bm_code open_file(struct bm_mbtiles *tiles, const char *path, struct bm_fault *fault) {
    struct stat about;
    if (stat(path, &about) != 0) {
        return bm_fault_set(fault, errno == ENOENT ? BM_NOT_FOUND : BM_IO, "tiles", "%s: %s.", path,
                            strerror(errno));
    }
    if (!S_ISREG(about.st_mode))
        return bm_fault_set(fault, BM_BAD_FORMAT, "tiles", "%s is no file.", path);
    snprintf(tiles->info.version, sizeof tiles->info.version, "%" PRIx64 "-%" PRIx64,
             (uint64_t)about.st_mtim.tv_sec * 1000000000u + (uint64_t)about.st_mtim.tv_nsec,
             (uint64_t)about.st_size);
    char *uri = uri_of(path);
    int rc = sqlite3_open_v2(uri, &tiles->db,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    bm_free(uri);
    if (rc != SQLITE_OK) return refused(tiles->db, rc, path, fault);
    sqlite3_limit(tiles->db, SQLITE_LIMIT_LENGTH, BM_MBTILES_TILE_BYTES_MAX + 1024);
    /* The file comes from outside: what its schema says is data, not program. */
    rc = sqlite3_exec(tiles->db, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON", NULL, NULL,
                      NULL);
    return rc == SQLITE_OK ? BM_OK : refused(tiles->db, rc, path, fault);
}

/* The first column of the first row as text, cut to `cap` between characters; "" when there is
 * none. */
static enum bm_code ask_text(struct bm_mbtiles *tiles, const char *name, char *ret_text, size_t cap,
                             const char *path, struct bm_fault *fault) {
    sqlite3_stmt *ask;
    int rc = sqlite3_prepare_v2(tiles->db, "SELECT value FROM metadata WHERE name = ?1", -1, &ask,
                                NULL);
    if (rc != SQLITE_OK) return refused(tiles->db, rc, path, fault);
    sqlite3_bind_text(ask, 1, name, -1, SQLITE_STATIC);
    rc = sqlite3_step(ask);
    const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(ask, 0) : NULL;
    size_t len = text ? strlen(text) : 0;
    if (len > cap - 1) {
        len = cap - 1;
        while (len && ((uint8_t)text[len] & 0xc0) == 0x80) len--;
    }
    if (len) memcpy(ret_text, text, len);
    ret_text[len] = 0;
    const char *end = ret_text + len; /* a text in another encoding: what is none becomes '?' */
    for (const char *at = ret_text; at < end;) {
        char *from = ret_text + (at - ret_text);
        if (bm_utf8_next(&at, end) == 0xfffd && at - from == 1) *from = '?';
    }
    enum bm_code code = rc == SQLITE_ROW || rc == SQLITE_DONE ? BM_OK
                                                              : refused(tiles->db, rc, path, fault);
    sqlite3_finalize(ask);
    return code;
}

/* Up to `count` integers of the first row; BM_NOT_FOUND when the first is null. */
static enum bm_code ask_numbers(struct bm_mbtiles *tiles, const char *sql, int64_t argument,
                                int count, int64_t *ret_numbers, const char *path,
                                struct bm_fault *fault) {
    sqlite3_stmt *ask;
    int rc = sqlite3_prepare_v2(tiles->db, sql, -1, &ask, NULL);
    if (rc != SQLITE_OK) return refused(tiles->db, rc, path, fault);
    if (sqlite3_bind_parameter_count(ask)) sqlite3_bind_int64(ask, 1, argument);
    rc = sqlite3_step(ask);
    enum bm_code code = BM_OK;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        code = refused(tiles->db, rc, path, fault);
    else if (rc == SQLITE_DONE || sqlite3_column_type(ask, 0) == SQLITE_NULL)
        code = bm_fault_set(fault, BM_NOT_FOUND, "tiles", "%s holds no tiles.", path);
    for (int i = 0; !code && i < count; i++) ret_numbers[i] = sqlite3_column_int64(ask, i);
    sqlite3_finalize(ask);
    return code;
}

/* The north edge of row `y` (from the north) at a zoom, in degrees. */
static double row_edge(int64_t y, unsigned z) {
    double turn = M_PI * (1 - 2 * ldexp((double)y, -(int)z));
    return atan(sinh(turn)) * 180 / M_PI;
}

/* The box that the file states; false when it is no box, or as good as the whole world, which tools
 * write when they were not told. */
static bool stated_box(const char *text, struct bm_mbtiles_info *info) {
    double edges[4];
    for (int i = 0; i < 4; i++) {
        char *end;
        edges[i] = strtod(text, &end);
        if (end == text || !isfinite(edges[i]) || *end != (i < 3 ? ',' : '\0')) return false;
        text = end + 1;
    }
    bool is_box = edges[0] >= -180 && edges[1] >= -90 && edges[2] <= 180 && edges[3] <= 90 &&
                  edges[0] < edges[2] && edges[1] < edges[3];
    if (!is_box || edges[2] - edges[0] > 90 || edges[3] - edges[1] > 60) return false;
    info->west = edges[0];
    info->south = edges[1];
    info->east = edges[2];
    info->north = edges[3];
    return true;
}

/* The box of the tiles of a zoom. */
static enum bm_code box_of_tiles(struct bm_mbtiles *tiles, unsigned z, const char *path,
                                 struct bm_fault *fault) {
    struct bm_mbtiles_info *info = &tiles->info;
    int64_t edges[4], most = ((int64_t)1 << z) - 1;
    enum bm_code code = ask_numbers(tiles,
                                    "SELECT min(tile_column), max(tile_column), min(tile_row), "
                                    "max(tile_row) FROM tiles WHERE zoom_level = ?1",
                                    z, 4, edges, path, fault);
    if (code) return code;
    if (edges[0] < 0 || edges[1] > most || edges[2] < 0 || edges[3] > most) {
        return bm_fault_set(fault, BM_BAD_FORMAT, "tiles", "%s has tiles outside the world.", path);
    }
    info->west = ldexp((double)edges[0], -(int)z) * 360 - 180;
    info->east = ldexp((double)edges[1] + 1, -(int)z) * 360 - 180;
    info->south = fmax(row_edge(most - edges[2] + 1, z), -mercator_edge);
    info->north = fmin(row_edge(most - edges[3], z), mercator_edge);
    return BM_OK;
}

static enum bm_code read_about(struct bm_mbtiles *tiles, const char *path, struct bm_fault *fault) {
    struct bm_mbtiles_info *info = &tiles->info;
    char format[16], bounds[96];
    enum bm_code code = ask_text(tiles, "format", format, sizeof format, path, fault);
    if (!code) code = ask_text(tiles, "name", info->name, sizeof info->name, path, fault);
    if (!code)
        code = ask_text(tiles, "attribution", info->attribution, sizeof info->attribution, path,
                        fault);
    if (!code) code = ask_text(tiles, "bounds", bounds, sizeof bounds, path, fault);
    if (code) return code;
    if (strcmp(format, "pbf") != 0) {
        return bm_fault_set(fault, BM_BAD_FORMAT, "tiles",
                            "%s holds \"%s\" tiles; the page draws vector tiles (pbf).", path,
                            format);
    }
    int64_t zoom;
    code = ask_numbers(tiles, "SELECT max(zoom_level) FROM tiles", 0, 1, &zoom, path, fault);
    if (code == BM_OK && (zoom < 0 || zoom > BM_MBTILES_ZOOM_MAX))
        code = bm_fault_set(fault, BM_BAD_FORMAT, "tiles", "%s has tiles of zoom %" PRId64 ".",
                            path, zoom);
    if (code == BM_NOT_FOUND) code = BM_BAD_FORMAT;
    if (code) return code;
    info->maxzoom = (unsigned)zoom;
    code = ask_numbers(tiles, "SELECT min(zoom_level) FROM tiles", 0, 1, &zoom, path, fault);
    if (code == BM_OK && zoom < 0)
        code = bm_fault_set(fault, BM_BAD_FORMAT, "tiles", "%s has tiles of a negative zoom.",
                            path);
    if (code) return code;
    info->minzoom = (unsigned)zoom;
    if (stated_box(bounds, info)) return BM_OK;
    return box_of_tiles(tiles, info->maxzoom, path, fault);
}

enum bm_code bm_mbtiles_open(const char *path, struct bm_mbtiles **ret_tiles,
                             struct bm_fault *fault) {
    struct bm_mbtiles *tiles = bm_alloc_zero(1, sizeof *tiles);
    pthread_mutex_init(&tiles->lock, NULL);
    enum bm_code code = open_file(tiles, path, fault);
    if (!code) code = read_about(tiles, path, fault);
    if (!code) {
        int rc = sqlite3_prepare_v3(tiles->db,
                                    "SELECT tile_data FROM tiles WHERE zoom_level = ?1 AND "
                                    "tile_column = ?2 AND tile_row = ?3",
                                    -1, SQLITE_PREPARE_PERSISTENT, &tiles->find, NULL);
        if (rc != SQLITE_OK) code = refused(tiles->db, rc, path, fault);
    }
    if (code) {
        bm_mbtiles_close(tiles);
        return code;
    }
    *ret_tiles = tiles;
    return BM_OK;
}

void bm_mbtiles_close(struct bm_mbtiles *tiles) {
    if (!tiles) return;
    sqlite3_finalize(tiles->find);
    sqlite3_close(tiles->db);
    pthread_mutex_destroy(&tiles->lock);
    bm_free(tiles);
}

const struct bm_mbtiles_info *bm_mbtiles_info(const struct bm_mbtiles *tiles) {
    return &tiles->info;
}

enum bm_code bm_mbtiles_tile(struct bm_mbtiles *tiles, unsigned z, uint32_t x, uint32_t y,
                             struct bm_buf *out, struct bm_fault *fault) {
    BM_CHECK(z <= BM_MBTILES_ZOOM_MAX && x < 1u << z && y < 1u << z);
    pthread_mutex_lock(&tiles->lock);
    sqlite3_bind_int64(tiles->find, 1, z);
    sqlite3_bind_int64(tiles->find, 2, x);
    sqlite3_bind_int64(tiles->find, 3, ((int64_t)1 << z) - 1 - y);
    int rc = sqlite3_step(tiles->find);
    enum bm_code code = BM_OK;
    if (rc == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(tiles->find, 0);
        int len = sqlite3_column_bytes(tiles->find, 0);
        if (bytes && len > 0)
            bm_buf_add(out, bytes, (size_t)len);
        else
            code = BM_NOT_FOUND;
    } else if (rc == SQLITE_DONE) {
        code = BM_NOT_FOUND;
    } else {
        code = refused(tiles->db, rc, "The base map", fault);
    }
    sqlite3_reset(tiles->find);
    pthread_mutex_unlock(&tiles->lock);
    if (code == BM_NOT_FOUND)
        bm_fault_set(fault, code, "tiles", "There is no tile %u/%u/%u.", z, x, y);
    return code;
}
