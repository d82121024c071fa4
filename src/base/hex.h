#pragma once
/* The value of a hexadecimal digit, -1 for any other character. */
int hex_digit(char c);
