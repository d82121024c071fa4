#include "main/fis.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "catalog/region.h"
#include "control/control.h"
#include "control/outages.h"
#include "http/gate.h"
#include "http/json.h"
#include "http/request_id.h"
#include "http/scope.h"
#include "http/server.h"
#include "main/fis_template.h"
#include "model/form.h"
#include "model/json.h"
#include "ops/reset/reset.h"
#include "store/queries.gen.h"
#include "store/store.h"
#include <stdio.h>
#include <string.h>

#define TEMPLATES_PATH "/experimentTemplates"
#define EXPERIMENTS_PATH "/experiments"

enum { ID_DIGITS = 17 };

/* One request, with whose it is. */
struct request {
    struct exchange *x;
    const struct fis *fis;
    struct store *store;
    struct arena *arena;
    struct scope scope;
    const struct region *region;
    const char *id; /* behind the path; "" where there is none */
    struct err err;
};

/* ---- answers ---- */

static void answer_text(struct request *q, const char *text)
{
    struct buf body = {0};
    buf_puts(&body, text);
    json_answer(q->x, 200, &body, NULL);
}

static void answer_error(struct request *q, int r)
{
    static const struct {
        int status;
        const char *type;
    } types[] = {{FIS_INVALID, "ValidationException"}, {FIS_QUOTA, "ServiceQuotaExceededException"},
        {FIS_NOT_FOUND, "ResourceNotFoundException"}, {FIS_CONFLICT, "ConflictException"}, {403, "AccessDeniedException"},
        {503, "ServiceUnavailable"}};
    const char *type = "InternalServerException", *message = r < 0 ? "An internal error has occurred." : q->err.msg;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].status == r) type = types[i].type;
    if (r < 0) log_error("fault injection: %s", q->err.msg);
    struct buf body = {0};
    struct json_writer j = {.out = &body};
    json_open(&j, NULL, '{');
    json_write_text(&j, "message", message);
    json_close(&j, '}');
    json_answer(q->x, r < 0 ? 500 : (unsigned)r, &body, (struct http_header[]){{"x-amzn-ErrorType", type}, {0}});
}

static const char *arn_of(const struct request *q, const char *what, const char *id)
{
    return arena_printf(
        q->arena, "arn:%s:fis:%s:%s:%s/%s", q->region->partition->name, q->region->name, q->scope.account, what, id);
}

/* ---- templates ---- */

static int find_template(struct request *q, const char *id, struct row_experiment_template **out)
{
    int r = q_experiment_template_get(q->store, q->arena, id, out, &q->err);
    bool theirs =
        r == 0 && *out && strcmp((*out)->region, q->region->name) == 0 && strcmp((*out)->account, q->scope.account) == 0;
    return r || theirs ? r : err_set(&q->err, FIS_NOT_FOUND, "Experiment template %.64s not found.", id);
}

static int write_template(struct request *q, const char *id, const char **out)
{
    const char **texts;
    size_t n;
    int r = q_experiment_template_text(q->store, q->arena, id, arn_of(q, "experiment-template", id), &texts, &n, &q->err);
    *out = r == 0 && n ? texts[0] : "{}";
    return r;
}

static int answer_template(struct request *q, const char *id)
{
    const char *text;
    int r = write_template(q, id, &text);
    if (r == 0) answer_text(q, arena_printf(q->arena, "{\"experimentTemplate\":%s}", text));
    return r;
}

static const char *make_id(const struct request *q, const char *prefix)
{
    char random[REQUEST_ID_SIZE], digits[ID_DIGITS + 1];
    size_t n = 0;
    request_id_make(random);
    for (const char *c = random; *c && n < ID_DIGITS; c++)
        if (*c != '-') digits[n++] = *c;
    return arena_printf(q->arena, "%s%.*s", prefix, (int)n, digits);
}

static int token_is_used(struct request *q)
{
    return err_set(&q->err, FIS_CONFLICT, "The client token has been used for another request.");
}

/* The same request with the same token, once more: the first one's answer. */
static int repeat_template(struct request *q, const struct row_experiment_template *made, const char *body)
{
    int64_t same;
    int r = q_experiment_same_text(q->store, made->body, body, &same, &q->err);
    if (r) return r;
    return same ? answer_template(q, made->id) : token_is_used(q);
}

