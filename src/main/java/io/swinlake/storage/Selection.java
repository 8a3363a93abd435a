package io.swinlake.storage;

import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;

/**
 * Which files below a folder are listed.
 *
 * @param glob what a file's name must match
 * @param leftOut folders whose files are left out
 */
record Selection(PathFilter glob, List<String> leftOut) {
    /** @param glob a pattern of Hadoop's */
    static Selection of(String glob, List<String> leftOut) throws IOException {
        // All names of a lake go through it: matching them with * takes a third of a listing's time.
        return new Selection(glob.equals("*") ? name -> true : new GlobFilter(glob), leftOut);
    }

    /** Whether Spark's readers skip a name: tables keep their own files under such. */
    static boolean isHidden(String name) {
        return name.startsWith(".") || (name.startsWith("_") && !name.contains("="));
    }

    /** Whether a file's name is one to list. */
    boolean takes(String name) {
        return !isHidden(name) && glob.accept(new Path(null, null, name));
    }
}
