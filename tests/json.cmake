# Checks that the file `out` holds valid JSON that has each of KEYS at its top; prints what is wrong.
# cmake has a JSON reader and is always there. The caller takes any output for a failure.
file(READ out text)
string(JSON kind ERROR_VARIABLE wrong TYPE "${text}")
if(wrong)
  message(FATAL_ERROR "no valid JSON: ${wrong}")
endif()
separate_arguments(KEYS)
foreach(key IN LISTS KEYS)
  string(JSON value ERROR_VARIABLE wrong GET "${text}" ${key})
  if(wrong)
    message(FATAL_ERROR "${wrong}")
  endif()
endforeach()
