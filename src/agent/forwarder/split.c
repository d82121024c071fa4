#include "agent/forwarder/split.h"
#include "agent/redis/conf.h"
#include "agent/node/node_int.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct link *find(const struct split *s, const char *address)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(link_id(s->links[i]), address) == 0) return s->links[i];
    return NULL;
}

static struct link *add(struct node *n, const char *address)
{
    struct split *s = &n->split;
    if (s->n == 0) s->folder = open(n->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    s->links = realloc(s->links, (s->n + 1) * sizeof *s->links);
    if (s->links == NULL) abort();
    return s->links[s->n++] = link_open(n->host->link_host, address);
}

/* The target for TLS first, the other second, as a splitter wants them. */
static void order(struct node *n, struct link *l)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d/" CONF_SOCKET, n->split.folder);
    struct proto_target targets[] = {
        {.host = n->order->tls->inner_address, .port = OPT_INT(n->inner_port)}, {.host = path, .port = OPT_INT(0)}};
    struct proto_link_order o = {
        .id = link_id(l),
        .kind = "splitter",
        .address = link_id(l),
        .port = n->order->port,
        .targets = {true, sizeof targets / sizeof *targets, targets},
    };
    link_order(l, &o);
}

bool split_listen(struct node *n, const char *address)
{
    struct link *l = find(&n->split, address);
    if (l == NULL) order(n, l = add(n, address));
    return link_is_listening(l);
}

bool split_listens(const struct node *n, const char *address)
{
    const struct link *l = find(&n->split, address);
    return l != NULL && link_is_listening(l);
}

void split_release(struct node *n, const char *address)
{
    struct split *s = &n->split;
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(link_id(s->links[i]), address) != 0) continue;
        link_close(s->links[i]);
        s->links[i] = s->links[--s->n];
        return;
    }
}

void split_close(struct node *n)
{
    struct split *s = &n->split;
    if (s->links == NULL) return;
    for (size_t i = 0; i < s->n; i++) link_close(s->links[i]);
    free(s->links);
    close(s->folder);
    *s = (struct split){0};
}
