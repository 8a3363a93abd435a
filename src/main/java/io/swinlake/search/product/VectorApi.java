package io.swinlake.search.product;

import java.lang.reflect.Constructor;
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

    /** By its name: it is compiled apart, with the module, and would not load without. */
    private static final String CLASS = "io.swinlake.search.product.vector.VectorProduct";

    private static final Optional<MatrixProduct> PRODUCT = load();

    private VectorApi() {}

    /** The matrix product by the Vector API; empty where its module is closed. */
    public static Optional<MatrixProduct> product() {
        return PRODUCT;
    }

    private static Optional<MatrixProduct> load() {
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            LOG.info(
                    "searches multiply in plain Java loops: with --add-modules {} they are about twice as fast",
                    MODULE);
            return Optional.empty();
        }
        try {
            Constructor<?> constructor = Class.forName(CLASS).getDeclaredConstructor();
            constructor.setAccessible(true); // of a package that only this class opens
            Optional<MatrixProduct> loaded = Optional.of((MatrixProduct) constructor.newInstance());
            LOG.info("searches multiply by the Vector API");
            return loaded;
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.warn(
                    "the Vector API of this Java does not load ({}): searches multiply in plain Java loops",
                    e.toString());
            return Optional.empty();
        }
    }
}
