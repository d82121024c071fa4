#pragma once
/* What each side believes at the end of a run that failed: the rows of serve, and the processes that there are. Goes into the record. */
void belief_tell(void);
