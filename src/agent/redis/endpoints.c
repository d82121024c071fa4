#include "agent/redis/endpoints.h"
#include "agent/os/reservations.h"
#include "agent/node/reserve.h"
#include "agent/os/names.h"
#include "agent/redis/state.h"
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAKE_MS = 1, TAKE_SLOW_MS = 250, TAKE_SLOW_AFTER_MS = 2000, TAKE_NEVER_MS = 1000 };

void endpoints_forget(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    names_clear(&p->held);
    names_clear(&p->binding);
    names_clear(&p->missed);
    names_clear(&p->drop);
    *p = (struct endpoints){0};
}

void endpoints_try_again(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    p->take_since = p->take_at = 0;
}

int64_t endpoints_next_take(const struct node *n)
{
    return redis_of(n)->endpoints.take_at;
}

void endpoints_take_at(struct node *n, int64_t at)
{
    redis_of(n)->endpoints.take_at = at;
}

bool endpoints_are_dropping(const struct node *n)
{
    return redis_of(n)->endpoints.drop.n > 0;
}

bool endpoints_are_dropping_all(const struct node *n)
{
    return redis_of(n)->endpoints.dropping_all;
}

bool endpoints_are_refused(const struct node *n)
{
    return redis_of(n)->endpoints.take_since != 0;
}

void endpoints_see(const struct node *n, struct proto_node_seen *out)
{
    const struct endpoints *p = &redis_of(n)->endpoints;
    out->endpoints = p->held;
    out->endpoints.set = true;
    out->endpoints_refused = p->missed;
}

void endpoints_know(struct node *n, const struct redisReply *r, bool apart)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    struct string_list was = p->held;
    p->held = (struct string_list){0};
    if (apart) names_copy(&p->held, &was);
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->str != NULL) {
        char *rest = NULL, *word = strtok_r(r->element[1]->str, " ", &rest);
        for (; word != NULL; word = strtok_r(NULL, " ", &rest))
            if (!apart && strcmp(word, n->order->address) != 0) names_add(&p->held, word);
    }
    for (size_t i = 0; i < was.n; i++)
        if (!names_has(&p->held, was.items[i])) names_add(&p->drop, was.items[i]);
    names_clear(&was);
}

/* ---- told all at once ---- */

static void endpoints_lend(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    node_lend(n, &p->held);
    node_lend(n, &p->binding);
    p->binds = true;
}

void endpoints_answered(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    if (p->binds) node_lend_back(n);
    p->binds = false;
}

static void bind_to_binding(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    _buf_ struct buf addresses = {0};
    buf_puts(&addresses, n->order->address);
    for (size_t i = 0; i < p->binding.n; i++) buf_printf(&addresses, " %s", p->binding.items[i]);
    endpoints_lend(n);
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "bind", addresses.data));
}

void endpoints_release(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    const struct string_list *want = &n->order->endpoints;
    names_clear(&p->binding);
    for (size_t i = 0; i < want->n; i++)
        if (names_has(&p->held, want->items[i])) names_add(&p->binding, want->items[i]);
    bind_to_binding(n);
}

void endpoints_drop(struct node *n)
{
    char address[80];
    const struct string_list *l = &redis_of(n)->endpoints.drop;
    snprintf(address, sizeof address, "%s:%d", l->items[l->n - 1], (int)n->order->port.v);
    redis_ask(n, ASK_STEP, WORDS("CLIENT", "KILL", "LADDR", address));
}

void endpoints_taken(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    names_clear(&p->missed);
    p->take_since = p->take_at = 0;
    node_changed(n);
}

/* The node listens on 'binding' now; the order may be another already. */
void endpoints_bound(struct node *n, const struct redisReply *r)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    if (r->type == REDIS_REPLY_ARRAY) { /* what it listens on was in doubt, and is known now */
        p->doubted = false;
        endpoints_know(n, r, false);
        return endpoints_taken(n);
    }
    for (size_t i = 0; i < p->held.n; i++)
        if (!names_has(&p->binding, p->held.items[i])) names_add(&p->drop, p->held.items[i]);
    names_copy(&p->held, &p->binding);
    endpoints_taken(n);
}

/* Somebody else holds an address: usually the node that is to give it up at this very moment. */
void endpoints_take_later(struct node *n, const struct string_list *missed)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    int64_t now = node_now(n);
    if (p->take_since == 0) p->take_since = now;
    if (!names_within(missed, &p->missed)) {
        names_copy(&p->missed, missed);
        node_changed(n);
    }
    bool slow = now - p->take_since >= TAKE_SLOW_AFTER_MS;
    p->take_at = now + (slow ? TAKE_SLOW_MS : TAKE_MS);
    if (slow) node_reason(n, "an endpoint is still held by somebody else");
}

/* An engine that can't do it at all is asked now and then: another version may take its place. */
static void cannot_take(struct node *n, const struct redisReply *r)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    p->take_since = node_now(n);
    p->take_at = node_now(n) + TAKE_NEVER_MS;
    p->doubted = true;
    node_reason(n, "the engine takes no further address: %.120s", r->str);
}

void endpoints_take_refused(struct node *n, const struct redisReply *r)
{
    if (redis_says(r, "ERR CONFIG SET failed") && strstr(r->str, "bind to"))
        endpoints_take_later(n, &redis_of(n)->endpoints.binding);
    else cannot_take(n, r);
}

/* Those that are free are taken, and Redis is not asked for the others: it would close its sockets for nothing. */
void endpoints_take(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    const struct string_list *want = &n->order->endpoints;
    struct string_list missed = {0};
    bool news = false;
    if (p->doubted) return redis_ask(n, ASK_STEP, WORDS("CONFIG", "GET", "bind"));
    names_clear(&p->binding);
    for (size_t i = 0; i < want->n; i++) {
        bool held = names_has(&p->held, want->items[i]);
        bool is_free = held || reservations_probe(n->host->reservations, want->items[i], n->order->port.v) == 0;
        names_add(is_free ? &p->binding : &missed, want->items[i]);
        news |= is_free && !held;
    }
    if (news) {
        bind_to_binding(n);
    } else {
        endpoints_take_later(n, &missed);
        node_step(n);
    }
    names_clear(&missed);
}

void endpoints_dropped(struct node *n, const struct redisReply *r)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    (void)r;
    free(names_pop(&p->drop));
    if (p->drop.n > 0 || !p->dropping_all) return;
    p->dropping_all = false;
    node_changed(n);
}

const struct string_list *endpoints_held(const struct node *n)
{
    return &redis_of(n)->endpoints.held;
}

void endpoints_hold(struct node *n, const char *address)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    if (!names_has(&p->held, address)) names_add(&p->held, address);
}

void endpoints_keep(struct node *n, const struct string_list *held)
{
    names_copy(&redis_of(n)->endpoints.held, held);
    node_changed(n);
}

void endpoints_leave(struct node *n, bool apart)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    if (apart) names_clear(&p->held);
    names_clear(&p->binding);
    endpoints_lend(n);
}

void endpoints_lost(struct node *n, bool drops)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    if (drops) {
        p->dropping_all = true;
        names_add(&p->drop, n->order->address);
        for (size_t i = 0; i < p->held.n; i++) names_add(&p->drop, p->held.items[i]);
    }
    names_clear(&p->held);
    p->take_since = p->take_at = 0;
}
