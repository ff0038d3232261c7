/** What the loops of a candidate tell about its speed, as numbers for a cost model. */
package org.jtvmc.tuner.feature;