static int check_room_for_template(struct request *q)
{
    struct row_experiment_template *rows;
    size_t n;
    int r = q_experiment_template_list(q->store, q->arena, q->region->name, q->scope.account, &rows, &n, &q->err);
    if (r || n < FIS_TEMPLATES_MAX) return r;
    return err_set(&q->err, FIS_QUOTA, "There may be %d experiment templates.", FIS_TEMPLATES_MAX);
}

static int create_template(struct request *q)
{
    size_t len;
    const char *body = http_body(q->x, &len), *id = make_id(q, "EXT");
    struct fis_template wanted;
    struct row_experiment_template *made = NULL;
    int r = fis_template_read(q->store, q->arena, q->region, q->scope.account, body, &wanted, &q->err);
    if (r == 0) r = q_experiment_template_by_token(q->store, q->arena, q->region->name, q->scope.account, body, &made, &q->err);
    if (r == 0 && made) return repeat_template(q, made, body);
    if (r == 0) r = check_room_for_template(q);
    const struct row_experiment_template row = {id, q->region->name, q->scope.account, body, clock_now_ms()};
    if (r == 0) r = q_experiment_template_put(q->store, &row, &q->err);
    return r ? r : answer_template(q, id);
}

static int get_template(struct request *q)
{
    struct row_experiment_template *row;
    int r = find_template(q, q->id, &row);
    return r ? r : answer_template(q, q->id);
}

static int delete_template(struct request *q)
{
    struct row_experiment_template *row;
    const char *text;
    int r = find_template(q, q->id, &row);
    if (r == 0) r = write_template(q, q->id, &text);
    if (r == 0) r = q_experiment_template_delete(q->store, row, &q->err);
    if (r == 0) answer_text(q, arena_printf(q->arena, "{\"experimentTemplate\":%s}", text));
    return r;
}

static int list_templates(struct request *q)
{
    struct row_experiment_template *rows;
    size_t n;
    _buf_ struct buf list = {0};
    int r = q_experiment_template_list(q->store, q->arena, q->region->name, q->scope.account, &rows, &n, &q->err);
    buf_puts(&list, "{\"experimentTemplates\":[");
    for (size_t i = 0; r == 0 && i < n; i++) {
        const char *text;
        r = write_template(q, rows[i].id, &text);
        buf_printf(&list, "%s%s", i ? "," : "", text);
    }
    buf_puts(&list, "]}");
    if (r == 0) answer_text(q, list.data);
    return r;
}

/* ---- experiments ---- */

static int find_experiment(struct request *q, struct row_experiment **out)
{
    int r = q_experiment_get(q->store, q->arena, q->id, out, &q->err);
    bool theirs =
        r == 0 && *out && strcmp((*out)->region, q->region->name) == 0 && strcmp((*out)->account, q->scope.account) == 0;
    return r || theirs ? r : err_set(&q->err, FIS_NOT_FOUND, "Experiment %.64s not found.", q->id);
}

struct progress {
    const char *status, *reason;
    int64_t end_ms; /* 0: it has not ended */
};

/* What it has put out of order ends by itself; when serve is started anew, that has ended, too. */
static struct progress progress_of(const struct request *q, const struct row_experiment *row)
{
    const struct outages *o = control_outages(q->fis->faults->control);
    bool lasts = false;
    for (size_t i = 0; i < o->n; i++) lasts |= strcmp(o->items[i].experiment, row->id) == 0;
    if (row->failure) return (struct progress){"failed", row->failure, row->ended_ms};
    if (row->ended_ms) return (struct progress){"stopped", "Experiment stopped.", row->ended_ms};
    if (lasts) return (struct progress){"running", "Experiment is running.", 0};
    if (clock_now_ms() >= row->until_ms) return (struct progress){"completed", "Experiment completed.", row->until_ms};
    return (struct progress){"stopped", "Meridian was started anew, which ends experiments.", row->created_ms};
}

