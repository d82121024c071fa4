#include "agent/redis_cluster/slot_mover.h"
#include "agent/redis/info.h"
#include "agent/redis/talk.h"
#include "agent/redis_cluster/slot_flight.h"
#include "agent/redis_cluster/slot_node.h"
#include "agent/redis_cluster/slot_pick.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * SLOT_TRIP slots at a time share each round trip. A slot's way (the order is the engine's own
 * advice): the target imports it, the source migrates it, its keys go, the source has none
 * left, the target owns it and tells everybody, the source knows. Of the commands that take
 * keys along, the next one is there before the last was answered (AHEAD).
 */
enum { AHEAD = 2, KEYS_AT_ONCE = 1000, BATCH_FIRST = 50 };
/* A MIGRATE that took longer than LONG_NS carries too much, one under SHORT_NS could carry more. */
enum { LONG_NS = 4000000, SHORT_NS = 2000000 };
/* How long a MIGRATE may wait for its target: less than clients notice; where a key needs longer, four times
 * that, and again. */
enum { WAIT_MS = 250, WAIT_MAX_MS = 64000 };
/* So long without a single key that has moved, since the first refusal, and it is told that nothing moves. Scripts and starts end. */
enum { STUCK_MS = 5000, STUCK_BUSY_MS = 60000 };
enum { MIRROR_AGAIN_MS = 10 };
#define NO_ROOM "the node group that is to get it has no memory left"

/*
 * The slot stays with its source if the target has no key of it: nothing is to be there that a client might
 * still be sent to. Both in one, as a client may put a key there at any time.
 */
#define CLOSE_SCRIPT                                                              \
    "if redis.call('CLUSTER', 'COUNTKEYSINSLOT', ARGV[1]) > 0 then return 0 end " \
    "redis.call('CLUSTER', 'SETSLOT', ARGV[1], 'STABLE') return 1"

enum phase { REST, ROOM, CLOSE, STAY, LIFT, IMPORT, EXPORT, KEYS, MOVE, COUNT, GIVE, RELEASE };

/* From everywhere it may be given up. */
static const struct task slots_task = {"slots",
    {
        [REST] = {"rest", TASK_TO(REST) | TASK_TO(ROOM) | TASK_TO(CLOSE) | TASK_TO(IMPORT)}, /* waits for slots that shall move */
        [ROOM] = {"room", TASK_TO(REST) | TASK_TO(IMPORT)},     /* waits for how much memory both ends have */
        [CLOSE] = {"close", TASK_TO(REST) | TASK_TO(STAY)},     /* waits for the target to close those it has nothing of */
        [STAY] = {"stay", TASK_TO(REST) | TASK_TO(LIFT)},       /* waits for the source to close these, too */
        [LIFT] = {"lift", TASK_TO(REST) | TASK_TO(EXPORT)},     /* waits for the target to lift its memory limit */
        [IMPORT] = {"import", TASK_TO(REST) | TASK_TO(EXPORT)}, /* waits for the target to open the slots */
        [EXPORT] = {"export", TASK_TO(REST) | TASK_TO(KEYS) | TASK_TO(COUNT)}, /* waits for the source to open them */
        [KEYS] = {"keys", TASK_TO(REST) | TASK_TO(MOVE)},                      /* waits for the names of their keys */
        [MOVE] = {"move", TASK_TO(REST) | TASK_TO(KEYS) | TASK_TO(COUNT)},     /* waits for keys to go, perhaps weighed first */
        [COUNT] = {"count", TASK_TO(REST) | TASK_TO(KEYS) | TASK_TO(GIVE)},    /* waits for how many are left */
        [GIVE] = {"give", TASK_TO(REST) | TASK_TO(RELEASE)},                   /* waits for the target to own the slots */
        [RELEASE] = {"release", TASK_TO(REST)},                                /* waits for the source to know */
    }};
enum side { FROM, TO };

struct end {
    struct slot_mover *m;
    struct rconn *conn;
    char *id;   /* of the node's order */
    int unread; /* answers that say nothing */
};

