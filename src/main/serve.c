#include "auth/auth.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/listen.h"
#include "base/log.h"
#include "catalog/region.h"
#include "control/control.h"
#include "control/outages.h"
#include "control/trace.h"
#include "http/admin.h"
#include "http/json.h"
#include "http/query.h"
#include "http/server.h"
#include "main/addressing.h"
#include "main/admin_token.h"
#include "main/bind_host.h"
#include "main/commands.h"
#include "main/data_dir.h"
#include "main/dry_run_admin.h"
#include "main/engines.h"
#include "main/exposure.h"
#include "main/ephemeral.h"
#include "main/fis.h"
#include "main/init.h"
#include "main/leftovers.h"
#include "main/moved_files.h"
#include "main/localstack.h"
#include "main/links_admin.h"
#include "main/outage_admin.h"
#include "main/naming.h"
#include "main/options.h"
#include "main/reception.h"
#include "main/refusals.h"
#include "main/reset_admin.h"
#include "main/state_admin.h"
#include "main/trace_admin.h"
#include "main/view_admin.h"
#include "main/wait_admin.h"
#include "http/request_id.h"
#include "http/scope.h"
#include "model/form.h"
#include "neighbour/forward.h"
#include "neighbour/neighbour.h"
#include "model/operations.gen.h"
#include "ops/core/op.h"
#include "catalog/account_key.h"
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/*
 * The wiring of `meridian serve`: with reception.c the only place that knows both the
 * HTTP server and the reconciler.
 */

#define LOOPBACK "127.0.0.1"
#define EVERYWHERE "0.0.0.0"

enum { CHECK_DIR_MS = 500, BACKUP_EVERY = 1200 /* checks: ten minutes */ };

enum { MEMORY_KEPT = 4 << 20 };

/* The exit status where nodes could not save their data, and where some still run or could not be told to stop. */
enum { EXIT_UNSAVED = 3, EXIT_LEFT = 4 };

struct serve {
    const struct options *o;
    uv_loop_t loop;
    int lock_fd;
    struct store *store;
    struct http *http;
    struct reception reception;
    struct control *control;
    struct ops_config ops;
    struct engines_known engines;
    struct query_api query;
    struct admin admin;
    struct trace_admin trace;
    struct dry_run_admin dry_run;
    struct view_admin view;
    struct naming naming;
    struct reset_admin reset;
    struct state_admin state;
    struct wait_admin wait;
    struct init *init;
    struct auth *auth; /* NULL: signatures are not looked at */
    struct gate gate;
    struct neighbours neighbours;
    struct faults_admin faults;
    struct fis fis;
    struct refusals refusals;
    uv_signal_t on_term, on_int, on_hangup;
    uv_timer_t dir_timer;
    char program[PATH_MAX];
    char import_dir[PATH_MAX], export_dir[PATH_MAX]; /* of snapshots, absolute; "": none */
    char data_dir[PATH_MAX];                         /* absolute: agents and nodes have other working directories */
    char server[300];
    char listen_host[BIND_HOST_SIZE]; /* of nodes, with --addressing ports */
    char own_address[BIND_HOST_SIZE]; /* of this machine, where nodes listen everywhere; else "" */
    const char *advertise;            /* what endpoints name, with --addressing ports; NULL: the host by which each caller came */
    char admin_token[ADMIN_TOKEN_SIZE], admin_token_path[PATH_MAX];
    bool stopping, lost_dir, lost_db, init_failed;
    int checks;       /* of the directory, since the database was last backed up */
    size_t n_unsaved; /* nodes that were stopped without their data */
    size_t n_left;    /* agents and nodes that did not stop */
};

/* What endpoints name in the answer to a caller that has reached the API by 'host'; NULL: each its own address, or name. */
static const char *endpoint_host(struct serve *s, const char *host)
{
    if (s->o->addressing != ADDRESSING_PORTS) return NULL;
    if (s->advertise == NULL && host) control_reached_by(s->control, host);
    if (s->naming.shown) return NULL;
    return s->advertise ? s->advertise : host ? host : LOOPBACK;
}

