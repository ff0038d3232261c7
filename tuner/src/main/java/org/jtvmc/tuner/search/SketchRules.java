package org.jtvmc.tuner.search;

import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.tuner.PluginLoader;

/** The rules that span a space. */
public final class SketchRules {

  private SketchRules() {}

  /**
   * The rules of the classes that a user names, before the target's own: a stage is scheduled by
   * the first that applies to it.
   *
   * @throws IllegalArgumentException where there is no such rule; the message is for a person
   */
  public static List<SketchRule> before(List<String> classNames, Target target) {
    Stream<SketchRule> own =
        classNames.stream()
            .map(name -> PluginLoader.load(SketchRule.class, "sketch rule", name, new Class<?>[0]));
    return Stream.concat(own, DesignSpace.rules(target).stream()).toList();
  }
}
