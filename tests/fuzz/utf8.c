#include "base/arena.h"
#include "fuzz.h"
#include "model/utf8.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    const char *text = arena_strndup(&a, (const char *)data, n);
    size_t len = strlen(text), step;
    uint32_t c;
    for (size_t at = 0; at < n; at += step ? step : 1) {
        step = utf8_next((const char *)data + at, n - at, &c);
        assert(step <= n - at && (step == 0 || (c <= 0x10ffff && (c < 0xd800 || c > 0xdfff))));
    }
    assert(utf8_length(text) <= len);
    for (size_t max = 0; max <= len + 1; max++) assert(utf8_clip(text, max) <= (max < len ? max : len));
    return 0;
}
