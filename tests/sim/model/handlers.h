#pragma once
#include "model_int.h"
/* What carries out a command of the table; NULL where the model does not know it. */
handler *handler_of(const char *name);
