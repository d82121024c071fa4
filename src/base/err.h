#pragma once
#include <assert.h>
/*
 * Errors by sign, the same everywhere: a function that can fail returns
 *     0    done
 *   > 0    a fault the API promises (enum fault, generated from api/faults.json)
 *   < 0    broken: one of enum err_code
 * and takes 'struct err *e' last, where it puts the code and a message. A function
 * that passes an error on may add what it knows with err_wrap(). Only main, http and
 * top-level callbacks log errors, once. 'e' is never NULL.
 */
enum err_code {
    ERR_BROKEN = -1, /* anything without a better name */
    ERR_IO = -2,     /* a file, a socket, a process */
    ERR_DB = -3,     /* SQLite */
    ERR_IN_USE = -4, /* an address, a port, a data directory that somebody else holds */
    ERR_USAGE = -5,  /* the user asked for something that makes no sense */
    ERR_PARSE = -6,  /* bytes without the expected form */
    ERR_STALE = -7,  /* it goes by something that is not so here: the whole is to be told */
    ERR_FLAG = -8,   /* a value of the command line that makes no sense on any machine */
};

struct err {
    int code;
    char msg[600];
};

/* An error's code, which is never 0: where one is returned, compilers and analysers know that it does not go on as if all were well. */
static inline int err_never_0(int code)
{
    assert(code != 0);
    return code;
}

/* Sets code and message; its value is 'code'. */
#define err_set(e, code, ...)                   \
    ({                                          \
        const int err_code = err_never_0(code); \
        err_put(e, err_code, __VA_ARGS__);      \
        err_code;                               \
    })
void err_put(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<text>: " before the message and keeps the code, which is its value. */
#define err_wrap(e, ...) err_never_0(err_prepend(e, __VA_ARGS__))
int err_prepend(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
