/* Adam, portable. */
#define KERNEL fa__adam_portable
#include "nn/adam_body.h"
