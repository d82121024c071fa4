#pragma once
#include "ops/core/op.h"

/* Makes sure that the region has its row, which tells where the search for free addresses goes on: whoever adds nodes needs it. */
int region_ensure(struct op *op);
