# What `cmake --install` gives a plug-in author: headers, three static libraries, find_package(peacepie).
include(CMakePackageConfigHelpers)
set(sdk_include include/peacepie-1)
set(sdk_config ${CMAKE_INSTALL_LIBDIR}/cmake/peacepie)

install(TARGETS peacepie_wire peacepie_sdk peacepie_testing EXPORT peacepie-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(EXPORT peacepie-targets NAMESPACE peacepie:: DESTINATION ${sdk_config} COMPONENT sdk)

foreach(part wire peacepie testing)
  install(DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/../${part} DESTINATION ${sdk_include} COMPONENT sdk
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h"
    PATTERN "codec.hpp" EXCLUDE PATTERN "pool.hpp" EXCLUDE PATTERN "spawned_name.hpp" EXCLUDE PATTERN "link.hpp" EXCLUDE
    PATTERN "fields.hpp" EXCLUDE PATTERN "bytes.hpp" EXCLUDE PATTERN "inside.hpp" EXCLUDE PATTERN "world.hpp" EXCLUDE
    PATTERN "envelope_of.hpp" EXCLUDE)
endforeach()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/peacepie-config.cmake.in
  ${PROJECT_BINARY_DIR}/peacepie-config.cmake INSTALL_DESTINATION ${sdk_config})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/peacepie-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/peacepie-config.cmake ${PROJECT_BINARY_DIR}/peacepie-config-version.cmake
  ${CMAKE_CURRENT_LIST_DIR}/PeacepiePlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin-exports.map
  DESTINATION ${sdk_config} COMPONENT sdk)
