/** Small complete uses of the compiler and of what it makes. */
package org.jtvmc.examples;
