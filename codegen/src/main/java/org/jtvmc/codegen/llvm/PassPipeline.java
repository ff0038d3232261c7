package org.jtvmc.codegen.llvm;

/**
 * A list of LLVM passes in the notation of {@code opt -passes=}.
 *
 * @param text the passes
 */
public record PassPipeline(String text) {

  /**
   * For kernels, which arrive vectorised, unrolled and tiled: what inlines helpers marked {@code
   * alwaysinline}, turns local variables (register tiles among them) into SSA values, cleans up and
   * moves invariant work out of loops. LLVM's vectorisers and its unroller are left out: the
   * schedule has decided. Costs about 60 % of {@link #DEFAULT_O2} for code as fast.
   */
  public static final PassPipeline KERNEL =
      new PassPipeline(
          "always-inline,function("
              + "sroa<modify-cfg>,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,"
              + "loop-mssa(loop-simplifycfg,licm<allowspeculation>),"
              + "loop(indvars,loop-idiom,loop-deletion),"
              + "sroa,early-cse<memssa>,gvn,instcombine<no-verify-fixpoint>,"
              + "loop-mssa(licm<allowspeculation>),"
              + "adce,simplifycfg,instcombine<no-verify-fixpoint>),"
              + "globaldce");

  /**
   * The same for GPUs. Invariant work is moved out of loops once only, when the code is small: that
   * took half of the time where it was done before, too, for the same number of registers. {@code
   * ptxas} optimises what comes of it once more.
   */
  public static final PassPipeline DEVICE =
      new PassPipeline(
          "always-inline,function("
              + "sroa<modify-cfg>,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,"
              + "loop(loop-simplifycfg,indvars,loop-deletion),"
              + "early-cse<memssa>,gvn,instcombine<no-verify-fixpoint>,"
              + "loop-mssa(licm<allowspeculation>),"
              + "adce,simplifycfg),"
              + "globaldce");

  /** LLVM's own at -O2, for code that comes from a C compiler. */
  public static final PassPipeline DEFAULT_O2 = new PassPipeline("default<O2>");
}
