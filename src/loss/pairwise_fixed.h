/* Tiles in fixed point, for pairwise_body.h: an instruction does twice the products of float.
 *
 * p and l are rounded to 16 bits: l of a block to units of its largest |l| / (2^L_BITS - 1), and p
 * of a row to units of 2^-15, or finer ones where all of the row is small; of these `finer` bits l
 * has to leave as many free. The products are then summed without any rounding in 32 bits: as sum_k
 * p_k is 1, |sum_k p_k l_k| stays below 2^29 and something for the rounding of p, and what is added
 * to it (`start`) is cut at START_MOST, far from where a sign could turn.
 *
 * With e and f for what rounding took from p and l, and by Cauchy and Schwarz, a value has moved by
 *   |sum_k e_ik l_jk + (p_ik - e_ik) f_jk| <= |e_i| max_j |l_j| + (|p_i| + |e_i|) max_j |f_j|
 * at most. One that lies within that of 0 is computed again as the tiles of floats have it, and so
 * the bits come out as theirs do. `start` is raised by as much (slack): a value below 0 is surely
 * active, and one in [0, 2 slack), a single comparison without sign, is not sure. */

enum {
    L_BITS = 14, /* of the largest |l| */
    P_BITS = 15, /* of p = 1 */
    P_MOST = (1 << 15) - 1,
    START_MOST = 1500000000,
    FIXED_COLUMNS_MOST = 4096 /* up to here what rounds p up stays below what START_MOST leaves */
};

/* Of the margin, what rounding may move a value by on average: beyond, too many would be computed
 * again. */
static const double fixed_share = 1.0 / 32;

/* Bits that p gets from l: with d entries a row's |e| grows with sqrt(d) and its |p| shrinks. */
static int finer_bits(size_t d) {
    return d < 32 ? 0 : d < 128 ? 1 : d < 384 ? 2 : 3;
}

/* sum += the products of pairs. Not by its intrinsic: gcc 12 then copies the sums of a tile about
 * and spills them, which takes twice the time. */
INLINE __m512i add_products(__m512i sum, __m512i a, __m512i b) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}

/* rows [k..k + LANES) in units of 1 / scale, and into squares += what that takes from them. */
INLINE __m512i to_whole(__m512 *squares, const float *at, __m512 scale, __m512 unit) {
    __m512 values = _mm512_loadu_ps(at);
    __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(values, scale));
    whole = _mm512_min_epi32(whole, _mm512_set1_epi32(P_MOST));
    __m512 lost = _mm512_fnmadd_ps(_mm512_cvtepi32_ps(whole), unit, values);
    *squares = _mm512_fmadd_ps(lost, lost, *squares);
    return whole;
}

/* What a vector's 2-norm is at most, by its squares summed in float. */
INLINE double norm_of(__m512 squares) {
    return sqrt((double)_mm512_reduce_add_ps(squares)) * (1 + 1e-4);
}

/* l to [panel][pairs of k][PANEL][2]; the largest |l_j| and |f_j|. */
static void fixed_columns(int16_t *packed, double *longest, double *lost_most,
                          const fa__pair_block *b, size_t d, size_t width, double of_l) {
    const size_t pairs = (d + 1) / 2;
    const __m512 scale = _mm512_set1_ps((float)of_l), unit = _mm512_set1_ps(1 / (float)of_l);
    *longest = *lost_most = 0;
    for (size_t j = 0; j < b->padded; j++) {
        int32_t *column = (int32_t *)(void *)packed + j / PANEL * pairs * PANEL + j % PANEL;
        const float *l = b->l + j * width;
        __m512 squares = _mm512_setzero_ps(), lost = squares;
        for (size_t k = 0; k < width; k += LANES) {
            int32_t whole[LANES / 2];
            _mm256_storeu_si256((__m256i *)(void *)whole,
                                _mm512_cvtepi32_epi16(to_whole(&lost, l + k, scale, unit)));
            squares = _mm512_fmadd_ps(_mm512_loadu_ps(l + k), _mm512_loadu_ps(l + k), squares);
            for (size_t u = 0; u < LANES / 2 && k / 2 + u < pairs; u++)
                column[(k / 2 + u) * PANEL] = whole[u];
        }
        *longest = fmax(*longest, norm_of(squares));
        *lost_most = fmax(*lost_most, norm_of(lost));
    }
}

