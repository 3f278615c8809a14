# What `cmake --install` gives: the program, libpavlov (static and shared) and libpavlov-media, the
# public headers, and what pkg-config and CMake need to find them, wherever the folder is moved to.

include(CMakePackageConfigHelpers)

install(TARGETS pavlov_shared EXPORT pavlov-shared)
install(TARGETS pavlov_static EXPORT pavlov-static)
install(DIRECTORY include/pavlov TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_LIBDIR}/pavlov/envs) # where modules are looked for
if(TARGET pavlov)
  install(TARGETS pavlov)
endif()

# laid out as here, so that their links to each other hold
file(GLOB pages CONFIGURE_DEPENDS *.md)
install(FILES LICENSE ${pages} TYPE DOC)
install(DIRECTORY docs examples TYPE DOC)

# --- the CMake package: find_package(pavlov [COMPONENTS static media]) ---

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pavlov)
set(package_parts shared static)
if(TARGET pavlov_media)
  list(APPEND package_parts media)
  install(TARGETS pavlov_media EXPORT pavlov-media)
  install(FILES media/plot.h media/video.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pavlov/media)
endif()
foreach(part ${package_parts})
  install(EXPORT pavlov-${part} NAMESPACE pavlov:: DESTINATION ${package_dir}
    FILE pavlov-${part}.cmake)
endforeach()
configure_package_config_file(cmake/pavlov-config.cmake.in pavlov-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(pavlov-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pavlov-config.cmake
  ${PROJECT_BINARY_DIR}/pavlov-config-version.cmake DESTINATION ${package_dir})

# --- pkg-config ---

# the prefix as seen from the .pc file, so that the tree can be moved
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
  set(pc_prefix "\${pcfiledir}/${pc_up}")
endif()
foreach(folder LIBDIR INCLUDEDIR)
  set(pc_${folder} ${CMAKE_INSTALL_${folder}})
  if(NOT IS_ABSOLUTE "${pc_${folder}}")
    set(pc_${folder} "\${prefix}/${pc_${folder}}")
  endif()
endforeach()
set(pc_libs_private -lm ${CMAKE_THREAD_LIBS_INIT})
foreach(library ${CMAKE_DL_LIBS})
  list(APPEND pc_libs_private -l${library})
endforeach()
list(JOIN pc_libs_private " " pc_libs_private)
configure_file(cmake/pavlov.pc.in pavlov.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pavlov.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
