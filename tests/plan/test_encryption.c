#include "build.h"
#include "base/arena.h"
#include "plan/encryption.h"
#include "plan/naming.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;
static struct build b;
static struct world_rg *rg;
static struct world_encryption change;

/* A group of two whose mode is changing; ENCRYPTION_UNSET: it is not. */
static void setup_change(enum encryption_mode from, enum encryption_mode to)
{
    build_init(&b, &arena);
    build_rg(&b, "us-east-1", "g", "modifying", 2);
    build_link(&b);
    plan_addresses(&b.w);
    rg = build_find(&b, "us-east-1", "g");
    rg->row.transit_encryption = from;
    change = (struct world_encryption){.row = {.region = "us-east-1", .rg_id = "g", .next_mode = to}};
    rg->encryption = &change;
    build_see_all(&b);
}

static void fini(void)
{
    arena_fini(&arena);
}

TestSuite(encryption, .fini = fini);

static void see(int node, enum encryption_mode seen, bool links)
{
    rg->nodes[node].row.seen_encryption = seen;
    rg->nodes[node].row.seen_links_encrypted = links;
}

static void wants(int node, enum encryption_mode mode, bool links)
{
    struct want_encryption want = want_encryption(rg, &rg->nodes[node]);
    cr_expect_eq(want.mode, mode, "node %d: mode %d", node, (int)want.mode);
    cr_expect_eq(want.links, links, "node %d: links", node);
}

Test(encryption, links_are_encrypted_once_their_upstream_takes_both)
{
    setup_change(ENCRYPTION_NONE, ENCRYPTION_PREFERRED);
    see(0, ENCRYPTION_NONE, false);
    see(1, ENCRYPTION_NONE, false);
    wants(0, ENCRYPTION_PREFERRED, true);
    wants(1, ENCRYPTION_PREFERRED, false);
    see(1, ENCRYPTION_PREFERRED, false);
    wants(1, ENCRYPTION_PREFERRED, false);
    see(0, ENCRYPTION_PREFERRED, true);
    wants(1, ENCRYPTION_PREFERRED, true);
    rg->nodes[0].row.seen_state = SEEN_EXITED; /* what was seen of a process that is gone is nothing */
    wants(1, ENCRYPTION_PREFERRED, false);
}

Test(encryption, links_are_plain_again_before_nobody_may_speak_tls)
{
    setup_change(ENCRYPTION_PREFERRED, ENCRYPTION_NONE);
    see(0, ENCRYPTION_PREFERRED, true);
    see(1, ENCRYPTION_PREFERRED, true);
    wants(0, ENCRYPTION_PREFERRED, false);
    see(0, ENCRYPTION_PREFERRED, false);
    wants(0, ENCRYPTION_PREFERRED, false);
    see(1, ENCRYPTION_UNSET, false);
    wants(0, ENCRYPTION_PREFERRED, false);
    see(1, ENCRYPTION_PREFERRED, false);
    wants(0, ENCRYPTION_NONE, false);
    see(0, ENCRYPTION_NONE, false);
    wants(1, ENCRYPTION_NONE, false);
}

Test(encryption, between_preferred_and_required_links_stay_as_they_are)
{
    setup_change(ENCRYPTION_PREFERRED, ENCRYPTION_REQUIRED);
    see(0, ENCRYPTION_PREFERRED, true);
    wants(1, ENCRYPTION_REQUIRED, true);
    setup_change(ENCRYPTION_REQUIRED, ENCRYPTION_PREFERRED);
    wants(1, ENCRYPTION_PREFERRED, true);
}

Test(encryption, a_new_group_links_with_tls_from_the_start)
{
    setup_change(ENCRYPTION_REQUIRED, ENCRYPTION_UNSET);
    wants(0, ENCRYPTION_REQUIRED, true);
    wants(1, ENCRYPTION_REQUIRED, true);
    setup_change(ENCRYPTION_NONE, ENCRYPTION_UNSET);
    wants(1, ENCRYPTION_NONE, false);
}

