#include "control/told.h"
#include <stdio.h>
#include <string.h>

bool told_take(struct told *t, const struct proto_sighting *s, keyed_changed_fn *changed, void *arg)
{
    bool same_count = t->any && s->numbering && strcmp(s->numbering, t->numbering) == 0;
    if (s->since.set && !(same_count && s->since.v == t->number && s->number.v > t->number)) return false;
    if (t->seen.lists == NULL) t->seen = (struct keyed){.lists = keyed_seen, .n_lists = KEYED_SEEN};
    keyed_take(&t->seen, s, !s->since.set, s->gone, changed, arg);
    keyed_release(&t->seen);
    bool numbers = s->numbering && strlen(s->numbering) < sizeof t->numbering;
    snprintf(t->numbering, sizeof t->numbering, "%s", numbers ? s->numbering : "");
    t->number = s->number.v;
    t->any = true;
    return true;
}

const void *told_find(const struct told *t, int list, const char *key)
{
    return keyed_find(&t->seen, list, key);
}

void told_forget(struct told *t, int list, const char *key)
{
    keyed_forget(&t->seen, list, key);
    keyed_release(&t->seen);
}

bool told_has_saving(const struct told *t)
{
    const struct proto_node_seen *n;
    for (size_t at = 0; (n = keyed_next(&t->seen, KEYED_SEEN_NODES, &at)) != NULL;)
        if (n->saving.v) return true;
    return false;
}

void told_fini(struct told *t)
{
    keyed_fini(&t->seen);
    *t = (struct told){0};
}
