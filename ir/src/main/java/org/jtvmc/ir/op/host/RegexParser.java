package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.op.host.MatchProgram.Instruction;
import org.jtvmc.ir.op.host.MatchProgram.Kind;
import org.jtvmc.ir.type.TypeException;

/**
 * Reads regular expressions of RE2's syntax: letters, {@code .}, classes, {@code ^ $ \b \B},
 * groups, alternatives and repetitions. Since a whole text is matched, it does not matter which of
 * several ways a repetition prefers.
 *
 * @see <a href="https://github.com/google/re2/wiki/Syntax">RE2's syntax</a>
 */
final class RegexParser {

  private static final int MOST_INSTRUCTIONS = 100_000;
  private static final int MOST_REPEATS = 1000;

  private final int[] pattern;
  private final String text;
  private int at;
  private final List<Instruction> instructions = new ArrayList<>();
  private final List<Integer> ranges = new ArrayList<>();

  RegexParser(String pattern) {
    this.text = pattern;
    this.pattern = pattern.codePoints().toArray();
  }

  /**
   * The program.
   *
   * @throws TypeException where the expression is none, or uses what is not supported
   */
  MatchProgram parse() {
    alternatives();
    if (at < pattern.length) {
      throw fault("has a ')' too many");
    }
    emit(Kind.DONE, 0, 0);
    return new MatchProgram(instructions, ranges);
  }

  private void alternatives() {
    int begin = instructions.size();
    sequence();
    while (accept('|')) {
      // What was read so far moves behind a split whose other way is the next alternative.
      insert(begin, new Instruction(Kind.SPLIT, begin + 1, instructions.size() + 2));
      int jump = emit(Kind.SPLIT, 0, 0);
      sequence();
      instructions.set(jump, new Instruction(Kind.SPLIT, instructions.size(), instructions.size()));
    }
  }

  private void sequence() {
    while (at < pattern.length && pattern[at] != '|' && pattern[at] != ')') {
      int begin = instructions.size();
      atom();
      while (repetition(begin)) {
        accept('?');
      }
    }
  }

  private void atom() {
    int letter = pattern[at++];
    switch (letter) {
      case '(' -> {
        if (accept('?') && !accept(':')) {
          groupName();
        }
        alternatives();
        if (!accept(')')) {
          throw fault("lacks a ')'");
        }
      }
      case '.' -> take(new LetterSet().add('\n', '\n').complement());
      case '^' -> emit(Kind.BEGIN, 0, 0);
      case '$' -> emit(Kind.END, 0, 0);
      case '[' -> take(set());
      case '\\' -> escape();
      case '*', '+', '?' -> throw fault("repeats nothing");
      default -> take(new LetterSet().add(letter, letter));
    }
  }

  /** {@code (?P<name>} and {@code (?<name>}; flags are not supported. */
  private void groupName() {
    accept('P');
    if (!accept('<')) {
      throw fault("has flags, which are not supported");
    }
    while (at < pattern.length && pattern[at] != '>') {
      at++;
    }
    if (!accept('>')) {
      throw fault("has a group whose name does not end");
    }
  }

  private void escape() {
    int letter = next("ends in a backslash");
    switch (letter) {
      case 'b' -> emit(Kind.WORD_EDGE, 0, 0);
      case 'B' -> emit(Kind.NO_WORD_EDGE, 0, 0);
      case 'A' -> emit(Kind.BEGIN, 0, 0);
      case 'z' -> emit(Kind.END, 0, 0);
      default -> {
        LetterSet named = LetterSet.named(letter);
        if (named == null) {
          int one = escaped(letter);
          named = new LetterSet().add(one, one);
        }
        take(named);
      }
    }
  }

