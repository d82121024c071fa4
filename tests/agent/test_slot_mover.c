#include "agent/os/names.h"
#include "agent/redis_cluster/slot_mover.h"
#include "agent/redis_cluster/slot_node.h"
#include "scripted_engine.h"
#include "task_visits.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
/* Whoever moves slots, with nodes and engines that are the test: every phase, and every way to end in between. */

struct node {
    const char *id;
    bool primary, fresh, works;
    int restored;
    struct cluster_view view;
};

static struct node nodes[2];
static struct proto_cluster_node entries[2];
static struct proto_slot_move move = {.from = "a", .to = "b", .slots = "5"};
static struct proto_cluster_map message;
static struct cluster_map map;
static const struct cluster_map *shown;
static struct arena memory;
static struct slot_mover *mover;
static int changes;

/* ---- what it sees of nodes ---- */

struct node *slot_node_find(struct node_host *h, const char *order)
{
    (void)h;
    for (int i = 0; i < 2; i++)
        if (strcmp(nodes[i].id, order) == 0) return &nodes[i];
    return NULL;
}

struct node *slot_node_primary(struct node_host *h, const char *order)
{
    struct node *n = slot_node_find(h, order);
    return n != NULL && n->primary ? n : NULL;
}

const char *slot_node_id(const struct node *n)
{
    return n->id;
}

bool slot_node_address(const struct node *n, struct slot_node_address *out)
{
    *out = (struct slot_node_address){n == &nodes[0] ? "127.0.0.1" : "127.0.0.3", 6379, "pass"};
    return true;
}

const struct cluster_view *slot_node_view(const struct node *n)
{
    return &n->view;
}

bool slot_node_is_fresh(const struct node *n)
{
    return n->fresh;
}

void slot_node_gets(struct node *n, int slot)
{
    slots_add(&n->view.slots, slot);
}

void slot_node_loses(struct node *n, int slot)
{
    slots_remove(&n->view.slots, slot);
}

void slot_node_changed(struct node *n)
{
    n->fresh = false;
}

void slot_node_works(struct node *n, bool yes)
{
    n->works = yes;
}

void slot_node_restore_settings(struct node *n)
{
    n->restored++;
}

struct rconn *slot_node_connect(const struct node *n, const struct rconn_events *events, void *arg, int *unread)
{
    *unread = 1;
    return script_connect(n->id, events, arg);
}

/* ---- the scene ---- */

#define A1 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define B1 "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"

static const struct cluster_map *find_map(struct cluster_host *h, const char *cluster)
{
    (void)h;
    (void)cluster;
    return shown;
}

static void has_changed(void *arg)
{
    (void)arg;
    changes++;
}

static struct cluster_host clusters = {.map = find_map};

static void draw_map(bool settle)
{
    entries[0] = (struct proto_cluster_node){.order = "a1",
        .name = A1,
        .host = "127.0.0.1",
        .port = OPT_INT(6379),
        .shard = "a",
        .primary = OPT_BOOL(true),
        .slots = "0-8191"};
    entries[1] = (struct proto_cluster_node){.order = "b1",
        .name = B1,
        .host = "127.0.0.3",
        .port = OPT_INT(6379),
        .shard = "b",
        .primary = OPT_BOOL(true),
        .slots = "8192-16383"};
    message = (struct proto_cluster_map){
        .group = "g", .nodes = {true, 2, entries}, .moves = {true, settle ? 0 : 1, &move}, .settle = OPT_BOOL(settle)};
    cluster_map_init(&map, &message, 1, &memory);
    shown = &map;
}

static void setup(void)
{
    const struct slot_mover_host host = {.clusters = &clusters, .changed = has_changed};
    nodes[0] = (struct node){.id = "a1", .primary = true, .fresh = true};
    nodes[1] = (struct node){.id = "b1", .primary = true, .fresh = true};
    slots_add_range(&nodes[0].view.slots, 0, 8191);
    slots_add_range(&nodes[1].view.slots, 8192, 16383);
    draw_map(false);
    mover = slot_mover_open(&host, "g");
}

