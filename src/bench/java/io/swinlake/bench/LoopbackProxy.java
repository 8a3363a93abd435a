package io.swinlake.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;

/** A loopback port that leads to a server; what happens to bytes on their way, subclasses say. */
abstract class LoopbackProxy implements AutoCloseable {
    private final ServerSocket port;
    private final URI server;

    LoopbackProxy(URI server) throws IOException {
        this.server = server;
        this.port = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
        start(this::accept); // whom subclasses need not expect yet: nobody knows the port
    }

    /** Where clients are to go. */
    public final URI endpoint() {
        return URI.create("http://127.0.0.1:" + port.getLocalPort());
    }

    /** One client's connection, and one to the server for it: pumps between them until an end is closed. */
    abstract Pumps connect(Socket client, Socket upstream);

    /** Both ways of a connection. */
    record Pumps(Pump requests, Pump answers) {}

    /** What a thread does until one of both sides is closed. */
    interface Pump {
        void run() throws IOException, InterruptedException;
    }

    /** Takes the next bytes. */
    interface Bytes {
        /** Whether more are wanted. */
        boolean take(byte[] buffer, int count) throws IOException, InterruptedException;
    }

    /** Gives all that comes on a connection, piece by piece; both ends are closed then. */
    static void pump(Socket from, Socket to, Bytes bytes) throws IOException, InterruptedException {
        byte[] buffer = new byte[1 << 16];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                if (!bytes.take(buffer, read)) {
                    return;
                }
            }
        }
    }

    /** Takes what a client is still sending after its answer, which it would not see on a connection that was reset. */
    static void drain(Socket client) throws IOException {
        client.setSoTimeout(200);
        client.getInputStream().skip(1 << 20);
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
                "loopback-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = port.accept();
            Socket upstream = new Socket(server.getHost(), server.getPort());
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            Pumps pumps = connect(client, upstream);
            start(pumps.requests());
            start(pumps.answers());
        }
    }

    @Override
    public final void close() throws IOException {
        port.close();
    }
}
