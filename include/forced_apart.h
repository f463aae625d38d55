/* forced-apart: finding the hidden classes inside coarse labels.
 *
 * The umbrella over the public headers, one a topic. It implements "Forced Apart: Discovering
 * Disentangled Representations Without Exhaustive Labels"; equation numbers below are that paper's.
 *
 * Conventions
 *   - Every fallible function returns fa_status (FA_OK is 0) and leaves its outputs untouched on
 *     error. fa_error_detail() then tells, for the calling thread, what was found, where, and what
 *     would work.
 *   - Matrices are row-major float32. Inputs are borrowed for the call unless the text says
 *     "copied".
 *   - A NULL gradient pointer is skipped; a gradient is overwritten, not added to.
 *   - Logarithms are natural. Non-finite input is FA_E_NONFINITE.
 *   - The library never prints, exits or aborts. Same seed, same bytes, any number of threads.
 *   - Functions on different objects may run on different threads at once.
 */
#ifndef FORCED_APART_H
#define FORCED_APART_H

#include "forced_apart/cluster.h"
#include "forced_apart/dataset.h"
#include "forced_apart/discover.h"
#include "forced_apart/export.h"
#include "forced_apart/files.h"
#include "forced_apart/loss.h"
#include "forced_apart/ranks.h"
#include "forced_apart/report.h"
#include "forced_apart/run.h"
#include "forced_apart/status.h"
#include "forced_apart/train.h"

#endif
