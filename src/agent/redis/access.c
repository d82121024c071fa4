#include "agent/redis/access.h"
#include "agent/os/names.h"
#include "agent/redis/conf.h"
#include "agent/redis/state.h"
#include "catalog/access_string.h"
#include "base/log.h"
#include "base/task.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIGHTS_LIMIT_MS = 5000 };
#define TRIED INT64_MAX

#define UNKNOWN "Unknown command or category name"

/*
 * A client's CLIENT UNPAUSE would let writes in that a planned failover then discards, and its CLIENT PAUSE … ALL would take over
 * the length of the fence's own, and hold up the agent, too. Redis has no pause that a client can't change, and any other
 * setting that refuses writes does so at once, instead of holding them.
 */
static const char *const bar[] = {"-client|unpause", "-client|pause"};
enum { N_BAR = sizeof bar / sizeof *bar };

static const struct task access_task = {
    "users", {
                 /* waits for an order that names users */
                 [ACCESS_UNKNOWN] = {"unknown", TASK_TO(ACCESS_SEND) | TASK_TO(ACCESS_SWEEP) | TASK_TO(ACCESS_IN_FORCE)},
                 /* waits for the answers to ACL SETUSER, one after the other */
                 [ACCESS_SEND] = {"send", TASK_TO(ACCESS_SEND) | TASK_TO(ACCESS_SWEEP) | TASK_TO(ACCESS_IN_FORCE)},
                 /* waits to be told who else is there, and for the end of those */
                 [ACCESS_SWEEP] = {"sweep", TASK_TO(ACCESS_SEND) | TASK_TO(ACCESS_SWEEP) | TASK_TO(ACCESS_IN_FORCE)},
                 /* waits for other users, or a fence */
                 [ACCESS_IN_FORCE] = {"in force", TASK_TO(ACCESS_SEND) | TASK_TO(ACCESS_SWEEP)},
             }};

static void move_to_state(struct node *n, enum access_state to)
{
    struct access *a = &redis_of(n)->access;
    task_move(&access_task, n->id, &a->state, (int)to);
    assert(a->user <= n->order->users.n);
    assert(to != ACCESS_IN_FORCE || (a->user == 0 && a->held_at == 0 && a->generation == n->order->users_generation.v));
}

static bool bar_is_wanted(const struct node *n)
{
    enum fence fence = redis_of(n)->fence;
    return role_is_fenced(n->order) || fence == FENCE_PAUSED || fence == FENCE_ON;
}

bool access_bar_is_stale(const struct node *n)
{
    if (n->order == NULL || !n->order->users.set) return false;
    const struct access *a = &redis_of(n)->access;
    return a->state != ACCESS_IN_FORCE || a->barring != bar_is_wanted(n);
}

void access_forget(struct node *n)
{
    redis_of(n)->access = (struct access){.generation = -1};
}

void access_begin(struct node *n)
{
    redis_of(n)->access.generation = n->order->users_generation.v;
    move_to_state(n, ACCESS_IN_FORCE);
}

int64_t access_generation(const struct node *n)
{
    return redis_of(n)->access.generation;
}

void access_ordered(struct node *n)
{
    if (n->order->users.set && !access_is_stale(n) && !access_bar_is_stale(n)) return;
    redis_of(n)->access.user = 0;
    if (redis_is_taking(n, STEP_ACCESS)) redis_disregard(n); /* the answer is about the users before */
}

bool access_is_stale(const struct node *n)
{
    return n->order != NULL && n->order->users.set && redis_of(n)->access.generation != n->order->users_generation.v;
}

/* ---- words that redis-server does not know ---- */

static void leave_out_rule(struct node *n, const char *word)
{
    log_warn("node %s: redis-server knows nothing of the rule %.60s: it is left out", n->id, word);
    conf_file_leave_out(n, word);
}

/* A selector only gives rights. Its text can be too long for a line of the log, which is cut then. */
static bool is_quoted(const char *text, const char *rule)
{
    size_t shown = strcspn(text, "\n"), n = strlen(rule);
    if (shown < n) return *rule == '(' && shown > 1 && strncmp(text, rule, shown) == 0;
    return strncmp(text, rule, n) == 0 && text[n] == '\'' &&
           (strstr(text + n, UNKNOWN) != NULL || access_string_limits_databases(rule)); /* to it that is a syntax error */
}

/* The rule of the order that Redis quotes after 'mark', unless it was left out already; else NULL. */
static const char *quoted_rule(const struct node *n, const char *text, const char *mark)
{
    const char *p = strstr(text, mark);
    for (size_t i = 0; p && i < n->order->users.n; i++) {
        const struct string_list *rules = &n->order->users.items[i].rules;
        for (size_t k = 0; k < rules->n; k++)
            if (is_quoted(p + strlen(mark), rules->items[k]) && !conf_file_leaves_out(n, rules->items[k])) return rules->items[k];
    }
    return NULL;
}

/* An engine that does not know limits of databases calls them a syntax error, and does not say rightly where. */
static const char *limit_not_known(const struct node *n)
{
    for (size_t i = 0; i < n->order->users.n; i++) {
        const struct string_list *rules = &n->order->users.items[i].rules;
        for (size_t k = 0; k < rules->n; k++)
            if (access_string_limits_databases(rules->items[k]) && !conf_file_leaves_out(n, rules->items[k]))
                return rules->items[k];
    }
    return NULL;
}

