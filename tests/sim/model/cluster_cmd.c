#include "cluster.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The commands of Redis Cluster, and where a client is sent with its keys. */

static struct redisReply *ok(struct call *c)
{
    cluster_settle(c->e->cluster, c->now);
    return reply_status(c->w, "OK");
}

static struct redisReply *unknown_node(const struct call *c, const char *name)
{
    return reply_error(c->w, "ERR Unknown node %s", name);
}

/* ---- looking ---- */

struct redisReply *cluster_nodes(struct call *c)
{
    struct buf *out = &c->w->text;
    out->len = 0;
    for (size_t i = 0; i < c->e->cluster->n; i++) cluster_line(c->e->cluster, c->e->cluster->nodes[i], out);
    return reply_text(c->w, out->data, out->len);
}

struct redisReply *cluster_info(struct call *c)
{
    const struct cluster *k = c->e->cluster;
    int assigned = 0, fine = 0, pfail = 0, fail = 0;
    for (size_t i = 0; i < k->n; i++) {
        const struct cnode *n = k->nodes[i];
        assigned += n->n_slots;
        if (n->flags & NODE_FAIL) fail += n->n_slots;
        else if (n->flags & NODE_PFAIL) pfail += n->n_slots;
        else fine += n->n_slots;
    }
    const struct cnode *mine = k->myself->flags & NODE_SLAVE && k->myself->master ? k->myself->master : k->myself;
    struct buf *out = &c->w->text;
    out->len = 0;
    buf_printf(out, "cluster_state:%s\r\ncluster_slots_assigned:%d\r\ncluster_slots_ok:%d\r\ncluster_slots_pfail:%d\r\n",
        k->ok ? "ok" : "fail", assigned, fine, pfail);
    buf_printf(out, "cluster_slots_fail:%d\r\ncluster_known_nodes:%zu\r\ncluster_size:%d\r\ncluster_current_epoch:%llu\r\n", fail,
        k->n, k->size, (unsigned long long)k->epoch);
    buf_printf(out, "cluster_my_epoch:%llu\r\n", (unsigned long long)mine->epoch);
    return reply_text(c->w, out->data, out->len);
}

struct redisReply *cluster_myid(struct call *c)
{
    return reply_text(c->w, c->e->cluster->myself->name, HEX_ID);
}

static struct redisReply *slots_node(struct call *c, const struct cnode *n)
{
    struct redisReply *r = reply_array(c->w, 4);
    r->element[0] = reply_text(c->w, n->host, strlen(n->host));
    r->element[1] = reply_int(c->w, n->port);
    r->element[2] = reply_text(c->w, n->name, HEX_ID);
    r->element[3] = reply_array(c->w, 0);
    return r;
}

/* One that has nothing yet is not shown: no client is to read from it. */
static bool is_available(const struct cluster *k, const struct cnode *n)
{
    int64_t offset = n == k->myself ? cluster_offset(k) : n->offset;
    return !(n->flags & NODE_FAIL) && offset != 0;
}

static struct redisReply *slots_range(struct call *c, const struct cnode *owner, int first, int last)
{
    const struct cluster *k = c->e->cluster;
    struct redisReply *r = reply_array(c->w, 3 + k->n);
    r->elements = 0;
    r->element[r->elements++] = reply_int(c->w, first);
    r->element[r->elements++] = reply_int(c->w, last);
    r->element[r->elements++] = slots_node(c, owner);
    for (size_t i = 0; i < k->n; i++)
        if (k->nodes[i]->master == owner && is_available(k, k->nodes[i])) r->element[r->elements++] = slots_node(c, k->nodes[i]);
    return r;
}

/* The last slot of those that have the same owner as 'first', four at a time. */
static int owner_end(const struct cluster *k, int first)
{
    const uint16_t owner = k->owners[first], four[4] = {owner, owner, owner, owner};
    int last = first;
    while (last + 5 <= SLOTS_ALL && memcmp(&k->owners[last + 1], four, sizeof four) == 0) last += 4;
    while (last + 1 < SLOTS_ALL && k->owners[last + 1] == owner) last++;
    return last;
}

