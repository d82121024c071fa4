#include "plan/address_book.h"
#include "base/arena.h"
#include <stdlib.h>
#include <string.h>

const char *address_book_entry(struct arena *a, bool ports, const char *address, int64_t port)
{
    return ports ? arena_printf(a, "%s:%lld", address, (long long)port) : address;
}

bool address_book_has(const struct address_book *b, const char *entry)
{
    return index_get(&b->taken, entry) != NULL;
}

void address_book_take(struct address_book *b, const char *entry)
{
    if (address_book_has(b, entry)) return;
    char *own = strdup(entry);
    if (own == NULL) abort();
    index_put(&b->taken, own, own);
}

void address_book_free(struct address_book *b, const char *entry)
{
    char *own = index_get(&b->taken, entry);
    index_drop(&b->taken, entry);
    free(own);
}

void address_book_fini(struct address_book *b)
{
    for (size_t i = 0; i < b->taken.cap; i++) free(b->taken.slots[i].value);
    index_fini(&b->taken);
}
