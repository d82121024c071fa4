#include "agent/redis/endpoints.h"
#include "agent/os/reservations.h"
#include "agent/node/reserve.h"
#include "agent/os/names.h"
#include "agent/redis/state.h"
#include "base/task.h"
#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAKE_MS = 1, TAKE_SLOW_MS = 250, TAKE_SLOW_AFTER_MS = 2000, TAKE_NEVER_MS = 1000 };

static const struct task endpoints_task = {"endpoints",
    {
        /* waits for another order */
        [ENDPOINTS_REST] = {"rest", TASK_TO(ENDPOINTS_REST) | TASK_TO(ENDPOINTS_BIND) | TASK_TO(ENDPOINTS_LATER)},
        /* waits for the answer to CONFIG SET bind */
        [ENDPOINTS_BIND] = {"bind", TASK_TO(ENDPOINTS_REST) | TASK_TO(ENDPOINTS_LATER) | TASK_TO(ENDPOINTS_DOUBT)},
        /* waits until it is time to try again */
        [ENDPOINTS_LATER] = {"later", TASK_TO(ENDPOINTS_REST) | TASK_TO(ENDPOINTS_BIND) | TASK_TO(ENDPOINTS_LATER)},
        /* waits to be told what it had before, at once or a moment later */
        [ENDPOINTS_DOUBT] = {"doubt", TASK_TO(ENDPOINTS_BIND) | TASK_TO(ENDPOINTS_REBIND)},
        /* waits for the answer to that */
        [ENDPOINTS_REBIND] = {"rebind", TASK_TO(ENDPOINTS_REST) | TASK_TO(ENDPOINTS_LATER) | TASK_TO(ENDPOINTS_DOUBT)},
    }};

static void move_to_state(struct node *n, enum endpoints_state to)
{
    const struct endpoints *p = &redis_of(n)->endpoints;
    task_move(&endpoints_task, n->id, &redis_of(n)->endpoints.state, (int)to);
    assert(p->state != ENDPOINTS_REST || (p->take_since == 0 && p->take_at == 0));
}

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
    if (p->state == ENDPOINTS_LATER) move_to_state(n, ENDPOINTS_REST);
}

int64_t endpoints_next_take(const struct node *n)
{
    return redis_of(n)->endpoints.take_at;
}

void endpoints_take_at(struct node *n, int64_t at)
{
    redis_of(n)->endpoints.take_at = at;
    move_to_state(n, ENDPOINTS_LATER);
}

bool endpoints_are_in_doubt(const struct node *n)
{
    return redis_of(n)->endpoints.state == ENDPOINTS_DOUBT;
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

static void lend_all(struct node *n)
{
    const struct endpoints *p = &redis_of(n)->endpoints;
    node_lend(n, &p->held);
    node_lend(n, &p->binding);
}

void endpoints_answered(struct node *n)
{
    int state = redis_of(n)->endpoints.state;
    if (state == ENDPOINTS_BIND || state == ENDPOINTS_REBIND) node_lend_back(n);
}

void endpoints_unanswered(struct node *n)
{
    const struct endpoints *p = &redis_of(n)->endpoints;
    if (p->state == ENDPOINTS_BIND) move_to_state(n, p->take_at != 0 ? ENDPOINTS_LATER : ENDPOINTS_REST);
    if (p->state == ENDPOINTS_REBIND) move_to_state(n, ENDPOINTS_DOUBT);
}

static void ask_to_bind(struct node *n, enum endpoints_state to)
{
    const struct string_list *binding = &redis_of(n)->endpoints.binding;
    _buf_ struct buf addresses = {0};
    buf_puts(&addresses, n->order->address);
    for (size_t i = 0; i < binding->n; i++) buf_printf(&addresses, " %s", binding->items[i]);
    lend_all(n);
    move_to_state(n, to);
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "bind", addresses.data));
}

void endpoints_release(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    const struct string_list *want = &n->order->endpoints;
    names_clear(&p->binding);
    for (size_t i = 0; i < want->n; i++)
        if (names_has(&p->held, want->items[i])) names_add(&p->binding, want->items[i]);
    ask_to_bind(n, ENDPOINTS_BIND);
}

