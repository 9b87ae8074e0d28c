/* What the program asks of libraries and would get differently each time, from the run's seed instead.  The names are those of the
 * libraries: the linker finds these first.
 *
 *   libc        clock_gettime: the simulated clocks
 *   libsodium   randomness, through its own hook
 *   libcurl     the part that the outbox uses: partners who accept, refuse, are silent, or whose answer is lost */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/hash.h"
#include "house_sim.h"

static struct house *here;
static struct bm_rng entropy;

/* --- libc ------------------------------------------------------------------------------------- */

int clock_gettime(clockid_t clock, struct timespec *ret) {
    if (!here) return (int)syscall(SYS_clock_gettime, clock, ret);
    int64_t mono_ns = here->life.io ? bm_io_mono_ns(here->life.io) : here->mono_ns, ns = mono_ns;
    if (clock == CLOCK_REALTIME)
        ns = here->life.io ? bm_io_wall_ms(here->life.io) * 1000000 : mono_ns + here->wall_ahead_ns;
    ret->tv_sec = ns / 1000000000;
    ret->tv_nsec = ns % 1000000000;
    return 0;
}

/* --- libsodium -------------------------------------------------------------------------------- */

static const char *entropy_name(void) {
    return "seed";
}

static uint32_t entropy_word(void) {
    return (uint32_t)bm_rng_u64(&entropy);
}

static void entropy_bytes(void *const ret_bytes, const size_t len) {
    uint8_t *bytes = ret_bytes;
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)bm_rng_u64(&entropy);
}

static struct randombytes_implementation from_seed = {entropy_name, entropy_word, NULL, NULL, entropy_bytes, NULL};

void house_world_enter(struct house *house) {
    BM_CHECK(randombytes_set_implementation(&from_seed) == 0);
    entropy.state = house->seed ^ UINT64_C(0xe7037ed1a0b428db);
    json_object_seed(1);
    here = house;
}

void house_world_leave(void) {
    here = NULL;
}

/* --- libcurl: one request ----------------------------------------------------------------------- */

/* What the partner does with it. */
enum answer { ACCEPTS, REFUSES, SILENT, LOSES, BUSY, ELSEWHERE, GONE };

struct request {
    char url[2048], custom[16], *body;
    size_t body_len;
    struct curl_slist *headers;
    char *private_context, *error;
    size_t (*write)(char *bytes, size_t size, size_t count, void *context);
    size_t (*read)(char *bytes, size_t size, size_t count, void *context);
    curl_socket_t (*open_socket)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
    void *write_context, *read_context, *socket_context;
    bool mail;
    enum answer answer;
    int64_t at_ns;
    long status, retry_after;
    struct curl_header allowed, rate;
};
struct house_multi {
    struct request *flights[64];
    size_t count;
    CURLMsg message;
};
static struct house_multi *partners; /* of the present life */

CURLcode curl_global_init_mem(long flags, curl_malloc_callback get, curl_free_callback let_go, curl_realloc_callback more,
                              curl_strdup_callback copy, curl_calloc_callback get_clear) {
    (void)flags, (void)get, (void)let_go, (void)more, (void)copy, (void)get_clear;
    return CURLE_OK;
}

CURL *curl_easy_init(void) {
    return bm_alloc_zero(1, sizeof(struct request));
}

void curl_easy_reset(CURL *easy) {
    memset(easy, 0, sizeof(struct request));
}

void curl_easy_cleanup(CURL *easy) {
    bm_free(easy);
}

const char *curl_easy_strerror(CURLcode code) {
    return code == CURLE_OPERATION_TIMEDOUT ? "Timeout was reached" : "Couldn't connect to server";
}

#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...) {
    struct request *request = easy;
    va_list value;
    va_start(value, option);
    switch ((int)option) {
    case CURLOPT_URL:
        snprintf(request->url, sizeof request->url, "%s", va_arg(value, const char *));
        break;
    case CURLOPT_CUSTOMREQUEST:
        snprintf(request->custom, sizeof request->custom, "%s", va_arg(value, const char *));
        break;
    case CURLOPT_POSTFIELDS:
        request->body = va_arg(value, char *);
        break;
    case CURLOPT_POSTFIELDSIZE_LARGE:
        request->body_len = (size_t)va_arg(value, curl_off_t);
        break;
    case CURLOPT_HTTPHEADER:
        request->headers = va_arg(value, struct curl_slist *);
        break;
    case CURLOPT_PRIVATE:
        request->private_context = va_arg(value, char *);
        break;
    case CURLOPT_ERRORBUFFER:
        request->error = va_arg(value, char *);
        break;
    case CURLOPT_WRITEFUNCTION:
        request->write = va_arg(value, size_t (*)(char *, size_t, size_t, void *));
        break;
    case CURLOPT_WRITEDATA:
        request->write_context = va_arg(value, void *);
        break;
    case CURLOPT_READFUNCTION:
        request->read = va_arg(value, size_t (*)(char *, size_t, size_t, void *));
        break;
    case CURLOPT_READDATA:
        request->read_context = va_arg(value, void *);
        break;
    case CURLOPT_OPENSOCKETFUNCTION:
        request->open_socket = va_arg(value, curl_socket_t (*)(void *, curlsocktype, struct curl_sockaddr *));
        break;
    case CURLOPT_OPENSOCKETDATA:
        request->socket_context = va_arg(value, void *);
        break;
    case CURLOPT_UPLOAD:
        request->mail = true;
        break;
    default: /* limits and protocols: the partners keep to them */
        break;
    }
    va_end(value);
    return CURLE_OK;
}

