#include "main/links_admin.h"
#include "base/arena.h"
#include "base/decimal.h"
#include "base/err.h"
#include "base/log.h"
#include "catalog/region.h"
#include "catalog/words.h"
#include "control/control.h"
#include "control/network.h"
#include "http/json.h"
#include "protocol/admin.gen.h"
#include <stdio.h>
#include <string.h>

#define LINKS_PATH "/_meridian/links"

/* ---- answers ---- */

static struct admin_link link_told(const struct region *from, const struct region *to, const struct network_link *l)
{
    return (struct admin_link){
        .from = from->name,
        .to = to->name,
        .state = l->state,
        .latency_ms = OPT_INT(l->latency_ms),
        .jitter_ms = OPT_INT(l->jitter_ms),
        .bandwidth_mbit = OPT_INT(l->bandwidth_mbit),
        .persist = OPT_BOOL(l->persist),
    };
}

static void answer_link(struct exchange *x, struct network *n, const struct region *from, const struct region *to)
{
    struct admin_link told = link_told(from, to, network_link(n, from, to));
    json_answer_shape(x, 200, &shape_admin_link, &told);
}

static void answer_links(struct exchange *x, struct network *n)
{
    struct admin_links all = {.links = {true, 0, arena_array(http_arena(x), struct admin_link, n_regions * n_regions)}};
    for (size_t i = 0; i < n_regions; i++)
        for (size_t k = 0; k < n_regions; k++) {
            const struct network_link *l = network_link(n, &regions[i], &regions[k]);
            if (!network_link_is_plain(l)) all.links.items[all.links.n++] = link_told(&regions[i], &regions[k], l);
        }
    json_answer_shape(x, 200, &shape_admin_links, &all);
}

/* ---- what is asked ---- */

/* The regions of the path; false with the answer given. */
static bool read_path(struct exchange *x, const struct region **from, const struct region **to)
{
    char *names = arena_strdup(http_arena(x), http_path(x) + strlen(LINKS_PATH "/")), *slash = strchr(names, '/');
    if (slash) *slash = '\0';
    *from = region_find(names);
    *to = slash ? region_find(slash + 1) : NULL;
    if (slash == NULL) json_answer_error(x, 400, "A link has two ends: " LINKS_PATH "/us-east-1/eu-west-1.");
    else if (*from == NULL) faults_answer_unknown_region(x, names);
    else if (*to == NULL) faults_answer_unknown_region(x, slash + 1);
    else if (*from == *to) json_answer_error(x, 400, "A link leads from one region to another.");
    else return true;
    return false;
}

/* These read what is given, and leave '*out' as it is where nothing is; false with the answer given. */
static bool read_link_number(struct exchange *x, const char *name, int64_t most, int64_t *out)
{
    const char *text = http_param(x, name);
    if (text == NULL || decimal_parse(text, 0, most, out)) return true;
    json_answer_error(x, 400, "%s must be a whole number from 0 to %lld.", name, (long long)most);
    return false;
}

static bool read_state(struct exchange *x, enum network_state *out)
{
    const char *text = http_param(x, "state");
    unsigned state = *out;
    if (text && !word_read(&words_network_state, text, &state)) {
        json_answer_error(x, 400, "state must be up, down or blackhole.");
        return false;
    }
    *out = (enum network_state)state;
    return true;
}

/* ---- requests ---- */

static void get_links(struct exchange *x, void *arg)
{
    const struct faults_admin *l = arg;
    if (!faults_refuse(x, l, false)) answer_links(x, control_network(l->control));
}

static void get_link(struct exchange *x, void *arg)
{
    const struct faults_admin *l = arg;
    const struct region *from, *to;
    if (!faults_refuse(x, l, false) && read_path(x, &from, &to)) answer_link(x, control_network(l->control), from, to);
}

static void put_links(struct exchange *x, void *arg)
{
    const struct faults_admin *l = arg;
    const char *preset = http_param(x, "preset");
    bool persist = false, near = preset && strcmp(preset, "none") == 0;
    if (faults_refuse(x, l, true) || !faults_read_flag(x, "persist", &persist)) return;
    if (preset == NULL || (!near && strcmp(preset, "aws") != 0)) {
        json_answer_error(x, 400, "preset must be aws or none.");
        return;
    }
    struct network *n = control_network(l->control);
    network_preset(n, near, persist);
    log_info("all links between regions are as the preset %s has them", preset);
    control_keep_faults(l->control, l->store);
    answer_links(x, n);
}

static void put_link(struct exchange *x, void *arg)
{
    const struct faults_admin *l = arg;
    const struct region *from, *to;
    bool one_way = false;
    if (faults_refuse(x, l, true) || !read_path(x, &from, &to)) return;
    struct network *n = control_network(l->control);
    struct network_link link = *network_link(n, from, to);
    bool ok = read_link_number(x, "latency_ms", NETWORK_LATENCY_MAX_MS, &link.latency_ms) &&
              read_link_number(x, "jitter_ms", NETWORK_JITTER_MAX_MS, &link.jitter_ms) &&
              read_link_number(x, "bandwidth_mbit", NETWORK_BANDWIDTH_MAX_MBIT, &link.bandwidth_mbit) &&
              read_state(x, &link.state) && faults_read_flag(x, "one_way", &one_way) &&
              faults_read_flag(x, "persist", &link.persist);
    if (!ok) return;
    network_bend(n, from, to, &link);
    if (!one_way) network_bend(n, to, from, &link);
    log_info("the link %s %s %s is %s: %lld ms, jitter %lld ms, %lld Mbit/s", from->name, one_way ? "to" : "and", to->name,
        network_state_text(link.state), (long long)link.latency_ms, (long long)link.jitter_ms, (long long)link.bandwidth_mbit);
    control_keep_faults(l->control, l->store);
    answer_link(x, n, from, to);
}

void links_admin_add_routes(struct http *h, const struct faults_admin *l)
{
    void *arg = (void *)l;
    const struct http_route routes[] = {
        {"GET", LINKS_PATH, get_links, arg, .params = "", .what = "the links between regions that are slow, narrow or cut"},
        {"PUT", LINKS_PATH, put_links, arg, .params = "preset persist",
            .what = "all links: ?preset=aws gives each the latency of its distance, preset=none takes all off"},
        {"POST", LINKS_PATH, put_links, arg, .params = "preset persist"},
        {"GET", LINKS_PATH "/*", get_link, arg, .params = "", .what = "the link of /FROM/TO"},
        {"PUT", LINKS_PATH "/*", put_link, arg, .params = "latency_ms jitter_ms bandwidth_mbit state one_way persist",
            .what = "sets ?latency_ms=N, jitter_ms=N, bandwidth_mbit=N, state=up, down or blackhole of the link of /FROM/TO, "
                    "both ways unless "
                    "one_way=true; until serve ends unless persist=true"},
        {"POST", LINKS_PATH "/*", put_link, arg, .params = "latency_ms jitter_ms bandwidth_mbit state one_way persist"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
