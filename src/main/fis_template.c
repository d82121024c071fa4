#include "main/fis_template.h"
#include "base/arena.h"
#include "base/decimal.h"
#include "base/text.h"
#include "catalog/region.h"
#include "plan/serverless.h"
#include "store/queries.gen.h"
#include "catalog/account_key.h"
#include <string.h>

enum { HOURS_MAX = 12 };
static const int64_t a_minute_ms = 60000, an_hour_ms = 3600000;

/* What one call of fis_template_read() goes by. */
struct reading {
    struct store *store;
    struct arena *arena;
    const struct region *region;
    const char *account, *body;
    struct err *err;
};

#define INVALID(r, ...) err_set((r)->err, FIS_INVALID, __VA_ARGS__)

int fis_duration_read(const char *text, int64_t *ms, struct err *e)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'H', 3600000}, {'M', 60000}, {'S', 1000}};
    const char *at = text && strncmp(text, "PT", 2) == 0 ? text + 2 : "?";
    *ms = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && *at; i++) {
        const char *before = at;
        int64_t n;
        if (!decimal_take(&at, 0, 100000, &n) || *at != units[i].unit) {
            at = before;
            continue;
        }
        *ms += n * units[i].ms;
        at++;
    }
    if (*at == '\0' && *ms >= a_minute_ms && *ms <= HOURS_MAX * an_hour_ms) return 0;
    return err_set(e, FIS_INVALID, "duration must be from PT1M to PT12H.");
}

/* ---- members of the body ---- */

static int values_at(const struct reading *r, const char *path, const char ***out, size_t *n)
{
    int rc = q_json_values(r->store, r->arena, r->body, path, out, n, r->err);
    for (size_t i = 0; rc == 0 && i < *n; i++)
        if ((*out)[i] == NULL) (*out)[i] = ""; /* null, which nothing may be */
    return rc;
}

/* The text at a path; NULL where there is none. */
static int text_at(const struct reading *r, const char *path, const char **out)
{
    const char **values;
    size_t n;
    int rc = values_at(r, path, &values, &n);
    *out = rc == 0 && n == 1 ? values[0] : NULL;
    return rc;
}

static int names_at(const struct reading *r, const char *path, const char ***out, size_t *n)
{
    int rc = q_json_names(r->store, r->arena, r->body, path, out, n, r->err);
    for (size_t i = 0; rc == 0 && i < *n; i++)
        if ((*out)[i] == NULL) rc = INVALID(r, "%s must be an object.", path); /* a value alone has no name */
        else if (strpbrk((*out)[i], "\"\\")) rc = INVALID(r, "A name must not contain quotes.");
    return rc;
}

/* ---- the replication groups of a target ---- */

static const char *arn_prefix(const struct reading *r)
{
    return arena_printf(
        r->arena, "arn:%s:elasticache:%s:%s:replicationgroup:", r->region->partition->name, r->region->name, r->account);
}

