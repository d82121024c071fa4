#include "base/text.h"

bool text_has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; p && *p; p += strcspn(p, " "), p += *p == ' ')
        if (strncmp(p, word, n) == 0 && (p[n] == ' ' || p[n] == '\0')) return true;
    return false;
}

bool text_equal_secret(const char *a, const char *b)
{
    size_t n = strlen(a);
    if (strlen(b) != n) return false;
    unsigned char differ = 0;
    for (size_t i = 0; i < n; i++) differ |= (unsigned char)(a[i] ^ b[i]);
    return differ == 0;
}
