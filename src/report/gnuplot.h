/* Running gnuplot. The only file that knows of processes. */
#ifndef FA_REPORT_GNUPLOT_H
#define FA_REPORT_GNUPLOT_H

#include "base/status.h"

/* Runs `program` (found on PATH if it has no '/') on a script in a folder, without a shell; its
 * messages go to LOG in that folder. FA_E_UNAVAILABLE, saying what to install, where there is no
 * such program; FA_E_IO with the start of its messages where it fails. */
fa_status fa__gnuplot_run(const char *program, const char *folder, const char *script,
                          const char *log);

#endif
