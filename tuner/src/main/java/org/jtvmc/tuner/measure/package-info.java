/** Building, running, timing and checking candidates in processes of their own. */
package org.jtvmc.tuner.measure;
