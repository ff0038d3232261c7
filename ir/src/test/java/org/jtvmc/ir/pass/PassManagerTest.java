package org.jtvmc.ir.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PassManagerTest {

  private static final Invariant TYPED = new Invariant("typed");

  private record Append(
      String name, Set<Invariant> requires, Set<Invariant> establishes, Set<Invariant> breaks)
      implements Pass<String> {
    @Override
    public String apply(String text) {
      return text + name;
    }
  }

  private static final Append TYPER = new Append("Typer", Set.of(), Set.of(TYPED), Set.of());
  private static final Append USER = new Append("User", Set.of(TYPED), Set.of(), Set.of());
  private static final Append BREAKER = new Append("Breaker", Set.of(), Set.of(), Set.of(TYPED));

  private static String orderFault(Append... passes) {
    return assertThrows(PassOrderException.class, () -> PassManager.of(List.of(passes)))
        .getMessage();
  }

  @Test
  void runsInOrderAndTellsListeners() {
    List<String> seen = new ArrayList<>();
    PassTimes<String> times = new PassTimes<>();
    String result =
        PassManager.of(List.of(TYPER, USER))
            .watchedBy((pass, before, after, time) -> seen.add(pass.name() + ":" + after))
            .watchedBy(times)
            .run("-");
    assertEquals("-TyperUser", result);
    assertEquals(List.of("Typer:-Typer", "User:-TyperUser"), seen);
    assertEquals(2, times.entries().size());
  }

  @Test
  void aWrongOrderNamesBothPasses() {
    assertEquals(
        "pass User requires 'typed', which only pass Typer after it establishes",
        orderFault(USER, TYPER));
    assertEquals(
        "pass User requires 'typed', which pass Breaker before it breaks",
        orderFault(TYPER, BREAKER, USER));
    assertEquals(
        "pass User requires 'typed', which no pass before it establishes", orderFault(USER));
  }

  @Test
  void disabledPassesAreLeftOutOrMissed() {
    PassManager<String> manager = PassManager.of(List.of(TYPER, USER));
    assertEquals("Typer", manager.without(List.of("User")).run(""));
    assertThrows(PassOrderException.class, () -> manager.without(List.of("Typer")));
    assertEquals(
        "there is no pass 'X'; the passes are Typer, User",
        assertThrows(IllegalArgumentException.class, () -> manager.without(List.of("X")))
            .getMessage());
  }

  @Test
  void theListPrintsWithItsInvariants() {
    assertEquals(
        "Typer; establishes typed\nUser; requires typed\nBreaker; breaks typed",
        PassManager.of(List.of(TYPER, USER, BREAKER)).toString());
  }

  @Test
  void theIrPrintsAfterThePassesThatAreNamed() {
    List<String> printed = new ArrayList<>();
    PassManager<String> manager = PassManager.of(List.of(TYPER, USER));
    manager.watchedBy(new PrintAfter<>(Set.of("User"), text -> text, printed::add)).run("");
    assertEquals(List.of("// after User\nTyperUser"), printed);
    printed.clear();
    manager.watchedBy(new PrintAfter<>(Set.of("all"), text -> text, printed::add)).run("");
    assertEquals(2, printed.size());
  }
}
