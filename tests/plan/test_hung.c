#include "base/arena.h"
#include "build.h"
#include "plan/want.h"
#include <criterion/criterion.h>
#include <string.h>

/* A hung process is killed only where somebody else has its data; see plan/hung.c. */

static struct arena a;
static struct build b;

static void fini(void)
{
    arena_fini(&a);
}

TestSuite(hung, .fini = fini);

enum { PID = 4711 };

static void hang(struct world_node *n)
{
    n->row.seen_state = SEEN_HUNG;
    n->row.seen_pid = PID;
    n->row.seen_since_ms = b.w.steady_ms;
}

/* A primary at rest with two replicas, which have got as far as it. */
static void build_group(enum failover_setting failover)
{
    build_init(&b, &a);
    build_rg(&b, "us-east-1", "demo", "available", 3);
    b.rgs[0].row.automatic_failover = failover;
    build_link(&b);
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    for (size_t i = 0; i < 3; i++) b.nodes[i].row.seen_offset = 1000;
}

struct other {
    const char *state;
    int link_up, offset;
};

static void set(struct world_node *n, const struct other *o)
{
    n->row.seen_state = word_of(&words_seen_state, o->state);
    n->row.seen_link_up = o->link_up;
    n->row.seen_offset = o->offset;
}

Test(hung, a_primary_is_not_killed_for_replicas_that_were_started_again_and_have_not_linked)
{
    static const struct other fresh = {"ready", 0, 1}; /* as a Redis tells of one */
    build_group(FAILOVER_ENABLED);
    b.nodes[0].row.seen_offset = 0; /* nothing was told of it since it was new */
    set(&b.nodes[1], &fresh);
    set(&b.nodes[2], &fresh);
    hang(&b.nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(b.nodes[0].row.condemned_pid, 0);
    b.nodes[1].row.seen_link_up = 1;
    plan_world(&b.w);
    cr_assert_eq(b.nodes[0].row.condemned_pid, PID);
}

Test(hung, who_is_killed_has_a_successor_with_all_its_data)
{
    static const struct {
        const char *about;
        int failover, hangs; /* which node */
        struct other first, second;
        bool killed;
    } cases[] = {
        {"a primary with replicas in step", FAILOVER_ENABLED, 0, {"ready", 1, 900}, {"ready", 1, 900}, true},
        {"one whose replicas have given their links up, and have everything", FAILOVER_ENABLED, 0, {"ready", 0, 1000},
            {"ready", 0, 900}, true},
        {"one whose replicas are still to get its data", FAILOVER_ENABLED, 0, {"ready", 0, 0}, {"ready", 0, 999}, false},
        {"one whose replicas hang as well", FAILOVER_ENABLED, 0, {"hung", 1, 1000}, {"hung", 1, 1000}, false},
        {"one whose replicas are dead or start", FAILOVER_ENABLED, 0, {"exited", 0, 1000}, {"starting", 0, 1000}, false},
        {"one that nobody replaces", FAILOVER_DISABLED, 0, {"ready", 1, 1000}, {"ready", 1, 1000}, false},
        {"a replica of a primary that answers", FAILOVER_DISABLED, 1, {"ready", 0, 1000}, {"ready", 1, 1000}, true},
        {"a replica of one that does not, next to another that is as far", FAILOVER_ENABLED, 1, {"hung", 0, 1000},
            {"ready", 0, 1000}, true},
        {"the last that has everything", FAILOVER_ENABLED, 1, {"exited", 0, 0}, {"ready", 0, 900}, false},
        {"the last of all", FAILOVER_DISABLED, 1, {"exited", 0, 0}, {"exited", 0, 0}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        build_group(cases[i].failover);
        struct world_node *n = &b.nodes[cases[i].hangs];
        set(&b.nodes[!cases[i].hangs], &cases[i].first);
        set(&b.nodes[2], &cases[i].second);
        hang(n);
        plan_world(&b.w);
        cr_expect_eq(n->row.condemned_pid, cases[i].killed ? PID : 0, "%s", cases[i].about);
        b.w.steady_ms += WANT_ROUSE_MS;
        bool roused = want_rouse(&b.w, n);
        cr_expect_eq(roused, !cases[i].killed, "%s", cases[i].about);
        arena_fini(&a);
    }
}

Test(hung, nobody_is_killed_for_a_successor_in_what_is_deleted)
{
    build_init(&b, &a);
    build_rg(&b, "us-east-1", "demo", "available", 2);
    b.rgs[0].row.automatic_failover = FAILOVER_ENABLED;
    build_link(&b);
    plan_world(&b.w);
    build_see_all(&b);
    b.rgs[0].row.status = RG_DELETING;
    hang(&b.nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(b.nodes[0].row.condemned_pid, 0);
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms + WANT_ROUSE_MS);
}

Test(hung, who_nobody_can_replace_is_woken_after_a_while)
{
    build_init(&b, &a);
    build_rg(&b, "us-east-1", "demo", "available", 1);
    build_link(&b);
    plan_world(&b.w);
    build_see_all(&b);
    hang(&b.nodes[0]);
    plan_world(&b.w);
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms + WANT_ROUSE_MS);
    cr_assert_not(want_rouse(&b.w, &b.nodes[0]));
    b.w.steady_ms = b.w.wake_ms;
    plan_world(&b.w);
    cr_assert(want_rouse(&b.w, &b.nodes[0]));
    cr_assert_eq(b.nodes[0].row.condemned_pid, 0);
    b.nodes[0].row.seen_state = SEEN_READY;
    cr_assert_not(want_rouse(&b.w, &b.nodes[0]));
}
