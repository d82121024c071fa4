#include "ops/id.h"
#include <stdlib.h>

/* Events are kept for 14 days; a request that names no time gets the last hour. Source: DescribeEvents. */
enum { KEPT_MINUTES = 14 * 24 * 60, DEFAULT_MINUTES = 60 };

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
    int64_t from = 0, to = 0;
    size_t n;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0 && in->source_identifier && in->source_type == NULL)
        r = op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "SourceIdentifier can only be used together with SourceType.");
    if (r == 0) r = read_span(op, in, &from, &to);
    if (r) return r;
    int64_t before = page.after[0] ? strtoll(page.after, NULL, 10) : INT64_MAX;
    r = q_event_page(op->store, op->arena, op->region->name, in->source_type, id_fold(op, in->source_identifier), from, to,
        before, page.n + 1, &rows, &n, op->err);
    if (r) return r;
    if (n > (size_t)page.n) {
        n = (size_t)page.n;
        out->marker = page_marker(op, arena_printf(op->arena, "%lld", (long long)rows[n - 1].seq));
    }
    view_events(op, rows, n, &out->events);
    return 0;
}
