/* Shared by the subcommands of `bellman roads`. */
#ifndef BM_CLI_ROADS_H
#define BM_CLI_ROADS_H

#include <stdbool.h>

#include "cli/mapped.h"
#include "road/road.h"

/* How far from the nearest road a point may lie to be asked about. */
enum { BM_CLI_SNAP_MOST_M = 1000 };

struct bm_cli_roads {
    struct bm_mapped file;
    struct bm_road *road;
};
/* 0, or the exit status after having said why. */
int bm_cli_roads_open(const char *path, struct bm_cli_roads *ret);
void bm_cli_roads_close(struct bm_cli_roads *roads);
/* "LAT,LON" in degrees. */
bool bm_cli_read_point(const char *text, struct bm_point *ret_point);
/* Index of the profile called `word`, BM_profile_COUNT: none. */
int bm_cli_profile(const char *word);

int bm_cli_roads_check(int argc, char **argv);
int bm_cli_roads_matrix(int argc, char **argv);
int bm_cli_roads_isochrone(int argc, char **argv);
int bm_cli_roads_cordon(int argc, char **argv);
int bm_cli_roads_route(int argc, char **argv);

#endif
