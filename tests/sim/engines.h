#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Engines: processes with a role, a replication link, an offset and the numbers of the writes that they have. Scripted
 * agents run those that are no more than that; a real one runs models (models.h), of which the same is seen.
 */
struct model_conn;
struct model_engine;
struct slots;

enum { ENGINE_ENDPOINTS = 4 };

struct engine {
    struct engine *next;
    struct process *process;
    int64_t started_ms;
    int64_t busy_until_ms;              /* it works and answers nobody until then (machine_ms) */
    int64_t heard_ms;                   /* when anything could last come to it from its upstream (machine_ms) */
    const struct engine *source;        /* who sent it what it has; it may be dead */
    int64_t pulled_ms, lag_ms;          /* when it last took what had come (machine_ms), and how long that takes */
    int64_t ready_ms;                   /* it answers, and follows, from then on (machine_ms) */
    char region[32], id[64], group[64]; /* 'group' "": of a stand-alone cluster */
    char address[48];
    int port;
    int encryption; /* enum encryption_mode */
    bool links_encrypted;
    int64_t started_generation; /* of the settings that it was started with */
    char endpoints[ENGINE_ENDPOINTS][48];
    size_t n_endpoints;
    char asked[48];
    bool keeps_data; /* no memcached */
    bool primary, fenced, link_up, syncing;
    bool master;       /* in cluster mode it may hold slots: a primary, or the first of a shard that follows another region */
    bool locked;       /* it refuses writes, until it holds them */
    char upstream[48]; /* the address that it follows; "" none */
    int upstream_port;
    int64_t offset, branch_offset;
    uint32_t *writes;
    size_t n_writes;
    int64_t incarnation, generation, users_generation, logs_generation;
    void *slots;                          /* of a master in cluster mode: struct slots */
    struct model_engine *model;           /* NULL: a scripted agent's */
    struct model_conn *client, *burdener; /* of those who write to it, and who hold it up; NULL: none is open */
};

/* In the table, with nothing known of it but who it is. */
struct engine *engine_new(struct process *p, const char *region, const char *id);
struct engine *engine_start(const char *region, const char *id, const char *group, const char *folder);
/* Every engine that lives. */
struct engine *engines_living(void);
/* The engine that listens there, by its own address or an endpoint; NULL: none. Who stands still listens, and answers nobody. */
struct engine *engine_at(const char *address, int64_t port);
/* Where a link (a gateway, a forwarder) at that address leads; the address itself where there is none. */
struct engine *engine_through(const char *address, int64_t port);
void engine_set_link(const char *address, int64_t port, const char *target, int64_t target_port);

/* The network from a region to another one, as its agent was told of it. */
struct line {
    int64_t latency_ms; /* there and back */
    bool down, lost;
};
void engine_set_line(const char *region, const char *far, const struct line *l);
/* All lines of the region are plain. */
void engine_drop_lines(const char *region);

/* Slots of a master in cluster mode; NULL: it has none. Valid until the next call. */
const struct slots *engine_slots(const struct engine *e);
bool engine_answers(const struct engine *e);
bool engine_takes_writes(const struct engine *e);
/* It works on a long command for so long. */
void engine_be_busy(struct engine *e, int64_t for_ms);
/* False where a client's write is refused. */
bool engine_write(struct engine *e, uint32_t number);
bool engine_has(const struct engine *e, uint32_t number);
void engine_follow(struct engine *e, const char *address, int64_t port);
void engine_promote(struct engine *e);
