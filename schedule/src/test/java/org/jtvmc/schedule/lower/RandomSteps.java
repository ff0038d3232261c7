package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.step.AutoUnroll;
import org.jtvmc.schedule.step.CacheRead;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Inline;
import org.jtvmc.schedule.step.Pack;
import org.jtvmc.schedule.step.Parallel;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Rfactor;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/** Proposes steps at random; those that are refused are left out. */
final class RandomSteps {
  private static final long[] FACTORS = {1, 2, 2, 3, 4, 4, 5, 7, 8, 16};

  private final Random random;

  RandomSteps(Random random) {
    this.random = random;
  }

  /** A random schedule that can be lowered, of at most {@code count} steps. */
  Schedule schedule(ComputeDag dag, int count) {
    Schedule schedule = Schedule.of(dag);
    for (int attempt = 0; attempt < count; attempt++) {
      try {
        schedule = schedule.apply(step(schedule));
      } catch (ScheduleException refused) {
        continue;
      }
    }
    List<Step> steps = schedule.steps();
    while (!canLower(Schedule.replay(dag, steps))) {
      steps = withoutOne(dag, steps);
    }
    return Schedule.replay(dag, steps);
  }

  private static boolean canLower(Schedule schedule) {
    try {
      Lowering.lower(schedule, "f");
      return true;
    } catch (ScheduleException refused) {
      return false;
    } catch (RuntimeException broken) {
      // Left to the test, which reports it.
      return true;
    }
  }

  private List<Step> withoutOne(ComputeDag dag, List<Step> steps) {
    while (true) {
      List<Step> fewer = new ArrayList<>(steps);
      fewer.remove(random.nextInt(fewer.size()));
      try {
        Schedule.replay(dag, fewer);
        return fewer;
      } catch (ScheduleException refused) {
        continue;
      }
    }
  }

  private Step step(Schedule schedule) {
    Stage stage = pick(withLoops(schedule.stages()));
    List<IterVar> leaves = stage.leaves();
    return switch (random.nextInt(18)) {
      case 0, 1, 2, 3 -> new Split(stage.id(), leaf(leaves), factors());
      case 4 -> {
        int first = random.nextInt(leaves.size());
        int last = Math.min(leaves.size(), first + 2 + random.nextInt(2));
        yield new Fuse(stage.id(), leaves.subList(first, last).stream().map(IterVar::id).toList());
      }
      case 5, 6 -> {
        List<String> all = new ArrayList<>(leaves.stream().map(IterVar::id).toList());
        Collections.shuffle(all, random);
        yield new Reorder(stage.id(), all.subList(0, 1 + random.nextInt(all.size())));
      }
      case 7 -> new Inline(stage.id());
      case 8, 9, 10 -> {
        List<Stage> hosts = new ArrayList<>(schedule.readers(stage.tensor()));
        for (Stage reader : List.copyOf(hosts)) {
          if (reader.attachment() instanceof Attachment.At(String host, _)) {
            hosts.add(schedule.stage(host));
          } else if (reader.isInlined()) {
            hosts.addAll(schedule.readers(reader.tensor()));
          }
        }
        hosts = withLoops(hosts);
        Stage host = pick(hosts.isEmpty() ? withLoops(schedule.stages()) : hosts);
        yield new ComputeAt(stage.id(), host.id(), leaf(host.leaves()));
      }
      case 11 -> new CacheWrite(stage.id());
      case 12 -> new CacheRead(operand(schedule, stage), stage.id(), Scope.LOCAL);
      case 13 -> new Rfactor(stage.id(), leaf(leaves), random.nextBoolean());
      case 14 -> {
        Optional<Attachment.At> at = Optional.empty();
        if (random.nextInt(3) == 0) {
          Stage host =
              stage.attachment() instanceof Attachment.At(String id, _) && random.nextBoolean()
                  ? schedule.stage(id)
                  : stage;
          at = Optional.of(new Attachment.At(host.id(), leaf(host.leaves())));
        }
        yield new Pack(operand(schedule, stage), stage.id(), at);
      }
      case 15 -> new Vectorize(stage.id(), leaves.getLast().id());
      case 16 ->
          random.nextBoolean()
              ? new Unroll(stage.id(), leaf(leaves))
              : new AutoUnroll(stage.id(), 1 << random.nextInt(7));
      default -> new Parallel(stage.id(), leaves.getFirst().id());
    };
  }

  private static List<Stage> withLoops(List<Stage> stages) {
    return stages.stream().filter(stage -> !stage.leaves().isEmpty()).toList();
  }

  private String operand(Schedule schedule, Stage stage) {
    Tensor read = pick(stage.reads());
    Optional<Stage> producer = schedule.stageOf(read);
    return producer.isPresent() ? producer.get().id() : schedule.dag().id(read);
  }

  private String leaf(List<IterVar> leaves) {
    return pick(leaves).id();
  }

  private List<Long> factors() {
    List<Long> factors = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      factors.add(FACTORS[random.nextInt(FACTORS.length)]);
    }
    return factors;
  }

  private <T> T pick(List<T> items) {
    return items.get(random.nextInt(items.size()));
  }
}
