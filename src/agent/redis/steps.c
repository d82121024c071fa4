#include "agent/redis/steps.h"
#include "agent/node/life.h"
#include "agent/node/watch.h"
#include "agent/os/names.h"
#include "agent/redis/state.h"
#include "base/log.h"
#include "base/task.h"
#include "base/trip.h"
#include <stdio.h>
#include <string.h>

enum { WEIGH_AGAIN_MS = 200 };

/* ---- its fence ---- */

/* A hundred years, as the engine counts by the wall clock: where that is set, a pause must not end and let writes in that will be lost. */
#define PAUSE_MS "3155760000000"

/* Set by a quiet stream, then a pause, then the offset; lifted the other way round. One of an agent before may stand in between. */
static const struct task fence_task = {"fence",
    {
        [FENCE_UNKNOWN] = {"unknown", TASK_TO(FENCE_QUIET)}, /* waits for word that what an agent before left is lifted */
        [FENCE_OFF] = {"off", TASK_TO(FENCE_QUIET)},         /* waits for an order to hold writes */
        [FENCE_QUIET] = {"quiet", TASK_TO(FENCE_OFF) | TASK_TO(FENCE_PAUSED)}, /* waits for the pause, or for PINGs to go on */
        [FENCE_PAUSED] = {"paused", TASK_TO(FENCE_ON) | TASK_TO(FENCE_QUIET)}, /* waits for the offset */
        [FENCE_ON] = {"on", TASK_TO(FENCE_QUIET)},                             /* waits for an order to let writes go on */
    }};

static void move_fence(struct node *n, enum fence to)
{
    task_move(&fence_task, n->id, &redis_of(n)->fence, (int)to);
}

static void fence_quiet(struct node *n, const struct redisReply *r)
{
    (void)r;
    move_fence(n, FENCE_QUIET);
}

static void fence_paused(struct node *n, const struct redisReply *r)
{
    (void)r;
    move_fence(n, FENCE_PAUSED);
}

static void fence_lifted(struct node *n, const struct redisReply *r)
{
    (void)r;
    move_fence(n, FENCE_QUIET);
    node_changed(n);
}

static void fence_off(struct node *n, const struct redisReply *r)
{
    (void)r;
    move_fence(n, FENCE_OFF);
}

/* ---- where it stands ---- */

static void link_changed(struct node *n, bool up)
{
    struct redis *x = redis_of(n);
    x->nudges = 0;
    x->nudge_at = up ? node_now(n) : 0;
    if (!up) x->eager_until = node_now(n) + EAGER_MS;
}

/* A replica whose upstream has died says so a moment after; until then, it is asked again. That of a hung one is still linked. */
static void look_again(struct node *n)
{
    struct redis *x = redis_of(n);
    const char *id = node_upstream(n);
    const struct node *upstream = id != NULL ? n->host->find(n->host, id) : NULL;
    bool will_end = upstream != NULL && !node_is_running(upstream);
    if (x->look_until == 0 || (x->info.link_up && will_end && node_now(n) < x->look_until)) return;
    x->look_until = 0;
    node_changed(n);
}

static void know_replication(struct node *n, const struct redisReply *r)
{
    struct redis *x = redis_of(n);
    const struct redis_cluster_part *part = redis_cluster_part(n);
    struct replication_info was = x->info, now = {0};
    n->read_at = node_now(n);
    if (trip_hit(TRIP_PROBE) || r->str == NULL || !info_replication(r->str, r->len, &now)) {
        if (n->life.ready) node_set_hung(n, true);
        return;
    }
    if (part != NULL) part->correct(n, &now);
    bool broken = unlinked_note(n, now.role == ROLE_REPLICA, now.link_up);
    now.link_up = now.link_up && !broken;
    bool same = info_same_replication(&was, &now);
    if (part != NULL && (!n->life.ready || !same)) part->came_or_went(n);
    x->info = now;
    x->info_old = false;
    look_again(n);
    if (x->fence == FENCE_PAUSED) {
        move_fence(n, FENCE_ON);
        node_changed(n);
    }
    bool offset_told = x->fence == FENCE_ON || n->order->promote_offset.set;
    if (now.link_up != was.link_up) link_changed(n, now.link_up);
    if (!same || (offset_told && was.offset != now.offset)) node_changed(n);
    if (broken) tls_relink(n);
    if (n->life.ready) return;
    log_info("node %s: %s is ready", n->id, node_role_text(now.role));
    node_became_ready(n);
}

