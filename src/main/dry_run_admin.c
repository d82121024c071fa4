#include "main/dry_run_admin.h"
#include "base/decimal.h"
#include "base/err.h"
#include "base/log.h"
#include "control/control.h"
#include "http/json.h"
#include "protocol/admin.gen.h"
#include <limits.h>
#include <string.h>

#define DRY_RUN_PATH "/_meridian/dry-run"

static bool is_refused(struct exchange *x, const struct dry_run_admin *d, bool changes)
{
    if (changes && admin_refuse(x, d->admin, !d->admin->local)) return true;
    if (d->control == NULL) json_answer_error(x, 503, "stopping");
    return d->control == NULL;
}

static void answer_times(struct exchange *x, const struct dry_run_admin *d)
{
    const struct dry_run_times t = control_dry_run_times(d->control);
    const struct admin_dry_run told = {
        OPT_BOOL(control_is_dry_run(d->control)), OPT_INT(t.start_ms), OPT_INT(t.switch_ms), OPT_INT(t.life_ms)};
    json_answer_shape(x, 200, &shape_admin_dry_run, &told);
}

static void get_times(struct exchange *x, void *arg)
{
    if (!is_refused(x, arg, false)) answer_times(x, arg);
}

static bool read_time(struct exchange *x, const char *name, int64_t *out)
{
    const char *text = http_param(x, name);
    if (text == NULL || decimal_parse(text, 0, INT_MAX, out)) return true;
    json_answer_error(x, 400, "%s must be a whole number of milliseconds.", name);
    return false;
}

static void put_times(struct exchange *x, void *arg)
{
    const struct dry_run_admin *d = arg;
    if (is_refused(x, d, true)) return;
    struct dry_run_times t = control_dry_run_times(d->control);
    bool ok =
        read_time(x, "start_ms", &t.start_ms) && read_time(x, "switch_ms", &t.switch_ms) && read_time(x, "life_ms", &t.life_ms);
    if (!ok) return;
    control_set_dry_run_times(d->control, &t);
    answer_times(x, d);
}

void dry_run_admin_add_routes(struct http *h, const struct dry_run_admin *d)
{
    void *arg = (void *)d;
    const struct http_route routes[] = {
        {"GET", DRY_RUN_PATH, get_times, arg, .params = "",
            .what = "whether nodes are without processes, and how long these would take"},
        {"PUT", DRY_RUN_PATH, put_times, arg, .params = "start_ms switch_ms life_ms",
            .what = "sets ?start_ms=N, switch_ms=N and life_ms=N of dry runs"},
        {"POST", DRY_RUN_PATH, put_times, arg, .params = "start_ms switch_ms life_ms"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
