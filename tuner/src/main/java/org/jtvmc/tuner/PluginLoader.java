package org.jtvmc.tuner;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;

/** Makes objects of classes that the user names on the command line. */
public final class PluginLoader {

  private PluginLoader() {}

  /**
   * An object of the class {@code className} on the class path, by its public constructor that
   * takes {@code types}, or else the one that takes nothing.
   *
   * @param what what the class is to be, for messages
   * @throws IllegalArgumentException where that is not possible; the message is for a person
   */
  public static <T> T load(
      Class<T> type, String what, String className, Class<?>[] types, Object... arguments) {
    try {
      return type.cast(construct(find(type, what, className), types, arguments));
    } catch (NoSuchMethodException e) {
      throw new IllegalArgumentException(
          "%s cannot serve as %s: it has no public constructor that fits"
              .formatted(className, what),
          e);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(
          "%s %s failed to start: %s".formatted(what, className, e.getCause()), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          "%s %s cannot be used: %s".formatted(what, className, e.getMessage()), e);
    }
  }

  /**
   * The class {@code className} on the class path.
   *
   * @param what what it is to be, for messages
   * @throws IllegalArgumentException where there is none, or it is no {@code type} of which there
   *     can be objects
   */
  public static Class<?> find(Class<?> type, String what, String className) {
    Class<?> found;
    try {
      found = Class.forName(className);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new IllegalArgumentException(
          "there is no %s '%s': it is neither a known name nor a class on the class path"
              .formatted(what, className),
          e);
    }
    if (!type.isAssignableFrom(found) || Modifier.isAbstract(found.getModifiers())) {
      throw new IllegalArgumentException(
          "%s cannot serve as %s: it is no class that implements %s"
              .formatted(className, what, type.getName()));
    }
    return found;
  }

  private static Object construct(Class<?> found, Class<?>[] types, Object[] arguments)
      throws ReflectiveOperationException {
    Constructor<?> constructor;
    try {
      constructor = found.getConstructor(types);
    } catch (NoSuchMethodException _) {
      return found.getConstructor().newInstance();
    }
    return constructor.newInstance(arguments);
  }
}
