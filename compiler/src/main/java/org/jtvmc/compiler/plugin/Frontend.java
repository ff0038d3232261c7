package org.jtvmc.compiler.plugin;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jtvmc.compiler.onnx.OnnxImporter;
import org.jtvmc.compiler.onnx.convert.Conversion;
import org.jtvmc.compiler.onnx.convert.Conversions;
import org.jtvmc.compiler.onnx.convert.Emitter;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.tuner.PluginLoader;

/** What models may use: the compiler's operators and conversions, and those of plugins. */
public record Frontend(OperatorRegistry operators, Conversions conversions) {
  private static final Frontend STANDARD =
      new Frontend(OperatorRegistry.standard(), Conversions.standard());

  /** Without plugins. */
  public static Frontend standard() {
    return STANDARD;
  }

  /** Reads ONNX models with these operators. */
  public OnnxImporter importer() {
    return new OnnxImporter(conversions, new Emitter(operators));
  }

  /**
   * This frontend and what plugins add.
   *
   * @throws PluginException where an operator's name is taken
   */
  public Frontend with(List<Plugin> plugins) {
    List<Operator> more = new ArrayList<>();
    List<Conversion> rules = new ArrayList<>();
    for (Plugin plugin : plugins) {
      more.addAll(plugin.operators());
      rules.addAll(plugin.conversions());
    }
    try {
      return new Frontend(operators.with(more), conversions.with(rules));
    } catch (IllegalArgumentException e) {
      throw new PluginException(
          "the plugins cannot be used: %s; give the operator another name"
              .formatted(e.getMessage()),
          e);
    }
  }

  /**
   * The standard frontend and the plugins that a user names.
   *
   * @param names class names, jars or folders of classes, declarations of C functions ({@code
   *     .json})
   * @throws PluginException where one cannot be used
   */
  public static Frontend of(List<String> names) {
    return STANDARD.with(names.stream().flatMap(name -> plugins(name).stream()).toList());
  }

  private static List<Plugin> plugins(String name) {
    Path path = Path.of(name);
    if (name.endsWith(".json")) {
      return List.of(ExternalPlugin.read(path));
    }
    if (!Files.exists(path)) {
      if (name.endsWith(".jar") || name.contains("/")) {
        throw new PluginException("the plugin %s does not exist".formatted(name));
      }
      try {
        return List.of(PluginLoader.load(Plugin.class, "plugin", name, new Class<?>[0]));
      } catch (IllegalArgumentException e) {
        throw new PluginException(e.getMessage(), e);
      }
    }
    // Open as long as the program runs: its classes are loaded when they are first used.
    ClassLoader loader =
        new URLClassLoader(new URL[] {location(path)}, Frontend.class.getClassLoader());
    List<Plugin> found = new ArrayList<>();
    try {
      for (Plugin plugin : ServiceLoader.load(Plugin.class, loader)) {
        if (plugin.getClass().getClassLoader() == loader) {
          found.add(plugin);
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new PluginException("%s: %s".formatted(path, e.getMessage()), e);
    }
    if (found.isEmpty()) {
      throw new PluginException(
          "%s has no plugin: list its classes in META-INF/services/%s"
              .formatted(path, Plugin.class.getName()));
    }
    return found;
  }

  private static URL location(Path path) {
    try {
      return path.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new PluginException("%s is no place for a plugin".formatted(path), e);
    }
  }
}
