#include "base/host.h"
#include "base/decimal.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 63, NAME_MAX_LENGTH = 253 };

/* One that a client can connect to. */
static bool is_possible(struct in_addr address)
{
    uint32_t ip = ntohl(address.s_addr);
    return ip != INADDR_ANY && ip != INADDR_BROADCAST && !IN_MULTICAST(ip);
}

/* A last label that begins with a digit is an address. */
static bool is_name(const char *text)
{
    static const char inner[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *label = text;
    if (strlen(text) > NAME_MAX_LENGTH) return false;
    for (size_t n; (n = strspn(label, inner)) > 0 && n <= LABEL_MAX && *label != '-' && label[n - 1] != '-'; label += n + 1) {
        if (label[n] == '\0') return !(*label >= '0' && *label <= '9');
        if (label[n] != '.') return false;
    }
    return false;
}

bool host_is_proper(const char *text)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, text, &four) == 1) return is_possible(four);
    if (inet_pton(AF_INET6, text, &six) == 1) return !IN6_IS_ADDR_UNSPECIFIED(&six) && !IN6_IS_ADDR_MULTICAST(&six);
    return is_name(text);
}

bool host_take(const char *authority, char out[HOST_TEXT_SIZE])
{
    int64_t port;
    bool bracketed = *authority == '[';
    const char *host = authority + bracketed;
    size_t n = strcspn(host, bracketed ? "]" : ":");
    const char *rest = host + n + (bracketed && host[n] == ']');
    if (n == 0 || n >= HOST_TEXT_SIZE || (bracketed && host[n] != ']')) return false;
    if (*rest && (*rest != ':' || !decimal_parse(rest + 1, 0, UINT16_MAX, &port))) return false;
    snprintf(out, HOST_TEXT_SIZE, "%.*s", (int)n, host);
    return host_is_proper(out) && bracketed == (strchr(out, ':') != NULL);
}

bool host_is_private_address(const char *text)
{
    static const struct {
        uint32_t network, mask;
    } ranges[] = {{0x7f000000, 0xff000000}, {0x0a000000, 0xff000000}, {0xac100000, 0xfff00000}, {0xc0a80000, 0xffff0000},
        {0xa9fe0000, 0xffff0000}, {0x64400000, 0xffc00000}};
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET6, text, &six) == 1)
        return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_LINKLOCAL(&six) || (six.s6_addr[0] & 0xfe) == 0xfc;
    if (inet_pton(AF_INET, text, &four) != 1) return false;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if ((ntohl(four.s_addr) & ranges[i].mask) == ranges[i].network) return true;
    return false;
}
