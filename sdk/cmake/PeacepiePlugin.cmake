# peacepie_add_plugin(NAME VERSION v SOURCES file... [LIBRARIES target...])
#
# Builds <name>-<version>.so: the package NAME with one exported symbol.  Two versions are two files; a worker loads them
# side by side.  Goes to PEACEPIE_PACKAGES_OUTPUT when that is set, and is installed to lib/peacepie/packages.

function(peacepie_add_plugin name)
  set(PEACEPIE_EXPORTS_MAP ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin-exports.map)
  cmake_parse_arguments(PLUGIN "NO_INSTALL" "VERSION;TARGET;OUTPUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT PLUGIN_VERSION OR NOT PLUGIN_SOURCES)
    message(FATAL_ERROR "peacepie_add_plugin(${name}): say VERSION and SOURCES")
  endif()
  if(PLUGIN_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "peacepie_add_plugin(${name}): do not know ${PLUGIN_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT PLUGIN_TARGET)
    set(PLUGIN_TARGET ${name})
  endif()
  if(NOT PLUGIN_OUTPUT)
    if(PEACEPIE_PACKAGES_OUTPUT)
      set(PLUGIN_OUTPUT ${PEACEPIE_PACKAGES_OUTPUT})
    else()
      set(PLUGIN_OUTPUT ${CMAKE_CURRENT_BINARY_DIR})
    endif()
  endif()
  add_library(${PLUGIN_TARGET} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${PLUGIN_TARGET} PRIVATE peacepie::sdk ${PLUGIN_LIBRARIES})
  target_compile_features(${PLUGIN_TARGET} PRIVATE cxx_std_20)
  target_compile_definitions(${PLUGIN_TARGET} PRIVATE
    PEACEPIE_PACKAGE="${name}" PEACEPIE_VERSION="${PLUGIN_VERSION}")
  # Without gnu-unique: inline and template statics would otherwise be one per process, across all plug-ins.
  target_compile_options(${PLUGIN_TARGET} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(${PLUGIN_TARGET} PRIVATE
    LINKER:--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin-exports.map LINKER:--exclude-libs,ALL LINKER:-z,now)
  if(NOT PEACEPIE_SANITIZE)
    # A sanitizer's runtime is in the worker; without one nothing may be left open.
    target_link_options(${PLUGIN_TARGET} PRIVATE LINKER:-z,defs)
  endif()
  set_target_properties(${PLUGIN_TARGET} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME ${name}-${PLUGIN_VERSION}
    LIBRARY_OUTPUT_DIRECTORY ${PLUGIN_OUTPUT}
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin-exports.map)
  if(NOT PLUGIN_NO_INSTALL)
    install(TARGETS ${PLUGIN_TARGET} LIBRARY DESTINATION lib/peacepie/packages COMPONENT plugins)
  endif()
endfunction()
