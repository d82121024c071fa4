#include "discovery/discovery.h"
#include "base/arena.h"
#include "fuzz.h"
#include <assert.h>

/* A line of a memcached client. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    _buf_ struct buf list = {0}, out = {0};
    discovery_add(&list, "a.example", "127.0.0.1", 11211);
    enum discovery d = discovery_answer(arena_strndup(&a, (const char *)data, n), 7, list.data, "1.6.18", &out);
    assert((d == DISCOVERY_ANSWERED) == (out.len > 0));
    return 0;
}