#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...) {
    const struct request *request = easy;
    va_list to;
    va_start(to, info);
    if (info == CURLINFO_PRIVATE)
        *va_arg(to, char **) = request->private_context;
    else if (info == CURLINFO_RESPONSE_CODE)
        *va_arg(to, long *) = request->status;
    else if (info == CURLINFO_RETRY_AFTER)
        *va_arg(to, curl_off_t *) = request->retry_after;
    va_end(to);
    return CURLE_OK;
}

CURLHcode curl_easy_header(CURL *easy, const char *name, size_t index, unsigned int origin, int which, struct curl_header **ret) {
    (void)index, (void)origin, (void)which;
    struct request *request = easy;
    if (strcmp(request->custom, "OPTIONS") != 0 || strcasecmp(name, "WebHook-Allowed-Origin") != 0) return CURLHE_MISSING;
    request->allowed.value = (char *)"*";
    *ret = &request->allowed;
    return CURLHE_OK;
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text) {
    struct curl_slist *last = bm_alloc_zero(1, sizeof *last);
    last->data = bm_text_copy(text);
    struct curl_slist **at = &list;
    while (*at) at = &(*at)->next;
    *at = last;
    return list;
}

void curl_slist_free_all(struct curl_slist *list) {
    while (list) {
        struct curl_slist *next = list->next;
        bm_free(list->data);
        bm_free(list);
        list = next;
    }
}

/* --- libcurl: several at once ------------------------------------------------------------------- */

CURLM *curl_multi_init(void) {
    partners = bm_alloc_zero(1, sizeof *partners);
    return partners;
}

CURLMcode curl_multi_cleanup(CURLM *multi) {
    if (partners == multi) partners = NULL;
    bm_free(multi);
    return CURLM_OK;
}

CURLMcode curl_multi_wakeup(CURLM *multi) {
    (void)multi;
    if (here) house_server_outbox(here);
    return CURLM_OK;
}

CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd *fds, unsigned int count, int ms, int *ret) {
    (void)multi, (void)fds, (void)count, (void)ms, (void)ret;
    BM_CHECK(false); /* that is the thread's, and there is none */
    return CURLM_OK;
}

static enum answer draw_answer(struct house *house) {
    if (house->calm) return ACCEPTS;
    if (!house_chance(house, house->weather.partners)) return ACCEPTS;
    static const enum answer answers[] = {REFUSES, REFUSES, SILENT, SILENT, LOSES, LOSES, BUSY, ELSEWHERE, GONE};
    enum answer answer = answers[house_below(house, sizeof answers / sizeof *answers)];
    if (answer == GONE && house_below(house, 4)) answer = REFUSES;
    static const enum house_fault faults[] = {[REFUSES] = HOUSE_PARTNER_REFUSED, [SILENT] = HOUSE_PARTNER_SILENT,
                                              [LOSES] = HOUSE_PARTNER_LOST,      [BUSY] = HOUSE_PARTNER_REFUSED,
                                              [ELSEWHERE] = HOUSE_PARTNER_REFUSED, [GONE] = HOUSE_PARTNER_GONE};
    house_fault(house, faults[answer]);
    return answer;
}

/* The partner notes what it was sent: an event by its id, whoever is asked. */
static void note(struct house *house, const struct request *request) {
    uint8_t key[16];
    json_t *event = request->body_len ? json_loadb(request->body, request->body_len, 0, NULL) : NULL;
    const char *id = json_string_value(json_object_get(event, "id"));
    house->tally->posts++;
    if (id) {
        uint64_t times = 0, seq = strtoull(id, NULL, 10);
        bm_hash_of(&seq, sizeof seq, key, sizeof key);
        bm_map_get(&house->partner, key, &times);
        bm_map_put(&house->partner, key, times + 1);
    }
    json_decref(event);
    bm_hash_add_sized(&house->digest, request->url, strlen(request->url));
    if (request->body_len) bm_hash_add_sized(&house->digest, request->body, request->body_len);
}

