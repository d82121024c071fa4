#include "neighbour/neighbour.h"
#include "base/err.h"
#include "catalog/region.h"
#include "http/stream.h"
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

static bool answer_here(struct exchange *x, const struct scope *scope)
{
    static const struct {
        const char *service;
        bool (*answer)(struct neighbour_call *c);
    } services[] = {{"sts", sts_answer}, {"ec2", ec2_answer}};
    struct neighbour_call c = {.x = x, .arena = http_arena(x), .scope = scope, .region = region_find(scope->region)};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (strcmp(services[i].service, scope->service) != 0 || c.region == NULL || !read_form(&c)) continue;
        c.action = form_get(&c.form, "Action");
        request_id_make(c.id);
        return c.action && services[i].answer(&c);
    }
    return false;
}

bool neighbour_take(void *arg, struct exchange *x, const struct scope *scope)
{
    struct forward **f = arg;
    if (*f == NULL) return answer_here(x, scope);
    forward_send(*f, x);
    return true;
}

static bool begin_long(void *arg, struct exchange *x, uint64_t size, void **taken)
{
    struct forward **f = arg;
    return *f && query_is_for_another(x) && forward_take(*f, x, size, taken);
}

void neighbour_take_long(struct http *h, struct forward **f)
{
    http_add_sink(h, &(struct http_sink){begin_long, forward_body, forward_body_end, forward_body_gone, f});
}
