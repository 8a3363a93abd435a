package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Section 4 of the Apache License: whoever is given the work is given the licence and the notices. */
class LicenceIT {
    @ParameterizedTest
    @CsvSource({".jar, LICENSE", ".jar, NOTICE", "-spark3.5.jar, LICENSE", "-spark3.5.jar, NOTICE"})
    void everyJarHasTheLicenceAndTheNotices(String ending, String file) throws Exception {
        String jar = System.getProperty("swinlake.jar").replaceFirst("\\.jar$", ending);
        try (JarFile content = new JarFile("target/" + jar)) {
            byte[] found =
                    content.getInputStream(content.getEntry("META-INF/" + file)).readAllBytes();

            assertThat(found).isEqualTo(Files.readAllBytes(Path.of(file)));
        }
    }
}
