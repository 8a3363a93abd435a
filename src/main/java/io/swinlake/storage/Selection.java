package io.swinlake.storage;

import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;

/**
 * Which files below a folder are listed.
 *
 * @param glob what a file's name must match
 * @param leftOut folders whose files are left out
 */
record Selection(Predicate<String> glob, List<String> leftOut) {
    /** @param glob a pattern of Hadoop's */
    static Selection of(String glob, List<String> leftOut) throws IOException {
        GlobFilter filter = new GlobFilter(glob);
        // All names of a lake go through it: as a path each, for *, they take a third of a listing's time.
        return new Selection(
                glob.equals("*") ? name -> true : name -> filter.accept(new Path(null, null, name)), leftOut);
    }

    /** Whether Spark's readers skip a name: tables keep their own files under such. */
    static boolean isHidden(String name) {
        return name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
    }

    /** Whether a file's name is one to list. */
    boolean takes(String name) {
        return !isHidden(name) && glob.test(name);
    }
}
