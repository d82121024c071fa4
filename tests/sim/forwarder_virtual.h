#pragma once
#include "model/model.h"
#include <stdint.h>
/*
 * Links of agents (agent/forwarder/listener.h, agent/forwarder/link_pair.h) on the simulated network: where they listen, and where a
 * connection through them leads, which the links themselves decide.
 */
struct process;

bool forwarder_listens(const char *host, int64_t port);
/* The engine that a client comes to that connects there; NULL: none. */
struct model_engine *forwarder_reaches(const char *host, int64_t port);
/* model_hooks.dial */
enum model_reach forwarder_dial(void *arg, const struct model_engine *from, const char *host, int port, struct model_path *out);
/* model_hooks.carry: nothing gets through a process that stands still. */
enum model_reach forwarder_carry(void *arg, const struct model_wire *wire, int64_t now, int64_t *delay_us);
/* The process has ended, and its links with it. */
void forwarders_leave(const struct process *p);
