#include "agent/redis_cluster/slot_flight.h"
#include "agent/redis/conf.h"
#include <stdio.h>
#include <string.h>

bool slot_flight_keep_keys(struct slot_flight *f, const struct redisReply *r, size_t most, struct arena *a)
{
    if (r->type != REDIS_REPLY_ARRAY || r->elements > most) return false;
    for (size_t i = 0; i < r->elements; i++)
        if (r->element[i]->type != REDIS_REPLY_STRING) return false;
    f->keys = arena_array(a, struct slot_key, r->elements);
    f->n = r->elements;
    f->more = r->elements >= most;
    for (size_t i = 0; i < r->elements; i++)
        f->keys[i] = (struct slot_key){arena_strndup(a, r->element[i]->str, r->element[i]->len), r->element[i]->len};
    return true;
}

size_t slot_flight_migrate(
    struct slot_flight *f, size_t most, int wait_ms, const struct slot_node_address *to, struct rconn *source)
{
    char port[12], wait[12];
    const char *head[] = {"MIGRATE", to->host, port, "", "0", wait, "REPLACE", "AUTH2", CONF_MOVER, to->password, "KEYS"};
    const char *words[sizeof head / sizeof *head + SLOT_BATCH_MAX];
    size_t lengths[sizeof words / sizeof *words], n = 0, left = f->n - f->next, count = left < most ? left : most;
    snprintf(port, sizeof port, "%d", to->port);
    snprintf(wait, sizeof wait, "%d", wait_ms);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        if (to->password == NULL && i >= 7 && i <= 9) continue;
        lengths[n] = strlen(head[i]);
        words[n++] = head[i];
    }
    for (size_t i = 0; i < count; i++, f->next++) {
        lengths[n] = f->keys[f->next].len;
        words[n++] = f->keys[f->next].data;
    }
    rconn_send_bytes(source, (int)n, words, lengths);
    return count;
}
