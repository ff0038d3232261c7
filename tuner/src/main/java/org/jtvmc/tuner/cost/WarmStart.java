package org.jtvmc.tuner.cost;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jtvmc.tuner.draft.MachineFeatures;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * What measurements of other kernels, on another day and maybe another machine, say about a
 * program: its throughput relative to the best of its kernel, from trees trained in advance.
 *
 * <p>It looks at {@link MachineFeatures#RELATIVE} alone, which do not depend on how large the
 * training machine is.
 */
public final class WarmStart {
  private static final String RESOURCE = "warm-start.trees.gz";

  private static final int ROUNDS = 400;
  private static final int DEPTH = 4;
  private static final double ETA = 0.05;
  private static final double SUBSAMPLE = 0.5;

  /** Slow and failed programs count too, so that the model knows where not to look. */
  private static final double LEAST_WEIGHT = 0.1;

  private final RegressionTrees trees;

  private final double margin;

  private WarmStart(RegressionTrees trees, double margin) {
    this.trees = trees.forColumns(MachineFeatures.NAMES);
    this.margin = margin;
  }

  /** The model that comes with the program; empty where it was left out. */
  public static Optional<WarmStart> shipped() {
    try (InputStream in = WarmStart.class.getResourceAsStream(RESOURCE)) {
      return in == null ? Optional.empty() : Optional.of(of(in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException("the trained cost model cannot be read", e);
    }
  }

  /** The model that {@link #write} wrote. */
  public static WarmStart read(Path file) throws IOException {
    return of(Files.readAllBytes(file));
  }

  private static WarmStart of(byte[] compressed) throws IOException {
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(new GZIPInputStream(new ByteArrayInputStream(compressed))))) {
      double margin = in.readDouble();
      return new WarmStart(RegressionTrees.read(in), margin);
    }
  }

  /** Writes the model, compressed. */
  public void write(Path file) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(new GZIPOutputStream(bytes))) {
      out.writeDouble(margin);
      trees.write(out);
    }
    Files.write(file, bytes.toByteArray());
  }

  /**
   * Trains on the programs of many kernels.
   *
   * @return a model that believes all that it says: its margin is 0
   */
  public static WarmStart train(List<Sample> samples, long seed) {
    double[] targets = throughputs(samples);
    double[] weights = new double[targets.length];
    for (int k = 0; k < weights.length; k++) {
      weights[k] = Math.max(targets[k], LEAST_WEIGHT);
    }
    int[] columns =
        MachineFeatures.RELATIVE.stream().mapToInt(MachineFeatures.NAMES::indexOf).toArray();
    try (StatementTrees grown =
        StatementTrees.train(
            samples.stream().map(sample -> sample.features().select(columns)).toList(),
            targets,
            weights,
            new double[targets.length],
            new StatementTrees.Growth(ROUNDS, DEPTH, ETA, SUBSAMPLE, seed))) {
      return new WarmStart(grown.grown(MachineFeatures.RELATIVE), 0);
    }
  }

  /** The same with another margin. */
  public WarmStart withMargin(double other) {
    return new WarmStart(trees, other);
  }

  /** By how much a score must be ahead of another before it is believed to be the faster. */
  public double margin() {
    return margin;
  }

  /** The expected throughput of each program, relative to the best of its kernel. */
  public double[] scores(List<ProgramFeatures> programs) {
    return programs.stream().mapToDouble(trees::score).toArray();
  }

  /** True where programs have the columns that a model is trained on. */
  static boolean fits(ProgramFeatures program) {
    return program.columns() == MachineFeatures.NAMES.size();
  }

  /** Each sample's throughput relative to the best of its group; 0 where it failed. */
  static double[] throughputs(List<Sample> samples) {
    Map<String, Double> best = new HashMap<>();
    samples.forEach(sample -> best.merge(sample.group(), sample.timeMs(), Math::min));
    return samples.stream()
        .mapToDouble(s -> s.failed() ? 0 : best.get(s.group()) / s.timeMs())
        .toArray();
  }
}
