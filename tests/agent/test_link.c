#include "agent/forwarder/split.h"
#include "agent/os/address.h"
#include "agent/os/bound.h"
#include "base/buf.h"
#include "base/trip.h"
#include "link_scene.h"
#include "scratch.h"
#include "task_visits.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

TestSuite(link, .init = link_scene_begin, .fini = link_scene_end);

/* ---- orders ---- */

static void order_to(enum link_kind kind, const char *const addresses[], size_t n)
{
    struct proto_target targets[4];
    for (size_t i = 0; i < n; i++) targets[i] = (struct proto_target){.host = addresses[i], .port = OPT_INT(port)};
    link_order(a_link, &(struct proto_link_order){.id = "l1",
                           .kind = kind,
                           .address = LINK,
                           .port = OPT_INT(port),
                           .targets = {true, n, targets},
                           .nodes_version = OPT_INT(7),
                           .engine_version = "1.6.18"});
}

static struct proto_link_seen see(void)
{
    struct proto_link_seen seen;
    link_see(a_link, &seen);
    return seen;
}

static void check_broken(const struct proto_link_order *o, const char *reason)
{
    link_order(a_link, o);
    cr_assert_not(link_is_listening(a_link));
    cr_assert_eq(see().state, ENDPOINT_BROKEN);
    cr_assert_str_eq(see().reason, reason);
}

SCENE(an_order_without_sense_is_told)
{
    struct proto_target bad_name = {.host = ONE, .port = OPT_INT(port), .name = "a b\r\n"}, no_address = {.host = "x"};
    struct proto_link_order o = {.id = "l1", .kind = LINK_READER, .address = LINK};
    check_broken(&o, "the order has no proper port");
    o.port = OPT_INT(port);
    o.address = "nowhere";
    check_broken(&o, "the order has no proper address");
    o.address = LINK;
    o.kind = LINK_CONFIGURATION;
    o.engine_version = "1.6\r\nx";
    check_broken(&o, "the order has no proper version");
    o.engine_version = "1.6.18";
    o.targets = (struct proto_target_list){true, 1, &bad_name};
    check_broken(&o, "a target of the order has no proper name");
    o.targets.items = &no_address;
    check_broken(&o, "the order has no proper port");
    char path[200] = "/";
    memset(path + 1, 'x', sizeof path - 2);
    o.kind = LINK_SPLITTER;
    o.targets.items = &(struct proto_target){.host = path};
    check_broken(&o, "the order has a path that is too long");
    order_to(LINK_READER, NULL, 0);
    cr_assert_eq(see().state, ENDPOINT_LISTENING, "and the next one counts");
    cr_assert_null(see().reason);
    cr_assert_str_eq(link_id(a_link), "l1");
    cr_assert(link_is_at(a_link, LINK, port) && !link_is_at(a_link, ONE, port));
}

SCENE(targets_take_turns_and_bytes_pass_both_ways)
{
    int one = listen_at(ONE), two = listen_at(TWO);
    order_to(LINK_READER, (const char *const[]){ONE, TWO}, 2);
    int c1 = connect_to(LINK), s1 = take(one), c2 = connect_to(LINK), s2 = take(two);
    say(c1, "to one");
    hear(s1, "to one");
    say(s2, "from two");
    hear(c2, "from two");
    cr_assert_eq(see().connections.v, 2);
    shutdown(c1, SHUT_WR);
    hear_end(s1);
    say(s1, "the rest");
    hear(c1, "the rest");
    close(s1);
    hear_end(c1);
    close(c2);
    hear_end(s2);
    close(c1), close(s2), close(one), close(two);
}

