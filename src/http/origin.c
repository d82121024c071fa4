#include "http/origin.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The host of "host:port" or "[v6]:port", without brackets and port. */
static bool host_of(const char *authority, char *out, size_t size)
{
    const char *end = *authority == '[' ? strchr(authority, ']') : authority + strcspn(authority, ":/");
    if (*authority == '[') authority++;
    if (end == NULL || end <= authority || (size_t)(end - authority) >= size) return false;
    snprintf(out, size, "%.*s", (int)(end - authority), authority);
    return true;
}

/* Names that no foreign name server can answer for. */
static bool is_local(const char *host)
{
    unsigned char ip[16];
    size_t n = strlen(host);
    if (inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1) return true;
    return strcasecmp(host, "localhost") == 0 || (n > 10 && strcasecmp(host + n - 10, ".localhost") == 0);
}

bool origin_refused(const char *origin, const char *sec_fetch_site, const char *user_agent, const char *host)
{
    char mine[256], theirs[256];
    bool browser = user_agent != NULL && strncmp(user_agent, "Mozilla/", 8) == 0;
    if (origin == NULL && sec_fetch_site == NULL && !browser) return false;
    if (sec_fetch_site != NULL && strcasecmp(sec_fetch_site, "cross-site") == 0) return true;
    if (host == NULL || !host_of(host, mine, sizeof mine) || !is_local(mine)) return true;
    if (origin == NULL) return false;
    const char *authority = strstr(origin, "://");
    return authority == NULL || !host_of(authority + 3, theirs, sizeof theirs) || strcasecmp(mine, theirs) != 0;
}
