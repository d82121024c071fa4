#include "control/network.h"
#include "base/arena.h"
#include "catalog/region.h"
#include "control/outages.h"
#include "protocol/protocol.gen.h"
#include <criterion/criterion.h>

static struct arena arena;
static struct network network;
static struct outages outages;
static const struct region *here, *there;

static void begin(void)
{
    here = region_find("us-east-1");
    there = region_find("eu-west-1");
}

static void end(void)
{
    network_fini(&network);
    outages_fini(&outages);
    arena_fini(&arena);
}

TestSuite(network, .init = begin, .fini = end);

static struct proto_far_region_list order_for(const struct region *r)
{
    struct proto_assignment out = {0};
    network_order(&network, &outages, &arena, r->name, &out);
    return out.network;
}

Test(network, an_agent_is_told_of_both_directions_and_of_what_does_anything)
{
    cr_assert_eq(order_for(here).n, 0);
    network_bend(&network, here, there, &(struct network_link){.latency_ms = 40, .bandwidth_mbit = 8, .state = NETWORK_UP});
    network_bend(&network, there, here, &(struct network_link){.state = NETWORK_BLACKHOLE});
    struct proto_far_region_list a = order_for(here), b = order_for(there);
    cr_assert(a.n == 1 && b.n == 1);
    cr_assert_str_eq(a.items[0].region, "eu-west-1");
    cr_assert(a.items[0].to->latency_ms.v == 40 && a.items[0].to->bytes_per_s.v == 1000000 && !a.items[0].to->lost.v);
    cr_assert(a.items[0].from->lost.v && a.items[0].from->latency_ms.v == 0);
    cr_assert_str_eq(b.items[0].region, "us-east-1");
    cr_assert(b.items[0].from->latency_ms.v == 40 && b.items[0].to->lost.v);
    network_preset(&network, true, false);
    cr_assert_eq(order_for(here).n, 0);
}

Test(network, the_preset_has_the_latency_of_every_distance)
{
    network_preset(&network, false, false);
    cr_assert_eq(order_for(here).n, n_regions - 1);
    cr_assert_eq(network_link(&network, here, there)->latency_ms, region_latency_ms(here, there));
    cr_assert(network_link_is_plain(network_link(&network, here, here)));
}

Test(network, whoever_can_not_send_or_can_not_be_sent_to_is_cut_off)
{
    cr_assert_null(network_cut_from(&network, &outages, "us-east-1"));
    network_bend(&network, here, there, &(struct network_link){.latency_ms = 40, .state = NETWORK_UP});
    cr_assert_null(network_cut_from(&network, &outages, "us-east-1"));
    network_bend(&network, there, here, &(struct network_link){.state = NETWORK_DOWN});
    network_bend(&network, here, region_find("sa-east-1"), &(struct network_link){.state = NETWORK_BLACKHOLE});
    cr_assert_str_eq(network_cut_from(&network, &outages, "us-east-1"), "eu-west-1 sa-east-1");
    cr_assert_str_eq(network_cut_from(&network, &outages, "eu-west-1"), "us-east-1");
    const char *kept = network_cut_from(&network, &outages, "us-east-1");
    cr_assert_eq(network_cut_from(&network, &outages, "us-east-1"), kept, "nothing is made anew for each look");
    network_preset(&network, true, false);
    cr_assert_null(network_cut_from(&network, &outages, "us-east-1"));
}

Test(network, nothing_leads_to_a_region_that_is_isolated)
{
    outages_add(&outages, &(struct outage){.region = "us-east-1", .state = OUTAGE_ISOLATED});
    cr_assert_eq(order_for(here).n, n_regions - 1);
    struct proto_far_region_list b = order_for(there);
    cr_assert(b.n == 1 && b.items[0].to->down.v && b.items[0].from->down.v);
    outages_drop(&outages, "us-east-1", NULL);
    cr_assert_eq(order_for(there).n, 0);
}

Test(network, the_first_outage_is_told_the_same_for_as_long_as_nothing_changes)
{
    outages_add(&outages, &(struct outage){.region = "us-east-1", .state = OUTAGE_ISOLATED});
    const char *kept = network_cut_from(&network, &outages, "us-east-1");
    cr_assert_str_eq(network_cut_from(&network, &outages, "eu-west-1"), "us-east-1");
    cr_assert_eq(network_cut_from(&network, &outages, "us-east-1"), kept, "a pass holds on to it");
}
