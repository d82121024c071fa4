#include "model_int.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* INFO: what somebody here reads of it is as the engine writes it; of the rest there is nothing that would be a guess. */

static void put_text(struct buf *out, const char *name, const char *value)
{
    buf_puts(out, name);
    buf_putc(out, ':');
    buf_puts(out, value);
    buf_puts(out, "\r\n");
}

static void put_number(struct buf *out, const char *name, int64_t n)
{
    buf_puts(out, name);
    buf_putc(out, ':');
    buf_put_int(out, n);
    buf_puts(out, "\r\n");
}

static void put_server(struct call *c, struct buf *out)
{
    const struct model_engine *e = c->e;
    char program[600];
    buf_puts(out, "# Server\r\n");
    if (e->kind == MODEL_VALKEY) put_text(out, "redis_version", "7.2.4");
    if (e->kind == MODEL_VALKEY) put_text(out, "server_name", "valkey");
    put_text(out, e->kind == MODEL_VALKEY ? "valkey_version" : "redis_version", engine_version(e));
    put_text(out, e->kind == MODEL_VALKEY ? "server_mode" : "redis_mode", e->cluster ? "cluster" : "standalone");
    put_text(out, "arch_bits", "64");
    put_number(out, "process_id", e->pid);
    put_text(out, "run_id", e->run_id);
    put_number(out, "tcp_port", conf_number(&e->conf, S_PORT));
    put_number(out, "uptime_in_seconds", (c->now - e->started_at) / SECOND);
    put_number(out, "hz", 10);
    snprintf(program, sizeof program, "%s/%s", e->dir, e->kind == MODEL_VALKEY ? "valkey-server" : "redis-server");
    put_text(out, "executable", e->program[0] == '/' ? e->program : program);
    snprintf(program, sizeof program, "%s/redis.conf", e->dir);
    put_text(out, "config_file", program);
}

static void put_clients(struct call *c, struct buf *out)
{
    int64_t n = 0;
    for (const struct model_conn *conn = c->e->conns; conn; conn = conn->next) n++;
    buf_puts(out, "# Clients\r\n");
    put_number(out, "connected_clients", n);
    put_number(out, "maxclients", conf_number(&c->e->conf, S_MAXCLIENTS));
    put_number(out, "blocked_clients", conns_blocked(c->e));
}

static void put_memory(struct call *c, struct buf *out)
{
    buf_puts(out, "# Memory\r\n");
    put_number(out, "used_memory", engine_memory(c->e));
    put_number(out, "used_memory_startup", 876184);
    put_number(out, "maxmemory", conf_number(&c->e->conf, S_MAXMEMORY));
    put_text(out, "maxmemory_policy", conf_text(&c->e->conf, S_MAXMEMORY_POLICY));
    put_number(out, "mem_not_counted_for_evict", c->e->repl.log.histlen);
    put_number(out, "mem_replication_backlog", c->e->repl.log.histlen);
    put_number(out, "mem_total_replication_buffers", c->e->repl.log.histlen);
    put_number(out, "mem_clients_slaves", 0);
    put_number(out, "mem_clients_normal", 0);
    put_number(out, "mem_cluster_links", 0);
    put_number(out, "mem_aof_buffer", 0);
}

static void put_persistence(struct call *c, struct buf *out)
{
    const struct saving *s = &c->e->save;
    bool saves = s->child == CHILD_SAVE;
    buf_puts(out, "# Persistence\r\n");
    put_number(out, "loading", c->e->life == LIFE_LOADING || c->e->repl.loading);
    put_number(out, "async_loading", 0);
    put_number(out, "rdb_changes_since_last_save", s->dirty);
    put_number(out, "rdb_bgsave_in_progress", s->child != CHILD_NONE);
    put_number(out, "rdb_last_save_time", s->saved_at_ms / 1000);
    put_text(out, "rdb_last_bgsave_status", s->last_ok ? "ok" : "err");
    put_number(out, "rdb_last_bgsave_time_sec", s->last_took_s);
    put_number(out, "rdb_current_bgsave_time_sec", saves ? (c->now - s->child_since) / SECOND : -1);
    put_number(out, "rdb_saves", s->saves);
    put_number(out, "rdb_last_load_keys_expired", s->load_expired);
    put_number(out, "rdb_last_load_keys_loaded", s->loaded);
    put_number(out, "aof_enabled", 0);
}

