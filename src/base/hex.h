#pragma once
#include <stddef.h>
#include <stdint.h>
/* The value of a hexadecimal digit, -1 for any other character. */
int hex_digit(char c);
/* Two small digits for each byte, and a NUL behind them: 'out' has room for 2 * n + 1 characters. */
void hex_write(const uint8_t *bytes, size_t n, char *out);