void endpoints_release_refused(struct node *n, const struct redisReply *r)
{
    move_to_state(n, ENDPOINTS_DOUBT);
    redis_refused(n, r);
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
    move_to_state(n, ENDPOINTS_REST);
    node_changed(n);
}

/* What it holds and does not keep may have connections still. */
static void hold_only(struct node *n, const struct string_list *kept)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    for (size_t i = 0; i < p->held.n; i++)
        if (!names_has(kept, p->held.items[i])) names_add(&p->drop, p->held.items[i]);
    names_copy(&p->held, kept);
}

/* An address that somebody else has is usually given up in a moment. True once that is over. */
static bool put_off(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    int64_t now = node_now(n);
    if (p->take_since == 0) p->take_since = now;
    bool slow = now - p->take_since >= TAKE_SLOW_AFTER_MS;
    p->take_at = now + (slow ? TAKE_SLOW_MS : TAKE_MS);
    return slow;
}

/* The node listens on 'binding' now; the order may be another already. */
void endpoints_bound(struct node *n, const struct redisReply *r)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    (void)r;
    hold_only(n, &p->binding);
    if (p->state != ENDPOINTS_REBIND || p->take_since == 0) return endpoints_taken(n);
    put_off(n);
    move_to_state(n, ENDPOINTS_LATER);
}

static void miss_endpoint(struct node *n, const struct string_list *missed)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    if (names_within(missed, &p->missed)) return;
    names_copy(&p->missed, missed);
    node_changed(n);
}

/* Somebody else holds an address: usually the node that is to give it up at this very moment. */
void endpoints_take_later(struct node *n, const struct string_list *missed)
{
    miss_endpoint(n, missed);
    if (put_off(n)) node_reason(n, "an endpoint is still held by somebody else");
    move_to_state(n, ENDPOINTS_LATER);
}

/*
 * The engine had closed its sockets before it found an address taken, and may have lost its own meanwhile: it is told at once what it
 * had. Where it can't have that, either, its own comes first. One that can't do it at all is asked now and then: another version may
 * take its place.
 */
void endpoints_take_refused(struct node *n, const struct redisReply *r)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    bool again = p->state == ENDPOINTS_REBIND, is_taken = redis_says(r, "ERR CONFIG SET failed") && strstr(r->str, "bind to");
    bool slow = put_off(n);
    move_to_state(n, ENDPOINTS_DOUBT);
    if (!is_taken) {
        p->take_at = node_now(n) + TAKE_NEVER_MS;
        node_reason(n, "the engine takes no further address: %.120s", r->str);
    } else if (again) {
        hold_only(n, &(struct string_list){0});
        node_reason(n, "its own address is held by somebody else");
        node_changed(n);
    } else {
        p->take_at = node_now(n);
        miss_endpoint(n, &p->binding);
        if (slow) node_reason(n, "an endpoint is still held by somebody else");
    }
}

/* Those that are free are taken, and Redis is not asked for the others: it would close its sockets for nothing. */
void endpoints_take(struct node *n)
{
    struct endpoints *p = &redis_of(n)->endpoints;
    const struct string_list *want = &n->order->endpoints;
    struct string_list missed = {0};
    bool news = false;
    if (p->state == ENDPOINTS_DOUBT) {
        names_copy(&p->binding, &p->held);
        return ask_to_bind(n, ENDPOINTS_REBIND);
    }
    names_clear(&p->binding);
    for (size_t i = 0; i < want->n; i++) {
        bool held = names_has(&p->held, want->items[i]);
        bool is_free = held || reservations_probe(n->host->reservations, want->items[i], n->order->port.v) == 0;
        names_add(is_free ? &p->binding : &missed, want->items[i]);
        news |= is_free && !held;
    }
    if (news) {
        ask_to_bind(n, ENDPOINTS_BIND);
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
    lend_all(n);
    move_to_state(n, ENDPOINTS_BIND);
}

void endpoints_leave_refused(struct node *n, bool apart)
{
    if (apart) endpoints_unanswered(n);
    else move_to_state(n, ENDPOINTS_DOUBT);
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
    move_to_state(n, ENDPOINTS_REST);
}
