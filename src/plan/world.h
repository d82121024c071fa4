#pragma once
#include "catalog/event.h"
#include "plan/rg_row.h"
#include "plan/seen.h"
#include "store/sql.gen.h"
#include <stdbool.h>
/*
 * All that a plan may look at: the rows, the time, and which regions' agents are
 * in touch. control/ loads a world, puts new sightings into it, lets the plans
 * change it until nothing changes any more, and stores what differs; tests build
 * one by hand. Plans do no I/O, read no clock and keep no state of their own.
 *
 * Rows are changed in place. 'stored' is the row as the database has it, NULL for
 * one that a plan added; a row with 'drop' set is deleted. Everything lives in the
 * world's arena.
 */
struct address_book;
struct arena;
struct world_rg;
struct world_cluster;
struct settings_book;
struct access;
struct access_user;

/* What each item begins with: the row as it shall be, as the database has it, and whether it goes. */
#define WORLD_ROW(table)              \
    struct row_##table row;           \
    const struct row_##table *stored; \
    bool drop;

/*
 * Every array of rows that plans may change: its name in struct world, its items' struct, the table, and the query that reads all rows
 * in the array's order (q_TABLE_QUERY). The struct's members, plan/tables.c and what is loaded and stored come from this list.
 */
#define WORLD_TABLES(X)                                                                                                         \
    X(rgs, world_rg, replication_group, all)               /* by region, id */                                                  \
    X(node_groups, world_node_group, node_group, by_group) /* by region, replication group, id */                               \
    X(clusters, world_cluster, cache_cluster, by_group)    /* by region, replication group, id */                               \
    X(nodes, world_node, node, by_group) /* by region, replication group, id; the replication groups' slices point into this */ \
    X(endpoints, world_endpoint, endpoint, by_group)                    /* by region, replication group, id */                  \
    X(shards, world_shard, shard, all)                                  /* by region, replication group, id */                  \
    X(shard_nodes, world_shard_node, shard_node, all)                   /* by region, id */                                     \
    X(reshardings, world_resharding, resharding, all)                   /* by region, replication group */                      \
    X(encryptions, world_encryption, encryption, all)                   /* by region, replication group */                      \
    X(serverless_caches, world_serverless_cache, serverless_cache, all) /* by region, name */                                   \
    X(globals, world_global, global_replication_group, all)             /* by id */                                             \
    X(members, world_member, global_member, all)                        /* by id, region */                                     \
    X(users, world_user, user, all)                                     /* by region, id; the predefined one has no row */      \
    X(user_groups, world_user_group, user_group, all)                   /* by region, id */                                     \
    X(user_members, world_user_member, user_group_member, all)          /* by region, user group, user */                       \
    X(user_links, world_user_link, rg_user_group, all)                  /* by region, replication group, user group */          \
    X(snapshots, world_snapshot, snapshot, all)                         /* by region, name */                                   \
    X(snapshot_parts, world_snapshot_part, snapshot_part, all)          /* by region, snapshot, node group */                   \
    X(seeds, world_seed, seed, all)                                     /* by region, node */                                   \
    X(seed_files, world_seed_file, seed_file, all)                      /* by region, source, seq */

/* What nodes, node groups and replication groups have besides in cluster mode; NULL where they are not. */
struct world_shard_node {
    WORLD_ROW(shard_node)
};

struct world_shard {
    WORLD_ROW(shard)
};

struct world_resharding {
    WORLD_ROW(resharding)
};

struct world_seed_file {
    WORLD_ROW(seed_file)
};

struct world_seed {
    WORLD_ROW(seed)
    struct world_seed_file *files; /* a slice of world.seed_files, the same for all shards of a replication group */
    size_t n_files;
};

/* How connections to a replication group are encrypted besides its row's transit_encryption: encryption.h. */
struct world_encryption {
    WORLD_ROW(encryption)
};

/* What the API calls the replication group of a serverless cache: serverless.h. */
struct world_serverless_cache {
    WORLD_ROW(serverless_cache)
};

struct world_node {
    WORLD_ROW(node)
    struct world_seed *seed; /* what it is to begin with, or NULL */
    struct world_rg *rg;     /* NULL for a node of a stand-alone cluster */
    struct world_node_group *node_group;
    struct world_cluster *cluster;
    struct world_shard_node *shard_node;
    bool vanished;   /* the process that was last seen is gone, and its agent has not told yet what became of it */
    bool unattended; /* no agent is at work, so that nobody connects by way of one */
};

/* A node that a plan made: it takes part from the next look on. */
struct world_new_node {
    struct world_new_node *next;
    struct row_node row;
};

struct world_snapshot_part {
    WORLD_ROW(snapshot_part)
};

struct world_snapshot {
    WORLD_ROW(snapshot)
    struct world_snapshot_part *parts;
    size_t n_parts;
    int64_t wake_ms; /* as struct world's, of what is about this one alone */
};

