#include "plan/lack.h"
#include "base/arena.h"

void lacks_add(struct lacks *l, enum lack lack, const struct world_node *n, const struct world_endpoint *e)
{
    if (lack == LACK_NOTHING) return;
    l->n++;
    if (l->arena == NULL) return;
    struct lack_item *item = arena_new(l->arena, struct lack_item);
    *item = (struct lack_item){NULL, lack, n, e};
    if (l->end == NULL) l->end = &l->first;
    *l->end = item;
    l->end = &item->next;
}

bool lacks_want_more(const struct lacks *l)
{
    return l->arena || l->n == 0;
}
