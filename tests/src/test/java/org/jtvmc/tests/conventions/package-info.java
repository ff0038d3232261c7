/** The project's conventions, checked over its own classes, sources and pages. */
package org.jtvmc.tests.conventions;
