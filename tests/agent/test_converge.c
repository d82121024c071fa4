#include "agent/redis/converge.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *vip_items[] = {"127.1.0.100"};
static const struct string_list none = {0}, vip = {true, 1, vip_items};

/* One line of the table: what is ordered, what is, and the step that follows. */
struct line {
    const char *what;
    enum node_role ordered_role;
    bool ordered_fence;
    int promote_offset; /* 0: none */
    bool ordered_vip;
    enum node_role role;
    const char *upstream; /* ordered is "a" */
    enum fence fence;
    bool held_vip, dropping, conf_stale, settings_stale, upstream_ready;
    enum step want;
};

static const struct line table[] = {
    /* what                                        ordered   fence  offs vip    is            of   fence          vip    drop   conf   sett   ready  */
    {"a primary as ordered", ROLE_PRIMARY, false, 0, false, ROLE_PRIMARY, "", FENCE_OFF, false, false, false, false, true,
        STEP_NONE},
    {"a replica as ordered", ROLE_REPLICA, false, 0, false, ROLE_REPLICA, "a", FENCE_OFF, false, false, false, false, true,
        STEP_NONE},
    {"an address is given up before anything else", ROLE_REPLICA, false, 0, false, ROLE_PRIMARY, "", FENCE_OFF, true, true, true,
        true, true, STEP_RELEASE},
    {"then its connections go", ROLE_REPLICA, false, 0, false, ROLE_PRIMARY, "", FENCE_OFF, false, true, true, true, true,
        STEP_DROP},
    {"the file is written before a primary steps down", ROLE_REPLICA, false, 0, false, ROLE_PRIMARY, "", FENCE_ON, false, false,
        true, false, true, STEP_WRITE_CONF},
    {"a fenced primary follows before its writes go on", ROLE_REPLICA, false, 0, false, ROLE_PRIMARY, "", FENCE_ON, false, false,
        false, false, true, STEP_FOLLOW},
    {"and then they do", ROLE_REPLICA, false, 0, false, ROLE_REPLICA, "a", FENCE_ON, false, false, false, false, true,
        STEP_UNPAUSE},
    {"then the PINGs", ROLE_REPLICA, false, 0, false, ROLE_REPLICA, "a", FENCE_QUIET, false, false, false, false, true,
        STEP_LOUD},
    {"a fence on a replica is none", ROLE_REPLICA, true, 0, false, ROLE_REPLICA, "a", FENCE_OFF, false, false, false, false, true,
        STEP_NONE},
    {"a fenced primary waits for its upstream", ROLE_REPLICA, false, 0, false, ROLE_PRIMARY, "", FENCE_ON, false, false, false,
        false, false, STEP_WAIT},
    {"a primary that takes writes does not", ROLE_REPLICA, false, 0, false, ROLE_PRIMARY, "", FENCE_OFF, false, false, false,
        false, false, STEP_FOLLOW},
    {"nor one of which nobody knows", ROLE_REPLICA, false, 0, false, ROLE_PRIMARY, "", FENCE_UNKNOWN, false, false, false, false,
        false, STEP_FOLLOW},
    {"a replica waits for its next upstream", ROLE_REPLICA, false, 0, false, ROLE_REPLICA, "b", FENCE_OFF, false, false, false,
        false, false, STEP_WAIT},
    {"and then follows it, before the file", ROLE_REPLICA, false, 0, false, ROLE_REPLICA, "b", FENCE_OFF, false, false, true,
        false, true, STEP_FOLLOW},
    {"which is written after it", ROLE_REPLICA, false, 0, false, ROLE_REPLICA, "a", FENCE_OFF, false, false, true, false, true,
        STEP_WRITE_CONF},
    {"settings come meanwhile", ROLE_REPLICA, false, 0, false, ROLE_REPLICA, "b", FENCE_OFF, false, false, false, true, false,
        STEP_SET},
    {"a promotion comes before the file", ROLE_PRIMARY, false, 0, true, ROLE_REPLICA, "a", FENCE_OFF, false, false, true, false,
        true, STEP_PROMOTE},
    {"so does the endpoint", ROLE_PRIMARY, false, 0, true, ROLE_PRIMARY, "", FENCE_OFF, false, false, true, false, true,
        STEP_TAKE},
    {"then the file is written", ROLE_PRIMARY, false, 0, true, ROLE_PRIMARY, "", FENCE_OFF, true, false, true, false, true,
        STEP_WRITE_CONF},
    {"a promotion waits for its offset", ROLE_PRIMARY, false, 101, false, ROLE_REPLICA, "a", FENCE_OFF, false, false, true, false,
        true, STEP_WAIT_OFFSET},
    {"and comes when it is reached", ROLE_PRIMARY, false, 100, false, ROLE_REPLICA, "a", FENCE_OFF, false, false, true, false,
        true, STEP_PROMOTE},
    {"an offset is nothing to a primary", ROLE_PRIMARY, false, 101, false, ROLE_PRIMARY, "", FENCE_OFF, false, false, false,
        false, true, STEP_NONE},
    {"an endpoint is taken by who is primary", ROLE_PRIMARY, false, 0, true, ROLE_PRIMARY, "", FENCE_OFF, false, false, false,
        false, true, STEP_TAKE},
    {"and by nobody before", ROLE_PRIMARY, false, 101, true, ROLE_REPLICA, "a", FENCE_OFF, false, false, false, false, true,
        STEP_WAIT_OFFSET},
    {"nothing to take twice", ROLE_PRIMARY, false, 0, true, ROLE_PRIMARY, "", FENCE_OFF, true, false, false, false, true,
        STEP_NONE},
    {"a fence begins with the PINGs", ROLE_PRIMARY, true, 0, false, ROLE_PRIMARY, "", FENCE_OFF, false, false, false, false, true,
        STEP_QUIET},
    {"then the writes", ROLE_PRIMARY, true, 0, false, ROLE_PRIMARY, "", FENCE_QUIET, false, false, false, false, true,
        STEP_PAUSE},
    {"then the offset is read", ROLE_PRIMARY, true, 0, false, ROLE_PRIMARY, "", FENCE_PAUSED, false, false, false, false, true,
        STEP_READ},
    {"and there it stands", ROLE_PRIMARY, true, 0, false, ROLE_PRIMARY, "", FENCE_ON, false, false, false, false, true,
        STEP_NONE},
    {"a fence is lifted", ROLE_PRIMARY, false, 0, false, ROLE_PRIMARY, "", FENCE_ON, false, false, false, false, true,
        STEP_UNPAUSE},
    {"one that was half set, too", ROLE_PRIMARY, false, 0, false, ROLE_PRIMARY, "", FENCE_PAUSED, false, false, false, false,
        true, STEP_UNPAUSE},
    {"one that may be there, too", ROLE_PRIMARY, false, 0, false, ROLE_PRIMARY, "", FENCE_UNKNOWN, false, false, false, false,
        true, STEP_UNPAUSE},
    {"one that may be there is set again", ROLE_PRIMARY, true, 0, false, ROLE_PRIMARY, "", FENCE_UNKNOWN, false, false, false,
        false, true, STEP_QUIET},
    {"settings come last", ROLE_PRIMARY, false, 0, false, ROLE_PRIMARY, "", FENCE_OFF, false, false, false, true, true, STEP_SET},
};

