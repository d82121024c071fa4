#pragma once
#include "ops/core/op.h"
/* A fault where the region has no reserved node of that id; NULL is no id. */
int reserved_node_check(struct op *op, const char *id);
