package io.swinlake.cli.doctor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The libtorch for CUDA that pip installs with PyTorch, where this machine's {@code python3} has its packages. Python itself is
 * not asked: Swinlake starts no process.
 *
 * @param version as the package has it: {@code 2.7.1}, or {@code 2.7.1+cu126}
 */
record PipTorch(String version, Path libraries) {
    private static final String INFO = "torch-*.dist-info";

    /**
     * Empty where there is no Python, none with PyTorch, or only PyTorch for CPUs.
     *
     * @param path folders of programs, as {@code PATH} has them; the first python3 counts
     */
    static Optional<PipTorch> find(String path) {
        try {
            Optional<Path> python = Stream.of(path.split(":"))
                    .map(folder -> Path.of(folder, "python3"))
                    .filter(Files::isExecutable)
                    .findFirst();
            return python.isPresent()
                    ? ofPython(python.get().toAbsolutePath().getParent().getParent())
                    : Optional.empty();
        } catch (IOException e) { // a folder that may not be read
            return Optional.empty();
        }
    }

    private static Optional<PipTorch> ofPython(Path home) throws IOException {
        Path lib = home.resolve("lib");
        if (!Files.isDirectory(lib)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> pythons = Files.newDirectoryStream(lib, "python3*")) {
            for (Path python : pythons) {
                for (String packages : new String[] {"site-packages", "dist-packages"}) {
                    Optional<PipTorch> found = in(python.resolve(packages));
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<PipTorch> in(Path packages) throws IOException {
        Path libraries = packages.resolve("torch/lib");
        if (!Files.exists(libraries.resolve("libtorch_cuda.so"))) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> infos = Files.newDirectoryStream(packages, INFO)) {
            for (Path info : infos) {
                String name = info.getFileName().toString();
                return Optional.of(new PipTorch(
                        name.substring("torch-".length(), name.length() - ".dist-info".length()), libraries));
            }
        }
        return Optional.empty();
    }

    /**
     * What to do with it.
     *
     * @param needed version of libtorch that our bridge is made for
     */
    String advice(String needed) {
        return version.replaceFirst("\\+.*", "").equals(needed)
                ? "python3 has libtorch with CUDA: set PYTORCH_LIBRARY_PATH=%s PYTORCH_VERSION=%s PYTORCH_FLAVOR=cu128, as conf/gpu.conf shows"
                        .formatted(libraries, needed)
                : "python3 has PyTorch %s with CUDA, which does not fit: pip install torch==%s"
                        .formatted(version, needed);
    }
}
