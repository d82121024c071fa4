#include "asking.h"
#include "base/arena.h"
#include "base/err.h"
#include "main/commands.h"
#include "model/json.h"
#include "protocol/meeting.h"
#include "protocol/protocol.gen.h"
#include "scratch.h"
#include "serving.h"
#include "store/queries.gen.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
/* serve as a whole: what it answers, how it starts and how it ends. */

#define CREATE "Action=CreateReplicationGroup&ReplicationGroupId=g&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large"

TestSuite(serve, .init = serving_setup, .fini = scratch_close, .timeout = 30);

/* Starts in vain; the only line says why. */
static void expect_status(int status, const char *more, const char *why)
{
    serving_read_options(more);
    cr_assert(freopen(scratch_path("err"), "w", stderr));
    cr_expect_eq(serve_main(&serving_options), status, "%s", more);
    fflush(stderr);
    cr_expect(strncmp(scratch_read("err"), "meridian: ", 10) == 0 && strstr(scratch_read("err"), why), "%s: %s", more,
        scratch_read("err"));
}

static void expect_failure(const char *more, const char *why)
{
    expect_status(EXIT_FAILURE, more, why);
}

Test(serve, answers_the_api_and_its_own_administration)
{
    serving_start("--default-region eu-west-1");
    serving_expect("GET", "/_meridian/health", "", 200, "ok");
    serving_expect("GET", "/_meridian/", "", 200, "/_meridian/nodes");
    serving_expect("POST", "/", "Action=DescribeReplicationGroups", 200, "<ReplicationGroups/>");
    serving_expect("POST", "/", "Action=CreateUser&UserId=u&UserName=u&Engine=redis&AccessString=on&NoPasswordRequired=true", 200,
        "arn:aws:elasticache:eu-west-1:");
    serving_expect("POST", "/", "Action=DeleteUser&UserId=nobody", 404, "UserNotFound");
    serving_expect("GET", "/_meridian/nodes", "", 200, "{\"nodes\":[]");
    serving_expect("GET", "/_meridian/why", "", 400, "id is missing");
    serving_expect("GET", "/_meridian/why?id=nothing", "", 404, "There is no nothing in any region");
    serving_expect("GET", "/_meridian/why?id=nothing&region=us-east-1", "", 404, "There is no nothing in us-east-1.");
    serving_expect("GET", "/_meridian/why?id=u&region=eu-west-1", "", 200, "\"kind\":\"user\"");
    serving_expect("GET", "/_meridian/ca.pem", "", 200, "-----BEGIN CERTIFICATE");
    serving_expect("POST", "/_meridian/clock?advance_ms=1000", "", 200, "\"advanced_ms\":1000");
    serving_expect("GET", "/_meridian/agent/assignment", "", 404, "There is nothing");
    cr_expect(strstr(scratch_read("out"), "serves Amazon ElastiCache on http://127.0.0.1:"), "%s", scratch_read("out"));
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
    cr_expect_neq(*scratch_read("data/meridian.db.sum"), '\0', "it was closed in good order");
}