static void teardown(void)
{
    slot_mover_close(mover);
    for (int i = 0; i < 2; i++) cluster_view_clear(&nodes[i].view);
    script_reset();
    arena_fini(&memory);
}

TestSuite(slot_mover, .init = setup, .fini = teardown);

static struct rconn *from(void)
{
    return script_conn("a1", 0);
}

static struct rconn *to(void)
{
    return script_conn("b1", 0);
}

/* A test of its own, and a part of the walk through all phases at the end. */
#define SCENE(name)         \
    static void name(void); \
    Test(slot_mover, name)  \
    {                       \
        name();             \
    }                       \
    static void name(void)

#define SAME_ROOM "used_memory:1000\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n"

/* Asked and answered, on one side. */
static void exchange(struct rconn *c, const char *command, const char *wire)
{
    cr_assert_str_eq(script_read(c), command);
    script_say(c, wire);
}

/* It has asked both ends how much room they have; the agents' passwords come first. */
static void begin(const char *source, const char *target)
{
    slot_mover_step(mover);
    cr_assert_not(slot_mover_is_idle(mover));
    cr_assert_str_eq(slot_mover_cluster(mover), "g");
    script_say(from(), "+OK\r\n");
    script_say(to(), "+OK\r\n");
    cr_assert_str_eq(script_read(from()), "INFO memory");
    cr_assert_str_eq(script_read(to()), "INFO memory");
    script_say_text(from(), source);
    script_say_text(to(), target);
}

static void open_slot(void)
{
    exchange(to(), "CLUSTER SETSLOT 5 IMPORTING " A1, "+OK\r\n");
    exchange(from(), "CLUSTER SETSLOT 5 MIGRATING " B1, "+OK\r\n");
}

#define MIGRATE(keys) "MIGRATE 127.0.0.3 6379  0 250 REPLACE AUTH2 meridian-mover pass KEYS " keys

static void hand_over(void)
{
    exchange(from(), "CLUSTER COUNTKEYSINSLOT 5", ":0\r\n");
    exchange(to(), "CLUSTER SETSLOT 5 NODE " B1, "+OK\r\n");
    exchange(from(), "CLUSTER SETSLOT 5 NODE " B1, "+OK\r\n");
}

SCENE(a_slot_goes_with_its_keys)
{
    begin(SAME_ROOM, SAME_ROOM);
    open_slot();
    cr_assert(slot_mover_has(mover, 5) && !slot_mover_has(mover, 6));
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
    cr_assert(nodes[0].works);
    exchange(from(), MIGRATE("x y"), "+OK\r\n");
    cr_assert_not(nodes[0].works);
    hand_over();
    cr_assert(slots_has(&nodes[1].view.slots, 5) && !slots_has(&nodes[0].view.slots, 5));
    cr_assert(slot_mover_is_idle(mover), "that was the only one");
}

SCENE(keys_that_came_meanwhile_go_too)
{
    begin(SAME_ROOM, SAME_ROOM);
    open_slot();
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*0\r\n");
    exchange(from(), "CLUSTER COUNTKEYSINSLOT 5", ":1\r\n");
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*1\r\n$1\r\nz\r\n");
    exchange(from(), MIGRATE("z"), "+NOKEY\r\n");
    hand_over();
    cr_assert(slots_has(&nodes[1].view.slots, 5));
}

/* Where a region mirrors another one, nobody asks for room, and no key is moved. */
static void begin_mirror(void)
{
    slot_mover_step(mover);
    cr_assert_not(slot_mover_is_idle(mover));
    script_say(from(), "+OK\r\n");
    script_say(to(), "+OK\r\n");
    open_slot();
}

