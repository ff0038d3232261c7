/** Benchmarks of the compiler itself, run by JMH: {@code mvn -Pbenchmark -DskipTests verify}. */
package org.jtvmc.tests.benchmark;
