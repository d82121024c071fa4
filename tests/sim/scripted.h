#pragma once
/*
 * A scripted agent: it does what its assignments say, as docs/protocol.md has it, and no more of what an
 * agent is than that. It shares with the real one what a node without a process waits for (agent/node/start.h).
 */
struct process;

void scripted_agent(struct process *p, const char *region, const char *folder);