static struct proto_node_order ordered(const struct line *t)
{
    struct proto_node_order o = {.role = t->ordered_role, .upstream_host = "a", .upstream_port = OPT_INT(6379)};
    o.fence = OPT_BOOL(t->ordered_fence);
    o.endpoints = t->ordered_vip ? vip : none;
    if (t->promote_offset) o.promote_offset = OPT_INT(t->promote_offset);
    return o;
}

static struct node_now known(const struct line *t)
{
    struct node_now now = {.info = {.role = t->role, .upstream_port = 6379, .offset = 100},
        .held = t->held_vip ? &vip : &none,
        .dropping = t->dropping,
        .fence = t->fence,
        .lockout = LOCKOUT_OFF,
        .conf_stale = t->conf_stale,
        .settings_stale = t->settings_stale,
        .upstream_ready = t->upstream_ready};
    strcpy(now.info.upstream_host, t->upstream);
    return now;
}

Test(converge, every_line_of_the_table)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct proto_node_order o = ordered(&table[i]);
        struct node_now now = known(&table[i]);
        enum step s = converge(&o, &now);
        cr_expect_eq(s, table[i].want, "%s: %s, not %s", table[i].what, step_name(s), step_name(table[i].want));
    }
}

Test(converge, an_order_for_another_process_promotes_nobody)
{
    static const struct line orders[] = {
        {.what = "at once", .ordered_role = ROLE_PRIMARY, .role = ROLE_REPLICA, .upstream = "a"},
        {.what = "at an offset", .ordered_role = ROLE_PRIMARY, .promote_offset = 50, .role = ROLE_REPLICA, .upstream = "a"},
        {.what = "fenced", .ordered_role = ROLE_PRIMARY, .ordered_fence = true, .role = ROLE_REPLICA, .upstream = "a"},
        {.what = "with the endpoint", .ordered_role = ROLE_PRIMARY, .ordered_vip = true, .role = ROLE_REPLICA, .upstream = "a"},
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        for (int cluster = 0; cluster < 2; cluster++) {
            struct proto_node_order o = ordered(&orders[i]);
            struct node_now now = known(&orders[i]);
            if (cluster) o.cluster = "c";
            if (cluster) o.takeover = OPT_BOOL(true);
            if (orders[i].ordered_fence) now.lockout = LOCKOUT_ON;
            cr_expect_eq(converge(&o, &now), STEP_PROMOTE, "%s", orders[i].what);
            now.other_process = true;
            cr_expect_eq(converge(&o, &now), STEP_WAIT, "%s", orders[i].what);
        }
    }
}

