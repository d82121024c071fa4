#include "bound_virtual.h"
#include "agent/os/bound.h"
#include "forwarder_virtual.h"
#include "machine.h"
#include "models.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOCKETS_MAX = 1024, FIRST_FD = 16 };

/* A socket goes with its process. */
static struct bound {
    struct process *owner; /* NULL: there is none */
    char host[48];
    int port;
    bool shared;
} sockets[SOCKETS_MAX];
static int n_sockets;

static bool is_there(const struct bound *b)
{
    return b->owner && b->owner->alive;
}

static bool any_holds(const char *host, int64_t port)
{
    for (int i = 0; i < n_sockets; i++)
        if (is_there(&sockets[i]) && !sockets[i].shared && sockets[i].port == port && strcmp(sockets[i].host, host) == 0)
            return true;
    return false;
}

bool bound_keeps(void *arg, const char *host, int port)
{
    (void)arg;
    return any_holds(host, port) || forwarder_listens(host, port);
}

int bound_probe(const char *address, int64_t port)
{
    bool free =
        !any_holds(address, port) && !forwarder_listens(address, port) && !model_listens(models_world(), address, (int)port);
    return free ? 0 : EADDRINUSE;
}

int bound_hold(const char *address, int64_t port)
{
    int i = 0;
    if (bound_probe(address, port) != 0) return -1;
    while (i < n_sockets && is_there(&sockets[i])) i++;
    if (i == SOCKETS_MAX) abort();
    if (i == n_sockets) n_sockets++;
    sockets[i] = (struct bound){.owner = machine_current(), .port = (int)port};
    snprintf(sockets[i].host, sizeof sockets[i].host, "%s", address);
    return FIRST_FD + i;
}

void bound_share(int fd, bool on)
{
    sockets[fd - FIRST_FD].shared = on;
}

void bound_close(int fd)
{
    sockets[fd - FIRST_FD].owner = NULL;
}