static int run_operation(void *arg, const struct operation *o, const struct query_caller *who, struct arena *a, const void *in,
    void *out, struct err *e)
{
    struct serve *s = arg;
    if (s->control == NULL) return err_set(e, ERR_BROKEN, "stopping");
    if (outages_stop_region(control_outages(s->control), who->region))
        return err_set(e, FAULT_SERVICE_UNAVAILABLE, "Service is unavailable in %s. Please try again.", who->region);
    if (o->writes && s->reset.under_way)
        return err_set(e, FAULT_SERVICE_UNAVAILABLE, "Everything is being deleted by a reset. Please try again.");
    int refused = refusals_take(&s->refusals, o, who->region, e);
    if (refused) return refused;
    if (o->writes) trace_begin(control_trace(s->control), who->request_id, o->name);
    const struct ops_caller caller = {who->region, who->account, who->request_id, endpoint_host(s, who->host), who->wants_json};
    int r = ops_run(s->store, &s->ops, o, &caller, a, in, out, e);
    if (o->writes) trace_end(control_trace(s->control), r == 0);
    if (r == 0 && o->writes) control_changed(s->control);
    return r;
}

/* A call of --init, in the account of whoever names none. */
static int call_for_init(void *arg, const char *region, const char *text, struct err *e)
{
    struct serve *s = arg;
    _arena_ struct arena a = {0};
    struct form form = {0};
    char id[REQUEST_ID_SIZE];
    request_id_make(id);
    int r = form_parse(&form, &a, text, strlen(text), e);
    if (r) return r;
    const char *action = form_get(&form, "Action");
    const struct operation *o = action ? operation_find(api_operations, api_n_operations, action) : NULL;
    if (o == NULL || o->run == NULL)
        return err_set(e, FAULT_INVALID_ACTION, "There is no Action %.80s.", action ? action : "in the line");
    void *in = arena_alloc(&a, o->in->size), *out = o->out ? arena_alloc(&a, o->out->size) : NULL;
    r = form_decode(&form, o->in, &a, in, e);
    return r ? r : run_operation(s, o, &(struct query_caller){region, ACCOUNT_DEFAULT, id}, &a, in, out, e);
}

static void clock_moved(void *arg)
{
    struct serve *s = arg;
    if (s->control) control_changed(s->control);
}

static void pass_made(void *arg)
{
    struct serve *s = arg;
    reset_admin_look(&s->reset);
    state_admin_look(&s->state);
    wait_admin_look(&s->wait);
    naming_serve(&s->naming, &s->loop);
}

static bool is_dry_run(void *arg)
{
    const struct serve *s = arg;
    return s->control ? control_is_dry_run(s->control) : s->o->dry_run == DRY_RUN_ON;
}

static void describe_admin(struct serve *s)
{
    s->admin = (struct admin){
        .operations = api_operations,
        .n_operations = api_n_operations,
        .token = s->admin_token,
        .trips = s->o->trips == TRIPS_ON || s->o->admin == ADMIN_OPEN,
        .open = s->o->admin == ADMIN_OPEN,
        .local = http_is_local(s->http),
        .dry_run = is_dry_run,
        .clock_moved = clock_moved,
        .arg = s,
    };
}

static void add_routes(struct serve *s)
{
    describe_admin(s);
    s->neighbours.gate = s->auth ? &s->gate : NULL;
    s->query = (struct query_api){api_operations, api_n_operations, run_operation, s, neighbour_take, &s->neighbours,
        s->o->default_region, s->neighbours.gate};
    s->trace = (struct trace_admin){.admin = &s->admin, .trace = control_trace(s->control), .store = s->store};
    admin_add_routes(s->http, &s->admin);
    trace_admin_add_routes(s->http, &s->trace);
    s->dry_run = (struct dry_run_admin){.admin = &s->admin, .control = s->control};
    dry_run_admin_add_routes(s->http, &s->dry_run);
    s->reset = (struct reset_admin){.admin = &s->admin, .store = s->store, .control = s->control, .refusals = &s->refusals};
    reset_admin_add_routes(s->http, &s->reset);
    s->state = (struct state_admin){
        .admin = &s->admin, .store = s->store, .reset = &s->reset, .loop = &s->loop, .data_dir = s->data_dir};
    state_admin_open(s->http, &s->state);
    s->wait = (struct wait_admin){.loop = &s->loop, .store = s->store, .init = s->init};
    wait_admin_add_routes(s->http, &s->wait);
    init_add_routes(s->http, s->init);
    localstack_add_routes(s->http, s->init);
    s->faults = (struct faults_admin){&s->admin, s->control, s->store};
    links_admin_add_routes(s->http, &s->faults);
    outage_admin_add_routes(s->http, &s->faults);
    s->refusals.admin = &s->admin;
    refusals_add_routes(s->http, &s->refusals);
    s->fis = (struct fis){&s->faults, s->o->default_region, s->neighbours.gate};
    fis_add_routes(s->http, &s->fis);
    s->view = (struct view_admin){s->control};
    view_admin_add_routes(s->http, &s->view);
    query_add_routes(s->http, &s->query);
    neighbour_take_long(s->http, &s->neighbours);
}

