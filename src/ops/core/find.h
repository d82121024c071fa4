#pragma once
#include "catalog/event.h"
#include "ops/core/op.h"
/* find_…: 0 and the row, or the fault and message that AWS has for a resource that is not there, or < 0. Ids are folded. */
int find_rg(struct op *op, const char *id, struct row_replication_group **out);
int find_cluster(struct op *op, const char *id, struct row_cache_cluster **out);
/* Only where the region has a member of it: a global datastore is visible from its members' regions. */
int find_global(struct op *op, const char *id, struct row_global_replication_group **out);

/* True for what has not been served for so long that nothing but a change can help: it may be deleted, whatever is under way. */
bool unserved_for_long(const struct op *op, int64_t unserved_since_ms);

/* Writes an event of this region: note_event(op, id, EVENT_USER_CREATED, id). */
#define note_event(op, id, event, ...) \
    note_message(op, event_kinds[event].source, id, event_message((op)->arena, event, ##__VA_ARGS__))
int note_message(struct op *op, const char *source_type, const char *source_id, const char *message);
