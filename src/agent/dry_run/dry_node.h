#pragma once
#include "agent/engine/role.h"
#include "base/slots.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
/*
 * A node without a process: it takes an order and tells of itself as a node with an engine does, and nobody listens at its
 * addresses. A process is a number here, higher than any that the system gives, and dies with the agent. It shares with the
 * real node what is waited for before a start (agent/node/start.h).
 */
struct dry_node;

/* Milliseconds that engines would take. */
struct dry_times {
    int64_t start_ms;  /* from the start of a process to its first answer */
    int64_t switch_ms; /* to take another role, another address or other settings */
    int64_t life_ms;   /* a process dies by itself after this, or up to half of it sooner or later; 0: never */
};

/* What the nodes of an agent share; belongs to whoever opens them. */
struct dry_host {
    uv_loop_t *loop;
    struct dry_times times;
    int64_t last_pid;
    /* Something of the node has changed that a sighting tells, or that another node may wait for. */
    void (*changed)(struct dry_host *h, struct dry_node *n);
    struct dry_node *(*find)(struct dry_host *h, const char *id);
};

enum dry_state { DRY_REST, DRY_STARTING, DRY_READY, DRY_GONE, DRY_STOPPED };

/* Read by the files of dry_run/ alone. */
struct dry_node {
    struct dry_host *host;
    char *id;
    size_t place;                         /* among the host's */
    bool is_waiting;                      /* in the list of those that are to live next */
    char process[24];                     /* its last process, by which it is found; "" before the first */
    uint64_t look_with_fault;             /* the last that found a fault of that process */
    bool is_ordered;                      /* it has another order, and has not lived since */
    const struct proto_node_order *order; /* of the assignment in force; NULL: the node shall go */
    enum dry_state state;
    uv_timer_t step_timer, life_timer;
    bool switches; /* it has not yet all that its order says, and takes it when the timer fires */
    int64_t restarts;
    bool died; /* its last process ended by itself, when the order was: */
    enum node_role died_role;

    /* The process. */
    int64_t pid, started_ms, incarnation;
    char *asked, *address;
    int64_t port;
    bool hangs;
    bool roused; /* it was woken by order, and does not hang again */

    /* What the process is. */
    enum node_role role; /* ROLE_UNKNOWN for engines that have none */
    char *upstream_host;
    int64_t upstream_port;
    bool fenced;
    enum encryption_mode encryption;
    bool links_encrypted;
    struct string_list endpoints;
    int64_t generation, users_generation, logs_generation, weighed;
    char *saved; /* the snapshot that it has taken last; NULL: none */
    int64_t saved_ms;
    struct slots *slots; /* of its shard; NULL: none yet */
};

struct dry_node *dry_node_open(struct dry_host *h, const char *id);
void dry_node_close(struct dry_node *n);
/* Another order, which lives until the next one. Addresses that it does not have are given up at once; what else follows, follows
 * with dry_node_live(). */
void dry_node_order(struct dry_node *n, const struct proto_node_order *o);
/* Time has passed, or something has changed that it may have waited for. */
void dry_node_live(struct dry_node *n);
/* Its process dies, if it has one. */
void dry_node_die(struct dry_node *n);
/* Its process stands still, or goes on. */
void dry_node_hang(struct dry_node *n, bool hangs);
/* The agent stops: its process ends in good order, and no other is started. */
void dry_node_stop(struct dry_node *n);
/* It answers, as far as anybody could ask. */
bool dry_node_answers(const struct dry_node *n);
/* Nothing is left of it, and nothing ordered. */
bool dry_node_is_gone(const struct dry_node *n);
/* It waits for another node. */
bool dry_node_waits(const struct dry_node *n);
/* What it tells of itself, but for its Redis Cluster. Strings are its own. */
void dry_node_see(const struct dry_node *n, struct proto_node_seen *out);