/* Each filter names what DescribeReplicationGroups tells of a replication group, and the values that it may have. */
static int check_filters(const struct reading *r, const char *path)
{
    static const char allowed[] = "Description, Status, Engine, CacheNodeType, ClusterMode, MultiAZ or AutomaticFailover";
    const char **paths;
    size_t n;
    int rc = q_experiment_filter_paths(r->store, r->arena, r->body, path, &paths, &n, r->err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (paths[i] == NULL || strpbrk(paths[i], ", ") || strstr(allowed, paths[i]) == NULL)
            rc = INVALID(r, "The path of a filter must be %s.", allowed);
    return rc;
}

static int keep_those_that_are_there(
    const struct reading *r, const char **arns, size_t n, const char *filters, struct fis_action *out)
{
    const char *prefix = arn_prefix(r);
    const char **ids = arena_array(r->arena, const char *, n);
    out->rg_ids = ids;
    for (size_t i = 0; i < n; i++) {
        struct row_replication_group *rg;
        if (strncmp(arns[i], prefix, strlen(prefix)) != 0)
            return INVALID(r, "%.200s is no replication group of this region and account.", arns[i]);
        const char *id = arns[i] + strlen(prefix), *key = account_leads(id) ? "" : account_key(r->arena, r->account, id);
        int rc = q_rg_get(r->store, r->arena, r->region->name, key, &rg, r->err);
        if (rc) return rc;
        int64_t passes = 0;
        if (rg) rc = q_experiment_passes(r->store, r->body, filters, r->region->name, rg->id, &passes, r->err);
        if (rc) return rc;
        if (passes && !serverless_owns(rg->id)) ids[out->n_rg_ids++] = rg->id;
    }
    return 0;
}

/* ALL, COUNT(n) or PERCENT(n). AWS picks by chance; here it is the first ones. */
static int select_some(const struct reading *r, const char *mode, struct fis_action *out)
{
    const char *at = mode ? strchr(mode, '(') : NULL;
    int64_t n = 0;
    bool count = mode && strncmp(mode, "COUNT(", 6) == 0, percent = mode && strncmp(mode, "PERCENT(", 8) == 0;
    if (mode && strcmp(mode, "ALL") == 0) return 0;
    if (at) at++;
    if ((!count && !percent) || !decimal_take(&at, 1, percent ? 100 : 100000, &n) || strcmp(at, ")") != 0)
        return INVALID(r, "selectionMode must be ALL, COUNT(n) or PERCENT(n).");
    size_t most = percent ? out->n_rg_ids * (size_t)n / 100 : (size_t)n;
    if (most < out->n_rg_ids) out->n_rg_ids = most;
    return 0;
}

static int read_target(const struct reading *r, const char *name, struct fis_action *out)
{
    const char *path = arena_printf(r->arena, "targets.\"%s\"", name), *type, *mode, **arns, **tags;
    const char *arns_path = arena_printf(r->arena, "%s.resourceArns", path),
               *tags_path = arena_printf(r->arena, "%s.resourceTags", path),
               *filters_path = arena_printf(r->arena, "%s.filters", path);
    size_t n_arns, n_tags;
    int rc = text_at(r, arena_printf(r->arena, "%s.resourceType", path), &type);
    if (rc == 0) rc = text_at(r, arena_printf(r->arena, "%s.selectionMode", path), &mode);
    if (rc == 0) rc = text_at(r, arena_printf(r->arena, "%s.parameters.availabilityZoneIdentifier", path), &out->zone);
    if (rc == 0) rc = values_at(r, arns_path, &arns, &n_arns);
    if (rc == 0) rc = values_at(r, tags_path, &tags, &n_tags);
    if (rc) return rc;
    if (type == NULL) return INVALID(r, "There is no target %.64s.", name);
    if (!text_is(type, FIS_RESOURCE)) return INVALID(r, "The resource type of %.64s must be %s.", name, FIS_RESOURCE);
    if (out->zone == NULL || !region_has_zone(r->region, out->zone))
        return INVALID(r, "The parameter availabilityZoneIdentifier of %.64s must be a zone of %s, such as %s.", name,
            r->region->name, r->region->zones[0]);
    if (n_arns > FIS_ARNS_MAX) return INVALID(r, "The target %.64s may have %d resourceArns.", name, FIS_ARNS_MAX);
    if ((n_arns > 0) == (n_tags > 0)) return INVALID(r, "The target %.64s needs either resourceArns or resourceTags.", name);
    rc = check_filters(r, filters_path);
    if (rc == 0 && n_tags)
        rc = q_experiment_tagged(r->store, r->arena, r->body, tags_path, arn_prefix(r), &arns, &n_arns, r->err);
    if (rc == 0) rc = keep_those_that_are_there(r, arns, n_arns, filters_path, out);
    return rc ? rc : select_some(r, mode, out);
}

/* ---- when actions start ---- */

static struct fis_action *find_action(const struct fis_template *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->actions[i].name, name) == 0) return &t->actions[i];
    return NULL;
}

/* Moves an action behind those that it starts after. */
static int delay_action(const struct reading *r, const struct fis_template *t, struct fis_action *action, bool *moved)
{
    const char **names;
    size_t n;
    int rc = values_at(r, arena_printf(r->arena, "actions.\"%s\".startAfter", action->name), &names, &n);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct fis_action *before = find_action(t, names[i]);
        if (before == NULL) return INVALID(r, "The action %.64s starts after %.64s, which is no action.", action->name, names[i]);
        int64_t end_ms = before->start_ms + before->duration_ms;
        *moved = *moved || action->start_ms < end_ms;
        if (action->start_ms < end_ms) action->start_ms = end_ms;
    }
    return rc;
}

