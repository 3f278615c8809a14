# PV_COMMIT, the short hash of the commit a program was built from, for one source file: a header
# that is forced into that file alone and written anew when git's log of HEAD has moved, so that a
# commit rebuilds one object. Outside a clone of this project it is "unknown".

if(CMAKE_SCRIPT_MODE_FILE) # cmake -DSOURCE=... -DHEADER=... -P commit.cmake
  # the prefix is empty only in the top folder: a copy inside another project's clone is not ours
  execute_process(COMMAND git -C ${SOURCE} rev-parse --show-prefix --short HEAD
    OUTPUT_VARIABLE answer ERROR_QUIET RESULT_VARIABLE result)
  set(commit unknown)
  if(result EQUAL 0 AND answer MATCHES "^\n([0-9a-f]+)\n$")
    set(commit ${CMAKE_MATCH_1})
  endif()
  file(WRITE ${HEADER} "#define PV_COMMIT \"${commit}\"\n")
  return()
endif()

function(pavlov_define_commit target source)
  set(header ${PROJECT_BINARY_DIR}/commit.h)
  set(watched "")
  execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --git-path logs/HEAD
    OUTPUT_VARIABLE log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
  if(result EQUAL 0)
    cmake_path(ABSOLUTE_PATH log BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    if(EXISTS ${log})
      set(watched ${log})
    endif()
  endif()
  set(script ${PROJECT_SOURCE_DIR}/cmake/commit.cmake)
  add_custom_command(OUTPUT ${header} DEPENDS ${script} ${watched} VERBATIM
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DHEADER=${header} -P ${script}
    COMMENT "Noting the commit")
  target_sources(${target} PRIVATE ${header})
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${header}
    COMPILE_OPTIONS "-include;${header}")
endfunction()
