package io.swinlake.cli.command;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * How people name an image of a table: by its whole path in any of its spellings, or by the end of it. Nothing is decoded:
 * a {@code %} in a name is a {@code %}.
 *
 * @param root of the file system that paths without a scheme lie on, such as {@code file:/}
 * @param workingFolder of that file system, such as {@code file:/home/me}
 */
public record ImageNames(String root, String workingFolder) implements Serializable {
    /** A drive of Windows and a time of day are none. */
    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*", Pattern.DOTALL);

    private static final Pattern FILE = Pattern.compile("file:(?://localhost)?/+", Pattern.CASE_INSENSITIVE);

    public static ImageNames of(Configuration configuration) throws IOException {
        FileSystem fileSystem = FileSystem.get(configuration);
        return new ImageNames(
                fileSystem.makeQualified(new Path("/")).toString(),
                fileSystem.makeQualified(fileSystem.getWorkingDirectory()).toString());
    }

    /** The path as the table has it, or the end of one: without {@code .} and {@code ..}, and {@code file:} with one slash. */
    public String normal(String name) {
        if (SCHEME.matcher(name).matches()) {
            return FILE.matcher(name).lookingAt()
                    ? "file:/" + segments(FILE.matcher(name).replaceFirst(""))
                    : name; // where a key of a store may have empty parts
        }
        if (name.startsWith("/")) {
            return root + segments(name);
        }
        String end = segments(name);
        return end.equals("..") || end.startsWith("../")
                ? normal("/" + workingFolder.substring(root.length()) + "/" + end)
                : end;
    }

    /** The path that a normal name stands for if it does not mean the end of another. */
    public String whole(String normal) {
        return depth(normal) == 0 ? normal : workingFolder + "/" + normal;
    }

    /** How many parts of the path a normal name has; 0 if it is the whole path. */
    public static int depth(String normal) {
        return SCHEME.matcher(normal).matches() ? 0 : normal.split("/", -1).length;
    }

    private static String segments(String path) {
        Deque<String> kept = new ArrayDeque<>();
        for (String segment : path.split("/", -1)) {
            if (segment.equals("..") && !kept.isEmpty() && !kept.getLast().equals("..")) {
                kept.removeLast();
            } else if (!segment.isEmpty() && !segment.equals(".")) {
                kept.addLast(segment);
            }
        }
        return String.join("/", kept);
    }
}
