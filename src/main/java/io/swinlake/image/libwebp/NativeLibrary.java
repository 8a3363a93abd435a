package io.swinlake.image.libwebp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;

/**
 * A library of the jar as a file that can be loaded: in the folder where libtorch's lie, under a name that is its content's,
 * so that all JVMs of a machine share one and none can take another release's.
 */
final class NativeLibrary {
    private static final String OTHER_FOLDER =
            "set DJL_CACHE_DIR to a folder on another file system, on executors by spark.executorEnv.DJL_CACHE_DIR";

    private NativeLibrary() {}

    /** A library that cannot be used here. */
    static final class LoadException extends Exception {
        LoadException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Loads a library.
     *
     * @param name of the file in the jar, without prefix and ending
     * @param label for messages
     */
    static void load(String name, String label) throws LoadException {
        String resource = "/native/" + platform() + "/" + System.mapLibraryName(name);
        byte[] library;
        try (InputStream in = NativeLibrary.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new LoadException(
                        label + " is not in this jar for " + platform()
                                + ": add com.github.usefulness:webp-imageio to the class path, or convert the images",
                        null);
            }
            library = in.readAllBytes();
        } catch (IOException e) {
            throw new LoadException(label + " cannot be read from the jar: " + e.getMessage(), e);
        }
        Path folder = cacheFolder().resolve("swinlake");
        Path file;
        try {
            file = unpack(library, folder, System.mapLibraryName(name));
        } catch (IOException e) {
            throw new LoadException(
                    "%s: %s cannot be unpacked here: %s: %s".formatted(folder, label, e.getMessage(), OTHER_FOLDER), e);
        }
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            throw new LoadException(reason(file, label, String.valueOf(e.getMessage())), e);
        }
    }

    static String reason(Path file, String label, String message) {
        if (message.contains("failed to map segment")) {
            return "%s: %s cannot be loaded from here, most likely because it is mounted noexec: %s"
                    .formatted(file.getParent(), label, OTHER_FOLDER);
        }
        if (message.contains("musl") || message.contains("ld-linux") || message.contains("GLIBC_")) {
            return "%s needs glibc 2.27 or newer, which this system has not: use an image with glibc, such as Debian's: %s"
                    .formatted(label, message);
        }
        return "%s: %s cannot be loaded: %s".formatted(file, label, message);
    }

    /** {@code Linux/x86_64}, as the jar's folders are called. */
    private static String platform() {
        String os = System.getProperty("os.name");
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String folder = os.startsWith("Mac") ? "Mac" : os.startsWith("Windows") ? "Windows" : os;
        return folder + "/" + (arch.equals("amd64") ? "x86_64" : arch);
    }

    /** The folder that DJL chooses for libtorch. */
    private static Path cacheFolder() {
        for (String name : new String[] {"ENGINE_CACHE_DIR", "DJL_CACHE_DIR"}) {
            String set = System.getenv(name) == null ? System.getProperty(name, "") : System.getenv(name);
            if (!set.isEmpty()) {
                return Path.of(set).toAbsolutePath();
            }
        }
        Path home = Path.of(System.getProperty("user.home"));
        Path parent = Files.isWritable(home) ? home : Path.of(System.getProperty("java.io.tmpdir"));
        return parent.resolve(".djl.ai").toAbsolutePath();
    }

    /** The file, written if it is not there whole; JVMs that come at once wait for the first. */
    private static Path unpack(byte[] library, Path folder, String name) throws IOException {
        CRC32 content = new CRC32();
        content.update(library);
        Files.createDirectories(folder);
        Path file = folder.resolve(String.format(Locale.ROOT, "%08x-%s", content.getValue(), name));
        try (FileChannel lock =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock(); // released with the channel
            if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), library)) {
                Path part = Files.createTempFile(folder, name, ".part");
                Files.write(part, library);
                Files.move(part, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            }
        }
        return file;
    }
}
