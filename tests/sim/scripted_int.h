#pragma once
#include "agent/session/dial.h"
#include "base/arena.h"
#include "engines.h"
#include "protocol/protocol.gen.h"
#include <uv.h>
/* What the files of the scripted agent share. */

enum { SCRIPTED_NODES = 128 };

struct slots;

/* What a node's folder holds: it outlives its agent. */
struct disk {
    struct disk *next;
    char region[32], id[64];
    long noted_pid; /* of a process whose end nobody was told of yet; 0: none */
    int restarts;
    bool counted; /* among 'restarts' is the end of the last process */
    bool saved;
    uint32_t *writes;
    size_t n_writes;
    int64_t offset;
    bool there;   /* the folder, or the file */
    bool is_file; /* it is a snapshot's file: 'noted_pid' is when it was taken */
    bool failed;
};

struct scripted_node {
    char id[64];
    const struct proto_node_order *order;
    struct engine *engine;
    struct disk *disk;
    bool taken;               /* a stranger has its address */
    bool blocked;             /* it has been busy for longer than a moment */
    const char *seed_refused; /* NULL, or why */
    bool adopted, assigned, ready, hung, died, died_primary, died_known, ending;
    int64_t ready_at, act_at, stopped_since, busy_since; /* ms; act_at: when the step that is under way is done */
    int64_t known_at;                                    /* when serve had stored that it is ready; 0: not yet */
    int64_t spare_since, spare_until, spare_limit;
    int64_t weighed;
};

struct scripted {
    struct process *process;
    char region[32], folder[256];
    uv_loop_t loop;
    uv_timer_t tick, beat;
    struct dial *dial;
    struct arena orders[2];
    int current;
    struct proto_assignment a;
    bool assigned, stopping, stopped, dirty;
    struct scripted_node nodes[SCRIPTED_NODES];
    size_t n_nodes;
    struct slots *mapped; /* what the maps of the assignment give each of their nodes, one after the other */
    int64_t quick_until;
    int64_t quiet_until; /* adopted nodes that are not known yet keep it from telling anything until then */
    int64_t told, known; /* of the last sighting, and of the last that serve has stored */
};

struct disk *disk_of(const char *region, const char *id);
/* The same of a snapshot's file. */
struct disk *file_of(const char *region, const char *id);
struct disk *disks(void);
/* scripted_node.c: what a node does next; true where something has changed. */
bool scripted_node_step(struct scripted *s, struct scripted_node *n);
/* To be called whenever 'known' has changed. */
void scripted_node_stored(const struct scripted *s, struct scripted_node *n);
void scripted_node_adopt(struct scripted *s, struct scripted_node *n);
void scripted_node_see(const struct scripted *s, const struct scripted_node *n, struct arena *a, struct proto_node_seen *out);
/* The node of that order; NULL. */
struct scripted_node *scripted_find(struct scripted *s, const char *id);
/* cluster_scripted.c; the first once for each assignment */
void scripted_read_maps(struct scripted *s, struct arena *a);
const struct proto_cluster_map *scripted_map(const struct scripted *s, const char *group);
struct proto_cluster_seen *scripted_cluster(struct scripted *s, const struct scripted_node *n, struct arena *a);
bool scripted_move_slots(struct scripted *s);