/* {"NAME": [START, END]}: when each action starts and ends, in ms after the experiment's start. */
static int write_schedule(struct request *q, const char *body, const char **out)
{
    struct fis_template t;
    _buf_ struct buf text = {0};
    int r = fis_schedule_read(q->store, q->arena, body, &t, &q->err);
    buf_puts(&text, "{");
    for (size_t i = 0; r == 0 && i < t.n; i++) {
        const struct fis_action *a = &t.actions[i];
        buf_printf(&text, "%s\"%s\":[%lld,%lld]", i ? "," : "", a->name, (long long)a->start_ms,
            (long long)(a->start_ms + a->duration_ms));
    }
    buf_puts(&text, "}");
    *out = arena_printf(q->arena, "%s", text.data);
    return r;
}

static int write_experiment(struct request *q, const struct row_experiment *row, const char **out)
{
    const struct progress p = progress_of(q, row);
    const char **texts, *schedule = NULL;
    size_t n = 0;
    int r = write_schedule(q, row->body, &schedule);
    if (r == 0)
        r = q_experiment_text(q->store, q->arena, row->id, arn_of(q, "experiment", row->id), p.status, p.reason, p.end_ms,
            clock_now_ms(), schedule, &texts, &n, &q->err);
    *out = r == 0 && n ? texts[0] : "{}";
    return r;
}

static int answer_experiment(struct request *q, const struct row_experiment *row)
{
    const char *text;
    int r = write_experiment(q, row, &text);
    if (r == 0) answer_text(q, arena_printf(q->arena, "{\"experiment\":%s}", text));
    return r;
}

static void put_out_of_order(const struct request *q, const char *id, const struct fis_template *wanted)
{
    struct outages *o = control_outages(q->fis->faults->control);
    int64_t now_ms = clock_steady_ms();
    /* The experiment lasts until its last action is over: that is an outage that ends as it begins. */
    struct outage x = {.state = OUTAGE_DOWN, .from_ms = now_ms + wanted->duration_ms, .until_ms = now_ms + wanted->duration_ms};
    snprintf(x.region, sizeof x.region, "%s", q->region->name);
    snprintf(x.experiment, sizeof x.experiment, "%s", id);
    outages_add(o, &x);
    for (size_t i = 0; i < wanted->n; i++)
        for (size_t k = 0; k < wanted->actions[i].n_rg_ids; k++) {
            const struct fis_action *action = &wanted->actions[i];
            x.from_ms = now_ms + action->start_ms;
            x.until_ms = x.from_ms + action->duration_ms;
            snprintf(x.zone, sizeof x.zone, "%s", action->zone);
            snprintf(x.rg_id, sizeof x.rg_id, "%s", action->rg_ids[k]);
            outages_add(o, &x);
        }
    log_warn("experiment %s: zones lose their power, for %lld s in all", id, (long long)(wanted->duration_ms / 1000));
    control_changed(q->fis->faults->control);
}

static int check_tags(struct request *q, const char *asked)
{
    const char **names;
    size_t n;
    int r = q_json_names(q->store, q->arena, asked, "tags", &names, &n, &q->err);
    if (r == 0 && n && names[0] == NULL) r = err_set(&q->err, FIS_INVALID, "tags must be an object.");
    return r;
}

/* The template that a request names, and the body of the experiment that it becomes. */
static int read_start(struct request *q, const struct row_experiment_template **template, const char **body)
{
    size_t len, n;
    const char *asked = http_body(q->x, &len), **texts;
    int64_t object;
    int r = q_json_is_object(q->store, asked, &object, &q->err);
    if (r == 0 && !object) r = err_set(&q->err, FIS_INVALID, "The body is no object in JSON.");
    if (r == 0) r = q_json_values(q->store, q->arena, asked, "experimentTemplateId", &texts, &n, &q->err);
    if (r == 0 && (n != 1 || texts[0] == NULL)) r = err_set(&q->err, FIS_INVALID, "experimentTemplateId is missing.");
    struct row_experiment_template *row;
    if (r == 0) r = find_template(q, texts[0], &row);
    if (r == 0) r = check_tags(q, asked);
    if (r == 0) r = q_experiment_body(q->store, q->arena, row->body, asked, &texts, &n, &q->err);
    if (r) return r;
    *template = row;
    *body = texts[0];
    return 0;
}

