#include "main/bind_host.h"
#include "base/err.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_of_this_machine(const struct sockaddr_in *address)
{
    struct sockaddr_in any_port = *address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&any_port, sizeof any_port) == 0;
    if (fd >= 0) close(fd);
    return bound;
}

int bind_host_find(const char *given, const char *advertised, char out[BIND_HOST_SIZE], struct err *e)
{
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
