package io.swinlake.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
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
final class FaultyProxy implements AutoCloseable {
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

    private final ServerSocket port;
    private final URI server;
    private final SplittableRandom random;
    private final Map<Fault, Integer> made = new EnumMap<>(Fault.class);
    private double share;
    private int requests;

    /** Starts without faults. */
    FaultyProxy(URI server, long seed) throws IOException {
        this.server = server;
        this.random = new SplittableRandom(seed);
        this.port = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + port.getLocalPort());
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

    private interface Pump {
        void run() throws IOException, InterruptedException;
    }

    private static void start(Pump pump) {
        Thread thread = new Thread(
                () -> {
                    try {
                        pump.run();
                    } catch (IOException | InterruptedException e) {
                        // one of both sides is closed
                    }
                },
                "faulty-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            Connection connection = new Connection(port.accept(), new Socket(server.getHost(), server.getPort()));
            start(connection::requests);
            start(connection::answers);
        }
    }

    /** A client's connection, on which one request follows the answer to the other. */
    private final class Connection {
        private final Socket client;
        private final Socket upstream;
        private final AtomicReference<Fault> pending = new AtomicReference<>();
        private volatile boolean answered = true;

        Connection(Socket client, Socket upstream) throws IOException {
            this.client = client;
            this.upstream = upstream;
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
        }

        void requests() throws IOException {
            byte[] buffer = new byte[1 << 16];
            try (client;
                    upstream) {
                InputStream in = client.getInputStream();
                OutputStream out = upstream.getOutputStream();
                for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                    if (answered) {
                        answered = false;
                        Fault fault = next();
                        if (fault == Fault.RESET) {
                            client.setSoLinger(true, 0);
                            return;
                        }
                        if (fault == Fault.SLOW_DOWN || fault == Fault.INTERNAL_ERROR) {
                            refuse(fault, in.available() > 0);
                            return;
                        }
                        pending.set(fault);
                    }
                    out.write(buffer, 0, read);
                }
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
            if (hasBody) { // a client that is still sending would see a reset instead of the answer
                client.setSoTimeout(200);
                client.getInputStream().skip(1 << 20);
            }
        }

        void answers() throws IOException, InterruptedException {
            byte[] buffer = new byte[1 << 16];
            try (client;
                    upstream) {
                InputStream in = upstream.getInputStream();
                OutputStream out = client.getOutputStream();
                for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                    Fault fault = pending.getAndSet(null);
                    answered = true;
                    if (fault == Fault.STALL) {
                        Thread.sleep(STALL_MILLIS);
                    } else if (fault == Fault.TRUNCATED) {
                        // Not within the headers: over plain HTTP, Apache's client takes their end for that of an empty
                        // answer.
                        int body = endOfHeaders(buffer, read);
                        out.write(buffer, 0, body + Math.max(0, read - body - 1) / 2);
                        return;
                    } else if (fault == Fault.WRONG_ETAG) {
                        changeEtag(buffer, read);
                    }
                    out.write(buffer, 0, read);
                }
            }
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

    @Override
    public void close() throws IOException {
        port.close();
    }
}
