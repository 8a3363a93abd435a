package io.swinlake.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicBoolean;

/** A loopback port that leads to a server and holds back each answer for a while, as a distant server does. */
public final class DelayedProxy implements AutoCloseable {
    private final ServerSocket port;
    private final URI server;
    private volatile int delayMillis;

    /** Starts without a delay. */
    public DelayedProxy(URI server) throws IOException {
        this.server = server;
        this.port = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + port.getLocalPort());
    }

    /** What each request from now on waits for its answer beyond what the server takes. */
    public void setDelay(int millis) {
        delayMillis = millis;
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
                "delayed-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = port.accept();
            Socket upstream = new Socket(server.getHost(), server.getPort());
            client.setTcpNoDelay(true);
            upstream.setTcpNoDelay(true);
            AtomicBoolean asked = new AtomicBoolean();
            start(() -> copy(client, upstream, () -> asked.set(true)));
            start(() -> copy(upstream, client, () -> {
                if (asked.getAndSet(false)) {
                    Thread.sleep(delayMillis);
                }
            }));
        }
    }

    private static void copy(Socket from, Socket to, Pump beforeEach) throws IOException, InterruptedException {
        byte[] buffer = new byte[1 << 16];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                beforeEach.run();
                out.write(buffer, 0, read);
            }
        }
    }

    @Override
    public void close() throws IOException {
        port.close();
    }
}