SCENE(a_mirrored_slot_goes_once_its_keys_have_gone_by_themselves)
{
    message.mirrors = OPT_BOOL(true);
    begin_mirror();
    exchange(from(), "CLUSTER COUNTKEYSINSLOT 5", ":2\r\n");
    cr_assert(slot_mover_is_idle(mover));
    slot_mover_step(mover);
    cr_assert(slot_mover_is_idle(mover), "not at once again");
    script_advance(10);
    begin_mirror();
    hand_over();
    cr_assert(slots_has(&nodes[1].view.slots, 5));
}

SCENE(a_slot_that_has_arrived_already_is_handed_over)
{
    begin(SAME_ROOM, SAME_ROOM);
    exchange(to(), "CLUSTER SETSLOT 5 IMPORTING " A1, "-ERR I'm already the owner of hash slot 5\r\n");
    exchange(from(), "CLUSTER SETSLOT 5 MIGRATING " B1, "-ERR I'm not the owner of hash slot 5\r\n");
    exchange(to(), "CLUSTER SETSLOT 5 NODE " B1, "+OK\r\n");
    exchange(from(), "CLUSTER SETSLOT 5 NODE " B1, "+OK\r\n");
    cr_assert(slots_has(&nodes[1].view.slots, 5));
}

static int seen_slot;

static void see_flight(void *arg, int slot, const struct proto_cluster_node *a, const struct proto_cluster_node *b)
{
    (void)arg;
    seen_slot = slot;
    cr_assert_str_eq(a->shard, "a");
    cr_assert_str_eq(b->shard, "b");
}

SCENE(what_is_in_flight_is_told)
{
    begin(SAME_ROOM, SAME_ROOM);
    slot_mover_each(mover, see_flight, NULL);
    cr_assert_eq(seen_slot, 5);
}

SCENE(a_key_that_takes_long_goes_alone_and_with_more_time)
{
    begin(SAME_ROOM, SAME_ROOM);
    open_slot();
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
    exchange(from(), MIGRATE("x y"), "-IOERR error or timeout reading to target instance\r\n");
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
    cr_assert_str_eq(script_read(from()), MIGRATE("x"));
    cr_assert_str_eq(script_read(from()), MIGRATE("y"), "two are under way at a time");
    script_say(from(), "-IOERR error or timeout reading to target instance\r\n+OK\r\n");
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*1\r\n$1\r\nx\r\n");
    cr_assert_str_eq(script_read(from()), "MIGRATE 127.0.0.3 6379  0 1000 REPLACE AUTH2 meridian-mover pass KEYS x");
}

SCENE(where_the_target_evicts_keys_are_weighed_first)
{
    begin("used_memory:900\r\nmaxmemory:1000\r\n", "used_memory:500\r\nmaxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n");
    open_slot();
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
    cr_assert_str_eq(script_read(from()), "MEMORY USAGE x");
    cr_assert_str_eq(script_read(from()), "MEMORY USAGE y");
    script_say(from(), ":100\r\n$-1\r\n");
    exchange(from(), MIGRATE("x y"), "+OK\r\n");
    hand_over();
    cr_assert(slots_has(&nodes[1].view.slots, 5));
}

SCENE(a_target_without_room_is_told_of_after_a_while)
{
    bool settling;
    for (int i = 0; i < 7; i++) {
        cr_assert_null(slot_mover_stuck(mover, &settling));
        begin("used_memory:8192000\r\nmaxmemory:0\r\n", "used_memory:1000\r\nmaxmemory:1000\r\n");
        cr_assert(slot_mover_is_idle(mover));
        script_advance(1000);
        if (slot_mover_stuck(mover, &settling)) break;
    }
    cr_assert_str_eq(slot_mover_stuck(mover, &settling), "the node group that is to get it has no memory left");
    cr_assert_not(settling);
    cr_assert_gt(changes, 0);
}

