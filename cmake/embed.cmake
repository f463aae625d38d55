# fa_embed(FILE...): each file of the source as NAME.inc in the build folder, its bytes with commas between, for
# `static const char name[] = {` ... `};`
function(fa_embed)
  foreach(file IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    get_filename_component(name ${file} NAME)
    file(READ ${CMAKE_CURRENT_SOURCE_DIR}/${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
    set(FA_EMBEDDED "${bytes}")
    configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/embedded.inc.in
                   ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.inc @ONLY)
  endforeach()
endfunction()
