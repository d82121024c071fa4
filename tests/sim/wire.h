#pragma once
#include <stdbool.h>
#include <stddef.h>
/*
 * A connection of an agent to an engine's model: what is sent through it arrives a moment later, in its order, and so do the answers.
 * It breaks with the process at either end.
 */
struct wire;
struct model_engine;
struct process;
struct redisReply;

struct wire_events {
    void (*up)(void *arg);
    void (*reply)(void *arg, const struct redisReply *r);
    void (*down)(void *arg, const char *why); /* the last call */
};

/* To the engine's address, or its socket where 'host' is NULL. NULL where it does not listen. */
struct wire *wire_open(struct model_engine *e, const char *host, const struct wire_events *events, void *arg);
/* One that nobody takes: down() follows. */
struct wire *wire_refused(const struct wire_events *events, void *arg);
/* Goes out with the next one that is sent. 'lens' NULL: the words are strings. */
void wire_queue(struct wire *w, int n, const char *const words[], const size_t lens[]);
void wire_send(struct wire *w, int n, const char *const words[], const size_t lens[]);
/* Sends what is no command. */
void wire_poke(struct wire *w);
void wire_close(struct wire *w);
/* The process has ended, and its ends of connections with it. */
void wires_leave(const struct process *p);
