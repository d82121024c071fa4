#include "catalog/words.h"
#include "base/text.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool word_knows(const struct words *list, unsigned value)
{
    return value < list->n && (value > 0 || list->has_nothing);
}

const char *word_text(const struct words *list, unsigned value)
{
    assert(word_knows(list, value));
    return list->texts[value];
}

bool word_read(const struct words *list, const char *text, unsigned *out)
{
    for (unsigned i = list->has_nothing ? 0 : 1; i < list->n; i++) {
        if (!text_equal(list->texts[i], text)) continue;
        *out = i;
        return true;
    }
    return false;
}

unsigned word_of(const struct words *list, const char *text)
{
    unsigned value = 0;
    if (!word_read(list, text, &value)) abort();
    return value;
}
