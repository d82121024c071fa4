#include "agent/redis/conf.h"
#include "agent/redis/info.h"
#include "agent/redis_cluster/cluster_view.h"
#include "base/arena.h"
#include "model/model.h"
#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What behaviours can't show: the network between models, chance, faults, what the world outside sees, and that the agent reads them. */

enum { MS = 1000, SECOND = 1000000, PORT = 6379 };

static struct {
    struct model_world *w;
    int64_t now, delay_us;
    enum model_reach reach; /* of what flies over any wire */
    char dir[64], unknown[200];
    jmp_buf stopped;
    int ended;
} stage;

static enum model_reach carry(void *arg, const struct model_wire *wire, int64_t now, int64_t *delay_us)
{
    (void)arg;
    (void)wire;
    (void)now;
    *delay_us = stage.delay_us;
    return stage.reach;
}

static void unknown(void *arg, const struct model_engine *e, const char *what)
{
    (void)arg;
    (void)e;
    snprintf(stage.unknown, sizeof stage.unknown, "%s", what);
    longjmp(stage.stopped, 1);
}

static void exited(void *arg, struct model_engine *e, int status, int sig)
{
    (void)arg;
    (void)e;
    stage.ended = sig ? -sig : status;
}

static void open_world(uint64_t seed)
{
    strcpy(stage.dir, "/tmp/meridian-models-XXXXXX");
    stage.now = SECOND;
    stage.delay_us = 100;
    stage.reach = MODEL_REACHED;
    cr_assert_not_null(mkdtemp(stage.dir));
    stage.w = model_world_new(seed, &(struct model_hooks){.exited = exited, .carry = carry, .unknown = unknown});
}

static void close_world(void)
{
    char command[100];
    model_world_free(stage.w);
    snprintf(command, sizeof command, "rm -rf %s", stage.dir);
    cr_assert_eq(system(command), 0);
}

static void pass(int64_t us)
{
    stage.now += us;
    model_tick(stage.w, stage.now);
}

static struct model_engine *start(char name, const char *more)
{
    char folder[128], path[200];
    snprintf(folder, sizeof folder, "%s/%c", stage.dir, name);
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/redis.conf", folder);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fprintf(f,
        "save \"\"\nport %d\nbind 127.0.0.%d\nrepl-timeout 15\nrepl-ping-replica-period 1\nrepl-diskless-sync-delay "
        "0\nshutdown-on-sigterm save\n"
        "enable-debug-command yes\n%s\n",
        PORT, name - 'a' + 1, more);
    fclose(f);
    struct model_engine *e = model_spawn(
        stage.w, MODEL_REDIS, folder, "engine.log", 2, (const char *const[]){"redis-server", "redis.conf"}, stage.now);
    pass(50 * MS);
    return e;
}