static int check_room_for_experiment(struct request *q)
{
    struct row_experiment *rows;
    size_t n, active = 0;
    int r = q_experiment_list(q->store, q->arena, q->region->name, q->scope.account, "", &rows, &n, &q->err);
    for (size_t i = 0; r == 0 && i < n; i++) active += progress_of(q, &rows[i]).end_ms == 0;
    if (r || active < FIS_ACTIVE_MAX) return r;
    return err_set(&q->err, FIS_QUOTA, "There may be %d active experiments.", FIS_ACTIVE_MAX);
}

static int start_experiment(struct request *q)
{
    const struct row_experiment_template *template;
    const char *body, *id = make_id(q, "EXP");
    struct fis_template wanted;
    struct row_experiment *begun = NULL;
    size_t n_targets = 0;
    int r = read_start(q, &template, &body);
    if (r == 0) r = q_experiment_by_token(q->store, q->arena, q->region->name, q->scope.account, body, &begun, &q->err);
    if (r == 0 && begun) return strcmp(begun->template_id, template->id) == 0 ? answer_experiment(q, begun) : token_is_used(q);
    if (r == 0) r = fis_template_read(q->store, q->arena, q->region, q->scope.account, template->body, &wanted, &q->err);
    if (r == 0) r = check_room_for_experiment(q);
    if (r) return r;
    for (size_t i = 0; i < wanted.n; i++) n_targets += wanted.actions[i].n_rg_ids;
    int64_t now_ms = clock_now_ms();
    const struct row_experiment row = {.id = id,
        .template_id = template->id,
        .region = q->region->name,
        .account = q->scope.account,
        .body = body,
        .created_ms = now_ms,
        .until_ms = now_ms + wanted.duration_ms,
        .ended_ms = n_targets ? 0 : now_ms,
        .failure = n_targets ? NULL : "Target resolution returned empty set"};
    r = q_experiment_put(q->store, &row, &q->err);
    if (r) return r;
    if (n_targets) put_out_of_order(q, id, &wanted);
    return answer_experiment(q, &row);
}

static int get_experiment(struct request *q)
{
    struct row_experiment *row;
    int r = find_experiment(q, &row);
    return r ? r : answer_experiment(q, row);
}

static int stop_experiment(struct request *q)
{
    struct row_experiment *row;
    int r = find_experiment(q, &row);
    if (r) return r;
    if (progress_of(q, row).end_ms) return err_set(&q->err, FIS_INVALID, "Experiment %.64s has ended already.", row->id);
    row->ended_ms = clock_now_ms();
    r = q_experiment_put(q->store, row, &q->err);
    if (r) return r;
    outages_end_experiment(control_outages(q->fis->faults->control), row->id);
    control_changed(q->fis->faults->control);
    return answer_experiment(q, row);
}

static int list_experiments(struct request *q)
{
    struct row_experiment *rows;
    size_t n;
    _buf_ struct buf list = {0};
    const char *template_id = http_param(q->x, "experimentTemplateId");
    int r = q_experiment_list(
        q->store, q->arena, q->region->name, q->scope.account, template_id ? template_id : "", &rows, &n, &q->err);
    buf_puts(&list, "{\"experiments\":[");
    for (size_t i = 0; r == 0 && i < n; i++) {
        const char *text;
        r = write_experiment(q, &rows[i], &text);
        buf_printf(&list, "%s%s", i ? "," : "", text);
    }
    buf_puts(&list, "]}");
    if (r == 0) answer_text(q, list.data);
    return r;
}

/* ---- a reset ---- */

static int drop_all(struct store *s, struct control *c, const struct reset_scope *scope, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_experiment *experiments = NULL;
    struct row_experiment_template *templates = NULL;
    size_t n = 0, n_templates = 0;
    int r = q_experiment_all(s, &a, &experiments, &n, e);
    if (r == 0) r = q_experiment_template_all(s, &a, &templates, &n_templates, e);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!reset_has(scope, experiments[i].region, experiments[i].account)) continue;
        outages_end_experiment(control_outages(c), experiments[i].id);
        r = q_experiment_delete(s, &experiments[i], e);
    }
    for (size_t i = 0; r == 0 && i < n_templates; i++)
        if (reset_has(scope, templates[i].region, templates[i].account)) r = q_experiment_template_delete(s, &templates[i], e);
    return r;
}

