package org.jtvmc.tuner.search;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.space.DesignSpace;

/** The space that the rules of a target span for a kernel. */
public final class ScheduleSpace implements CandidateSpace {
  private static final int ATTEMPTS = 8;

  private final DesignSpace space;

  public ScheduleSpace(DesignSpace space) {
    this.space = space;
  }

  private Candidate candidate(org.jtvmc.schedule.space.Candidate point) {
    return new Candidate(space.dag(), point);
  }

  private org.jtvmc.schedule.space.Candidate point(Candidate candidate) {
    return candidate.pointOf(space.dag()).orElseGet(() -> space.replay(candidate.decisions()));
  }

  @Override
  public Candidate defaultCandidate() {
    return candidate(space.defaultCandidate());
  }

  @Override
  public Candidate random(RandomGenerator random) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return candidate(space.random(random));
      } catch (ScheduleException _) {
        // Decisions that do not go together: others do.
        continue;
      }
    }
    return defaultCandidate();
  }

  @Override
  public Candidate mutate(Candidate parent, RandomGenerator random) {
    try {
      return space.mutate(point(parent), random).map(this::candidate).orElse(parent);
    } catch (ScheduleException _) {
      return parent;
    }
  }

  @Override
  public Optional<Candidate> crossover(Candidate left, Candidate right, RandomGenerator random) {
    try {
      return Optional.of(candidate(space.crossover(point(left), point(right), random)));
    } catch (ScheduleException _) {
      return Optional.empty();
    }
  }

  @Override
  public List<Candidate> neighbours(Candidate candidate) {
    try {
      return space.neighbours(point(candidate)).stream().map(this::candidate).toList();
    } catch (ScheduleException _) {
      return List.of();
    }
  }

  @Override
  public Candidate replay(Map<String, String> decisions) {
    return candidate(space.replay(decisions));
  }

  @Override
  public Stream<Candidate> enumerate() {
    return StreamSupport.stream(new Odometer(), false);
  }

  /**
   * Counts through the decisions as through the digits of a number. Which decisions come later may
   * depend on earlier ones: after each step all behind the one that moved start again.
   */
  private final class Odometer extends Spliterators.AbstractSpliterator<Candidate> {
    /** The options to take, as far as they are fixed; null where there are no more points. */
    private List<Integer> digits = List.of();

    Odometer() {
      super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
    }

    @Override
    public boolean tryAdvance(Consumer<? super Candidate> action) {
      if (digits == null) {
        return false;
      }
      List<Integer> chosen = new ArrayList<>();
      List<Integer> sizes = new ArrayList<>();
      Map<String, Integer> named = new LinkedHashMap<>();
      var point =
          space.build(
              (name, options, _) -> {
                Integer before = named.get(name);
                if (before != null) {
                  return before;
                }
                int next = chosen.size();
                int digit = next < digits.size() ? digits.get(next) : 0;
                chosen.add(digit);
                sizes.add(options.size());
                named.put(name, digit);
                return digit;
              });
      digits = successor(chosen, sizes);
      action.accept(candidate(point));
      return true;
    }

    private static List<Integer> successor(List<Integer> digits, List<Integer> sizes) {
      for (int k = digits.size() - 1; k >= 0; k--) {
        if (digits.get(k) + 1 < sizes.get(k)) {
          List<Integer> next = new ArrayList<>(digits.subList(0, k));
          next.add(digits.get(k) + 1);
          return next;
        }
      }
      return null;
    }
  }
}
