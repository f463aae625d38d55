/* Ranks that are threads of this process, for tests of what ranks share without MPI. */
#ifndef FA_TESTS_THREAD_RANKS_H
#define FA_TESTS_THREAD_RANKS_H

#include "test.h"

#include "comm/comm.h"

#include <pthread.h>

enum { THREAD_RANKS_MOST = 8, THREAD_RANKS_TEXT = 512 };

typedef struct meeting {
    size_t size;
    pthread_barrier_t all;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct of_rank {
        fa_status status;
        bool flag;
        char detail[THREAD_RANKS_TEXT];
        void *rows;                       /* of a gather or a broadcast */
        const fa__comm_message *messages; /* of an exchange */
        size_t n_messages;
        struct of_sender { /* what each other rank passes to it, until it is taken */
            bool full;
            const void *passed;
        } from[THREAD_RANKS_MOST];
    } of[THREAD_RANKS_MOST];
} meeting;

/* What one rank knows. */
typedef struct attendance {
    meeting *at;
    bool failed, held;
    fa_status status;
    char detail[THREAD_RANKS_TEXT];
} attendance;

static fa_status threads_agree(const fa__comm *comm, fa_status status, bool *flag) {
    attendance *a = comm->state;
    struct of_rank *of = a->at->of;
    bool any = false;
    if (a->failed) return fa__fail(a->status, "%s", a->detail);
    of[comm->rank].status = status;
    of[comm->rank].flag = flag != NULL && *flag;
    snprintf(of[comm->rank].detail, THREAD_RANKS_TEXT, "%s", fa_error_detail());
    pthread_barrier_wait(&a->at->all);
    for (size_t r = comm->size; r-- > 0;) {
        any = any || of[r].flag;
        if (of[r].status == FA_OK) continue;
        a->failed = true;
        a->status = of[r].status;
        memcpy(a->detail, of[r].detail, sizeof a->detail);
    }
    pthread_barrier_wait(&a->at->all);
    if (flag != NULL) *flag = any;
    return a->failed ? fa__fail(a->status, "%s", a->detail) : FA_OK;
}

static bool threads_renew(const fa__comm *comm) {
    attendance *a = comm->state;
    bool failed = a->failed;
    a->failed = false;
    return failed;
}

static fa_status threads_gather(const fa__comm *comm, void *rows, const size_t *counts,
                                size_t row_size) {
    attendance *a = comm->state;
    size_t start = 0;
    a->at->of[comm->rank].rows = rows;
    pthread_barrier_wait(&a->at->all);
    for (size_t r = 0; r < comm->size; start += counts[r++])
        if (r != comm->rank)
            memcpy((char *)rows + start * row_size,
                   (const char *)a->at->of[r].rows + start * row_size, counts[r] * row_size);
    pthread_barrier_wait(&a->at->all);
    return FA_OK;
}

static fa_status threads_broadcast(const fa__comm *comm, void *bytes, size_t size) {
    attendance *a = comm->state;
    a->at->of[comm->rank].rows = bytes;
    pthread_barrier_wait(&a->at->all);
    if (comm->rank > 0) memcpy(bytes, a->at->of[0].rows, size);
    pthread_barrier_wait(&a->at->all);
    return FA_OK;
}

static fa_status threads_pass(const fa__comm *comm, size_t to, const void *sent, size_t from,
                              void **received, size_t size) {
    attendance *a = comm->state;
    struct of_sender *out = to != FA__COMM_NOBODY ? &a->at->of[to].from[comm->rank] : NULL,
                     *in = from != FA__COMM_NOBODY ? &a->at->of[comm->rank].from[from] : NULL;
    pthread_mutex_lock(&a->at->lock);
    if (out != NULL) {
        *out = (struct of_sender){true, sent};
        pthread_cond_broadcast(&a->at->changed);
    }
    if (in != NULL) {
        while (!in->full) pthread_cond_wait(&a->at->changed, &a->at->lock);
        if (in->passed != NULL)
            memcpy(*received, in->passed, size);
        else
            *received = NULL;
        in->full = false;
        pthread_cond_broadcast(&a->at->changed);
    }
    while (out != NULL && out->full) pthread_cond_wait(&a->at->changed, &a->at->lock);
    pthread_mutex_unlock(&a->at->lock);
    return FA_OK;
}

static fa_status threads_exchange(const fa__comm *comm, const fa__comm_message *out, size_t n_out,
                                  const fa__comm_message *in, size_t n_in) {
    attendance *a = comm->state;
    size_t next[THREAD_RANKS_MOST] = {0};
    FA_TRY(threads_agree(comm, FA_OK, NULL));
    a->at->of[comm->rank].messages = out;
    a->at->of[comm->rank].n_messages = n_out;
    pthread_barrier_wait(&a->at->all);
    for (size_t i = 0; i < n_in; i++) {
        const struct of_rank *from = &a->at->of[in[i].rank];
        size_t *at = &next[in[i].rank];
        while (*at < from->n_messages && from->messages[*at].rank != comm->rank) ++*at;
        if (*at < from->n_messages && from->messages[*at].size == in[i].size)
            memcpy(in[i].bytes, from->messages[(*at)++].bytes, in[i].size);
        else
            abort(); /* MPI would wait for ever, or cut it off */
    }
    pthread_barrier_wait(&a->at->all);
    return FA_OK;
}

typedef struct thread_rank {
    fa__comm comm;
    attendance own;
    void (*work)(const fa__comm *comm, void *context);
    void *context;
} thread_rank;

static void *run_thread_rank(void *rank) {
    thread_rank *r = rank;
    r->work(&r->comm, r->context);
    return NULL;
}

/* work(comm, context) on as many ranks at once. A check of cmocka's belongs into the caller: it jumps, and a
 * thread cannot. */
static void on_thread_ranks(size_t ranks, void (*work)(const fa__comm *, void *), void *context) {
    static const fa__comm_table table = {"threads",        threads_agree, threads_renew,
                                         threads_gather,   threads_pass,  threads_exchange,
                                         threads_broadcast};
    meeting at = {.size = ranks};
    thread_rank all[THREAD_RANKS_MOST];
    pthread_t threads[THREAD_RANKS_MOST];
    pthread_barrier_init(&at.all, NULL, (unsigned)ranks);
    pthread_mutex_init(&at.lock, NULL);
    pthread_cond_init(&at.changed, NULL);
    for (size_t r = 0; r < ranks; r++) {
        all[r] = (thread_rank){.own = {.at = &at}, .work = work, .context = context};
        all[r].comm = (fa__comm){.table = &table,
                                 .rank = r,
                                 .size = ranks,
                                 .state = &all[r].own,
                                 .held = &all[r].own.held};
        assert_int_equal(pthread_create(&threads[r], NULL, run_thread_rank, &all[r]), 0);
    }
    for (size_t r = 0; r < ranks; r++) pthread_join(threads[r], NULL);
    pthread_cond_destroy(&at.changed);
    pthread_mutex_destroy(&at.lock);
    pthread_barrier_destroy(&at.all);
}

#endif
