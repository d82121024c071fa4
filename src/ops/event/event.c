#include "base/decimal.h"
#include "ops/core/id.h"
#include "store/event_log.h"
#include <stdio.h>

/* A request that names no time gets the last hour. Source: DescribeEvents. */
enum { KEPT_MINUTES = EVENT_LOG_KEPT_MINUTES, DEFAULT_MINUTES = 60 };

static int read_span(struct op *op, const struct api_describe_events_in *in, int64_t *from, int64_t *to)
{
    int64_t minutes = in->duration.set ? in->duration.v : DEFAULT_MINUTES;
    if (minutes < 1 || minutes > KEPT_MINUTES)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid value %lld for Duration. Must be between 1 and %d",
            (long long)minutes, KEPT_MINUTES);
    if (in->duration.set && in->start_time.set)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Duration can't be used together with StartTime.");
    *to = in->end_time.set ? in->end_time.ms : op->now_ms;
    *from = in->start_time.set ? in->start_time.ms : *to - minutes * 60000;
    if (*from > *to) return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "StartTime must not be after EndTime.");
    int64_t kept = op->now_ms - KEPT_MINUTES * 60000LL;
    if (*from < kept) *from = kept; /* older ones may be there still, deleted a few at a time */
    return 0;
}

/* A page begins behind the last event of the page before, the first one with the latest that is asked for. */
static int read_place(struct op *op, const struct page *page, const char *marker, int64_t to, struct event_filter *f)
{
    int64_t at = to < INT64_MAX ? to + 1 : to, seq = 0;
    const char *after = page->after;
    bool good = !*after ||
                (decimal_take(&after, INT64_MIN, INT64_MAX, &at) && *after++ == '.' && decimal_parse(after, 0, INT64_MAX, &seq));
    if (!good) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The marker %s is not valid.", marker);
    f->before_ms = at;
    f->before_seq = seq;
    return 0;
}

static void view_events(struct op *op, const struct row_event *rows, size_t n, struct api_event_list *out)
{
    *out = (struct api_event_list){true, n, arena_array(op->arena, struct api_event, n)};
    for (size_t i = 0; i < n; i++)
        out->items[i] = (struct api_event){
            .source_identifier = rows[i].source_id,
            .source_type = rows[i].source_type,
            .message = rows[i].message,
            .date = OPT_TIME(rows[i].at_ms),
        };
}

int op_describe_events(struct op *op, const struct api_describe_events_in *in, struct api_describe_events_out *out)
{
    struct page page;
    struct row_event *rows;
    int64_t to = 0;
    size_t n;
    struct event_filter f = {
        .region = op->region->name, .source_type = in->source_type, .source_id = id_fold(op, in->source_identifier)};
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0) r = read_span(op, in, &f.from_ms, &to);
    if (r == 0) r = read_place(op, &page, in->marker, to, &f);
    if (r == 0) r = event_log_page(op->store, op->arena, &f, page.n + 1, &rows, &n, op->err);
    if (r) return r;
    if (n > (size_t)page.n) {
        n = (size_t)page.n;
        out->marker =
            page_marker(op, arena_printf(op->arena, "%lld.%lld", (long long)rows[n - 1].at_ms, (long long)rows[n - 1].seq));
    }
    view_events(op, rows, n, &out->events);
    return 0;
}
