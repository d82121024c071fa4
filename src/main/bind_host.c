#include "main/bind_host.h"
#include "base/err.h"
#include "base/host.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK "127.0.0.1"

static bool is_of_this_machine(const struct sockaddr_in *address)
{
    bool possible = address->sin_addr.s_addr != htonl(INADDR_BROADCAST) && !IN_MULTICAST(ntohl(address->sin_addr.s_addr));
    if (!possible) return false;
    struct sockaddr_in any_port = *address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&any_port, sizeof any_port) == 0;
    if (fd >= 0) close(fd);
    return bound;
}

int bind_host_find(const char *given, const char *advertised, char out[BIND_HOST_SIZE], struct err *e)
{
    bool said = given[0] != '\0', named = advertised[0] != '\0';
    if (named && !host_is_proper(advertised))
        return err_set(e, ERR_FLAG,
            "--advertise %s is no host that clients can connect to: give its name or address, without a port", advertised);
    const char *host = said ? given : named ? advertised : LOOPBACK;
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

/* Connecting a datagram socket sends nothing, and tells by which address it would go out. RFC 5737: nobody's address. */
static bool find_way_out(char out[BIND_HOST_SIZE])
{
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(9)}, near = {0};
    socklen_t size = sizeof near;
    inet_pton(AF_INET, "192.0.2.1", &far.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && connect(fd, (const struct sockaddr *)&far, sizeof far) == 0 &&
                 getsockname(fd, (struct sockaddr *)&near, &size) == 0;
    if (fd >= 0) close(fd);
    return found && inet_ntop(AF_INET, &near.sin_addr, out, BIND_HOST_SIZE) != NULL;
}

static bool find_interface(char out[BIND_HOST_SIZE])
{
    struct ifaddrs *all = NULL;
    bool found = false;
    if (getifaddrs(&all) != 0) return false;
    for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
        bool fits = i->ifa_addr && i->ifa_addr->sa_family == AF_INET && (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK);
        found =
            fits && inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr, out, BIND_HOST_SIZE);
    }
    freeifaddrs(all);
    return found;
}

void bind_host_own(char out[BIND_HOST_SIZE])
{
    if (!find_way_out(out) && !find_interface(out)) snprintf(out, BIND_HOST_SIZE, LOOPBACK);
}
