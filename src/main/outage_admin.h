#pragma once
#include "main/faults_admin.h"
/*
 * What is out of order on purpose.
 *
 *     GET  /_meridian/regions, /_meridian/zones   {"regions": [{"region", "state", "persist"}…]}, {"zones": …}: those that are not up
 *     GET  /_meridian/regions/REGION              one of them
 *     PUT  /_meridian/regions/REGION              with ?state=up, down or isolated, and persist=true
 *     GET  /_meridian/zones/ZONE, PUT             the same, with up and down
 *     PUT  /_meridian/nodes/ID                    with ?do=kill, hang or resume, and region=R where several have a node of that id
 */
void outage_admin_add_routes(struct http *h, const struct faults_admin *f);
