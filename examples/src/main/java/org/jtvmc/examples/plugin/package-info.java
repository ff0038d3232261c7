/** An operator that the compiler does not have, added from outside. */
package org.jtvmc.examples.plugin;
