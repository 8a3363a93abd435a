package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 4 of the Apache License: whoever is given the work is given the licence and the notices. */
class LicenceIT {
    @ParameterizedTest
    @ValueSource(strings = {"LICENSE", "NOTICE"})
    void theJarHasTheLicenceAndTheNotices(String file) throws Exception {
        try (JarFile content = new JarFile(Launcher.jar().toFile())) {
            byte[] found =
                    content.getInputStream(content.getEntry("META-INF/" + file)).readAllBytes();

            assertThat(found).isEqualTo(Files.readAllBytes(Path.of(file)));
        }
    }
}
