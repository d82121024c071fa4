#pragma once
#include <stddef.h>
/* What a program prints when it is run with the one argument 'question', at most size - 1 bytes. -1 where it can't be run or does not
 * end its answer in 5 s. Blocks for as long. */
int program_ask(const char *path, const char *question, char *out, size_t size);
