#include "store/event_log.h"

/* More than one: what has piled up goes, too. */
enum { FORGET_AT_ONCE = 8 };

int event_log_add(struct store *s, const char *region, int64_t now_ms, const char *source_type, const char *source_id,
    const char *message, struct err *e)
{
    int64_t any, kept_ms = now_ms - EVENT_LOG_KEPT_MINUTES * 60000;
    int r = q_event_any_before(s, region, kept_ms, &any, e);
    if (r == 0 && any) r = q_event_forget(s, region, kept_ms, FORGET_AT_ONCE, e);
    return r ? r : q_event_add(s, region, now_ms, source_type, source_id, message, e);
}

int event_log_page(struct store *s, struct arena *a, const struct event_filter *f, int64_t most, struct row_event **out,
    size_t *n, struct err *e)
{
    if (f->source_id)
        return q_event_page_of_source(
            s, a, f->region, f->source_type, f->source_id, f->from_ms, f->before_ms, f->before_seq, most, out, n, e);
    if (f->source_type)
        return q_event_page_of_type(s, a, f->region, f->source_type, f->from_ms, f->before_ms, f->before_seq, most, out, n, e);
    return q_event_page(s, a, f->region, f->from_ms, f->before_ms, f->before_seq, most, out, n, e);
}
