#include "agent/node/folder.h"
#include "agent/node/saved.h"
#include "agent/redis/state.h"
#include "agent/redis_cluster/cluster_map.h"
#include "agent/snapshots/shelf.h"
#include "rdb_file.h"
#include "scripted_redis.h"
#include "task_visits.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
/* Every state and every allowed move of a node's tasks, each made by what its engine, its order or its clock does. */

TestSuite(tasks, .init = script_open, .fini = script_close);

/* Of what it asks, looks at where it stands and at its clients are answered and passed over. */
static const char *replication;

static const char *command(struct rconn *c)
{
    for (;;) {
        const char *asked = script_read(c);
        if (strcmp(asked, "INFO clients") == 0) script_say_text(c, "blocked_clients:0\r\n");
        else if (strcmp(asked, "INFO replication") == 0) script_say_text(c, replication);
        else if (strcmp(asked, "REPLCONF GETACK *") != 0) return asked; /* which has no answer */
    }
}

static void expect(struct rconn *c, const char *asked, const char *wire)
{
    cr_assert_str_eq(command(c), asked);
    script_say(c, wire);
}

static struct rconn *start(struct node *n, const struct proto_node_order *o)
{
    replication = SCRIPT_MASTER;
    return redis_start_primary(n, o);
}

#define OK "+OK\r\n"
#define BUSY "-BUSY Redis is busy running a script\r\n"
#define TAKEN "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.\r\n"

/* ---- fence ---- */

#define QUIET "CONFIG SET repl-ping-replica-period 2147483647"
#define LOUD "CONFIG SET repl-ping-replica-period 1"
#define PAUSE "CLIENT PAUSE 3155760000000 WRITE"

Test(tasks, every_move_of_a_fence)
{
    struct proto_node_order open = redis_order(ROLE_PRIMARY), fenced = redis_order(ROLE_PRIMARY);
    fenced.fence = OPT_BOOL(true);
    replication = SCRIPT_MASTER;
    script_leave_process(SCRIPT_ID, 1);
    script_listen(SCRIPT_ID, true);
    struct node *n = script_node(SCRIPT_ID);
    script_order(n, &open);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_MASTER);
    expect(c, "CLIENT UNPAUSE", OK); /* one of the last agent, perhaps */
    expect(c, LOUD, OK);
    expect(c, "CONFIG SET min-replicas-to-write 0 min-replicas-max-lag 10", OK); /* and a start of it that refused writes */
    cr_assert_str_eq(command(c), "");
    script_order(n, &fenced);
    expect(c, QUIET, OK);
    expect(c, PAUSE, OK);
    cr_assert_str_eq(command(c), "");
    cr_assert_eq(redis_of(n)->fence, FENCE_ON);
    script_order(n, &open);
    expect(c, "CLIENT UNPAUSE", OK);
    expect(c, LOUD, OK);
    script_order(n, &fenced);
    expect(c, QUIET, OK);
    cr_assert_str_eq(script_read(c), PAUSE);
    script_order(n, &open);
    script_say(c, OK);
    expect(c, "CLIENT UNPAUSE", OK);
    cr_assert_eq(redis_of(n)->fence, FENCE_QUIET);
    task_visits_assert_all("fence");
}

/* ---- writes that a client holds up ---- */

/* It is asked about its clients a second later, and so many of them are blocked. */
static void tell_blocked(struct node *n, struct rconn *c, const char *clients)
{
    script_later(n, 1001);
    cr_assert_str_eq(script_read(c), "INFO clients");
    script_say_text(c, clients);
}

static struct rconn *begin_try(struct node *n, struct rconn *c)
{
    tell_blocked(n, c, "blocked_clients:1\r\n");
    struct rconn *try = script_conn(SCRIPT_ID, 1);
    cr_assert_not_null(try);
    script_accept(try);
    script_dialogue(try, "AUTH meridian-admin secret", OK);
    cr_assert_str_eq(script_read(try), "EVAL return 1 0");
    return try;
}

