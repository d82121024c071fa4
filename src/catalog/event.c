#include "catalog/event.h"
#include "base/buf.h"
#include <assert.h>
#include <string.h>

const char *event_format(struct arena *a, enum event event, const char *const *values, size_t n)
{
    assert(n == event_kinds[event].n_values);
    _buf_ struct buf out = {0};
    const char *text = event_kinds[event].text;
    for (const char *open; (open = strchr(text, '{')); text = strchr(open, '}') + 1) {
        buf_add(&out, text, (size_t)(open - text));
        buf_puts(&out, *values++);
    }
    buf_puts(&out, text);
    return arena_strdup(a, out.data);
}