  private int escaped(int letter) {
    return switch (letter) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'f' -> '\f';
      case 'v' -> 0x0b;
      case 'a' -> 0x07;
      case 'x' -> hexadecimal();
      default -> {
        if (Character.isLetterOrDigit(letter)) {
          throw fault(
              "has the escape \\%s, which is not supported".formatted(Character.toString(letter)));
        }
        yield letter;
      }
    };
  }

  private int hexadecimal() {
    int end = accept('{') ? text.length() : at + 2;
    int value = 0;
    while (at < Math.min(end, pattern.length) && Character.digit(pattern[at], 16) >= 0) {
      value = Math.min(value * 16 + Character.digit(pattern[at++], 16), Character.MAX_CODE_POINT);
    }
    accept('}');
    return value;
  }

  /** What stands between brackets. */
  private LetterSet set() {
    LetterSet set = new LetterSet();
    boolean negated = accept('^');
    boolean first = true;
    while (first || at >= pattern.length || pattern[at] != ']') {
      first = false;
      int letter = next("lacks a ']'");
      LetterSet named = null;
      if (letter == '[' && at < pattern.length && pattern[at] == ':') {
        named = posix();
      } else if (letter == '\\') {
        letter = next("ends in a backslash");
        named = LetterSet.named(letter);
        letter = named == null ? escaped(letter) : letter;
      }
      if (named != null) {
        set.add(named);
        continue;
      }
      int last = letter;
      if (at + 1 < pattern.length && pattern[at] == '-' && pattern[at + 1] != ']') {
        at++;
        last = next("lacks a ']'");
        last = last == '\\' ? escaped(next("ends in a backslash")) : last;
        if (last < letter) {
          throw fault("has a range whose end comes first");
        }
      }
      set.add(letter, last);
    }
    at++;
    return negated ? set.complement() : set;
  }

  private LetterSet posix() {
    int end = text.indexOf(":]", text.offsetByCodePoints(0, at));
    String name = end < 0 ? "" : text.substring(text.offsetByCodePoints(0, at) + 1, end);
    LetterSet set = LetterSet.posix(name);
    if (set == null) {
      throw fault("has the class [:%s:], which is not supported".formatted(name));
    }
    at += name.length() + 3;
    return set;
  }

  /** Repeats what begins there; false where nothing is to be repeated. */
  private boolean repetition(int begin) {
    if (accept('*')) {
      repeat(begin, 0, -1);
    } else if (accept('+')) {
      repeat(begin, 1, -1);
    } else if (accept('?')) {
      repeat(begin, 0, 1);
    } else {
      return braces(begin);
    }
    return true;
  }

  private boolean braces(int begin) {
    int before = at;
    if (!accept('{')) {
      return false;
    }
    int least = number();
    int most = accept(',') ? number() : least;
    boolean open = pattern[at - 1] == ',';
    if (least < 0 || !accept('}')) {
      // Not of that form: a letter like others.
      at = before + 1;
      take(new LetterSet().add('{', '{'));
      return false;
    }
    if (least > MOST_REPEATS || most > MOST_REPEATS || (!open && most < least)) {
      throw fault("repeats from %d to %d times".formatted(least, most));
    }
    repeat(begin, least, open ? -1 : most);
    return true;
  }

  private int number() {
    int value = -1;
    while (at < pattern.length && pattern[at] >= '0' && pattern[at] <= '9') {
      value = Math.min(Math.max(value, 0) * 10 + pattern[at++] - '0', MOST_REPEATS + 1);
    }
    return value;
  }

  /**
   * @param most -1 for any number
   */
  private void repeat(int begin, int least, int most) {
    List<Instruction> once = List.copyOf(instructions.subList(begin, instructions.size()));
    instructions.subList(begin, instructions.size()).clear();
    for (int i = 0; i < least; i++) {
      append(once, begin);
    }
    if (most < 0) {
      int split = emit(Kind.SPLIT, 0, 0);
      append(once, begin);
      emit(Kind.SPLIT, split, split);
      instructions.set(split, new Instruction(Kind.SPLIT, split + 1, instructions.size()));
      return;
    }
    List<Integer> exits = new ArrayList<>();
    for (int i = least; i < most; i++) {
      exits.add(emit(Kind.SPLIT, 0, 0));
      append(once, begin);
    }
    for (int exit : exits) {
      instructions.set(exit, new Instruction(Kind.SPLIT, exit + 1, instructions.size()));
    }
  }

  /** Instructions that stood at {@code origin}, at the end. */
  private void append(List<Instruction> once, int origin) {
    int shift = instructions.size() - origin;
    once.forEach(instruction -> add(shifted(instruction, origin, shift)));
  }

  private void insert(int place, Instruction instruction) {
    for (int i = place; i < instructions.size(); i++) {
      instructions.set(i, shifted(instructions.get(i), place, 1));
    }
    instructions.add(place, instruction);
  }

  private static Instruction shifted(Instruction instruction, int from, int by) {
    return instruction.kind() == Kind.SPLIT
        ? new Instruction(
            Kind.SPLIT,
            instruction.first() >= from ? instruction.first() + by : instruction.first(),
            instruction.second() >= from ? instruction.second() + by : instruction.second())
        : instruction;
  }

  private void take(LetterSet set) {
    int first = ranges.size() / 2;
    set.bounds(ranges);
    emit(Kind.TAKE, first, ranges.size() / 2);
  }

  private int emit(Kind kind, int first, int second) {
    return add(new Instruction(kind, first, second));
  }

  private int add(Instruction instruction) {
    if (instructions.size() >= MOST_INSTRUCTIONS) {
      throw fault("is too large");
    }
    instructions.add(instruction);
    return instructions.size() - 1;
  }

  private boolean accept(int letter) {
    if (at < pattern.length && pattern[at] == letter) {
      at++;
      return true;
    }
    return false;
  }

  private int next(String fault) {
    if (at >= pattern.length) {
      throw fault(fault);
    }
    return pattern[at++];
  }

  private TypeException fault(String what) {
    return new TypeException("the regular expression '%s' %s".formatted(text, what));
  }
}