Test(tasks, every_move_of_the_look_for_held_writes)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = start(n, &o);
    tell_blocked(n, c, "blocked_clients:0\r\n");
    cr_assert_eq(redis_of(n)->held.state, HELD_REST);
    struct rconn *try = begin_try(n, c);
    script_say(try, BUSY);
    cr_assert_eq(redis_of(n)->held.state, HELD_REST, "what is refused was not held up");
    try = begin_try(n, c);
    cr_assert_eq(redis_of(n)->held.state, HELD_TRY);
    tell_blocked(n, c, "blocked_clients:1\r\n");
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_HELD);
    tell_blocked(n, c, "blocked_clients:0\r\n");
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_HELD, "it has no answer yet");
    script_hang_up(try, "closed");
    cr_assert_eq(script_see(n).blocked, SEEN_BLOCKED_NONE);
    task_visits_assert_all("look for held writes");
}

/* ---- writes that nobody else has ---- */

#define REPLID "0123456789012345678901234567890123456789"
#define KEPT "role:master\r\nmaster_replid:" REPLID "\r\nmaster_repl_offset:200\r\nrepl_backlog_first_byte_offset:51\r\n"
#define SET_K "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n" /* 27 bytes */
#define PING "*1\r\n$4\r\nPING\r\n"                       /* 14 bytes */

static struct proto_node_order to_count(int64_t from)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    o.fence = OPT_BOOL(true);
    o.count_from = OPT_INT(from);
    return o;
}

/* The count from another offset is ordered, and asked for on the connection that is returned. */
static struct rconn *begin_count(struct node *n, struct proto_node_order *o, int64_t from, const char *asked)
{
    *o = to_count(from);
    script_order(n, o);
    struct rconn *stream = script_conn(SCRIPT_ID, 1);
    cr_assert_not_null(stream);
    script_accept(stream);
    script_dialogue(stream, "AUTH meridian-admin secret", OK);
    cr_assert_str_eq(script_read(stream), asked);
    return stream;
}

static void expect_count(struct node *n, int64_t from, int64_t count)
{
    struct proto_node_seen seen = script_see(n);
    cr_assert_eq(seen.counted_from.v, from);
    cr_assert_eq(seen.counted.set, count >= 0);
    cr_assert(count < 0 || seen.counted.v == count);
}

Test(tasks, every_move_of_the_count_of_writes_that_nobody_else_has)
{
    struct proto_node_order orders[5] = {redis_order(ROLE_PRIMARY), to_count(201)};
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = start(n, &orders[0]), *stream;
    replication = KEPT;
    script_order(n, &orders[1]);
    expect(c, QUIET, OK);
    expect(c, PAUSE, OK);
    cr_assert_str_eq(command(c), "");
    expect_count(n, 201, 0); /* it has taken none */

    stream = begin_count(n, &orders[2], 133, "PSYNC " REPLID " 133");
    script_say(stream, "+CONTINUE\r\n");
    script_say(stream, SET_K);
    script_say(stream, PING);
    cr_assert_not(script_see(n).counted_from.set, "there is more to come");
    script_say(stream, SET_K);
    expect_count(n, 133, 2);

    stream = begin_count(n, &orders[3], 150, "PSYNC " REPLID " 150");
    script_say(stream, "+CONTINUE\r\n");
    script_say(stream, SET_K);
    script_say(stream, SET_K);
    expect_count(n, 150, -1); /* no command began there */

    orders[4] = to_count(50);
    script_order(n, &orders[4]);
    expect_count(n, 50, -1); /* the engine does not have it any more */

    stream = begin_count(n, &orders[2], 60, "PSYNC " REPLID " 60");
    script_say(stream, "+FULLRESYNC " REPLID " 200\r\n");
    expect_count(n, 60, -1);
    stream = begin_count(n, &orders[3], 61, "PSYNC " REPLID " 61");
    script_hang_up(stream, "closed");
    expect_count(n, 61, -1);
    task_visits_assert_all("count of writes that nobody else has");
}

