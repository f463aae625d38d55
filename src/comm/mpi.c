/* Ranks by MPI. Counts of MPI are int: what is longer goes in pieces. */
#include "comm/mpi.h"

#include "base/memory.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL = 1024, PIECE = 1 << 30, NODE = 77, BLOCK, GREETING = 64 };

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

const char *fa__mpi_version(void) {
#ifdef OMPI_MAJOR_VERSION
    return TEXT(OMPI_MAJOR_VERSION) "." TEXT(OMPI_MINOR_VERSION) "." TEXT(OMPI_RELEASE_VERSION);
#else
    return TEXT(MPI_VERSION) "." TEXT(MPI_SUBVERSION); /* of the standard */
#endif
}

typedef struct state {
    MPI_Comm all;
    bool started_here;
    bool broken;  /* MPI itself failed: nobody can be told any more */
    bool failed;  /* agreed on; all ranks know */
    bool in_step; /* that was the last agreement, and all ranks have passed it on */
    bool held;
    fa_status status;
    char detail[DETAIL];
    int *numbers; /* [2 size] of a gather */
    uint64_t received;
} state;

static fa_status check(state *s, int code) {
    char text[MPI_MAX_ERROR_STRING] = "unknown error";
    int length;
    if (code == MPI_SUCCESS) return FA_OK;
    s->broken = true;
    MPI_Error_string(code, text, &length);
    return fa__fail(FA_E_IO, "MPI failed: %s", text);
}

static fa_status agree(const fa__comm *comm, fa_status status, bool *flag) {
    state *s = comm->state;
    struct {
        int status;
        char detail[DETAIL];
    } first = {.status = (int)status};
    if (s->failed) return fa__fail(s->status, "%s", s->detail);
    if (s->broken) return status != FA_OK ? status : fa__fail(FA_E_IO, "MPI failed before");
    /* The minimum of both: the lowest rank that has failed, and -1 where a flag is set. */
    int own[2] = {status == FA_OK ? (int)comm->size : (int)comm->rank,
                  flag != NULL && *flag ? -1 : 0},
        least[2];
    s->in_step = false;
    FA_TRY(check(s, MPI_Allreduce(own, least, 2, MPI_INT, MPI_MIN, s->all)));
    s->received += sizeof least;
    if (flag != NULL) *flag = least[1] < 0;
    if (least[0] == (int)comm->size) return FA_OK;
    strncpy(first.detail, fa_error_detail(), DETAIL - 1);
    FA_TRY(check(s, MPI_Bcast(&first, (int)sizeof first, MPI_BYTE, least[0], s->all)));
    s->failed = true;
    s->status = (fa_status)first.status;
    if (least[0] == 0)
        memcpy(s->detail, first.detail, DETAIL);
    else {
        fa__fail(s->status, "rank %d: %s", least[0], first.detail);
        strncpy(s->detail, fa_error_detail(), DETAIL - 1);
    }
    return fa__fail(s->status, "%s", s->detail);
}

static bool renew(const fa__comm *comm) {
    state *s = comm->state;
    bool failed = s->failed;
    s->failed = false;
    s->in_step = failed;
    return failed;
}

static fa_status gather(const fa__comm *comm, void *rows, const size_t *counts, size_t row_size) {
    state *s = comm->state;
    int *numbers = s->numbers; /* counts, then where they start */
    size_t start = 0, size = comm->size;
    MPI_Datatype row;
    for (size_t r = 0; r < size; start += counts[r++]) {
        numbers[r] = (int)counts[r];
        numbers[size + r] = (int)start;
    }
    fa_status status = FA_OK;
    if (start > INT_MAX || row_size > INT_MAX)
        status = fa__fail(FA_E_SHAPE, "%zu rows of %zu bytes are more than MPI gathers at once",
                          start, row_size);
    if (status == FA_OK) status = check(s, MPI_Type_contiguous((int)row_size, MPI_BYTE, &row));
    if (status == FA_OK) {
        status = check(s, MPI_Type_commit(&row));
        if (status == FA_OK)
            status = check(s, MPI_Allgatherv(MPI_IN_PLACE, 0, row, rows, numbers, numbers + size,
                                             row, s->all));
        MPI_Type_free(&row);
    }
    if (status == FA_OK) s->received += (start - counts[comm->rank]) * row_size;
    return status;
}

