#include "control/absent.h"
#include "base/proc_stat.h"
#include "control/kept.h"
#include "control/reach.h"
#include "control/session.h"
#include "plan/world.h"
#include <stdlib.h>
#include <string.h>

struct absence {
    char *region;
    bool unattended;       /* no agent is at work */
    bool all_vanished;     /* in a dry run, processes live as long as their agent */
    struct index vanished; /* the nodes whose process is gone, by their ids, which are its own */
};

/* ---- one region's ---- */

/* An agent that was started a moment ago has nothing in its hands yet; one that was found at work has. */
static bool has_agent_at_work(const struct sessions *all, const struct session *s, const char *region)
{
    return s ? s->process && agent_process_was_found(s->process) : session_left_over(all, region);
}

static void forget_vanished(struct absence *x)
{
    for (size_t i = 0; i < x->vanished.cap; i++) free(x->vanished.slots[i].value);
    index_fini(&x->vanished);
}

static bool node_has_vanished(const struct absence *x, const char *id)
{
    return x->all_vanished || index_get(&x->vanished, id);
}

static void note_vanished(struct absence *x, const char *id)
{
    char *copy = strdup(id);
    if (copy == NULL) abort();
    index_put(&x->vanished, copy, copy);
}

static void look_at_unit(struct absence *x, const struct absence *before, const char *data_dir, struct rows *r, struct unit *u)
{
    for (size_t i = 0; i < u->rows.n; i++) {
        const struct kept *k = u->rows.items[i];
        if (kept_table(k) != &sql_table_node) continue;
        const char *id = kept_text(k, offsetof(struct row_node, id));
        long pid = (long)kept_number(k, offsetof(struct row_node, seen_pid));
        if (!x->all_vanished && !proc_stat_works_below(pid, data_dir)) note_vanished(x, id);
        if (node_has_vanished(x, id) != node_has_vanished(before, id)) rows_mark(r, u);
    }
}

/* What nodes and endpoints are without their agent. */
static void look_at_region(struct absence *x, const struct sessions *all, bool unattended, struct rows *r)
{
    const struct absence before = *x;
    const struct unit_list units = homes_units(&r->homes, x->region);
    x->vanished = (struct index){0};
    x->unattended = unattended;
    x->all_vanished = unattended && session_is_dry_run(all, x->region);
    for (size_t i = 0; i < units.n; i++) look_at_unit(x, &before, all->o->data_dir, r, units.items[i]);
    forget_vanished(&(struct absence){.vanished = before.vanished});
    if (unattended != before.unattended) reach_region(r, x->region);
}

/* ---- all of them ---- */

static struct absence *find_absence(const struct absences *x, const char *region)
{
    for (size_t i = 0; i < x->n; i++)
        if (strcmp(x->items[i].region, region) == 0) return &x->items[i];
    return NULL;
}

static struct absence *add_absence(struct absences *x, const char *region)
{
    x->items = realloc(x->items, (x->n + 1) * sizeof *x->items);
    if (x->items == NULL) abort();
    struct absence *a = &x->items[x->n++];
    *a = (struct absence){.region = strdup(region)};
    if (a->region == NULL) abort();
    return a;
}

static void drop_absence(struct absences *x, struct absence *a)
{
    forget_vanished(a);
    free(a->region);
    *a = x->items[--x->n];
}

static void look_for_agent(struct absences *x, const struct sessions *all, struct rows *r, const char *region)
{
    const struct session *s = session_find(all, region);
    struct absence *a = find_absence(x, region);
    if (s && !session_is_silent(s)) {
        if (a) drop_absence(x, a);
        return; /* that it is in touch concerns all of the region in any case */
    }
    bool known = a != NULL;
    if (known && s == NULL) return; /* no node is there: it would have an agent */
    bool unattended = !has_agent_at_work(all, s, region);
    if (known && !x->again && unattended == a->unattended) return;
    look_at_region(known ? a : add_absence(x, region), all, unattended, r);
}

void absences_look(struct absences *x, const struct sessions *all, struct rows *r)
{
    for (size_t i = 0; i < r->n_regions; i++) look_for_agent(x, all, r, rows_region_name(r->regions[i]));
    x->again = false;
}

void absences_mark(const struct absences *x, struct world *w)
{
    for (size_t i = 0; i < w->n_nodes && x->n; i++) {
        const struct absence *a = find_absence(x, w->nodes[i].row.region);
        if (a == NULL) continue;
        w->nodes[i].unattended = a->unattended;
        w->nodes[i].vanished = node_has_vanished(a, w->nodes[i].row.id);
    }
    for (size_t i = 0; i < w->n_endpoints && x->n; i++) {
        const struct absence *a = find_absence(x, w->endpoints[i].row.region);
        if (a) w->endpoints[i].unattended = a->unattended;
    }
}

void absences_fini(struct absences *x)
{
    while (x->n > 0) drop_absence(x, &x->items[x->n - 1]);
    free(x->items);
    *x = (struct absences){0};
}
