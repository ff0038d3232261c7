/** What is handed out: one archive that needs neither a JDK nor Maven. */
package org.jtvmc.tests.distribution;
