#include "agent/redis/conf_file.h"
#include "agent/node/folder.h"
#include "agent/node/reserve.h"
#include "agent/os/file.h"
#include "agent/os/names.h"
#include "agent/redis/conf.h"
#include "agent/redis/state.h"
#include "agent/redis/tls.h"
#include <string.h>

struct proto_node_order conf_file_order(const struct node *n)
{
    struct proto_node_order o = *n->order;
    if (!node_is_misled(n)) return o;
    o.upstream_host = o.address;
    o.upstream_port = o.port;
    return o;
}

static void render_conf(const struct node *n, struct buf *text, uint8_t hash[DIGEST_SIZE])
{
    const struct redis_cluster_part *part = redis_cluster_part(n);
    const struct proto_node_order safe = conf_file_order(n);
    conf_render(&safe, &n->left_out, &redis_of(n)->conf.unknown_rules, n->dir, text);
    tls_conf(n->order, redis_of(n)->encryption.inner_port, text);
    if (part != NULL) part->conf(n, text);
    digest_bytes(text->data, text->len, hash);
}

void conf_file_check(struct node *n)
{
    _buf_ struct buf text = {0};
    uint8_t hash[DIGEST_SIZE];
    struct conf_file *f = &redis_of(n)->conf;
    render_conf(n, &text, hash);
    f->stale = memcmp(hash, f->hash, sizeof hash) != 0;
}

bool conf_file_is_stale(const struct node *n)
{
    return redis_of(n)->conf.stale;
}

void conf_file_leave_out(struct node *n, const char *rule)
{
    names_add(&redis_of(n)->conf.unknown_rules, rule);
    conf_file_check(n);
}

bool conf_file_leaves_out(const struct node *n, const char *rule)
{
    return names_has(&redis_of(n)->conf.unknown_rules, rule);
}

int conf_file_write(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    _buf_ struct buf text = {0};
    uint8_t hash[DIGEST_SIZE];
    struct conf_file *f = &redis_of(n)->conf;
    render_conf(n, &text, hash);
    lockout_conf(n->order, &text); /* for a start alone: what runs is not out of date without these lines */
    int r = file_put(node_path(n, CONF_FILE, path), text.data, text.len, e);
    if (r) return r;
    memcpy(f->hash, hash, sizeof hash);
    f->stale = false;
    return 0;
}

void conf_file_fini(struct conf_file *f)
{
    names_clear(&f->unknown_rules);
}