Test(converge, clients_are_kept_from_lifting_a_fence_before_it_is_there_and_until_it_is_gone)
{
    static const struct line lines[] = {
        {.ordered_role = ROLE_PRIMARY, .ordered_fence = true, .role = ROLE_PRIMARY, .fence = FENCE_OFF, .want = STEP_QUIET},
        {.ordered_role = ROLE_PRIMARY, .ordered_fence = true, .role = ROLE_PRIMARY, .fence = FENCE_UNKNOWN, .want = STEP_QUIET},
        {.ordered_role = ROLE_PRIMARY, .ordered_fence = true, .role = ROLE_PRIMARY, .fence = FENCE_QUIET, .want = STEP_ACCESS},
        {.ordered_role = ROLE_PRIMARY, .ordered_fence = true, .role = ROLE_PRIMARY, .fence = FENCE_PAUSED, .want = STEP_ACCESS},
        {.ordered_role = ROLE_PRIMARY, .ordered_fence = true, .role = ROLE_PRIMARY, .fence = FENCE_ON, .want = STEP_ACCESS},
        {.ordered_role = ROLE_PRIMARY, .role = ROLE_PRIMARY, .fence = FENCE_ON, .want = STEP_UNPAUSE},
        {.ordered_role = ROLE_PRIMARY, .role = ROLE_PRIMARY, .fence = FENCE_QUIET, .want = STEP_LOUD},
        {.ordered_role = ROLE_PRIMARY, .role = ROLE_PRIMARY, .fence = FENCE_OFF, .want = STEP_ACCESS},
        {.ordered_role = ROLE_REPLICA, .role = ROLE_REPLICA, .upstream = "a", .fence = FENCE_ON, .want = STEP_UNPAUSE},
        {.ordered_role = ROLE_REPLICA, .role = ROLE_REPLICA, .upstream = "a", .fence = FENCE_OFF, .want = STEP_ACCESS},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct line t = lines[i];
        if (!t.upstream) t.upstream = "";
        struct proto_node_order o = ordered(&t);
        struct node_now now = known(&t);
        now.bar_stale = true;
        enum step s = converge(&o, &now);
        cr_expect_eq(s, t.want, "line %zu: %s, not %s", i, step_name(s), step_name(t.want));
    }
}

Test(converge, what_may_have_changed_is_read_before_anything_is_decided)
{
    struct proto_node_order o = ordered(&table[1]);
    struct node_now now = known(&table[1]);
    now.info_old = true;
    cr_assert_eq(converge(&o, &now), STEP_READ);
}

Test(converge, a_refused_endpoint_does_not_hold_up_the_rest)
{
    struct line t = {.ordered_role = ROLE_PRIMARY,
        .ordered_vip = true,
        .role = ROLE_PRIMARY,
        .upstream = "",
        .fence = FENCE_OFF,
        .settings_stale = true};
    struct proto_node_order o = ordered(&t);
    struct node_now now = known(&t);
    cr_assert_eq(converge(&o, &now), STEP_TAKE);
    now.take_blocked = true;
    cr_assert_eq(converge(&o, &now), STEP_SET);
}

Test(converge, users_come_before_settings)
{
    struct line t = {.ordered_role = ROLE_PRIMARY, .role = ROLE_PRIMARY, .upstream = "", .settings_stale = true};
    t.fence = FENCE_OFF;
    struct proto_node_order o = ordered(&t);
    struct node_now now = known(&t);
    now.access_stale = true;
    cr_assert_eq(converge(&o, &now), STEP_ACCESS);
}

