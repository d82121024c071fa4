#pragma once
struct process;
/* A process of an engine has ended: whoever watches it (base/child.h) hears of it a moment later. */
void children_ended(const struct process *p, int status, int signal);
