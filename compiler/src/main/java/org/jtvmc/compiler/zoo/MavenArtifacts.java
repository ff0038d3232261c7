package org.jtvmc.compiler.zoo;

import eu.maveniverse.maven.mima.context.ContextOverrides;
import eu.maveniverse.maven.mima.context.Runtimes;
import java.io.IOException;
import java.nio.file.Path;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.resolution.ArtifactRequest;
import org.eclipse.aether.resolution.ArtifactResolutionException;

/**
 * Artifacts of Maven Central, fetched as the user's own Maven does: mirrors, proxies, credentials
 * and offline mode from its settings, and its local repository as the cache. What arrives with a
 * wrong checksum is refused.
 */
public final class MavenArtifacts implements ArtifactSource {

  @Override
  public Path fetch(String coordinates) throws IOException {
    var overrides =
        ContextOverrides.create()
            .withUserSettings(true)
            .checksumPolicy(ContextOverrides.ChecksumPolicy.FAIL)
            .build();
    try (var context = Runtimes.INSTANCE.getRuntime().create(overrides)) {
      var request =
          new ArtifactRequest(
              new DefaultArtifact(coordinates), context.remoteRepositories(), "zoo");
      var result =
          context.repositorySystem().resolveArtifact(context.repositorySystemSession(), request);
      return result.getArtifact().getFile().toPath();
    } catch (ArtifactResolutionException e) {
      throw new IOException(
          "%s could not be fetched (%s); see whether Maven reaches its repositories from here"
              .formatted(coordinates, e.getMessage()),
          e);
    }
  }
}