/* ---- its role ---- */

static void do_follow(struct node *n)
{
    char port[12];
    const struct proto_node_order o = conf_file_order(n);
    snprintf(port, sizeof port, "%d", (int)o.upstream_port.v);
    log_info("node %s: follows %s:%s", n->id, o.upstream_host, port);
    redis_ask(n, ASK_STEP, WORDS("REPLICAOF", o.upstream_host, port));
}

void redis_followed(struct node *n, const struct redisReply *r)
{
    (void)r;
    redis_of(n)->info_old = true;
}

/* It is told once the endpoint is taken, too: a report that is under way would hold up the next. */
void redis_promoted(struct node *n, const struct redisReply *r)
{
    struct redis *x = redis_of(n);
    (void)r;
    log_info("node %s: is a primary now", n->id);
    x->info = (struct replication_info){.role = ROLE_PRIMARY, .offset = x->info.offset};
    x->nudge_at = 0;
    if (names_within(&n->order->endpoints, endpoints_held(n))) node_changed(n);
}

/* ---- its settings ---- */

static void do_next_setting(struct node *n)
{
    size_t at = redis_of(n)->setting;
    if (at < n->order->settings.n) {
        const struct proto_setting *s = &n->order->settings.items[at];
        return redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", s->name, s->value));
    }
    n->life.generation = n->order->generation.v;
    node_changed(n);
    node_step(n);
}

static void setting_taken(struct node *n, const struct redisReply *r)
{
    struct redis *x = redis_of(n);
    (void)r;
    if (x->setting < n->order->settings.n) lockout_setting_taken(n, n->order->settings.items[x->setting].name);
    x->setting++;
}

static void set_refused(struct node *n, const struct redisReply *r)
{
    struct redis *x = redis_of(n);
    if (x->setting >= n->order->settings.n) return;
    const struct proto_setting *s = &n->order->settings.items[x->setting];
    if (strstr(r->str, "immutable") != NULL) return redis_ask(n, ASK_COMPARE, WORDS("CONFIG", "GET", s->name));
    x->setting++;
    if (strstr(r->str, "operating system") != NULL) return; /* maxclients: it has as many as it was allowed at its start */
    snprintf(n->life.refused, sizeof n->life.refused, "setting %.40s is refused: %.90s", s->name, r->str);
    log_warn("node %s: %s", n->id, n->life.refused);
    names_add(&n->left_out, s->name);
    conf_file_check(n);
}

/* A setting that only a start can change is pending unless the node started with it. */
void redis_compared(struct node *n, const struct redisReply *r)
{
    struct redis *x = redis_of(n);
    if (x->setting >= n->order->settings.n) return;
    const struct proto_setting *s = &n->order->settings.items[x->setting];
    bool same = r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->str != NULL &&
                strcmp(r->element[1]->str, s->value) == 0;
    if (!same) names_add(&n->life.pending, s->name);
    x->setting++;
}

/* ---- its memory ---- */

static void ask_memory(struct node *n)
{
    redis_of(n)->weighing = n->order->weigh.v;
    redis_ask(n, ASK_STEP, WORDS("INFO", "memory"));
}

static void know_memory(struct node *n, const struct redisReply *r)
{
    struct redis *x = redis_of(n);
    if (r->str == NULL || !info_memory(r->str, r->len, &x->memory)) {
        x->hold_until = node_now(n) + WEIGH_AGAIN_MS;
        return;
    }
    x->weighed = x->weighing;
    node_changed(n);
}

/* ---- its endpoints ---- */

static void do_release(struct node *n)
{
    if (tls_has_splitter(n)) tls_release(n);
    else endpoints_release(n);
}

static void do_take(struct node *n)
{
    if (tls_has_splitter(n)) tls_take(n);
    else endpoints_take(n);
}

