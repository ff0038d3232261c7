/** Support for the tests and benchmarks that cross modules. */
package org.jtvmc.tests;
