#pragma once
#include <uv.h>
/*
 * Answers questions about a zone at sockets of UDP and of TCP, in one event loop. Over TCP a connection may ask again and again; one
 * that is silent for ten seconds, that asks more than a question takes, or that does not read its answers, is closed.
 */
struct dns_server;
struct err;
struct zone;

/* The sockets are bound, and that of TCP listens; they belong to the server, also where this fails. 'zone' must outlive it. */
int dns_server_open(struct dns_server **out, uv_loop_t *loop, struct zone *zone, int udp, int tcp, struct err *e);
/* Closes it; its memory goes when the loop has closed its handles. NULL is allowed. */
void dns_server_close(struct dns_server *s);
