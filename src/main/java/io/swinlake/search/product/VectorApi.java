package io.swinlake.search.product;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Java's Vector API, where this process was started with {@code --add-modules jdk.incubator.vector}, as Spark 4 is and as
 * {@code conf/spark-defaults.conf} asks of Spark 3.5. Found out once, with one line in the log.
 */
public final class VectorApi {
    private static final Logger LOG = LoggerFactory.getLogger(VectorApi.class);

    private static final String MODULE = "jdk.incubator.vector";

    /** By their names: they are compiled apart, with the module, and would not load without. */
    private static final String CLASSES = "io.swinlake.search.product.vector.";

    private static final Optional<Parts> PARTS = load();

    private VectorApi() {}

    private record Parts(MatrixProduct product, Optional<VectorSums> sums) {}

    /** The matrix product by the Vector API; empty where its module is closed. */
    public static Optional<MatrixProduct> product() {
        return PARTS.map(Parts::product);
    }

    /** Sums by the Vector API; empty where its module is closed, or the processor's registers are too short. */
    public static Optional<VectorSums> sums() {
        return PARTS.flatMap(Parts::sums);
    }

    private static Optional<Parts> load() {
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            LOG.info(
                    "searches and the vector functions of SQL multiply in plain Java loops: with --add-modules {} they are"
                            + " faster",
                    MODULE);
            return Optional.empty();
        }
        try {
            Parts parts = new Parts((MatrixProduct) made("VectorProduct"), laneSums());
            LOG.info("searches and the vector functions of SQL multiply by the Vector API");
            return Optional.of(parts);
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.warn(
                    "the Vector API of this Java does not load ({}): searches and the vector functions of SQL multiply in plain"
                            + " Java loops",
                    e.toString());
            return Optional.empty();
        }
    }

    private static Optional<VectorSums> laneSums() throws ReflectiveOperationException {
        try {
            return Optional.of((VectorSums) made("LaneSums"));
        } catch (InvocationTargetException e) {
            LOG.info(
                    "the vector functions of SQL multiply in plain Java loops: {}",
                    e.getCause().getMessage());
            return Optional.empty();
        }
    }

    private static Object made(String name) throws ReflectiveOperationException {
        Constructor<?> constructor = Class.forName(CLASSES + name).getDeclaredConstructor();
        constructor.setAccessible(true); // of a package that only this class opens
        return constructor.newInstance();
    }
}
