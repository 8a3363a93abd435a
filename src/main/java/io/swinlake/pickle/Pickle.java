package io.swinlake.pickle;

import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * A pickle that was read.
 *
 * @param references all persistent ids, in the order of the file
 * @param globals all classes and functions that it names, in the order of the file
 */
public record Pickle(Object value, List<PyReference> references, Set<PyGlobal> globals) {
    public Pickle {
        references = Collections.unmodifiableList(references);
        globals = Collections.unmodifiableSet(globals);
    }
}
