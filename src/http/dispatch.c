#include "http/dispatch.h"
#include "base/log.h"
#include "http/exchange_int.h"
#include "http/json.h"

/* The rest of what the client sends can't be told from its next request, or is not to be waited for: the connection ends. */
static void answer_and_close(struct exchange *x, unsigned status)
{
    http_answer(x, status, NULL, NULL, (struct http_header[]){{"Connection", "close"}, {0}});
}

/* To a handler, if its path and method have one and it is not refused. */
static void find_handler(struct exchange *x)
{
    _buf_ struct buf allow = {0};
    const struct http_route *r = route_find(x->http->routes, x->http->n_routes, x->method, http_path(x), &allow);
    if (r != NULL && x->refusal) {
        if (x->refusal == REFUSED_AMBIGUOUS) answer_and_close(x, 400);
        else if (x->refusal == REFUSED_NO_ROOM) answer_and_close(x, 503);
        else if (r->too_large) r->too_large(x, r->arg);
        else json_answer_error(x, 413, "The body is larger than %d bytes.", HTTP_BODY_MAX);
    } else if (r != NULL && !(r->params && json_refuse_params(x, r->params))) r->handle(x, r->arg);
    else if (r != NULL) return;
    else if (allow.len) {
        _buf_ struct buf text = {0};
        buf_printf(&text, "This method is not possible here; possible is %s.", allow.data);
        json_refuse(x, 405, text.data, (struct http_header[]){{"Allow", allow.data}, {0}});
    } else json_answer_error(x, 404, "There is nothing at %s.", http_path(x));
}

void dispatch(struct exchange *x)
{
    x->origin = origin_of(
        http_header(x, "Origin"), http_header(x, "Sec-Fetch-Site"), http_header(x, "User-Agent"), http_header(x, "Host"));
    if (x->refusal == REFUSED_STRANGER) answer_and_close(x, 403);
    else if (!origin_may_ask(x->origin, x->method)) json_answer_error(x, 403, "Requests from other web sites are refused.");
    else find_handler(x);
    if (x->state != X_HANDLING) return;
    log_error("no answer to %s %s", x->method, http_path(x));
    json_answer_error(x, 500, "There is no answer to this.");
}
