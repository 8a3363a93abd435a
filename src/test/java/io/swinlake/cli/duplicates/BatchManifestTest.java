package io.swinlake.cli.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchManifestTest {
    /** The Java class that AWS's own examples decode keys with takes + for a space; S3 takes %20 and + alike. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a.jpg",
                "photos/2026/a b.jpg",
                "1+1=2.jpg",
                "a,b\"c\".jpg",
                "100%.jpg",
                "a%20b.jpg",
                "line\nfeed\r.jpg",
                "tab\t.jpg",
                "naïve/ключ/鍵/🔑.jpg",
                "#?&;*'()!~$@:[]{}|\\^`<>.jpg",
                " ",
            })
    void everyKeyIsOneFieldThatDecodesToIt(String key) {
        String encoded = BatchManifest.encoded(key);
        assertThat(encoded).matches("([A-Za-z0-9._~/-]|%[0-9A-F]{2})+");
        assertThat(URLDecoder.decode(encoded, StandardCharsets.UTF_8)).isEqualTo(key);
    }
}
