#pragma once
#include "ops/core/op.h"
/* The SHA-256 of a text in hex: all that is kept of passwords and AUTH tokens, and all that engines are told. In the arena. */
const char *digest_sha256(struct op *op, const char *text);