static void set_ops_config(struct serve *s)
{
    s->ops.remembers = true;
    s->ops.names = s->naming.shown ? s->naming.domain : NULL;
    s->ops.allow_restricted = s->o->restricted == RESTRICTED_ALLOW;
    s->ops.engine_lack = s->engines.any ? engines_lack : NULL;
    s->ops.engine_lack_arg = &s->engines;
    s->ops.large_groups = s->o->quotas == QUOTAS_RAISED;
}

static int open_control(struct serve *s, struct err *e)
{
    bool ports = s->o->addressing == ADDRESSING_PORTS;
    struct control_options o = {
        .loop = &s->loop,
        .store = s->store,
        .data_dir = s->data_dir,
        .program = s->program,
        .redis_server = s->o->redis_server[0] ? s->o->redis_server : NULL,
        .memcached = s->o->memcached[0] ? s->o->memcached : NULL,
        .engines = s->o->engines,
        .log_level = log_level_name(s->o->log_level),
        .log_format = s->o->log_format == LOG_JSON ? "json" : NULL,
        .ephemeral = s->o->ephemeral == EPHEMERAL_ON,
        .trace = s->o->log_level == LOG_TRACE,
        .passed = pass_made,
        .passed_arg = s,
        .ports = ports,
        .listen_host = s->listen_host,
        .advertise = s->advertise,
        .own_address = s->own_address[0] ? s->own_address : NULL,
        .domain = s->naming.domain,
        .named = s->naming.shown,
        .zone = s->naming.dns[0] ? &s->naming.zone : NULL,
        .names_at = ports ? s->naming.at : NULL,
        .first_port = s->o->first_port,
        .last_port = s->o->last_port,
        .allow_restricted = s->o->restricted == RESTRICTED_ALLOW,
        .stop_limit_ms = s->o->stop_timeout * 1000LL,
        .blocked_limit_ms = s->o->blocked_primary_timeout * 1000LL,
        .check = s->o->check == CHECK_ON,
        .dry_run = s->o->dry_run == DRY_RUN_ON,
        .dry_run_times = {s->o->dry_run_start, s->o->dry_run_switch, s->o->dry_run_life},
    };
    set_ops_config(s);
    int r = control_open(&s->control, &o, e);
    if (r == 0) reception_serve(&s->reception, s->control);
    return r;
}

/* Agents get these paths and work elsewhere. */
static int find_folder(const char *given, const char *flag, char out[PATH_MAX], struct err *e)
{
    struct stat st;
    if (given[0] == '\0') return 0;
    if (realpath(given, out) == NULL || stat(out, &st) != 0 || !S_ISDIR(st.st_mode))
        return err_set(e, ERR_USAGE, "--%s %s: there is no such directory", flag, given);
    return 0;
}

static int find_snapshot_folders(struct serve *s, struct err *e)
{
    const char *import = s->o->snapshot_import_dir, *export = s->o->snapshot_export_dir;
    int r = find_folder(import, "snapshot-import-dir", s->import_dir, e);
    if (r == 0) r = find_folder(export[0] ? export : import, "snapshot-export-dir", s->export_dir, e);
    s->ops.snapshot_import_dir = s->import_dir[0] ? s->import_dir : NULL;
    s->ops.snapshot_export_dir = s->export_dir[0] ? s->export_dir : NULL;
    return r;
}

/* Where this data directory was served the last time, if the system is to choose the port and chose that one. */
static bool find_last_address(const struct serve *s, char *out, size_t size)
{
    char url[320];
    const char *listen = s->o->listen, *colon = strrchr(listen, ':');
    if (colon == NULL || strcmp(colon, ":0") != 0 || !data_dir_read(s->data_dir, "endpoint", url, sizeof url)) return false;
    const char *port = strrchr(url, ':');
    return port && (size_t)snprintf(out, size, "%.*s%s", (int)(colon - listen), listen, port) < size;
}

