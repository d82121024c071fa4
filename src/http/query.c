#include "http/query.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "http/request_id.h"
#include "http/scope.h"
#include "model/api.gen.h"
#include "model/form.h"
#include "model/json.h"
#include "model/operation.h"
#include "model/shape.h"
#include "model/xml.h"
#include <assert.h>
#include <string.h>

#define VERSION "2015-02-02"

/* One request on its way through the front end. */
struct call {
    struct exchange *x;
    const struct query_api *api;
    struct arena *arena;
    struct form form;
    struct scope scope;
    const struct operation *operation;
    bool json; /* the answer is to be JSON */
    char id[REQUEST_ID_SIZE];
    struct err err;
};

static void answer_call(struct call *c, unsigned status, struct buf *body)
{
    struct http_header headers[] = {{"x-amzn-RequestId", c->id}, {status == 405 ? "Allow" : NULL, "GET, POST"}, {0}};
    http_answer(c->x, status, c->json ? "application/json" : "text/xml", body, headers);
}

/* JSON is named in Accept, and XML is not. */
static bool wants_json(struct exchange *x)
{
    const char *accept = http_header(x, "Accept");
    return accept && strstr(accept, "application/json") && strstr(accept, "xml") == NULL;
}

static void answer_fault(struct call *c, unsigned status, int fault, const char *message)
{
    struct buf out = {0};
    if (c->json) json_error(&out, fault, message, c->id);
    else xml_error(&out, fault, message, c->id);
    answer_call(c, status, &out);
}

static int find_operation(struct call *c)
{
    const char *action = form_get(&c->form, "Action"), *version = form_get(&c->form, "Version");
    if (action == NULL || *action == '\0') return err_set(&c->err, FAULT_MISSING_ACTION, "Missing Action.");
    if (version == NULL) version = VERSION;
    c->operation = operation_find(c->api->operations, c->api->n_operations, action);
    if (c->operation == NULL || strcmp(version, VERSION) != 0)
        return err_set(&c->err, FAULT_INVALID_ACTION, "Could not find operation %.100s for version %.20s.", action, version);
    if (c->operation->run == NULL)
        return err_set(
            &c->err, FAULT_INVALID_ACTION, "%s is an operation of ElastiCache that Meridian does not serve yet.", action);
    if (c->operation->writes && !http_may_change(c->x))
        return err_set(&c->err, FAULT_ACCESS_DENIED, "A web page must not change anything with a GET request.");
    return 0;
}

static int run_call(struct call *c, void **out)
{
    const struct operation *o = c->operation;
    char *host = arena_alloc(c->arena, HOST_TEXT_SIZE); /* endpoints in the answer name it */
    struct query_caller who = {c->scope.region, c->scope.account, c->id, c->json, http_host(c->x, host)};
    void *in = arena_alloc(c->arena, o->in->size);
    *out = o->out ? arena_alloc(c->arena, o->out->size) : NULL;
    int r = form_decode(&c->form, o->in, c->arena, in, &c->err);
    return r ? r : c->api->run(c->api->arg, o, &who, c->arena, in, *out, &c->err);
}

/* Whose request it is, and for which region. */
static int find_caller(struct call *c)
{
    const struct gate *g = c->api->gate;
    if (g) return g->authenticate(g->arg, c->x, SCOPE_SERVICE, &c->scope, &c->err);
    int r = scope_read(&c->scope, c->arena, http_header(c->x, "Authorization"), form_get(&c->form, "X-Amz-Credential"),
        c->api->default_region, &c->err);
    if (r == 0 && strcmp(c->scope.service, SCOPE_SERVICE) != 0)
        r = err_set(&c->err, FAULT_INVALID_ACTION, "Meridian serves %s only; this request is signed for %s.", SCOPE_SERVICE,
            c->scope.service);
    return r;
}

static int check_allowed(struct call *c)
{
    const struct gate *g = c->api->gate;
    if (g == NULL) return 0;
    const char *action = arena_printf(c->arena, SCOPE_SERVICE ":%s", c->operation->name);
    return g->authorize(g->arg, &c->scope, action, c->operation->writes, &c->form, &c->err);
}

/* All steps up to the output; each may end in a fault. */
static int serve_call(struct call *c, void **out)
{
    /* Adds the parameters of the query string and of the body; the body's win. */
    size_t len;
    const char *query = http_query(c->x), *body = http_body(c->x, &len);
    int r = *query ? form_parse(&c->form, c->arena, query, strlen(query), &c->err) : 0;
    if (r == 0 && len) r = form_parse(&c->form, c->arena, body, len, &c->err);
    if (r == 0) r = find_caller(c);
    if (r == 0) r = find_operation(c);
    if (r == 0) r = check_allowed(c);
    if (r == 0) r = run_call(c, out);
    return r;
}

