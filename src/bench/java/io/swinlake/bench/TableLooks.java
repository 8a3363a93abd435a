package io.swinlake.bench;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Looks at a table again and again while something is done to it, until it is closed. */
abstract class TableLooks extends Thread implements AutoCloseable {
    private final int millis;
    private final CountDownLatch ending = new CountDownLatch(1);

    /** @param millis between two looks */
    TableLooks(int millis) {
        super("table-looks");
        this.millis = millis;
    }

    abstract void look();

    @Override
    public void run() {
        try {
            while (!ending.await(millis, TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            currentThread().interrupt();
        }
    }

    /** Waits for the look that is being made. */
    @Override
    public void close() {
        ending.countDown();
        try {
            join();
        } catch (InterruptedException e) {
            currentThread().interrupt();
        }
    }
}
