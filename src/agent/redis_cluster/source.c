#include "agent/redis_cluster/source.h"
#include "agent/node/folder.h"
#include "agent/redis/conf.h"
#include "agent/redis/state.h"
#include "agent/redis/steps.h"
#include "agent/redis_cluster/cluster_state.h"
#include "attach/image.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>

#define MODULE_FILE "attach.so"
#define ATTACHED "meridian.attached"

/* Where the module can't be loaded, nodes start without, and follow no other region. */
int source_prepare(struct node *n, struct err *e)
{
    return node_may_load(n) ? node_put_module(n, MODULE_FILE, attach_image, attach_image_size, e) : 0;
}

/* "HOST PORT" as the order has it for this node; "" where it, or its primary, follows nobody in another region. */
static void ordered_source(const struct node *n, char out[SOURCE_SIZE])
{
    const struct proto_node_order *o = n->order;
    out[0] = '\0';
    if (o->role == ROLE_REPLICA && o->source_host != NULL)
        snprintf(out, SOURCE_SIZE, "%s %d", o->source_host, (int)o->source_port.v);
}

void source_conf(const struct node *n, struct buf *out)
{
    char path[PATH_MAX], source[SOURCE_SIZE];
    if (!node_may_load(n)) return;
    buf_puts(out, "loadmodule ");
    conf_quote(out, node_path(n, MODULE_FILE, path));
    ordered_source(n, source);
    buf_puts(out, "\n" SOURCE_SETTING " ");
    conf_quote(out, source);
    buf_putc(out, '\n');
}

void source_begin(struct node *n)
{
    ordered_source(n, cluster_of(n)->source);
}

void source_ask(struct node *n)
{
    redis_ask(n, ASK_SOURCE, WORDS("CONFIG", "GET", SOURCE_SETTING, ATTACHED));
}

static const char *setting_of(const struct redisReply *r, const char *name)
{
    for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements; i += 2)
        if (r->element[i]->str != NULL && strcmp(r->element[i]->str, name) == 0) return r->element[i + 1]->str;
    return NULL;
}

/* A process without the module knows no address, and can't be told one. */
void source_know(struct node *n, const struct redisReply *r)
{
    static const char unable[] = "unable: ";
    struct cluster_state *c = cluster_of(n);
    const char *upstream = setting_of(r, SOURCE_SETTING), *attached = setting_of(r, ATTACHED);
    snprintf(c->source, sizeof c->source, "%s", upstream != NULL ? upstream : "");
    c->unable[0] = '\0';
    if (attached == NULL)
        snprintf(c->unable, sizeof c->unable, "%s",
            node_may_load(n) ? "the module was not loaded at its start" : "its folder lets no module be loaded (noexec)");
    else if (strncmp(attached, unable, strlen(unable)) == 0)
        snprintf(c->unable, sizeof c->unable, "%s", attached + strlen(unable));
}

bool source_is_stale(const struct node *n)
{
    char source[SOURCE_SIZE];
    ordered_source(n, source);
    return strcmp(source, cluster_of(n)->source) != 0;
}

const char *source_why_unable(const struct node *n)
{
    char source[SOURCE_SIZE];
    const struct cluster_state *c = cluster_of(n);
    ordered_source(n, source);
    return source[0] != '\0' && c->unable[0] != '\0' ? c->unable : NULL;
}

void source_do(struct node *n)
{
    char *asked = cluster_of(n)->asked_source;
    ordered_source(n, asked);
    if (*asked != '\0') log_info("node %s: its shard follows %s", n->id, asked);
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", SOURCE_SETTING, asked));
}

void source_leave(struct node *n)
{
    cluster_of(n)->asked_source[0] = '\0';
    redis_send_unread(n, WORDS("CONFIG", "SET", SOURCE_SETTING, ""));
}

void source_done(struct node *n, const struct redisReply *r)
{
    struct cluster_state *c = cluster_of(n);
    (void)r;
    memcpy(c->source, c->asked_source, sizeof c->source);
    c->stale = true;
    redis_of(n)->info_old = true;
}