static void answer_result(struct call *c, int r, const void *result)
{
    assert(r < FAULT__COUNT);
    if (r < 0) {
        log_error("%s in %s, request %s: %s", c->operation ? c->operation->name : "a request",
            c->scope.region ? c->scope.region : "no region", c->id, c->err.msg);
        answer_fault(
            c, 500, FAULT_INTERNAL_FAILURE, "An internal error has occurred. Please try your query again at a later time.");
    } else if (r > 0) {
        /* That the API does not promise it is a mistake here, but the answer is still the best one. */
        if (c->operation != NULL && !operation_declares(c->operation, r))
            log_warn("%s answers %s, which the API does not declare for it", c->operation->name, api_faults[r].code);
        answer_fault(c, (unsigned)api_faults[r].http_status, r, c->scope.refusal ? c->scope.refusal : c->err.msg);
    } else {
        struct buf out = {0};
        if (c->json) json_response(&out, c->operation, result, c->id);
        else xml_response(&out, c->operation, result, c->id);
        answer_call(c, 200, &out);
    }
}

/* ---- other services ---- */

/* For whom it is signed, as far as its headers and its URL say. */
static bool read_head(struct exchange *x, const char *default_region, struct scope *out)
{
    struct err e;
    const char *authorization = http_header(x, "Authorization"), *credential = http_param(x, "X-Amz-Credential");
    return scope_read(out, http_arena(x), authorization, credential, default_region, &e) == 0;
}

bool query_is_for_another(struct exchange *x)
{
    struct scope scope;
    return read_head(x, "", &scope) && strcmp(scope.service, SCOPE_SERVICE) != 0;
}

static bool other_takes(const struct call *c)
{
    struct scope scope;
    if (c->api->other == NULL || !read_head(c->x, c->api->default_region, &scope)) return false;
    return strcmp(scope.service, SCOPE_SERVICE) != 0 && c->api->other(c->api->other_arg, c->x, &scope);
}

static struct call call_make(struct exchange *x, void *api)
{
    struct call c = {.x = x, .api = api, .arena = http_arena(x), .json = wants_json(x)};
    request_id_make(c.id);
    return c;
}

static void handle_call(struct exchange *x, void *api)
{
    int64_t begun_ns = clock_mono_ns();
    struct call c = call_make(x, api);
    if (other_takes(&c)) return;
    void *out = NULL;
    int r = serve_call(&c, &out);
    const char *code = r > 0 ? api_faults[r].code : r < 0 ? "InternalFailure" : "done";
    log_debug("%s in %s for %s: %s, %.1f ms, request %s", c.operation ? c.operation->name : "a request",
        c.scope.region ? c.scope.region : "no region", c.scope.account ? c.scope.account : "nobody", code,
        (double)(clock_mono_ns() - begun_ns) / 1e6, c.id);
    answer_result(&c, r, out);
}

static void handle_wrong_method(struct exchange *x, void *api)
{
    struct call c = call_make(x, api);
    if (other_takes(&c)) return;
    answer_fault(&c, 405, FAULT_INVALID_ACTION, "The Query API takes GET and POST only.");
}

static void handle_elsewhere(struct exchange *x, void *api)
{
    struct call c = call_make(x, api);
    if (other_takes(&c)) return;
    answer_fault(&c, 404, FAULT_INVALID_ACTION, "There is nothing at this path: the Query API is at /.");
}

static void handle_too_large(struct exchange *x, void *api)
{
    struct call c = call_make(x, api);
    answer_fault(&c, 413, FAULT_INVALID_QUERY_PARAMETER, "The request is larger than 1 MiB.");
}

/* Nobody knows whether it accepts XML. */
static void explain_overlong(unsigned status, struct buf *headers, struct buf *body)
{
    char id[REQUEST_ID_SIZE];
    request_id_make(id);
    buf_printf(headers, "x-amzn-RequestId: %s\r\nContent-Type: text/xml\r\n", id);
    xml_error(body, FAULT_INVALID_QUERY_PARAMETER,
        status == 414 ? "The URL of the request is too long." : "The headers of the request are too long.", id);
}

void query_add_routes(struct http *h, const struct query_api *api)
{
    void *arg = (void *)api;
    const struct http_route routes[] = {
        {"GET", "/", handle_call, arg},
        {"POST", "/", handle_call, arg, handle_too_large},
        {NULL, "/", handle_wrong_method, arg, handle_wrong_method},
        {NULL, "/*", handle_elsewhere, arg, handle_elsewhere},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
    http_explain_overlong(h, explain_overlong);
}
