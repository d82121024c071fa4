#include "agent/redis/peers.h"
#include "agent/redis/conf.h"
#include "agent/redis/state.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>

static void peers_hash(const struct proto_node_order *o, uint8_t out[DIGEST_SIZE])
{
    _buf_ struct buf both = {0};
    if (o->replication_password) buf_add(&both, o->replication_password, strlen(o->replication_password) + 1);
    if (o->mover_password) buf_puts(&both, o->mover_password);
    digest_bytes(both.data, both.len, out);
}

void peers_forget(struct node *n)
{
    redis_of(n)->peers = (struct peers){0};
}

void peers_begin(struct node *n)
{
    peers_hash(n->order, redis_of(n)->peers.known);
}

bool peers_is_stale(const struct node *n)
{
    uint8_t ordered[DIGEST_SIZE];
    if (n->order->replication_password == NULL) return false;
    peers_hash(n->order, ordered);
    return memcmp(ordered, redis_of(n)->peers.known, sizeof ordered) != 0;
}

static void peers_user(struct node *n, const char *name, const char *password, const char *const rules[], size_t n_rules)
{
    char show[160];
    const char *words[16] = {"ACL", "SETUSER", name, "reset", "on", show};
    size_t count = 6;
    if (password == NULL) return;
    snprintf(show, sizeof show, ">%s", password);
    for (size_t i = 0; i < n_rules; i++) words[count++] = rules[i];
    redis_send_unread(n, words, count);
}

/* Whoever is connected already stays so: a password is asked for once. */
void peers_do(struct node *n)
{
    static const char *const replica[] = {CONF_REPLICA_RULES}, *const mover[] = {CONF_MOVER_RULES};
    const struct proto_node_order *o = n->order;
    peers_hash(o, redis_of(n)->peers.sent);
    peers_user(n, CONF_REPLICA, o->replication_password, replica, sizeof replica / sizeof *replica);
    peers_user(n, CONF_MOVER, o->mover_password, mover, sizeof mover / sizeof *mover);
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "masteruser", CONF_REPLICA, "masterauth", o->replication_password));
}

void peers_done(struct node *n, const struct redisReply *r)
{
    (void)r;
    log_info("node %s: has its peers' passwords", n->id);
    memcpy(redis_of(n)->peers.known, redis_of(n)->peers.sent, sizeof redis_of(n)->peers.known);
}