/* A snapshot that a plan has begun, and that this was its turn: it takes part from the next look on. */
struct world_new_snapshot {
    struct world_new_snapshot *next;
    struct row_snapshot row;
    struct row_snapshot_part *parts;
    size_t n_parts;
    struct row_snapshot_schedule schedule;
};

struct world_endpoint {
    WORLD_ROW(endpoint)
    bool unattended; /* see world_node */
};

struct world_cluster {
    WORLD_ROW(cache_cluster)
    struct world_node *nodes;
    size_t n_nodes;
    struct world_endpoint *endpoint; /* the configuration endpoint of a memcached cluster, else NULL */
};

struct world_node_group {
    WORLD_ROW(node_group)
    struct world_shard *shard;
    struct world_node *nodes; /* from its first to its last: others may stand between, see ng_has() */
    size_t n_nodes;
};

struct world_member {
    WORLD_ROW(global_member)
    struct world_rg *rg;
};

struct world_global {
    WORLD_ROW(global_replication_group)
    struct world_member *members;
    size_t n_members;
};

struct world_rg {
    WORLD_ROW(replication_group)
    struct world_node_group *node_groups;
    size_t n_node_groups;
    struct world_cluster *clusters;
    size_t n_clusters;
    struct world_node *nodes;
    size_t n_nodes;
    struct world_endpoint *endpoints;
    size_t n_endpoints;
    struct world_resharding *resharding;       /* NULL while no slots move */
    struct world_encryption *encryption;       /* NULL where nothing changes and no AUTH token ever was */
    struct world_serverless_cache *serverless; /* NULL where callers made the replication group themselves */
    size_t n_in_cluster;                       /* shard_count_nodes() */
    int64_t counted_at;                        /* after so many edits; 0: never */
    struct world_member *member;               /* NULL outside global datastores */
    struct world_global *global;
    const struct access *access; /* derived once it is asked for: access.h */
};

struct world_user {
    WORLD_ROW(user)
    const struct access_user *engine_user; /* derived once it is asked for: access.h */
};

struct world_user_group {
    WORLD_ROW(user_group)
    struct world_user_member *members;
    size_t n_members;
};

struct world_user_member {
    WORLD_ROW(user_group_member)
    struct world_user *user; /* NULL: the predefined one */
};

/* A user group that a replication group has. */
struct world_user_link {
    WORLD_ROW(rg_user_group)
    struct world_rg *rg;            /* NULL once that is gone */
    struct world_user_group *group; /* never NULL in a sound database */
};

struct world_region {
    struct row_region row;
    const struct row_region *stored;
    bool in_touch;        /* its agent has reported within the last seconds */
    bool obeys;           /* and acts on all that was ordered before this look */
    bool isolated;        /* somebody has cut it off: nobody can tell its nodes anything */
    const char *cut_from; /* the regions that the network does not lead to, one space between; NULL: there are none */
    int64_t heard_ms;     /* when it last reported, or was waited for to do so from, on the steady clock */
};

struct world_event {
    struct world_event *next;
    const char *region, *source_type, *source_id, *message;
};

/* One change of a row, for whoever wants to know which rules fight: which rule changed which member. */
struct world_edit {
    struct world_edit *next;
    const char *rule;
    const void *field;
};

/* How addresses are given: one loopback address each, or one host with a port each (--addressing). */
struct world_addressing {
    bool ports;
    const char *host; /* ports mode: where nodes listen */
    int first_port, last_port;
    const char *advertise;   /* ports mode: what clients are told; NULL: the host by which each has reached the API */
    const char *own_address; /* where other machines find this one, if nodes listen everywhere; may be NULL */
    const char *domain;      /* the names of endpoints are made for (endpoint_name.h); NULL: none are */
    bool named;              /* and the API shows them */
    const char *names;       /* further names for certificates, one space between them; may be NULL */
};

#define WORLD_ARRAY(array, item, table, query) \
    struct item *array;                        \
    size_t n_##array;

struct world {
    struct arena *arena;
    int64_t now_ms;    /* wall time, for dates alone: a limit that went by it would end, or never end, with each jump of it */
    int64_t steady_ms; /* of the steady clock (base/clock.h), as are all times in rows that a limit is counted from */
    int64_t
        started_ms; /* since when this control plane looks, on the steady clock: no limit runs while nobody was there to see */
    int64_t blocked_limit_ms; /* --blocked-primary-timeout; 0: none */
    int64_t wake_ms; /* when the next look is due at the latest, on the steady clock; INT64_MAX: nothing waits for time */
    struct world_addressing addressing;
    struct address_book *held; /* what others have whose rows are not in this world; NULL: there are none */
    struct world_region *regions;
    size_t n_regions;
    WORLD_TABLES(WORLD_ARRAY)
    const struct row_snapshot_schedule *schedules;
    size_t n_schedules;
    struct world_new_snapshot *new_snapshots;
    bool allow_restricted;                  /* --restricted-commands allow */
    const struct row_parameter *parameters; /* what users set in parameter groups, by region, parameter group, name */
    size_t n_parameters;
    struct settings_book *settings; /* derived so far: settings.h; NULL: nobody keeps any for longer than this world */
    const struct access *access;    /* of stand-alone clusters, once derived: access.h */
    struct world_new_node *new_nodes;
    struct world_event *events; /* to be written, newest first */
    bool changed;               /* set by whatever plan changed something */
    int64_t edits;              /* how often that was: what is counted in between holds */
    const char *rule;           /* the one that is looking */
    bool trailing;              /* changes are kept in 'trail', newest first */
    struct world_edit *trail;
    const char *restless; /* the plans did not come to rest: the last changes, and whose they are; else NULL */
};

