/* What a caller within the library must keep, checked in debug builds: FA_ASSERT(shard < shards).
 * What comes from outside is checked in every build, and fails with a status. */
#ifndef FA_BASE_ASSERT_H
#define FA_BASE_ASSERT_H

#ifdef FA_DEBUG
/* Says on standard error what did not hold and where, and traps. */
_Noreturn void fa__assert_failed(const char *condition, const char *file, int line);
#define FA_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : fa__assert_failed(#condition, __FILE__, __LINE__))
#else
#define FA_ASSERT(condition) ((void)sizeof(condition))
#endif

#endif
