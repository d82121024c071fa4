#pragma once
/*
 * A scripted agent: it does what its assignments say, as docs/protocol.md has it, and no more of what an
 * agent is than that. It shares with the real one what a node without a process waits for (agent/node/start.h).
 */
#include <stddef.h>

struct process;

/* The n-th of the files of snapshots that a region has, counted round, is gone; its agents find out. */
void scripted_spoil(const char *region, size_t number);
void scripted_agent(struct process *p, const char *region, const char *folder);