struct redisReply *cluster_slots(struct call *c)
{
    const struct cluster *k = c->e->cluster;
    size_t n = 0;
    for (int slot = 0; slot < SLOTS_ALL; slot = owner_end(k, slot) + 1) n += k->owners[slot] != 0;
    struct redisReply *r = reply_array(c->w, n);
    r->elements = 0;
    for (int slot = 0, last; slot < SLOTS_ALL; slot = last + 1) {
        last = owner_end(k, slot);
        if (k->owners[slot]) r->element[r->elements++] = slots_range(c, cluster_owner(k, slot), slot, last);
    }
    return r;
}

/* NULL and the slot, or what is wrong with it. */
static struct redisReply *take_slot(struct call *c, int at, int *slot)
{
    int64_t n;
    if (!number_of(c->argv[at], c->lens[at], &n) || n < 0 || n >= SLOTS_ALL)
        return reply_error(c->w, "ERR Invalid or out of range slot");
    *slot = (int)n;
    return NULL;
}

struct redisReply *cluster_countkeysinslot(struct call *c)
{
    int slot = 0;
    struct redisReply *r = take_slot(c, 2, &slot);
    return r ? reply_error(c->w, "ERR Invalid slot") : reply_int(c->w, cluster_count_keys(c->e->cluster, slot));
}

struct redisReply *cluster_getkeysinslot(struct call *c)
{
    int slot = 0;
    int64_t most;
    if (take_slot(c, 2, &slot) || !number_of(c->argv[3], c->lens[3], &most) || most < 0)
        return reply_error(c->w, "ERR Invalid slot or number of keys");
    struct redisReply *r = reply_array(c->w, c->e->data.n);
    r->elements = 0;
    for (size_t i = 0; i < c->e->data.n && (int64_t)r->elements < most; i++) {
        const struct key *k = c->e->data.items[i].key;
        if (k->slot == slot) r->element[r->elements++] = reply_text(c->w, k->name, k->len);
    }
    return r;
}

struct redisReply *cluster_keyslot(struct call *c)
{
    return reply_int(c->w, slots_of_key(c->argv[2], c->lens[2]));
}

/* ---- who belongs to it ---- */

struct redisReply *cluster_meet(struct call *c)
{
    int64_t port, bus;
    struct in_addr a4;
    bool proper =
        inet_pton(AF_INET, c->argv[2], &a4) == 1 && number_of(c->argv[3], c->lens[3], &port) && port > 0 && port < 65536;
    if (!proper) return reply_error(c->w, "ERR Invalid node address specified: %s:%s", c->argv[2], c->argv[3]);
    bus = port + 10000;
    if (c->argc == 5 && !number_of(c->argv[4], c->lens[4], &bus))
        return reply_error(c->w, "ERR Invalid TCP bus port specified: %s", c->argv[4]);
    bus_start_handshake(c->e->cluster, c->argv[2], (int)port, (int)bus, NODE_MEET, c->now);
    return ok(c);
}

struct redisReply *cluster_forget(struct call *c)
{
    struct cluster *k = c->e->cluster;
    struct cnode *n = cluster_node(k, c->argv[2]);
    if (n == NULL) return unknown_node(c, c->argv[2]);
    if (n == k->myself) return reply_error(c->w, "ERR I tried hard but I can't forget myself...");
    if ((k->myself->flags & NODE_SLAVE) && k->myself->master == n) return reply_error(c->w, "ERR Can't forget my master!");
    cluster_ban(k, n->name, c->now);
    cluster_remove(k, n);
    return ok(c);
}

struct redisReply *cluster_replicate(struct call *c)
{
    struct cluster *k = c->e->cluster;
    struct cnode *n = cluster_node(k, c->argv[2]), *me = k->myself;
    if (n == NULL) return unknown_node(c, c->argv[2]);
    if (n == me) return reply_error(c->w, "ERR Can't replicate myself");
    if (n->flags & NODE_SLAVE) return reply_error(c->w, "ERR I can only replicate a master, not a replica.");
    if ((me->flags & NODE_MASTER) && (me->n_slots > 0 || c->e->data.n > 0))
        return reply_error(c->w, "ERR To set a master the node must be empty and without assigned slots.");
    cluster_set_master(k, n, c->now);
    return ok(c);
}

