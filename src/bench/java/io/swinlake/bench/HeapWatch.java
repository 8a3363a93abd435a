package io.swinlake.bench;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/** The most of the heap that any collection of garbage leaves: what a program needs, not what it was given. */
public final class HeapWatch {
    private final AtomicLong most = new AtomicLong();

    private HeapWatch() {}

    /** A watch that looks at every collection from now on. */
    public static HeapWatch start() {
        HeapWatch watch = new HeapWatch();
        Set<String> heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .map(MemoryPoolMXBean::getName)
                .collect(Collectors.toSet());
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) collector)
                    .addNotificationListener(
                            (notification, handback) -> watch.most.accumulateAndGet(
                                    used(
                                            GarbageCollectionNotificationInfo.from(
                                                    (CompositeData) notification.getUserData()),
                                            heap),
                                    Math::max),
                            null,
                            null);
        }
        return watch;
    }

    private static long used(GarbageCollectionNotificationInfo collection, Set<String> pools) {
        return collection.getGcInfo().getMemoryUsageAfterGc().entrySet().stream()
                .filter(pool -> pools.contains(pool.getKey()))
                .mapToLong(pool -> pool.getValue().getUsed())
                .sum();
    }

    /** Forgets what was. */
    public void reset() {
        most.set(0);
    }

    /** MiB. */
    public long mebibytes() {
        return most.get() >> 20;
    }
}
