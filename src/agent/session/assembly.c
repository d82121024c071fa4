#include "agent/session/assembly.h"
#include "model/json.h"
#include <stdio.h>
#include <string.h>

/* In no order. */
void assembly_list(const struct assembly *s, struct arena *a, struct proto_assignment *out)
{
    for (int list = 0; list < KEYED_ORDERS; list++) {
        const struct keyed_list *l = &keyed_orders[list];
        struct shape_list all = {true, 0, arena_alloc(a, s->orders.items[list].n * l->shape->size)};
        const void *item;
        for (size_t at = 0; (item = keyed_next(&s->orders, list, &at)) != NULL;)
            memcpy((char *)all.items + all.n++ * l->shape->size, item, l->shape->size);
        memcpy((char *)out + l->list, &all, sizeof all);
    }
}

static int check_message(const struct assembly *s, const char *region, const struct proto_assignment *m, struct err *e)
{
    bool same_count = m->numbering && strcmp(m->numbering, s->numbering) == 0;
    bool fits = same_count && m->since.v == s->version && m->version.v > s->version;
    if (strcmp(m->region, region) != 0) return err_set(e, ERR_PARSE, "it is not for the region %s", region);
    if (m->version.v <= 0) return err_set(e, ERR_PARSE, "it has no number");
    if (!m->since.set || fits) return 0;
    return err_set(e, ERR_STALE, "it goes by version %lld, and this is %lld", (long long)m->since.v, (long long)s->version);
}

int assembly_take(struct assembly *s, const char *region, const char *json, size_t len, struct arena *a,
    struct proto_assignment *out, keyed_changed_fn *changed, void *arg, struct err *e)
{
    *out = (struct proto_assignment){0};
    int r = json_decode(&shape_proto_assignment, json, len, a, out, e);
    if (!r) r = check_message(s, region, out, e);
    bool numbers = !r && out->numbering && strlen(out->numbering) < sizeof s->numbering;
    snprintf(s->numbering, sizeof s->numbering, "%s", numbers ? out->numbering : "");
    if (r) return r;
    if (s->orders.lists == NULL) s->orders = (struct keyed){.lists = keyed_orders, .n_lists = KEYED_ORDERS};
    keyed_take(&s->orders, out, !out->since.set, out->gone, changed, arg);
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
