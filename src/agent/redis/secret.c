#include "agent/redis/secret.h"
#include "agent/redis/conf.h"
#include "agent/redis/redis.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>

static void secret_hash(const struct proto_node_order *o, uint8_t out[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx ctx;
    sha256_init(&ctx);
    if (o->replication_password)
        sha256_update(&ctx, strlen(o->replication_password) + 1, (const uint8_t *)o->replication_password);
    if (o->mover_password) sha256_update(&ctx, strlen(o->mover_password), (const uint8_t *)o->mover_password);
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, out);
}

void secret_begin(struct node *n)
{
    secret_hash(n->order, n->life.secret);
}

bool secret_is_stale(const struct node *n)
{
    uint8_t ordered[SHA256_DIGEST_SIZE];
    if (n->order->replication_password == NULL) return false;
    secret_hash(n->order, ordered);
    return memcmp(ordered, n->life.secret, sizeof ordered) != 0;
}

static void secret_user(struct node *n, const char *name, const char *password, const char *const rules[], size_t n_rules)
{
    char show[160];
    const char *words[16] = {"ACL", "SETUSER", name, "reset", "on", show};
    size_t count = 6;
    if (password == NULL) return;
    snprintf(show, sizeof show, ">%s", password);
    for (size_t i = 0; i < n_rules; i++) words[count++] = rules[i];
    n->unread++;
    rconn_send(n->conn, (int)count, words);
}

/* Whoever is connected already stays so: a password is asked for once. */
void secret_do(struct node *n)
{
    static const char *const replica[] = {CONF_REPLICA_RULES}, *const mover[] = {CONF_MOVER_RULES};
    const struct proto_node_order *o = n->order;
    secret_hash(o, n->life.sent_secret);
    secret_user(n, CONF_REPLICA, o->replication_password, replica, sizeof replica / sizeof *replica);
    secret_user(n, CONF_MOVER, o->mover_password, mover, sizeof mover / sizeof *mover);
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "masteruser", CONF_REPLICA, "masterauth", o->replication_password));
}

void secret_done(struct node *n, const struct redisReply *r)
{
    (void)r;
    log_info("node %s: has its peers' passwords", n->id);
    memcpy(n->life.secret, n->life.sent_secret, sizeof n->life.secret);
}
