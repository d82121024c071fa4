#include "agent/os/names.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool names_has(const struct string_list *l, const char *s)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->items[i], s) == 0) return true;
    return false;
}

bool names_within(const struct string_list *a, const struct string_list *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (!names_has(b, a->items[i])) return false;
    return true;
}

void names_add(struct string_list *l, const char *s)
{
    l->items = realloc(l->items, (l->n + 1) * sizeof *l->items);
    if (l->items == NULL || (l->items[l->n] = strdup(s)) == NULL) abort();
    l->n++;
    l->set = true;
}

char *names_pop(struct string_list *l)
{
    assert(l->n > 0);
    return (char *)(uintptr_t)l->items[--l->n];
}

void names_copy(struct string_list *l, const struct string_list *from)
{
    names_clear(l);
    for (size_t i = 0; i < from->n; i++) names_add(l, from->items[i]);
}

void names_clear(struct string_list *l)
{
    while (l->n > 0) free(names_pop(l));
    free(l->items);
    *l = (struct string_list){0};
}