CURLMcode curl_multi_add_handle(CURLM *base, CURL *easy) {
    struct house_multi *multi = base;
    struct request *request = easy;
    BM_CHECK(multi->count < 64 && here);
    request->answer = draw_answer(here);
    int64_t ms = request->answer == SILENT ? 15000 : 1 + (int64_t)house_below(here, here->calm ? 50 : 4000);
    request->at_ns = bm_io_mono_ns(here->life.io) + ms * 1000000;
    multi->flights[multi->count++] = request;
    return CURLM_OK;
}

CURLMcode curl_multi_remove_handle(CURLM *base, CURL *easy) {
    struct house_multi *multi = base;
    for (size_t i = 0; i < multi->count; i++) {
        if (multi->flights[i] != easy) continue;
        memmove(&multi->flights[i], &multi->flights[i + 1], (--multi->count - i) * sizeof multi->flights[0]);
        break;
    }
    return CURLM_OK;
}

int64_t house_world_answer_ns(void) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; partners && i < partners->count; i++)
        if (partners->flights[i]->at_ns < next) next = partners->flights[i]->at_ns;
    return next;
}

CURLMcode curl_multi_perform(CURLM *multi, int *ret_running) {
    *ret_running = (int)((struct house_multi *)multi)->count;
    return CURLM_OK;
}

static void give_answer(const struct request *request, const char *text) {
    if (request->write) request->write((char *)text, 1, strlen(text), request->write_context);
}

/* 198.18.0.0/15 and the documentation networks are not the open internet; a partner's address is. */
static bool connects(const struct request *request) {
    struct curl_sockaddr address = {.family = AF_INET, .socktype = SOCK_STREAM, .addrlen = sizeof(struct sockaddr_in)};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(443)};
    bool inside = strstr(request->url, "//10.") != NULL;
    in.sin_addr.s_addr = htonl(inside ? 0x0a000001u : 0x08080808u);
    memcpy(&address.addr, &in, sizeof in);
    if (!request->open_socket) return true;
    curl_socket_t fd = request->open_socket(request->socket_context, CURLSOCKTYPE_IPCXN, &address);
    if (fd == CURL_SOCKET_BAD) return false;
    close(fd);
    return true;
}

/* Reads a mail to its end, as an upload does. */
static void take_mail(struct request *request) {
    char bytes[512];
    while (request->read && request->read(bytes, 1, sizeof bytes, request->read_context)) {}
}

static CURLcode outcome(struct request *request) {
    struct house *house = here;
    if (!connects(request)) return CURLE_COULDNT_CONNECT;
    bool handshake = strcmp(request->custom, "OPTIONS") == 0;
    if (request->mail) take_mail(request);
    bool sent = !handshake && (request->answer == ACCEPTS || request->answer == LOSES);
    if (sent && house->lie == HOUSE_DEAF_PARTNER && house_chance(house, 20))
        house->tally->lies++;
    else if (sent)
        note(house, request);
    switch (request->answer) {
    case ACCEPTS:
        request->status = request->mail ? 250 : 200;
        give_answer(request, "{\"id\":\"m-1\",\"state\":\"sent\"}");
        return CURLE_OK;
    case REFUSES:
        request->status = request->mail ? 451 : 500;
        return request->mail ? CURLE_SEND_ERROR : CURLE_OK;
    case BUSY:
        request->status = request->mail ? 421 : 429;
        request->retry_after = 1 + (long)house_below(house, 30);
        return request->mail ? CURLE_SEND_ERROR : CURLE_OK;
    case ELSEWHERE:
        request->status = request->mail ? 551 : 302;
        return request->mail ? CURLE_SEND_ERROR : CURLE_OK;
    case GONE:
        request->status = request->mail ? 550 : 410;
        return request->mail ? CURLE_SEND_ERROR : CURLE_OK;
    case SILENT:
    case LOSES:
        break;
    }
    return CURLE_OPERATION_TIMEDOUT;
}

CURLMsg *curl_multi_info_read(CURLM *base, int *ret_left) {
    struct house_multi *multi = base;
    *ret_left = 0;
    for (size_t i = 0; i < multi->count; i++) {
        struct request *request = multi->flights[i];
        if (request->at_ns > bm_io_mono_ns(here->life.io)) continue;
        request->at_ns = INT64_MAX; /* told once */
        multi->message = (CURLMsg){.msg = CURLMSG_DONE, .easy_handle = request};
        multi->message.data.result = outcome(request);
        return &multi->message;
    }
    return NULL;
}
