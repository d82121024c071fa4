#pragma once
#include <stddef.h>
/* The module as the program carries it: the bytes of the shared object that is built from the rest of this folder. */
/* As engines know it, and call it in their logs. */
#define ATTACH_NAME "meridian"
extern const unsigned char attach_image[];
extern const size_t attach_image_size;