static void put_stats(struct call *c, struct buf *out)
{
    const struct model_engine *e = c->e;
    buf_puts(out, "# Stats\r\n");
    put_number(out, "total_connections_received", e->next_conn);
    put_number(out, "total_commands_processed", e->commands);
    put_number(out, "sync_full", e->repl.full);
    put_number(out, "sync_partial_ok", e->repl.partial_ok);
    put_number(out, "sync_partial_err", e->repl.partial_err);
    put_number(out, "expired_keys", e->expired);
    put_number(out, "evicted_keys", e->evicted);
}

static void put_upstream(struct call *c, struct buf *out)
{
    const struct repl *r = &c->e->repl;
    bool up = repl_link_is_up(c->e), transfers = r->up && r->up->state == LINK_TRANSFER;
    int64_t offset = up || r->cached ? r->offset : 1;
    put_text(out, "master_host", r->host);
    put_number(out, "master_port", r->port);
    put_text(out, "master_link_status", up ? "up" : "down");
    put_number(out, "master_last_io_seconds_ago", up ? (c->now - r->up->heard_at) / SECOND : -1);
    put_number(out, "master_sync_in_progress", transfers);
    put_number(out, "slave_read_repl_offset", offset);
    put_number(out, "slave_repl_offset", offset);
    if (!up) put_number(out, "master_link_down_since_seconds", r->down_since ? (c->now - r->down_since) / SECOND : -1);
    put_number(out, "slave_priority", 100);
    put_number(out, "slave_read_only", conf_yes(&c->e->conf, S_READ_ONLY));
    put_text(out, "replica_announced", "1");
}

/* A replica that has told its address is shown with it. */
static void put_replicas(struct call *c, struct buf *out)
{
    int64_t n = 0, at = 0;
    for (const struct link *l = c->e->repl.replicas; l; l = l->next) n++;
    put_number(out, "connected_slaves", n);
    for (const struct link *l = c->e->repl.replicas; l; l = l->next, at++) {
        if (l->replica == NULL) continue;
        const struct conf *k = &l->replica->conf;
        int64_t announced = conf_number(k, S_ANNOUNCE_PORT);
        const char *ip = conf_text(k, S_ANNOUNCE_IP);
        buf_printf(out, "slave%d:ip=%s,port=%d,state=%s,offset=%lld,lag=%lld\r\n", (int)at, *ip ? ip : "127.0.0.1",
            (int)(announced ? announced : conf_number(k, S_PORT)), link_is_online(l) ? "online" : "wait_bgsave",
            (long long)l->acked, (long long)(link_is_online(l) ? (c->now - l->acked_at) / SECOND : 0));
    }
}

static void put_replication(struct call *c, struct buf *out)
{
    const struct repl *r = &c->e->repl;
    buf_puts(out, "# Replication\r\n");
    put_text(out, "role", r->host ? "slave" : "master");
    if (r->host) put_upstream(c, out);
    put_replicas(c, out);
    put_text(out, "master_failover_state", "no-failover");
    put_text(out, "master_replid", r->replid);
    put_text(out, "master_replid2", r->replid2);
    put_number(out, "master_repl_offset", r->offset);
    put_number(out, "second_repl_offset", r->second_offset);
    put_number(out, "repl_backlog_active", r->log.active);
    put_number(out, "repl_backlog_size", conf_number(&c->e->conf, S_REPL_BACKLOG));
    put_number(out, "repl_backlog_first_byte_offset", r->log.active ? r->log.offset : 0);
    put_number(out, "repl_backlog_histlen", r->log.histlen);
}

static void put_cluster(struct call *c, struct buf *out)
{
    buf_puts(out, "# Cluster\r\n");
    put_number(out, "cluster_enabled", c->e->cluster != NULL);
}

