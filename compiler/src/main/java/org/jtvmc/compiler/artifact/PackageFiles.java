package org.jtvmc.compiler.artifact;

/** The files by which other build systems find a library in its folder. */
final class PackageFiles {

  private PackageFiles() {}

  /** {@code <name>.pc}: the folder is found relative to the file itself. */
  static String pkgConfig(String name, String target) {
    return """
    prefix=${pcfiledir}

    Name: %1$s
    Description: Neural network %1$s, compiled for %2$s
    Version: 1.0
    Libs: -L${prefix} -Wl,-rpath,${prefix} -l%1$s
    Cflags: -I${prefix}
    """
        .formatted(name, target);
  }

  /** {@code <name>-config.cmake}, for {@code find_package(<name>)} with the folder in its paths. */
  static String cmake(String name) {
    return """
    add_library(%1$s::%1$s SHARED IMPORTED)
    set_target_properties(%1$s::%1$s PROPERTIES
      IMPORTED_LOCATION "${CMAKE_CURRENT_LIST_DIR}/lib%1$s.so"
      INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}")
    set(%1$s_FOUND TRUE)
    """
        .formatted(name);
  }
}
