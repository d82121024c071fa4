#include "agent/redis/lockout.h"
#include "agent/engine/role.h"
#include "agent/os/names.h"
#include "agent/redis/state.h"
#include <string.h>

/* What is asked for to lock clients out, and what Redis asks for by itself. Each setting has an older name, too. */
static const struct asked {
    const char *name, *older, *locked, *standard;
} asked[] = {
    {"min-replicas-to-write", "min-slaves-to-write", "2147483647", "0"},
    {"min-replicas-max-lag", "min-slaves-max-lag", "10", "10"}, /* where it is 0, the other one asks for nothing */
};
enum { N_ASKED = sizeof asked / sizeof *asked };

void lockout_conf(const struct proto_node_order *o, struct buf *out)
{
    for (size_t i = 0; role_is_fenced(o) && i < N_ASKED; i++) buf_printf(out, "%s %s\n", asked[i].name, asked[i].locked);
}

void lockout_begin(struct node *n)
{
    redis_of(n)->lockout = role_is_fenced(n->order) ? LOCKOUT_ON : LOCKOUT_OFF;
}

static bool is_named(const struct asked *a, const char *name)
{
    return strcmp(a->name, name) == 0 || strcmp(a->older, name) == 0;
}

void lockout_setting_taken(struct node *n, const char *name)
{
    for (size_t i = 0; i < N_ASKED; i++)
        if (redis_of(n)->lockout == LOCKOUT_ON && is_named(&asked[i], name)) redis_of(n)->lockout = LOCKOUT_UNKNOWN;
}

/* NULL where the order says nothing that Redis takes. */
static const struct proto_setting *ordered_password(const struct node *n, const struct asked *a)
{
    for (size_t i = 0; i < n->order->settings.n; i++) {
        const struct proto_setting *s = &n->order->settings.items[i];
        if (is_named(a, s->name) && !names_has(&n->left_out, s->name)) return s;
    }
    return NULL;
}

static const char *config_value(const struct node *n, const struct asked *a)
{
    const struct proto_setting *s = ordered_password(n, a);
    return s ? s->value : a->standard;
}

void lockout_do_lock(struct node *n)
{
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", asked[1].name, asked[1].locked, asked[0].name, asked[0].locked));
}

void lockout_locked(struct node *n, const struct redisReply *r)
{
    (void)r;
    redis_of(n)->lockout = LOCKOUT_ON;
}

void lockout_do_lift(struct node *n)
{
    redis_ask(n, ASK_STEP,
        WORDS("CONFIG", "SET", asked[0].name, config_value(n, &asked[0]), asked[1].name, config_value(n, &asked[1])));
}

void lockout_lifted(struct node *n, const struct redisReply *r)
{
    (void)r;
    redis_of(n)->lockout = LOCKOUT_OFF;
}

void lockout_lift_refused(struct node *n, const struct redisReply *r)
{
    bool any = false;
    for (size_t i = 0; i < N_ASKED; i++) {
        const struct proto_setting *s = ordered_password(n, &asked[i]);
        if (s) names_add(&n->left_out, s->name);
        any = any || s;
    }
    if (!any) redis_refused(n, r);
}
