#include "ops/core/region.h"

/*
 * Each installation begins to give addresses somewhere else. Two of them on one machine then seldom want the same ones, even
 * where one does not run, and so can't hold its own, while the other begins.
 */
int region_ensure(struct op *op)
{
    struct row_region *row;
    int r = q_region_get(op->store, op->arena, op->region->name, &row, op->err);
    struct row_region begun = {op->region->name, op->random % INT32_MAX};
    return r || row ? r : q_region_put(op->store, &begun, op->err);
}
