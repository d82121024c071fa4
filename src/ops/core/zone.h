#pragma once
#include "ops/core/op.h"
/* Where new nodes stand that nobody has placed. */

/* Of n zones, at least one, the one that is named least often among those that are taken; of equals the first. */
const char *zone_emptiest(const char *const *zones, size_t n, const struct string_list *taken);
