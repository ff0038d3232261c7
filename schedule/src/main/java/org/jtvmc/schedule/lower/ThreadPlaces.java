package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * Tells whether the places of a buffer are divided among threads as digits of a number are: the
 * digit of weight {@code c} and base {@code n} is the thread's number in all accesses. Then no two
 * threads touch the same place, and a thread's own places are the number without that digit.
 */
final class ThreadPlaces {
  private final Map<ThreadTag, Long> extents;

  /**
   * @param extents of the launch
   */
  ThreadPlaces(Map<ThreadTag, Long> extents) {
    this.extents = extents;
  }

  /**
   * A part of a place.
   *
   * @param weight positive
   * @param extent the values of {@code atom} are 0 to {@code extent - 1}
   * @param tag of the loop whose variable {@code atom} is
   */
  record Term(PrimExpr atom, long weight, long extent, Optional<ThreadTag> tag) {
    boolean isOf(ThreadTag wanted) {
      return tag.isPresent() && tag.get() == wanted;
    }
  }

  /** The place {@code constant + sum(weight * atom)}, neither negative. */
  record Access(long constant, List<Term> terms) {}

  private record Digit(ThreadTag tag, long weight, long base) {}

  /**
   * The places in the threads' own parts; empty where threads share some.
   *
   * @param local true where each thread has all places, so that those kinds of threads that no
   *     access tells apart have none in common
   */
  Optional<List<LinearForm>> own(List<Access> accesses, boolean local) {
    List<Digit> digits = new ArrayList<>();
    for (Map.Entry<ThreadTag, Long> entry : extents.entrySet()) {
      ThreadTag tag = entry.getKey();
      if (tag.isBlock() || tag == ThreadTag.VIRTUAL || entry.getValue() == 1) {
        continue;
      }
      if (local && accesses.stream().noneMatch(access -> isOf(access, tag))) {
        continue;
      }
      Optional<Digit> digit = digit(tag, accesses);
      if (digit.isEmpty()) {
        return Optional.empty();
      }
      digits.add(digit.get());
    }
    digits.sort(Comparator.comparingLong(Digit::weight).reversed());
    List<Access> rest = accesses;
    for (Digit digit : digits) {
      List<Access> without = new ArrayList<>();
      for (Access access : rest) {
        Optional<Access> shorter = without(access, digit);
        if (shorter.isEmpty()) {
          return Optional.empty();
        }
        without.add(shorter.get());
      }
      rest = without;
    }
    return Optional.of(rest.stream().map(ThreadPlaces::form).toList());
  }

  private static boolean isOf(Access access, ThreadTag tag) {
    return access.terms().stream().anyMatch(term -> term.isOf(tag));
  }

  /** The one that stands for a kind of thread in every access. */
  private static Optional<Digit> digit(ThreadTag tag, List<Access> accesses) {
    Digit found = null;
    for (Access access : accesses) {
      List<Term> own = access.terms().stream().filter(term -> term.isOf(tag)).toList();
      if (own.size() != 1) {
        return Optional.empty();
      }
      Digit digit = new Digit(tag, own.getFirst().weight(), own.getFirst().extent());
      if (found != null && !found.equals(digit)) {
        return Optional.empty();
      }
      found = digit;
    }
    return Optional.ofNullable(found);
  }

  private static Optional<Access> without(Access access, Digit digit) {
    long cycle = digit.weight() * digit.base();
    long below = access.constant() % cycle;
    List<Term> terms = new ArrayList<>();
    for (Term term : access.terms()) {
      if (term.isOf(digit.tag())) {
        continue;
      }
      if (term.weight() < digit.weight()) {
        below += term.weight() * (term.extent() - 1);
        terms.add(term);
      } else if (term.weight() % cycle == 0) {
        terms.add(new Term(term.atom(), term.weight() / digit.base(), term.extent(), term.tag()));
      } else {
        return Optional.empty();
      }
    }
    long constant = access.constant() / cycle * digit.weight() + access.constant() % cycle;
    return below < digit.weight() ? Optional.of(new Access(constant, terms)) : Optional.empty();
  }

  private static LinearForm form(Access access) {
    LinearForm form = LinearForm.constant(access.constant());
    for (Term term : access.terms()) {
      form = form.plus(LinearForm.atom(term.atom()), term.weight());
    }
    return form;
  }
}
