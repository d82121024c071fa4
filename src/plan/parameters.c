#include "base/text.h"
#include "base/arena.h"
#include "catalog/parameter.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/settings.h"
#include "plan/want.h"
#include <string.h>

/*
 * Whether a cache cluster's nodes have its parameter group's values: in-sync, applying
 * until every node's agent has told that they are in force, or pending-reboot where
 * a node has to be restarted for some of them. 'parameters_in_force' remembers what
 * the nodes had last, so that events tell what has changed: a line for the parameter group,
 * then one for each value that a user set.
 */

/* It tells that it has others. One that does not answer, or has only just been found, says nothing. */
static bool has_others(const struct world_node *n, const struct settings *s)
{
    return seen_node_state(&n->row) == SEEN_READY && n->row.seen_generation && n->row.seen_generation != s->generation;
}

static const char *wanted_text(struct world *w, const struct row_cache_cluster *c)
{
    size_t n;
    const struct row_parameter *p = settings_chosen(w, c, &n);
    const char *text = arena_printf(w->arena, "%s\n", c->parameter_group);
    for (size_t i = 0; i < n; i++) text = arena_printf(w->arena, "%s%s=%s\n", text, p[i].name, p[i].value);
    return text;
}

/* The value in a text of that kind, NULL if it has none; the parameter group's name for "". */
static const char *text_value(struct world *w, const char *text, const char *name)
{
    size_t n = strlen(name), first = strcspn(text, "\n");
    if (n == 0) return arena_strndup(w->arena, text, first);
    for (const char *line = text + first; *line++ == '\n' && *line; line += strcspn(line, "\n"))
        if (strncmp(line, name, n) == 0 && line[n] == '=')
            return arena_strndup(w->arena, line + n + 1, strcspn(line + n + 1, "\n"));
    return NULL;
}

static bool refused_by_a_node(const struct world_cluster *c, const struct parameter *p)
{
    for (size_t i = 0; p->engine_name && i < c->n_nodes; i++)
        if (node_shall_run(&c->nodes[i]) && text_has_word(c->nodes[i].row.seen_refused_settings, p->engine_name)) return true;
    return false;
}

static void tell_value(struct world *w, const struct world_cluster *c, const struct parameter *p, const char *value)
{
    if (refused_by_a_node(c, p)) world_event(w, c->row.region, c->row.id, EVENT_PARAMETER_REFUSED, p->name, value);
    else world_event(w, c->row.region, c->row.id, EVENT_PARAMETER_UPDATED, p->name, value);
}

/* Values that were there before a new cache cluster was are told of only where they came to nothing. */
static void tell_changes(struct world *w, const struct world_cluster *c, const struct parameter_family *f, const char *text)
{
    const char *was = c->row.parameters_in_force ? c->row.parameters_in_force : "";
    const char *group = text_value(w, text, "");
    if (strcmp(text_value(w, was, ""), group) != 0) world_event(w, c->row.region, c->row.id, EVENT_PARAMETER_GROUP_USED, group);
    for (size_t i = 0; f && i < f->n_parameters; i++) {
        const struct parameter *p = parameter_at(f, i);
        const char *before = text_value(w, was, p->name), *now = text_value(w, text, p->name);
        bool same = before && now ? strcmp(before, now) == 0 : before == now;
        if (same || (*was == '\0' && !refused_by_a_node(c, p))) continue;
        tell_value(w, c, p, now ? now : p->value ? p->value : "none");
    }
}

static const char *nodes_to_reboot(struct world *w, const struct world_cluster *c)
{
    const char *ids = "";
    for (size_t i = 0; i < c->n_nodes; i++)
        if (node_shall_run(&c->nodes[i]) && c->nodes[i].row.seen_pending_settings && *c->nodes[i].row.seen_pending_settings)
            ids = arena_printf(w->arena, "%s%s%s", ids, *ids ? " " : "", c->nodes[i].row.node_id);
    return ids;
}

void plan_parameters(struct world *w, struct world_cluster *c)
{
    const struct settings *s = settings_of(w, &c->row);
    size_t running = 0, done = 0, others = 0;
    if (c->drop || c->row.status == CLUSTER_DELETING) return;
    for (size_t i = 0; i < c->n_nodes; i++) {
        running += node_shall_run(&c->nodes[i]);
        done += node_shall_run(&c->nodes[i]) && node_answers(&c->nodes[i]) && c->nodes[i].row.seen_generation == s->generation;
        others += node_shall_run(&c->nodes[i]) && has_others(&c->nodes[i], s);
    }
    if (others) move_apply_status(w, &c->row.parameter_apply_status, APPLY_VALUES_CHANGED);
    if (running == 0 || done < running) return;
    const char *reboot = nodes_to_reboot(w, c), *text = wanted_text(w, &c->row);
    if (c->row.parameters_in_force == NULL || strcmp(text, c->row.parameters_in_force) != 0)
        tell_changes(w, c, settings_family(&c->row), text);
    world_set(w, &c->row.parameters_in_force, text);
    world_set(w, &c->row.nodes_to_reboot, reboot);
    /* Nobody was there to tell of other values when they changed, and all have the new ones by now. */
    if (*reboot && c->row.parameter_apply_status == APPLY_IN_SYNC)
        move_apply_status(w, &c->row.parameter_apply_status, APPLY_VALUES_CHANGED);
    move_apply_status(w, &c->row.parameter_apply_status, *reboot ? APPLY_REBOOT_NEEDED : APPLY_IN_FORCE);
}
