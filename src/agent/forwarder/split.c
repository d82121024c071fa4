#include "agent/forwarder/split.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct link *find_link(const struct split *s, const char *address)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(link_id(s->links[i]), address) == 0) return s->links[i];
    return NULL;
}

/* Of the targets that for TLS first, the other second, as a splitter wants them. */
static struct link *add_link(struct split *s, const struct split_target *t, const char *address)
{
    char path[64 + NAME_MAX];
    if (s->n == 0) s->folder = open(t->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    s->links = realloc(s->links, (s->n + 1) * sizeof *s->links);
    if (s->links == NULL) abort();
    struct link *l = s->links[s->n++] = link_open(t->host, address);
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", s->folder, t->socket);
    struct proto_target targets[] = {
        {.host = t->inner_address, .port = OPT_INT(t->inner_port)}, {.host = path, .port = OPT_INT(0)}};
    struct proto_link_order o = {
        .id = link_id(l),
        .kind = LINK_SPLITTER,
        .address = link_id(l),
        .port = t->port,
        .targets = {true, sizeof targets / sizeof *targets, targets},
    };
    link_order(l, &o);
    return l;
}

bool split_listen(struct split *s, const struct split_target *t, const char *address)
{
    struct link *l = find_link(s, address);
    return link_is_listening(l != NULL ? l : add_link(s, t, address));
}

bool split_listens(const struct split *s, const char *address)
{
    const struct link *l = find_link(s, address);
    return l != NULL && link_is_listening(l);
}

void split_release(struct split *s, const char *address)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(link_id(s->links[i]), address) != 0) continue;
        link_close(s->links[i]);
        s->links[i] = s->links[--s->n];
        return;
    }
}

void split_close(struct split *s)
{
    if (s->links == NULL) return;
    for (size_t i = 0; i < s->n; i++) link_close(s->links[i]);
    free(s->links);
    close(s->folder);
    *s = (struct split){0};
}
