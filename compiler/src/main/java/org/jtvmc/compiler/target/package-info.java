/** Target strings, and what the processors that they name can do. */
package org.jtvmc.compiler.target;
