#include "plan/logs.h"
#include "base/hash.h"
#include "base/arena.h"
#include "plan/world.h"
#include <string.h>

const char *log_type_name(enum log_type t)
{
    static const char *const names[] = {[LOG_TYPE_SLOW] = "slow-log", [LOG_TYPE_ENGINE] = "engine-log"};
    return names[t];
}

struct log_delivery log_delivery_read(struct arena *a, const char *delivery)
{
    size_t type = strcspn(delivery, " "), format = strcspn(delivery + type + 1, " ");
    return (struct log_delivery){.destination_type = arena_strndup(a, delivery, type),
        .format = arena_strndup(a, delivery + type + 1, format),
        .destination = delivery + type + 1 + format + 1};
}

bool log_is_delivered(const char *delivery, enum log_status status)
{
    return delivery != NULL && status != LOG_NONE && status != LOG_DISABLING;
}

int64_t logs_generation(const struct row_cache_cluster *c)
{
    bool slow = log_is_delivered(c->slow_log, c->slow_log_status), engine = log_is_delivered(c->engine_log, c->engine_log_status);
    if (!slow && !engine) return 0;
    uint64_t h = hash_text(HASH_EMPTY, slow ? c->slow_log : "");
    return hash_number(hash_text(hash_text(h, "\n"), engine ? c->engine_log : ""));
}

void logs_settle(struct world *w, struct log_columns columns[LOG_TYPES])
{
    for (int t = 0; t < LOG_TYPES; t++) {
        struct log_columns *l = &columns[t];
        if (*l->stage == LOG_DISABLING) world_set(w, l->delivery, NULL);
        if (*l->stage == LOG_DISABLING) world_set_word(w, l->stage, LOG_NONE);
        else if (*l->stage != LOG_NONE) world_set_word(w, l->stage, LOG_ACTIVE);
    }
}
