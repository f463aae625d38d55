/* The commands, in the order of the help. A new command is one file that defines command_NAME, and
 * its line here. */
#ifndef FORCED_APART_CLI_COMMANDS_H
#define FORCED_APART_CLI_COMMANDS_H

#include "options.h"

#define COMMANDS(X)                                                                                \
    X(demo)                                                                                        \
    X(data_list)                                                                                   \
    X(data_fetch)                                                                                  \
    X(data_info)                                                                                   \
    X(data_strokes)                                                                                \
    X(data_views)                                                                                  \
    X(discover)                                                                                    \
    X(assign)                                                                                      \
    X(train)                                                                                       \
    X(embed)                                                                                       \
    X(cluster)                                                                                     \
    X(reproduce_table1)                                                                            \
    X(reproduce_best)                                                                              \
    X(reproduce_figure2)                                                                           \
    X(reproduce_figure3)                                                                           \
    X(reproduce_figure5)                                                                           \
    X(reproduce_figure6)                                                                           \
    X(score)                                                                                       \
    X(bench)                                                                                       \
    X(report)                                                                                      \
    X(export)                                                                                      \
    X(info)                                                                                        \
    X(help)

#define COMMAND_EXTERN(name) extern const cli_command command_##name;
COMMANDS(COMMAND_EXTERN)
#undef COMMAND_EXTERN

#endif