/* ---- all of them ---- */

#define COMMAND(...) \
    .words = (const char *const[]){__VA_ARGS__}, .n_words = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

/* Whoever brings a new step adds it to converge.h and to this table, or to that of Redis Cluster's part. */
static const struct redis_step steps[STEP__COUNT] = {
    [STEP_READ] = {COMMAND("INFO", "replication"), .done = know_replication},
    [STEP_RELEASE] = {.ask = do_release, .done = endpoints_bound, .refused = endpoints_release_refused},
    [STEP_SECRET] = {.ask = peers_do, .done = peers_done},
    [STEP_CERTIFY] = {.ask = tls_do_certify, .done = tls_certified, .refused = tls_refused},
    [STEP_LISTEN] = {.ask = tls_do_listen, .done = tls_listening, .refused = tls_listen_refused},
    [STEP_ENCRYPT] = {.ask = tls_do_encrypt, .done = tls_encrypted, .refused = tls_refused},
    [STEP_RELINK] = {.ask = tls_do_relink, .done = tls_relinked, .refused = tls_refused},
    [STEP_DROP] = {.ask = endpoints_drop, .done = endpoints_dropped, .refused = endpoints_dropped},
    [STEP_FOLLOW] = {.ask = do_follow, .done = redis_followed},
    [STEP_PROMOTE] = {COMMAND("REPLICAOF", "NO", "ONE"), .done = redis_promoted},
    /* Seconds, so this is never. CLIENT PAUSE does not keep a primary from sending PINGs to its replicas. */
    [STEP_QUIET] = {COMMAND("CONFIG", "SET", "repl-ping-replica-period", "2147483647"), .done = fence_quiet},
    [STEP_PAUSE] = {COMMAND("CLIENT", "PAUSE", PAUSE_MS, "WRITE"), .done = fence_paused},
    [STEP_UNPAUSE] = {COMMAND("CLIENT", "UNPAUSE"), .done = fence_lifted},
    [STEP_LOUD] = {COMMAND("CONFIG", "SET", "repl-ping-replica-period", "1"), .done = fence_off},
    [STEP_LOCK_OUT] = {.ask = lockout_do_lock, .done = lockout_locked},
    [STEP_LET_IN] = {.ask = lockout_do_lift, .done = lockout_lifted, .refused = lockout_lift_refused},
    [STEP_TAKE] = {.ask = do_take, .done = endpoints_bound, .refused = endpoints_take_refused},
    [STEP_ACCESS] = {.ask = access_ask, .done = access_done, .refused = access_refused},
    [STEP_SAVE] = {.ask = redis_ask_save, .done = redis_saving, .refused = redis_save_refused},
    [STEP_SAVE_LOOK] = {COMMAND("INFO", "persistence"), .done = redis_save_seen},
    [STEP_SET] = {.ask = do_next_setting, .done = setting_taken, .refused = set_refused},
    [STEP_WEIGH] = {.ask = ask_memory, .done = know_memory},
    [STEP_CLIENTS] = {COMMAND("INFO", "clients"), .done = held_know_clients},
};

static const struct redis_step *find_step(const struct node *n, enum step s)
{
    const struct redis_cluster_part *part = redis_cluster_part(n);
    const struct redis_step *own = part != NULL ? &part->steps[s] : NULL;
    return own != NULL && (own->ask != NULL || own->words != NULL || own->done != NULL) ? own : &steps[s];
}

void redis_do(struct node *n, enum step s)
{
    const struct redis_step *step = find_step(n, s);
    redis_of(n)->talk.step = s;
    if (step->ask) step->ask(n);
    else redis_ask(n, ASK_STEP, step->words, step->n_words);
}

void redis_step_answered(struct node *n, const struct redisReply *r)
{
    const struct redis_step *step = find_step(n, redis_of(n)->talk.step);
    if (step->done) step->done(n, r);
}

void redis_step_refused(struct node *n, const struct redisReply *r)
{
    const struct redis_step *step = find_step(n, redis_of(n)->talk.step);
    if (step->refused) step->refused(n, r);
    else redis_refused(n, r);
}
