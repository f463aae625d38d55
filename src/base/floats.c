/* Floats that have to be finite, and doubles that become floats. */
#include "base/floats.h"

#include "base/stop.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* By the exponents' bits and without a branch, so that it is vectorised; only then, where. */
size_t fa__first_nonfinite(const float *x, size_t count) {
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bad |= (bits & 0x7f800000) == 0x7f800000;
    }
    if (bad == 0) return count;
    size_t i = 0;
    while (isfinite(x[i])) i++;
    return i;
}

fa_status fa__check_finite(const char *name, const float *x, size_t n, size_t d) {
    enum { PIECE = 1 << 22 }; /* between two looks at a stop */
    size_t count = n * d, i = 0;
    for (; i < count; i += PIECE) {
        size_t rest = count - i < PIECE ? count - i : PIECE;
        FA_TRY(fa__stop_check());
        size_t bad = fa__first_nonfinite(x + i, rest);
        if (bad == rest) continue;
        i += bad;
        break;
    }
    if (i >= count) return FA_OK;
    return fa__fail(FA_E_NONFINITE, "%s[%zu, %zu] is %g; every value must be finite", name, i / d,
                    i % d, (double)x[i]);
}

float fa__narrow(double value) {
    if (value > (double)FLT_MAX) return FLT_MAX;
    if (value < -(double)FLT_MAX) return -FLT_MAX;
    return (float)value;
}

double fa__whole_less(uint64_t size, bool negative, double shift) {
    double sign = negative ? -1 : 1, high = floor(shift * 0x1p-32), low = shift - high * 0x1p32;
    double above = sign * (double)(size >> 32), below = sign * (double)(size & UINT32_MAX);
    return (above - high) * 0x1p32 + (below - low);
}

double fa__shift_of(double low, double high) {
    double spread = high - low, most = fmax(fabs(low), fabs(high)), middle = low + spread / 2;
    bool apart = most < 0x1p24 && !(most > 0x1p11 * spread && spread > 0);
    if (apart || !(spread < most) || !isfinite(spread)) return 0;
    if (spread == 0) return low;
    int exponent;
    (void)frexp(spread, &exponent);
    double step = ldexp(1, exponent);
    return floor(middle / step) * step;
}
