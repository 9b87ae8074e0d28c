#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/seal.h"

static const char usage[] =
    "Bellman, the public-safety duty desk.\n"
    "\n"
    "  bellman serve --data DIR [--listen 127.0.0.1:8110] [--behind-proxy] [--training]\n"
    "                [--roads FILE] [--tiles FILE.mbtiles] [--addresses FILE]\n"
    "                [--jt808 HOST:PORT] [--mqtt mqtt://[USER@]HOST[:PORT][/TOPIC] [--mqtt-password FILE]]\n"
    "                [--checkpoint FILE] [--space-low MB] [--space-out MB] [--ballast MB] [--backups FOLDER]\n"
    "                [--no-time-service] [--admin 127.0.0.1:PORT]\n"
    "      Runs the desk.  The first start prints a one-time link that makes the administrator.  Data of an older version is\n"
    "      copied beside DIR (or to --backups) and upgraded first.  Screens warn while no time service steers the system clock; --no-time-service says\n"
    "      that there is none here and that this is known.  --admin: /healthz, /readyz and /metrics on a port of their own, which\n"
    "      answers also while the other drowns.\n"
    "  bellman journal verify DIR [--checkpoint FILE]\n"
    "      Reads the whole record without trusting it, and says where it is damaged.\n"
    "  bellman journal rebuild DIR [--check]\n"
    "      Compares all tables with the record, and makes them anew from it.\n"
    "  bellman journal digest DIR [--at SEQ]\n"
    "      Prints the digest of the state that the record leads to: the same for a copy that holds the same.\n"
    "  bellman backup DIR OUT\n"
    "      Copies the data of a running or stopped desk to the empty folder OUT, and verifies it.\n"
    "  bellman restore BACKUP DIR\n"
    "      Puts a backup into the empty folder DIR, and verifies it.\n"
    "  bellman upgrade DIR [--check] [--backups FOLDER]\n"
    "      Makes a verified backup of the data of an older version, and upgrades it; serve does the same.  --check: says what\n"
    "      would be done.\n"
    "  bellman rollback DIR [--check] [--backup FOLDER]\n"
    "      Goes back to the backup that the last upgrade made; what was written since is kept in DIR.after-SEQ.\n"
    "  bellman area IN.osm.pbf OUT [--name NAME] [--attribution TEXT]\n"
    "      Makes roads, base map and address index of a place from OpenStreetMap, for the three options above.\n"
    "  bellman demo [--data build/demo] [--listen 127.0.0.1:8110] [--seed N] [--pace 2]\n"
    "      A city that does not exist, its desk, and life in it.  --attach URL: only the life, at a desk that\n"
    "      runs; --city FILE: writes the city as OpenStreetMap XML, and ends.  For tests: --units N --gap S\n"
    "      --no-humans.\n"
    "  bellman roads import IN OUT [--unit-us N] [--coordinates FILE] [--join-cm N] [--datum wgs84|gcj02|bd09]\n"
    "      Makes a road file from OpenStreetMap (.osm.pbf, .osm, .osm.gz), DIMACS (.gr, .gr.gz with its .co beside it),\n"
    "      or GeoJSON lines (.geojson, .geojsonl, .json).\n"
    "  bellman roads info FILE\n"
    "  bellman roads eta FILE LAT,LON LAT,LON [--profile emergency|ordinary|foot]\n"
    "      Prints the travel time in ms.\n"
    "  bellman roads matrix FILE FROM_FILE TO_FILE [--profile emergency|ordinary|foot]\n"
    "      Prints travel times in ms from every LAT,LON of one file to every one of the other, as CSV.\n"
    "  bellman roads route FILE LAT,LON LAT,LON [--profile emergency|ordinary|foot]\n"
    "      Prints the quickest way, turn by turn.\n"
    "  bellman roads isochrone FILE LAT,LON MINUTES[,MINUTES...] [--profile emergency|ordinary|foot]\n"
    "      Prints as GeoJSON what is reached within so many minutes.\n"
    "  bellman roads cordon FILE (--around LAT,LON,RADIUS_M | --polygon LAT,LON;LAT,LON;... | --minutes LAT,LON,MINUTES)\n"
    "                [--margin M] [--profile emergency|ordinary|foot]\n"
    "      Prints the fewest road posts that cut an area off, up to M metres (500) beyond it.\n"
    "  bellman roads check FILE [--json]\n"
    "      Names islands, odd speeds, one-ways and turns, with a place each; status 1 when something is serious.\n"
    "  bellman procedure check [--calendars FOLDER] FILE...\n"
    "      Reads procedure files, runs the static checks, prints what is wrong and the worst case; status 1 when a file may\n"
    "      not be published.\n"
    "  bellman procedure describe [--lang zh-Hans|zh-Hant|en] [--calendars FOLDER] FILE\n"
    "      Prints the page of a procedure, for people, as Markdown.\n"
    "  bellman exercise check FILE\n"
    "  bellman exercise play FILE --desk URL --login NAME [--password-file FILE] [--pace N] [--report OUT]\n"
    "      Plays calls and crews of a scenario file at a training desk (serve --training), and reports what became of them\n"
    "      in OUT.md and OUT.json.  The password may stand in BELLMAN_PASSWORD instead.\n"
    "  bellman receipt key --data DIR\n"
    "      Prints the public key that this desk signs receipts with.\n"
    "  bellman receipt verify --key KEYFILE|HEX FILE...\n"
    "      Checks signed receipts without any desk; several files must follow each other.  Status 1 when one does not hold.\n"
    "  bellman telephone --account NAME --password-file FILE [--desk URL] [--listen 127.0.0.1:5060] [--exchange ADDRESS]...\n"
    "                [--contact HOST] [--calls-per-second 50] [--position-header H] [--trunk-header X-Trunk]\n"
    "                [--line-header X-Line] [--recording-header X-Recording-Id]\n"
    "      Hears of calls from a telephone exchange over SIP, and tells a desk (docs/telephone.md).\n"
    "  bellman login LOGIN --desk URL --token-file FILE\n"
    "      Logs in with the password that stands in the first line of its input, and keeps the token in FILE, for these:\n"
    "  bellman import agencies|places|areas|units|accounts|addresses|divisions FILE --desk URL --token-file FILE [--apply] [--lines N]\n"
    "      Says row by row what a file (CSV or GeoJSON; UTF-8 or GB18030) would change, and with --apply takes it in, all or nothing.\n"
    "  bellman export KIND [FILE] --desk URL --token-file FILE\n"
    "      Writes all of that kind as the import takes it.\n"
    "  bellman version\n";

int bm_cli_fail(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("bellman: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"serve", bm_cli_serve},
                    {"journal", bm_cli_journal},
                    {"backup", bm_cli_backup},
                    {"restore", bm_cli_restore},
                    {"upgrade", bm_cli_upgrade},
                    {"rollback", bm_cli_rollback},
                    {"roads", bm_cli_roads},
                    {"area", bm_cli_area},
                    {"procedure", bm_cli_procedure},
                    {"receipt", bm_cli_receipt},
                    {"login", bm_cli_login},
                    {"import", bm_cli_import},
                    {"export", bm_cli_export},
                    {"demo", bm_cli_demo},
                    {"exercise", bm_cli_exercise},
                    {"telephone", bm_cli_telephone}};
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        fputs(usage, argc < 2 ? stderr : stdout);
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "version") == 0 || strcmp(argv[1], "--version") == 0) {
        puts("bellman " BM_VERSION);
        return 0;
    }
    bm_seal_init();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 2, argv + 2);
    }
    return bm_cli_fail(2, "there is no subcommand \"%s\"; run: bellman help", argv[1]);
}
