#include "model/operation.h"

#include <stdlib.h>
#include <string.h>

#include "model/api.gen.h"

static int compare_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct operation *)row)->name);
}

const struct operation *operation_find(const struct operation *table, size_t n, const char *name)
{
    return bsearch(name, table, n, sizeof(*table), compare_name);
}

bool operation_declares(const struct operation *o, int fault)
{
    if (fault <= FAULT_NONE || fault >= FAULT__COUNT) return false;
    if (api_faults[fault].common) return true;
    for (const int *f = o->faults; *f != FAULT_NONE; f++)
        if (*f == fault) return true;
    return false;
}

const char *fault_side(const struct fault_info *fault)
{
    return fault->receiver ? "Receiver" : "Sender";
}
