package io.swinlake.spark.head;

import io.swinlake.checkpoint.Checkpoint;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.storage.HadoopSource;
import io.swinlake.storage.Messages;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;

/** A head as PyTorch's {@code nn.Linear} has it: a file with its {@code weight [classes, dim]} and, where it has one, {@code bias [classes]}. */
final class CheckpointHead {
    private static final String WEIGHT = "weight";
    private static final String BIAS = "bias";
    private static final Set<DType> REAL = Set.of(DType.F64, DType.F32, DType.F16, DType.BF16);

    /** Names that a message about another file shows. */
    private static final int SHOWN = 6;

    private CheckpointHead() {}

    /** @throws CheckpointException if the file cannot be read, or holds anything but one linear layer */
    static LinearHead read(String uri, Configuration configuration) {
        SortedMap<String, Tensor> tensors;
        try {
            tensors = Checkpoint.open(HadoopSource.at(uri, configuration)).tensors();
        } catch (IOException e) {
            throw new CheckpointException(uri + ": cannot be read: " + Messages.reason(e), e);
        }
        String prefix = prefix(uri, tensors);
        Tensor weight = tensors.get(prefix + WEIGHT);
        Optional<Tensor> bias = Optional.ofNullable(tensors.get(prefix + BIAS));
        requireReal(uri, prefix + WEIGHT, weight);
        if (weight.shape().rank() != 2 || weight.shape().elements() == 0) {
            throw new CheckpointException(
                    "%s: '%s' is %s; the weight of a linear layer is [classes, dim]",
                    uri, prefix + WEIGHT, weight.shape());
        }
        long outputs = weight.shape().dim(0);
        long dimension = weight.shape().dim(1);
        bias.ifPresent(tensor -> {
            requireReal(uri, prefix + BIAS, tensor);
            if (tensor.shape().rank() != 1 || tensor.shape().dim(0) != outputs) {
                throw new CheckpointException(
                        "%s: '%s' is %s, '%s' is %s; a linear layer has weight [classes, dim] and bias [classes]",
                        uri, prefix + BIAS, tensor.shape(), prefix + WEIGHT, weight.shape());
            }
        });
        LinearHead head = LinearHead.withRoom(uri, false, outputs, dimension);
        double[] weights = doubles(weight);
        for (int i = 0; i < weights.length; i++) {
            head.setWeight((int) (i / dimension), (int) (i % dimension), weights[i]);
        }
        double[] biases = bias.map(CheckpointHead::doubles).orElseGet(() -> new double[(int) outputs]);
        for (int i = 0; i < biases.length; i++) {
            head.setBias(i, biases[i]);
        }
        return head;
    }

    /** What stands before {@code weight} in the one linear layer, such as {@code head.}. */
    private static String prefix(String uri, SortedMap<String, Tensor> tensors) {
        for (String name : tensors.keySet()) {
            if (name.equals(WEIGHT) || name.endsWith("." + WEIGHT)) {
                String prefix = name.substring(0, name.length() - WEIGHT.length());
                Set<String> others = new TreeSet<>(tensors.keySet());
                others.remove(name);
                others.remove(prefix + BIAS);
                if (others.isEmpty()) {
                    return prefix;
                }
            }
        }
        throw new CheckpointException(
                "%s: holds %d tensors (%s%s), not one linear layer, which is 'weight' [classes, dim] and 'bias' [classes] under any"
                        + " one prefix",
                uri,
                tensors.size(),
                tensors.keySet().stream().limit(SHOWN).collect(Collectors.joining(", ")),
                tensors.size() > SHOWN ? ", ..." : "");
    }

    private static void requireReal(String uri, String name, Tensor tensor) {
        if (!REAL.contains(tensor.dtype())) {
            throw new CheckpointException(
                    "%s: '%s' is %s; a linear layer has F64, F32, F16 or BF16", uri, name, tensor.dtype());
        }
    }

    private static double[] doubles(Tensor tensor) {
        if (tensor.dtype() == DType.F64) {
            double[] values = new double[Math.toIntExact(tensor.shape().elements())];
            tensor.data().asDoubleBuffer().get(values);
            return values;
        }
        float[] floats = tensor.toFloats();
        double[] values = new double[floats.length];
        for (int i = 0; i < floats.length; i++) {
            values[i] = floats[i];
        }
        return values;
    }
}
