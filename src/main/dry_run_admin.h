#pragma once
#include "http/admin.h"
/* /_meridian/dry-run: how long engines would take in dry runs. */
struct control;

struct dry_run_admin {
    const struct admin *admin;
    struct control *control; /* NULL while serve stops */
};

void dry_run_admin_add_routes(struct http *h, const struct dry_run_admin *d);
