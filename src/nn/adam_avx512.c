/* Adam, avx512. */
#define KERNEL fa__adam_avx512
#include "nn/adam_body.h"
