package io.swinlake.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/**
 * A loopback port that leads to a store and makes it misbehave: some requests are answered with an error, cut off, or held
 * back. Which ones follows from a seed, and from the order in which requests come.
 */
final class FaultyProxy extends LoopbackProxy {
    /** How a request may fail, and how often among all that do. */
    enum Fault {
        SLOW_DOWN(6),
        INTERNAL_ERROR(6),
        /** The connection breaks before the answer. */
        RESET(4),
        /** The connection breaks in the middle of the answer. */
        TRUNCATED(4),
        /** The answer is that of another version of the object. */
        WRONG_ETAG(2),
        /** What the same listing held a moment ago; where there was none, an internal error. */
        STALE_LISTING(2),
        /** No byte for half a minute. */
        STALL(1);

        private final int weight;

        Fault(int weight) {
            this.weight = weight;
        }
    }

    private static final int STALL_MILLIS = 30_000;

    /** How far behind a listing may be. S3's are not since 2020; other stores' are, for a moment. */
    private static final long MAX_STALE_NANOS = 5_000_000_000L;

    private static final byte[] END_OF_HEADERS = {'\r', '\n', '\r', '\n'};
    private static final Pattern METHOD = Pattern.compile("(?:GET|HEAD|PUT|POST|DELETE) ");
    private static final byte[] ETAG = "ETag: \"".getBytes(StandardCharsets.US_ASCII);

    private final SplittableRandom random;
    private final Map<Fault, Integer> made = new EnumMap<>(Fault.class);

    /** The last whole answer to each listing. */
    private final Map<String, Answer> listings = new ConcurrentHashMap<>();

    private double share;
    private int requests;

    /** Starts without faults. */
    FaultyProxy(URI server, long seed) throws IOException {
        super(server);
        this.random = new SplittableRandom(seed);
    }

    /**
     * From now on this part of all requests fails.
     *
     * @param part 0 to 1
     */
    synchronized void setShare(double part) {
        share = part;
    }

    /** How many requests came, and which of them failed how, since counts were last taken. */
    synchronized String counts() {
        return requests + " requests, faults " + made;
    }

    synchronized String takeCounts() {
        String counts = counts();
        requests = 0;
        made.clear();
        return counts;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Answer(byte[] bytes, long nanos) {
        boolean isRecent() {
            return System.nanoTime() - nanos < MAX_STALE_NANOS;
        }
    }

    /**
     * What happens to the next request; null if nothing does.
     *
     * @param stale the listing that may be answered with
     */
    private synchronized Fault next(Optional<Answer> stale) {
        requests++;
        if (random.nextDouble() >= share) {
            return null;
        }
        int ticket = random.nextInt(
                Arrays.stream(Fault.values()).mapToInt(fault -> fault.weight).sum());
        for (Fault fault : Fault.values()) {
            ticket -= fault.weight;
            if (ticket < 0) {
                Fault possible = fault == Fault.STALE_LISTING && stale.isEmpty() ? Fault.INTERNAL_ERROR : fault;
                made.merge(possible, 1, Integer::sum);
                return possible;
            }
        }
        throw new AssertionError("weights");
    }

    @Override
    Pumps connect(Socket client, Socket upstream) {
        Connection connection = new Connection(client, upstream);
        return new Pumps(connection::requests, connection::answers);
    }

    /** A client's connection, on which one request follows the answer to the other. */
    private final class Connection {
        private final Socket client;
        private final Socket upstream;
        private final AtomicReference<Fault> pending = new AtomicReference<>();
        private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
        private volatile boolean answered = true;
        private volatile String listing = "";

        Connection(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        void requests() throws IOException, InterruptedException {
            pump(client, upstream, (bytes, count) -> {
                if (answered && isRequest(bytes, count)) {
                    keepListing();
                    listing = listing(bytes, count);
                    Optional<Answer> stale =
                            Optional.ofNullable(listings.get(listing)).filter(Answer::isRecent);
                    Fault fault = next(stale);
                    if (fault == Fault.RESET) {
                        client.setSoLinger(true, 0);
                        return false;
                    }
                    if (fault == Fault.SLOW_DOWN || fault == Fault.INTERNAL_ERROR) {
                        refuse(fault, client.getInputStream().available() > 0);
                        return false;
                    }
                    if (fault == Fault.STALE_LISTING) {
                        listing = "";
                        client.getOutputStream().write(stale.orElseThrow().bytes());
                        return true;
                    }
                    listing = fault == null ? listing : "";
                    pending.set(fault);
                    answered = false;
                }
                upstream.getOutputStream().write(bytes, 0, count);
                return true;
            });
        }

        /** Not the body that follows a 100 Continue. */
        private static boolean isRequest(byte[] bytes, int count) {
            return METHOD.matcher(new String(bytes, 0, Math.min(count, 8), StandardCharsets.ISO_8859_1))
                    .lookingAt();
        }

        /** The first line of a request that lists; empty for another. */
        private static String listing(byte[] bytes, int count) {
            String head = new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
            String line = head.substring(0, Math.max(0, head.indexOf('\r')));
            return line.contains("list-type=2") ? line : "";
        }

        /** The answer to a listing is whole when the next request comes on its connection. */
        private void keepListing() {
            synchronized (answer) {
                if (!listing.isEmpty()) {
                    listings.put(listing, new Answer(answer.toByteArray(), System.nanoTime()));
                }
                answer.reset();
            }
        }

        private void refuse(Fault fault, boolean hasBody) throws IOException {
            String code = fault == Fault.SLOW_DOWN ? "SlowDown" : "InternalError";
            String body = "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>by the seed</Message></Error>"
                    .formatted(code);
            String head = "HTTP/1.1 %s%nContent-Type: application/xml%nContent-Length: %s%nConnection: close%n%n"
                    .formatted(fault == Fault.SLOW_DOWN ? "503 Slow Down" : "500 Internal Server Error", body.length())
                    .replace(System.lineSeparator(), "\r\n");
            client.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
            client.shutdownOutput();
            if (hasBody) {
                drain(client);
            }
        }

        void answers() throws IOException, InterruptedException {
            pump(upstream, client, (bytes, count) -> {
                Fault fault = pending.getAndSet(null);
                answered = true;
                int given = count;
                if (fault == Fault.STALL) {
                    Thread.sleep(STALL_MILLIS);
                } else if (fault == Fault.TRUNCATED) {
                    // Not within the headers: over plain HTTP, Apache's client takes their end for that of an empty
                    // answer.
                    int body = endOfHeaders(bytes, count);
                    given = body + Math.max(0, count - body - 1) / 2;
                } else if (fault == Fault.WRONG_ETAG) {
                    changeEtag(bytes, count);
                }
                synchronized (answer) {
                    if (!listing.isEmpty()) {
                        answer.write(bytes, 0, given);
                    }
                }
                client.getOutputStream().write(bytes, 0, given);
                return fault != Fault.TRUNCATED;
            });
        }

        private static int endOfHeaders(byte[] answer, int length) {
            for (int at = 0; at + 4 <= length; at++) {
                if (Arrays.equals(answer, at, at + 4, END_OF_HEADERS, 0, 4)) {
                    return at + 4;
                }
            }
            return length;
        }

        private static void changeEtag(byte[] answer, int length) {
            for (int at = 0; at + ETAG.length < length; at++) {
                if (Arrays.equals(answer, at, at + ETAG.length, ETAG, 0, ETAG.length)) {
                    int digit = at + ETAG.length;
                    answer[digit] = (byte) (answer[digit] == '0' ? '1' : '0');
                    return;
                }
            }
        }
    }
}