struct redisReply *cluster_failover(struct call *c)
{
    struct cluster *k = c->e->cluster;
    bool takeover = c->argc == 3 && word_is(c->argv[2], c->lens[2], "takeover");
    if (!takeover) model_unknown(c->e, "CLUSTER FAILOVER but for TAKEOVER");
    if (k->myself->flags & NODE_MASTER) return reply_error(c->w, "ERR You should send CLUSTER FAILOVER to a replica");
    if (k->myself->master == NULL) return reply_error(c->w, "ERR I'm a replica but my master is unknown to me");
    cluster_bump(k);
    vote_take_over(k, c->now);
    return ok(c);
}

struct redisReply *cluster_bumpepoch(struct call *c)
{
    char text[48];
    struct cluster *k = c->e->cluster;
    bool bumped = cluster_bump(k);
    snprintf(text, sizeof text, "%s %llu", bumped ? "BUMPED" : "STILL", (unsigned long long)k->myself->epoch);
    cluster_settle(k, c->now);
    return reply_status(c->w, text);
}

/* ---- slots ---- */

static struct redisReply *change_slots(struct call *c, const struct slots *slots, bool add)
{
    struct cluster *k = c->e->cluster;
    for (int slot = slots_next(slots, 0); slot < SLOTS_ALL; slot = slots_next(slots, slot + 1)) {
        if (add && k->owners[slot]) return reply_error(c->w, "ERR Slot %d is already busy", slot);
        if (!add && !k->owners[slot]) return reply_error(c->w, "ERR Slot %d is already unassigned", slot);
    }
    for (int slot = slots_next(slots, 0); slot < SLOTS_ALL; slot = slots_next(slots, slot + 1)) {
        const struct move *m = cluster_move(k, slot);
        if (add && m && m->from) cluster_set_move(k, slot, NULL, NULL);
        cluster_give_slot(k, slot, add ? k->myself : NULL);
    }
    cluster_changed(k);
    return ok(c);
}

static struct redisReply *change_listed(struct call *c, bool ranges, bool add)
{
    struct slots slots = {0};
    int first = 0, last = 0;
    if (ranges && c->argc % 2 == 1) return reply_error(c->w, "ERR wrong number of arguments for '%s' command", c->row->name);
    for (int i = 2; i < c->argc; i += ranges ? 2 : 1) {
        struct redisReply *r = take_slot(c, i, &first);
        last = first;
        if (!r && ranges) r = take_slot(c, i + 1, &last);
        if (r) return r;
        if (first > last) return reply_error(c->w, "ERR start slot number %d is greater than end slot number %d", first, last);
        for (int slot = first; slot <= last; slot++) {
            if (slots_has(&slots, slot)) return reply_error(c->w, "ERR Slot %d specified multiple times", slot);
            slots_add(&slots, slot);
        }
    }
    return change_slots(c, &slots, add);
}

struct redisReply *cluster_addslots(struct call *c)
{
    return change_listed(c, false, true);
}

struct redisReply *cluster_addslotsrange(struct call *c)
{
    return change_listed(c, true, true);
}

struct redisReply *cluster_delslots(struct call *c)
{
    return change_listed(c, false, false);
}

struct redisReply *cluster_delslotsrange(struct call *c)
{
    return change_listed(c, true, false);
}

static struct redisReply *set_migrating(struct call *c, int slot)
{
    struct cluster *k = c->e->cluster;
    if (cluster_owner(k, slot) != k->myself) return reply_error(c->w, "ERR I'm not the owner of hash slot %d", slot);
    struct cnode *n = cluster_node(k, c->argv[4]);
    if (n == NULL) return reply_error(c->w, "ERR I don't know about node %s", c->argv[4]);
    if (n->flags & NODE_SLAVE) return reply_error(c->w, "ERR Target node is not a master");
    cluster_set_move(k, slot, n, NULL);
    return ok(c);
}