bool access_leave_out(struct node *n, const char *log)
{
    const char *word = n->order ? quoted_rule(n, log, "Error loading ACL rule '") : NULL;
    if (n->order && word == NULL && strstr(log, "Error in user declaration '")) word = limit_not_known(n);
    if (word) leave_out_rule(n, word);
    return word != NULL;
}

/* ---- users of a running node ---- */

static void add_bar(const struct node *n, struct string_list *words)
{
    for (size_t i = 0; i < N_BAR; i++)
        if (!conf_file_leaves_out(n, bar[i])) names_add(words, bar[i]);
}

/* A selector gives rights of its own: the bar goes into it, before the parenthesis that ends it. */
static void add_barred_selector(const struct node *n, const char *selector, struct string_list *words)
{
    struct string_list rules = {0};
    _buf_ struct buf text = {0};
    add_bar(n, &rules);
    buf_printf(&text, "%.*s", (int)strlen(selector) - 1, selector);
    for (size_t i = 0; i < rules.n; i++) buf_printf(&text, " %s", rules.items[i]);
    buf_puts(&text, ")");
    names_add(words, text.data);
    names_clear(&rules);
}

static void set_user(struct node *n, const struct proto_user_order *u)
{
    struct string_list words = {0};
    names_add(&words, "ACL");
    names_add(&words, "SETUSER");
    names_add(&words, u->name);
    bool closed = false;
    for (size_t i = 0; i < u->rules.n; i++) {
        const char *rule = u->rules.items[i];
        bool unknown = conf_file_leaves_out(n, rule);
        closed |= unknown && access_string_limits_databases(rule);
        if (unknown) continue;
        if (redis_of(n)->access.barring && *rule == '(') add_barred_selector(n, rule, &words);
        else names_add(&words, rule);
    }
    if (redis_of(n)->access.barring) add_bar(n, &words);
    if (closed) names_add(&words, "off");
    redis_ask(n, ASK_STEP, words.items, words.n);
    names_clear(&words);
}

void access_ask(struct node *n)
{
    struct access *a = &redis_of(n)->access;
    bool barring = bar_is_wanted(n);
    if (a->barring != barring) a->user = 0;
    a->barring = barring;
    move_to_state(n, a->user < n->order->users.n ? ACCESS_SEND : ACCESS_SWEEP);
    if (a->state == ACCESS_SEND) set_user(n, &n->order->users.items[a->user]);
    else redis_ask(n, ASK_STEP, WORDS("ACL", "USERS"));
}

static bool is_ordered(const struct node *n, const char *name)
{
    if (strcmp(name, "default") == 0 || strcmp(name, CONF_ADMIN) == 0 || strcmp(name, CONF_REPLICA) == 0 ||
        strcmp(name, CONF_MOVER) == 0)
        return true;
    for (size_t i = 0; i < n->order->users.n; i++)
        if (strcmp(n->order->users.items[i].name, name) == 0) return true;
    return false;
}

static void in_force(struct node *n)
{
    struct access *a = &redis_of(n)->access;
    a->generation = n->order->users_generation.v;
    a->user = 0;
    a->held_at = 0;
    move_to_state(n, ACCESS_IN_FORCE);
    node_changed(n);
}

static void delete_others(struct node *n, const struct redisReply *users)
{
    struct string_list words = {0};
    names_add(&words, "ACL");
    names_add(&words, "DELUSER");
    for (size_t i = 0; i < users->elements; i++)
        if (users->element[i]->str != NULL && !is_ordered(n, users->element[i]->str)) names_add(&words, users->element[i]->str);
    if (words.n > 2) redis_ask(n, ASK_STEP, words.items, words.n);
    else in_force(n);
    names_clear(&words);
}

void access_done(struct node *n, const struct redisReply *r)
{
    struct access *a = &redis_of(n)->access;
    if (a->state == ACCESS_SEND) {
        if (++a->user == n->order->users.n && !access_is_stale(n)) in_force(n); /* no other users than before */
    } else if (r->type == REDIS_REPLY_ARRAY) {
        delete_others(n, r);
    } else {
        in_force(n);
    }
}

/*
 * A script goes on with the rights that its client had when it began, for ever if it likes. Redis lets nothing but SCRIPT KILL and
 * FUNCTION KILL through meanwhile, and refuses even these once the script has written: then only the node's reason can tell.
 */
void access_held_up(struct node *n)
{
    struct access *a = &redis_of(n)->access;
    if (a->held_at == 0) a->held_at = node_now(n);
    if (a->held_at == TRIED || node_now(n) - a->held_at < RIGHTS_LIMIT_MS) return;
    a->held_at = TRIED; /* the answer passes for one to the question whether the node is at work */
    log_warn("node %s: a script keeps changed rights from being set: ending it", n->id);
    node_reason(n, "a script keeps the users' rights from being changed");
    redis_kill_scripts(n);
}

void access_refused(struct node *n, const struct redisReply *r)
{
    static const char mark[] = "ACL SETUSER modifier '";
    const char *word = quoted_rule(n, r->str, mark), *quoted = strstr(r->str, mark);
    for (size_t i = 0; word == NULL && quoted && i < N_BAR; i++)
        if (is_quoted(quoted + strlen(mark), bar[i]) && !conf_file_leaves_out(n, bar[i])) word = bar[i];
    if (word) leave_out_rule(n, word);
    else redis_refused(n, r);
}
