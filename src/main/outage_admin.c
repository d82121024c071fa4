#include "main/outage_admin.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "catalog/region.h"
#include "catalog/words.h"
#include "control/control.h"
#include "control/outages.h"
#include "http/json.h"
#include "protocol/admin.gen.h"
#include <stdio.h>
#include <string.h>

#define REGIONS_PATH "/_meridian/regions"
#define ZONES_PATH "/_meridian/zones"
#define NODES_PATH "/_meridian/nodes"

/* ---- answers ---- */

/* 'o' NULL: it is up. */
static struct admin_region_outage region_told(const char *region, const struct outage *o)
{
    return (struct admin_region_outage){region, o ? outage_state_text(o->state) : "up", OPT_BOOL(o && o->persist)};
}

static struct admin_zone_outage zone_told(const char *zone, const struct outage *o)
{
    return (struct admin_zone_outage){zone, o ? outage_state_text(o->state) : "up", OPT_BOOL(o && o->persist)};
}

/* Those that an experiment has made are that one's. */
static void answer_regions(struct exchange *x, const struct outages *o)
{
    struct admin_regions told = {.regions = {true, 0, arena_array(http_arena(x), struct admin_region_outage, o->n)}};
    for (size_t i = 0; i < o->n; i++)
        if (!o->items[i].experiment[0] && !o->items[i].zone[0])
            told.regions.items[told.regions.n++] = region_told(o->items[i].region, &o->items[i]);
    json_answer_shape(x, 200, &shape_admin_regions, &told);
}

static void answer_zones(struct exchange *x, const struct outages *o)
{
    struct admin_zones told = {.zones = {true, 0, arena_array(http_arena(x), struct admin_zone_outage, o->n)}};
    for (size_t i = 0; i < o->n; i++)
        if (!o->items[i].experiment[0] && o->items[i].zone[0])
            told.zones.items[told.zones.n++] = zone_told(o->items[i].zone, &o->items[i]);
    json_answer_shape(x, 200, &shape_admin_zones, &told);
}

/* ---- regions and zones ---- */

/* The region or zone that the path ends with. */
struct place {
    const struct region *region;
    const char *zone; /* NULL: the whole region */
};

static void answer_unknown_zone(struct exchange *x, const char *name)
{
    _buf_ struct buf zones = {0};
    const struct region *r = NULL;
    for (size_t i = 0; i < n_regions; i++)
        if (strncmp(regions[i].name, name, strlen(regions[i].name)) == 0) r = &regions[i];
    for (size_t i = 0; r && i < r->n_zones; i++) buf_printf(&zones, "%s%s", i ? ", " : "", r->zones[i]);
    if (r) json_answer_error(x, 400, "There is no zone \"%.40s\"; %s has %s.", name, r->name, zones.data);
    else
        json_answer_error(
            x, 400, "There is no zone \"%.40s\": it is the name of a region and a letter, such as us-east-1a.", name);
}

/* False with the answer given. */
static bool read_place(struct exchange *x, bool zones, struct place *out)
{
    const char *name = http_path(x) + strlen(zones ? ZONES_PATH "/" : REGIONS_PATH "/");
    *out = (struct place){.region = zones ? NULL : region_find(name)};
    for (size_t i = 0; zones && i < n_regions; i++)
        if (region_has_zone(&regions[i], name)) *out = (struct place){&regions[i], name};
    if (out->region) return true;
    if (zones) answer_unknown_zone(x, name);
    else faults_answer_unknown_region(x, name);
    return false;
}

static void answer_place(struct exchange *x, const struct faults_admin *f, const struct place *p)
{
    const struct outage *o = outages_find(control_outages(f->control), p->region->name, p->zone);
    struct admin_region_outage region = region_told(p->region->name, o);
    struct admin_zone_outage zone = zone_told(p->zone, o);
    if (p->zone) json_answer_shape(x, 200, &shape_admin_zone_outage, &zone);
    else json_answer_shape(x, 200, &shape_admin_region_outage, &region);
}

/* Up is no outage. False with the answer given. */
static bool read_state(struct exchange *x, const struct place *p, bool *up, enum outage_state *out)
{
    const char *text = http_param(x, "state");
    unsigned state = 0;
    *up = text && strcmp(text, "up") == 0;
    bool known = *up || (text && word_read(&words_outage_state, text, &state) && !(p->zone && state == OUTAGE_ISOLATED));
    if (!known) json_answer_error(x, 400, "state must be %s.", p->zone ? "up or down" : "up, down or isolated");
    *out = (enum outage_state)state;
    return known;
}

