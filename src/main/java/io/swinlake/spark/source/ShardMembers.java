package io.swinlake.spark.source;

import io.swinlake.image.ErrorCode;
import io.swinlake.storage.Listed;
import io.swinlake.storage.Messages;
import io.swinlake.storage.Storage;
import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;

/**
 * The images in a tar archive, in one pass from its beginning to its end: in S3, one GET. Members of one key (the name up to
 * the first dot after the last slash) that follow one another are a sample, as WebDataset has it. Each archive gives at
 * least one member: if it is broken or holds no image, the last one says so in place of an image.
 */
public final class ShardMembers implements Iterator<ShardMembers.Member>, AutoCloseable {
    /** Names of image files, read or not: a format that is not read is an error to be told of. */
    private static final Set<String> IMAGES = Set.of(
            ("jpg jpeg jpe jfif png apng webp gif bmp dib tif tiff ppm pgm pbm pnm pam ico psd qoi sgi rgb bw pcx tga"
                            + " heic heif avif jxl jp2 j2k svg dds exr hdr")
                    .split(" ", -1));

    private static final int MOST_IMAGE_BYTES = 256 << 20; // as of a file of its own
    private static final int MOST_TEXT_BYTES = 16 << 20;
    private static final int BUFFER_BYTES = 1 << 20;

    private final String shard;
    private final Optional<GlobFilter> glob;
    private final List<String> kept;
    private final Watched watched;
    private final TarArchiveInputStream tar;
    private final Set<String> names = new HashSet<>();
    private final Map<String, Integer> repeated = new HashMap<>();
    private final ArrayDeque<Member> ready = new ArrayDeque<>();
    private final ArrayDeque<Pending> sample = new ArrayDeque<>();
    private String key = "";
    private final Map<String, String> texts = new HashMap<>();
    private String firstOther = "";
    private boolean ended;

    /**
     * An image, or why there is none.
     *
     * @param path {@code SHARD#NAME}; the shard's alone where something is wrong with all of it
     * @param length bytes
     * @param bytes empty if there is an error
     * @param error of which the message says more; empty if there are bytes
     * @param texts of the sample's other members that are kept, by their extension
     */
    public record Member(
            String path,
            long length,
            Optional<byte[]> bytes,
            Optional<ErrorCode> error,
            String message,
            Map<String, String> texts) {}

    /** A member whose sample may have more texts to come. */
    private record Pending(
            String path, long length, Optional<byte[]> bytes, Optional<ErrorCode> error, String message) {
        Member with(Map<String, String> texts) {
            return new Member(path, length, bytes, error, message, texts);
        }
    }