static struct redisReply *set_importing(struct call *c, int slot)
{
    struct cluster *k = c->e->cluster;
    if (cluster_owner(k, slot) == k->myself) return reply_error(c->w, "ERR I'm already the owner of hash slot %d", slot);
    struct cnode *n = cluster_node(k, c->argv[4]);
    if (n == NULL) return reply_error(c->w, "ERR I don't know about node %s", c->argv[4]);
    if (n->flags & NODE_SLAVE) return reply_error(c->w, "ERR Target node is not a master");
    cluster_set_move(k, slot, NULL, n);
    return ok(c);
}

static struct redisReply *set_node(struct call *c, int slot)
{
    struct cluster *k = c->e->cluster;
    struct cnode *n = cluster_node(k, c->argv[4]);
    const struct move *m = cluster_move(k, slot);
    bool mine = cluster_owner(k, slot) == k->myself, was_importing = m && m->from;
    if (n == NULL) return unknown_node(c, c->argv[4]);
    if (n->flags & NODE_SLAVE) return reply_error(c->w, "ERR Target node is not a master");
    if (mine && n != k->myself && cluster_count_keys(k, slot))
        return reply_error(
            c->w, "ERR Can't assign hashslot %d to a different node while I still hold keys for this hash slot.", slot);
    if (m && m->to && cluster_count_keys(k, slot) == 0) cluster_set_move(k, slot, NULL, NULL);
    int before = k->myself->n_slots;
    cluster_give_slot(k, slot, n);
    /* Who has given its last slot follows whoever has it. */
    if (mine && n != k->myself && before > 0 && k->myself->n_slots == 0 && conf_yes(&c->e->conf, S_CLUSTER_MIGRATION))
        cluster_set_master(k, n, c->now);
    if (n == k->myself && was_importing) {
        cluster_bump(k);
        cluster_set_move(k, slot, NULL, NULL);
        cluster_changed(k);
        bus_tell_all(k, BUS_PONG, c->now);
    } else cluster_changed(k);
    return ok(c);
}

struct redisReply *cluster_setslot(struct call *c)
{
    int slot = 0;
    struct cluster *k = c->e->cluster;
    if (k->myself->flags & NODE_SLAVE) return reply_error(c->w, "ERR Please use SETSLOT only with masters.");
    struct redisReply *r = take_slot(c, 2, &slot);
    if (r) return r;
    if (c->argc == 5 && word_is(c->argv[3], c->lens[3], "migrating")) return set_migrating(c, slot);
    if (c->argc == 5 && word_is(c->argv[3], c->lens[3], "importing")) return set_importing(c, slot);
    if (c->argc == 5 && word_is(c->argv[3], c->lens[3], "node")) return set_node(c, slot);
    if (c->argc != 4 || !word_is(c->argv[3], c->lens[3], "stable"))
        return reply_error(c->w, "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP");
    cluster_set_move(k, slot, NULL, NULL);
    return ok(c);
}

/* ---- clients ---- */

struct redisReply *cluster_asking(struct call *c)
{
    if (c->e->cluster == NULL) return reply_error(c->w, "ERR This instance has cluster support disabled");
    c->conn->asking = true;
    return reply_status(c->w, "OK");
}

/* Valkey lets a client of a replica ask for reads outside of Redis Cluster, too. */
struct redisReply *cluster_readonly(struct call *c)
{
    if (c->e->cluster == NULL && c->e->kind != MODEL_VALKEY)
        return reply_error(c->w, "ERR This instance has cluster support disabled");
    c->conn->reads = strcmp(c->row->name, "readonly") == 0;
    return reply_status(c->w, "OK");
}