struct slot_mover {
    struct slot_mover_host host;
    char *cluster;
    int phase; /* enum phase */
    struct end ends[2];
    struct slot_flight flights[SLOT_TRIP];
    int n_flights, asked[SLOT_TRIP]; /* flights whose answers are awaited, in their order */
    int n_asked, answered;
    struct arena keys; /* what flights hold */
    int at;            /* the flight whose keys go */
    struct batch {
        int flight;
        size_t n;
    } batches[AHEAD]; /* under way, the oldest first */
    int n_batches;
    size_t batch; /* keys that go at once */
    int wait_ms;
    int64_t busy_since; /* ns: when the oldest began */
    bool told;          /* that something is refused */
    bool settling;      /* the flights were left over by an earlier move: they come to rest where they can */
    bool lifted;        /* the target's limit is off */
    bool mirrors;       /* keys come and go by the streams of another region, where the slots have moved already */
    int64_t again_ms;   /* of the loop's clock: when it looks again whether they have */
    struct memory_info room[2];
    bool careful;          /* keys are weighed before they go: the target would evict others for what it has no room for */
    int64_t left, weight;  /* bytes: what it has room for, and what the next batch takes */
    size_t sizing;         /* keys whose size is awaited */
    bool weighed;          /* the next batch is */
    int64_t refused_since; /* ms of the loop's clock; 0: the last key that was tried has moved */
    bool stuck;
    char why[120];
};

static void enter_phase(struct slot_mover *m, enum phase p);

/* What holds between any two events. */
static void check_whole(const struct slot_mover *m)
{
    assert(m->n_flights >= 0 && m->n_flights <= SLOT_TRIP && m->answered <= m->n_asked);
    assert((m->phase == REST) == (m->n_flights == 0) || m->phase == STAY);
    assert(m->n_batches >= 0 && m->n_batches <= AHEAD && (m->n_batches == 0 || m->phase == MOVE));
    assert(m->sizing == 0 || (m->phase == MOVE && m->careful));
    assert(!m->lifted || m->settling);
}

static void move_to_phase(struct slot_mover *m, enum phase p)
{
    task_move(&slots_task, m->cluster, &m->phase, (int)p);
}

/* ---- who ---- */

static const struct cluster_map *map_of(const struct slot_mover *m)
{
    return m->host.clusters->map(m->host.clusters, m->cluster);
}

static struct node *end_node(const struct slot_mover *m, enum side side)
{
    return m->ends[side].id != NULL ? slot_node_find(m->host.nodes, m->ends[side].id) : NULL;
}

static const struct proto_cluster_node *end_entry(const struct slot_mover *m, enum side side)
{
    const struct cluster_map *map = map_of(m);
    return map != NULL ? cluster_node_ordered(map, m->ends[side].id) : NULL;
}

/* ---- the connections ---- */

static void lend_source(const struct slot_mover *m, bool yes)
{
    struct node *n = end_node(m, FROM);
    if (n != NULL) slot_node_works(n, yes);
}

static void end_drop(struct end *e)
{
    rconn_close(e->conn);
    free(e->id);
    *e = (struct end){.m = e->m};
}

/* The agent gives it all its settings anew, as after an agent that died in between. */
static void restore_limit(struct slot_mover *m)
{
    struct node *to = end_node(m, TO);
    if (m->lifted && to != NULL) slot_node_restore_settings(to);
    m->lifted = false;
}

/* Whatever was begun is found again in the nodes. */
static void give_up_trip(struct slot_mover *m)
{
    m->sizing = 0;
    m->n_batches = 0;
    lend_source(m, false);
    restore_limit(m);
    end_drop(&m->ends[FROM]);
    end_drop(&m->ends[TO]);
    m->n_flights = 0;
    move_to_phase(m, REST);
}

/* Something moves again, or something else is tried. */
static void got_on(struct slot_mover *m)
{
    if (m->stuck) m->host.changed(m->host.arg);
    m->stuck = m->told = false;
    m->refused_since = 0;
}

