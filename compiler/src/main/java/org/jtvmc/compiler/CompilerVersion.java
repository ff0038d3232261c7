package org.jtvmc.compiler;

import java.util.Optional;

/** The version of this program, as it stands in what it writes. */
public final class CompilerVersion {

  private CompilerVersion() {}

  /** The version; {@code development} where the classes do not come from a jar. */
  public static String current() {
    return Optional.ofNullable(CompilerVersion.class.getPackage().getImplementationVersion())
        .orElse("development");
  }
}