SCENE(a_refusal_or_nonsense_ends_the_attempt)
{
    begin(SAME_ROOM, SAME_ROOM);
    exchange(to(), "CLUSTER SETSLOT 5 IMPORTING " A1, "-ERR no\r\n");
    cr_assert(slot_mover_is_idle(mover));
    begin(SAME_ROOM, SAME_ROOM);
    open_slot();
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "+nonsense\r\n");
    cr_assert(slot_mover_is_idle(mover));
    begin(SAME_ROOM, SAME_ROOM);
    open_slot();
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*1\r\n$1\r\nx\r\n");
    exchange(from(), MIGRATE("x"), "-ERR Target instance replied with error: OOM\r\n");
    cr_assert(slot_mover_is_idle(mover));
    begin("used_memory:900\r\nmaxmemory:1000\r\n", "used_memory:500\r\nmaxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n");
    open_slot();
    exchange(from(), "CLUSTER GETKEYSINSLOT 5 1000", "*1\r\n$1\r\nx\r\n");
    exchange(from(), "MEMORY USAGE x", ":99999\r\n");
    cr_assert(slot_mover_is_idle(mover));
    slot_mover_step(mover);
    script_say(from(), "+OK\r\n");
    script_say(from(), "-ERR no\r\n");
    cr_assert(slot_mover_is_idle(mover));
}

SCENE(a_lost_connection_or_a_map_that_has_changed_ends_the_attempt)
{
    begin(SAME_ROOM, SAME_ROOM);
    script_hang_up(to(), "closed");
    cr_assert(slot_mover_is_idle(mover));
    cr_assert_null(from());
    begin(SAME_ROOM, SAME_ROOM);
    shown = NULL;
    script_read(to());
    script_say(to(), "+OK\r\n");
    cr_assert(slot_mover_is_idle(mover));
    slot_mover_step(mover);
    cr_assert(slot_mover_is_idle(mover));
}

SCENE(nothing_is_moved_from_or_to_whoever_is_no_primary)
{
    nodes[1].primary = false;
    slot_mover_step(mover);
    cr_assert(slot_mover_is_idle(mover));
    cr_assert_null(from());
}

SCENE(a_slot_that_nobody_has_is_moved_as_well)
{
    slots_remove(&nodes[0].view.slots, 5);
    begin(SAME_ROOM, SAME_ROOM);
    cr_assert(slot_mover_has(mover, 5));
}

/* ---- slots in flight that are to settle ---- */

static void leave_open(struct node *n, int slot, bool leaves, const char *other)
{
    n->view.open = realloc(n->view.open, (n->view.n_open + 1) * sizeof *n->view.open);
    struct cluster_open *o = &n->view.open[n->view.n_open++];
    *o = (struct cluster_open){.slot = slot, .leaves = leaves};
    strcpy(o->name, other);
}

#define CLOSES                                                                                                                   \
    "EVAL if redis.call('CLUSTER', 'COUNTKEYSINSLOT', ARGV[1]) > 0 then return 0 end redis.call('CLUSTER', 'SETSLOT', ARGV[1], " \
    "'STABLE') return 1 0 "

SCENE(slots_of_which_the_target_has_nothing_stay_and_the_others_go_on)
{
    draw_map(true);
    leave_open(&nodes[0], 5, true, B1);
    leave_open(&nodes[1], 5, false, A1);
    leave_open(&nodes[1], 6, false, A1);
    slot_mover_step(mover);
    script_say(from(), "+OK\r\n");
    script_say(to(), "+OK\r\n");
    cr_assert_str_eq(script_read(to()), CLOSES "5");
    cr_assert_str_eq(script_read(to()), CLOSES "6");
    script_say(to(), ":1\r\n:0\r\n");
    exchange(from(), "CLUSTER SETSLOT 5 STABLE", "+OK\r\n");
    exchange(to(), "CONFIG SET maxmemory 0", "+OK\r\n");
    exchange(from(), "CLUSTER SETSLOT 6 MIGRATING " B1, "+OK\r\n");
    exchange(from(), "CLUSTER GETKEYSINSLOT 6 1000", "*0\r\n");
    exchange(from(), "CLUSTER COUNTKEYSINSLOT 6", ":0\r\n");
    exchange(to(), "CLUSTER SETSLOT 6 NODE " B1, "+OK\r\n");
    exchange(from(), "CLUSTER SETSLOT 6 NODE " B1, "+OK\r\n");
    cr_assert_eq(nodes[1].restored, 1, "its limit comes back with its settings");
    cr_assert(slots_has(&nodes[1].view.slots, 6) && slots_has(&nodes[0].view.slots, 5));
}

