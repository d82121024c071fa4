#include "control/hosts.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "control/secret.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const char *const hosts_domains[] = {"localhost", "test", "local", "internal", "home.arpa", NULL};

static bool is_known(const struct hosts *h, const char *host)
{
    for (size_t i = 0; i < h->n; i++)
        if (strcasecmp(h->names[i], host) == 0) return true;
    return false;
}

static bool add_host(struct hosts *h, const char *host)
{
    size_t n = strlen(host);
    if (h->n == HOSTS_MAX || n >= HOST_TEXT_SIZE || !host_is_proper(host) || is_known(h, host)) return false;
    memcpy(h->names[h->n++], host, n + 1);
    return true;
}

static bool is_below(const char *host, const char *domain)
{
    size_t n = strlen(host), m = strlen(domain);
    return n > m && host[n - m - 1] == '.' && strcasecmp(host + n - m, domain) == 0;
}

bool hosts_may_learn(const char *host)
{
    if (!host_is_proper(host)) return false;
    if (strpbrk(host, ".:") == NULL || host_is_private_address(host)) return true;
    for (const char *const *d = hosts_domains; *d; d++)
        if (is_below(host, *d)) return true;
    return false;
}

/* Lost with the file, it is learned anew from the next caller. */
static void keep_hosts(const struct hosts *h)
{
    struct err e;
    _buf_ struct buf text = {0};
    for (size_t i = 0; i < h->n; i++) buf_printf(&text, "%s\n", h->names[i]);
    if (secret_write(h->path, text.data, text.len, &e) != 0) log_warn("keeping the hosts of certificates: %s", e.msg);
}

bool hosts_learn(struct hosts *h, const char *host)
{
    if (h->path[0] == '\0' || !hosts_may_learn(host) || !add_host(h, host)) return false;
    log_info("nodes' certificates carry the host %s from now on, by which a caller has reached the API", host);
    keep_hosts(h);
    return true;
}

void hosts_open(struct hosts *h, const char *data_dir, const char *own_address)
{
    static const char *const always[] = {
        "localhost", "127.0.0.1", "meridian", "host.docker.internal", "host.containers.internal"};
    char line[HOST_TEXT_SIZE + 1], name[HOST_TEXT_SIZE] = "";
    *h = (struct hosts){0};
    snprintf(h->path, sizeof h->path, "%s/hosts", data_dir);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) add_host(h, always[i]);
    if (own_address) add_host(h, own_address);
    if (gethostname(name, sizeof name - 1) == 0) add_host(h, name);
    FILE *f = fopen(h->path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (hosts_may_learn(line)) add_host(h, line);
    }
    if (f != NULL) fclose(f);
}
