/** Transformations of loop IR between lowering and emission. */
package org.jtvmc.codegen.pass;