int fis_reset(struct store *s, struct control *c, const struct reset_scope *scope, struct err *e)
{
    int r = store_begin(s, true, e);
    if (r) return r;
    r = drop_all(s, c, scope, e);
    if (r == 0) return store_commit(s, e);
    store_rollback(s);
    return r;
}

/* ---- requests ---- */

/* Whose request it is: that of anybody who says so, or with a gate, of somebody who may do that. */
static int find_caller(struct request *q, const char *action, bool changes)
{
    const struct gate *g = q->fis->gate;
    struct form none = {0};
    if (g) {
        int r = g->authenticate(g->arg, q->x, "fis", &q->scope, &q->err);
        if (r == 0) r = g->authorize(g->arg, &q->scope, action, changes, &none, &q->err);
        if (r == 0) return 0;
        return err_set(&q->err, 403, "%s", q->scope.refusal ? q->scope.refusal : arena_printf(q->arena, "%s", q->err.msg));
    }
    int r = scope_read(&q->scope, q->arena, http_header(q->x, "Authorization"), NULL, q->fis->default_region, &q->err);
    if (r) return err_set(&q->err, 403, "The request's signature can't be read.");
    bool ours = strcmp(q->scope.service, "fis") == 0 || http_header(q->x, "Authorization") == NULL;
    return ours ? 0
                : err_set(&q->err, FIS_NOT_FOUND, "This is a path of the service fis; the request is signed for %s.",
                      q->scope.service);
}

static int read_request(struct request *q, const char *action, bool changes)
{
    const struct faults_admin *f = q->fis->faults;
    int r = find_caller(q, action, changes);
    if (r) return r;
    q->region = region_find(q->scope.region);
    if (q->region == NULL) return err_set(&q->err, FIS_INVALID, "There is no region %s.", q->scope.region);
    if (f->control == NULL || outages_stop_region(control_outages(f->control), q->region->name))
        return err_set(&q->err, 503, "Service is unavailable in %s. Please try again.", q->region->name);
    if (changes && !http_may_change(q->x)) return err_set(&q->err, 403, "A web page must not change anything with this request.");
    return 0;
}

static void serve_request(struct exchange *x, void *arg, const char *action, bool changes, int (*run)(struct request *q))
{
    const struct fis *fis = arg;
    struct request q = {.x = x, .fis = fis, .store = fis->faults->store, .arena = http_arena(x)};
    const char *slash = strchr(http_path(x) + 1, '/');
    q.id = slash ? slash + 1 : "";
    int r = read_request(&q, action, changes);
    if (r == 0) r = run(&q);
    if (r) answer_error(&q, r);
}

#define HANDLER(name, action, changes)                       \
    static void serve_##name(struct exchange *x, void *arg)  \
    {                                                        \
        serve_request(x, arg, "fis:" action, changes, name); \
    }
HANDLER(create_template, "CreateExperimentTemplate", true)
HANDLER(get_template, "GetExperimentTemplate", false)
HANDLER(delete_template, "DeleteExperimentTemplate", true)
HANDLER(list_templates, "ListExperimentTemplates", false)
HANDLER(start_experiment, "StartExperiment", true)
HANDLER(get_experiment, "GetExperiment", false)
HANDLER(stop_experiment, "StopExperiment", true)
HANDLER(list_experiments, "ListExperiments", false)

void fis_add_routes(struct http *h, const struct fis *f)
{
    void *arg = (void *)f;
    const struct http_route routes[] = {
        {"POST", TEMPLATES_PATH, serve_create_template, arg},
        {"GET", TEMPLATES_PATH, serve_list_templates, arg},
        {"GET", TEMPLATES_PATH "/*", serve_get_template, arg},
        {"DELETE", TEMPLATES_PATH "/*", serve_delete_template, arg},
        {"POST", EXPERIMENTS_PATH, serve_start_experiment, arg},
        {"GET", EXPERIMENTS_PATH, serve_list_experiments, arg},
        {"GET", EXPERIMENTS_PATH "/*", serve_get_experiment, arg},
        {"DELETE", EXPERIMENTS_PATH "/*", serve_stop_experiment, arg},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