Test(encryption, a_change_is_done_when_every_node_has_it_and_not_before)
{
    setup_change(ENCRYPTION_NONE, ENCRYPTION_PREFERRED);
    see(0, ENCRYPTION_PREFERRED, true);
    see(1, ENCRYPTION_PREFERRED, false);
    plan_rg(&b.w, rg);
    cr_assert_eq(rg->row.status, RG_MODIFYING);
    cr_assert_eq(rg->row.transit_encryption, ENCRYPTION_NONE);
    see(1, ENCRYPTION_PREFERRED, true);
    plan_rg(&b.w, rg);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert_eq(rg->row.transit_encryption, ENCRYPTION_PREFERRED);
    cr_assert_eq(rg->clusters[1].row.transit_encryption, ENCRYPTION_PREFERRED);
    cr_assert(change.drop, "nothing is left to be remembered");
    wants(1, ENCRYPTION_PREFERRED, true);
}

Test(encryption, a_token_outlives_its_change)
{
    setup_change(ENCRYPTION_REQUIRED, ENCRYPTION_UNSET);
    change.row.token = "aa";
    change.row.token_change = TOKEN_ROTATING;
    change.row.token_modified_ms = 1;
    rg->access = NULL;
    build_see_all(&b);
    see(0, ENCRYPTION_REQUIRED, true);
    see(1, ENCRYPTION_REQUIRED, true);
    plan_rg(&b.w, rg);
    cr_assert_eq(rg->row.status, RG_AVAILABLE);
    cr_assert_eq(change.row.token_change, TOKEN_NONE);
    cr_assert_not(change.drop);
}

Test(encryption, names_are_those_of_the_node_and_its_group)
{
    setup_change(ENCRYPTION_REQUIRED, ENCRYPTION_UNSET);
    const char *names = encryption_names(&b.w, &rg->nodes[0]);
    cr_assert(strstr(names, rg->nodes[0].row.address) && strstr(names, "localhost") == NULL);
    for (size_t i = 0; i < rg->n_endpoints; i++) cr_assert(strstr(names, rg->endpoints[i].row.address));
    cr_assert_null(strstr(names, rg->nodes[1].row.address));
    rg->endpoints[0].row.node_group_id = "0002";
    names = encryption_names(&b.w, &rg->nodes[0]);
    cr_assert_null(strstr(names, rg->endpoints[0].row.address), "another shard's endpoint is no name of this node");
    rg->endpoints[0].row.node_group_id = "";
    names = encryption_names(&b.w, &rg->nodes[0]);
    cr_assert(strstr(names, rg->endpoints[0].row.address), "the configuration endpoint leads to every node");
    cr_assert_str_eq(encryption_inner_address(&b.w, &rg->nodes[0]), rg->nodes[0].row.address);
    cr_assert_null(strstr(names, "cache.test"));
    b.w.addressing.domain = "cache.test";
    names = encryption_names(&b.w, &rg->nodes[0]);
    for (int encrypted = 0; encrypted <= 1; encrypted++) {
        cr_assert(strstr(names, naming_node(&b.w, &rg->nodes[0], encrypted)));
        cr_assert_null(strstr(names, naming_node(&b.w, &rg->nodes[1], encrypted)));
        cr_assert(strstr(names, naming_rg(&b.w, rg, NAME_PRIMARY, encrypted)));
        cr_assert(strstr(names, naming_rg(&b.w, rg, NAME_READER, encrypted)));
    }
    b.w.addressing = (struct world_addressing){.ports = true, .host = "0.0.0.0", .advertise = "redis.test"};
    rg->nodes[0].row.address = "0.0.0.0";
    names = encryption_names(&b.w, &rg->nodes[0]);
    cr_assert(strstr(names, "redis.test") && strstr(names, "0.0.0.0") == NULL);
    rg->nodes[0].row.address = "127.0.0.1";
    cr_assert(strstr(encryption_names(&b.w, &rg->nodes[0]), "127.0.0.1"), "where nodes of a cluster send clients");
    rg->nodes[0].row.address = "0.0.0.0";
    rg->nodes[0].row.port = 20001;
    const char *inner = encryption_inner_address(&b.w, &rg->nodes[0]);
    rg->nodes[0].row.port = 20002;
    cr_assert_str_neq(encryption_inner_address(&b.w, &rg->nodes[0]), inner);
    cr_assert_eq(strncmp(inner, "127.", 4), 0);
}
