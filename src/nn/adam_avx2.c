/* Adam, avx2. */
#define KERNEL fa__adam_avx2
#include "nn/adam_body.h"
