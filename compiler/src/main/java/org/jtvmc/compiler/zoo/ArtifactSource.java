package org.jtvmc.compiler.zoo;

import java.io.IOException;
import java.nio.file.Path;

/** Where artifacts come from. */
@FunctionalInterface
public interface ArtifactSource {

  /**
   * A local copy of an artifact, fetched where it is missing.
   *
   * @param coordinates {@code group:artifact:version} of a jar
   * @throws IOException when it is neither here nor to be had; the message says why
   */
  Path fetch(String coordinates) throws IOException;
}
