#include "agent/forwarder/wan.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
/* What the network between two regions does to bytes. */

enum { MS = 1000000 };

static struct wan_line line;
static struct wan_queue way;

static void begin(void)
{
    line = (struct wan_line){{0}};
    way = (struct wan_queue){0};
}

static void end(void)
{
    wan_queue_fini(&way);
}

TestSuite(wan, .init = begin, .fini = end);

/* Takes all that has arrived by then; adds it to 'text'. True for the end. */
static bool take(int64_t now_ns, char *text)
{
    const char *data;
    size_t n;
    while (wan_arrived(&way, &line, now_ns, &data, &n)) {
        strncat(text, data, n);
        wan_take(&way, n);
        if (n == 0) return true;
    }
    return false;
}

Test(wan, bytes_arrive_after_the_latency_and_not_before)
{
    char text[100] = "";
    line.terms.latency_ns = 40 * MS;
    cr_assert_not(wan_is_plain(&line));
    wan_send(&way, &line, 1 * MS, "one", 3);
    wan_send(&way, &line, 2 * MS, "two", 3);
    cr_assert_eq(wan_next_ns(&way, &line), 41 * MS);
    cr_assert_not(take(41 * MS - 1, text));
    cr_assert_str_eq(text, "");
    take(41 * MS, text);
    cr_assert_str_eq(text, "one");
    cr_assert_eq(wan_next_ns(&way, &line), 42 * MS);
    wan_send_end(&way, &line, 2 * MS);
    cr_assert(take(42 * MS, text));
    cr_assert_str_eq(text, "onetwo");
    cr_assert_eq(wan_next_ns(&way, &line), INT64_MAX);
    cr_assert_eq(way.bytes, 0);
}

Test(wan, a_part_that_was_taken_is_not_told_again)
{
    const char *data;
    size_t n;
    wan_send(&way, &line, 0, "abcdef", 6);
    cr_assert(wan_arrived(&way, &line, 0, &data, &n) && n == 6);
    wan_take(&way, 4);
    cr_assert(wan_arrived(&way, &line, 0, &data, &n) && n == 2 && memcmp(data, "ef", 2) == 0);
}

Test(wan, the_order_stays_whatever_the_network_becomes)
{
    char text[100] = "";
    line.terms.latency_ns = 50 * MS;
    wan_send(&way, &line, 0, "slow ", 5);
    line.terms.latency_ns = 0;
    wan_send(&way, &line, 1 * MS, "fast", 4);
    take(49 * MS, text);
    cr_assert_str_eq(text, "");
    take(50 * MS, text);
    cr_assert_str_eq(text, "slow fast");
}

Test(wan, jitter_is_spread_up_to_its_limit)
{
    int64_t least = INT64_MAX, most = 0;
    line.terms = (struct wan_terms){.latency_ns = 10 * MS, .jitter_ns = 5 * MS};
    for (int64_t now = 0; now < INT64_C(1000) * 100 * MS; now += 100 * MS) { /* far enough apart not to wait for each other */
        const char *data;
        size_t n;
        wan_send(&way, &line, now, "x", 1);
        int64_t took = wan_next_ns(&way, &line) - now;
        least = took < least ? took : least;
        most = took > most ? took : most;
        cr_assert(wan_arrived(&way, &line, now + 15 * MS, &data, &n));
        wan_take(&way, n);
    }
    cr_assert(least >= 10 * MS && least < 11 * MS && most <= 15 * MS && most > 14 * MS, "%lld to %lld", (long long)least,
        (long long)most);
}

Test(wan, all_connections_share_the_bandwidth)
{
    struct wan_queue other = {0};
    char *data = calloc(1, 1000000), text[2] = "";
    line.terms.bytes_per_s = 1000000;
    wan_send(&way, &line, 0, data, 500000);
    wan_send(&other, &line, 0, data, 500000);
    cr_assert(way.due_ns >= 499 * MS && way.due_ns <= 501 * MS);
    cr_assert(other.due_ns >= 999 * MS && other.due_ns <= 1001 * MS);
    cr_assert_leq(wan_next_ns(&way, &line), 2 * MS, "the first bytes do not wait for the last");
    take(way.due_ns, text);
    cr_assert_eq(wan_next_ns(&way, &line), INT64_MAX);
    wan_queue_fini(&other);
    free(data);
}

Test(wan, a_black_hole_tells_nothing_and_gives_all_back_once_it_ends)
{
    char text[100] = "";
    line.terms = (struct wan_terms){.latency_ns = 1 * MS, .lost = true};
    wan_send(&way, &line, 0, "kept", 4);
    cr_assert_eq(wan_next_ns(&way, &line), INT64_MAX);
    cr_assert_not(take(1000000 * (int64_t)MS, text));
    line.terms.lost = false;
    take(1 * MS, text);
    cr_assert_str_eq(text, "kept");
}

Test(wan, what_is_on_its_way_has_a_limit)
{
    char *data = calloc(1, 1 << 20);
    size_t sent = 0;
    line.terms.latency_ns = 40 * MS;
    for (; wan_has_room(&way, &line); sent += 1 << 20) wan_send(&way, &line, 0, data, 1 << 20);
    cr_assert_eq(sent, 64 << 20);
    wan_queue_fini(&way);
    line.terms.bytes_per_s = 1000000;
    for (sent = 0; wan_has_room(&way, &line); sent += 1000) wan_send(&way, &line, 0, data, 1000);
    cr_assert_lt(sent, 500000, "a narrow line keeps no more than a round trip's worth, and the least that it takes");
    free(data);
}

Test(wan, a_region_keeps_its_place)
{
    struct wan_region *all = NULL, *one = wan_region(&all, "us-east-1"), *two = wan_region(&all, "eu-west-1");
    cr_assert(one != two && wan_region(&all, "us-east-1") == one && wan_region(&all, "eu-west-1") == two);
    wan_regions_fini(&all);
    cr_assert_null(all);
}
