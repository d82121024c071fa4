#include "agent/engine/server_info.h"
#include <string.h>

bool server_info_is_version(const char *text)
{
    return text[strcspn(text, "0123456789")] != '\0' && text[strspn(text, "0123456789.-_abcdefghijklmnopqrstuvwxyz")] == '\0';
}
