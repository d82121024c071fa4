#pragma once
#include "base/slots.h"
#include "model_int.h"
/*
 * Redis Cluster: what a node knows of itself and of the others (cluster.c), its file (cluster_file.c), what nodes tell each other
 * (cluster_bus.c), who is taken for dead and who takes over (cluster_vote.c), and the commands (cluster_cmd.c). Source: src/cluster.c of
 * Redis 7.0. Where the engine pings at random, a ping here goes out when there is something to tell, within the same time; and whoever
 * has nothing to tell is asked only whether he answers.
 */

enum node_flag {
    NODE_MYSELF = 1 << 0,
    NODE_MASTER = 1 << 1,
    NODE_SLAVE = 1 << 2,
    NODE_PFAIL = 1 << 3,
    NODE_FAIL = 1 << 4,
    NODE_HANDSHAKE = 1 << 5,
    NODE_NOADDR = 1 << 6,
    NODE_MEET = 1 << 7,
};

enum { HOST_MAX = 48, REPORTS_MAX = 16 };

/* A node as another one knows it. */
struct cnode {
    char name[HEX_ID + 1];
    char host[HOST_MAX];
    int port, bus;
    unsigned flags;
    struct cnode *master; /* of a replica */
    uint64_t epoch;
    struct slots slots;
    int n_slots;
    bool linked;
    int64_t made_at, pinged_at, ponged_at, failed_at, voted_at, tell_at; /* pinged_at 0: no ping is unanswered */
    uint64_t told;                                                       /* the version that it has been told */
    int64_t offset;
    struct {
        struct cnode *by;
        int64_t at;
    } reports[REPORTS_MAX];
    int n_reports;
};

/* A slot in flight. */
struct move {
    int slot;
    struct cnode *to, *from; /* MIGRATING to, or IMPORTING from */
};

struct ban {
    char name[HEX_ID + 1];
    int64_t until;
};

struct cluster {
    struct model_engine *e;
    struct cnode **nodes, *myself;
    size_t n, cap;
    uint16_t owners[SLOTS_ALL]; /* places in 'ids', from 1; 0: nobody */
    struct cnode **ids;         /* nodes that have owned a slot; NULL once they are gone */
    size_t n_ids;
    struct move *moves;
    size_t n_moves;
    struct ban *bans;
    size_t n_bans;
    uint64_t epoch, last_vote;
    bool ok;
    int size;
    int64_t minority_at, first_update_at;
    uint64_t version; /* of what this node tells others */
    bool unsaved, offset_told;
    int file; /* nodes.conf, open for as long as the engine lives */
    size_t file_size;
    struct timer cron;
    /* Its own election. */
    int64_t auth_at;
    uint64_t auth_epoch;
    bool auth_sent;
    int auth_votes;
};

/* What goes over the bus. */
enum note_type { BUS_PING, BUS_PONG, BUS_MEET, BUS_FAIL, BUS_UPDATE, BUS_ASK_VOTE, BUS_VOTE };

struct gossip {
    char name[HEX_ID + 1], host[HOST_MAX];
    int port, bus;
    unsigned flags;
};

struct packet {
    enum note_type type;
    char name[HEX_ID + 1], master[HEX_ID + 1], host[HOST_MAX];
    int port, bus;
    unsigned flags;
    uint64_t epoch, current_epoch;
    int64_t offset;
    struct slots slots;
    char about[HEX_ID + 1]; /* of FAIL and UPDATE */
    uint64_t about_epoch;
    size_t n;
    struct gossip gossip[];
};

/* cluster.c */
struct cnode *cluster_node(const struct cluster *c, const char *name);
struct cnode *cluster_add(struct cluster *c, const char *name, unsigned flags, int64_t now);
void cluster_remove(struct cluster *c, struct cnode *n);
void cluster_rename(struct cluster *c, struct cnode *n, const char *name);
struct cnode *cluster_owner(const struct cluster *c, int slot);
void cluster_give_slot(struct cluster *c, int slot, struct cnode *n); /* NULL: nobody has it any more */
struct move *cluster_move(struct cluster *c, int slot);
void cluster_set_move(struct cluster *c, int slot, struct cnode *to, struct cnode *from);
bool cluster_banned(const struct cluster *c, const char *name, int64_t now);
void cluster_ban(struct cluster *c, const char *name, int64_t now);
void cluster_set_master(struct cluster *c, struct cnode *master, int64_t now);
void cluster_become_master(struct cluster *c);
/* What it tells others has changed. */
void cluster_changed(struct cluster *c);
void cluster_update_state(struct cluster *c, int64_t now);
int64_t cluster_timeout(const struct cluster *c);
void cluster_drop_keys(struct cluster *c, int slot);
int cluster_count_keys(const struct cluster *c, int slot);
bool cluster_bump(struct cluster *c);
/* After each thing that was done: the file, the state, the time of the next look. */
void cluster_settle(struct cluster *c, int64_t now);
uint64_t cluster_greatest_epoch(const struct cluster *c);
int64_t cluster_offset(const struct cluster *c);

/* cluster_file.c */
void cluster_line(const struct cluster *c, const struct cnode *n, struct buf *out);
void cluster_save(struct cluster *c);

/* cluster_bus.c */
void bus_tell_all(struct cluster *c, enum note_type type, int64_t now);
void bus_tell_about(struct cluster *c, struct cnode *to, enum note_type type, const struct cnode *about, int64_t now);
bool bus_ping(struct cluster *c, struct cnode *n, enum note_type type, int64_t now);
void bus_start_handshake(struct cluster *c, const char *host, int port, int bus, unsigned flags, int64_t now);

void bus_forget(struct model_engine *e);

/* cluster_vote.c */
void vote_note_report(struct cnode *n, struct cnode *by, bool failing, int64_t now);
void vote_check_failed(struct cluster *c, struct cnode *n, int64_t now);
void vote_clear_failed(struct cluster *c, struct cnode *n, int64_t now);
void vote_asked(struct cluster *c, const struct packet *p, struct cnode *sender, int64_t now);
void vote_got(struct cluster *c, const struct packet *p, struct cnode *sender, int64_t now);
void vote_run(struct cluster *c, int64_t now);
void vote_take_over(struct cluster *c, int64_t now);
