#include "main/reception.h"
#include "base/buf.h"
#include "base/decimal.h"
#include "base/err.h"
#include "base/local.h"
#include "base/log.h"
#include "control/control.h"
#include "http/json.h"
#include "http/server.h"
#include "protocol/meeting.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_stopping(const struct reception *r, struct exchange *x)
{
    if (r->control == NULL) json_answer_error(x, 503, "stopping");
    return r->control == NULL;
}

static void answer_text(struct exchange *x, const char *text, size_t len)
{
    _buf_ struct buf body = {0};
    buf_add(&body, text, len);
    http_answer(x, 200, "application/json", &body, NULL);
}

static void answer_assignment(void *arg, const char *text, size_t len)
{
    if (text) answer_text(arg, text, len);
    else http_answer(arg, 204, NULL, NULL, NULL);
}

static void agent_left(struct exchange *x, void *arg)
{
    struct reception *r = arg;
    const char *region = http_param(x, "region");
    if (region && r->control) control_unwait(r->control, region, x);
}

static void get_assignment(struct exchange *x, void *arg)
{
    struct reception *r = arg;
    const char *region = http_param(x, "region"), *after = http_param(x, "after");
    int64_t version = 0;
    if (is_stopping(r, x)) return;
    if (region == NULL) {
        json_answer_error(x, 400, "region is missing");
        return;
    }
    if (after != NULL && !decimal_parse(after, 0, INT64_MAX, &version)) {
        json_answer_error(x, 400, "after is no version");
        return;
    }
    http_defer(x, agent_left, r);
    control_wait(r->control, region, version, http_param(x, "numbering"), answer_assignment, x);
}

static void post_sighting(struct exchange *x, void *arg)
{
    struct reception *r = arg;
    struct err e;
    size_t len;
    if (is_stopping(r, x)) return;
    const char *body = http_body(x, &len);
    int failed = control_sighting(r->control, body, len, &e);
    if (!failed) {
        answer_text(x, "{}", 2);
        return;
    }
    if (failed != ERR_STALE) log_error("%s", e.msg);
    json_answer_error(x, failed == ERR_STALE ? MEETING_STALE : failed == ERR_PARSE ? 400 : 500, "%s", e.msg);
}

/* 0: there is none. */
static ino_t inode_of(const struct reception *r)
{
    char path[PATH_MAX + sizeof MEETING_SOCKET];
    struct stat st;
    snprintf(path, sizeof path, "%s/" MEETING_SOCKET, r->data_dir);
    return lstat(path, &st) == 0 ? st.st_ino : 0;
}

static int listen_again(struct reception *r, struct err *e)
{
    const struct http_route routes[] = {
        {.method = "GET", .path = MEETING_ASSIGNMENT, .handle = get_assignment, .arg = r},
        {.method = "POST", .path = MEETING_SIGHTING, .handle = post_sighting, .arg = r},
    };
    int fd;
    int failed = local_listen(r->data_dir, MEETING_SOCKET, &fd, e);
    if (!failed) failed = http_open_local(&r->http, r->loop, fd, e);
    if (failed) return failed;
    r->inode = inode_of(r);
    http_add_routes(r->http, routes, sizeof routes / sizeof *routes);
    return 0;
}

int reception_open(struct reception *r, uv_loop_t *loop, const char *data_dir, struct err *e)
{
    r->loop = loop;
    r->data_dir = data_dir;
    return listen_again(r, e);
}

void reception_serve(struct reception *r, struct control *control)
{
    r->control = control;
}

void reception_keep(struct reception *r)
{
    struct err e;
    if (r->http != NULL && inode_of(r) == r->inode) return;
    reception_close(r);
    bool back = listen_again(r, &e) == 0, told = r->lost;
    r->lost = !back;
    if (back) log_warn("%s/" MEETING_SOCKET " was deleted while it was in use: put back", r->data_dir);
    else if (!told) log_error("agents can't come in until this ends: %s", e.msg);
}

void reception_close(struct reception *r)
{
    if (r->http) http_close(r->http, NULL, NULL);
    r->http = NULL;
}