static int rank_or_none(size_t rank) {
    return rank == FA__COMM_NOBODY ? MPI_PROC_NULL : (int)rank;
}

/* The first piece tells by its length whether there is anything. */
static fa_status pass(const fa__comm *comm, size_t to, const void *sent, size_t from,
                      void **received, size_t size) {
    state *s = comm->state;
    const unsigned char *out = sent;
    unsigned char *in = *received;
    int target = sent != NULL ? rank_or_none(to) : MPI_PROC_NULL, source = rank_or_none(from);
    if (sent == NULL) FA_TRY(check(s, MPI_Send(NULL, 0, MPI_BYTE, rank_or_none(to), NODE, s->all)));
    for (size_t at = 0; at < size; at += PIECE) {
        int length = (int)(size - at < PIECE ? size - at : PIECE), came = 0;
        MPI_Status about;
        FA_TRY(check(s, MPI_Sendrecv(out != NULL ? out + at : NULL, out != NULL ? length : 0,
                                     MPI_BYTE, target, NODE, in + at, length, MPI_BYTE, source,
                                     NODE, s->all, &about)));
        if (source == MPI_PROC_NULL) continue;
        FA_TRY(check(s, MPI_Get_count(&about, MPI_BYTE, &came)));
        s->received += (uint64_t)came;
        if (came > 0) continue;
        *received = NULL;
        source = MPI_PROC_NULL;
    }
    return FA_OK;
}

static size_t pieces(const fa__comm_message *list, size_t count) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += list[i].size / PIECE + (list[i].size % PIECE > 0);
    return sum;
}

/* Begins to send or receive; of two ranks' messages none overtakes another. */
static fa_status begin(state *s, MPI_Request *requests, const fa__comm_message *list, size_t count,
                       bool out) {
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < list[i].size; at += PIECE, requests++) {
            int length = (int)(list[i].size - at < PIECE ? list[i].size - at : PIECE);
            char *bytes = (char *)list[i].bytes + at;
            int rank = (int)list[i].rank;
            FA_TRY(
                check(s, out ? MPI_Isend(bytes, length, MPI_BYTE, rank, BLOCK, s->all, requests)
                             : MPI_Irecv(bytes, length, MPI_BYTE, rank, BLOCK, s->all, requests)));
            if (!out) s->received += (uint64_t)length;
        }
    return FA_OK;
}

static fa_status exchange(const fa__comm *comm, const fa__comm_message *out, size_t n_out,
                          const fa__comm_message *in, size_t n_in) {
    state *s = comm->state;
    MPI_Request *requests;
    size_t first = pieces(in, n_in), count = first + pieces(out, n_out);
    fa_status status = FA_NEW(requests, count + 1);
    if (status == FA_OK && count > INT_MAX)
        status = fa__fail(FA_E_SHAPE, "%zu messages are more than MPI has at once", count);
    FA_CHECK(agree(comm, status, NULL));
    FA_CHECK(begin(s, requests, in, n_in, false));
    FA_CHECK(begin(s, requests + first, out, n_out, true));
    status = check(s, MPI_Waitall((int)count, requests, MPI_STATUSES_IGNORE));
done:
    fa__free(requests);
    return status;
}

static fa_status broadcast(const fa__comm *comm, void *bytes, size_t size) {
    state *s = comm->state;
    unsigned char *at = bytes;
    if (comm->rank != 0) s->received += size;
    for (; size > 0; size -= size < PIECE ? size : PIECE, at += PIECE)
        FA_TRY(check(s, MPI_Bcast(at, (int)(size < PIECE ? size : PIECE), MPI_BYTE, 0, s->all)));
    return FA_OK;
}

