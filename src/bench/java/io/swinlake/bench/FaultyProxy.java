package io.swinlake.bench;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;

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
        /** No byte for half a minute. */
        STALL(1);

        private final int weight;

        Fault(int weight) {
            this.weight = weight;
        }
    }

    private static final int STALL_MILLIS = 30_000;
    private static final byte[] END_OF_HEADERS = {'\r', '\n', '\r', '\n'};
    private static final byte[] ETAG = "ETag: \"".getBytes(StandardCharsets.US_ASCII);

    private final SplittableRandom random;
    private final Map<Fault, Integer> made = new EnumMap<>(Fault.class);
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

    /** How many requests came, and which of them failed how, since the last call. */
    synchronized String takeCounts() {
        String counts = requests + " requests, faults " + made;
        requests = 0;
        made.clear();
        return counts;
    }

    /** What happens to the next request; null if nothing does. */
    private synchronized Fault next() {
        requests++;
        if (random.nextDouble() >= share) {
            return null;
        }
        int ticket = random.nextInt(
                Arrays.stream(Fault.values()).mapToInt(fault -> fault.weight).sum());
        for (Fault fault : Fault.values()) {
            ticket -= fault.weight;
            if (ticket < 0) {
                made.merge(fault, 1, Integer::sum);
                return fault;
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
        private volatile boolean answered = true;

        Connection(Socket client, Socket upstream) {
            this.client = client;
            this.upstream = upstream;
        }

        void requests() throws IOException, InterruptedException {
            pump(client, upstream, (bytes, count) -> {
                if (answered) {
                    answered = false;
                    Fault fault = next();
                    if (fault == Fault.RESET) {
                        client.setSoLinger(true, 0);
                        return false;
                    }
                    if (fault == Fault.SLOW_DOWN || fault == Fault.INTERNAL_ERROR) {
                        refuse(fault, client.getInputStream().available() > 0);
                        return false;
                    }
                    pending.set(fault);
                }
                upstream.getOutputStream().write(bytes, 0, count);
                return true;
            });
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
            if (hasBody) { // a client that is still sending would see a reset instead of the answer
                client.setSoTimeout(200);
                client.getInputStream().skip(1 << 20);
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
