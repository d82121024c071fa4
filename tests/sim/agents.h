#pragma once
#include <stdbool.h>
#include <stdint.h>
/*
 * The agents of all regions as processes, and the network between them and serve: it delays
 * messages, loses answers so that what was asked is asked again, and can be cut. Implements
 * control/agent_process.h and agent/session/dial.h.
 */
struct process;

/* The agent of that region that lives, or NULL. */
struct process *agents_find(const char *region);
/* What an agent does once it has been started: runs as that process. */
extern void (*agents_body)(struct process *p, const char *region, const char *folder);
/* An agent has ended; NULL: nothing comes of it but what this file does. */
extern void (*agents_gone)(const struct process *p);

/* Serve has ended: connections to it break, and nobody watches its agents. */
void agents_serve_is_gone(void);

/* How many of a hundred answers are lost, and how long a message takes at most. */
void network_set(int lost_percent, int64_t delay_ms);
/* From now on, and for so long, nothing gets through to a region's agent or from it. */
void network_cut(const char *region, int64_t for_ms);
/* All cuts end. */
void network_heal(void);
/* The region of an agent that serve has not heard of since then (machine_ms): it may have news. NULL: there is none. */
const char *network_unheard(int64_t since_ms);
