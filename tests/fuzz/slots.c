#include "base/arena.h"
#include "base/slots.h"
#include "fuzz.h"
#include <assert.h>
#include <string.h>

/* What was read is written and read again as the same set. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    struct slots s = {0}, again = {0};
    if (slots_read(&s, arena_strndup(&a, (const char *)data, n)) != SLOTS_OK) return 0;
    assert(slots_read(&again, slots_text(&a, &s, ' ')) == SLOTS_OK);
    assert(memcmp(&s, &again, sizeof s) == 0);
    int key = slots_of_key(data, n);
    assert(key >= 0 && key < SLOTS);
    return 0;
}
