#include "auth/auth.h"
#include "auth/access_keys.h"
#include "auth/resource.h"
#include "auth/temporary.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "catalog/region.h"
#include "control/secret.h"
#include "http/exchange.h"
#include "model/api.gen.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "temporary-credentials"

struct auth {
    struct access_keys *keys;
    char root[65]; /* the installation's secret for temporary credentials */
};

/* What is known of whoever signed a request. */
struct signer {
    struct access_key *key; /* whose rights he has */
    const char *secret;     /* that he signs with */
    const char *account;
    struct identity who;
};

/* Signatures are of the real time, whatever the administration has made of the service's clock. */
static int64_t real_now_ms(void)
{
    return clock_now_ms() - clock_warped_ms();
}

/* ---- the request ---- */

struct header_list {
    struct signed_header *items;
    size_t n;
};

static void count_header(void *arg, const char *name, const char *value)
{
    (void)name, (void)value;
    ((struct header_list *)arg)->n++;
}

static void add_header(void *arg, const char *name, const char *value)
{
    struct header_list *l = arg;
    l->items[l->n++] = (struct signed_header){name, value};
}

static struct signed_request request_of(struct exchange *x)
{
    struct header_list l = {0};
    http_each_header(x, count_header, &l);
    l.items = arena_array(http_arena(x), struct signed_header, l.n + 1);
    l.n = 0;
    http_each_header(x, add_header, &l);
    struct signed_request q = {
        .method = http_method(x), .path = http_path(x), .query = http_query(x), .headers = l.items, .n_headers = l.n};
    q.body = http_body(x, &q.body_len);
    return q;
}

/* ---- who signed it ---- */

static int unknown_key(struct err *e)
{
    return err_set(e, FAULT_INVALID_CLIENT_TOKEN_ID, "The security token included in the request is invalid.");
}

static int find_session(struct auth *auth, const struct signature *s, struct arena *a, struct signer *out, struct err *e)
{
    struct temporary t;
    struct temporary_key key;
    if (!temporary_read(s->token, s->credential.key, auth->root, a, &t, &key)) return unknown_key(e);
    out->key = access_keys_find(auth->keys, t.parent);
    if (out->key == NULL || strcmp(out->key->account, t.account) != 0) return unknown_key(e);
    if (t.ends_ms <= real_now_ms())
        return err_set(e, FAULT_EXPIRED_TOKEN, "The security token included in the request is expired");
    out->secret = key.secret;
    out->account = t.account;
    out->who = out->key->who;
    out->who.arn = arena_printf(a, "arn:aws:sts::%s:assumed-role/%s/%s", t.account, t.role, t.session);
    out->who.id = arena_printf(a, ASSUMED_ROLE_ID, t.role, t.session);
    return 0;
}

static int find_signer(struct auth *auth, const struct signature *s, struct arena *a, struct signer *out, struct err *e)
{
    if (s->token) return find_session(auth, s, a, out, e);
    out->key = access_keys_find(auth->keys, s->credential.key);
    if (out->key == NULL) return unknown_key(e);
    out->secret = out->key->secret;
    out->account = out->key->account;
    out->who = out->key->who;
    return 0;
}

/* A client signs for one region during a day: the key for that is kept. */
static void find_signing_key(const struct signature *s, const struct signer *who, uint8_t out[SIGNING_KEY_SIZE])
{
    const struct credential *c = &s->credential;
    struct access_key *key = who->key;
    char of[sizeof key->of];
    snprintf(of, sizeof of, "%s/%s/%s", c->date, c->region, c->service);
    if (s->token) return signature_key(c, who->secret, out);
    if (strcmp(of, key->of) != 0) {
        signature_key(c, key->secret, key->signing);
        memcpy(key->of, of, sizeof of);
    }
    memcpy(out, key->signing, SIGNING_KEY_SIZE);
}

static int check_scope(const struct credential *c, const char *service, struct err *e)
{
    if (region_find(c->region) == NULL)
        return err_set(e, FAULT_SIGNATURE_DOES_NOT_MATCH, "Credential should be scoped to a valid region.");
    if (strcmp(c->service, service) == 0) return 0;
    return err_set(e, FAULT_SIGNATURE_DOES_NOT_MATCH, "Credential should be scoped to correct service: '%s'.", service);
}

static int authenticate_request(void *arg, struct exchange *x, const char *service, struct scope *scope, struct err *e)
{
    struct auth *auth = arg;
    struct arena *a = http_arena(x);
    struct signed_request q = request_of(x);
    struct signature s;
    struct signer who;
    uint8_t key[SIGNING_KEY_SIZE];
    int r = signature_read(&s, &q, a, e);
    if (r == 0) r = check_scope(&s.credential, service, e);
    if (r == 0) r = find_signer(auth, &s, a, &who, e);
    if (r == 0) r = signature_check_time(&s, real_now_ms(), e);
    if (r) return r;
    find_signing_key(&s, &who, key);
    r = signature_check(&s, &q, key, a, &scope->refusal, e);
    if (r) return r;
    struct identity *identity = arena_alloc(a, sizeof *identity);
    *identity = who.who;
    scope->region = s.credential.region;
    scope->service = s.credential.service;
    scope->account = who.account;
    scope->who = identity;
    return 0;
}

/* ---- what he may do ---- */

static bool may_do(const struct identity *who, const char *action, bool writes)
{
    if (writes && who->read_only) return false;
    for (size_t i = 0; i < who->n_actions; i++)
        if (action_matches(who->actions[i], action)) return true;
    return who->actions == NULL;
}

static int authorize_action(
    void *arg, const struct scope *scope, const char *action, bool writes, const struct form *form, struct err *e)
{
    (void)arg;
    if (may_do(scope->who, action, writes)) return 0;
    char resource[RESOURCE_SIZE];
    resource_of(scope, action, form, resource);
    return err_set(e, FAULT_ACCESS_DENIED,
        "User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
        scope->who->arn, action, resource, action);
}

static struct temporary_key assume_role(void *arg, const struct scope *scope, const struct assumed_role *r, struct arena *a)
{
    const struct auth *auth = arg;
    struct temporary t = {scope->who->key, r->account, r->role, r->session, real_now_ms() + r->seconds * 1000};
    return temporary_make(&t, auth->root, a);
}

/* ---- opening ---- */

int auth_open(struct auth **out, const char *keys_file, struct err *e)
{
    struct auth *auth = calloc(1, sizeof *auth);
    if (auth == NULL) abort();
    int r = access_keys_open(&auth->keys, keys_file, e);
    if (r) auth_close(auth);
    else *out = auth;
    return r;
}

int auth_keep_secret(struct auth *auth, const char *data_dir, struct err *e)
{
    return secret_read(data_dir, SECRET, auth->root, NULL, 0, e);
}

void auth_close(struct auth *auth)
{
    if (auth == NULL) return;
    access_keys_close(auth->keys);
    explicit_bzero(auth->root, sizeof auth->root);
    free(auth);
}

struct gate auth_gate(struct auth *auth)
{
    return (struct gate){authenticate_request, authorize_action, assume_role, auth};
}
