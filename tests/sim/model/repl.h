#pragma once
#include "parts.h"
/* Replication: the stream and its backlog (stream.c), who follows whom (repl.c), and the connections between them (link.c). */

/* What a write is to those who follow. */
struct op {
    enum op_kind { OP_BYTES, OP_SET, OP_DEL, OP_EXPIRE, OP_PERSIST, OP_FLUSH, OP_GETACK } kind;
    struct key *key;
    const char *value;
    size_t value_len;
    int64_t expires_ms;
    bool keep_ttl;
};

struct entry {
    int64_t start; /* of its first byte */
    int64_t len;
    struct op op;
};

/* The last that was sent to replicas: the entries first … first + n of a vector. */
struct backlog {
    bool active;
    struct entry *entries;
    size_t first, n, cap;
    int64_t offset, histlen; /* as INFO has them: of the first byte that is there, and how many are */
};

enum link_state {
    LINK_NONE,     /* not dialled, or dialled without success: again in a second */
    LINK_DIALLING, /* until the question for a synchronisation has arrived */
    LINK_ASKED,    /* the upstream has it, and will answer */
    LINK_TRANSFER, /* full synchronisation */
    LINK_UP,
};

/* Something on its way, in the order of a connection. */
struct note {
    int64_t at; /* when it arrives; NEVER: the network has not taken it yet */
    enum note_kind { NOTE_STREAM, NOTE_ACK, NOTE_CLOSED, NOTE_ANSWER, NOTE_DATA, NOTE_NEWLINE } kind;
    int64_t offset;
};

struct flight {
    struct note *notes;
    size_t first, n, cap;
    struct timer timer;
};

/*
 * One replica's connection to its upstream. Each end has its own half: 'replica' is NULL once the replica has let go of it,
 * and 'upstream' once the upstream has. It is freed when both have.
 */
struct link {
    struct model_world *w;
    struct model_engine *replica, *upstream;
    struct model_wire wire; /* from the replica to its upstream */
    bool cut;               /* the network has closed it */
    bool deaf;              /* one end speaks TLS and the other does not */
    struct flight down, up; /* to the replica, and to the upstream */
    /* As the replica sees it. */
    enum link_state state;
    int64_t dialled_at, heard_at;
    struct timer step;
    /* As the upstream sees it. */
    struct link *next, *next_attached; /* of its replicas, and of all that have dialled it */
    bool known;                        /* it is one of them */
    bool streams, awaits_ack, awaits_child, in_transfer;
    int64_t acked, acked_at;
    struct entry *entries; /* the stream that the replica has not applied: first … first + n */
    size_t first, n, cap;
    /* What was answered. */
    enum { PSYNC_LATER, PSYNC_CONTINUE, PSYNC_FULL } answer;
    int64_t start; /* PSYNC_FULL: where the data end */
    char replid[HEX_ID + 1];
    struct data snapshot;
};

struct repl {
    char replid[HEX_ID + 1], replid2[HEX_ID + 1];
    int64_t offset, second_offset;
    bool select_sent; /* the stream's database is known to all replicas */
    struct backlog log;
    char *host; /* of the upstream; NULL: a primary */
    int port;
    struct link *up;       /* to the upstream; NULL where none is dialled */
    struct link *replicas; /* those who follow, in the order they came */
    struct link *attached; /* all links that lead here */
    bool cached;           /* it may ask for a partial synchronisation from cached_replid at offset */
    char cached_replid[HEX_ID + 1];
    int64_t down_since, no_replicas_since;
    struct timer cron;
    int64_t loops;
    struct timer load; /* the data of a full synchronisation are being loaded */
    bool loading;
    unsigned full, partial_ok, partial_err;
};

void repl_start(struct model_engine *e, int64_t now);
void repl_end(struct model_engine *e, int64_t now); /* its process has ended */
void repl_follow(struct model_engine *e, const char *host, int port, int64_t now);
void repl_lead(struct model_engine *e, int64_t now);
/* Adds to the stream what a primary has done; 'len' is what the command takes in it. */
void repl_feed(struct model_engine *e, const struct op *op, int64_t len, int64_t now);
/* Adds what came from upstream. */
void repl_pass(struct model_engine *e, const struct entry *entry, int64_t now);
void repl_apply(struct model_engine *e, const struct op *op);
void repl_drop_replicas(struct model_engine *e, int64_t now);
void repl_drop_upstream(struct model_engine *e, int64_t now);
void repl_dial(struct model_engine *e, int64_t now);
void repl_new_id(struct model_engine *e);
void repl_clear_second_id(struct model_engine *e);
void repl_shift_id(struct model_engine *e);
void repl_start_log(struct model_engine *e);
void repl_stop_log(struct model_engine *e);
void repl_resumed(struct model_engine *e, int64_t now);
void repl_child_ended(struct model_engine *e, int64_t now);
void repl_acked(struct model_engine *e, int64_t now);
void repl_cut(struct model_engine *e, uint64_t tag, int64_t now);
bool repl_link_is_up(const struct model_engine *e);
/* A primary with fewer replicas in step than its settings ask for: it refuses writes. */
bool repl_lacks_replicas(const struct model_engine *e, int64_t now);
int64_t repl_count_acked(const struct model_engine *e, int64_t offset);
void repl_loses_upstream(struct model_engine *e, int64_t now);
void repl_ask_acks(struct model_engine *e, int64_t now);
/* It can run its own course: its loop turns, and no script keeps it. */
void link_dial(struct link *l, int64_t now);
bool engine_is_free(const struct model_engine *e, int64_t now);

/* Its data are there; the stream may still wait for its first ACK. */
bool link_is_online(const struct link *l);

/* link.c */
void link_attach(struct link *l, struct model_engine *upstream);
struct link *link_new(struct model_engine *replica, const char *host, int port, int64_t now);
void link_send(struct link *l, bool down, enum note_kind kind, int64_t offset, int64_t now);
void link_add_entry(struct link *l, const struct entry *entry);
void link_let_go_replica(struct link *l, int64_t now);
void link_let_go_upstream(struct link *l, int64_t now);
void link_breaks(struct link *l, int64_t now);
void link_hurry(struct link *l, int64_t now);
void link_ack(struct link *l, int64_t offset, int64_t now);
/* What arrives: repl.c. */
void repl_arrives_down(struct link *l, const struct note *note, int64_t now);
void repl_arrives_up(struct link *l, const struct note *note, int64_t now);
void repl_asked(struct link *l, int64_t now);
