#include "base/connections.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { N = 6 };

static struct connections all;
static struct connection *at[N];
static int peer[N];

/* Connection i of the client 10.0.0.'client', opened at the time i. */
static void open_one(int i, int client)
{
    int fds[2];
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000U + (uint32_t)client)};
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    peer[i] = fds[1];
    at[i] = connection_open(&all, fds[0], (const struct sockaddr *)&from, i);
}

/* Its socket really ended: the other side reads the end. */
static bool is_ended(int i)
{
    char byte;
    return at[i]->shut && recv(peer[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static void close_all(void)
{
    for (int i = 0; i < N; i++) {
        if (at[i] == NULL) continue;
        close(at[i]->fd);
        close(peer[i]);
        connection_close(&all, at[i]);
    }
    cr_assert(all.n == 0 && all.first == NULL && all.last == NULL);
}

TestSuite(connections, .fini = close_all);

Test(connections, end_the_oldest_that_only_waits_for_a_newcomer)
{
    all.limits = (struct connection_limits){.all = 3, .of_one_address = 3};
    for (int i = 0; i < 3; i++) open_one(i, i);
    connection_enter(&all, at[0], PHASE_ANSWERING, 3);
    connection_enter(&all, at[1], PHASE_IDLE, 4);
    open_one(3, 3);
    cr_assert(is_ended(2) && !at[0]->shut && !at[1]->shut && !at[3]->shut);
    open_one(4, 4);
    cr_assert(is_ended(1) && !at[0]->shut && !at[3]->shut && !at[4]->shut);
}

Test(connections, end_one_that_sends_a_request_only_where_none_waits)
{
    all.limits = (struct connection_limits){.all = 2, .of_one_address = 2};
    for (int i = 0; i < 2; i++) open_one(i, i);
    connection_enter(&all, at[0], PHASE_BODY, 2);
    connection_enter(&all, at[1], PHASE_ANSWERING, 3);
    open_one(2, 2);
    cr_assert(is_ended(0) && !at[1]->shut && !at[2]->shut);
}

Test(connections, refuse_the_newcomer_while_all_requests_are_at_work)
{
    all.limits = (struct connection_limits){.all = 1, .of_one_address = 1};
    open_one(0, 0);
    connection_enter(&all, at[0], PHASE_ANSWERING, 1);
    open_one(1, 1);
    cr_assert(is_ended(1) && !at[0]->shut);
}

Test(connections, give_a_newcomer_time_to_send_its_request)
{
    all.limits = (struct connection_limits){.all = 2, .of_one_address = 2, .grace_ms = 10};
    open_one(0, 0);
    connection_enter(&all, at[0], PHASE_HEAD, 0);
    open_one(1, 1);
    open_one(2, 2);
    cr_assert(is_ended(0) && !at[1]->shut && !at[2]->shut, "one that sends for long goes before one that just came");
}

Test(connections, end_a_client_that_does_not_read_its_answer_where_nobody_else_can_go)
{
    all.limits = (struct connection_limits){.all = 2, .of_one_address = 2, .grace_ms = 2};
    for (int i = 0; i < 2; i++) open_one(i, i);
    connection_enter(&all, at[0], PHASE_ANSWERING, 1);
    connection_enter(&all, at[1], PHASE_SENDING, 1);
    open_one(2, 2);
    cr_assert(is_ended(2) && !at[1]->shut, "a client has time to read");
    open_one(3, 3);
    cr_assert(is_ended(1) && !at[0]->shut && !at[3]->shut, "but not for ever");
}

Test(connections, end_the_slowest_of_a_phase)
{
    all.limits = (struct connection_limits){.all = N, .of_one_address = N, .grace_ms = 5};
    for (int i = 0; i < 3; i++) open_one(i, i);
    connection_enter(&all, at[1], PHASE_SENDING, 3);
    connection_enter(&all, at[2], PHASE_SENDING, 4);
    cr_assert(!connections_end_slowest(&all, PHASE_SENDING, 7));
    cr_assert(connections_end_slowest(&all, PHASE_SENDING, 8) && is_ended(1) && !at[2]->shut && !at[0]->shut);
    cr_assert(!connections_end_slowest(&all, PHASE_SENDING, 8));
}

Test(connections, let_one_address_take_no_more_than_its_part)
{
    all.limits = (struct connection_limits){.all = 5, .of_one_address = 2};
    open_one(0, 7);
    for (int i = 1; i < 4; i++) open_one(i, 8);
    cr_assert(is_ended(1) && !at[0]->shut && !at[2]->shut && !at[3]->shut);
}

Test(connections, end_those_that_take_too_long)
{
    all.limits = (struct connection_limits){.all = N, .of_one_address = N, .phase_ms = {[PHASE_FRESH] = 10, [PHASE_IDLE] = 30}};
    for (int i = 0; i < 3; i++) open_one(i, i);
    connection_enter(&all, at[1], PHASE_IDLE, 2);
    connection_enter(&all, at[2], PHASE_ANSWERING, 2);
    connections_sweep(&all, 10);
    cr_assert(!at[0]->shut);
    connections_sweep(&all, 11);
    cr_assert(is_ended(0) && !at[1]->shut);
    connections_sweep(&all, 33);
    cr_assert(is_ended(1) && !at[2]->shut);
    connections_sweep(&all, 1000000);
    cr_assert(!at[2]->shut);
}
