#pragma once
#include "agent/redis/redis.h"
/*
 * Encryption in transit of a node that is a redis-server: its certificate, how it
 * listens, and whether its link to its upstream is encrypted, all of it changed
 * while it runs. The agent itself does not speak TLS: it has the engine's socket.
 */

/* Another order has come. */
void tls_ordered(struct node *n);
/* Before the start: puts the certificate into the node's folder, and finds a port for a splitter's node. */
int tls_prepare(struct node *n, struct err *e);
/* The process was started by this agent, as the order says. */
void tls_begin(struct node *n);
/* The answer to CONFIG GET *port: how an adopted process listens. */
void tls_know_ports(struct node *n, const struct redisReply *r);
/* The address that is not an endpoint among those that the engine listens on. */
bool tls_is_own_address(const struct node *n, const char *address);

bool tls_certificate_is_stale(const struct node *n);
bool tls_listens_otherwise(const struct node *n);
bool tls_links_are_stale(const struct node *n);
/* The mode in force, for a sighting; NULL while something of it is not as ordered. */
const char *tls_in_force(const struct node *n);

/* STEP_CERTIFY, STEP_LISTEN, STEP_ENCRYPT, STEP_RELINK; STEP_RELEASE and STEP_TAKE where a splitter has the addresses. */
void tls_refused(struct node *n, const struct redisReply *r);
void tls_do_certify(struct node *n);
void tls_certified(struct node *n, const struct redisReply *r);
void tls_do_listen(struct node *n);
void tls_listening(struct node *n, const struct redisReply *r);
void tls_listen_refused(struct node *n, const struct redisReply *r);
void tls_do_encrypt(struct node *n);
void tls_encrypted(struct node *n, const struct redisReply *r);
void tls_relinked(struct node *n, const struct redisReply *r);
bool tls_has_splitter(const struct node *n);
void tls_release(struct node *n);
/* Puts what is still somebody else's into 'missed'. */
void tls_take(struct node *n, struct string_list *missed);
