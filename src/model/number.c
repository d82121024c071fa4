#include "model/number.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"

void number_put(struct buf *b, double v)
{
    char text[32] = "0";
    if (isfinite(v) && fabs(v) < 1e15 && v == (double)(int64_t)v) {
        buf_put_int(b, (int64_t)v);
        return;
    }
    if (isfinite(v)) {
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, v);
            if (strtod(text, NULL) == v) break;
        }
    }
    buf_puts(b, text);
}
