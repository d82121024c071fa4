#pragma once
#include <stdbool.h>
#include <stdint.h>
/*
 * The addresses of an agent's nodes and endpoints. Whatever nobody of ours listens on is kept from everybody else: clients
 * and replicas go on to connect to a node that is down, and a stranger in its place would hear their passwords, and answer
 * with data of its own.
 *
 * A reservation is a socket that is bound and does not listen, so that connections to it are refused. It is bound before an
 * engine listens and stays bound while it does: when the engine dies, the address is taken in that same instant. Who wants
 * to listen borrows the address: only then can others bind it, too. For as long as that takes, a few milliseconds, anybody
 * can; who comes first keeps the other out, and the engine that can't listen says so. An address that is lent is never taken
 * anew, which would keep the borrower out.
 *
 * Where an engine listens already, because an agent before this one started it, nothing can be bound beside it: such an
 * address is reserved as soon as it falls free.
 */
struct reservations;
struct proto_assignment;

struct reservations *reservations_new(void);
void reservations_free(struct reservations *r);

/* Between begin and end: all the addresses there shall be, literal ones. All others are given up, those that are new are
 * taken at the end, unless they were lent before. */
void reservations_begin(struct reservations *r);
void reservations_want(struct reservations *r, const char *address, int64_t port);
void reservations_end(struct reservations *r);
/* Tries again to take what is not taken; to be called now and then. */
void reservations_renew(struct reservations *r);

/* 'borrower' is about to listen there. It may borrow many, and each as often as it likes. */
void reservations_lend(struct reservations *r, const void *borrower, const char *address, int64_t port);
/* Everything that it borrowed comes back: it listens there by now, or will not. */
void reservations_return(struct reservations *r, const void *borrower);
/* Nobody of ours listens there any more. */
void reservations_take(struct reservations *r, const char *address, int64_t port);

/* True for an address that is wanted and not taken: one of ours listens there, or a stranger. */
bool reservations_lacks(const struct reservations *r, const char *address, int64_t port);

/*
 * Whether somebody could listen there right now: 0, or the errno that listening would meet. Of any address, reserved or not.
 * Redis finds out only after it has loaded its data, and CONFIG SET bind closes every socket it listens on before it does.
 */
int reservations_probe(struct reservations *r, const char *address, int64_t port);
