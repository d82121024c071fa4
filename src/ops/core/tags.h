#pragma once
#include "ops/core/op.h"
/* The tags that resources are given when they come to be: those of a request, or those of another resource. */

/* Checks tags as they come in: at most 50 with those already there, lengths, no reserved prefix; then writes them. */
int tags_put(struct op *op, const char *arn, const struct api_tag_list *tags);

/* Gives the resource 'to' the tags of the resource 'from'; both are ARNs. */
int tags_copy(struct op *op, const char *from, const char *to);