/* ---- users ---- */

static const char *rules[] = {"on", "+@all"};
static struct proto_user_order users[] = {{.name = "app", .rules = {true, 2, rules}}, {.name = "web", .rules = {true, 2, rules}}};

static struct proto_node_order with_users(int64_t generation, size_t n, bool fenced)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY);
    o.users = (struct proto_user_order_list){true, n, users};
    o.users_generation = OPT_INT(generation);
    o.fence = OPT_BOOL(fenced);
    return o;
}

/* A process that the agent found: nothing is known of its users. */
static struct rconn *adopt(struct node *n, const struct proto_node_order *o)
{
    script_order(n, o);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_MASTER);
    expect(c, "CLIENT UNPAUSE", OK);
    expect(c, LOUD, OK);
    expect(c, "CONFIG SET min-replicas-to-write 0 min-replicas-max-lag 10", OK);
    return c;
}

#define APP "ACL SETUSER app on +@all"
#define WEB "ACL SETUSER web on +@all"
#define BAR " -client|unpause -client|pause"

Test(tasks, every_move_of_the_users)
{
    struct proto_node_order none = with_users(1, 0, false), both = with_users(2, 2, false), fenced = with_users(2, 2, true),
                            one = with_users(3, 1, false), left = with_users(4, 1, false), nobody = with_users(5, 0, false);
    replication = SCRIPT_MASTER;
    script_leave_process(SCRIPT_ID, 1);
    script_listen(SCRIPT_ID, true);
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = adopt(n, &none);
    const struct access *p = &redis_of(n)->access;
    expect(c, "ACL USERS", BUSY);
    cr_assert_eq(p->state, ACCESS_SWEEP);
    script_later(n, 51);
    expect(c, "ACL USERS", "*2\r\n$7\r\ndefault\r\n$3\r\nold\r\n");
    expect(c, "ACL DELUSER old", ":1\r\n");
    cr_assert_eq(p->state, ACCESS_IN_FORCE);
    script_order(n, &both);
    expect(c, APP, OK);
    cr_assert_eq(script_see(n).users_generation.v, 1, "not all are there yet");
    expect(c, WEB, OK);
    expect(c, "ACL USERS", "*1\r\n$7\r\ndefault\r\n");
    cr_assert_eq(script_see(n).users_generation.v, 2);
    script_order(n, &fenced);
    expect(c, QUIET, OK);
    expect(c, APP BAR, OK);
    expect(c, WEB BAR, OK);
    cr_assert_eq(p->state, ACCESS_IN_FORCE, "there are no others than before");
    expect(c, PAUSE, OK);
    script_order(n, &one);
    expect(c, "CLIENT UNPAUSE", OK);
    expect(c, LOUD, OK);
    expect(c, APP, OK);
    cr_assert_str_eq(command(c), "ACL USERS");
    script_order(n, &left);
    script_say(c, "*2\r\n$7\r\ndefault\r\n$3\r\nweb\r\n");
    expect(c, APP, OK); /* the answer was about the users before */
    expect(c, "ACL USERS", "*2\r\n$7\r\ndefault\r\n$3\r\nweb\r\n");
    expect(c, "ACL DELUSER web", ":1\r\n");
    cr_assert_eq(script_see(n).users_generation.v, 4);
    script_order(n, &nobody);
    expect(c, "ACL USERS", "*1\r\n$7\r\ndefault\r\n");
    cr_assert_eq(script_see(n).users_generation.v, 5);
    script_leave_process("g-001.0002", 1);
    struct node *other = script_node("g-001.0002");
    both.id = other->id;
    c = adopt(other, &both);
    expect(c, APP, OK);
    both.id = n->id;
    script_end(SCRIPT_ID, 0, 0);
    script_later(n, 2000);
    cr_assert_eq(p->state, ACCESS_IN_FORCE, "it was started with those of its order");
    task_visits_assert_all("users");
}

/* ---- snapshot ---- */

