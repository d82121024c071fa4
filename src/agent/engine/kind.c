#include "agent/engine/kind.h"
#include <string.h>

bool engine_kind_runs(const struct engine_kind *kind, const char *engine)
{
    for (size_t i = 0; engine != NULL && kind->engines[i] != NULL; i++)
        if (strcmp(kind->engines[i], engine) == 0) return true;
    return false;
}

const struct engine_kind *engine_kind_of(const struct engine_kind *const kinds[], const char *engine)
{
    for (size_t i = 0; kinds[i] != NULL; i++)
        if (engine_kind_runs(kinds[i], engine)) return kinds[i];
    return kinds[0];
}
