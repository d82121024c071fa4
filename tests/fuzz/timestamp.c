#include "base/arena.h"
#include "fuzz.h"
#include "model/timestamp.h"
#include <assert.h>

/* What was read is written, and read again as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    char text[TIMESTAMP_SIZE];
    int64_t ms, again;
    if (!timestamp_parse(arena_strndup(&a, (const char *)data, n), &ms)) return 0;
    timestamp_format(ms, text);
    assert(timestamp_parse(text, &again));
    return 0;
}
