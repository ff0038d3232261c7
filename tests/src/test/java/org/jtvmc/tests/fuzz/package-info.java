/** Files of strangers: mutated under the guidance of coverage, and random graphs against a peer. */
package org.jtvmc.tests.fuzz;
