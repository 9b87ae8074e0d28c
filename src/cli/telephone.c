/* bellman telephone: reads its options and runs the bridge (intake/bridge.h). docs/telephone.md. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "intake/bridge.h"

enum { PASSWORD_BYTES = 256 };

static volatile sig_atomic_t stopping;

static void on_signal(int number) {
    (void)number;
    stopping = 1;
}

static void told(const char *line) {
    printf("bellman telephone %s\n", line);
    fflush(stdout);
}

/* 127.0.0.1:5060, [::1]:5060; `host` keeps the address without brackets. */
static bool read_listen(const char *text, char host[64], unsigned *ret_port) {
    const char *colon = strrchr(text, ':');
    char after;
    if (!colon || sscanf(colon + 1, "%5u%c", ret_port, &after) != 1 || *ret_port > 65535) return false;
    size_t len = (size_t)(colon - text);
    bool bracketed = len > 2 && text[0] == '[' && text[len - 1] == ']';
    if (bracketed) text++, len -= 2;
    if (len == 0 || len >= 64 || (!bracketed && memchr(text, ':', len))) return false;
    memcpy(host, text, len);
    host[len] = 0;
    return true;
}

/* The first line of the file: a password in the arguments could be read by everybody on the machine. */
static int read_password(const char *path, char ret_password[PASSWORD_BYTES]) {
    FILE *file = fopen(path, "r");
    if (!file || !fgets(ret_password, PASSWORD_BYTES, file)) {
        if (file) fclose(file);
        return bm_cli_fail(1, "%s has no password in its first line", path);
    }
    fclose(file);
    ret_password[strcspn(ret_password, "\r\n")] = 0;
    return ret_password[0] ? 0 : bm_cli_fail(1, "%s has no password in its first line", path);
}

static bool is_header_name(const char *text) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return text[0] && strlen(text) < 64 && !text[strspn(text, allowed)];
}

struct arguments {
    const char *listen, *password_file;
    char host[64], password[PASSWORD_BYTES];
    struct bm_bridge_options bridge;
};

static bool read_one(struct arguments *arguments, const char *name, const char *value) {
    struct bm_bridge_options *bridge = &arguments->bridge;
    const struct {
        const char *name;
        const char **text;
        bool header;
    } texts[] = {{"--listen", &arguments->listen, false},
                 {"--desk", &bridge->desk, false},
                 {"--account", &bridge->account, false},
                 {"--password-file", &arguments->password_file, false},
                 {"--contact", &bridge->contact_host, false},
                 {"--position-header", &bridge->calls.position_header, true},
                 {"--trunk-header", &bridge->calls.trunk_header, true},
                 {"--line-header", &bridge->calls.line_header, true},
                 {"--recording-header", &bridge->calls.recording_header, true}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(name, texts[i].name) != 0) continue;
        *texts[i].text = value;
        return !texts[i].header || is_header_name(value);
    }
    if (strcmp(name, "--exchange") == 0) {
        if (bridge->peer_count == BM_BRIDGE_PEERS_MAX) return false;
        bridge->peers[bridge->peer_count++] = value;
        return true;
    }
    char after;
    return strcmp(name, "--calls-per-second") == 0 && sscanf(value, "%4u%c", &bridge->calls.calls_per_second, &after) == 1 &&
           bridge->calls.calls_per_second > 0;
}

static int read_arguments(int argc, char **argv, struct arguments *arguments) {
    for (int i = 0; i < argc; i += 2) {
        if (i + 1 >= argc || !read_one(arguments, argv[i], argv[i + 1]))
            return bm_cli_fail(2, "telephone does not take \"%s%s%s\"; run: bellman help", argv[i], i + 1 < argc ? " " : "",
                               i + 1 < argc ? argv[i + 1] : "");
    }
    if (!arguments->bridge.account || !arguments->password_file)
        return bm_cli_fail(2, "telephone needs --account NAME (with the role gateway) and --password-file FILE");
    if (!read_listen(arguments->listen, arguments->host, &arguments->bridge.port))
        return bm_cli_fail(2, "--listen %s is no address with a port, like 127.0.0.1:5060", arguments->listen);
    return read_password(arguments->password_file, arguments->password);
}

int bm_cli_telephone(int argc, char **argv) {
    struct arguments arguments = {
        .listen = "127.0.0.1:5060",
        .bridge = {.desk = "http://127.0.0.1:8110",
                   .calls = {.trunk_header = "X-Trunk", .recording_header = "X-Recording-Id", .line_header = "X-Line",
                             .calls_per_second = 50}}};
    struct bm_fault fault = {0};
    int status = read_arguments(argc, argv, &arguments);
    if (status) return status;
    arguments.bridge.host = arguments.host;
    arguments.bridge.password = arguments.password;
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waiting ends */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    enum bm_code code = bm_bridge_run(&arguments.bridge, &stopping, told, &fault);
    return code ? bm_cli_fail(1, "%s", fault.detail) : 0;
}
