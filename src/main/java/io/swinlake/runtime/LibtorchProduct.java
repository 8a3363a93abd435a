package io.swinlake.runtime;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import io.swinlake.search.product.MatrixProduct;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The matrix product by libtorch on the CPU, in true float32, each on the thread that asks for it. Such a thread keeps two
 * buffers outside the heap, as large as the largest matrices that it had multiplied.
 */
public final class LibtorchProduct implements MatrixProduct {
    private static final Logger LOG = LoggerFactory.getLogger(LibtorchProduct.class);

    /** Allocated once: what is outside the heap is freed late. */
    private final ThreadLocal<Buffer> queryBuffers = ThreadLocal.withInitial(Buffer::new);

    private final ThreadLocal<Buffer> rowBuffers = ThreadLocal.withInitial(Buffer::new);

    private LibtorchProduct() {}

    /** The product by libtorch; empty where it does not load or does not compute in float32, which is logged once. */
    public static Optional<MatrixProduct> ifAvailable() {
        return OfThisProcess.PRODUCT;
    }

    /** Apart, so that the engine starts when a product is first asked for. */
    private static final class OfThisProcess {
        static final Optional<MatrixProduct> PRODUCT = load();

        private static Optional<MatrixProduct> load() {
            try {
                Engines.requireStarted();
            } catch (RuntimeException | LinkageError e) {
                LOG.warn("libtorch does not load here ({}): searches take the slower product in Java", e.toString());
                return Optional.empty();
            }
            MatrixProduct product = new LibtorchProduct();
            if (!computesInFloat32(product)) {
                LOG.warn("libtorch multiplies in less than float32 here: searches take the slower product in Java");
                return Optional.empty();
            }
            return Optional.of(product);
        }
    }

    /**
     * Whether float32 factors are multiplied as they are. 1 + 2⁻¹² is 1 in bfloat16 and in TF32, which some settings of
     * some libraries take for float32; the sum then misses one part in two thousand.
     */
    static boolean computesInFloat32(MatrixProduct product) {
        int count = 64;
        int dimension = 256;
        float[] factors = new float[count * dimension];
        Arrays.fill(factors, 1 + 0x1p-12f);
        float[] scores = new float[count * count];
        product.multiply(factors, count, factors, count, dimension, scores);
        double exact = dimension * (1 + 0x1p-12) * (1 + 0x1p-12);
        for (float score : scores) {
            if (Math.abs(score - exact) > exact * dimension * 0x1p-24) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void multiply(float[] queries, int queryCount, float[] rows, int rowCount, int dimension, float[] scores) {
        ByteBuffer queryBytes = queryBuffers.get().filledWith(queries, queryCount * dimension);
        ByteBuffer rowBytes = rowBuffers.get().filledWith(rows, rowCount * dimension);
        NativeWork.run(() -> {
            multiply(queryBytes, queryCount, rowBytes, rowCount, dimension, scores);
            return scores;
        });
    }

    private static void multiply(
            ByteBuffer queryBytes, int queryCount, ByteBuffer rowBytes, int rowCount, int dimension, float[] scores) {
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu())) {
            // Arrays over the buffers, not copies of them.
            NDArray left = manager.create(queryBytes, new Shape(queryCount, dimension), DataType.FLOAT32);
            NDArray right = manager.create(rowBytes, new Shape(rowCount, dimension), DataType.FLOAT32);
            PtNDArray product = (PtNDArray) left.matMul(right.transpose());
            FloatBuffer result =
                    product.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
            result.get(scores, 0, queryCount * rowCount); // libtorch's own memory, gone when the manager closes
        }
    }

    /** Memory outside the heap that grows to what is asked for. */
    private static final class Buffer {
        private ByteBuffer bytes = direct(0);

        ByteBuffer filledWith(float[] matrix, int elements) {
            int needed = Math.multiplyExact(elements, Float.BYTES);
            if (bytes.capacity() < needed) {
                bytes = direct(needed);
            }
            bytes.clear().limit(needed);
            bytes.asFloatBuffer().put(matrix, 0, elements);
            return bytes;
        }

        private static ByteBuffer direct(int bytes) {
            return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        }
    }
}
