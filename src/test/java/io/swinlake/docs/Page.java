package io.swinlake.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Markdown file as GitHub shows it, as far as tests look: headings, links, code. */
record Page(Path path, String text) {
    private static final Pattern FENCE = Pattern.compile("(?ms)^ *```([\\w+-]*)\\n(.*?)^ *```$");
    private static final Pattern LINK =
            Pattern.compile("(?<!\\\\)\\[[^\\[\\]]*(?:\\[[^\\]]*])?[^\\[\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *$");
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");

    /**
     * A fenced block.
     *
     * @param language the word behind the fence; may be empty
     * @param line of the page on which the code begins, from 1
     */
    record Block(Path page, String language, int line, String code) {
        @Override
        public String toString() {
            return page + ":" + line;
        }
    }

    static Page read(Path path) {
        try {
            return new Page(path, Files.readString(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The README, then the other pages. Tests run in the project's folder. */
    static List<Page> all() {
        try (Stream<Path> docs = Files.list(Path.of("docs"))) {
            return Stream.concat(
                            Stream.of(Path.of("README.md"), Path.of("CONTRIBUTING.md"), Path.of("CHANGELOG.md")),
                            docs.filter(file -> file.toString().endsWith(".md")).sorted())
                    .map(Page::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Block> blocks() {
        return FENCE.matcher(text)
                .results()
                .map(block -> new Block(path, block.group(1), lineAt(block.start(2)), block.group(2)))
                .toList();
    }

    /** Places that links lead to, without those on the web. */
    List<String> relativeLinks() {
        return LINK.matcher(prose())
                .results()
                .map(link -> link.group(1))
                .filter(target -> !target.matches("[a-z]+:.*"))
                .toList();
    }

    /** Names for which {@code page.md#name} leads to a heading here. */
    List<String> anchors() {
        List<String> anchors = new ArrayList<>();
        Map<String, Integer> seen = new HashMap<>();
        for (MatchResult heading : HEADING.matcher(prose()).results().toList()) {
            String anchor = anchor(heading.group(1));
            int count = seen.merge(anchor, 1, Integer::sum);
            anchors.add(count == 1 ? anchor : anchor + "-" + (count - 1));
        }
        return anchors;
    }

    /** What stands between backquotes in the running text. */
    List<String> inlineCode() {
        return CODE.matcher(prose()).results().map(code -> code.group(1)).toList();
    }

    /** Without the fenced blocks. */
    private String prose() {
        return FENCE.matcher(text).replaceAll("");
    }

    private int lineAt(int index) {
        return 1 + (int) text.substring(0, index).chars().filter(c -> c == '\n').count();
    }

    /** GitHub's rule: lower case, no punctuation, hyphens for spaces. */
    static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }
}