/* Sets the slices and pointers between the arrays, which must be sorted as said above. */
void world_link(struct world *w);

struct world_region *world_region(struct world *w, const char *name);
/* What was last seen of the region's nodes is so still, or will be put right at once. */
bool world_in_touch(struct world *w, const char *region);
/* Its agent has not been heard of for longer than it takes to replace one that hangs: nobody can tell its nodes anything. Asks for
 * another look at the moment at which that may become true. */
bool world_out_of_reach(struct world *w, const char *region);
/* Somebody has cut the network between the two regions: neither bytes nor answers arrive. */
bool world_is_cut(struct world *w, const char *region, const char *other);
struct world_rg *world_rg(struct world *w, const char *region, const char *id);
/* 'rg_id' NULL: a stand-alone cluster. */
struct world_cluster *world_cluster(struct world *w, const char *region, const char *rg_id, const char *id);
struct world_node *rg_node(struct world_rg *rg, const char *id);
struct world_node_group *rg_node_group(struct world_rg *rg, const char *id);
/* True for a node of that node group. */
bool ng_has(const struct world_node_group *ng, const struct world_node *n);
/* The one node of a member cluster. */
struct world_node *rg_cluster_node(const struct world_cluster *c);
struct world_endpoint *rg_endpoint(struct world_rg *rg, enum endpoint_kind kind, const char *node_group_id);
/* The node that shall be the primary of that node group. Never NULL in a sound database. */
struct world_node *rg_primary(const struct world_node_group *ng);
/* The member with the role PRIMARY, or NULL while there is none. */
struct world_member *global_primary(struct world_global *g);

/* It is wished for, and not about to be removed. */
bool node_shall_run(const struct world_node *n);
/* What the last sighting says of a node, or that it has no address to be started at; nothing of it is true of NULL. */
static inline bool node_answers(const struct world_node *n)
{
    return n && seen_node_state(&n->row) == SEEN_READY;
}
/* No process and no folder is left of it, or there never was one: who has no address was not told of to any agent. */
bool node_has_left(const struct world_node *n);
bool node_is_dead(const struct world_node *n); /* its process has ended, or can't be started */
bool node_takes_writes(const struct world_node *n);
bool node_hangs(const struct world_node *n);        /* and is not to be killed already */
bool node_is_condemned(const struct world_node *n); /* the process that was seen is the one that must not live */

/* Asks for another look no later than at 'at_ms' of the steady clock. */
void world_wake(struct world *w, int64_t at_ms);
/* The same for a date, INT64_MAX for none. The next look will see whether it has come: until then the wall clock may be set. */
void world_wake_date(struct world *w, int64_t date_ms);
/* Sets *field to 'value' and w->changed where they differ. 'value' must live as long as the world. */
void world_set(struct world *w, const char **field, const char *value);
void world_set_int(struct world *w, int64_t *field, int64_t value);
/* The same for a word: world_set_word(w, &n->row.want, WISH_GONE). */
#define world_set_word(w, field, value) world_set_unsigned(w, field, (unsigned)((void)sizeof(*(field) = (value)), (value)))
void world_set_unsigned(struct world *w, void *field, unsigned value);
void world_drop(struct world *w, bool *drop);
/* The node's process, as it was seen, must not live. */
void world_condemn(struct world *w, struct world_node *n);
/* Another node, and another look soon. */
void world_add_node(struct world *w, const struct row_node *row);
/* A snapshot that begins now, and another look soon. Nothing but its source has to be set to 'snapshotting' besides. */
void world_add_snapshot(struct world *w, const struct world_new_snapshot *s);
/* An event of the catalog with its values: world_event(w, region, id, EVENT_NODE_ADDED, node, zone). */
#define world_event(w, region, id, event, ...) \
    world_note(w, region, event_kinds[event].source, id, event_message((w)->arena, event, ##__VA_ARGS__))
/* 'message' belongs to the world's arena. Nobody is told of what is beneath a serverless cache. */
void world_note(struct world *w, const char *region, const char *source_type, const char *source_id, const char *message);
/*
 * The address at which the other nodes of its replication group reach it: where it listens. Nodes of a Redis Cluster that listen
 * everywhere meet at this machine's own address, since clients that read CLUSTER NODES connect to where nodes meet. NULL: it has none yet.
 */
const char *node_meeting_address(const struct world *w, const struct world_node *n);