static void put_place(struct exchange *x, const struct faults_admin *f, const struct place *p)
{
    struct outages *o = control_outages(f->control);
    struct outage outage = {0};
    bool up;
    if (!read_state(x, p, &up, &outage.state) || !faults_read_flag(x, "persist", &outage.persist)) return;
    if (!up && outage.state == OUTAGE_ISOLATED && outage.persist) {
        json_answer_error(x, 400, "A region can't be isolated for longer than serve runs: the next one starts its agent anew.");
        return;
    }
    snprintf(outage.region, sizeof outage.region, "%s", p->region->name);
    snprintf(outage.zone, sizeof outage.zone, "%s", p->zone ? p->zone : "");
    if (up) outages_drop(o, p->region->name, p->zone);
    else outages_add(o, &outage);
    log_warn("%s is %s", p->zone ? p->zone : p->region->name, up ? "up" : outage_state_text(outage.state));
    control_keep_faults(f->control, f->store);
    answer_place(x, f, p);
}

static void serve_place(struct exchange *x, const struct faults_admin *f, bool zones, bool changes)
{
    struct place p;
    if (faults_refuse(x, f, changes) || !read_place(x, zones, &p)) return;
    if (changes) put_place(x, f, &p);
    else answer_place(x, f, &p);
}

static void get_regions(struct exchange *x, void *arg)
{
    if (!faults_refuse(x, arg, false)) answer_regions(x, control_outages(((const struct faults_admin *)arg)->control));
}

static void get_zones(struct exchange *x, void *arg)
{
    if (!faults_refuse(x, arg, false)) answer_zones(x, control_outages(((const struct faults_admin *)arg)->control));
}

static void get_region(struct exchange *x, void *arg)
{
    serve_place(x, arg, false, false);
}

static void put_region(struct exchange *x, void *arg)
{
    serve_place(x, arg, false, true);
}

static void get_zone(struct exchange *x, void *arg)
{
    serve_place(x, arg, true, false);
}

static void put_zone(struct exchange *x, void *arg)
{
    serve_place(x, arg, true, true);
}

/* ---- nodes ---- */

static bool read_deed(const char *text, enum node_deed *out)
{
    static const char *const deeds[] = {[NODE_DEED_KILL] = "kill", [NODE_DEED_HANG] = "hang", [NODE_DEED_RESUME] = "resume"};
    for (int i = 0; text && i < (int)(sizeof deeds / sizeof *deeds); i++) {
        if (strcmp(deeds[i], text) != 0) continue;
        *out = (enum node_deed)i;
        return true;
    }
    return false;
}

static void put_node(struct exchange *x, void *arg)
{
    const struct faults_admin *f = arg;
    const char *id = http_path(x) + strlen(NODES_PATH "/"), *region = http_param(x, "region");
    enum node_deed deed;
    struct err e;
    int64_t pid;
    if (faults_refuse(x, f, true)) return;
    if (region && region_find(region) == NULL) {
        faults_answer_unknown_region(x, region);
        return;
    }
    if (!read_deed(http_param(x, "do"), &deed)) {
        json_answer_error(x, 400, "do must be kill, hang or resume.");
        return;
    }
    int r = control_node_do(f->control, region, id, deed, &pid, &e);
    if (r < 0) log_error("%s", e.msg);
    if (r) {
        json_answer_error(x, r < 0 ? 500 : r, "%s", e.msg);
        return;
    }
    json_answer_shape(x, 200, &shape_admin_deed, &(struct admin_deed){OPT_INT(pid)});
}

void outage_admin_add_routes(struct http *h, const struct faults_admin *f)
{
    void *arg = (void *)f;
    const struct http_route routes[] = {
        {"GET", REGIONS_PATH, get_regions, arg, .params = "", .what = "the regions that are out of order"},
        {"GET", REGIONS_PATH "/*", get_region, arg, .params = "", .what = "whether that region is"},
        {"PUT", REGIONS_PATH "/*", put_region, arg, .params = "state persist",
            .what = "has that region be ?state=down, isolated or up; until serve ends unless persist=true"},
        {"POST", REGIONS_PATH "/*", put_region, arg, .params = "state persist"},
        {"GET", ZONES_PATH, get_zones, arg, .params = "", .what = "the zones that are out of order"},
        {"GET", ZONES_PATH "/*", get_zone, arg, .params = "", .what = "whether that zone is"},
        {"PUT", ZONES_PATH "/*", put_zone, arg, .params = "state persist",
            .what = "has that zone be ?state=down or up; until serve ends unless persist=true"},
        {"POST", ZONES_PATH "/*", put_zone, arg, .params = "state persist"},
        {"PUT", NODES_PATH "/*", put_node, arg, .params = "region do",
            .what = "has the process of that node ?do=kill, hang or resume; with region=R where several regions have one"},
        {"POST", NODES_PATH "/*", put_node, arg, .params = "region do"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
