package org.jtvmc.compiler.plugin;

/** A plugin that cannot be used; the message is one sentence for a person. */
public final class PluginException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PluginException(String message) {
    super(message);
  }

  PluginException(String message, Throwable cause) {
    super(message, cause);
  }
}
