#include "neighbour/neighbour.h"
#include "base/arena.h"
#include "base/err.h"
#include "catalog/region.h"
#include "http/exchange.h"
#include "http/stream.h"
#include "model/api.gen.h"
#include "neighbour/call.h"
#include "neighbour/forward.h"
#include <string.h>

/* The parameters of the query string and of the body. False: they are none of the Query protocol. */
static bool read_form(struct neighbour_call *c)
{
    struct err e;
    size_t len;
    const char *query = http_query(c->x), *body = http_body(c->x, &len);
    if (strcmp(http_path(c->x), "/") != 0) return false;
    if (*query && form_parse(&c->form, c->arena, query, strlen(query), &e) != 0) return false;
    return form_parse(&c->form, c->arena, body, len, &e) == 0;
}

static void answer_refused(struct neighbour_call *c, int fault, const struct scope *scope, const char *message)
{
    struct buf b = {0};
    xml_error(&b, fault, scope->refusal ? scope->refusal : message, c->id);
    http_answer(
        c->x, (unsigned)api_faults[fault].http_status, "text/xml", &b, (struct http_header[]){{"x-amzn-RequestId", c->id}, {0}});
}

/* True where the caller is who he says he is, and may do this; else he was told. Everybody may ask who he is. */
static bool may_come_in(struct neighbour_call *c, const char *service, struct scope *scope)
{
    const struct gate *g = c->gate;
    struct err e;
    if (g == NULL) return true;
    bool changes =
        strncmp(c->action, "Describe", 8) != 0 && strncmp(c->action, "Get", 3) != 0 && strcmp(c->action, "AssumeRole") != 0;
    int r = g->authenticate(g->arg, c->x, service, scope, &e);
    if (r == 0 && strcmp(c->action, "GetCallerIdentity") != 0)
        r = g->authorize(g->arg, scope, arena_printf(c->arena, "%s:%.80s", service, c->action), changes, &c->form, &e);
    if (r) answer_refused(c, r, scope, e.msg);
    return r == 0;
}

static bool answer_here(const struct neighbours *n, struct exchange *x, const struct scope *read)
{
    static const struct {
        const char *service;
        bool (*answer)(struct neighbour_call *c);
    } services[] = {{"sts", sts_answer}, {"ec2", ec2_answer}};
    struct scope scope = *read;
    struct neighbour_call c = {
        .x = x, .arena = http_arena(x), .scope = &scope, .gate = n->gate, .region = region_find(read->region)};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (strcmp(services[i].service, read->service) != 0 || c.region == NULL || !read_form(&c)) continue;
        c.action = form_get(&c.form, "Action");
        request_id_make(c.id);
        if (c.action == NULL) return false;
        return !may_come_in(&c, services[i].service, &scope) || services[i].answer(&c);
    }
    return false;
}

bool neighbour_take(void *arg, struct exchange *x, const struct scope *scope)
{
    const struct neighbours *n = arg;
    if (n->forward == NULL) return answer_here(n, x, scope);
    forward_send(n->forward, x);
    return true;
}

static bool begin_long(void *arg, struct exchange *x, uint64_t size, void **taken)
{
    const struct neighbours *n = arg;
    return n->forward && query_is_for_another(x) && forward_take(n->forward, x, size, taken);
}

void neighbour_take_long(struct http *h, struct neighbours *n)
{
    http_add_sink(h, &(struct http_sink){begin_long, forward_body, forward_body_end, forward_body_gone, n});
}
