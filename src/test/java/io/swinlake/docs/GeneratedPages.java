package io.swinlake.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Writes the files that are made from the code; {@code scripts/docs} runs it. */
final class GeneratedPages {
    static final String RENEWED_BY = "scripts/docs";

    private GeneratedPages() {}

    public static void main(String[] arguments) throws IOException {
        for (Map.Entry<Path, String> page : all().entrySet()) {
            Files.writeString(page.getKey(), page.getValue());
        }
    }

    /** Each page's place and text. */
    static Map<Path, String> all() {
        return new TreeMap<>(Map.of(
                Path.of("docs/cli.md"), CommandLinePage.text(),
                Path.of("docs/troubleshooting.md"), TroubleshootingPage.text(),
                Path.of("src/main/python/swinlake/_params.py"), PythonParams.text()));
    }
}
