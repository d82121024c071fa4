#pragma once
#include "plan/world.h"
#include "expect.h"
/* What the files of expect.h share. */

/* A place that clients write to: a node group, or a datastore's. */
struct domain {
    char name[200];
    char region[32], id[64],
        group[16]; /* the replication group's, which was made then, and the node group's; "": a datastore's */
    int64_t created_ms;
    char address[48]; /* of its primary's endpoint; "": there is none now */
    int port;
    int deaths;                  /* of processes that had its data */
    bool failover;               /* on, ever since it is known */
    bool there;                  /* some group is it, as the last pass has it */
    bool at_risk;                /* its primary's next process begins with other data, whatever its replicas have */
    char primary[64];            /* the node, as the last pass has it */
    int64_t incarnation;         /* of its process that is wanted */
    const struct engine *writer; /* who took the last write; NULL: there was none yet */
};

struct domain *domain_of(struct world_rg *rg, const struct world_node_group *ng);
/* Where the engine belongs, as the last pass has it; NULL: nowhere. */
struct domain *domain_of_engine(const struct engine *e);
/* Which regions may take writes besides another one, as the component's rows and the events of this pass say. */
void excuses_learn(const struct world *component);
/* The last pass's world: which engines and endpoints belong to which domain. */
void domains_learn(struct world *w);
/* All acknowledged writes of the domain that must be there are in that engine. */
void clients_check(const struct domain *d, const struct engine *e);
