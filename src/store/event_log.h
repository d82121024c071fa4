#pragma once
#include "store/queries.gen.h"
/*
 * The events that DescribeEvents shows. They are kept for 14 days (source: DescribeEvents). Each addition deletes a few older events, so
 * that a region's events don't grow for ever and no request has to delete many.
 */
#define EVENT_LOG_KEPT_MINUTES (14LL * 24 * 60)

/* Adds one within the caller's transaction. Returns 0 or < 0. */
int event_log_add(struct store *s, const char *region, int64_t now_ms, const char *source_type, const char *source_id,
    const char *message, struct err *e);

/* Selects events from 'from_ms' on that stand before the place (before_ms, before_seq). 'source_type' and 'source_id' may be NULL. */
struct event_filter {
    const char *region, *source_type, *source_id;
    int64_t from_ms, before_ms, before_seq;
};
/* The first 'most' of them, newest first. Costs as much as it returns. */
int event_log_page(struct store *s, struct arena *a, const struct event_filter *f, int64_t most, struct row_event **out,
    size_t *n, struct err *e);
