package io.swinlake.storage;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.commons.lang3.reflect.MethodUtils;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.s3a.Listing;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.apache.hadoop.fs.s3a.S3ListRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists what lies below a folder of S3 from any key on. Hadoop's interface has no such request; S3A's own listing takes one, so
 * that its pages, retries, credentials and audit are as ever. It is asked by names of its methods, because the requests are
 * classes of Amazon's client, which is another one in Hadoop 3.3 than from 3.4 on.
 */
final class S3aKeys {
    private static final Logger LOG = LoggerFactory.getLogger(S3aKeys.class);

    /** No store gives more of them with one answer. */
    private static final int PAGE = 1000;

    private final S3AFileSystem store;
    private final Path folder;

    S3aKeys(FileSystem store, Path folder) {
        this.store = (S3AFileSystem) store;
        this.folder = folder;
    }

    /** Whether a bucket lists its keys in order from any on: directory buckets do not, and the old request cannot ask. */
    static boolean haveRanges(FileSystem fileSystem) {
        return fileSystem instanceof S3AFileSystem store
                && !store.getUri().getHost().endsWith("--x-s3")
                && !store.createListObjectsRequest("", null).isV1();
    }

    private String prefix() {
        String key = store.pathToKey(folder);
        return key.isEmpty() ? key : key + "/";
    }

    /** Ranges of keys below the folder, which together are all. */
    List<KeyRange> ranges(int wanted) throws IOException {
        return answersBeyondAPage()
                ? KeyRangeSearch.cut(prefix(), after -> keys(after, PAGE), wanted)
                : List.of(KeyRange.ALL);
    }

    /**
     * Whether this can be done here; if not, the folder is listed as ever, and what fails then is said. A request for a second page
     * has the key too that the first began at: S3 takes both, s3proxy calls it a bad request.
     */
    private boolean answersBeyondAPage() {
        try {
            return keys(prefix(), PAGE + 1).size() > PAGE;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.info("{}: is not listed by ranges of keys: {}", folder, e.getMessage());
            return false;
        }
    }

    private List<String> keys(String after, int most) throws IOException {
        Objects objects = new Objects(after);
        List<String> keys = new ArrayList<>();
        while (keys.size() < most && objects.hasNext()) {
            keys.add(objects.peekKey());
            objects.next();
        }
        return keys;
    }

    /**
     * The files of a range.
     *
     * @throws IOException if the store does not list in the order of its keys
     */
    RemoteIterator<FileStatus> list(KeyRange range) throws IOException {
        Objects objects = new Objects(range.after());
        return new RemoteIterator<>() {
            private FileStatus next;
            private String last = range.after();
            private boolean ended;

            @Override
            public boolean hasNext() throws IOException {
                while (next == null && !ended) {
                    ended = !objects.hasNext() || range.endsBefore(requireInOrder(objects.peekKey()));
                    if (!ended) {
                        FileStatus status = objects.next();
                        next = status.isDirectory() ? null : status;
                    }
                }
                return next != null;
            }

            private String requireInOrder(String key) throws IOException {
                if (KeyRange.compare(key, last) <= 0 && key.compareTo(last) <= 0) {
                    throw new IOException(
                            "the store lists key '%s' after '%s', which is not the order of keys: fs.s3a.list.version=1 lists a folder by one task alone"
                                    .formatted(key, last));
                }
                last = key;
                return key;
            }

            @Override
            public FileStatus next() throws IOException {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                FileStatus found = next;
                next = null;
                return found;
            }
        };
    }

    /** What S3A lists, also markers of folders, each with its key: a path has lost what keys of two slashes in a row have. */
    private final class Objects {
        private final Queue<String> keys = new ConcurrentLinkedQueue<>();
        private final RemoteIterator<? extends FileStatus> statuses;
        private Method keyOf;

        Objects(String after) throws IOException {
            Class<?> acceptor = acceptor();
            Object takesAll = Proxy.newProxyInstance(
                    acceptor.getClassLoader(), new Class<?>[] {acceptor}, (self, method, asked) -> {
                        if (keyOf == null) {
                            keyOf = asked[1].getClass().getMethod(isOfClient2(asked[1]) ? "key" : "getKey");
                        }
                        return keys.add((String) keyOf.invoke(asked[1]));
                    });
            @SuppressWarnings("unchecked")
            var listed = (RemoteIterator<? extends FileStatus>) call(
                    store.getListing(),
                    "createFileStatusListingIterator",
                    folder,
                    request(after),
                    (PathFilter) path -> true,
                    takesAll,
                    store.createSpan("op_list_files", folder.toString(), null));
            this.statuses = listed;
        }

        boolean hasNext() throws IOException {
            return statuses.hasNext();
        }

        /** Of the next object, once {@link #hasNext} has said that there is one. */
        String peekKey() {
            return keys.element();
        }

        FileStatus next() throws IOException {
            keys.remove();
            return statuses.next();
        }
    }

    private static Class<?> acceptor() {
        for (Class<?> inner : Listing.class.getDeclaredClasses()) {
            if (inner.getSimpleName().equals("FileStatusAcceptor")) {
                return inner;
            }
        }
        throw new UnsupportedOperationException(
                "this hadoop-aws has no " + Listing.class.getName() + ".FileStatusAcceptor");
    }

    private S3ListRequest request(String after) throws IOException {
        S3ListRequest all = store.createListObjectsRequest(prefix(), null);
        if (after.isEmpty()) {
            return all;
        }
        Object request = call(all, "getV2");
        if (isOfClient2(request)) {
            Object builder = call(request, "toBuilder");
            call(builder, "startAfter", after);
            request = call(builder, "build");
        } else {
            call(request, "setStartAfter", after);
        }
        try {
            return (S3ListRequest) MethodUtils.invokeStaticMethod(S3ListRequest.class, "v2", request);
        } catch (ReflectiveOperationException e) {
            throw failure(e);
        }
    }

    private static boolean isOfClient2(Object object) {
        return object.getClass().getName().startsWith("software.amazon.");
    }

    private static Object call(Object target, String method, Object... arguments) throws IOException {
        try {
            return MethodUtils.invokeMethod(target, method, arguments);
        } catch (ReflectiveOperationException e) {
            throw failure(e);
        }
    }

    private static IOException failure(ReflectiveOperationException e) {
        if (e instanceof InvocationTargetException && e.getCause() instanceof IOException known) {
            return known;
        }
        if (e instanceof InvocationTargetException && e.getCause() instanceof RuntimeException unknown) {
            throw unknown;
        }
        throw new UnsupportedOperationException("this hadoop-aws lists in a way that is not known: " + e, e);
    }
}
