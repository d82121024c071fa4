#include "ops/core/id.h"
#include <string.h>

int op_describe_cache_engine_versions(
    struct op *op, const struct api_describe_cache_engine_versions_in *in, struct api_describe_cache_engine_versions_out *out)
{
    struct page page;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    struct engine_version_filter filter = {
        in->engine, in->engine_version, in->cache_parameter_group_family, in->default_only.set && in->default_only.v};
    out->cache_engine_versions = (struct api_cache_engine_version_list){
        .set = true, .items = arena_array(op->arena, struct api_cache_engine_version, page.n)};
    const char *last = NULL;
    bool begun = page.after[0] == '\0';
    for (size_t i = 0; i < n_engine_versions; i++) {
        const struct engine_version *v = &engine_versions[i];
        const char *key = arena_printf(op->arena, "%s %s", v->engine->name, v->version);
        bool passed = begun;
        if (strcmp(key, page.after) == 0) begun = true;
        if (!passed || !engine_version_matches(v, &filter)) continue;
        if (out->cache_engine_versions.n == (size_t)page.n) {
            out->marker = page_marker(op, last);
            break;
        }
        last = key;
        out->cache_engine_versions.items[out->cache_engine_versions.n++] = (struct api_cache_engine_version){
            .engine = v->engine->name,
            .engine_version = v->version,
            .cache_parameter_group_family = v->family,
            .cache_engine_description = v->engine->description,
            .cache_engine_version_description = v->description,
        };
    }
    return 0;
}
