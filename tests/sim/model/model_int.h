#pragma once
#include "parts.h"
#include "repl.h"
/* What the files of the models share. */

/* ---- replies (reply.c) ---- */

enum { REPLY_RING = 4 };
struct redisReply *reply_status(struct model_world *w, const char *text);
struct redisReply *reply_error(struct model_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct redisReply *reply_int(struct model_world *w, int64_t n);
struct redisReply *reply_text(struct model_world *w, const char *s, size_t len);
struct redisReply *reply_nil(struct model_world *w);
struct redisReply *reply_array(struct model_world *w, size_t n);

/* ---- the table of commands (table.c) ---- */

enum command_flag {
    CMD_WRITE = 1 << 0,
    CMD_READONLY = 1 << 1,
    CMD_DENYOOM = 1 << 2,
    CMD_ADMIN = 1 << 3,
    CMD_NOSCRIPT = 1 << 4,
    CMD_LOADING = 1 << 5,
    CMD_STALE = 1 << 6,
    CMD_NO_AUTH = 1 << 7,
    CMD_ALLOW_BUSY = 1 << 8,
    CMD_NO_MULTI = 1 << 9,
    CMD_ASKING = 1 << 10,
    CMD_MAY_REPLICATE = 1 << 11, /* COMMAND does not tell it */
    CMD_NO_ASYNC_LOADING = 1 << 12,
};

struct call;
typedef struct redisReply *handler(struct call *c);

struct row {
    const char *name; /* "set", "client|pause" */
    int arity;
    const char *flags, *categories;
    int first_key, last_key, key_step;
    unsigned bits; /* enum command_flag */
    uint32_t category_bits;
    int index;
    bool container;
    handler *run; /* NULL: the model does not know it */
};

/* By the first word, and the second where there are sub-commands. NULL: the engine does not know it; '*container' is then the row of the
 * first word, if that is known. */
const struct row *row_find(const char *word, size_t len, const char *second, size_t second_len, const struct row **container);
const struct row *row_named(const char *name);
const struct row *row_at(int index);
int row_count(void);
/* The bit of a category "read"; 0 for none of that name. */
uint32_t category_bit(const char *name);

/* ---- settings (conf.c) ---- */

enum setting {
    S_BIND,
    S_PORT,
    S_TLS_PORT,
    S_UNIXSOCKET,
    S_DIR,
    S_DBFILENAME,
    S_PIDFILE,
    S_MAXMEMORY,
    S_MAXMEMORY_POLICY,
    S_REPL_TIMEOUT,
    S_REPL_PING,
    S_REPL_BACKLOG,
    S_REPL_BACKLOG_TTL,
    S_DISKLESS_LOAD,
    S_SHUTDOWN_TIMEOUT,
    S_ON_SIGTERM,
    S_ON_SIGINT,
    S_SAVE,
    S_MASTERUSER,
    S_MASTERAUTH,
    S_REPLICAOF,
    S_ANNOUNCE_IP,
    S_ANNOUNCE_PORT,
    S_BIND_SOURCE,
    S_BUSY,
    S_MIN_REPLICAS,
    S_MIN_LAG,
    S_READ_ONLY,
    S_SERVE_STALE,
    S_TLS_REPLICATION,
    S_TLS_CLUSTER,
    S_TLS_CERT,
    S_TLS_KEY,
    S_TLS_CA,
    S_CLUSTER_ENABLED,
    S_CLUSTER_FILE,
    S_CLUSTER_TIMEOUT,
    S_CLUSTER_PORT,
    S_CLUSTER_ANNOUNCE_IP,
    S_CLUSTER_ANNOUNCE_PORT,
    S_CLUSTER_ANNOUNCE_TLS_PORT,
    S_CLUSTER_ANNOUNCE_BUS_PORT,
    S_CLUSTER_MIGRATION,
    S_CLUSTER_VALIDITY,
    S_CLUSTER_COVERAGE,
    S_CLUSTER_NO_FAILOVER,
    S_CLUSTER_READS_DOWN,
    S_DEBUG,
    S_MAXCLIENTS,
    S_REQUIREPASS,
    S_STOP_WRITES,
    S_TIMEOUT,
    S_SAVE_DELAY,
    S_LOAD_DELAY,
    S_DATABASES,
    S_OTHERS, /* from here on settings whose value nothing depends on */
    SETTINGS_MAX = 190,
};

struct conf {
    char *values[SETTINGS_MAX]; /* NULL: the default */
    char *users;                /* the lines "user …" of the file, each with "\n" */
};

const char *conf_text(const struct conf *c, enum setting s);
int64_t conf_number(const struct conf *c, enum setting s);
bool conf_is(const struct conf *c, enum setting s, const char *value);
bool conf_yes(const struct conf *c, enum setting s);
void conf_put(struct conf *c, enum setting s, const char *value);
void conf_free(struct conf *c);
/* Reads the file's text; false with what the program prints before it ends. */
bool conf_load(struct conf *c, const char *text, const char *version, struct buf *complaint);
/* False where TLS is wanted and a file that it needs is not there. */
bool config_tls_is_whole(const struct model_engine *e);
handler config_get, config_set, config_resetstat;

/* ---- users (acl.c) ---- */

struct rights {
    uint64_t may[RIGHTS_WORDS];
    bool all_keys;
    char *keys; /* patterns, each with its "~" and a blank */
};

struct user {
    struct user *next;
    char *name;
    bool on, nopass;
    char *hashes; /* of passwords, each with "\n" */
    struct rights root, *selectors;
    size_t n_selectors;
};

/* NULL, or what is wrong with the rule. */
const char *acl_rule(struct user *u, const char *rule);
struct user *acl_find(const struct model_engine *e, const char *name);
struct user *acl_add(struct model_engine *e, const char *name);
void acl_reset(struct user *u);
void acl_free(struct model_engine *e);
bool acl_password(const struct user *u, const char *password);
/* NULL where the user may; else the reply. */
struct redisReply *acl_check(struct call *c);
bool acl_load_line(struct model_engine *e, char *line, struct buf *complaint);
handler acl_setuser, acl_deluser, acl_users, acl_whoami;

handler redis_replicaof, redis_role, redis_slowlog_get, redis_wait, redis_psync, redis_replconf;

/* ---- files and ends (save.c, rdb.c) ---- */

enum child_kind { CHILD_NONE, CHILD_SAVE, CHILD_TRANSFER };

struct saving {
    enum child_kind child;
    int64_t child_since, last_took_s;
    struct timer child_timer;
    struct data snapshot; /* what the child writes */
    int64_t snapshot_offset;
    bool last_ok;
    int64_t dirty, dirty_before, saved_at_ms, saves, loaded, load_expired;
    const char *fails; /* why files can't be written; NULL: they can */
    /* SHUTDOWN */
    bool ending, end_save, end_nosave, end_now, end_force;
    bool saved; /* it ended with its data in its file */
    int signal;
    struct timer signal_timer;
    int64_t end_until;
    struct timer end_timer;
    struct model_conn *ender;
};

bool rdb_save(struct model_engine *e, const struct data *d, int64_t offset, const char *file);
/* False with what the program tells of it in 'complaint'. '*offset' -1: the file names none. */
bool rdb_load(struct model_engine *e, const char *file, struct buf *complaint);
void save_begin_child(struct model_engine *e, enum child_kind kind, int64_t took, int64_t now);
void save_kill_child(struct model_engine *e, int64_t now);
void save_signal(struct model_engine *e, int signal, int64_t now);
void save_check_end(struct model_engine *e, int64_t now);
handler redis_bgsave, redis_save, redis_shutdown, redis_lastsave;

/* ---- clients (client.c) ---- */

struct words {
    int argc;
    const char **argv;
    size_t *lens;
};

struct pending {
    struct pending *next;
    uint64_t arrived; /* a number that grows */
    struct words words;
    bool garbage;
};

enum waiting { WAITS_NOT, WAITS_REPLICAS, WAITS_END, WAITS_SCRIPT, WAITS_MIGRATE, WAITS_SLEEP };

struct model_conn {
    struct model_engine *e;
    struct model_conn *next, *prev;
    int64_t id;
    char host[64]; /* its own end's address; "" for the socket */
    const struct model_events *events;
    void *arg;
    struct user *user;             /* NULL: it has to log in */
    struct pending *first, **last; /* what came and is not carried out yet */
    bool postponed;                /* its first command waits for the end of a pause */
    bool closing;                  /* after the answer that is under way */
    bool gone;                     /* the engine has closed it, and the client is told */
    char why[160];
    struct timer timer; /* of its wait, or of telling that it is gone */
    enum waiting waits;
    bool has_waited; /* for replicas, once */
    int64_t wait_offset, wait_until;
    size_t wait_replicas;
    int64_t written_to;                  /* the offset behind its own last write */
    struct pending *multi, **multi_last; /* MULTI: what EXEC will carry out */
    bool in_multi, multi_spoilt;
    bool reads;          /* READONLY */
    bool asking;         /* ASKING came just before */
    struct buf text;     /* memcached: an answer that is built */
    struct key *storing; /* memcached: the data block of a storage command is next */
    int storing_how;
    size_t storing_len;
    int64_t storing_expires, storing_flags;
    uint64_t storing_cas;
    bool storing_quiet;
};

struct pause {
    enum { PAUSE_NONE, PAUSE_WRITE, PAUSE_ALL } kind;
    int64_t until_ms; /* of the wall clock */
    struct timer timer;
    bool ending; /* SHUTDOWN holds writes up */
};

void conn_reply(struct model_conn *c, const struct redisReply *r);
/* The engine closes it. */
void conn_end(struct model_conn *c, const char *why);
/* What came while it could not answer is carried out then. */
void conn_drain_soon(struct model_engine *e, int64_t at);
/* Clients that wait for replicas wait no more: it is a replica now. */
void conns_unblock(struct model_engine *e, int64_t now);
void conn_forget(struct model_conn *c);
void pause_end(struct model_engine *e, int64_t now);
void pause_for_end(struct model_engine *e, bool on, int64_t now);
int64_t conns_blocked(const struct model_engine *e);
bool pause_holds(struct model_engine *e, bool writes, int64_t now);
handler client_pause, client_unpause, client_kill, client_id;

/* ---- scripts (script.c) ---- */

struct script {
    bool runs, wrote, told; /* told: it has run for so long that others are told */
    int64_t since;
    struct model_conn *conn;
    struct timer timer;
};
handler redis_eval, redis_eval_ro, script_kill, function_kill;
void script_end(struct model_engine *e, int64_t now);

/* ---- one process ---- */

enum life { LIFE_STARTING, LIFE_LOADING, LIFE_RUNNING, LIFE_ENDED };

struct cluster;

struct model_engine {
    struct model_world *w;
    struct model_engine *next;
    enum model_kind kind;
    long pid;
    char *dir, *log;
    enum life life;
    bool stopped;         /* SIGSTOP */
    int64_t frozen_until; /* it computes, forks or waits, and its loop does not turn */
    bool frozen_works;    /* and uses its processor meanwhile */
    int status, signal;
    int64_t started_at;
    struct timer life_timer; /* the end of its start, of its loading; its death is told */
    struct timer drain_timer;
    struct conf conf;
    struct user *users;
    struct model_conn *conns;
    int64_t next_conn;
    struct data data;
    struct repl repl;
    struct saving save;
    struct script script;
    struct pause pause;
    struct timer expire_timer;
    struct cluster *cluster; /* NULL where cluster mode is off */
    const char *id_text;     /* its replication id, as writes are known by it */
    char run_id[HEX_ID + 1], program[256], conf_path[700];
    struct timer thaw_timer;
    /* A command's effects, to be sent to replicas together. */
    struct op *effects;
    int64_t *effect_lens;
    size_t n_effects, effects_cap;
    int64_t expired, evicted, commands;
    struct memcached *memcached;
};

struct model_world {
    struct model_hooks hooks;
    struct model_knobs knobs;
    uint64_t random;
    int64_t now, wall_us;
    struct timer **heap;
    size_t n_heap, heap_cap;
    uint64_t seq;
    struct model_engine *engines;
    long next_pid;
    struct pool pool;   /* keys, values */
    struct buf text;    /* an answer that is built */
    struct mail *mails; /* on their way over the buses of Redis Cluster */
    struct pool replies[REPLY_RING];
    unsigned reply_at;
    struct key **keys; /* a hash table */
    size_t n_keys, keys_size;
};

/* One command that is carried out. */
struct call {
    struct model_world *w;
    struct model_engine *e;
    struct model_conn *conn; /* NULL inside a script */
    const struct row *row;
    int argc;
    const char *const *argv;
    const size_t *lens;
    int64_t now;
    enum outcome { ANSWERS, WAITS, POSTPONED, ANSWERS_NOTHING } outcome;
    bool in_exec, in_script;
};

void random_id(struct model_world *w, char out[HEX_ID + 1]);
void timer_set(struct model_world *w, struct timer *t, int64_t at, void (*run)(void *obj, int64_t now), void *obj);
void timer_stop(struct model_world *w, struct timer *t);
uint64_t world_random(struct model_world *w, uint64_t below);
int64_t wall_ms(const struct model_world *w, int64_t now);
__attribute__((noreturn)) void model_unknown(const struct model_engine *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool engine_turns(const struct model_engine *e, int64_t now);
void engine_freeze(struct model_engine *e, int64_t until, bool works);
void engine_exit(struct model_engine *e, int status, int signal, int64_t now);
void engine_log(struct model_engine *e, char level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void engine_log_raw(struct model_engine *e, const char *text);
const char *engine_version(const struct model_engine *e);
/* It listens on that address, on whichever port. */
bool engine_binds(const struct model_engine *e, const char *host);
bool engine_listens_at(const struct model_engine *e, const char *host, int port, bool *tls);
bool engine_bus_at(const struct model_engine *e, const char *host, int port);
/* True if 'addresses' can be listened on at the ports of 'c'; else '*taken' is the one that can't. */
bool engine_can_bind(const struct model_engine *e, const struct conf *c, const char **taken, int *port);
bool word_is(const char *a, size_t len, const char *b);
bool number_of(const char *s, size_t len, int64_t *out);
bool glob(const char *pattern, const char *text);

/* cluster.c; those that say nothing of it are no-ops where cluster mode is off. */
bool cluster_load(struct model_engine *e, int64_t now);   /* nodes.conf; false: the engine has ended */
bool cluster_listen(struct model_engine *e, int64_t now); /* false: the engine has ended */
void cluster_start(struct model_engine *e, int64_t now);
void cluster_end(struct model_engine *e, int64_t now);
void cluster_free(struct model_engine *e);
void cluster_resumed(struct model_engine *e, int64_t now);
void bus_free(struct model_world *w);
void cluster_configured(struct model_engine *e, int64_t now);
void cluster_link_changed(struct model_engine *e, int64_t now);

/* redis.c */
/* One command of a connection: NULL where the answer comes later, see c->outcome. */
struct redisReply *redis_process(struct call *c);
void debug_slept(void *obj, int64_t now);
void multi_add(struct model_conn *c, int argc, const char *const argv[], const size_t lens[]);
void multi_clear(struct model_conn *c);
struct redisReply *cluster_redirect(struct call *c);
struct redisReply *redis_run(struct call *c);
void redis_effect(struct call *c, const struct op *op, int64_t len);
void redis_flush_effects(struct model_engine *e, int64_t now);
int64_t resp_len(int argc, const size_t lens[]);
handler redis_info;

/* Those that are in no list above. */
handler cmd_set, cmd_setex, cmd_psetex, cmd_setnx, cmd_mset, cmd_incr, cmd_decr, cmd_incrby, cmd_append, cmd_del, cmd_getdel,
    cmd_flushall, cmd_get, cmd_mget, cmd_exists, cmd_strlen, cmd_dbsize, cmd_ttl, cmd_pttl, cmd_expire, cmd_pexpire, cmd_persist;
handler cluster_nodes, cluster_info, cluster_myid, cluster_slots, cluster_countkeysinslot, cluster_getkeysinslot, cluster_keyslot,
    cluster_meet, cluster_forget, cluster_replicate, cluster_failover, cluster_bumpepoch, cluster_addslots, cluster_addslotsrange,
    cluster_delslots, cluster_delslotsrange, cluster_setslot, cluster_asking, cluster_readonly, redis_publish, redis_migrate,
    memory_usage;
handler redis_auth, redis_ping, redis_echo, redis_select, redis_multi, redis_exec, redis_discard, redis_debug;

/* strings.c */
struct item *item_live(struct model_engine *e, struct key *k, int64_t now);
void strings_expire(struct model_engine *e, int64_t now);
bool strings_make_room(struct model_engine *e, int64_t now);
int64_t engine_memory(const struct model_engine *e);
