package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What others' code enters the jar, byte for byte, and that no secret enters the repository. Whether one of these jars has a
 * published fault only a service knows: give it the coordinates below.
 */
class SupplyChainTest {
    /** Of what the jar is made, beside our own classes; a new version is looked at before it is put here. */
    private static final Map<String, String> BUNDLED = Map.of(
            "ai/djl/api/0.35.1/api-0.35.1.jar",
            "1295c9ba7c5b0e2974a638953ed123154bcc0aca0dbc4106911dc6c9a5d8ccf5",
            "ai/djl/pytorch/pytorch-engine/0.35.1/pytorch-engine-0.35.1.jar",
            "9f8b38a3820facbbdef09b4e691900da5860bb7d7bf2e068d9be205c471ae02f",
            "ai/djl/pytorch/pytorch-jni/2.7.1-0.35.1/pytorch-jni-2.7.1-0.35.1.jar",
            "ec85fc26b76fb6919c38a5caccc96e2fc139d9e6919ffa65bed3d54e6ea8e380",
            "ai/djl/pytorch/pytorch-native-cpu/2.7.1/pytorch-native-cpu-2.7.1-linux-x86_64.jar",
            "1769928feaaa2389b4aa68390e7787ce1707290258b167d016a200fced4b8c39",
            "com/github/usefulness/webp-imageio/0.11.0/webp-imageio-0.11.0.jar",
            "54d2d31200852f70a5792a55cfde1cf4dfb5c2f49fbb2b11cf823359044f9c34",
            "com/google/code/gson/gson/2.13.1/gson-2.13.1.jar",
            "94855942d4992f112946d3de1c334e709237b8126d8130bf07807c018a4a2120",
            "info/picocli/picocli/4.7.7/picocli-4.7.7.jar",
            "f86e30fffd10d2b13b8caa8d4b237a7ee61f2ffccf5b1941de718b765d235bf8",
            "net/java/dev/jna/jna/5.17.0/jna-5.17.0.jar",
            "b3a9408e7c51e08ef0e3bfcc08f443f6ec0f6191ba8cd7c18d53d2b22e5bdbc0");

    private static final Pattern GROUPS =
            Pattern.compile("/(ai/djl|com/github/usefulness|com/google/code/gson|info/picocli|net/java/dev/jna)/");

    /** The shapes of keys that people leave in files; not those of AWS's own examples and of our loopback server. */
    private static final Pattern SECRET = Pattern.compile("\\b(AKIA|ASIA)(?!LOOPBACK|NOBODY|IOSFODNN7)[A-Z0-9]{8,}\\b"
            + "|-----BEGIN ([A-Z]+ )?PRIVATE KEY-----"
            + "|\\bgh[pousr]_[A-Za-z0-9]{36}|\\bgithub_pat_\\w{22,}"
            + "|\\bxox[baprs]-[A-Za-z0-9-]{10,}"
            + "|\\bhf_[A-Za-z0-9]{30,}|\\bsk-[A-Za-z0-9_-]{32,}|\\bAIza[A-Za-z0-9_-]{35}"
            + "|\\beyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\.");

    @Test
    void theJarIsMadeOfTheJarsThatWereLookedAt() throws Exception {
        Map<String, String> found = new TreeMap<>();
        for (String jar : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            var group = GROUPS.matcher(jar.replace(File.separatorChar, '/'));
            if (group.find()) {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of(jar)));
                found.put(jar.substring(group.start() + 1), HexFormat.of().formatHex(digest));
            }
        }
        assertThat(found).isEqualTo(new TreeMap<>(BUNDLED));
    }

    @Test
    void noFileOfTheRepositoryHoldsASecret() throws Exception {
        List<String> found = new ArrayList<>();
        for (Path file : files()) {
            String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            SECRET.matcher(text).results().forEach(match -> found.add(file + ": " + match.group()));
        }
        assertThat(found).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AKIA|Q3EGRVJ7EXAMPL",
                "-----BEGIN |RSA PRIVATE KEY-----",
                "hf_|abcdefghijklmnopqrstuvwxyzabcdefgh"
            })
    void aSecretIsKnown(String parts) {
        assertThat(SECRET.matcher("key = \"" + parts.replace("|", "") + "\"").find())
                .isTrue();
    }

    /** What git keeps, and what it would keep next. */
    private static List<Path> files() throws IOException, InterruptedException {
        Process git = new ProcessBuilder("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").start();
        String names = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(git.waitFor() == 0, "no checkout of git");
        List<Path> files = List.of(names.split("\0", -1)).stream()
                .map(Path::of)
                .filter(Files::isRegularFile)
                .toList();
        assertThat(files).hasSizeGreaterThan(100);
        return files;
    }
}