    /**
     * Opens an archive.
     *
     * @param glob what a member's name must match to be an image; {@code *} for those with an image's extension
     * @param kept extensions of members whose text goes along with the images of their sample
     * @throws UncheckedIOException if the storage fails, as at any time later
     */
    public ShardMembers(Configuration configuration, String shard, Listed listed, String glob, List<String> kept) {
        this.shard = shard;
        this.kept = kept;
        try {
            this.glob = glob.equals("*") ? Optional.empty() : Optional.of(new GlobFilter(glob));
            this.watched = new Watched(open(configuration, shard, listed));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.tar = new TarArchiveInputStream(
                new BufferedInputStream(watched, BUFFER_BYTES), StandardCharsets.UTF_8.name());
    }

    /** One that went after it was listed ends like one that is broken: with a row that says so. */
    private InputStream open(Configuration configuration, String uri, Listed listed) throws IOException {
        try {
            return new Storage(configuration).open(uri, listed);
        } catch (FileNotFoundException e) {
            end(ErrorCode.NOT_FOUND, "no such file, though it was listed");
            return InputStream.nullInputStream();
        }
    }

    /** Tells failures of the storage, which may pass, from those of the archive. */
    private static final class Watched extends FilterInputStream {
        private boolean failed;
        private long position;

        Watched(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            try {
                int read = in.read(bytes, offset, count);
                position += Math.max(read, 0);
                return read;
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty() && !ended) {
            advance();
        }
        return !ready.isEmpty();
    }

    @Override
    public Member next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private void advance() {
        try {
            TarArchiveEntry entry = tar.getNextTarEntry();
            if (entry == null) {
                finish();
            } else if (entry.isFile()) {
                read(entry);
            }
        } catch (IOException | IllegalArgumentException e) {
            if (watched.failed) {
                throw new UncheckedIOException("%s: cannot be read: %s".formatted(shard, Messages.reason(e)), asIo(e));
            }
            giveSample();
            end(
                    ErrorCode.BROKEN_SHARD,
                    "no tar archive, or one that breaks off, before byte %s: %s"
                            .formatted(watched.position, Messages.reason(e)));
        }
    }

    private static IOException asIo(Exception e) {
        return e instanceof IOException io ? io : new IOException(e);
    }

    private void finish() {
        giveSample();
        if (names.isEmpty()) {
            end(
                    ErrorCode.BROKEN_SHARD,
                    firstOther.isEmpty()
                            ? "holds no file"
                            : "holds no image, but files such as %s: --glob says which are images"
                                    .formatted(firstOther));
        }
        ended = true;
    }

    private void end(ErrorCode error, String message) {
        ready.add(new Member(shard, 0, Optional.empty(), Optional.of(error), message, Map.of()));
        ended = true;
    }

    private void read(TarArchiveEntry entry) throws IOException {
        String name = entry.getName().replaceFirst("^(\\./)+", "");
        String base = name.substring(name.lastIndexOf('/') + 1);
        if (base.startsWith(".") || base.startsWith("_")) { // as in folders; macOS adds ._NAME to each file
            return;
        }
        int dot = base.indexOf('.');
        String itsKey = dot < 0 ? name : name.substring(0, name.length() - base.length() + dot);
        if (!itsKey.equals(key)) {
            giveSample();
            key = itsKey;
        }
        if (isImage(base)) {
            sample.add(image(entry, name));
        } else if (dot >= 0 && kept.contains(base.substring(dot + 1))) {
            texts.put(base.substring(dot + 1), text(entry, name));
        } else if (firstOther.isEmpty()) {
            firstOther = name;
        }
        if (kept.isEmpty()) {
            giveSample(); // nothing to wait for
        }
    }

    private boolean isImage(String base) {
        return glob.map(some -> some.accept(new Path(null, null, base)))
                .orElseGet(() -> IMAGES.contains(
                        base.substring(base.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT)));
    }

    private Pending image(TarArchiveEntry entry, String name) throws IOException {
        String path = shard + "#" + name;
        if (!names.add(name)) {
            path += "#" + repeated.merge(name, 2, (times, two) -> times + 1);
        }
        if (entry.getSize() > MOST_IMAGE_BYTES) {
            return new Pending(
                    path,
                    entry.getSize(),
                    Optional.empty(),
                    Optional.of(ErrorCode.TOO_LARGE),
                    "more than the %s MiB that such a file may have".formatted(MOST_IMAGE_BYTES >> 20));
        }
        return new Pending(path, entry.getSize(), Optional.of(content(entry)), Optional.empty(), "");
    }

    private byte[] content(TarArchiveEntry entry) throws IOException {
        byte[] bytes = tar.readNBytes((int) entry.getSize());
        if (bytes.length < entry.getSize()) {
            throw new IOException("the member %s ends too early".formatted(entry.getName()));
        }
        return bytes;
    }

    private String text(TarArchiveEntry entry, String name) throws IOException {
        if (entry.getSize() > MOST_TEXT_BYTES) {
            throw new IOException(
                    "%s has %s bytes, and what is kept may have %s".formatted(name, entry.getSize(), MOST_TEXT_BYTES));
        }
        return new String(content(entry), StandardCharsets.UTF_8);
    }

    private void giveSample() {
        Map<String, String> all = Map.copyOf(texts);
        sample.forEach(member -> ready.add(member.with(all)));
        sample.clear();
        texts.clear();
    }

    @Override
    public void close() {
        try {
            tar.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
