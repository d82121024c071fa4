#pragma once
#include "base/index.h"
#include "control/unit.h"
/*
 * The units by region, so that what concerns a region costs what is there, and not what is anywhere. Global datastores have the
 * region "". Zeroed it is empty. Units belong to others.
 */
struct homes {
    struct index by_region; /* struct home */
};

void homes_add(struct homes *h, struct unit *u);
void homes_drop(struct unit *u);
/* In no order; valid until a unit is added or dropped. */
struct unit_list homes_units(const struct homes *h, const char *region);
void homes_fini(struct homes *h);
