#include "agent/session/assembly.h"
#include "model/json.h"
#include <stdio.h>
#include <string.h>

/* Of all orders there are, in no order. */
static void list_orders(const struct assembly *s, int list, struct arena *a, struct proto_assignment *out)
{
    const struct keyed_list *l = &keyed_orders[list];
    const struct index *x = &s->orders.items[list];
    struct shape_list all = {true, 0, arena_alloc(a, x->n * l->shape->size)};
    for (size_t i = 0; i < x->cap; i++) {
        const struct keyed_item *item = x->slots[i].value;
        if (item) memcpy((char *)all.items + all.n++ * l->shape->size, item->copy, l->shape->size);
    }
    memcpy((char *)out + l->list, &all, sizeof all);
}

int assembly_take(struct assembly *s, const char *json, size_t len, struct arena *a, struct proto_assignment *out, struct err *e)
{
    *out = (struct proto_assignment){0};
    int r = json_decode(&shape_proto_assignment, json, len, a, out, e);
    if (r) return r;
    bool whole = !out->since.set;
    bool fits = out->numbering && strcmp(out->numbering, s->numbering) == 0 && out->since.v == s->version;
    if (!whole && !fits) {
        s->numbering[0] = '\0';
        return err_set(e, ERR_STALE, "it goes by version %lld, and this is %lld", (long long)out->since.v, (long long)s->version);
    }
    if (s->orders.lists == NULL) s->orders = (struct keyed){.lists = keyed_orders, .n_lists = KEYED_ORDERS};
    keyed_take(&s->orders, out, whole, out->gone, NULL, NULL);
    for (int list = 0; !whole && list < KEYED_ORDERS; list++) list_orders(s, list, a, out);
    bool numbers = out->numbering && strlen(out->numbering) < sizeof s->numbering;
    snprintf(s->numbering, sizeof s->numbering, "%s", numbers ? out->numbering : "");
    s->version = out->version.v;
    return 0;
}

void assembly_settle(struct assembly *s)
{
    keyed_release(&s->orders);
}

void assembly_fini(struct assembly *s)
{
    keyed_fini(&s->orders);
    *s = (struct assembly){0};
}
