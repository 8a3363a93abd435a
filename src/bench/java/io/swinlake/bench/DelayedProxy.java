package io.swinlake.bench;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicBoolean;

/** A loopback port that leads to a server and holds back each answer for a while, as a distant server does. */
public final class DelayedProxy extends LoopbackProxy {
    private volatile int delayMillis;

    /** Starts without a delay. */
    public DelayedProxy(URI server) throws IOException {
        super(server);
    }

    /** What each request from now on waits for its answer beyond what the server takes. */
    public void setDelay(int millis) {
        delayMillis = millis;
    }

    @Override
    Pumps connect(Socket client, Socket upstream) {
        AtomicBoolean asked = new AtomicBoolean();
        return new Pumps(
                () -> pump(client, upstream, (bytes, count) -> {
                    asked.set(true);
                    upstream.getOutputStream().write(bytes, 0, count);
                    return true;
                }),
                () -> pump(upstream, client, (bytes, count) -> {
                    if (asked.getAndSet(false)) {
                        Thread.sleep(delayMillis);
                    }
                    client.getOutputStream().write(bytes, 0, count);
                    return true;
                }));
    }
}
