#include "agent/engine/order_check.h"
#include "agent/os/file.h"
#include "base/host.h"
#include "catalog/parameter.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

bool order_is_text(const char *s)
{
    for (; *s; s++)
        if (iscntrl((unsigned char)*s)) return false;
    return true;
}

bool order_is_address(const char *s)
{
    unsigned char out[16];
    return s != NULL && (inet_pton(AF_INET, s, out) == 1 || inet_pton(AF_INET6, s, out) == 1);
}

bool order_is_port(struct opt_int port)
{
    return port.set && port.v > 0 && port.v <= UINT16_MAX;
}

bool order_is_version(const char *s)
{
    return s == NULL || (strlen(s) < 32 && strspn(s, "0123456789.") == strlen(s));
}

bool order_is_host(const char *s)
{
    return s != NULL && *s && strlen(s) < 256 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_") == strlen(s);
}

static int check_settings(const struct proto_node_order *o, struct err *e)
{
    for (size_t i = 0; i < o->settings.n; i++) {
        const struct proto_setting *s = &o->settings.items[i];
        if (!setting_is_known(o->engine, s->name))
            return err_set(e, ERR_USAGE, "the order has a setting that no parameter group of %s has: %.60s", o->engine,
                order_is_text(s->name) ? s->name : "?");
        if (!order_is_text(s->value)) return err_set(e, ERR_USAGE, "the setting %s has no proper value", s->name);
    }
    return 0;
}

/* Where a path leads below its root is looked at when it is opened: base/beneath.h. */
bool order_is_place(const char *root, const char *path)
{
    return root != NULL && root[0] == '/' && order_is_text(root) && path != NULL && order_is_text(path);
}

static int check_seed(const struct proto_seed_order *o, struct err *e)
{
    for (size_t i = 0; i < o->files.n; i++) {
        const struct proto_seed_file *f = &o->files.items[i];
        if (f->snapshot ? !file_id_ok(f->snapshot) : !order_is_place(f->root, f->path))
            return err_set(e, ERR_USAGE, "a file that the node is to begin with has no proper name");
    }
    return 0;
}

static bool is_pem(const char *s)
{
    return s != NULL && strstr(s, "-----BEGIN ") != NULL;
}

static int check_tls(const struct proto_tls_order *t, struct err *e)
{
    if (t->mode != ENCRYPTION_REQUIRED && t->mode != ENCRYPTION_PREFERRED)
        return err_set(e, ERR_USAGE, "the order has no proper mode of encryption");
    if (!is_pem(t->certificate) || !is_pem(t->key) || !is_pem(t->authority))
        return err_set(e, ERR_USAGE, "the order has no certificate");
    return order_is_address(t->inner_address) ? 0 : err_set(e, ERR_USAGE, "the order has no proper inner address");
}

int order_check(const struct proto_node_order *o, struct err *e)
{
    if (!file_id_ok(o->id)) return err_set(e, ERR_USAGE, "the order has no proper id");
    if (!order_is_address(o->address)) return err_set(e, ERR_USAGE, "the order has no proper address");
    if (!order_is_port(o->port)) return err_set(e, ERR_USAGE, "the order has no proper port");
    if (!order_is_version(o->engine_version)) return err_set(e, ERR_USAGE, "the order has no proper version");
    for (size_t i = 0; i < o->endpoints.n; i++)
        if (!order_is_address(o->endpoints.items[i])) return err_set(e, ERR_USAGE, "an endpoint of the order is no address");
    if (o->announced_host && !host_is_proper(o->announced_host))
        return err_set(e, ERR_USAGE, "the host that the order has clients told of is none");
    if (o->snapshot && !file_id_ok(o->snapshot)) return err_set(e, ERR_USAGE, "the order has no proper name of a snapshot");
    int r = o->seed ? check_seed(o->seed, e) : 0;
    if (r == 0 && o->tls) r = check_tls(o->tls, e);
    return r ? r : check_settings(o, e);
}
