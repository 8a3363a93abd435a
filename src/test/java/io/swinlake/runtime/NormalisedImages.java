package io.swinlake.runtime;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * What the references were given: images that are normalised already, where Swinlake's own networks begin with bytes.
 *
 * @param pixels {@code [images, 3, height, width]}, float32
 */
record NormalisedImages(Tensor pixels) {
    /** The input of a network for images of this size: {@code [images, height, width, 3]}. */
    Value inputOf(Graph graph) {
        io.swinlake.tensor.Shape shape = pixels.shape();
        return graph.input("image", DType.F32, 3, shape.dim(2), shape.dim(3)).permute(0, 2, 3, 1);
    }

    List<float[]> runOn(CompiledModule module) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(pixels.data().remaining()).order(ByteOrder.nativeOrder());
        buffer.put(pixels.data()).flip();
        return module.run(buffer, new Shape(pixels.shape().dims()), DataType.FLOAT32);
    }
}
