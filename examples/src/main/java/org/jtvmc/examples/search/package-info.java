/**
 * An experiment that compares ways to search, with strategies of its own, and what it makes of the
 * measurements: a table, a summary with its uncertainty, and plots. docs/research.md tells how.
 */
package org.jtvmc.examples.search;
