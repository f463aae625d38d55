# What `cmake --install` puts where: header, libraries, pkg-config file, CMake package, command,
# man page, recipes, licence.
set(FA_RECIPE_FOLDER ${CMAKE_INSTALL_DATADIR}/forced-apart/recipes)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/forced_apart)

install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY recipes/ DESTINATION ${FA_RECIPE_FOLDER} FILES_MATCHING PATTERN "*.ini")

# Two export sets: a user of the shared library needs none of the packages that the static one
# links.
install(TARGETS forced_apart_shared EXPORT forced_apart_shared)
install(TARGETS forced_apart_static fa_capabilities EXPORT forced_apart_static)
foreach(kind shared static)
  install(EXPORT forced_apart_${kind} NAMESPACE forced_apart:: FILE forced_apart-${kind}.cmake
          DESTINATION ${package_folder})
endforeach()
configure_package_config_file(cmake/forced_apart-config.cmake.in forced_apart-config.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(forced_apart-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/forced_apart-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/forced_apart-config-version.cmake
        DESTINATION ${package_folder})

# What `pkg-config --static` adds. Names of libraries, not of packages: these would bring what they
# themselves need to be linked statically, and nobody does that.
set(FA_PC_LIBS_PRIVATE "-linih -ljansson -lz -lm -pthread")
if(FA_HAVE_ONEDNN)
  string(APPEND FA_PC_LIBS_PRIVATE " -ldnnl")
endif()
if(FA_HAVE_MPI)
  string(APPEND FA_PC_LIBS_PRIVATE " -lmpi")
endif()
foreach(name csv utf8proc jpeg png)
  string(TOUPPER ${name} NAME)
  if(FA_HAVE_${NAME})
    string(APPEND FA_PC_LIBS_PRIVATE " -l${name}")
  endif()
endforeach()
# The prefix as seen from the folder of the .pc file, so that an installed tree can be moved.
file(RELATIVE_PATH FA_PC_UP /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/forced_apart.pc.in forced_apart.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/forced_apart.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TARGET forced-apart)
  install(TARGETS forced-apart)
  # The program prints its own man page, so that it cannot drift from the options.
  if(NOT CMAKE_CROSSCOMPILING)
    set(man_page ${CMAKE_CURRENT_BINARY_DIR}/forced-apart.1)
    add_custom_command(OUTPUT ${man_page} DEPENDS forced-apart VERBATIM
                       COMMAND sh -c "\"$0\" help --man > \"$1.new\" && mv \"$1.new\" \"$1\""
                               $<TARGET_FILE:forced-apart> ${man_page})
    add_custom_target(man_page ALL DEPENDS ${man_page})
    install(FILES ${man_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    # So does what the shells complete; each looks in a folder of its own.
    set(completion_bash bash-completion/completions/forced-apart)
    set(completion_zsh zsh/site-functions/_forced-apart)
    set(completion_fish fish/vendor_completions.d/forced-apart.fish)
    foreach(shell bash zsh fish)
      set(made ${CMAKE_CURRENT_BINARY_DIR}/completion.${shell})
      add_custom_command(OUTPUT ${made} DEPENDS forced-apart VERBATIM
                         COMMAND sh -c "\"$0\" help --completion ${shell} > \"$1.new\" && mv \"$1.new\" \"$1\""
                                 $<TARGET_FILE:forced-apart> ${made})
      add_custom_target(completion_${shell} ALL DEPENDS ${made})
      get_filename_component(folder ${completion_${shell}} DIRECTORY)
      get_filename_component(name ${completion_${shell}} NAME)
      install(FILES ${made} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} RENAME ${name})
    endforeach()
  endif()
endif()
