# find_package(facilitator_markers) gives these targets, each of which brings the header and the SQLite that it is linked to:
#
#   facilitator_markers::facilitator_markers         the shared library
#   facilitator_markers::facilitator_markers_static  the static one

include(CMakeFindDependencyMacro)
find_dependency(SQLite3 3.40)
find_dependency(Threads)

# The prefix is somewhere above: this file is in lib/cmake, in lib/ARCHITECTURE/cmake or in share/cmake. Where /lib is a link to
# /usr/lib, it may have been found by either.
get_filename_component(_facilitator_markers_prefix "${CMAKE_CURRENT_LIST_DIR}" REALPATH)
while(NOT EXISTS "${_facilitator_markers_prefix}/include/facilitator_markers.h")
    set(_facilitator_markers_below "${_facilitator_markers_prefix}")
    get_filename_component(_facilitator_markers_prefix "${_facilitator_markers_below}" DIRECTORY)
    if(_facilitator_markers_prefix STREQUAL _facilitator_markers_below)
        set(facilitator_markers_FOUND FALSE)
        set(facilitator_markers_NOT_FOUND_MESSAGE "include/facilitator_markers.h isn't installed with this file.")
        return()
    endif()
endwhile()

set(_facilitator_markers_shared "${CMAKE_SHARED_LIBRARY_PREFIX}facilitator_markers${CMAKE_SHARED_LIBRARY_SUFFIX}")
set(_facilitator_markers_static "${CMAKE_STATIC_LIBRARY_PREFIX}facilitator_markers${CMAKE_STATIC_LIBRARY_SUFFIX}")
foreach(_facilitator_markers_folder lib lib64 "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
    set(_facilitator_markers_folder "${_facilitator_markers_prefix}/${_facilitator_markers_folder}")
    if(EXISTS "${_facilitator_markers_folder}/${_facilitator_markers_shared}"
            AND NOT TARGET facilitator_markers::facilitator_markers)
        add_library(facilitator_markers::facilitator_markers SHARED IMPORTED)
        set_target_properties(facilitator_markers::facilitator_markers PROPERTIES
            IMPORTED_LOCATION "${_facilitator_markers_folder}/${_facilitator_markers_shared}"
            INTERFACE_INCLUDE_DIRECTORIES "${_facilitator_markers_prefix}/include"
            INTERFACE_LINK_LIBRARIES SQLite::SQLite3)
    endif()
    if(EXISTS "${_facilitator_markers_folder}/${_facilitator_markers_static}"
            AND NOT TARGET facilitator_markers::facilitator_markers_static)
        add_library(facilitator_markers::facilitator_markers_static STATIC IMPORTED)
        set_target_properties(facilitator_markers::facilitator_markers_static PROPERTIES
            IMPORTED_LOCATION "${_facilitator_markers_folder}/${_facilitator_markers_static}"
            INTERFACE_INCLUDE_DIRECTORIES "${_facilitator_markers_prefix}/include"
            INTERFACE_LINK_LIBRARIES "SQLite::SQLite3;Threads::Threads;${CMAKE_DL_LIBS};m")
        # What the header says of static linking.
        if(NOT APPLE)
            set_property(TARGET facilitator_markers::facilitator_markers_static PROPERTY
                INTERFACE_LINK_OPTIONS LINKER:--gc-sections)
        endif()
    endif()
endforeach()