Test(tasks, every_move_of_a_snapshot)
{
    struct proto_node_order o = redis_order(ROLE_PRIMARY), save = redis_order(ROLE_PRIMARY);
    struct proto_snapshot_order items[] = {{.id = "snap", .keep = OPT_BOOL(true)}};
    struct node *n = script_node(SCRIPT_ID);
    struct rconn *c = start(n, &o);
    shelf_order(script_nodes.shelf, &(struct proto_snapshot_order_list){true, 1, items});
    save.snapshot = "snap";
    save.snapshot_pid = OPT_INT(script_pid(SCRIPT_ID));
    script_order(n, &save);
    expect(c, "BGSAVE", BUSY);
    cr_assert_eq(redis_of(n)->save.state, SAVE_IDLE, "whether it was heard is not known");
    script_later(n, 51);
    expect(c, "BGSAVE", "+Background saving started\r\n");
    cr_assert_eq(redis_of(n)->save.state, SAVE_WRITING);
    script_write_file(n, "dump.rdb", "REDIS");
    script_later(n, 3);
    cr_assert_eq(redis_of(n)->save.state, SAVE_IDLE);
    task_visits_assert_all("snapshot");
}

/* ---- endpoints ---- */

static const char *addresses[] = {"127.0.0.3", "127.0.0.5"};

/* Somebody else listens there, until the result is closed. */
static int stranger(const char *address)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(17001)};
    inet_pton(AF_INET, address, &at.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(fd, 1), 0);
    return fd;
}

static struct proto_tls_order tls(enum encryption_mode mode)
{
    return (struct proto_tls_order){.mode = mode,
        .links = OPT_BOOL(true),
        .certificate = "-----BEGIN CERTIFICATE-----",
        .key = "-----BEGIN KEY-----",
        .authority = "-----BEGIN CERTIFICATE-----",
        .inner_address = "127.0.0.4"};
}

#define BIND "CONFIG SET bind 127.0.0.1"

/* A splitter takes all there are without a question. */
static void take_behind_a_splitter(struct node *n)
{
    struct proto_tls_order preferred = tls(ENCRYPTION_PREFERRED);
    struct proto_node_order with = redis_order(ROLE_PRIMARY);
    with.id = n->id;
    with.tls = &preferred;
    with.port = OPT_INT(17003);
    with.endpoints = (struct string_list){true, 1, addresses};
    script_order(n, &with);
    struct rconn *c = redis_connect(n);
    expect(c, "AUTH meridian-admin secret", OK);
    expect(c, "PING", "+PONG\r\n");
    cr_assert_str_eq(script_read(c), "INFO server");
    redis_say_server(c, script_pid(n->id));
    script_dialogue(c, "CONFIG GET *port tls-replication",
        "*6\r\n$4\r\nport\r\n$1\r\n0\r\n$8\r\ntls-port\r\n$5\r\n20001\r\n$15\r\ntls-replication\r\n$3\r\nyes\r\n");
    expect(c, "CONFIG GET bind", "*2\r\n$4\r\nbind\r\n$9\r\n127.0.0.4\r\n");
    cr_assert_str_eq(command(c), "");
    cr_assert_eq(script_see(n).endpoints.n, 1);
}

