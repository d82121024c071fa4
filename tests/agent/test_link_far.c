#include "base/clock.h"
#include "base/buf.h"
#include "link_scene.h"
#include <criterion/criterion.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* What passes a gateway takes the time that the network between the regions takes. */

TestSuite(link_far, .init = link_scene_begin, .fini = link_scene_end);

/* Both directions are so from now on. */
static void network_is(struct proto_line_order line)
{
    struct proto_far_region far = {"eu-west-1", &line, &line};
    struct proto_target target = {.host = ONE, .port = OPT_INT(port)};
    link_host_network(&host, &(struct proto_far_region_list){true, 1, &far});
    link_order(a_link, &(struct proto_link_order){.id = "l1",
                           .kind = LINK_GATEWAY,
                           .address = LINK,
                           .port = OPT_INT(port),
                           .region = "eu-west-1",
                           .targets = {true, 1, &target}});
}

static int64_t mono_ms(void)
{
    return clock_mono_ns() / 1000000;
}

Test(link_far, bytes_between_regions_take_the_time_that_the_network_takes)
{
    int one = listen_at(ONE);
    network_is((struct proto_line_order){.latency_ms = OPT_INT(20)});
    int64_t begun = mono_ms();
    int c = connect_to(LINK);
    say(c, "PING");
    int s = take(one);
    cr_assert_geq(mono_ms() - begun, 40, "a connection takes a round trip");
    hear(s, "PING");
    cr_assert_geq(mono_ms() - begun, 60);
    begun = mono_ms();
    say(s, "PONG");
    hear(c, "PONG");
    cr_assert_geq(mono_ms() - begun, 19);
    say(s, "the ");
    network_is((struct proto_line_order){0});
    say(s, "end");
    hear(c, "the end");
    close(s);
    hear_end(c);
    close(c), close(one);
}

Test(link_far, nothing_is_lost_or_turned_over_on_a_slow_and_narrow_way)
{
    int one = listen_at(ONE);
    network_is((struct proto_line_order){.latency_ms = OPT_INT(3), .jitter_ms = OPT_INT(3), .bytes_per_s = OPT_INT(20 * MIB)});
    int c = connect_to(LINK), s = take(one);
    char *data = malloc(2 * MIB), *got = malloc(2 * MIB);
    for (int i = 0; i < 2 * MIB; i++) data[i] = (char)(i * 7 + i / 4096);
    for (size_t sent = 0, n = 0; n < 2 * MIB;) {
        if (sent < 2 * MIB) {
            ssize_t w = send(c, data + sent, 2 * MIB - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (w > 0) sent += (size_t)w;
            if (sent == 2 * MIB) shutdown(c, SHUT_WR);
        }
        await(s, POLLIN);
        ssize_t r = recv(s, got + n, 2 * MIB - n, 0);
        cr_assert_gt(r, 0);
        n += (size_t)r;
    }
    cr_assert_eq(memcmp(data, got, 2 * MIB), 0);
    hear_end(s);
    free(data), free(got);
    close(c), close(s), close(one);
}

Test(link_far, a_way_that_is_down_ends_connections_and_holds_new_ones)
{
    int one = listen_at(ONE);
    network_is((struct proto_line_order){0});
    int c = connect_to(LINK), s = take(one);
    say(s, "x");
    hear(c, "x");
    network_is((struct proto_line_order){.down = OPT_BOOL(true)});
    hear_end(c);
    hear_end(s);
    close(c), close(s);
    c = connect_to(LINK);
    for (int i = 0; i < 10; i++) uv_run(&loop, UV_RUN_ONCE);
    struct pollfd p = {.fd = one, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 0), 0);
    network_is((struct proto_line_order){0});
    s = take(one);
    close(c), close(s), close(one);
}

Test(link_far, a_black_hole_keeps_connections_and_all_that_is_said)
{
    int one = listen_at(ONE);
    network_is((struct proto_line_order){0});
    int c = connect_to(LINK), s = take(one);
    say(s, "before ");
    hear(c, "before ");
    network_is((struct proto_line_order){.lost = OPT_BOOL(true)});
    say(s, "meanwhile");
    close(s);
    for (int i = 0; i < 100; i++) uv_run(&loop, UV_RUN_NOWAIT);
    struct pollfd p = {.fd = c, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 0), 0);
    network_is((struct proto_line_order){0});
    hear(c, "meanwhile");
    hear_end(c);
    close(c), close(one);
}
