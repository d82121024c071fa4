#include "http/bearer.h"
#include "base/text.h"
#include <string.h>

bool bearer_is(const char *header, const char *token)
{
    static const char scheme[] = "Bearer ";
    if (header == NULL || strncmp(header, scheme, sizeof scheme - 1) != 0) return false;
    return token[0] != '\0' && text_equal_secret(header + sizeof scheme - 1, token);
}
