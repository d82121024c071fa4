#include "ops/core/region.h"

/*
 * Each installation begins to give addresses somewhere else. Two of them on one machine then seldom want the same ones, even
 * where one does not run, and so can't hold its own, while the other begins.
 */
static int64_t first_host(const struct op *op)
{
    return op->random % INT32_MAX;
}

int region_ensure(struct op *op)
{
    struct row_region *row;
    int r = q_region_get(op->store, op->arena, op->region->name, &row, op->err);
    return r || row ? r : q_region_put(op->store, &(struct row_region){op->region->name, first_host(op)}, op->err);
}