fa_status fa__mpi_received(const fa__comm *comm, uint64_t *all, uint64_t *most) {
    state *s = comm->state;
    uint64_t own = s->received;
    FA_TRY(fa__comm_close(comm, fa__comm_same(comm, "count of bytes", "", "")));
    FA_TRY(check(s, MPI_Allreduce(&own, all, 1, MPI_UINT64_T, MPI_SUM, s->all)));
    return check(s, MPI_Allreduce(&own, most, 1, MPI_UINT64_T, MPI_MAX, s->all));
}

/* Whatever else two versions tell each other by MPI: this comes first, and in this form. */
static fa_status greet(state *s, int rank, int size) {
    char first[GREETING] = {0}, own[GREETING] = {0};
    snprintf(own, sizeof own, "forced-apart %s", fa_version());
    memcpy(first, own, sizeof first);
    FA_TRY(check(s, MPI_Bcast(first, GREETING, MPI_BYTE, 0, s->all)));
    int other = memcmp(first, own, GREETING) != 0 ? rank : size, least;
    FA_TRY(check(s, MPI_Allreduce(&other, &least, 1, MPI_INT, MPI_MIN, s->all)));
    if (least == size) return FA_OK;
    FA_TRY(check(s, MPI_Bcast(own, GREETING, MPI_BYTE, least, s->all)));
    return fa__fail(FA_E_ARGUMENT, "rank %d is %.*s, rank 0 %.*s; start one version on all ranks",
                    least, GREETING, own, GREETING, first);
}

fa_status fa__mpi_start(fa__comm *out) {
    static const fa__comm_table table = {"mpi", agree, renew, gather, pass, exchange, broadcast};
    int there, level, rank, size;
    bool met = false;
    state *s;
    FA_TRY(FA_NEW_ZERO(s, 1));
    fa_status status;
    FA_CHECK(check(s, MPI_Initialized(&there)));
    /* Only the thread that calls the library talks to others, never those that it starts. */
    if (!there) FA_CHECK(check(s, MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level)));
    s->started_here = !there;
    FA_CHECK(check(s, MPI_Comm_dup(MPI_COMM_WORLD, &s->all)));
    FA_CHECK(check(s, MPI_Comm_set_errhandler(s->all, MPI_ERRORS_RETURN)));
    FA_CHECK(check(s, MPI_Comm_rank(s->all, &rank)));
    FA_CHECK(check(s, MPI_Comm_size(s->all, &size)));
    met = true;
    FA_CHECK(greet(s, rank, size));
    FA_CHECK(FA_NEW(s->numbers, 2 * (size_t)size));
    *out = (fa__comm){
        .table = &table, .rank = (size_t)rank, .size = (size_t)size, .state = s, .held = &s->held};
    return FA_OK;
done:
    if (met && !s->broken) MPI_Comm_free(&s->all);
    if (met && !s->broken && s->started_here) MPI_Finalize();
    fa__free(s);
    return status;
}

bool fa__mpi_is_on(void) {
    int there = 0, over = 0;
    return MPI_Initialized(&there) == MPI_SUCCESS && there && MPI_Finalized(&over) == MPI_SUCCESS &&
           !over;
}

/* Where MPI is broken it is not ended: the launcher takes the process for one that died, and ends
 * the others. */
fa_status fa__mpi_end(fa__comm *comm, const char *failure) {
    state *s = comm->state;
    fa_status status = failure != NULL ? fa__fail(FA_E_IO, "%s", failure) : FA_OK;
    /* Another may be at the beginning of one more call. */
    if (!s->in_step && comm->size > 1)
        status = status == FA_OK ? fa__comm_close(comm, fa__comm_same(comm, "end", "", ""))
                                 : agree(comm, status, NULL);
    if (!s->broken) {
        MPI_Comm_free(&s->all);
        if (s->started_here) MPI_Finalize();
    }
    fa__free(s->numbers);
    fa__free(s);
    return status;
}
