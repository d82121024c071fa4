#pragma once
#include "base/err.h"
/* The agent of a region whose nodes have no processes (agent/dry_run); it meets serve as every agent does. */
struct agent_options;

/* As agent_run() is. */
int dry_agent_run(const struct agent_options *o, struct err *e);
