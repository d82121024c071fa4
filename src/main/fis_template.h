#pragma once
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
/*
 * What a template of the Fault Injection Service asks for, as far as it is emulated: actions that interrupt the power of an availability zone
 * for the nodes that replication groups have there. Sources: the API's model, and the user guide's reference of actions.
 */
struct arena;
struct region;
struct store;

#define FIS_ACTION "aws:elasticache:replicationgroup-interrupt-az-power"
#define FIS_WAIT "aws:fis:wait"
#define FIS_RESOURCE "aws:elasticache:replicationgroup"

/* The API's errors, each with its HTTP status. */
enum { FIS_INVALID = 400, FIS_QUOTA = 402, FIS_NOT_FOUND = 404, FIS_CONFLICT = 409 };
/* How many there may be: the service's quotas of an account in a region, and of a template. */
enum { FIS_TEMPLATES_MAX = 500, FIS_ACTIVE_MAX = 5, FIS_ACTIONS_MAX = 20, FIS_ARNS_MAX = 5 };

struct fis_action {
    const char *name;
    int64_t start_ms;          /* after the experiment's start: once all are over that it starts after */
    int64_t duration_ms;       /* how long it takes */
    const char *zone;          /* NULL: it waits, no more */
    const char *const *rg_ids; /* those that its target names, and that are there */
    size_t n_rg_ids;
};

struct fis_template {
    struct fis_action *actions;
    size_t n;
    int64_t duration_ms; /* until the last one is over */
};

/*
 * Reads the body of CreateExperimentTemplate into the arena, and looks which replication groups of the region and account there are now.
 * FIS_INVALID with the reason, or < 0.
 */
int fis_template_read(struct store *s, struct arena *a, const struct region *region, const char *account, const char *body,
    struct fis_template *out, struct err *e);
/* The same for the body of an experiment, of which only the names and times of the actions are read. */
int fis_schedule_read(struct store *s, struct arena *a, const char *body, struct fis_template *out, struct err *e);
/* "PT1M" to "PT12H". FIS_INVALID. */
int fis_duration_read(const char *text, int64_t *ms, struct err *e);
