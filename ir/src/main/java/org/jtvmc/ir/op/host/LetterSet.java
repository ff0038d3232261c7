package org.jtvmc.ir.op.host;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A set of letters, by Unicode's numbers, as ranges that do not touch. */
final class LetterSet {

  /** The last letter of each range by its first. */
  private final TreeMap<Integer, Integer> ranges = new TreeMap<>();

  LetterSet add(int first, int last) {
    int begin = first;
    int end = last;
    Map.Entry<Integer, Integer> near = ranges.floorEntry(end + 1);
    while (near != null && near.getValue() >= begin - 1) {
      begin = Math.min(begin, near.getKey());
      end = Math.max(end, near.getValue());
      ranges.remove(near.getKey());
      near = ranges.floorEntry(end + 1);
    }
    ranges.put(begin, end);
    return this;
  }

  LetterSet add(LetterSet other) {
    other.ranges.forEach(this::add);
    return this;
  }

  LetterSet complement() {
    LetterSet rest = new LetterSet();
    int next = 0;
    for (Map.Entry<Integer, Integer> range : ranges.entrySet()) {
      if (range.getKey() > next) {
        rest.add(next, range.getKey() - 1);
      }
      next = range.getValue() + 1;
    }
    if (next <= Character.MAX_CODE_POINT) {
      rest.add(next, Character.MAX_CODE_POINT);
    }
    return rest;
  }

  /** Adds the bounds of all ranges. */
  void bounds(List<Integer> into) {
    ranges.forEach(
        (first, last) -> {
          into.add(first);
          into.add(last);
        });
  }

  /** Perl's classes: {@code \d \s \w} and their complements; null where it is none. */
  static LetterSet named(int letter) {
    return switch (letter) {
      case 'd' -> posix("digit");
      case 'D' -> posix("digit").complement();
      case 's' -> new LetterSet().add('\t', '\n').add('\f', '\r').add(' ', ' ');
      case 'S' -> named('s').complement();
      case 'w' -> posix("word");
      case 'W' -> posix("word").complement();
      default -> null;
    };
  }

  /** The classes that stand in brackets as {@code [:name:]}; null where it is none. */
  static LetterSet posix(String name) {
    LetterSet set = new LetterSet();
    return switch (name) {
      case "digit" -> set.add('0', '9');
      case "lower" -> set.add('a', 'z');
      case "upper" -> set.add('A', 'Z');
      case "alpha" -> set.add('a', 'z').add('A', 'Z');
      case "alnum" -> posix("alpha").add('0', '9');
      case "word" -> posix("alnum").add('_', '_');
      case "xdigit" -> set.add('0', '9').add('a', 'f').add('A', 'F');
      case "space" -> set.add('\t', '\r').add(' ', ' ');
      case "blank" -> set.add('\t', '\t').add(' ', ' ');
      case "punct" -> set.add('!', '/').add(':', '@').add('[', '`').add('{', '~');
      case "ascii" -> set.add(0, 0x7f);
      default -> null;
    };
  }
}
