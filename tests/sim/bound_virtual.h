#pragma once
#include <stdbool.h>
/* Addresses that agents keep (agent/os/bound.h): somebody who is no engine is in the way of whoever would listen there. */
bool bound_keeps(void *arg, const char *host, int port);
