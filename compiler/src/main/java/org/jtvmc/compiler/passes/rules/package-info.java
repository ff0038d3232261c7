/** The algebraic rewrite rules, one file each, and how they match. */
package org.jtvmc.compiler.passes.rules;
