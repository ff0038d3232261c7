package org.jtvmc.compiler.cli;

import org.jtvmc.compiler.passes.Precision;
import picocli.CommandLine.Option;

/** The option of the verbs that compile, or tune what will be compiled. */
final class PrecisionOption {

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "fp32",
      description =
          "How weights and what products read are stored: fp32 (the default), bf16, fp16, or tf32,"
              + " which is fp32 rounded for tensor cores. Sums are of 32 bits always.")
  private Precision precision;

  Precision value() {
    return precision;
  }
}