/* Without a circle, as many rounds as there are actions are enough. */
static int order_actions(const struct reading *r, struct fis_template *t)
{
    bool moved = true;
    int rc = 0;
    for (size_t round = 0; rc == 0 && moved && round <= t->n; round++) {
        moved = false;
        for (size_t i = 0; rc == 0 && i < t->n; i++) rc = delay_action(r, t, &t->actions[i], &moved);
    }
    if (rc == 0 && moved) rc = INVALID(r, "No action may start after itself, by way of others either.");
    for (size_t i = 0; i < t->n; i++) {
        int64_t end_ms = t->actions[i].start_ms + t->actions[i].duration_ms;
        if (end_ms > t->duration_ms) t->duration_ms = end_ms;
    }
    return rc;
}

static int read_schedule(const struct reading *r, struct fis_template *out)
{
    const char **names, *duration;
    size_t n;
    int rc = names_at(r, "actions", &names, &n);
    if (rc) return rc;
    if (n > FIS_ACTIONS_MAX) return err_set(r->err, FIS_QUOTA, "An experiment template may have %d actions.", FIS_ACTIONS_MAX);
    *out = (struct fis_template){.actions = arena_array(r->arena, struct fis_action, n)};
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct fis_action *action = &out->actions[out->n++];
        *action = (struct fis_action){.name = names[i]};
        rc = text_at(r, arena_printf(r->arena, "actions.\"%s\".parameters.duration", names[i]), &duration);
        if (rc == 0) rc = fis_duration_read(duration, &action->duration_ms, r->err);
    }
    return rc ? rc : order_actions(r, out);
}

int fis_schedule_read(struct store *s, struct arena *a, const char *body, struct fis_template *out, struct err *e)
{
    const struct reading r = {.store = s, .arena = a, .body = body, .err = e};
    return read_schedule(&r, out);
}

/* ---- actions ---- */

static int read_action(const struct reading *r, struct fis_action *out)
{
    const char *path = arena_printf(r->arena, "actions.\"%s\"", out->name), *id, **targets;
    size_t n_targets;
    int rc = text_at(r, arena_printf(r->arena, "%s.actionId", path), &id);
    if (rc == 0) rc = values_at(r, arena_printf(r->arena, "%s.targets", path), &targets, &n_targets);
    if (rc) return rc;
    bool waits = text_is(id, FIS_WAIT);
    if (!waits && !text_is(id, FIS_ACTION))
        return INVALID(r, "The actions that are emulated are %s and %s.", FIS_ACTION, FIS_WAIT);
    if (waits) return n_targets ? INVALID(r, "The action %.64s takes no target.", out->name) : 0;
    if (n_targets != 1 || strpbrk(targets[0], "\"\\")) return INVALID(r, "The action %.64s needs one target.", out->name);
    return read_target(r, targets[0], out);
}

static int check_required(const struct reading *r)
{
    static const char *const required[] = {"clientToken", "description", "stopConditions", "actions", "roleArn"};
    int64_t object;
    int rc = q_json_is_object(r->store, r->body, &object, r->err);
    if (rc == 0 && !object) return INVALID(r, "The body is no object in JSON.");
    for (size_t i = 0; rc == 0 && i < sizeof required / sizeof *required; i++) {
        const char **values;
        size_t n;
        rc = values_at(r, arena_printf(r->arena, "%s", required[i]), &values, &n);
        if (rc == 0 && n == 0) rc = INVALID(r, "%s is missing.", required[i]);
    }
    return rc;
}

int fis_template_read(struct store *s, struct arena *a, const struct region *region, const char *account, const char *body,
    struct fis_template *out, struct err *e)
{
    const struct reading r = {s, a, region, account, body, e};
    *out = (struct fis_template){0};
    int rc = check_required(&r);
    if (rc == 0) rc = read_schedule(&r, out);
    for (size_t i = 0; rc == 0 && i < out->n; i++) rc = read_action(&r, &out->actions[i]);
    return rc;
}
