#include "agent/engine/role.h"
#include <string.h>

static const char *const names[] = {[ROLE_UNKNOWN] = NULL, [ROLE_PRIMARY] = "primary", [ROLE_REPLICA] = "replica"};

const char *role_name(enum role role)
{
    return names[role];
}

enum role role_parse(const char *name)
{
    if (name == NULL) return ROLE_UNKNOWN;
    if (strcmp(name, names[ROLE_PRIMARY]) == 0) return ROLE_PRIMARY;
    return strcmp(name, names[ROLE_REPLICA]) == 0 ? ROLE_REPLICA : ROLE_UNKNOWN;
}
