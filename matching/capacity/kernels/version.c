/* Which sources this library was compiled from; build.py defines SOURCE_DIGEST. */
#include "kernels.h"

EXPORT const char *source_digest(void);

EXPORT const char *source_digest(void) { return SOURCE_DIGEST; }
