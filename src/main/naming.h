#pragma once
#include "dns/zone.h"
#include "main/options.h"
#include <stdbool.h>
#include <uv.h>
/*
 * The flags --dns and --names: which names endpoints have, who is told them, and the server that answers them. Where neither is given
 * nothing is kept and nothing listens.
 */
struct dns_server;
struct err;

struct naming {
    const char *domain;         /* endpoint_name.h; NULL: endpoints have no names */
    bool shown;                 /* in answers of the API, and by Redis Clusters and memcached clusters */
    char at[OPTION_NAME_SIZE];  /* --addressing ports: the address that names lead to */
    char dns[OPTION_NAME_SIZE]; /* HOST:PORT where they are answered; "": nowhere */
    struct zone zone;
    int udp, tcp; /* -1: none */
    struct dns_server *server;
};

/* ERR_FLAG, in one line, where the flags are no names or addresses, or one lacks the other. */
int naming_check(const struct options *o, struct err *e);
/*
 * For flags that naming_check() took. Takes the address that --dns names, and notes it in the file 'dns' of the data directory. 'advertise' is what endpoints would name with
 * --addressing ports (NULL: the host by which each caller came), and 'own_address' that of this machine where nodes listen everywhere
 * (else ""). ERR_FLAG, in one line, where the flags can't work together.
 */
int naming_open(struct naming *n, const struct options *o, const char *advertise, const char *own_address, const char *data_dir,
    struct err *e);
/* Answers from now on: all names are known. What has been asked meanwhile waits. To be called after each pass. */
void naming_serve(struct naming *n, uv_loop_t *loop);
void naming_close(struct naming *n);