/* Clients that were told of an earlier serve look for it where it was. */
static int open_http(struct serve *s, struct err *e)
{
    char last[OPTION_NAME_SIZE];
    if (find_last_address(s, last, sizeof last) && http_open(&s->http, &s->loop, last, e) == 0) return 0;
    return http_open(&s->http, &s->loop, s->o->listen, e);
}

static int open_gate(struct serve *s, struct err *e)
{
    if (s->o->auth != AUTH_VERIFY) return 0;
    int r = auth_open(&s->auth, s->o->access_keys, e);
    if (r == 0) s->gate = auth_gate(s->auth);
    return r;
}

static int announce_server(struct serve *s, struct err *e)
{
    char url[320];
    snprintf(url, sizeof url, "http://%s\n", s->server);
    int r = data_dir_write(s->data_dir, "endpoint", url, e);
    if (r) return r;
    printf("Meridian %s serves Amazon ElastiCache on http://%s (data in %s). Ctrl-C stops it.\n", MERIDIAN_VERSION, s->server,
        s->data_dir);
    if (s->naming.dns[0]) printf("The names of endpoints are answered on %s.\n", s->naming.dns);
    if (s->o->dry_run == DRY_RUN_ON)
        printf("This is a dry run: nodes have no processes, and nobody listens at their endpoints.\n");
    printf("Ready.\n"); /* what the Testcontainers modules for LocalStack wait for: whoever connects is served from now on */
    fflush(stdout);
    return 0;
}

static void on_control_stopped(void *arg)
{
    struct serve *s = arg;
    s->n_unsaved = control_unsaved(s->control);
    s->n_left = control_left(s->control);
    reception_serve(&s->reception, NULL);
    control_close(s->control);
    s->control = NULL;
    s->trace.trace = NULL;
    s->dry_run.control = NULL;
    s->view.control = NULL;
    s->reset.control = NULL;
    s->reset.under_way = false;
    init_close(s->init);
    naming_close(&s->naming);
    forward_close(s->neighbours.forward);
    s->neighbours.forward = NULL;
    s->faults.control = NULL;
    reception_close(&s->reception);
    http_close(s->http, NULL, NULL);
    uv_close((uv_handle_t *)&s->on_term, NULL);
    uv_close((uv_handle_t *)&s->on_int, NULL);
    uv_close((uv_handle_t *)&s->on_hangup, NULL);
    uv_close((uv_handle_t *)&s->dir_timer, NULL);
}

static void on_signal(uv_signal_t *h, int sig)
{
    struct serve *s = h->data;
    (void)sig;
    if (s->stopping) {
        log_warn("stopping at once: the agents go on, the next start finds them");
        control_stop_waiting(s->control);
        return;
    }
    s->stopping = true;
    log_info("stopping: nodes save their data");
    control_stop(s->control, on_control_stopped, s);
}

static void on_init_failed(void *arg)
{
    struct serve *s = arg;
    if (s->stopping) return;
    s->stopping = s->init_failed = true;
    log_error("stopping, since --init-strict is on");
    control_stop(s->control, on_control_stopped, s);
}

static void on_init_over(void *arg)
{
    struct serve *s = arg;
    wait_admin_look(&s->wait);
}

static int open_init(struct serve *s, struct err *e)
{
    const struct init_options o = {.loop = &s->loop,
        .path = s->o->init,
        .endpoint = s->server,
        .default_region = s->o->default_region,
        .call = call_for_init,
        .failed = s->o->init_strict == INIT_STRICT_ON ? on_init_failed : NULL,
        .over = on_init_over,
        .arg = s};
    return init_open(&s->init, &o, e);
}

static void watch_signals(struct serve *s)
{
    uv_signal_init(&s->loop, &s->on_term);
    uv_signal_init(&s->loop, &s->on_int);
    uv_signal_init(&s->loop, &s->on_hangup);
    s->on_term.data = s->on_int.data = s->on_hangup.data = s;
    uv_signal_start(&s->on_term, on_signal, SIGTERM);
    uv_signal_start(&s->on_int, on_signal, SIGINT);
    /* Who started this with nohup wants it to outlive the terminal. */
    struct sigaction now;
    bool ignored = sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
    if (!ignored) uv_signal_start(&s->on_hangup, on_signal, SIGHUP);
}