/* Neither side reads at first: what does not fit waits, and nothing more is read for whoever does not take it. */
SCENE(nothing_is_lost_of_more_than_sockets_hold)
{
    int one = listen_at(ONE);
    order_to(LINK_PRIMARY, (const char *const[]){ONE}, 1);
    int c = connect_to(LINK), s = take(one);
    char *data = malloc(16 * MIB), *got = malloc(16 * MIB);
    for (int i = 0; i < 16 * MIB; i++) data[i] = (char)(i * 7 + i / 4096);
    size_t sent = 0, n = 0;
    for (ssize_t w; sent < 16 * MIB && (w = send(c, data + sent, 16 * MIB - sent, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0;) {
        sent += (size_t)w;
        for (int i = 0; i < 50; i++) uv_run(&loop, UV_RUN_NOWAIT);
    }
    cr_assert_lt(sent, 16 * MIB, "there is an end to what is kept");
    for (; n < 16 * MIB;) {
        if (sent < 16 * MIB) {
            ssize_t w = send(c, data + sent, 16 * MIB - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (w > 0) sent += (size_t)w;
            if (sent == 16 * MIB) shutdown(c, SHUT_WR);
        }
        await(s, POLLIN);
        ssize_t r = recv(s, got + n, 16 * MIB - n, 0);
        cr_assert_gt(r, 0);
        n += (size_t)r;
    }
    cr_assert_eq(memcmp(data, got, n), 0);
    hear_end(s);
    free(data), free(got);
    close(c), close(s), close(one);
}

SCENE(who_refuses_is_passed_over_and_who_has_no_target_is_let_go)
{
    int two = listen_at(TWO);
    order_to(LINK_READER, (const char *const[]){ONE, TWO}, 2);
    int c = connect_to(LINK), s = take(two);
    say(c, "x");
    hear(s, "x");
    close(c), close(s), close(two);
    c = connect_to(LINK);
    hear_end(c);
    close(c);
    order_to(LINK_READER, NULL, 0);
    c = connect_to(LINK);
    hear_end(c);
    close(c);
}

SCENE(connections_to_a_target_that_is_gone_end_and_others_stay)
{
    int one = listen_at(ONE), two = listen_at(TWO);
    order_to(LINK_READER, (const char *const[]){ONE, TWO}, 2);
    int c1 = connect_to(LINK), s1 = take(one), c2 = connect_to(LINK), s2 = take(two);
    say(c1, "x"), say(c2, "y");
    hear(s1, "x"), hear(s2, "y");
    order_to(LINK_READER, (const char *const[]){TWO}, 1);
    hear_end(c1);
    say(c2, "still");
    hear(s2, "still");
    close(c1), close(s1), close(c2), close(s2), close(one), close(two);
}

SCENE(a_stranger_at_a_nodes_address_is_told_nothing)
{
    int one = listen_at(ONE), two = listen_at(TWO);
    stranger = ONE;
    order_to(LINK_READER, (const char *const[]){ONE, TWO}, 2);
    int c = connect_to(LINK), s = take(two);
    struct pollfd p = {.fd = one, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 0), 0);
    close(c), close(s), close(one), close(two);
}

SCENE(a_gateway_holds_its_client_until_the_target_is_there)
{
    order_to(LINK_GATEWAY, (const char *const[]){ONE}, 1);
    int c = connect_to(LINK);
    say(c, "PING");
    for (int i = 0; i < 10; i++) uv_run(&loop, UV_RUN_ONCE);
    int one = listen_at(ONE), s = take(one);
    hear(s, "PING");
    close(s); /* it was killed, and had not answered */
    s = take(one);
    hear(s, "PING");
    say(s, "PONG");
    hear(c, "PONG");
    close(s); /* now it had */
    hear_end(c);
    close(c), close(one);
}

SCENE(a_gateway_follows_its_order_while_the_target_is_silent)
{
    int one = listen_at(ONE), two = listen_at(TWO);
    order_to(LINK_GATEWAY, (const char *const[]){ONE}, 1);
    int c = connect_to(LINK);
    say(c, "PING");
    int s = take(one);
    hear(s, "PING");
    order_to(LINK_GATEWAY, (const char *const[]){TWO}, 1);
    int t = take(two);
    hear(t, "PING");
    hear_end(s);
    close(c);
    hear_end(t);
    close(s), close(t), close(one), close(two);
}

SCENE(a_gateway_does_not_hold_its_client_for_ever)
{
    order_to(LINK_GATEWAY, (const char *const[]){ONE}, 1);
    int c = connect_to(LINK), d = connect_to(LINK);
    for (int i = 0; i < 6; i++) uv_run(&loop, UV_RUN_ONCE);
    close(d); /* this one does not want to wait */
    ahead_ms = 5001;
    hear_end(c);
    close(c);
}

SCENE(a_long_beginning_is_not_said_twice)
{
    int one = listen_at(ONE);
    char text[1000];
    memset(text, 'x', sizeof text);
    order_to(LINK_GATEWAY, (const char *const[]){ONE}, 1);
    int c = connect_to(LINK), s = take(one);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(send(c, text, sizeof text, MSG_NOSIGNAL), (ssize_t)sizeof text);
        for (size_t n = 0; n < sizeof text;) {
            await(s, POLLIN);
            ssize_t got = recv(s, text, sizeof text - n, 0);
            cr_assert_gt(got, 0);
            n += (size_t)got;
        }
    }
    close(s);
    hear_end(c);
    close(c), close(one);
}

SCENE(a_configuration_endpoint_tells_the_nodes_and_leads_to_one)
{
    int one = listen_at(ONE);
    struct proto_target targets[] = {
        {.host = ONE, .port = OPT_INT(port), .name = "node.one"}, {.host = "0.0.0.0", .port = OPT_INT(port), .name = "node.two"}};
    struct proto_link_order o = {.id = "l1",
        .kind = LINK_CONFIGURATION,
        .address = LINK,
        .port = OPT_INT(port),
        .targets = {true, 2, targets},
        .nodes_version = OPT_INT(7),
        .engine_version = "1.6.18"};
    char answer[200], nodes[150];
    link_order(a_link, &o);
    int c = connect_to(LINK);
    snprintf(nodes, sizeof nodes, "7\nnode.one|" ONE "|%d node.two||%d\n", port, port);
    snprintf(answer, sizeof answer, "CONFIG cluster 0 %zu\r\n%s\r\nEND\r\n", strlen(nodes), nodes);
    say(c, "config get cl");
    say(c, "uster\r\nversion\n");
    hear(c, answer);
    hear(c, "VERSION 1.6.18\r\n");
    snprintf(nodes, sizeof nodes, "%d 7 node.one|" ONE "|%d node.two||%d,", port, port, port);
    cr_assert_eq(strncmp(published.data, nodes, strlen(nodes)), 0, "%s", published.data);
    cr_assert_str_eq(published.data + strlen(nodes), nodes, "each node is told");
    say(c, "get key\r\n");
    int s = take(one);
    hear(s, "get key\r\n");
    say(s, "END\r\n");
    hear(c, "END\r\n");
    close(s);
    hear_end(c);
    close(c);
    c = connect_to(LINK);
    say(c, "quit\r\n");
    hear_end(c);
    close(c);
    c = connect_to(LINK);
    close(c);
    close(one);
}

SCENE(binary_and_endless_commands_are_for_a_node)
{
    int one = listen_at(ONE);
    order_to(LINK_CONFIGURATION, (const char *const[]){ONE}, 1);
    int c = connect_to(LINK);
    say(c, "\x80 binary");
    int s = take(one);
    hear(s, "\x80 binary");
    int d = connect_to(LINK);
    char text[2100];
    memset(text, 'x', sizeof text);
    cr_assert_eq(send(d, text, sizeof text, MSG_NOSIGNAL), (ssize_t)sizeof text);
    int t = take(one);
    await(t, POLLIN);
    close(c), close(d), close(s), close(t), close(one);
}

static struct split_target behind(void)
{
    return (struct split_target){.host = &host,
        .dir = scratch_dir(),
        .socket = "engine.sock",
        .inner_address = ONE,
        .inner_port = port,
        .port = OPT_INT(port)};
}

static int listen_in_scratch(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", scratch_path("engine.sock"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(fd, 8), 0);
    return fd;
}

SCENE(a_splitter_tells_tls_by_its_first_byte)
{
    struct split s = {0};
    struct split_target t = behind();
    int tls = listen_at(ONE), plain = listen_in_scratch();
    cr_assert(split_listen(&s, &t, LINK));
    cr_assert(split_listen(&s, &t, TWO));
    cr_assert(split_listen(&s, &t, TWO), "twice is once");
    cr_assert(split_listens(&s, LINK) && split_listens(&s, TWO) && !split_listens(&s, ONE));
    int c = connect_to(LINK), d = connect_to(TWO), quiet = connect_to(TWO);
    say(c, "\x16hello");
    int at_tls = take(tls);
    hear(at_tls, "\x16hello");
    say(d, "PING\r\n");
    int at_plain = take(plain);
    hear(at_plain, "PING\r\n");
    say(at_plain, "+PONG\r\n");
    hear(d, "+PONG\r\n");
    close(quiet);
    split_release(&s, TWO);
    split_release(&s, ONE);
    hear_end(d);
    cr_assert_not(split_listens(&s, TWO));
    split_close(&s);
    split_close(&s);
    hear_end(c);
    close(c), close(d), close(at_tls), close(at_plain), close(tls), close(plain);
}

SCENE(a_splitter_does_not_wait_for_a_silent_client)
{
    struct split s = {0};
    struct split_target t = behind();
    cr_assert(split_listen(&s, &t, LINK));
    int c = connect_to(LINK);
    for (int i = 0; i < 3; i++) uv_run(&loop, UV_RUN_NOWAIT);
    ahead_ms = 30001;
    connections_sweep(&host.connections, (int64_t)uv_now(&loop) + 30001);
    hear_end(c);
    split_close(&s);
    close(c);
}

SCENE(an_address_in_use_is_told_and_taken_once_it_is_free)
{
    int other = listen_at(LINK);
    order_to(LINK_READER, NULL, 0);
    cr_assert_not(link_is_listening(a_link));
    cr_assert_eq(see().state, ENDPOINT_CONFLICT);
    cr_assert_null(see().reason, "for a moment that is usual");
    for (int i = 0; i < 400 && see().reason == NULL; i++) uv_run(&loop, UV_RUN_ONCE);
    cr_assert_str_eq(see().reason, "its address is in use by another program");
    int was = n_changes;
    close(other);
    for (int i = 0; i < 400 && !link_is_listening(a_link); i++) uv_run(&loop, UV_RUN_ONCE);
    cr_assert_eq(see().state, ENDPOINT_LISTENING);
    cr_assert_gt(n_changes, was);
}

SCENE(its_address_is_the_orders)
{
    struct proto_link_order o = {.id = "l1", .kind = LINK_READER, .address = LINK, .port = OPT_INT(port)};
    link_order(a_link, &o);
    o.address = TWO;
    link_order(a_link, &o);
    close(connect_to(TWO));
    close(listen_at(LINK));
    o.address = "198.51.100.1";
    link_order(a_link, &o);
    cr_assert_eq(see().state, ENDPOINT_BROKEN, "an address of another machine");
    cr_assert(strstr(see().reason, "listening: "));
}

SCENE(no_more_connections_than_one_link_may_have)
{
    int one = listen_at(ONE);
    host.connections.limits.of_one_address = 2;
    order_to(LINK_READER, (const char *const[]){ONE}, 1);
    int c[3];
    for (int i = 0; i < 2; i++) c[i] = connect_to(LINK), take(one);
    c[2] = connect_to(LINK);
    hear_end(c[2]);
    for (int i = 0; i < 3; i++) close(c[i]);
    close(one);
}

SCENE(a_connection_that_breaks_ends_on_both_sides)
{
    const enum trip trips[] = {TRIP_GATEWAY_READ, TRIP_GATEWAY_WRITE};
    int one = listen_at(ONE);
    order_to(LINK_PRIMARY, (const char *const[]){ONE}, 1);
    for (int i = 0; i < 2; i++) {
        int c = connect_to(LINK), s = take(one);
        for (int k = 0; k < 5; k++) uv_run(&loop, UV_RUN_NOWAIT);
        trip_arm(trips[i], 1);
        say(c, "x");
        hear_end(s);
        hear_end(c);
        close(c), close(s);
    }
    close(one);
}

SCENE(a_link_that_is_closed_ends_its_connections)
{
    int one = listen_at(ONE);
    order_to(LINK_READER, (const char *const[]){ONE}, 1);
    int c = connect_to(LINK), s = take(one);
    link_close(a_link);
    link_close(a_link);
    a_link = NULL;
    hear_end(c);
    hear_end(s);
    close(c), close(s), close(one);
}

/* ---- all states ---- */

Test(link, every_move_of_a_connection_is_visited)
{
    static void (*const scenes[])(void) = {an_order_without_sense_is_told, targets_take_turns_and_bytes_pass_both_ways,
        nothing_is_lost_of_more_than_sockets_hold, who_refuses_is_passed_over_and_who_has_no_target_is_let_go,
        connections_to_a_target_that_is_gone_end_and_others_stay, a_stranger_at_a_nodes_address_is_told_nothing,
        a_gateway_holds_its_client_until_the_target_is_there, a_gateway_follows_its_order_while_the_target_is_silent,
        a_gateway_does_not_hold_its_client_for_ever, a_long_beginning_is_not_said_twice,
        a_configuration_endpoint_tells_the_nodes_and_leads_to_one, binary_and_endless_commands_are_for_a_node,
        a_splitter_tells_tls_by_its_first_byte, a_splitter_does_not_wait_for_a_silent_client,
        an_address_in_use_is_told_and_taken_once_it_is_free, its_address_is_the_orders,
        no_more_connections_than_one_link_may_have, a_connection_that_breaks_ends_on_both_sides,
        a_link_that_is_closed_ends_its_connections};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        scenes[i]();
        link_scene_end();
        link_scene_begin();
    }
    task_visits_assert_all("connection");
}
