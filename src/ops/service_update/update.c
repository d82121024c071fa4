#include "ops/service_update/update.h"
#include "base/text.h"
#include <string.h>

void updatable_rg(struct row_replication_group *rg, struct updatable *out)
{
    struct update_columns columns = UPDATE_COLUMNS_OF(rg);
    *out = (struct updatable){.rg = rg, .columns = columns, .id = rg->id, .engine = rg->engine, .created_ms = rg->created_ms};
}

void updatable_cluster(struct row_cache_cluster *c, struct updatable *out)
{
    struct update_columns columns = UPDATE_COLUMNS_OF(c);
    *out = (struct updatable){.cluster = c, .columns = columns, .id = c->id, .engine = c->engine, .created_ms = c->created_ms};
}

bool updatable_has(const struct updatable *u, const struct service_update *s)
{
    return s->kind->engines[engine_find(u->engine)->id];
}

enum update_stage updatable_stage(const struct updatable *u, const struct service_update *s)
{
    const struct update_columns *c = &u->columns;
    if (*c->stage != UPDATE_NONE && strcmp(*c->name, s->name) == 0) return *c->stage;
    return text_has_word(*c->done, s->name) ? UPDATE_COMPLETE : UPDATE_NONE;
}

int find_service_update(struct op *op, const char *name, struct service_update *out)
{
    if (service_update_find(name, op->now_ms, out)) return 0;
    return op_fault(op, FAULT_SERVICE_UPDATE_NOT_FOUND, "Service update %s not found.", name);
}

const char *service_update_engines(struct op *op, const struct service_update *s)
{
    const char *names[ENGINE_COUNT];
    size_t n = 0;
    for (int i = 0; i < ENGINE_COUNT; i++)
        if (s->kind->engines[i]) names[n++] = engines[i].name;
    return arena_join(op->arena, names, n, ", ");
}

const char *service_update_time(struct op *op)
{
    return arena_printf(op->arena, "%d minutes per node", service_update_calendar.minutes_per_node);
}

bool list_has(const struct string_list *list, const char *word)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i], word) == 0) return true;
    return list->n == 0;
}