static void note_refusal(struct slot_mover *m, const char *why)
{
    bool waits = strstr(why, "BUSY ") != NULL || strstr(why, "LOADING") != NULL; /* of either end */
    int64_t now = (int64_t)uv_now(m->host.loop);
    if (m->refused_since == 0) m->refused_since = now;
    if (m->stuck || now - m->refused_since < (waits ? STUCK_BUSY_MS : STUCK_MS)) return;
    snprintf(m->why, sizeof m->why, "%s", why);
    m->stuck = true;
    m->host.changed(m->host.arg);
}

static void give_up_because(struct slot_mover *m, const char *why)
{
    if (!m->told) log_warn("cluster %s: a slot can't be moved now: %.100s", m->cluster, why);
    m->told = true;
    note_refusal(m, why);
    m->wait_ms = WAIT_MS;
    give_up_trip(m);
}

static void take_refusal(struct slot_mover *m, const struct redisReply *r)
{
    give_up_because(m, r->str != NULL ? r->str : "an answer that makes no sense");
}

static void take_answer(struct slot_mover *m, enum side side, const struct redisReply *r);

static void conn_up(void *arg)
{
    (void)arg; /* what was sent meanwhile goes out by itself */
}

static void conn_reply(void *arg, const struct redisReply *r)
{
    struct end *e = arg;
    if (e->unread > 0) e->unread--;
    else take_answer(e->m, e == &e->m->ends[TO] ? TO : FROM, r);
}

static void conn_down(void *arg, const char *why)
{
    struct end *e = arg;
    (void)why;
    e->conn = NULL;
    give_up_trip(e->m);
}

static bool connect_to(struct slot_mover *m, enum side side, const struct node *n)
{
    static const struct rconn_events events = {.up = conn_up, .reply = conn_reply, .down = conn_down};
    struct end *e = &m->ends[side];
    if (e->conn != NULL && strcmp(e->id, slot_node_id(n)) == 0) return true;
    end_drop(e);
    e->conn = slot_node_connect(n, &events, e, &e->unread);
    e->id = strdup(slot_node_id(n));
    if (e->id == NULL) abort();
    return e->conn != NULL;
}

/* ---- what to move ---- */

static bool begin_trip(struct slot_mover *m, const struct slot_trip *t)
{
    m->n_flights = 0;
    for (int i = 0; i < t->n; i++) m->flights[m->n_flights++] = (struct slot_flight){.slot = t->slots[i]};
    if (connect_to(m, FROM, t->from) && connect_to(m, TO, t->to)) return true;
    give_up_trip(m);
    return false;
}

void slot_mover_step(struct slot_mover *m)
{
    const struct cluster_map *map = map_of(m);
    check_whole(m);
    if (m->phase != REST) return;
    struct slot_trip t;
    bool settle = map != NULL && map->m->settle.v && map->m->moves.n == 0;
    if (settle != m->settling) got_on(m);
    m->settling = settle;
    if (settle && slot_pick_open(m->host.nodes, map, &t) && begin_trip(m, &t)) return enter_phase(m, CLOSE);
    m->mirrors = map != NULL && map->m->mirrors.v;
    if (m->mirrors && (int64_t)uv_now(m->host.loop) < m->again_ms) return;
    for (size_t i = 0; map != NULL && i < map->m->moves.n; i++)
        if (slot_pick_move(m->host.nodes, map, &map->m->moves.items[i], &t) && begin_trip(m, &t))
            return enter_phase(m, m->mirrors ? IMPORT : ROOM);
    end_drop(&m->ends[FROM]);
    end_drop(&m->ends[TO]);
}

/* ---- the phases that ask every flight ---- */

static void send_slot(struct slot_mover *m, enum side side, int flight, const char *command, const char *what, const char *more)
{
    char slot[12];
    snprintf(slot, sizeof slot, "%d", m->flights[flight].slot);
    const char *words[] = {"CLUSTER", command, slot, what, more};
    m->asked[m->n_asked++] = flight;
    rconn_send(m->ends[side].conn, what == NULL ? 3 : more == NULL ? 4 : 5, words);
}