/* It works on in files that have no name any more: long enough to stop everything in order, and to copy it. */
static void check_database(struct serve *s)
{
    struct err e;
    if (s->stopping) return;
    if (++s->checks % BACKUP_EVERY == 0 && store_back_up(s->store, &e) != 0) log_warn("%s", e.msg);
    if (!store_is_lost(s->store)) return;
    log_error("the database in %s was moved away or deleted while it was in use: stopping, nodes save their data", s->data_dir);
    s->stopping = s->lost_db = true;
    control_stop(s->control, on_control_stopped, s);
}

/* Without its directory nothing that is answered can be kept. The agents find out by themselves, and end their nodes. */
static void check_dir(uv_timer_t *t)
{
    struct serve *s = t->data;
    if (data_dir_is_claimed(s->data_dir, s->lock_fd)) {
        admin_token_keep(s->o->admin_token_file, s->data_dir, s->admin_token);
        reception_keep(&s->reception);
        check_database(s);
        return;
    }
    log_error("the data directory %s went away, and everything in it: stopping", s->data_dir);
    s->lost_dir = true;
    on_control_stopped(s);
}

static void watch_dir(struct serve *s)
{
    uv_timer_init(&s->loop, &s->dir_timer);
    s->dir_timer.data = s;
    uv_timer_start(&s->dir_timer, check_dir, CHECK_DIR_MS, CHECK_DIR_MS);
}

/* Whatever is to be done about a database that is gone: what runs in its name is not left to nobody. */
static int check_whole(const struct serve *s, const char *database, struct err *e)
{
    struct stat st;
    struct err left;
    const struct leftovers l = {s->data_dir, s->program, s->o->stop_timeout, "its meridian.db is gone"};
    int r = data_dir_check_whole(s->data_dir, database, e);
    if (stat(database, &st) == 0 && st.st_size > 0) return r;
    if (leftovers_end(&l, &left) == 0) return r;
    *e = left;
    return left.code;
}

static int claim_data_dir(struct serve *s, struct err *e)
{
    char made[PATH_MAX];
    bool own = s->o->ephemeral == EPHEMERAL_ON;
    const char *path = own ? made : s->o->data_dir;
    if (own) ephemeral_sweep();
    int r = own ? ephemeral_claim(made, &s->lock_fd, e) : data_dir_claim(path, &s->lock_fd, e);
    if (r == 0 && realpath(path, s->data_dir) == NULL) r = err_set(e, ERR_IO, "the data directory %s can't be found again", path);
    return r;
}

/* What makes no sense is refused before anything is touched. */
static int check_flags(const struct options *o, struct err *e)
{
    if ((o->auth == AUTH_VERIFY) != (o->access_keys[0] != '\0'))
        return err_set(e, ERR_FLAG, "--auth verify and --access-keys FILE need each other: give both, or none");
    if (region_find(o->default_region) == NULL)
        return err_set(e, ERR_FLAG, "--default-region %.60s: there is no such region", o->default_region);
    int r = listen_check(o->listen, e);
    return r ? r : naming_check(o, e);
}

