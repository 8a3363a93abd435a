package io.swinlake.storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.GlobExpander;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;

/**
 * One pattern of Hadoop's. Hadoop's own {@code globStatus} cannot look into folders that hold a name with a colon, such as
 * {@code 2026-11-28T10:00:00}.
 */
final class Wildcards {
    private final String base;
    private final List<String> names;

    private Wildcards(String base, List<String> names) {
        this.base = base;
        this.names = names;
    }

    /** The patterns of a URI: several where braces hold slashes, as in <code>{a/b,c/d}</code>. */
    static List<Wildcards> of(String uri) throws IOException {
        int path = uri.length() - new Path(uri).toUri().getPath().length();
        List<Wildcards> patterns = new ArrayList<>();
        for (String pattern : GlobExpander.expand(uri.substring(path))) {
            List<String> names = Arrays.stream(pattern.split("/", -1))
                    .filter(name -> !name.isEmpty())
                    .toList();
            int fixed = 0;
            String base = uri.substring(0, path) + "/";
            while (fixed < names.size() && !new GlobFilter(names.get(fixed)).hasPattern()) {
                base = child(base, unescaped(names.get(fixed)));
                fixed++;
            }
            patterns.add(new Wildcards(base, names.subList(fixed, names.size())));
        }
        return patterns;
    }

    /** All before the first wildcard. */
    String base() {
        return base;
    }

    /** The files and folders that it matches, in no order. */
    List<Entry> matches(FileTree tree) throws IOException {
        List<Entry> found = new ArrayList<>();
        Optional<Entry> root = tree.find(base);
        if (root.isPresent()) {
            match(tree, root.get(), names, found);
        }
        return found;
    }

    private static void match(FileTree tree, Entry at, List<String> names, List<Entry> found) throws IOException {
        if (names.isEmpty()) {
            found.add(at);
        } else if (at.isFolder()) {
            String name = names.get(0);
            List<String> rest = names.subList(1, names.size());
            for (Entry next : next(tree, at, name)) {
                match(tree, next, rest, found);
            }
        }
    }

    private static List<Entry> next(FileTree tree, Entry folder, String name) throws IOException {
        GlobFilter filter = new GlobFilter(name);
        if (!filter.hasPattern()) {
            return tree.find(child(folder.uri(), unescaped(name))).stream().toList();
        }
        boolean namesHidden = Selection.isHidden(name); // as in a shell: * takes no .name, .* does
        return tree.children(folder.uri()).stream()
                .filter(entry -> namesHidden || !Selection.isHidden(entry.name()))
                .filter(entry -> filter.accept(new Path(null, null, entry.name())))
                .toList();
    }

    private static String child(String folder, String name) {
        return folder.endsWith("/") ? folder + name : folder + "/" + name;
    }

    private static String unescaped(String name) {
        return name.replaceAll("\\\\(.)", "$1");
    }
}