Test(serve, what_is_traced_is_so_after_a_start_too)
{
    serving_start("");
    serving_expect("PUT", "/_meridian/trace/g", "", 200, "true");
    serving_expect("PUT", "/_meridian/trace/h", "", 200, "true");
    serving_expect("DELETE", "/_meridian/trace/h", "", 200, "false");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
    serving_start("");
    serving_expect("GET", "/_meridian/trace", "", 200, "{\"traced\":[\"g\"]}");
    serving_expect("DELETE", "/_meridian/trace/g", "", 200, "false");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
    serving_start("");
    serving_expect("GET", "/_meridian/trace", "", 200, "{\"traced\":[]}");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(serve, what_is_traced_can_be_chosen)
{
    serving_start("");
    serving_expect("GET", "/_meridian/trace", "", 200, "{\"traced\":[]}");
    serving_expect("PUT", "/_meridian/trace/g", "", 200, "{\"id\":\"g\",\"traced\":true}");
    serving_expect("GET", "/_meridian/trace/g", "", 200, "{\"id\":\"g\",\"traced\":true}");
    serving_expect("GET", "/_meridian/trace", "", 200, "{\"traced\":[\"g\"]}");
    serving_expect("PUT", "/_meridian/trace/", "", 400, "is no id of a resource");
    serving_expect("POST", "/", CREATE, 200, "creating");
    serving_expect("DELETE", "/_meridian/trace/g", "", 200, "{\"id\":\"g\",\"traced\":false}");
    serving_expect("DELETE", "/_meridian/trace/,", "", 400, "is no id");
    serving_expect("GET", "/_meridian/trace/,", "", 400, "is no id");
    for (int i = 0; i < 100; i++) {
        char target[64];
        snprintf(target, sizeof target, "/_meridian/trace/id%d", i);
        serving_expect("PUT", target, "", 200, "true");
    }
    serving_expect("PUT", "/_meridian/trace/one-more", "", 409, "100 resources are traced already");
    kill(getpid(), SIGTERM);
    cr_expect_eq(serving_stop(), 4, "its agent has not stopped");
}

static void see(const struct proto_assignment *a, bool saved, struct buf *out)
{
    struct proto_node_seen node = {.id = a->nodes.items[0].id,
        .state = a->shutdown.v ? SEEN_STOPPED : SEEN_READY,
        .role = ROLE_PRIMARY,
        .endpoints = a->nodes.items[0].endpoints,
        .generation = a->nodes.items[0].generation,
        .users_generation = a->nodes.items[0].users_generation,
        .unsaved_ms = OPT_INT(saved ? 0 : 1)};
    struct proto_sighting s = {.region = a->region,
        .pid = OPT_INT(1),
        .version = a->version,
        .stopped = a->shutdown,
        .nodes = {true, 1, &node},
        .links = {.set = true}};
    json_encode(out, &shape_proto_sighting, &s);
}

/* The agent's connection gets an assignment, and the agent acts on it. */
static void act(int fd, struct arena *arena, bool saved, struct proto_assignment *a)
{
    struct err e;
    _buf_ struct buf text = {0}, sighting = {0};
    cr_assert_eq(asking_hear(fd, &text), 200, "%s", text.data);
    cr_assert_eq(json_decode(&shape_proto_assignment, text.data, text.len, arena, a, &e), 0, "%s", e.msg);
    see(a, saved, &sighting);
    cr_assert_eq(
        asking_path(scratch_path("data/" MEETING_SOCKET), "POST", MEETING_SIGHTING, sighting.data, &text), 200, "%s", text.data);
}

static void ask_after(int fd, int64_t version)
{
    char target[128];
    snprintf(target, sizeof target, MEETING_ASSIGNMENT "?region=us-east-1&after=%lld", (long long)version);
    asking_send(fd, "GET", target, "", "");
}

static void live_and_stop(bool saved, int wanted)
{
    _arena_ struct arena arena = {0};
    struct proto_assignment a;
    serving_start("");
    serving_expect("POST", "/", CREATE, 200, "creating");
    int fd = asking_dial_path(scratch_path("data/" MEETING_SOCKET));
    ask_after(fd, 0);
    act(fd, &arena, true, &a);
    cr_expect_str_eq(a.nodes.items[0].id, "g-001.0001");
    serving_expect("GET", "/_meridian/nodes", "", 200, "\"id\":\"g-001.0001\"");
    do {
        ask_after(fd, a.version.v);
        if (!a.shutdown.v) kill(getpid(), SIGTERM);
        act(fd, &arena, saved, &a);
    } while (!a.shutdown.v);
    close(fd);
    serving_end_agent();
    pthread_join(serving_thread, NULL);
    cr_expect_eq(serving_status, wanted);
}

Test(serve, an_agent_gets_its_assignments_and_tells_its_sightings)
{
    live_and_stop(true, EXIT_SUCCESS);
}

Test(serve, data_that_could_not_be_saved_are_told_by_the_exit_status)
{
    live_and_stop(false, 3);
    cr_expect(strstr(scratch_read("err"), "the data of 1 node could not be saved"), "%s", scratch_read("err"));
}

Test(serve, what_makes_no_sense_at_the_agents_socket_is_refused)
{
    _buf_ struct buf answer = {0};
    const char *at = scratch_path("data/" MEETING_SOCKET);
    serving_start("");
    cr_expect_eq(asking_path(at, "GET", MEETING_ASSIGNMENT, "", &answer), 400);
    cr_expect(strstr(answer.data, "region is missing"));
    cr_expect_eq(asking_path(at, "GET", MEETING_ASSIGNMENT "?region=r&after=x", "", &answer), 400);
    cr_expect(strstr(answer.data, "after is no version"));
    cr_expect_eq(asking_path(at, "GET", MEETING_ASSIGNMENT "?region=eu-west-1", "", &answer), 204, "nothing was assigned there");
    cr_expect_eq(asking_path(at, "POST", MEETING_SIGHTING, "{", &answer), 400);
    cr_expect_eq(asking_path(at, "GET", "/", "", &answer), 404);
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(serve, an_agent_that_leaves_is_not_answered)
{
    _arena_ struct arena arena = {0};
    struct proto_assignment a;
    serving_start("");
    serving_expect("POST", "/", CREATE, 200, "creating");
    int fd = asking_dial_path(scratch_path("data/" MEETING_SOCKET));
    ask_after(fd, 0);
    do {
        act(fd, &arena, true, &a);
        ask_after(fd, a.version.v);
        serving_expect("GET", "/_meridian/health", "", 200, "ok");
    } while (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0);
    close(fd);
    serving_expect("GET", "/_meridian/health", "", 200, "ok");
    kill(getpid(), SIGTERM);
    cr_expect_eq(serving_stop(), 4);
    cr_expect(strstr(scratch_read("err"), "stopping at once: the agents go on"), "%s", scratch_read("err"));
}

Test(serve, it_takes_the_port_that_it_had_again)
{
    serving_start("");
    uint16_t before = serving_port;
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
    serving_start("");
    cr_expect_eq(serving_port, before);
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(serve, with_ports_it_says_where_nodes_listen)
{
    serving_start("--addressing ports --bind 0.0.0.0 --advertise redis.test --quotas raised --restricted-commands allow");
    cr_expect(strstr(scratch_read("err"), "nodes listen on 0.0.0.0: whoever reaches it"), "%s", scratch_read("err"));
    cr_expect_str_eq(scratch_read("data/addressing"), "ports\n");
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

Test(serve, it_says_when_other_machines_reach_it)
{
    serving_start("--listen 0.0.0.0:0");
    cr_expect(strstr(scratch_read("err"), "0.0.0.0:0 is open to other machines"), "%s", scratch_read("err"));
    cr_expect_eq(strncmp(scratch_read("data/endpoint"), "http://127.0.0.1:", 17), 0);
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
    expect_status(EXIT_USAGE, "--listen 0.0.0.0:0 --trips", "--trips lets failures be injected, which is for loopback only");
}

Test(serve, that_is_open_asks_for_no_token_and_says_so)
{
    serving_start("--listen 0.0.0.0:0 --admin open");
    cr_expect(
        strstr(scratch_read("err"), "/_meridian/ is open (--admin open): whoever reaches 0.0.0.0:0"), "%s", scratch_read("err"));
    cr_expect_eq(asking_port(serving_port, "PUT", "/_meridian/trips/store_commit?count=0", "", NULL), 200);
    cr_expect_eq(asking_port(serving_port, "POST", "/_meridian/clock?advance_ms=1", "", NULL), 200);
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
    serving_start("--listen 0.0.0.0:0");
    cr_expect_eq(asking_port(serving_port, "PUT", "/_meridian/trips/store_commit?count=0", "", NULL), 403);
    cr_expect_eq(asking_port(serving_port, "POST", "/_meridian/clock?advance_ms=1", "", NULL), 401);
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

static int ask_health(void)
{
    struct err failure;
    char line[600], *argv[] = {(char *)"meridian", (char *)"health", (char *)"--data-dir", line};
    struct options o;
    snprintf(line, sizeof line, "%s/data", scratch_dir());
    cr_assert_eq(options_read(&o, 4, argv, &failure), 0, "%s", failure.msg);
    return health_main(&o);
}

Test(serve, its_health_is_told_by_a_command)
{
    cr_expect_eq(ask_health(), 1);
    cr_expect(strstr(scratch_read("err"), "no serve has said in"), "%s", scratch_read("err"));
    serving_start("");
    cr_expect_eq(ask_health(), 0);
    cr_expect(strstr(scratch_read("out"), "\"status\":\"ok\""), "%s", scratch_read("out"));
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
    cr_expect_eq(ask_health(), 1);
    cr_expect(strstr(scratch_read("err"), "nobody answers at http://127.0.0.1"), "%s", scratch_read("err"));
    scratch_write("data/endpoint", "ftp://x:1\n", 0600);
    cr_expect_eq(ask_health(), 1);
    setenv("MERIDIAN_ENDPOINT", "http://127.0.0.1:1", 1);
    cr_expect_eq(ask_health(), 1);
    cr_expect(strstr(scratch_read("err"), "nobody answers at http://127.0.0.1:1"), "%s", scratch_read("err"));
    unsetenv("MERIDIAN_ENDPOINT");
}

Test(serve, what_keeps_it_from_starting_is_one_line)
{
    expect_status(EXIT_USAGE, "--default-region mars-1", "--default-region mars-1: there is no such region");
    expect_failure("--redis-server /nowhere/redis", "there is no program \"/nowhere/redis\"");
    expect_failure("--snapshot-import-dir /nowhere", "--snapshot-import-dir /nowhere: there is no such directory");
    expect_failure("--snapshot-export-dir /dev/null", "--snapshot-export-dir /dev/null: there is no such directory");
    expect_status(EXIT_USAGE, "--addressing ports --advertise redis.test:1", "--advertise redis.test:1 is no host");
    expect_failure("--admin-token-file /nowhere", "--admin-token-file /nowhere");
    expect_status(EXIT_USAGE, "--listen 127.0.0.1:http", "is no address to listen on");
    scratch_write("data/secrets/node-admin-password", "short", 0600);
    expect_failure("", "node-admin-password is damaged");
    scratch_write("data/regions/us-east-1/x", "", 0600);
    unlink(scratch_path("data/meridian.db"));
    unlink(scratch_path("data/meridian.db.backup"));
    expect_failure("", "is gone, but what its nodes have is in");
}

Test(serve, snapshots_are_taken_from_and_to_folders_that_are_there)
{
    char flags[256];
    scratch_write("buckets/one/x", "", 0600);
    snprintf(flags, sizeof flags, "--snapshot-import-dir %s", scratch_path("buckets"));
    serving_start(flags);
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
}

/* Waits until something of that name comes or goes in the data directory. */
static void await_change(int watch, const char *name)
{
    static char text[4096];
    struct pollfd p = {.fd = watch, .events = POLLIN};
    for (ssize_t n = 0; n == 0 || memmem(text, (size_t)n, name, strlen(name)) == NULL;) {
        cr_assert_eq(poll(&p, 1, 10000), 1, "nothing becomes of %s", name);
        n = read(watch, text, sizeof text);
        cr_assert_gt(n, 0);
    }
}

Test(serve, the_agents_socket_is_put_back_where_it_was_deleted)
{
    int watch = inotify_init1(IN_CLOEXEC);
    serving_start("");
    cr_assert_eq(unlink(scratch_path("data/" MEETING_SOCKET)), 0);
    cr_assert_eq(unlink(scratch_path("data/secrets/admin-token")), 0);
    cr_assert_geq(inotify_add_watch(watch, scratch_path("data"), IN_CREATE), 0);
    await_change(watch, MEETING_SOCKET);
    serving_expect("GET", "/_meridian/health", "", 200, "ok"); /* what made the socket has come to its end */
    cr_expect_eq(asking_path(scratch_path("data/" MEETING_SOCKET), "GET", "/", "", NULL), 404);
    cr_expect_eq(strlen(scratch_read("data/secrets/admin-token")), 64);
    cr_expect_eq(serving_stop(), EXIT_SUCCESS);
    close(watch);
}

Test(serve, without_its_database_it_stops_in_good_order)
{
    serving_start("");
    cr_assert_eq(rename(scratch_path("data/meridian.db"), scratch_path("data/away")), 0);
    pthread_join(serving_thread, NULL);
    cr_expect_eq(serving_status, EXIT_FAILURE);
    cr_expect(strstr(scratch_read("err"), "was moved away or deleted while it was in use"), "%s", scratch_read("err"));
}

Test(serve, without_its_data_directory_it_stops)
{
    serving_start("");
    cr_assert_eq(rename(scratch_path("data"), scratch_path("away")), 0);
    pthread_join(serving_thread, NULL);
    cr_expect_eq(serving_status, EXIT_FAILURE);
    cr_expect(strstr(scratch_read("err"), "went away, and everything in it: stopping"), "%s", scratch_read("err"));
}