SCENE(where_all_of_them_stay_it_rests)
{
    bool settling;
    draw_map(true);
    leave_open(&nodes[0], 5, true, B1);
    slot_mover_step(mover);
    script_say(from(), "+OK\r\n");
    script_say(to(), "+OK\r\n");
    exchange(to(), CLOSES "5", ":1\r\n");
    exchange(from(), "CLUSTER SETSLOT 5 STABLE", "+OK\r\n");
    cr_assert(slot_mover_is_idle(mover));
    cr_assert_not(nodes[0].fresh, "its view is to be read again");
    slot_mover_step(mover);
    cr_assert(slot_mover_is_idle(mover), "until then, nothing is picked");
    slot_mover_stuck(mover, &settling);
    cr_assert(settling);
}

/* ---- all phases ---- */

/* In each phase the connection to the source ends. */
static void lose_it_in_every_phase(void)
{
    static const char *const stops[] = {"INFO", "CLUSTER SETSLOT 5 IMPORTING", "CLUSTER SETSLOT 5 MIGRATING",
        "CLUSTER GETKEYSINSLOT", "MIGRATE", "CLUSTER COUNTKEYSINSLOT", "CLUSTER SETSLOT 5 NODE", "EVAL",
        "CLUSTER SETSLOT 5 STABLE", "CONFIG"};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        bool settle = i >= 7;
        teardown();
        setup();
        draw_map(settle);
        if (settle) leave_open(&nodes[0], 5, true, B1);
        slot_mover_step(mover);
        script_say(from(), "+OK\r\n");
        script_say(to(), "+OK\r\n");
        for (int k = 0; k < 40 && !slot_mover_is_idle(mover); k++) {
            struct rconn *side = k % 2 ? to() : from();
            const char *asked = script_read(side);
            if (*asked && strncmp(asked, stops[i], strlen(stops[i])) == 0) script_hang_up(side, "closed");
            else if (strncmp(asked, "INFO", 4) == 0) script_say_text(side, SAME_ROOM);
            else if (strstr(asked, "GETKEYSINSLOT")) script_say(side, "*1\r\n$1\r\nx\r\n");
            else if (strstr(asked, "COUNTKEYSINSLOT 5") && *asked == 'C') script_say(side, ":0\r\n");
            else if (strncmp(asked, "EVAL", 4) == 0) script_say(side, ":0\r\n");
            else if (*asked) script_say(side, "+OK\r\n");
        }
        cr_assert(slot_mover_is_idle(mover), "%s", stops[i]);
    }
}

Test(slot_mover, every_move_of_its_phases_is_visited)
{
    static void (*const scenes[])(void) = {a_slot_goes_with_its_keys, keys_that_came_meanwhile_go_too,
        a_mirrored_slot_goes_once_its_keys_have_gone_by_themselves, a_mirrored_slot_goes_once_its_keys_have_gone_by_themselves,
        a_slot_that_has_arrived_already_is_handed_over, what_is_in_flight_is_told,
        a_key_that_takes_long_goes_alone_and_with_more_time, where_the_target_evicts_keys_are_weighed_first,
        a_target_without_room_is_told_of_after_a_while, a_refusal_or_nonsense_ends_the_attempt,
        a_lost_connection_or_a_map_that_has_changed_ends_the_attempt, nothing_is_moved_from_or_to_whoever_is_no_primary,
        a_slot_that_nobody_has_is_moved_as_well, slots_of_which_the_target_has_nothing_stay_and_the_others_go_on,
        where_all_of_them_stay_it_rests};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        scenes[i]();
        teardown();
        setup();
    }
    lose_it_in_every_phase();
    task_visits_assert_all("slots");
}
