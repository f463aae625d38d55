/* Files for other programs. */
#ifndef FA_REPORT_EXPORT_H
#define FA_REPORT_EXPORT_H

#include "report/view.h"

/* clusters.csv (a line for every row), and vectors.tsv with metadata.tsv for TensorBoard's
 * projector (a draw of at most FA__VECTORS_MAX rows), in the run folder. */
fa_status fa__export(const fa__view *view);
/* The last two alone, in any folder. */
fa_status fa__export_vectors(const fa__view *view, const char *folder);

#endif
