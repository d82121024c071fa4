#include "http/origin.h"
#include "base/host.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* Names that no foreign name server can answer for. */
static bool is_local(const char *host)
{
    unsigned char ip[16];
    size_t n = strlen(host);
    if (inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1) return true;
    return strcasecmp(host, "localhost") == 0 || (n > 10 && strcasecmp(host + n - 10, ".localhost") == 0);
}

/* "http://host:port" of a page and "host:port" of a request are the same place. A port that is left out is the scheme's own. */
static bool is_same_place(const char *origin, const char *host)
{
    static const struct {
        const char *scheme, *port;
    } schemes[] = {{"http://", ":80"}, {"https://", ":443"}};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i].scheme), m = strlen(host);
        if (strncasecmp(origin, schemes[i].scheme, n) != 0) continue;
        if (strcasecmp(origin + n, host) == 0) return true;
        return strncasecmp(origin + n, host, m) == 0 && strcmp(origin + n + m, schemes[i].port) == 0;
    }
    return false;
}

enum origin origin_of(const char *origin, const char *sec_fetch_site, const char *user_agent, const char *host)
{
    char name[HOST_TEXT_SIZE];
    bool browser = user_agent != NULL && strncmp(user_agent, "Mozilla/", 8) == 0;
    if (origin == NULL && sec_fetch_site == NULL && !browser) return ORIGIN_PROGRAM;
    if (host == NULL || !host_take(host, name) || !is_local(name)) return ORIGIN_FOREIGN;
    bool same = sec_fetch_site != NULL && strcasecmp(sec_fetch_site, "same-origin") == 0;
    if (sec_fetch_site != NULL && !same && strcasecmp(sec_fetch_site, "none") != 0) return ORIGIN_FOREIGN;
    if (origin != NULL) return is_same_place(origin, host) ? ORIGIN_OWN : ORIGIN_FOREIGN;
    return same ? ORIGIN_OWN : ORIGIN_UNKNOWN;
}

static bool only_reads(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

bool origin_may_ask(enum origin o, const char *method)
{
    return o == ORIGIN_PROGRAM || o == ORIGIN_OWN || (o == ORIGIN_UNKNOWN && only_reads(method));
}

bool origin_may_change(enum origin o, const char *method)
{
    return o == ORIGIN_PROGRAM || (o == ORIGIN_OWN && !only_reads(method));
}