static void ask_all(struct slot_mover *m, const char *from, const char *to)
{
    for (int i = 0; i < m->n_flights; i++) {
        if (m->phase == CLOSE) {
            char slot[12];
            snprintf(slot, sizeof slot, "%d", m->flights[i].slot);
            m->asked[m->n_asked++] = i;
            rconn_send(m->ends[TO].conn, 4, (const char *const[]){"EVAL", CLOSE_SCRIPT, "0", slot});
        }
        if (m->phase == STAY && m->flights[i].stays) send_slot(m, FROM, i, "SETSLOT", "STABLE", NULL);
        if (m->phase == IMPORT) send_slot(m, TO, i, "SETSLOT", "IMPORTING", from);
        if (m->phase == EXPORT) send_slot(m, FROM, i, "SETSLOT", "MIGRATING", to);
        if (m->phase == COUNT && m->flights[i].leaves) send_slot(m, FROM, i, "COUNTKEYSINSLOT", NULL, NULL);
        if (m->phase == GIVE) send_slot(m, TO, i, "SETSLOT", "NODE", to);
        if (m->phase == RELEASE) send_slot(m, FROM, i, "SETSLOT", "NODE", to);
    }
}

/* What the answer means to its flight; false if it can't go on. */
static bool flight_answer(struct slot_mover *m, struct slot_flight *f, const struct redisReply *r)
{
    bool error = r->type == REDIS_REPLY_ERROR;
    switch ((enum phase)m->phase) {
    case CLOSE: f->stays = r->integer == 1; return r->type == REDIS_REPLY_INTEGER;
    case IMPORT: f->arrived = error && strstr(r->str, "already the owner") != NULL; return !error || f->arrived;
    case EXPORT: f->leaves = f->more = !error; return !error || strstr(r->str, "not the owner") != NULL;
    case KEYS: return slot_flight_keep_keys(f, r, KEYS_AT_ONCE, &m->keys);
    case COUNT: f->more = r->integer > 0; return r->type == REDIS_REPLY_INTEGER && r->integer >= 0;
    default: return !error;
    }
}

/* ---- keys ---- */

static void ask_sizes(struct slot_mover *m)
{
    const struct slot_flight *f = &m->flights[m->at];
    m->weight = 0;
    for (size_t i = f->next; i < f->n && m->sizing < m->batch; i++, m->sizing++)
        rconn_send_bytes(m->ends[FROM].conn, 3, (const char *const[]){"MEMORY", "USAGE", f->keys[i].data},
            (const size_t[]){6, 5, f->keys[i].len});
}

static void move_on(struct slot_mover *m)
{
    struct slot_node_address to;
    const struct node *target = end_node(m, TO);
    if (target == NULL || !slot_node_address(target, &to)) return give_up_trip(m);
    while (m->n_batches < (m->careful ? 1 : AHEAD) && m->at < m->n_flights) {
        if (m->flights[m->at].next == m->flights[m->at].n) m->at++;
        else if (m->careful && !m->weighed) return ask_sizes(m);
        else {
            if (m->n_batches == 0) m->busy_since = clock_mono_ns();
            size_t count = slot_flight_migrate(&m->flights[m->at], m->batch, m->wait_ms, &to, m->ends[FROM].conn);
            m->batches[m->n_batches++] = (struct batch){m->at, count};
            m->weighed = false;
            lend_source(m, true);
        }
    }
    if (m->n_batches > 0) return;
    for (int i = 0; i < m->n_flights; i++)
        if (m->flights[i].more) return enter_phase(m, KEYS);
    enter_phase(m, COUNT);
}

/* A key that is gone weighs nothing. */
static void size_told(struct slot_mover *m, const struct redisReply *r)
{
    bool gone = r->type == REDIS_REPLY_NIL,
         told = r->type == REDIS_REPLY_INTEGER && r->integer >= 0 && r->integer <= INFO_BYTES_MAX;
    if (!gone && !told) return take_refusal(m, r);
    if (told) m->weight += r->integer;
    if (--m->sizing > 0) return;
    if (m->weight > m->left) return give_up_because(m, NO_ROOM);
    m->left -= m->weight;
    m->weighed = true;
    move_on(m);
}

/* What is left of the slot is asked for again, and goes one key at a time, with more time for it: the target may need long to
 * take in a large one. */
