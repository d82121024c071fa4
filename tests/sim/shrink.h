#pragma once
#include "run.h"
/*
 * Leaves out steps for as long as the same thing fails: first great parts, then ever smaller ones. Ends after a minute at the
 * latest, with what it has by then.
 */
void shrink(struct steps *s, const char *dir, const struct outcome *failed);
