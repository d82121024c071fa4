#pragma once
#include <stddef.h>
struct form;
struct scope;
/* The resource that a request is about, as refusals name it. */
enum { RESOURCE_SIZE = 400 };
/* Its ARN, by the parameter that carries the id of what the action is called after; "*" where the request names none. */
void resource_of(const struct scope *scope, const char *action, const struct form *form, char out[RESOURCE_SIZE]);
