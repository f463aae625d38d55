/* scores.json: the result of a training, and which model it is of. */
#ifndef FA_RUN_SCORES_H
#define FA_RUN_SCORES_H

#include "base/status.h"

/* model: the digest of its bytes. The text is ended by 0; free with fa__free. */
fa_status fa__scores_to_text(char **text, const fa_train_result *result, uint64_t model);

/* What the text holds; validation_loss, validation_accuracy and active_pairs stand in the history
 * and are NaN. model 0: the file is of a version that wrote none. `where` names it in messages.
 * Outputs are untouched on error. */
fa_status fa__scores_from_text(fa_train_result *result, uint64_t *model, const void *text,
                               size_t size, const char *where);

#endif
