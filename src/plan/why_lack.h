#pragma once
#include "plan/lack.h"
#include "plan/why.h"
/* The sentences about nodes and endpoints, and the list that they go to. */
struct whys {
    struct world *w;
    struct why *first, **end;
};

void whys_add(struct whys *out, int64_t since_ms, const char *what, const char *ends);
/* What is lacking there, in a sentence; LACK_NOTHING adds none. */
void whys_add_lack(struct whys *out, enum lack lack, const struct world_node *n, const struct world_endpoint *e);
/* The network between two regions, which somebody has cut. */
void whys_add_cut(struct whys *out, const char *region, const char *other);
/* Why who connects to the node is not served. */
void whys_add_service(struct whys *out, struct world_node *n);
/* A forwarder that does not listen; nothing for an endpoint that nodes hold. */
void whys_add_forwarder(struct whys *out, struct world_rg *rg, const struct world_endpoint *e);
