#pragma once
struct buf;
/* Adds the shortest decimal text that reads back as the same number; 0 for a number that is not finite. */
void number_put(struct buf *b, double v);
