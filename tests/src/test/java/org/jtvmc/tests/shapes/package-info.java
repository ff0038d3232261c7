/** Models whose sizes are known only when they run. */
package org.jtvmc.tests.shapes;
