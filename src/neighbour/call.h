#pragma once
#include "base/buf.h"
#include "http/gate.h"
#include "http/request_id.h"
#include "http/scope.h"
#include "model/form.h"
#include "model/xml.h"
#include <stdbool.h>
/* A request of STS or EC2 on its way. Strings belong to the exchange. */
struct exchange;
struct region;

struct neighbour_call {
    struct exchange *x;
    struct arena *arena;
    const struct scope *scope;
    const struct gate *gate; /* NULL: signatures are not looked at */
    const struct region *region;
    const char *action;
    struct form form;
    char id[REQUEST_ID_SIZE];
};

/* Both answer a request; false: it is none that they know, and nothing was answered. */
bool sts_answer(struct neighbour_call *c);
bool ec2_answer(struct neighbour_call *c);