static bool move_late(struct slot_mover *m, const struct batch *b)
{
    m->flights[b->flight].more = true;
    m->batch = 1;
    if (b->n > 1) return true;
    m->wait_ms *= 4;
    return m->wait_ms <= WAIT_MAX_MS;
}

static void batch_moved(struct slot_mover *m, const struct redisReply *r)
{
    struct batch b = m->batches[0];
    int64_t now = clock_mono_ns();
    bool late = redis_says(r, "IOERR");
    if (m->n_batches == 0) return;
    if (redis_says(r, "OK")) got_on(m);
    for (int i = 1; i < m->n_batches; i++) m->batches[i - 1] = m->batches[i];
    lend_source(m, --m->n_batches > 0);
    if (late ? !move_late(m, &b) : r->type == REDIS_REPLY_ERROR) return take_refusal(m, r);
    if (!late && now - m->busy_since > LONG_NS && m->batch > 1) m->batch /= 2;
    else if (!late && now - m->busy_since < SHORT_NS && b.n == m->batch) m->batch += m->batch / 2 + 1;
    if (m->batch > SLOT_BATCH_MAX) m->batch = SLOT_BATCH_MAX;
    m->busy_since = now;
    move_on(m);
}

/* ---- from phase to phase ---- */

static void trip_landed(struct slot_mover *m)
{
    struct node *from = end_node(m, FROM), *to = end_node(m, TO);
    for (int i = 0; i < m->n_flights; i++) {
        if (from != NULL) slot_node_loses(from, m->flights[i].slot);
        if (to != NULL) slot_node_gets(to, m->flights[i].slot);
    }
    restore_limit(m);
    m->n_flights = 0;
    move_to_phase(m, REST);
    m->wait_ms = WAIT_MS;
    got_on(m);
    slot_mover_step(m);
}

/* Those that stay are at rest; the others go on, and the target takes in what is left of them whatever its limit is. */
static void trip_closed(struct slot_mover *m)
{
    int n = 0;
    for (enum side s = FROM; s <= TO; s++)
        if (end_node(m, s) != NULL) slot_node_changed(end_node(m, s));
    for (int i = 0; i < m->n_flights; i++)
        if (!m->flights[i].stays) m->flights[n++] = m->flights[i];
    m->n_flights = n;
    if (n > 0) return enter_phase(m, LIFT);
    move_to_phase(m, REST);
    got_on(m);
}

/* ---- room ---- */

static void room_told(struct slot_mover *m, enum side side, const struct redisReply *r)
{
    char policy[24];
    if (r->type == REDIS_REPLY_ERROR || r->str == NULL || !info_memory(r->str, r->len, &m->room[side])) return take_refusal(m, r);
    if (side == TO)
        m->careful = info_value(r->str, r->len, "maxmemory_policy", policy, sizeof policy) && strcmp(policy, "noeviction") != 0;
    if (++m->answered < m->n_asked) return;
    m->left = m->room[TO].limit - m->room[TO].used;
    m->careful = m->careful && m->room[TO].limit > 0 && m->room[FROM].data > m->left;
    /* By the average of the source's slots. An engine that evicts would not refuse a key that has no room, but give
     * another for it. */
    const struct node *from = end_node(m, FROM);
    int all = from != NULL ? slots_count(&slot_node_view(from)->slots) : 0;
    int64_t more = all > 0 ? m->room[FROM].data / all * m->n_flights : 0;
    if (m->room[TO].limit == 0 || m->room[TO].used + more <= m->room[TO].limit) enter_phase(m, IMPORT);
    else give_up_because(m, NO_ROOM);
}

/* What is left at the source of a mirrored move is on its way out, in the stream of the other region. */
static void await_stream(struct slot_mover *m)
{
    m->again_ms = (int64_t)uv_now(m->host.loop) + MIRROR_AGAIN_MS;
    give_up_trip(m);
}

