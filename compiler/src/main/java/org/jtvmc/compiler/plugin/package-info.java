/** What users add to the compiler without changing it: operators, and how files name them. */
package org.jtvmc.compiler.plugin;
