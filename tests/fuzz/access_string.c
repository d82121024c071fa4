#include "catalog/access_string.h"
#include "fuzz.h"
#include <assert.h>
#include <string.h>

/* The normal form of a normal form is itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    struct access_string s, again;
    const char *text = arena_strndup(&a, (const char *)data, n);
    access_string_read(&a, text, true, true, &s);
    if (access_string_read(&a, text, false, false, &s) != NULL) return 0;
    const char *normal = access_string_text(&a, &s);
    assert(access_string_read(&a, normal, false, false, &again) == NULL);
    assert(strcmp(normal, access_string_text(&a, &again)) == 0);
    return 0;
}
