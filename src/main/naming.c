#include "main/naming.h"
#include "base/err.h"
#include "base/listen.h"
#include "base/log.h"
#include "catalog/endpoint_name.h"
#include "dns/server.h"
#include "main/data_dir.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTE "dns"
#define LOOPBACK "127.0.0.1"

static bool is_address(const char *text)
{
    uint8_t ip[16];
    return inet_pton(AF_INET, text, ip) == 1 || inet_pton(AF_INET6, text, ip) == 1;
}

int naming_check(const struct options *o, struct err *e)
{
    int r = o->dns[0] ? listen_check(o->dns, e) : 0;
    if (r) return r;
    if (o->names[0] && !endpoint_name_may_end(o->names))
        return err_set(e, ERR_FLAG,
            "--names %.80s is no domain that names can be made below: write aws, or a domain in small letters like cache.test",
            o->names);
    if (o->names[0] && o->dns[0] == '\0' && o->addressing != ADDRESSING_PORTS)
        return err_set(e, ERR_FLAG,
            "--names %s needs --dns HOST:PORT: each name leads to an address of its own, which nobody else can tell", o->names);
    return 0;
}

/* One address for all: the advertised one, or where other machines find this one. */
static int find_place(struct naming *n, const char *advertise, const char *own_address, struct err *e)
{
    const char *place = advertise ? advertise : own_address[0] ? own_address : LOOPBACK;
    if (!is_address(place))
        return err_set(e, ERR_FLAG,
            "--dns answers with an address, and --advertise %s is none: advertise the address that this name has", place);
    snprintf(n->at, sizeof n->at, "%s", place);
    return 0;
}

static int take_address(struct naming *n, const char *address, const char *data_dir, struct err *e)
{
    char line[OPTION_NAME_SIZE + 1];
    const char *colon = strrchr(address, ':');
    int r = listen_on_both(address, "--dns", &n->udp, &n->tcp, e);
    if (r) return r;
    int size = (int)(colon - address);
    snprintf(
        n->dns, sizeof n->dns, "%.*s:%u", size ? size : (int)strlen(LOOPBACK), size ? address : LOOPBACK, listen_port(n->udp));
    snprintf(line, sizeof line, "%s\n", n->dns);
    return data_dir_write(data_dir, NOTE, line, e);
}

int naming_open(struct naming *n, const struct options *o, const char *advertise, const char *own_address, const char *data_dir,
    struct err *e)
{
    int r = 0;
    data_dir_drop(data_dir, NOTE); /* of a serve before this one, which may have been killed */
    if (o->names[0] == '\0' && o->dns[0] == '\0') return 0;
    n->shown = o->names[0] != '\0';
    n->domain = n->shown ? o->names : NAMES_OF_AWS;
    if (o->dns[0] == '\0') return 0;
    endpoint_name_domains(n->domain, n->zone.domains);
    if (o->addressing == ADDRESSING_PORTS) r = find_place(n, advertise, own_address, e);
    return r ? r : take_address(n, o->dns, data_dir, e);
}

void naming_serve(struct naming *n, uv_loop_t *loop)
{
    struct err e;
    if (n->udp < 0) return;
    if (dns_server_open(&n->server, loop, &n->zone, n->udp, n->tcp, &e) != 0) log_error("%s", e.msg);
    n->udp = n->tcp = -1;
}

void naming_close(struct naming *n)
{
    dns_server_close(n->server);
    n->server = NULL;
    if (n->udp >= 0) close(n->udp);
    if (n->tcp >= 0) close(n->tcp);
    n->udp = n->tcp = -1;
    zone_clear(&n->zone);
}
