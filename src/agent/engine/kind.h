#pragma once
#include "base/err.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
#include <stdint.h>
/*
 * What differs from engine to engine: which programs run it, and what a node does with a process of it. Each engine implements this
 * table once, session lists them, and a node knows its own by this table alone. What an engine has to remember of a
 * node is its own affair: open() makes it, and the node keeps the pointer.
 *
 * Functions of a node are called on the agent's loop. One without a comment of its own may not be NULL.
 */
struct node;

/* A program by the name that it prints with its version, what it is, and the lowest version that will do. */
struct engine_release {
    const char *prints, *name;
    int major, minor;
};

struct engine_kind {
    /* ---- programs ---- */

    const char *program;                   /* what it is called where nobody says otherwise */
    const char *const *other_programs;     /* used as well where they are on PATH; ends with NULL. NULL: none */
    const char *version_option;            /* what makes it print its version */
    const char *const *engines;            /* what orders call it; ends with NULL */
    const struct engine_release *releases; /* ends with a release that prints NULL */
    const char *least;                     /* the lowest versions, for people */

    /* ---- what is remembered of a node ---- */

    /* What the engine keeps of the node, in the heap; NULL: nothing. */
    void *(*open)(struct node *n);
    void (*close)(struct node *n);
    /* Nothing is known of the node's process any more: another one is about to be started, or adopted. */
    void (*forget)(struct node *n);

    /* ---- orders ---- */

    /* Whether the order can be carried out at all: ERR_USAGE with one line that says what is wrong with it. */
    int (*check)(const struct proto_node_order *o, struct err *e);
    /* An order has come, another one or the same again: what was refused may be tried again. */
    void (*try_again)(struct node *n);
    /* Another order, checked, to run. */
    void (*ordered)(struct node *n);
    /* The order has other settings than before: none of them counts as sent. */
    void (*settings_changed)(struct node *n);
    /* How many bytes the order gives it for data; 0: no limit. NULL: it loads no data. */
    int64_t (*data_room)(const struct proto_node_order *o);
    /* A port besides the order's on which its process will listen; 0: none. NULL: never. */
    int (*second_port)(const struct node *n);
    /* True if its upstream need not be ready when it starts. NULL: false. */
    bool (*starts_at_once)(const struct node *n);

    /* ---- the process ---- */

    /* The file in the node's folder that it saves its data to where it is told to end so, and loads at the next start. NULL: it keeps none. */
    const char *data_file;
    /* Writes what the process reads at its start. */
    int (*prepare)(struct node *n, struct err *e);
    /* The library in the node's folder that the dynamic linker loads into the process, once prepare() has put it there; "" for none.
     * NULL: never. */
    const char *(*preload)(const struct node *n);
    /* Adds the program's arguments. */
    void (*args)(const struct node *n, struct string_list *out);
    /* The process was started as the order says. */
    void (*begin)(struct node *n);
    /* It has ended: gives up what was there for it alone. NULL: nothing was. */
    void (*ended)(struct node *n);
    /* Tells the process to end, with its data saved if n->ending.saves: the quickest way, which it may refuse. */
    void (*end)(struct node *n);
    /* How many bytes of its data it has written so far at its end. NULL where it keeps none. */
    int64_t (*written)(const struct node *n);
    /* Why it could not save its data yet: one line, "" where nothing tells. NULL where it keeps none. */
    void (*why_not_saved)(const struct node *n, char *out, size_t size);
    /* To be called now and then: keeps room for what it writes on a full disk. NULL: it writes nothing that must not fail. */
    void (*keep_room)(const struct node *n);
    /* Its log was cut, and has 'size' bytes now. NULL: it remembers no place in it. */
    void (*log_cut)(struct node *n, long size);
    /* The setting that keeps it from starting, by what its log says; "" for none. */
    void (*wrong_setting)(const char *log, char name[64]);
    /* By what its log says, the data that it was to load can't be loaded. NULL: it loads none. */
    bool (*wrong_data)(const char *log);
    /* By what its log says, a rule of a user keeps it from starting, which is left out from now on. NULL: it knows no users. */
    bool (*wrong_rule)(struct node *n, const char *log);

    /* ---- the conversation ---- */

    /* Starts to connect: node_connected() and node_lost() tell what comes of it. NULL where not even that was possible. */
    void *(*connect)(struct node *n);
    void (*disconnect)(void *conn);
    /* The connection is gone: nothing that was asked on it will be answered. */
    void (*hung_up)(struct node *n);
    /* Asks the next question of those that make the process known; the last answer moves the node to NODE_UP. */
    void (*greet)(struct node *n);
    /* Known, and no question is open: what it needs next so that it is as ordered. */
    void (*up)(struct node *n);
    /* Asks where it stands. */
    void (*look)(struct node *n);
    /* Finds out whether one that owes an answer still turns its loop: then its misses are forgotten. NULL: nothing tells. */
    void (*poke)(struct node *n);
    /* Adds what it sees of a process that is ready to the sighting. */
    void (*see)(struct node *n, struct proto_node_seen *out);

    /* Which nodes its clients are to know, see node_publish(). NULL: they don't ask nodes. */
    void (*publish)(struct node *n, int64_t version, const char *list);

    /* ---- nodes that follow others; all NULL where none does ---- */

    /* True if a replica could synchronise with this node, which is ready. */
    bool (*can_feed)(const struct node *n);
    /* Its upstream died or hangs: it is to be found out where it stands. */
    void (*upstream_lost)(struct node *n);
    /* Its upstream listens in another way: its link ends, and is to be made again. */
    void (*upstream_listens)(struct node *n);
    /* True until what upstream_lost() asked for is known, for a moment at most. */
    bool (*is_looking)(const struct node *n);
    /* True while it takes another role or address, for a moment at most. */
    bool (*is_switching)(const struct node *n);
    /* True for one that is as it shall be, and waits for nothing: only another order, or what happens to its upstream, matters to it. */
    bool (*rests)(const struct node *n);
    /* The endpoints that it listens on. */
    const struct string_list *(*endpoints)(const struct node *n);
};

/* The kind whose engines have that name; the first one where none has, so that its check() refuses the order. */
const struct engine_kind *engine_kind_of(const struct engine_kind *const kinds[], const char *engine);
/* True for a name that one of a kind's engines has. */
bool engine_kind_runs(const struct engine_kind *kind, const char *engine);