Test(tasks, every_move_of_the_endpoints)
{
    struct proto_node_order none = redis_order(ROLE_PRIMARY), one = redis_order(ROLE_PRIMARY), both = redis_order(ROLE_PRIMARY);
    one.endpoints = (struct string_list){true, 1, addresses};
    both.endpoints = (struct string_list){true, 2, addresses};
    struct node *n = script_node(SCRIPT_ID);
    const struct endpoints *p;
    struct rconn *c = start(n, &none);
    p = &redis_of(n)->endpoints;
    int fd = stranger("127.0.0.3");
    script_order(n, &one);
    cr_assert_eq(p->state, ENDPOINTS_LATER, "it is not even asked for");
    script_later(n, 2);
    cr_assert_eq(p->state, ENDPOINTS_LATER);
    script_order(n, &none);
    cr_assert_eq(p->state, ENDPOINTS_REST);
    script_order(n, &one);
    close(fd);
    script_later(n, 2);
    expect(c, BIND " 127.0.0.3", BUSY);
    cr_assert_eq(p->state, ENDPOINTS_LATER);
    script_later(n, 51);
    expect(c, BIND " 127.0.0.3", OK);
    cr_assert_eq(p->state, ENDPOINTS_REST);
    script_order(n, &both);
    expect(c, BIND " 127.0.0.3 127.0.0.5", TAKEN);
    expect(c, BIND " 127.0.0.3", OK); /* what it had */
    cr_assert_eq(p->state, ENDPOINTS_LATER);
    script_later(n, 2);
    expect(c, BIND " 127.0.0.3 127.0.0.5", TAKEN);
    cr_assert_str_eq(script_read(c), BIND " 127.0.0.3");
    script_order(n, &one); /* nothing is missed any more */
    script_say(c, OK);
    cr_assert_eq(p->state, ENDPOINTS_REST);
    script_order(n, &both);
    expect(c, BIND " 127.0.0.3 127.0.0.5", TAKEN);
    expect(c, BIND " 127.0.0.3", "-ERR unknown\r\n");
    cr_assert_eq(p->state, ENDPOINTS_DOUBT);
    script_order(n, &none);
    expect(c, BIND, OK);
    cr_assert_eq(p->state, ENDPOINTS_REST);
    expect(c, "CLIENT KILL LADDR 127.0.0.3:17001", ":1\r\n");
    take_behind_a_splitter(script_node("g-001.0002"));
    task_visits_assert_all("endpoints");
}

/* ---- encryption in transit ---- */

#define CERTIFY "CONFIG SET tls-cert-file node.crt tls-key-file node.key tls-ca-cert-file ca.crt tls-auth-clients no"
#define LISTEN(plain, secret)                                                                   \
    BIND " port " plain " tls-port " secret " replica-announce-port 0 cluster-announce-port 0 " \
         "cluster-announce-tls-port 0"
#define LINKS(on) "CONFIG SET tls-replication " on " tls-cluster " on
#define RELINK "CLIENT KILL TYPE master"

Test(tasks, every_move_of_encryption)
{
    struct proto_tls_order required = tls(ENCRYPTION_REQUIRED);
    struct proto_node_order plain = redis_order(ROLE_REPLICA), with = redis_order(ROLE_REPLICA);
    struct node *n = script_node(SCRIPT_ID);
    char path[PATH_MAX];
    with.tls = &required;
    replication = SCRIPT_SLAVE("up");
    script_order(n, &plain);
    struct rconn *c = redis_greet_node(n);
    script_say_text(c, SCRIPT_SLAVE("up"));
    const struct encryption_now *now = &redis_of(n)->encryption.now;
    cr_assert_eq(mkdir(node_path(n, "node.key.new", path), 0700), 0);
    script_order(n, &with);
    cr_assert_eq(now->state, ENCRYPTION_LATER, "its certificate can't be written");
    script_later(n, 301);
    cr_assert_eq(now->state, ENCRYPTION_LATER);
    rmdir(path);
    script_order(n, &with);
    expect(c, CERTIFY, "-ERR no\r\n");
    script_later(n, 301);
    expect(c, CERTIFY, OK);
    expect(c, LISTEN("0", "17001"), "-ERR no\r\n");
    expect(c, BIND, OK);
    script_later(n, 301);
    expect(c, LISTEN("0", "17001"), OK);
    expect(c, "CLIENT KILL LADDR 127.0.0.1:17001", ":1\r\n");
    expect(c, LINKS("yes"), "-ERR no\r\n");
    script_later(n, 301);
    expect(c, LINKS("yes"), OK);
    expect(c, RELINK, "-ERR no\r\n");
    script_later(n, 301);
    expect(c, RELINK, ":1\r\n");
    cr_assert_eq(script_see(n).encryption, ENCRYPTION_REQUIRED);
    task_visits_assert_all("encryption");
}