static void put_keyspace(struct call *c, struct buf *out)
{
    size_t expiring = 0;
    buf_puts(out, "# Keyspace\r\n");
    for (size_t i = 0; i < c->e->data.n; i++) expiring += c->e->data.items[i].expires_ms != 0;
    if (c->e->data.n) buf_printf(out, "db0:keys=%zu,expires=%zu,avg_ttl=0\r\n", c->e->data.n, expiring);
}

static const struct {
    const char *name;
    void (*put)(struct call *c, struct buf *out);
} sections[] = {{"server", put_server}, {"clients", put_clients}, {"memory", put_memory}, {"persistence", put_persistence},
    {"stats", put_stats}, {"replication", put_replication}, {"cluster", put_cluster}, {"keyspace", put_keyspace}};

struct redisReply *redis_info(struct call *c)
{
    struct buf *out = &c->w->text;
    out->len = 0;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        bool asked = c->argc == 1;
        for (int k = 1; k < c->argc; k++) asked |= word_is(c->argv[k], c->lens[k], sections[i].name);
        if (asked && out->len) buf_puts(out, "\r\n");
        if (asked) sections[i].put(c, out);
    }
    if (out->len == 0) model_unknown(c->e, "INFO %s", c->argv[1]);
    return reply_text(c->w, out->data, out->len);
}

/* No command of the models is slow. */
struct redisReply *redis_slowlog_get(struct call *c)
{
    return reply_array(c->w, 0);
}

struct redisReply *redis_role(struct call *c)
{
    const struct repl *r = &c->e->repl;
    if (r->host) {
        static const char *const states[] = {[LINK_NONE] = "connect",
            [LINK_DIALLING] = "connecting",
            [LINK_ASKED] = "connecting",
            [LINK_TRANSFER] = "sync",
            [LINK_UP] = "connected"};
        const char *state = states[r->up ? r->up->state : LINK_NONE];
        struct redisReply *a = reply_array(c->w, 5);
        a->element[0] = reply_text(c->w, "slave", 5);
        a->element[1] = reply_text(c->w, r->host, strlen(r->host));
        a->element[2] = reply_int(c->w, r->port);
        a->element[3] = reply_text(c->w, state, strlen(state));
        a->element[4] = reply_int(c->w, repl_link_is_up(c->e) ? r->offset : -1);
        return a;
    }
    size_t n = 0, at = 0;
    for (const struct link *l = r->replicas; l; l = l->next) n += l->replica != NULL && link_is_online(l);
    struct redisReply *a = reply_array(c->w, 3), *list = reply_array(c->w, n);
    a->element[0] = reply_text(c->w, "master", 6);
    a->element[1] = reply_int(c->w, r->offset);
    a->element[2] = list;
    for (const struct link *l = r->replicas; l; l = l->next) {
        char port[12], offset[24];
        if (l->replica == NULL || !link_is_online(l)) continue;
        const char *ip = conf_text(&l->replica->conf, S_ANNOUNCE_IP);
        struct redisReply *one = list->element[at++] = reply_array(c->w, 3);
        one->element[0] = reply_text(c->w, ip, strlen(ip));
        int port_len = snprintf(port, sizeof port, "%d", (int)conf_number(&l->replica->conf, S_PORT));
        int offset_len = snprintf(offset, sizeof offset, "%lld", (long long)l->acked);
        one->element[1] = reply_text(c->w, port, (size_t)port_len);
        one->element[2] = reply_text(c->w, offset, (size_t)offset_len);
    }
    return a;
}

void model_role(const struct model_engine *e, int64_t now, struct model_role *out)
{
    const struct repl *r = &e->repl;
    *out = (struct model_role){.primary = r->host == NULL,
        .upstream_host = r->host,
        .upstream_port = r->port,
        .link_up = repl_link_is_up(e),
        .offset = r->offset,
        .second_offset = r->second_offset,
        .replid = r->replid,
        .replid2 = r->replid2,
        .full_syncs = r->full,
        .partial_syncs = r->partial_ok};
    out->takes_writes = out->primary && engine_turns(e, now) && e->life == LIFE_RUNNING &&
                        !pause_holds((struct model_engine *)(uintptr_t)e, true, now);
}