/* The slot of a command's keys; -1: it has none, -2: they are of different ones. */
static int slot_of_words(const struct row *row, int argc, const char *const argv[], const size_t lens[], int slot)
{
    int first = row->first_key, last = row->last_key < 0 ? argc + row->last_key : row->last_key, step = row->key_step;
    bool counted = strncmp(row->name, "eval", 4) == 0 || strcmp(row->name, "migrate") == 0;
    if (counted && row->name[0] == 'e' && argc > 2) {
        first = 3;
        last = 2 + atoi(argv[2]);
        step = 1;
    } else if (counted || first == 0) return slot;
    for (int i = first; i <= last && i < argc; i += step) {
        int own = slots_of_key(argv[i], lens[i]);
        if (slot >= 0 && slot != own) return -2;
        slot = own;
    }
    return slot;
}

static int slot_of_call(const struct call *c)
{
    int slot = -1;
    if (strcmp(c->row->name, "exec") != 0) return slot_of_words(c->row, c->argc, c->argv, c->lens, slot);
    for (const struct pending *p = c->conn->multi; p && slot != -2; p = p->next) {
        const struct row *container, *row = row_find(p->words.argv[0], p->words.lens[0], NULL, 0, &container);
        if (row) slot = slot_of_words(row, p->words.argc, p->words.argv, p->words.lens, slot);
    }
    return slot;
}

static bool has_all_keys(struct call *c, bool *any)
{
    bool all = true;
    const struct row *row = c->row;
    int last = row->last_key < 0 ? c->argc + row->last_key : row->last_key;
    *any = false;
    for (int i = row->first_key; row->first_key && i <= last && i < c->argc; i += row->key_step) {
        bool there = item_live(c->e, key_of(c->w, c->argv[i], c->lens[i]), c->now) != NULL;
        all &= there;
        *any |= there;
    }
    return all;
}

static struct redisReply *moved(struct call *c, const char *how, int slot, const struct cnode *n)
{
    return reply_error(c->w, "%s %d %s:%d", how, slot, n->host, n->port);
}

static struct redisReply *redirect(struct call *c, int slot, bool asking)
{
    struct cluster *k = c->e->cluster;
    struct cnode *owner = cluster_owner(k, slot), *me = k->myself;
    const struct move *m = cluster_move(k, slot);
    bool any, all = has_all_keys(c, &any), several = c->argc > 2 && c->row->last_key != c->row->first_key && c->row->first_key;
    if (owner == NULL) return reply_error(c->w, "CLUSTERDOWN Hash slot not served");
    if (!k->ok && !(conf_yes(&c->e->conf, S_CLUSTER_READS_DOWN) && !(c->row->bits & CMD_WRITE)))
        return reply_error(c->w, conf_yes(&c->e->conf, S_CLUSTER_READS_DOWN)
                                     ? "CLUSTERDOWN The cluster is down and only accepts read commands"
                                     : "CLUSTERDOWN The cluster is down");
    if (owner == me && m && m->to && !all) {
        if (several && any) return reply_error(c->w, "TRYAGAIN Multiple keys request during rehashing of slot");
        return moved(c, "ASK", slot, m->to);
    }
    if (m && m->from && asking) {
        if (several && !all) return reply_error(c->w, "TRYAGAIN Multiple keys request during rehashing of slot");
        return NULL;
    }
    bool reads = c->conn->reads && (me->flags & NODE_SLAVE) && me->master == owner && (c->row->bits & CMD_READONLY);
    return owner == me || reads ? NULL : moved(c, "MOVED", slot, owner);
}

struct redisReply *cluster_redirect(struct call *c)
{
    bool asking = c->conn->asking || (c->row->bits & CMD_ASKING);
    if (strcmp(c->row->name, "asking") != 0) c->conn->asking = false;
    int slot = slot_of_call(c);
    if (slot == -2) return reply_error(c->w, "CROSSSLOT Keys in request don't hash to the same slot");
    return slot < 0 ? NULL : redirect(c, slot, asking);
}

/* Nobody listens to channels. What it sends the other nodes tells of itself as a PONG does. */
struct redisReply *redis_publish(struct call *c)
{
    if (c->e->cluster) bus_tell_all(c->e->cluster, BUS_PONG, c->now);
    return reply_int(c->w, 0);
}