/* ---- a seed, and data that were saved without cluster mode ---- */

static char bucket[64], file[96];
static struct proto_seed_file seed_file = {.root = bucket, .path = "in.rdb"};
static struct proto_seed_order seed = {.source = "s", .files = {true, 1, &seed_file}}, no_files = {.source = "t"};

/* Keys in so many databases. */
static void put_file(const char *path, int databases)
{
    _buf_ struct buf b = {0};
    rdb_file_begin(&b, 9);
    for (char i = 0; i < databases; i++) {
        RDB_PUT(&b, "\xfe");
        buf_putc(&b, i);
        rdb_file_key(&b, "a", "1");
    }
    rdb_file_end(&b);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fwrite(b.data, 1, b.len, f);
    fclose(f);
}

static void open_bucket(void)
{
    strcpy(bucket, "/tmp/meridian-bucket-XXXXXX");
    cr_assert_not_null(mkdtemp(bucket));
    snprintf(file, sizeof file, "%s/in.rdb", bucket);
    put_file(file, 1);
}

static void close_bucket(void)
{
    unlink(file);
    rmdir(bucket);
}

Test(tasks, every_move_of_a_seed)
{
    struct proto_node_order seeded = redis_order(ROLE_PRIMARY), nothing = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    open_bucket();
    seeded.seed = &seed;
    nothing.seed = &no_files;
    script_order(n, &nothing);
    cr_assert_eq(n->seed.state, SEED_REFUSED);
    script_order(n, &seeded);
    cr_assert_eq(n->seed.state, SEED_WORK);
    script_order(n, NULL);
    cr_assert_eq(n->seed.state, SEED_IDLE, "the work is nobody's");
    script_work_out();
    unlink(file);
    script_order(n, &seeded);
    script_work_out();
    cr_assert_eq(n->seed.state, SEED_REFUSED, "there is no such file");
    task_visits_assert_all("seed");
    close_bucket();
}

Test(tasks, every_move_of_saved_data)
{
    _arena_ struct arena a = {0};
    struct cluster_map map;
    struct proto_cluster_map message = {.group = "g", .nodes = {true, 1, &redis_cluster_entry}};
    struct proto_node_order plain = redis_order(ROLE_PRIMARY), seeded = redis_order(ROLE_PRIMARY),
                            cluster = redis_order(ROLE_PRIMARY);
    struct node *n = script_node(SCRIPT_ID);
    char path[PATH_MAX];
    cluster_map_init(&map, &message, 1, &a);
    script_map = &map;
    cluster.cluster = "g";
    cluster.cluster_name = redis_cluster_entry.name;
    seeded.seed = &seed;
    open_bucket();
    put_file(node_path(n, "dump.rdb", path), 2);
    script_write_file(n, NODE_SAVED, "");
    script_order(n, &cluster);
    cr_assert_eq(n->fit.state, FIT_WORK);
    start(n, &plain);
    node_stop(n);
    cr_assert_eq(n->fit.state, FIT_STALE, "what it saves now is something else");
    put_file(path, 2);
    script_end(SCRIPT_ID, 0, 0);
    n->stopping = false;
    script_order(n, &cluster);
    cr_assert_eq(script_starts(SCRIPT_ID), 1);
    script_work_out();
    cr_assert_eq(n->fit.state, FIT_KNOWN);
    cr_assert_eq(script_see(n).keys_left_out.v, 1, "they were looked through anew");
    script_end(SCRIPT_ID, 0, SIGKILL);
    script_order(n, NULL);
    script_end(SCRIPT_ID, 0, SIGKILL);
    script_order(n, &seeded);
    script_work_out();
    cr_assert_eq(n->fit.state, FIT_KNOWN, "a seed was looked through already");
    task_visits_assert_all("saved data");
    script_end(SCRIPT_ID, 0, SIGKILL);
    script_map = NULL;
    close_bucket();
}
