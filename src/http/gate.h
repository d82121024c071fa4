#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct arena;
struct err;
struct exchange;
struct form;
struct scope;
/*
 * Who may come in. Without a gate everybody may, and is who he says he is: signatures are not looked at. What stands behind the gate
 * (src/auth) is not known here.
 */

/* Somebody whose signature was verified; his account is in the scope. The strings live as long as the exchange. */
struct identity {
    const char *arn;            /* arn:aws:iam::123456789012:user/ci */
    const char *id;             /* as STS calls it */
    const char *key;            /* the id of the access key whose rights he has */
    bool read_only;             /* may change nothing */
    const char *const *actions; /* that he may ask for, as policies write them (elasticache:Describe*); NULL: all */
    size_t n_actions;
};

/* The id of a session of a role, of the names of both, as STS calls it. */
#define ASSUMED_ROLE_ID "AROAMERIDIAN%.40s:%s"

/* A session that AssumeRole begins. */
struct assumed_role {
    const char *account, *role, *session;
    int64_t seconds;
};

struct temporary_key {
    const char *id, *secret, *token;
};

struct gate {
    /*
     * Verifies that the request is signed for this service, and puts region, service, account and who sent it into 'scope'.
     * Returns 0, or one of the API's common faults; its text is scope->refusal where that is set, else the error's message.
     */
    int (*authenticate)(void *arg, struct exchange *x, const char *service, struct scope *scope, struct err *e);
    /* 0, or FAULT_ACCESS_DENIED where the caller may not do "elasticache:Action"; 'form' has the parameters, which name the resource. */
    int (*authorize)(
        void *arg, const struct scope *scope, const char *action, bool writes, const struct form *form, struct err *e);
    /* Credentials that are good from now on for some time, in the arena. */
    struct temporary_key (*assume)(void *arg, const struct scope *scope, const struct assumed_role *r, struct arena *a);
    void *arg;
};
