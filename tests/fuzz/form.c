#include "base/arena.h"
#include "base/err.h"
#include "fuzz.h"
#include "model/api.gen.h"
#include "model/form.h"
#include <assert.h>
#include <string.h>

/* The body of a request of the Query protocol, as the input of some operations that have all kinds of members. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct form f = {0};
    _arena_ struct arena a = {0};
    struct api_create_replication_group_in group;
    struct api_modify_replication_group_shard_configuration_in shards;
    struct api_describe_events_in events;
    struct api_modify_cache_parameter_group_in parameters;
    if (form_parse(&f, &a, (const char *)data, n, &e) != 0) return 0;
    assert(f.n <= FORM_MAX_PARAMETERS);
    for (size_t i = 1; i < f.n; i++) assert(strcmp(f.pairs[i - 1].key, f.pairs[i].key) < 0);
    form_decode(&f, &shape_api_create_replication_group_in, &a, &group, &e);
    form_decode(&f, &shape_api_modify_replication_group_shard_configuration_in, &a, &shards, &e);
    form_decode(&f, &shape_api_describe_events_in, &a, &events, &e);
    form_decode(&f, &shape_api_modify_cache_parameter_group_in, &a, &parameters, &e);
    return 0;
}
