#include "agent/node/core.h"
#include "agent/node/end.h"
#include "agent/node/fit.h"
#include "agent/node/life.h"
#include "agent/node/node_seed.h"
#include "agent/node/reserve.h"
#include "agent/node/saved.h"
#include "agent/node/spawn.h"
#include "agent/os/names.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node *node_open(struct node_host *h, const char *id)
{
    struct node *n = calloc(1, sizeof *n);
    if (n == NULL || (n->id = strdup(id)) == NULL || asprintf(&n->dir, "%s/%s", h->dir, id) < 0) abort();
    n->host = h;
    n->step = node_live;
    n->backoff = (struct backoff){.first_ms = 100, .limit_ms = 10000, .healthy_ms = 10000};
    uv_timer_init(h->loop, &n->timer);
    n->timer.data = n;
    node_be(n, h->engines->kinds[0]);
    node_find_unsaved(n);
    node_adopt(n, node_exited);
    if (n->proc != NULL) node_event(n, EVENT_STARTED);
    else node_account(n);
    return n;
}

void node_wake(struct node *n)
{
    node_step(n);
}

bool node_rests(const struct node *n)
{
    bool well = n->state == NODE_UP && n->life.ready && !n->life.hung && !n->stopping && n->order != NULL;
    return well && !n->stirred && n->kind->rests && n->kind->rests(n);
}

bool node_is_stirred(const struct node *n)
{
    return n->stirred;
}

void node_settle(struct node *n)
{
    n->stirred = false;
}

void node_stop(struct node *n)
{
    n->stopping = true;
    node_step(n);
}

void node_kill(struct node *n)
{
    n->stopping = true;
    if (n->proc != NULL) proc_signal(n->proc, SIGKILL);
}

static void timer_closed(uv_handle_t *h)
{
    struct node *n = h->data;
    node_forget(n);
    n->kind->close(n);
    names_clear(&n->left_out);
    free(n->id);
    free(n->dir);
    free(n);
}

void node_close(struct node *n)
{
    node_event(n, EVENT_CLOSED);
    node_drop_conn(n);
    node_lend_back(n);
    node_seed_close(n);
    node_fit_close(n);
    uv_close((uv_handle_t *)&n->timer, timer_closed);
}

bool node_is_running(const struct node *n)
{
    return n->proc != NULL;
}

bool node_is_unknown(const struct node *n)
{
    return n->adopted;
}

bool node_is_gone(const struct node *n)
{
    return n->state == NODE_GONE && n->assigned && n->order == NULL && !n->refused;
}

bool node_is_at(const struct node *n, const char *address, int64_t port)
{
    return n->order != NULL && n->order->port.v == port && strcmp(n->order->address, address) == 0;
}

void node_stored(struct node *n)
{
    bool told = n->life.ready && n->ready_at < (int64_t)n->host->known;
    if (told && n->known_at == 0) n->known_at = node_now(n);
}

bool node_is_news(const struct node *n)
{
    if (n->proc == NULL) return false;
    if (n->host->known == 0) return true;
    return n->life.ready && (n->known_at == 0 || node_now(n) < n->known_at + ORDER_MOMENT_MS);
}

bool node_is_ready(const struct node *n)
{
    return n->proc != NULL && n->life.ready;
}

pid_t node_ready_process(const struct node *n)
{
    return node_is_ready(n) ? (pid_t)proc_id(n->proc)->pid : 0;
}

const char *node_id(const struct node *n)
{
    return n->id;
}

const char *node_upstream(const struct node *n)
{
    return n->order != NULL && role_at_start(n->order) == ROLE_REPLICA ? n->order->upstream_node : NULL;
}

/* ---- what it asks its engine for ---- */

void node_look(struct node *n)
{
    bool answers = n->state == NODE_UP && n->life.ready && !n->life.hung;
    if (answers && n->kind->upstream_lost) n->kind->upstream_lost(n);
}

void node_relink(struct node *n)
{
    if (n->life.ready && n->kind->upstream_listens) n->kind->upstream_listens(n);
}

void node_publish(struct node *n, int64_t version, const char *list)
{
    if (n->kind->publish) n->kind->publish(n, version, list);
}

bool node_is_looking(const struct node *n)
{
    return n->kind->is_looking && n->kind->is_looking(n);
}

bool node_is_switching(const struct node *n)
{
    return n->kind->is_switching && n->kind->is_switching(n);
}

void node_keep_room(const struct node *n)
{
    if (n->kind->keep_room) n->kind->keep_room(n);
}
