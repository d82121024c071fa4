#pragma once
#include "base/digest.h"
#include "agent/forwarder/split.h"
#include "agent/redis/tls.h"
struct redisReply;
struct node;
/*
 * Encryption in transit of a node that is a redis-server: its certificate, how it
 * listens, and whether its link to its upstream is encrypted, all of it changed
 * while it runs. The agent itself does not speak TLS: it has the engine's socket.
 */

enum encryption_state {
    ENCRYPTION_REST,
    ENCRYPTION_CERTIFY,
    ENCRYPTION_LISTEN,
    ENCRYPTION_LINKS,
    ENCRYPTION_RELINK,
    ENCRYPTION_LATER
};

/* Of the process. */
struct encryption_now {
    int state;                               /* enum encryption_state */
    enum encryption_mode listens, listening; /* how it does, and how it was told to; ENCRYPTION_UNSET: not known yet */
    bool links, linking; /* whether the link to its upstream is encrypted, from the next one on; and what it was told */
    bool relink;         /* that link is to be made again */
    int64_t again_at;    /* something could not be had: when to try again; else 0 */
    uint8_t certificate[DIGEST_SIZE], sent_certificate[DIGEST_SIZE]; /* hashes; zero: not known */
};

struct encryption {
    struct encryption_now now;
    uint8_t certificate[DIGEST_SIZE]; /* the order's, hashed */
    int inner_port;                   /* where a splitter's engine takes TLS; 0: none was needed yet */
    struct split split;
};

/* Nothing is known of the process; it ended. */
void tls_forget(struct node *n);
void tls_ended(struct node *n);
/* Another order has come; or the same again: what was refused is tried again. */
void tls_ordered(struct node *n);
void tls_try_again(struct node *n);
/* Before the start: puts the certificate into the node's folder, and finds a port for a splitter's node. */
int tls_prepare(struct node *n, struct err *e);
/* The process was started by this agent, as the order says. */
void tls_begin(struct node *n);
/* The answer to CONFIG GET *port: how an adopted process listens. */
void tls_know_ports(struct node *n, const struct redisReply *r);
/* The answer to what was asked will not come, or says nothing. */
void tls_unanswered(struct node *n);
/* Its upstream listens in another way. */
void tls_relink(struct node *n);

bool tls_certificate_is_stale(const struct node *n);
bool tls_listens_otherwise(const struct node *n);
bool tls_links_are_stale(const struct node *n);
bool tls_is_to_relink(const struct node *n);
/* True while something that was refused is not to be tried again. */
bool tls_is_blocked(const struct node *n);
/* A splitter has the endpoints, not the engine. */
bool tls_has_splitter(const struct node *n);
/* The mode in force; none while something of it is not as ordered. */
void tls_see(const struct node *n, struct proto_node_seen *out);

/* STEP_CERTIFY, STEP_LISTEN, STEP_ENCRYPT, STEP_RELINK; STEP_RELEASE and STEP_TAKE where a splitter has the addresses. */
void tls_refused(struct node *n, const struct redisReply *r);
void tls_do_certify(struct node *n);
void tls_certified(struct node *n, const struct redisReply *r);
void tls_do_listen(struct node *n);
void tls_listening(struct node *n, const struct redisReply *r);
void tls_listen_refused(struct node *n, const struct redisReply *r);
void tls_do_encrypt(struct node *n);
void tls_encrypted(struct node *n, const struct redisReply *r);
void tls_do_relink(struct node *n);
void tls_relinked(struct node *n, const struct redisReply *r);
void tls_release(struct node *n);
void tls_take(struct node *n);
