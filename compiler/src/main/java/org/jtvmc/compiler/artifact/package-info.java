/**
 * What leaves the compiler: a folder or a single library, and its description by which it is found
 * again.
 */
package org.jtvmc.compiler.artifact;
