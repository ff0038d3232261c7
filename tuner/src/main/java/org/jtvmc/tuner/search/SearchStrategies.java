package org.jtvmc.tuner.search;

import java.util.Set;
import org.jtvmc.tuner.PluginLoader;

/** The search strategies that have a name. */
public final class SearchStrategies {

  private static final Set<String> NAMES = Set.of("evolutionary", "random", "grid");

  private SearchStrategies() {}

  /**
   * Checks that there is a strategy of that name, before there is anything to search.
   *
   * @throws IllegalArgumentException where there is none; the message is for a person
   */
  public static void require(String name) {
    if (!NAMES.contains(name)) {
      PluginLoader.find(SearchStrategy.class, "tuner", name);
    }
  }

  /**
   * The strategy called {@code name}: {@code evolutionary}, {@code random}, {@code grid}, or a
   * class.
   *
   * @throws IllegalArgumentException where there is none; the message is for a person
   */
  public static SearchStrategy create(String name, SearchContext context) {
    return switch (name) {
      case "evolutionary" -> new EvolutionarySearch(context);
      case "random" -> new RandomSearch(context);
      case "grid" -> new GridSearch(context);
      default ->
          PluginLoader.load(
              SearchStrategy.class, "tuner", name, new Class<?>[] {SearchContext.class}, context);
    };
  }
}
