package io.swinlake.pickle;

import java.util.List;

/**
 * A pickle that was read.
 *
 * @param references all persistent ids, in the order of the file
 */
public record Pickle(Object value, List<PyReference> references) {}
