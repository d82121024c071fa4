#include "agent/forwarder/target.h"
#include "agent/os/address.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

int target_set(struct target *t, const char *host, struct opt_int port, struct err *e)
{
    *t = (struct target){0};
    if (!port.set || port.v <= 0 || port.v > UINT16_MAX) return err_set(e, ERR_USAGE, "the order has no proper port");
    if (host != NULL) t->size = address_fill(host, port.v, &t->address);
    if (t->size > 0) snprintf(t->host, sizeof t->host, "%s", host);
    t->port = port.v;
    return t->size > 0 ? 0 : err_set(e, ERR_USAGE, "the order has no proper address");
}

int target_set_socket(struct target *t, const char *path, struct err *e)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&t->address;
    *t = (struct target){0};
    if (strlen(path) >= sizeof un->sun_path) return err_set(e, ERR_USAGE, "the order has a path that is too long");
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    t->size = sizeof *un;
    return 0;
}

bool target_is(const struct target *a, const struct target *b)
{
    return a->size == b->size && memcmp(&a->address, &b->address, a->size) == 0;
}

bool targets_have(const struct targets *l, const struct target *t)
{
    for (size_t i = 0; i < l->n; i++)
        if (target_is(&l->items[i], t)) return true;
    return false;
}

const struct target *targets_next(struct targets *l)
{
    return l->n == 0 ? NULL : &l->items[l->next++ % l->n];
}

void targets_reset(struct targets *l, size_t room)
{
    free(l->items);
    l->n = 0;
    l->items = calloc(room + 1, sizeof *l->items);
    if (l->items == NULL) abort();
}

void targets_fini(struct targets *l)
{
    free(l->items);
    *l = (struct targets){0};
}
