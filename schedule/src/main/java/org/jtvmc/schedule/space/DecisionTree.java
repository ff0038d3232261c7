package org.jtvmc.schedule.space;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jtvmc.schedule.space.Candidate.Decision;

/**
 * The decisions that were taken before, as a tree, with what the rules had made of them: candidates
 * that begin alike are made once up to where they part. What is asked next follows from the
 * decisions before it, so that a path which is known needs no rule. Used from several threads at
 * once.
 */
final class DecisionTree {
  /** Where so many schedules are kept, all are forgotten. */
  private static final int MOST = 1024;

  private final AtomicReference<Node> root = new AtomicReference<>(new Node());
  private final AtomicInteger kept = new AtomicInteger();

  /** What is known after some decisions. */
  private static final class Node {
    /** What is asked next, with what the expert would take as the option taken; null if unknown. */
    private Decision next;

    private Checkpoint checkpoint;
    private Candidate made;
    private final Map<Integer, Node> branches = new HashMap<>();

    synchronized Optional<Decision> next() {
      return Optional.ofNullable(next);
    }

    synchronized Optional<Checkpoint> checkpoint() {
      return Optional.ofNullable(checkpoint);
    }

    synchronized Optional<Candidate> made() {
      return Optional.ofNullable(made);
    }

    synchronized Node after(Decision question, int chosen) {
      next = question;
      return branches.computeIfAbsent(chosen, _ -> new Node());
    }

    /** True where none was known here. */
    synchronized boolean reach(Checkpoint latest) {
      boolean first = checkpoint == null;
      checkpoint = latest;
      return first;
    }

    synchronized void finish(Candidate candidate) {
      made = candidate;
    }
  }

  /** A walk from the root along the branches that {@code choices} takes. */
  Walk walk(Checkpoint start, Choices choices) {
    return new Walk(root.get(), start, choices);
  }

  private void count() {
    if (kept.incrementAndGet() > MOST) {
      kept.set(0);
      root.set(new Node());
    }
  }

  /** The making of one candidate: it answers the rules' questions, each of its choices once. */
  final class Walk implements Choices {
    private final Choices choices;
    private final List<Integer> taken = new ArrayList<>();
    private Node node;
    private Checkpoint start;

    /** How many of those taken the rules have asked for again. */
    private int asked;

    private Walk(Node node, Checkpoint start, Choices choices) {
      this.node = node;
      this.start = start;
      this.choices = choices;
    }

    /** The candidate, where all of the path is known. */
    Optional<Candidate> follow() {
      while (true) {
        start = node.checkpoint().orElse(start);
        Optional<Decision> next = node.next();
        if (next.isEmpty()) {
          asked = start.decisions().size();
          return node.made();
        }
        take(next.get());
      }
    }

    /** Where the rules have to go on. */
    Checkpoint start() {
      return start;
    }

    private int take(Decision question) {
      int chosen = choices.pick(question.name(), question.options(), question.chosen());
      node = node.after(question, chosen);
      taken.add(chosen);
      return chosen;
    }

    @Override
    public int pick(String name, List<String> options, int preferred) {
      int chosen =
          asked < taken.size() ? taken.get(asked) : take(new Decision(name, options, preferred));
      asked++;
      return chosen;
    }

    /** Keeps what the rules have made of the decisions taken so far. */
    void reached(Checkpoint checkpoint) {
      if (asked == taken.size() && node.reach(checkpoint)) {
        count();
      }
    }

    /** Keeps what all decisions lead to. */
    Candidate finished(Candidate candidate) {
      node.finish(candidate);
      count();
      return candidate;
    }
  }
}