static void next_phase(struct slot_mover *m)
{
    switch ((enum phase)m->phase) {
    case CLOSE: return enter_phase(m, STAY);
    case STAY: return trip_closed(m);
    case LIFT: return enter_phase(m, EXPORT);
    case IMPORT: return enter_phase(m, EXPORT);
    case EXPORT: return enter_phase(m, m->mirrors ? COUNT : KEYS);
    case KEYS: return enter_phase(m, MOVE);
    case COUNT:
        for (int i = 0; i < m->n_flights; i++) {
            if (!m->flights[i].leaves || !m->flights[i].more) continue;
            return m->mirrors ? await_stream(m) : enter_phase(m, KEYS);
        }
        return enter_phase(m, GIVE);
    case GIVE: return enter_phase(m, RELEASE);
    case RELEASE: return trip_landed(m);
    case REST:
    case ROOM:
    case MOVE: return;
    }
}

static void enter_phase(struct slot_mover *m, enum phase p)
{
    const struct proto_cluster_node *from = end_entry(m, FROM), *to = end_entry(m, TO);
    move_to_phase(m, p);
    m->n_asked = m->answered = 0;
    check_whole(m);
    if (from == NULL || to == NULL) return give_up_trip(m); /* the map has changed */
    if (p == MOVE) {
        m->at = m->n_batches = 0;
        m->weighed = false;
        return move_on(m);
    }
    if (p == ROOM) {
        for (enum side s = FROM; s <= TO; s++, m->n_asked++)
            rconn_send(m->ends[s].conn, 2, (const char *const[]){"INFO", "memory"});
    } else if (p == LIFT) {
        m->asked[m->n_asked++] = 0;
        m->lifted = true;
        m->careful = false;
        rconn_send(m->ends[TO].conn, 4, (const char *const[]){"CONFIG", "SET", "maxmemory", "0"});
    } else if (p == KEYS) {
        arena_fini(&m->keys);
        for (int i = 0; i < m->n_flights; i++) {
            m->flights[i].n = m->flights[i].next = 0;
            if (m->flights[i].more) send_slot(m, FROM, i, "GETKEYSINSLOT", "1000", NULL);
        }
    } else {
        ask_all(m, from->name, to->name);
    }
    if (m->n_asked == 0) next_phase(m);
}

static void take_answer(struct slot_mover *m, enum side side, const struct redisReply *r)
{
    if (m->phase == MOVE) return m->sizing > 0 ? size_told(m, r) : batch_moved(m, r);
    if (m->phase == ROOM) return room_told(m, side, r);
    if (m->phase == REST || m->answered >= m->n_asked) return;
    if (!flight_answer(m, &m->flights[m->asked[m->answered++]], r)) return take_refusal(m, r);
    if (m->answered == m->n_asked) next_phase(m);
}

/* ---- its life ---- */

struct slot_mover *slot_mover_open(const struct slot_mover_host *h, const char *cluster)
{
    struct slot_mover *m = calloc(1, sizeof *m);
    if (m == NULL || (m->cluster = strdup(cluster)) == NULL) abort();
    m->host = *h;
    m->batch = BATCH_FIRST;
    m->wait_ms = WAIT_MS;
    m->ends[FROM].m = m->ends[TO].m = m;
    return m;
}

const char *slot_mover_cluster(const struct slot_mover *m)
{
    return m->cluster;
}

bool slot_mover_is_idle(const struct slot_mover *m)
{
    return m->phase == REST;
}

const char *slot_mover_stuck(const struct slot_mover *m, bool *settling)
{
    *settling = m->settling;
    return m->stuck ? m->why : NULL;
}

void slot_mover_each(const struct slot_mover *m, slot_in_flight *fn, void *arg)
{
    const struct proto_cluster_node *from = m->n_flights ? end_entry(m, FROM) : NULL,
                                    *to = m->n_flights ? end_entry(m, TO) : NULL;
    for (int i = 0; from != NULL && to != NULL && i < m->n_flights; i++) fn(arg, m->flights[i].slot, from, to);
}

bool slot_mover_has(const struct slot_mover *m, int slot)
{
    for (int i = 0; i < m->n_flights; i++)
        if (m->flights[i].slot == slot) return true;
    return false;
}

void slot_mover_close(struct slot_mover *m)
{
    give_up_trip(m);
    arena_fini(&m->keys);
    free(m->cluster);
    free(m);
}