Test(converge, in_a_cluster_nobody_takes_over_untold)
{
    struct line t = {
        .ordered_role = ROLE_PRIMARY, .role = ROLE_REPLICA, .upstream = "a", .fence = FENCE_OFF, .upstream_ready = true};
    struct proto_node_order o = ordered(&t);
    struct node_now now = known(&t);
    o.cluster = "g";
    cr_assert_eq(converge(&o, &now), STEP_WAIT);
    o.takeover = OPT_BOOL(true);
    cr_assert_eq(converge(&o, &now), STEP_PROMOTE);
    o.promote_offset = OPT_INT(101);
    cr_assert_eq(converge(&o, &now), STEP_WAIT_OFFSET);
    now.has_source = true;
    cr_assert_eq(converge(&o, &now), STEP_PROMOTE, "as its primary it gets the rest from the other region");
    now.shard_primary = now.attached = true;
    cr_assert_eq(converge(&o, &now), STEP_WAIT_OFFSET);
}

Test(converge, one_that_can_not_follow_another_region_takes_no_writes_meanwhile)
{
    struct line t = {.ordered_role = ROLE_REPLICA, .role = ROLE_PRIMARY, .upstream = "", .fence = FENCE_OFF};
    struct proto_node_order o = ordered(&t);
    struct node_now now = known(&t);
    o.cluster = "g";
    now.shard_primary = now.has_source = true;
    now.lockout = LOCKOUT_OFF;
    cr_assert_eq(converge(&o, &now), STEP_WAIT, "it follows by itself");
    now.unable = true;
    cr_assert_eq(converge(&o, &now), STEP_LOCK_OUT);
    now.lockout = LOCKOUT_ON;
    cr_assert_eq(converge(&o, &now), STEP_WAIT);
}

/* From any state the steps lead to one in which nothing is left, if each does what it shall. */
static void take(enum step s, struct node_now *now, const struct proto_node_order *o)
{
    switch (s) {
    case STEP_READ:
        now->info_old = false;
        if (now->fence == FENCE_PAUSED) now->fence = FENCE_ON;
        return;
    case STEP_RELEASE:
        now->held = &none;
        now->dropping = true;
        return;
    case STEP_DROP: now->dropping = false; return;
    case STEP_WRITE_CONF: now->conf_stale = false; return;
    case STEP_FOLLOW:
        now->info.role = ROLE_REPLICA;
        strcpy(now->info.upstream_host, o->upstream_host);
        now->info_old = true;
        return;
    case STEP_PROMOTE:
        now->info.role = ROLE_PRIMARY;
        now->info_old = true;
        return;
    case STEP_QUIET:
    case STEP_UNPAUSE: now->fence = FENCE_QUIET; return;
    case STEP_PAUSE: now->fence = FENCE_PAUSED; return;
    case STEP_LOUD: now->fence = FENCE_OFF; return;
    case STEP_LOCK_OUT: now->lockout = LOCKOUT_ON; return;
    case STEP_LET_IN: now->lockout = LOCKOUT_OFF; return;
    case STEP_TAKE: now->held = &o->endpoints; return;
    case STEP_ACCESS: now->access_stale = false; return;
    case STEP_SET: now->settings_stale = false; return;
    default: cr_assert_fail("%s leads nowhere", step_name(s));
    }
}

static bool takes_writes(const struct node_now *now)
{
    return now->info.role == ROLE_PRIMARY && now->fence != FENCE_PAUSED && now->fence != FENCE_ON && now->lockout != LOCKOUT_ON;
}

