#include "http/bearer.h"
#include <stddef.h>
#include <string.h>

bool bearer_is(const char *header, const char *token)
{
    static const char scheme[] = "Bearer ";
    if (header == NULL || strncmp(header, scheme, sizeof scheme - 1) != 0) return false;
    const char *given = header + sizeof scheme - 1;
    size_t n = strlen(token);
    if (n == 0 || strlen(given) != n) return false;
    unsigned char differ = 0;
    for (size_t i = 0; i < n; i++) differ |= (unsigned char)(given[i] ^ token[i]);
    return differ == 0;
}
