#include "agent/os/reservations.h"
#include "agent/os/address.h"
#include "agent/os/bound.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HERE "127.66.77.1"
#define THERE "127.66.77.2"

static struct reservations *all;
static int port, someone; /* someone: any borrower */

/* A socket that listens as Redis, memcached and nearly everybody do; -1 where it can't. */
static int listens(const char *address)
{
    int fd = bound_open(address, port);
    if (fd < 0 || listen(fd, 8) == 0) return fd;
    close(fd);
    return -1;
}

static int connects(const char *address)
{
    struct sockaddr_storage to;
    socklen_t size = address_fill(address, port, &to);
    int fd = socket(AF_INET, SOCK_STREAM, 0), why = connect(fd, (struct sockaddr *)&to, size) == 0 ? 0 : errno;
    close(fd);
    return why;
}

static void want(const char *const addresses[], size_t n)
{
    reservations_begin(all);
    for (size_t i = 0; i < n; i++) reservations_want(all, addresses[i], port);
    reservations_end(all);
}

static void one(void)
{
    port = 20000 + getpid() % 10000;
    all = reservations_new();
    want((const char *const[]){HERE}, 1);
}

static void none(void)
{
    reservations_free(all);
}

TestSuite(reservations, .init = one, .fini = none);

Test(reservations, what_is_reserved_refuses_connections_and_nobody_can_listen_there)
{
    cr_assert_eq(connects(HERE), ECONNREFUSED);
    cr_assert_eq(listens(HERE), -1);
    cr_assert_eq(listens("0.0.0.0"), -1, "nor everywhere");
    int beside = listens(THERE);
    cr_assert_geq(beside, 0);
    cr_assert_eq(listens(HERE), -1, "not even with a listener beside it");
    close(beside);
}

Test(reservations, a_borrower_listens_and_when_it_dies_nobody_else_can)
{
    reservations_lend(all, &someone, HERE, port);
    int engine = listens(HERE);
    cr_assert_geq(engine, 0);
    reservations_return(all, &someone);
    cr_assert_eq(connects(HERE), 0);
    close(engine);
    cr_assert_eq(listens(HERE), -1);
    cr_assert_eq(connects(HERE), ECONNREFUSED);
}

Test(reservations, an_address_is_lent_until_its_last_borrower_returns_it)
{
    int another;
    reservations_lend(all, &someone, HERE, port);
    reservations_lend(all, &someone, HERE, port);
    reservations_lend(all, &another, HERE, port);
    reservations_return(all, &someone);
    int engine = listens(HERE);
    cr_assert_geq(engine, 0);
    close(engine);
    reservations_return(all, &another);
    cr_assert_eq(listens(HERE), -1);
}

Test(reservations, a_probe_finds_what_listens_and_leaves_everything_reserved)
{
    cr_assert_eq(reservations_probe(all, HERE, port), 0);
    cr_assert_eq(listens(HERE), -1);
    int stranger = listens(THERE);
    cr_assert_eq(reservations_probe(all, THERE, port), EADDRINUSE);
    close(stranger);
    cr_assert_eq(reservations_probe(all, THERE, port), 0);
    cr_assert_eq(reservations_probe(all, "192.0.2.1", port), EADDRNOTAVAIL);
    cr_assert_eq(reservations_probe(all, "nowhere", port), EINVAL);
}

Test(reservations, what_a_stranger_has_is_taken_once_he_leaves)
{
    int stranger = listens(THERE);
    want((const char *const[]){HERE, THERE}, 2);
    cr_assert_eq(reservations_probe(all, THERE, port), EADDRINUSE);
    cr_assert_eq(connects(THERE), 0, "the stranger's, as it was");
    close(stranger);
    reservations_renew(all);
    cr_assert_eq(listens(THERE), -1);
}

Test(reservations, what_is_lent_before_it_is_taken_stays_free_for_the_borrower)
{
    reservations_begin(all);
    reservations_want(all, THERE, port);
    reservations_lend(all, &someone, THERE, port);
    reservations_end(all);
    int engine = listens(THERE);
    cr_assert_geq(engine, 0);
    reservations_return(all, &someone);
    cr_assert_eq(connects(THERE), 0);
    close(engine);
    reservations_take(all, THERE, port);
    cr_assert_eq(listens(THERE), -1);
}

Test(reservations, half_of_the_descriptors_are_for_more_important_things)
{
    int first = dup(0);
    close(first);
    struct rlimit few = {2 * (rlim_t)(first + 4), 2 * (rlim_t)(first + 4)};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    none();
    all = reservations_new();
    char address[32];
    reservations_begin(all);
    for (int i = 1; i <= 2 * (first + 4); i++) {
        snprintf(address, sizeof address, "127.66.78.%d", i);
        reservations_want(all, address, port);
    }
    reservations_end(all);
    int fd = dup(0);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert_eq(reservations_probe(all, "127.66.78.20", port), 0, "only that it is kept is given up");
}

Test(reservations, what_is_not_wanted_any_more_is_given_up)
{
    want((const char *const[]){THERE}, 1);
    int other = listens(HERE);
    cr_assert_geq(other, 0);
    close(other);
    cr_assert_eq(listens(THERE), -1);
    reservations_lend(all, &someone, HERE, port); /* not wanted: nothing happens */
    reservations_return(all, &someone);
}