Test(converge, from_everywhere_to_everywhere_in_a_few_steps)
{
    for (int bits = 0; bits < 1 << 9; bits++) {
        for (int at = 0; at < 15; at++) {
            enum fence fence = (enum fence)(at % 5);
            enum lockout lockout = (enum lockout)(at / 5);
            struct line t = {.ordered_role = bits & 1 ? ROLE_PRIMARY : ROLE_REPLICA,
                .ordered_fence = bits & 2,
                .ordered_vip = bits & 4,
                .role = bits & 8 ? ROLE_PRIMARY : ROLE_REPLICA,
                .upstream = bits & 16 ? "a" : "b",
                .fence = fence,
                .held_vip = bits & 32,
                .conf_stale = bits & 64,
                .settings_stale = bits & 128,
                .upstream_ready = true};
            struct proto_node_order o = ordered(&t);
            struct node_now now = known(&t);
            now.access_stale = bits & 256;
            now.lockout = lockout;
            int steps = 0;
            bool took_writes = takes_writes(&now);
            for (enum step s; (s = converge(&o, &now)) != STEP_NONE; steps++) {
                cr_assert_lt(steps, 20, "state %d/%d comes to no end", bits, at);
                take(s, &now, &o);
                cr_assert((bits & 3) != 3 || took_writes || !takes_writes(&now), "state %d/%d takes writes that it shall hold",
                    bits, at);
            }
            cr_assert_eq(now.info.role, bits & 1 ? ROLE_PRIMARY : ROLE_REPLICA);
            cr_assert(!now.conf_stale && !now.access_stale && !now.settings_stale && !now.dropping);
            cr_assert_eq(now.fence, (bits & 3) == 3 ? FENCE_ON : FENCE_OFF);
            cr_assert_eq(now.lockout, LOCKOUT_OFF);
            cr_assert_eq(now.held->n, o.endpoints.n);
        }
    }
}

/* In the order in which they are taken: a certificate, then the port, then the link, then what clients notice. */
Test(converge, encryption_comes_before_the_role_and_its_trouble_holds_up_nothing)
{
    const struct line t = {"", ROLE_PRIMARY, false, 0, false, ROLE_REPLICA, "a", FENCE_OFF, .upstream_ready = true};
    struct proto_node_order o = ordered(&t);
    struct node_now now = known(&t);
    now.certificate_stale = now.listens_otherwise = now.links_stale = now.relink = true;
    cr_assert_eq(converge(&o, &now), STEP_CERTIFY);
    now.certificate_stale = false;
    cr_assert_eq(converge(&o, &now), STEP_LISTEN);
    now.listens_otherwise = false;
    cr_assert_eq(converge(&o, &now), STEP_ENCRYPT);
    now.links_stale = false;
    cr_assert_eq(converge(&o, &now), STEP_RELINK);
    now.relink = false;
    cr_assert_eq(converge(&o, &now), STEP_PROMOTE);
    now.listens_otherwise = now.encryption_blocked = true;
    cr_assert_eq(converge(&o, &now), STEP_PROMOTE);
}

/* A node that is otherwise as ordered, or not, and what becomes of its snapshot. */
Test(converge, a_snapshot_is_begun_last_of_all_and_asked_after_meanwhile)
{
    static const struct {
        const char *what;
        bool due, look_due, settings_stale, upstream_ready;
        enum step want;
    } lines[] = {
        {"nothing else is to be done", true, false, false, true, STEP_SAVE},
        {"settings come first", true, false, true, true, STEP_SET},
        {"it is under way", false, true, false, true, STEP_SAVE_LOOK},
        {"none is wanted", false, false, false, true, STEP_NONE},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct proto_node_order o = {.role = ROLE_PRIMARY};
        struct node_now now = {.info = {.role = ROLE_PRIMARY},
            .held = &none,
            .fence = FENCE_OFF,
            .lockout = LOCKOUT_OFF,
            .settings_stale = lines[i].settings_stale,
            .save_due = lines[i].due,
            .save_look_due = lines[i].look_due,
            .upstream_ready = lines[i].upstream_ready};
        cr_expect_eq(converge(&o, &now), lines[i].want, "%s: %s", lines[i].what, step_name(converge(&o, &now)));
    }
}

Test(converge, a_replica_that_still_waits_takes_no_snapshot)
{
    struct proto_node_order o = {.role = ROLE_REPLICA, .upstream_host = "a", .upstream_port = OPT_INT(6379)};
    struct node_now now = {.info = {.role = ROLE_REPLICA, .upstream_host = "b", .upstream_port = 6379},
        .held = &none,
        .fence = FENCE_OFF,
        .save_due = true};
    cr_assert_eq(converge(&o, &now), STEP_WAIT);
}

Test(converge, one_that_may_listen_nowhere_comes_first_once_it_is_time)
{
    struct proto_node_order o = {.role = ROLE_PRIMARY};
    struct node_now now = {.info = {.role = ROLE_REPLICA}, .held = &none, .fence = FENCE_OFF, .relisten = true};
    cr_assert_eq(converge(&o, &now), STEP_TAKE);
    now.take_blocked = true;
    cr_assert_eq(converge(&o, &now), STEP_PROMOTE, "its role must not wait for that");
}