static int open_all(struct serve *s, struct err *e)
{
    char path[PATH_MAX + 32];
    if (readlink("/proc/self/exe", s->program, sizeof s->program - 1) <= 0)
        return err_set(e, ERR_IO, "/proc/self/exe can't be read");
    int r = check_flags(s->o, e);
    if (r) return r;
    if (s->o->dry_run == DRY_RUN_OFF) r = engines_check(s->o, &s->engines, e);
    if (r == 0 && s->o->dry_run == DRY_RUN_OFF) r = engines_try(&s->engines, e);
    if (r == 0) r = find_snapshot_folders(s, e);
    if (r == 0 && s->o->addressing == ADDRESSING_PORTS) r = bind_host_find(s->o->bind, s->o->advertise, s->listen_host, e);
    bool everywhere = strcmp(s->listen_host, EVERYWHERE) == 0;
    if (everywhere) bind_host_own(s->own_address);
    s->advertise = s->o->advertise[0] ? s->o->advertise : everywhere ? NULL : s->listen_host;
    if (r == 0) r = open_gate(s, e);
    if (r == 0) r = claim_data_dir(s, e);
    snprintf(path, sizeof path, "%s/meridian.db", s->data_dir);
    if (r == 0) r = check_whole(s, path, e);
    if (r == 0) r = store_open(&s->store, path, s->o->durability, e);
    if (r == 0) r = moved_files_rename(s->store, s->data_dir, s->program, s->o->stop_timeout, e);
    if (r == 0) r = addressing_check(s->store, s->data_dir, s->o->addressing, e);
    if (r == 0) r = naming_open(&s->naming, s->o, s->advertise, s->own_address, s->data_dir, e);
    if (r == 0) r = admin_token_read(s->o->admin_token_file, s->data_dir, s->admin_token, s->admin_token_path, e);
    if (r == 0 && s->auth) r = auth_keep_secret(s->auth, s->data_dir, e);
    if (r == 0) r = open_http(s, e);
    if (r == 0) r = reception_open(&s->reception, &s->loop, s->data_dir, e);
    if (r == 0) r = exposure_check(s->o, http_is_local(s->http), s->listen_host, s->admin_token_path, e);
    if (r) return r;
    /* A server that listens everywhere is reached on loopback. */
    const char *colon = strrchr(s->o->listen, ':');
    int n = colon ? (int)(colon - s->o->listen) : 0;
    bool anywhere = n == 0 || strncmp(s->o->listen, "0.0.0.0", (size_t)n) == 0 || strncmp(s->o->listen, "[::]", (size_t)n) == 0;
    snprintf(s->server, sizeof s->server, "%.*s:%u", anywhere ? 9 : n, anywhere ? "127.0.0.1" : s->o->listen, http_port(s->http));
    r = open_init(s, e);
    if (r == 0 && s->o->forward[0]) r = forward_open(&s->neighbours.forward, &s->loop, s->o->forward, s->server, e);
    if (r == 0) r = open_control(s, e);
    if (r) return r;
    add_routes(s);
    watch_signals(s);
    watch_dir(s);
    return announce_server(s, e);
}

/* Closes what open_all() opened before something failed. */
static void close_opened(struct serve *s)
{
    if (s->control) {
        on_control_stopped(s);
        return;
    }
    init_close(s->init);
    naming_close(&s->naming);
    forward_close(s->neighbours.forward);
    s->neighbours.forward = NULL;
    reception_close(&s->reception);
    if (s->http) http_close(s->http, NULL, NULL);
}

int serve_main(const struct options *o)
{
    struct err e;
    struct serve s = {.o = o, .lock_fd = -1, .naming = {.udp = -1, .tcp = -1}};
    umask(077);
    /* Answers of hundreds of kilobytes come and go: the kernel shall not take their pages back each time, to be cleared
     * and given anew. */
    mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT);
    mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
    _buf_ struct buf lines = {0};
    options_idle(o, &lines);
    for (char *line = lines.data, *end; line && *line; line = end + 1) {
        end = strchr(line, '\n');
        log_notice("%.*s", (int)(end - line), line);
    }
    uv_loop_init(&s.loop);
    int r = open_all(&s, &e);
    if (r) {
        log_notice("%s", e.msg);
        close_opened(&s);
    }
    uv_run(&s.loop, UV_RUN_DEFAULT);
    if (s.lost_dir) store_close(s.store);
    else if (store_finish(s.store, &e) != 0) log_warn("%s", e.msg);
    uv_loop_close(&s.loop);
    init_free(s.init);
    auth_close(s.auth);
    if (s.lock_fd >= 0) close(s.lock_fd);
    if (s.n_unsaved) log_error("the data of %zu node%s could not be saved", s.n_unsaved, s.n_unsaved > 1 ? "s" : "");
    if (s.n_left) log_error("not everything has stopped: a start on the same data directory finds what still runs");
    if (o->ephemeral == EPHEMERAL_ON && s.data_dir[0] && s.n_left == 0) ephemeral_delete(s.data_dir);
    if (r == ERR_FLAG) return EXIT_USAGE;
    if (r || s.lost_dir || s.lost_db || s.init_failed) return EXIT_FAILURE;
    return s.n_left ? EXIT_LEFT : s.n_unsaved ? EXIT_UNSAVED : EXIT_SUCCESS;
}
