package io.swinlake.storage;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * A small text that its readers see whole or not at all: an object store shows an object when its upload ends; elsewhere the
 * text is written under another name and then renamed or, on local files, linked. Local files are written without
 * Hadoop's checksum files, which would outlive a file that somebody deletes.
 */
public final class TextFile {
    /** Their rename to a name that exists fails, whoever else renames to it at the same time. */
    private static final Set<String> RENAME_IS_EXCLUSIVE = Set.of("hdfs", "viewfs", "abfs", "abfss");

    private final Configuration configuration;
    private final Path path;
    private final FileSystem fileSystem;

    private TextFile(Configuration configuration, Path path, FileSystem fileSystem) {
        this.configuration = configuration;
        this.path = path;
        this.fileSystem = fileSystem;
    }

    /**
     * A file that need not exist.
     *
     * @throws IOException if there is no such file system
     */
    public static TextFile at(Path path, Configuration configuration) throws IOException {
        FileSystem fileSystem = path.getFileSystem(configuration);
        return new TextFile(configuration, fileSystem.makeQualified(path), fileSystem);
    }

    /** The text; empty if the file is not there. One that is replaced while it is read, which S3A refuses by its ETag, is read anew. */
    public Optional<String> read() throws IOException {
        if (fileSystem instanceof LocalFileSystem local) {
            return Files.exists(file(local))
                    ? Optional.of(new String(Files.readAllBytes(file(local)), StandardCharsets.UTF_8))
                    : Optional.empty();
        }
        try {
            return readOnce();
        } catch (IOException e) {
            return readOnce();
        }
    }

    private Optional<String> readOnce() throws IOException {
        try (FSDataInputStream in = fileSystem.open(path)) {
            return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    /** Writes the file, in place of the one that may be there. */
    public void replace(String text) throws IOException {
        if (fileSystem instanceof LocalFileSystem local) {
            java.nio.file.Path written = writeBeside(local, text);
            Files.move(written, file(local), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } else if (Uploads.appearWhole(fileSystem, path)) {
            upload(text);
        } else {
            rename(text, Options.Rename.OVERWRITE);
        }
    }

    /**
     * Writes the file unless there is one. Where this is not {@link #isGuarded}, two who look at the same moment may both write
     * it, and the later one stays.
     *
     * @return whether it was written
     */
    public boolean create(String text) throws IOException {
        if (fileSystem instanceof LocalFileSystem local) {
            return link(local, text);
        }
        if (Uploads.appearWhole(fileSystem, path)) {
            if (fileSystem.exists(path)) {
                return false;
            }
            upload(text);
            return true;
        }
        try {
            rename(text, Options.Rename.NONE);
        } catch (org.apache.hadoop.fs.FileAlreadyExistsException e) {
            return false;
        }
        return true;
    }

    /** Whether of several who {@link #create} this file only one can. The file exists. */
    public boolean isGuarded() throws IOException {
        if (fileSystem instanceof LocalFileSystem local) {
            java.nio.file.Path file = file(local);
            java.nio.file.Path link = file.resolveSibling(beside());
            try {
                Files.createLink(link, file);
                return true;
            } catch (UnsupportedOperationException | FileSystemException e) {
                return false;
            } finally {
                Files.deleteIfExists(link);
            }
        }
        return RENAME_IS_EXCLUSIVE.contains(fileSystem.getUri().getScheme()) && !Uploads.appearWhole(fileSystem, path);
    }

    /** Removes the file, if it is there. */
    public void delete() throws IOException {
        fileSystem.delete(path, false);
    }

    private java.nio.file.Path file(LocalFileSystem local) {
        return local.pathToFile(path).toPath();
    }

    private java.nio.file.Path writeBeside(LocalFileSystem local, String text) throws IOException {
        java.nio.file.Path file = file(local);
        Files.createDirectories(file.getParent());
        java.nio.file.Path beside = file.resolveSibling(beside());
        Files.writeString(beside, text);
        Files.deleteIfExists(
                file.resolveSibling("." + path.getName() + ".crc")); // of a file that was written otherwise
        return beside;
    }

    private String beside() {
        return "." + path.getName() + "." + UUID.randomUUID() + ".tmp";
    }

    private boolean link(LocalFileSystem local, String text) throws IOException {
        java.nio.file.Path written = writeBeside(local, text);
        java.nio.file.Path file = file(local);
        try {
            Files.createLink(file, written);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (UnsupportedOperationException | FileSystemException e) { // such as FAT, and buckets that are mounted
            if (Files.exists(file)) {
                return false;
            }
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } finally {
            Files.deleteIfExists(written);
        }
    }

    private void upload(String text) throws IOException {
        Uploads.upload(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), fileSystem, path);
    }

    private void rename(String text, Options.Rename how) throws IOException {
        FileContext context;
        try {
            context = FileContext.getFileContext(path.toUri(), configuration);
        } catch (UnsupportedFileSystemException e) { // it has the older of Hadoop's two interfaces only
            renameWithoutContext(text, how);
            return;
        }
        Path beside = new Path(path.getParent(), beside());
        try {
            try (OutputStream out = context.create(
                    beside, EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE), Options.CreateOpts.createParent())) {
                out.write(text.getBytes(StandardCharsets.UTF_8));
            }
            context.rename(beside, path, how);
        } finally {
            context.delete(beside, false);
        }
    }

    private void renameWithoutContext(String text, Options.Rename how) throws IOException {
        Path beside = new Path(path.getParent(), beside());
        try {
            try (OutputStream out = fileSystem.create(beside, true)) {
                out.write(text.getBytes(StandardCharsets.UTF_8));
            }
            if (how == Options.Rename.OVERWRITE) {
                fileSystem.delete(path, false);
            } else if (fileSystem.exists(path)) {
                throw new org.apache.hadoop.fs.FileAlreadyExistsException(path.toString());
            }
            if (!fileSystem.rename(beside, path)) {
                throw new IOException("cannot be renamed from " + beside.getName());
            }
        } finally {
            fileSystem.delete(beside, false);
        }
    }
}
