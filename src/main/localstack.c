#include "main/localstack.h"
#include "http/json.h"
#include "http/server.h"
#include "main/init.h"
#include "model/json.h"

static void get_health(struct exchange *x, void *arg)
{
    (void)arg;
    struct buf doc = {0};
    struct json_writer j = {.out = &doc};
    json_open(&j, NULL, '{');
    json_open(&j, "services", '{');
    json_write_text(&j, "elasticache", "running");
    json_close(&j, '}');
    json_write_text(&j, "edition", "meridian");
    json_write_text(&j, "version", MERIDIAN_VERSION);
    json_close(&j, '}');
    json_answer(x, 200, &doc, NULL);
}

static const char *state_word(enum init_state state)
{
    static const char *const words[] = {
        [INIT_WAITING] = "UNKNOWN", [INIT_RUNNING] = "RUNNING", [INIT_DONE] = "SUCCESSFUL", [INIT_FAILED] = "ERROR"};
    return words[state];
}

static void put_scripts(struct json_writer *j, const struct init *init)
{
    json_open(j, "scripts", '[');
    for (size_t i = 0; i < init_count(init); i++) {
        const struct init_item *item = init_item(init, i);
        if (item->state == INIT_IGNORED) continue;
        json_open(j, NULL, '{');
        json_write_text(j, "stage", "READY");
        json_write_text(j, "name", item->name);
        json_write_text(j, "state", state_word(item->state));
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void get_stages(struct exchange *x, void *arg)
{
    const struct init *init = arg;
    struct buf doc = {0};
    struct json_writer j = {.out = &doc};
    json_open(&j, NULL, '{');
    json_open(&j, "completed", '{');
    json_write_bool(&j, "BOOT", true);
    json_write_bool(&j, "START", true);
    json_write_bool(&j, "READY", init_is_over(init));
    json_write_bool(&j, "SHUTDOWN", false);
    json_close(&j, '}');
    put_scripts(&j, init);
    json_close(&j, '}');
    json_answer(x, 200, &doc, NULL);
}

static void get_ready(struct exchange *x, void *arg)
{
    const struct init *init = arg;
    struct buf doc = {0};
    struct json_writer j = {.out = &doc};
    json_open(&j, NULL, '{');
    json_write_bool(&j, "completed", init_is_over(init));
    put_scripts(&j, init);
    json_close(&j, '}');
    json_answer(x, 200, &doc, NULL);
}

void localstack_add_routes(struct http *h, const struct init *init)
{
    void *arg = (void *)(uintptr_t)init;
    const struct http_route routes[] = {
        {"GET", "/_localstack/health", get_health, arg, .what = "as a LocalStack tells it: which services run"},
        {"GET", "/_localstack/init", get_stages, arg, .what = "as a LocalStack tells it: how --init goes"},
        {"GET", "/_localstack/init/ready", get_ready, arg},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