/* -p of a row in units of 2^-bits, and |p|, |e|. */
static int fixed_row(int16_t *out, double *length, double *lost_length, const float *p,
                     size_t width, int finer) {
    int bits = P_BITS;
    __m512 squares = _mm512_setzero_ps(), lost = squares, high = squares;
    for (size_t k = 0; k < width; k += LANES) high = _mm512_max_ps(high, _mm512_loadu_ps(p + k));
    for (float top = _mm512_reduce_max_ps(high); top < 0.5f && bits < P_BITS + finer; top *= 2)
        bits++;
    const __m512 scale = _mm512_set1_ps(ldexpf(1, bits)), unit = _mm512_set1_ps(ldexpf(1, -bits));
    for (size_t k = 0; k < width; k += LANES) {
        __m512i whole = to_whole(&lost, p + k, scale, unit);
        squares = _mm512_fmadd_ps(_mm512_loadu_ps(p + k), _mm512_loadu_ps(p + k), squares);
        _mm256_storeu_si256((__m256i *)(void *)(out + k),
                            _mm512_cvtepi32_epi16(_mm512_sub_epi32(_mm512_setzero_si512(), whole)));
    }
    *length = norm_of(squares);
    *lost_length = norm_of(lost);
    return bits;
}

static bool fixed(fa__pair_tiles *t, const fa__pair_block *a, const fa__pair_block *b,
                  const float *stored, double margin) {
    const fa__pair_fixed *to = &t->fixed;
    const int finer = finer_bits(t->d);
    double reach = 1e-3, slacks = 0, longest, lost_most;
    if (t->d > FIXED_COLUMNS_MOST) return false;
    for (size_t k = 0; k < t->d; k++) reach = fmax(reach, b->reach[k]);
    const double of_l = ((1 << (L_BITS - finer)) - 1) / reach, most = START_MOST;
    fixed_columns(to->columns, &longest, &lost_most, b, t->d, t->width, of_l);
    for (size_t i = 0; i < a->padded; i++) {
        double length, lost, start = (double)t->start[i];
        int bits = fixed_row(to->rows + i * t->width, &length, &lost, t->p + i * t->width, t->width,
                             finer);
        double unit = ldexp(of_l, bits);
        /* What start and of_l are rounded by is below 2^-22 of what they make. */
        double slack = (double)stored[i] + 0x1p-22 * (fabs(start) + longest) + lost * longest +
                       (length + lost) * lost_most;
        double units = fmin(slack * unit + 2, most / 8);
        to->start[i] = (int32_t)fmax(-most, fmin(start * unit + units, most));
        to->slack[i] = (int32_t)(2 * units);
        if (i < a->n) slacks += slack;
    }
    return slacks <= fixed_share * margin * (double)a->n;
}

/* As tile() of pairwise_body.h. */
INLINE bool fixed_tile(const size_t vectors, const bool ahead, const fa__pair_tiles *t, size_t i,
                       size_t j, VI *columns, size_t bit, uint64_t *close) {
    const size_t pairs = (t->d + 1) / 2, row = t->width / 2;
    const int32_t *panel =
        (const int32_t *)(const void *)t->fixed.columns + j / PANEL * pairs * PANEL;
    const int32_t *p = (const int32_t *)(const void *)t->fixed.rows + i * row;
    __m512i sum[TILE_ROWS][VECTORS], low = _mm512_set1_epi32(INT32_MAX);
    int32_t slack = 0;
    for (size_t r = 0; r < TILE_ROWS; r++)
        for (size_t v = 0; v < vectors; v++) sum[r][v] = _mm512_set1_epi32(t->fixed.start[i + r]);
    for (size_t k = 0; k < pairs; k++) {
        __m512i b[VECTORS];
        for (size_t v = 0; v < vectors; v++)
            b[v] = _mm512_loadu_si512(panel + k * PANEL + v * LANES);
        for (size_t v = 0; v < vectors * ahead; v++)
            __builtin_prefetch(panel + (k + 12) * PANEL + v * LANES);
        for (size_t r = 0; r < TILE_ROWS; r++) {
            const __m512i factor = _mm512_set1_epi32(p[r * row + k]);
            for (size_t v = 0; v < vectors; v++) sum[r][v] = add_products(sum[r][v], factor, b[v]);
        }
    }
    for (size_t r = 0; r < TILE_ROWS; r++) {
        STORE_SIGNS(t->row_bits + (i + r) * t->row_stride + j / 8, sum[r], vectors);
        for (size_t v = 0; v < vectors; v++) {
            columns[v] = COLLECT(columns[v], sum[r][v], (int)(1u << (bit + r)));
            low = _mm512_min_epu32(low, sum[r][v]);
        }
        slack = t->fixed.slack[i + r] > slack ? t->fixed.slack[i + r] : slack;
    }
    if (_mm512_cmplt_epu32_mask(low, _mm512_set1_epi32(slack)) == 0) return false;
    for (size_t r = 0; r < TILE_ROWS; r++) {
        const __m512i limit = _mm512_set1_epi32(t->fixed.slack[i + r]);
        close[r] = 0;
        for (size_t v = 0; v < vectors; v++)
            close[r] |= (uint64_t)_mm512_cmplt_epu32_mask(sum[r][v], limit) << v * LANES;
    }
    return true;
}
