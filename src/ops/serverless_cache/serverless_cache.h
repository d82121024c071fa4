#pragma once
#include "ops/core/op.h"
/*
 * Serverless caches. A cache is a row of its own with what is its own alone, and a replication group beneath it, which the program made and
 * the API shows nowhere (plan/serverless.h): that one has the status, the engine, the user group and the data.
 */
struct serverless_cache {
    struct row_serverless_cache *row;
    struct row_replication_group *rg;
};

/* 0, or the fault for a name that none has. */
int serverless_cache_find(struct op *op, const char *given, struct serverless_cache *out);

/* As the API shows it, in the request's arena. */
int serverless_cache_view(struct op *op, const struct serverless_cache *c, struct api_serverless_cache *out);
