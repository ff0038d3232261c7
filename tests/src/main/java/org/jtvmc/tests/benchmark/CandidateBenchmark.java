package org.jtvmc.tests.benchmark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.cost.CostModel;
import org.jtvmc.tuner.cost.CostModels;
import org.jtvmc.tuner.search.Appraisal;
import org.jtvmc.tuner.search.Appraiser;
import org.jtvmc.tuner.search.Candidate;
import org.jtvmc.tuner.search.CandidateSpace;
import org.jtvmc.tuner.search.LoopAppraiser;
import org.jtvmc.tuner.search.ScheduleSpace;
import org.jtvmc.tuner.task.TuningTask;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many candidates a second one core can look at, as evolutionary search does before it measures
 * any: each is a mutation of another, is lowered to loops, drafted, made into features, and ranked
 * by the model that was trained in advance. The score is in candidates a second.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Threads(1)
@Fork(1)
@Warmup(iterations = 6, time = 2)
@Measurement(iterations = 3, time = 2)
public class CandidateBenchmark {
  /** A generation of a round of ten trials. */
  private static final int BATCH = 240;

  private static final int PARENTS = 64;

  @Param({
    "matmul-1024",
    "dense-gelu",
    "batch-matmul",
    "conv2d-3x3-64-56",
    "conv2d-1x1-64-256-56",
    "conv2d-7x7s2-3-64-224",
    "conv2d-3x3-512-7",
    "depthwise-3x3-144-56",
    "conv2d-transpose",
    "softmax-12x128x128",
    "layer-norm-128x384",
    "max-pool",
    "reduce-sum-4m",
    "transpose",
    "fused-conv-add-relu",
    "fused-conv-hardswish",
    "fused-dense-add-layer-norm"
  })
  String workload;

  private CandidateSpace space;
  private Appraiser appraiser;
  private CostModel costModel;
  private List<Candidate> parents;
  private SplittableRandom random;

  /** The kernel that does most of the workload's arithmetic, and points of its space. */
  @Setup
  public void prepare() {
    CpuTarget target = HostCpu.detect().target();
    Path folder = Path.of(System.getProperty("jtvmc.workloads", "examples/workloads"));
    ModelSource source = ModelSource.of(folder.resolve(workload + ".relay").toString());
    TuningTask task =
        TaskExtraction.tasks(GraphPipeline.standard().run(source.load(Map.of()))).stream()
            .max(Comparator.comparingDouble(TuningTask::flops))
            .orElseThrow();
    space = new ScheduleSpace(DesignSpace.of(task.dag(), target));
    appraiser = new LoopAppraiser(task.dag(), target);
    costModel = CostModels.create("xgboost", target, 1);
    random = new SplittableRandom(1);
    parents = Stream.generate(() -> space.random(random)).limit(PARENTS).toList();
  }

  @TearDown
  public void close() {
    costModel.close();
  }

  /** Mutates, lowers, drafts, makes features, and ranks: the fittest of a generation. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Candidate mutateLowerFeaturiseRank() {
    List<Candidate> children = new ArrayList<>(BATCH);
    List<Appraisal> appraisals = new ArrayList<>(BATCH);
    for (int k = 0; k < BATCH; k++) {
      Candidate child = space.mutate(parents.get(random.nextInt(PARENTS)), random);
      Optional<Appraisal> appraisal = appraiser.appraise(child);
      if (appraisal.isPresent()) {
        children.add(child);
        appraisals.add(appraisal.get());
      }
    }
    double[] scores = costModel.predict(appraisals.stream().map(Appraisal::features).toList());
    return IntStream.range(0, scores.length)
        .boxed()
        .max(Comparator.comparingDouble(k -> scores[k]))
        .map(children::get)
        .orElseThrow();
  }
}
