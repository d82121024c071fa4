#include "main/bind_host.h"
#include "base/err.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LABEL_MAX = 63 };

/* One that a client can connect to. */
static bool is_possible(struct in_addr address)
{
    uint32_t ip = ntohl(address.s_addr);
    return ip != INADDR_ANY && ip != INADDR_BROADCAST && !IN_MULTICAST(ip);
}

/* RFC 1123, 2.1, with the underscore that containers' names have. A last label that begins with a digit is an address. */
static bool is_name(const char *text)
{
    static const char inner[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *label = text;
    for (size_t n; (n = strspn(label, inner)) > 0 && n <= LABEL_MAX && *label != '-' && label[n - 1] != '-'; label += n + 1) {
        if (label[n] == '\0') return !(*label >= '0' && *label <= '9');
        if (label[n] != '.') return false;
    }
    return false;
}

static bool is_host(const char *text)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, text, &four) == 1) return is_possible(four);
    return inet_pton(AF_INET6, text, &six) == 1 || is_name(text);
}

static bool is_of_this_machine(const struct sockaddr_in *address)
{
    if (address->sin_addr.s_addr != htonl(INADDR_ANY) && !is_possible(address->sin_addr)) return false;
    struct sockaddr_in any_port = *address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&any_port, sizeof any_port) == 0;
    if (fd >= 0) close(fd);
    return bound;
}

int bind_host_find(const char *given, const char *advertised, char out[BIND_HOST_SIZE], struct err *e)
{
    if (!is_host(advertised))
        return err_set(e, ERR_USAGE,
            "--advertise %s is no host that clients can connect to: give its name or address, without a port", advertised);
    bool said = given[0] != '\0';
    const char *host = said ? given : advertised;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET}, *found = NULL;
    struct sockaddr_in address = {0};
    int r = getaddrinfo(host, NULL, &hints, &found);
    if (r == 0) memcpy(&address, found->ai_addr, sizeof address);
    if (found) freeaddrinfo(found);
    if (r == 0 && is_of_this_machine(&address)) {
        inet_ntop(AF_INET, &address.sin_addr, out, BIND_HOST_SIZE);
        return 0;
    }
    if (said) return err_set(e, ERR_USAGE, "--bind %s is no IPv4 address of this machine", host);
    return err_set(
        e, ERR_USAGE, "--advertise %s is no IPv4 address of this machine; say with --bind where nodes shall listen", host);
}