static const struct redisReply *ask(struct model_engine *e, const char *text)
{
    char line[400], *words[32], *rest = NULL;
    int n = 0;
    snprintf(line, sizeof line, "%s", text);
    for (char *w = strtok_r(line, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) words[n++] = w;
    struct model_conn *c = model_connect(e, NULL, NULL, NULL);
    cr_assert_not_null(c, "nobody listens");
    const struct redisReply *r = model_command(c, n, (const char *const *)words, NULL, stage.now);
    model_close(c, stage.now);
    return r;
}

static struct model_role role_of(const struct model_engine *e)
{
    struct model_role r;
    model_role(e, stage.now, &r);
    return r;
}

Test(model, a_write_arrives_after_the_delay)
{
    open_world(1);
    struct model_engine *a = start('a', ""), *b = start('b', "replicaof 127.0.0.1 6379");
    pass(2 * SECOND);
    cr_assert(role_of(b).link_up);
    stage.delay_us = 40 * MS;
    ask(a, "SET k v");
    pass(39 * MS);
    cr_expect_null(model_value(b, "k"));
    pass(2 * MS);
    cr_expect_str_eq(model_value(b, "k"), "v");
    close_world();
}

Test(model, a_silent_network_is_noticed_after_the_timeout_and_caught_up_with)
{
    open_world(2);
    struct model_engine *a = start('a', ""), *b = start('b', "replicaof 127.0.0.1 6379");
    pass(3 * SECOND);
    stage.reach = MODEL_SILENT;
    ask(a, "SET k v");
    pass(14 * SECOND);
    cr_expect(role_of(b).link_up);
    pass(5 * SECOND);
    cr_expect_not(role_of(b).link_up);
    cr_expect_null(model_value(b, "k"));
    stage.reach = MODEL_REACHED;
    pass(20 * SECOND);
    cr_expect(role_of(b).link_up);
    cr_expect_str_eq(model_value(b, "k"), "v");
    cr_expect_eq(role_of(a).full_syncs, 1);
    cr_expect_eq(role_of(a).partial_syncs, 1);
    close_world();
}

Test(model, a_short_silence_loses_nothing_and_nobody_hears_of_it)
{
    open_world(3);
    struct model_engine *a = start('a', ""), *b = start('b', "replicaof 127.0.0.1 6379");
    pass(3 * SECOND);
    stage.reach = MODEL_SILENT;
    ask(a, "SET k v");
    pass(3 * SECOND);
    stage.reach = MODEL_REACHED;
    pass(SECOND);
    cr_expect_str_eq(model_value(b, "k"), "v");
    cr_expect_eq(role_of(a).partial_syncs, 0);
    close_world();
}

Test(model, a_connection_that_the_network_closes_is_made_anew)
{
    open_world(4);
    struct model_engine *a = start('a', ""), *b = start('b', "replicaof 127.0.0.1 6379");
    pass(3 * SECOND);
    stage.reach = MODEL_REFUSED;
    ask(a, "SET k v");
    pass(SECOND);
    cr_expect_not(role_of(b).link_up);
    stage.reach = MODEL_REACHED;
    pass(3 * SECOND);
    cr_expect_str_eq(model_value(b, "k"), "v");
    cr_expect_eq(role_of(a).partial_syncs, 1);
    close_world();
}

static void live_a_little(uint64_t seed, char out[600])
{
    open_world(seed);
    struct model_engine *a = start('a', ""), *b = start('b', "replicaof 127.0.0.1 6379"),
                        *c = start('c', "replicaof 127.0.0.2 6379");
    for (int i = 0; i < 50; i++) {
        ask(a, "INCR n");
        pass(37 * MS);
    }
    model_signal(a, SIGKILL, stage.now);
    ask(b, "REPLICAOF NO ONE");
    pass(3 * SECOND);
    struct model_role rb = role_of(b), rc = role_of(c);
    snprintf(out, 600, "%s %s %lld %s %lld %u", rb.replid, rb.replid2, (long long)rb.offset, rc.replid, (long long)rc.offset,
        rb.partial_syncs);
    close_world();
}

Test(model, the_same_seed_gives_the_same_world)
{
    char one[600], same[600], other[600];
    live_a_little(7, one);
    live_a_little(7, same);
    live_a_little(8, other);
    cr_expect_str_eq(one, same);
    cr_expect_str_neq(one, other);
}

Test(model, every_write_is_remembered_with_its_offset)
{
    open_world(9);
    struct model_engine *a = start('a', ""), *b = start('b', "replicaof 127.0.0.1 6379");
    const struct model_write *w;
    pass(2 * SECOND);
    ask(a, "SET k 1");
    ask(a, "INCR k");
    ask(a, "DEL k");
    cr_assert_eq(model_history(stage.w, "k", &w), 3);
    cr_expect_str_eq(w[0].value, "1");
    cr_expect_str_eq(w[1].value, "2");
    cr_expect_null(w[2].value);
    cr_expect_eq(w[1].by, a);
    cr_expect_eq(w[2].offset, role_of(a).offset);
    cr_expect_str_eq(w[2].replid, role_of(a).replid);
    pass(SECOND);
    cr_expect_geq(role_of(b).offset, w[2].offset);
    cr_expect_eq(model_history(stage.w, "other", &w), 0);
    close_world();
}

Test(model, what_is_not_known_stops_the_run_with_its_name)
{
    open_world(10);
    struct model_engine *a = start('a', "");
    static const char *const lines[][2] = {{"LPUSH k v", "the command lpush"}, {"CLIENT LIST", "the command client|list"},
        {"CLUSTER LINKS", ""} /* refused, as by the engine outside of cluster mode */, {"DEBUG OBJECT k", "DEBUG OBJECT"},
        {"EVAL for 0", "the script \"for\""}, {"INFO commandstats", "INFO commandstats"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        stage.unknown[0] = '\0';
        if (setjmp(stage.stopped) == 0) ask(a, lines[i][0]);
        cr_expect_str_eq(stage.unknown, lines[i][1], "%s: %s", lines[i][0], stage.unknown);
    }
    close_world();
}

Test(model, a_full_disk_keeps_data_from_being_saved_and_the_engine_alive)
{
    open_world(11);
    struct model_engine *a = start('a', "");
    ask(a, "SET k v");
    model_fail_saves(a, "No space left on device");
    ask(a, "BGSAVE");
    pass(SECOND);
    cr_expect_not_null(strstr(ask(a, "INFO persistence")->str, "rdb_last_bgsave_status:err"));
    model_signal(a, SIGTERM, stage.now);
    pass(5 * SECOND);
    model_fail_saves(a, NULL);
    cr_expect(model_is_alive(a));
    close_world();
}

Test(model, a_slow_fork_keeps_everybody_waiting)
{
    open_world(12);
    struct model_engine *a = start('a', "");
    model_knobs(stage.w)->fork_us = 2 * SECOND;
    ask(a, "BGSAVE");
    cr_expect_null(ask(a, "PING"));
    cr_expect(model_works(a, stage.now));
    pass(3 * SECOND);
    cr_expect_str_eq(ask(a, "PING")->str, "PONG");
    close_world();
}

Test(model, whoever_stands_still_does_not_work)
{
    open_world(13);
    struct model_engine *a = start('a', "");
    cr_expect_not(model_works(a, stage.now));
    model_signal(a, SIGSTOP, stage.now);
    cr_expect(model_is_stopped(a));
    cr_expect_not(model_works(a, stage.now));
    model_signal(a, SIGTERM, stage.now);
    pass(SECOND);
    cr_expect(model_is_alive(a));
    model_signal(a, SIGCONT, stage.now);
    pass(SECOND);
    cr_expect_eq(stage.ended, 0);
    cr_expect_not(model_is_alive(a));
    close_world();
}

/* A pause is counted by the wall clock: a clock that is set forward ends it. */
Test(model, a_clock_that_is_set_forward_ends_times_to_live_and_pauses)
{
    open_world(14);
    struct model_engine *a = start('a', "");
    ask(a, "SET k v EX 3000");
    cr_expect_str_eq(model_value(a, "k"), "v");
    model_wall(stage.w, (int64_t)3600 * SECOND);
    pass(SECOND);
    cr_expect_null(model_value(a, "k"));
    close_world();
}

/* ---- a gateway: whoever dials it reaches whom the network says ---- */

static struct model_engine *behind;

static enum model_reach dial(void *arg, const struct model_engine *from, const char *host, int port, struct model_path *out)
{
    (void)arg;
    (void)from;
    if (strcmp(host, "127.0.0.99") != 0) return MODEL_REFUSED;
    *out = (struct model_path){.to = behind, .tag = (uint64_t)port};
    return behind ? MODEL_REACHED : MODEL_SILENT;
}

Test(model, a_gateway_leads_where_the_network_says)
{
    open_world(18);
    model_world_free(stage.w);
    stage.w = model_world_new(18, &(struct model_hooks){.dial = dial, .carry = carry, .unknown = unknown});
    struct model_engine *a = start('a', "repl-ping-replica-period 3600"),
                        *b = start('b', "replicaof 127.0.0.99 7000\nrepl-timeout 3");
    behind = NULL;
    pass(2 * SECOND);
    cr_expect_not(role_of(b).link_up);
    behind = a;
    ask(a, "SET k v");
    pass(10 * SECOND);
    cr_expect(role_of(b).link_up);
    cr_expect_str_eq(model_value(b, "k"), "v");
    model_cut(stage.w, 1, stage.now);
    pass(MS);
    cr_expect(role_of(b).link_up, "that was another one's");
    struct model_engine *c = start('c', "replicaof 127.0.0.99 7001");
    pass(2 * SECOND);
    behind = c;
    ask(a, "REPLICAOF 127.0.0.99 7002");
    ask(c, "REPLICAOF NO ONE");
    model_cut(stage.w, 7000, stage.now);
    pass(10 * SECOND);
    ask(c, "SET k w");
    pass(SECOND);
    cr_expect_str_eq(model_value(a, "k"), "w");
    cr_expect_str_eq(model_value(b, "k"), "w");
    cr_expect_eq(role_of(c).full_syncs, 0);
    cr_expect_eq(role_of(c).partial_syncs, 2);
    close_world();
}

/* ---- the agent reads what models say ---- */

Test(model, the_agent_reads_what_models_say_of_themselves)
{
    open_world(15);
    struct model_engine *a = start('a', ""), *b = start('b', "replicaof 127.0.0.1 6379");
    struct replication_info i;
    struct server_info s;
    struct memory_info m;
    pass(2 * SECOND);
    const struct redisReply *r = ask(b, "INFO replication");
    cr_expect(
        info_replication(r->str, r->len, &i) && i.role == ROLE_REPLICA && i.link_up && strcmp(i.upstream_host, "127.0.0.1") == 0);
    r = ask(a, "INFO replication");
    cr_expect(info_replication(r->str, r->len, &i) && i.role == ROLE_PRIMARY);
    r = ask(a, "INFO server");
    cr_expect(info_server(r->str, r->len, &s) && s.pid == model_pid(a) && strcmp(s.version, "7.0.15") == 0);
    r = ask(a, "INFO memory");
    cr_expect(info_memory(r->str, r->len, &m) && m.used > 0 && m.data > 0);
    close_world();
}

Test(model, the_agent_reads_what_models_say_of_their_cluster)
{
    open_world(16);
    struct model_engine *a = start('a', "cluster-enabled yes\ncluster-announce-ip 127.0.0.1");
    struct cluster_nodes nodes;
    struct err e = {0};
    _arena_ struct arena arena = {0};
    bool whole;
    int64_t known;
    ask(a, "CLUSTER ADDSLOTSRANGE 0 16383");
    pass(3 * SECOND);
    cr_expect(cluster_info_read(ask(a, "CLUSTER INFO"), &whole, &known) && whole && known == 1);
    const struct redisReply *r = ask(a, "CLUSTER NODES");
    cr_assert_eq(cluster_nodes_read(r->str, r->len, known, &arena, &nodes, &e), 0, "%s", e.msg);
    cr_expect_str_eq(nodes.myself->slots, "0-16383");
    close_world();
}

Test(model, a_cluster_bus_is_at_its_own_address_alone)
{
    open_world(18);
    start('k', "cluster-enabled yes");
    cr_expect(model_listens(stage.w, "127.0.0.11", PORT + 10000));
    cr_expect_not(model_listens(stage.w, "127.0.0.1", PORT + 10000));
    close_world();
}

Test(model, a_model_starts_from_what_the_agent_writes)
{
    struct proto_node_order o = {.engine = "redis",
        .address = "127.0.0.1",
        .role = ROLE_PRIMARY,
        .admin_password = "admin's",
        .replication_password = "peers'"};
    struct string_list none = {0};
    char folder[128], path[200];
    _buf_ struct buf text = {0};
    open_world(17);
    o.port.v = PORT;
    o.port.set = true;
    snprintf(folder, sizeof folder, "%s/a", stage.dir);
    mkdir(folder, 0700);
    conf_render(&o, &none, &none, folder, &text);
    snprintf(path, sizeof path, "%s/redis.conf", folder);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text.data, f);
    fclose(f);
    struct model_engine *e =
        model_spawn(stage.w, MODEL_REDIS, folder, "engine.log", 2, (const char *const[]){"redis-server", path}, stage.now);
    pass(SECOND);
    cr_assert(model_is_alive(e));
    struct model_conn *c = model_connect(e, NULL, NULL, NULL);
    cr_expect_str_eq(model_command(c, 3, (const char *const[]){"AUTH", CONF_ADMIN, "admin's"}, NULL, stage.now)->str, "OK");
    cr_expect_str_eq(model_command(c, 2, (const char *const[]){"ACL", "WHOAMI"}, NULL, stage.now)->str, CONF_ADMIN);
    model_close(c, stage.now);
    cr_expect_eq(model_at(stage.w, "127.0.0.1", PORT, &(bool){false}), e);
    cr_expect_eq(model_in(stage.w, folder), e);
    close_world();
}
