package io.swinlake.layout;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.swin.Convention;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import io.swinlake.swin.Window;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The tensors of one checkpoint under canonical names, each with the name that it has in the file. Queries, keys and values
 * may still stand apart, and merge weights in another order; {@link #canonical} checks everything and ends that.
 */
public final class NamedTensors {
    private static final NamePattern BLOCK = new NamePattern("stages.{s}.blocks.{b}.");
    private static final String TABLE = ".attn.relative_position_bias_table";
    private static final String POSITIONS = "absolute_pos_embed";
    private static final String QKV_WEIGHT = ".attn.qkv.weight";
    private static final String QKV_BIAS = ".attn.qkv.bias";

    private final String location;
    private final Layout layout;
    private final String prefix;
    private final String beside;
    private final Optional<String> leftOut;
    private final SortedMap<String, Entry> weights;
    private final SortedMap<String, Entry> buffers;

    /** A tensor and its name in the file. */
    public record Entry(String name, Tensor tensor) {
        public Shape shape() {
            return tensor.shape();
        }

        /** Name and shape, as {@code inspect} shows them. */
        @Override
        public String toString() {
            return name + " " + shape();
        }
    }

    /** A tensor, or a third of one that is stored in three. */
    private record Part(String canonical, Shape shape) {}

    NamedTensors(
            String location,
            Layout layout,
            String prefix,
            String beside,
            Optional<String> leftOut,
            SortedMap<String, Entry> weights,
            SortedMap<String, Entry> buffers) {
        this.beside = beside;
        this.leftOut = leftOut;
        this.location = location;
        this.layout = layout;
        this.prefix = prefix;
        this.weights = weights;
        this.buffers = buffers;
    }

    public Layout layout() {
        return layout;
    }

    /** What every name of the network begins with in the file, such as {@code backbone.}; may be empty. */
    public String prefix() {
        return prefix;
    }

    /** How many tensors stand outside the network, and the first few of them; empty if there are none. */
    public Optional<String> leftOut() {
        return leftOut;
    }

    /** Number of stages that have blocks. */
    public int stages() {
        return blocks().mapToInt(NamePattern.Match::stage).max().orElse(-1) + 1;
    }

    /** Number of blocks of a stage. */
    public int depth(int stage) {
        return blocks().filter(block -> block.stage() == stage)
                        .mapToInt(NamePattern.Match::block)
                        .max()
                        .orElse(-1)
                + 1;
    }

    private Stream<NamePattern.Match> blocks() {
        return weights.keySet().stream().map(BLOCK::match).flatMap(Optional::stream);
    }

    /** The tensor with this canonical name. */
    public Optional<Entry> find(String canonical) {
        return Optional.ofNullable(weights.get(canonical));
    }

    /**
     * The first tensor of a stage, or of the whole network for the empty start, whose canonical name ends like this.
     *
     * @param start what its canonical name begins with, such as {@code stages.0.}
     */
    public Optional<Entry> find(String start, String end) {
        return first(weights, start, end);
    }

    /** As {@link #find(String, String)}, for what the architecture determines, such as {@code attn_mask}. */
    public Optional<Entry> findBuffer(String start, String end) {
        return first(buffers, start, end);
    }

    private static Optional<Entry> first(SortedMap<String, Entry> entries, String start, String end) {
        return entries.tailMap(start).entrySet().stream()
                .takeWhile(entry -> entry.getKey().startsWith(start))
                .filter(entry -> entry.getKey().endsWith(end))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** The error of a tensor that is not there, by its name in this layout. */
    public CheckpointException missing(String canonical) {
        return new CheckpointException(
                "%s: tensor '%s' is missing; every Swin network of the %s layout has one",
                location, nameInFile(canonical), layout);
    }

    /**
     * Checks names and shapes against a network, but for what depends on the image size: bias tables of shrunk windows and
     * absolute positions.
     *
     * @throws CheckpointException naming the first tensor that is missing, has another shape or does not belong there
     */
    public void checkAtAnySize(SwinConfig config) {
        Set<String> known = new HashSet<>();
        for (Map.Entry<String, Shape> needed : CanonicalShapes.of(config).entrySet()) {
            for (Part part : parts(config, needed.getKey(), needed.getValue())) {
                known.add(part.canonical());
                check(config, part);
            }
        }
        for (Map.Entry<String, Entry> weight : weights.entrySet()) {
            if (!known.contains(weight.getKey())) {
                throw new CheckpointException(
                        "%s: tensor '%s' %s does not belong to a Swin %s of the %s layout with %s; is this a variant with"
                                + " other layers?",
                        location,
                        weight.getValue().name(),
                        weight.getValue().shape(),
                        config.version(),
                        layout,
                        summary(config));
            }
        }
    }

    private void check(SwinConfig config, Part part) {
        Entry entry = weights.get(part.canonical());
        if (entry == null) {
            throw new CheckpointException(
                    "%s: tensor '%s' is missing; a Swin %s of the %s layout with %s has it as %s",
                    location, nameInFile(part.canonical()), config.version(), layout, summary(config), part.shape());
        }
        if (!entry.tensor().dtype().isFloat()) {
            throw new CheckpointException(
                    "%s: '%s' holds %s; weights are F64, F32, F16 or BF16",
                    location, entry.name(), entry.tensor().dtype());
        }
        boolean anySize = part.canonical().equals(POSITIONS) || part.canonical().endsWith(TABLE);
        boolean fits = anySize
                ? entry.shape().rank() == part.shape().rank()
                        && entry.shape().dim(-1) == part.shape().dim(-1)
                : entry.shape().equals(part.shape());
        if (!fits) {
            throw new CheckpointException(
                    "%s: '%s' is %s, expected %s: the other tensors are those of a Swin %s with %s",
                    location, entry.name(), entry.shape(), part.shape(), config.version(), summary(config));
        }
    }

    private static String summary(SwinConfig config) {
        return "embed_dim %s, depths %s, heads %s, mlp_ratio %s, %s classes"
                .formatted(config.embedDim(), config.depths(), config.heads(), config.mlpRatio(), config.classes());
    }

    /**
     * The canonical tensors of a network.
     *
     * @throws CheckpointException naming the first tensor that is missing, has another shape or does not belong there
     */
    public SortedMap<String, Tensor> canonical(SwinConfig config) {
        checkAtAnySize(config);
        checkTables(config);
        checkPositions(config);
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        CanonicalShapes.of(config).forEach((name, shape) -> tensors.put(name, canonical(config, name, shape)));
        return tensors;
    }

    /** Stages of V1 whose tables are for another window than the network has there, and so are interpolated. */
    public List<Integer> resizedStages(SwinConfig config) {
        List<Integer> stages = new ArrayList<>();
        for (int stage = 0; stage < config.stages(); stage++) {
            int each = stage;
            boolean differs = find("stages." + stage + ".", TABLE)
                    .filter(table -> table.shape().dim(0)
                            != CanonicalShapes.tableWindow(config, each).offsets())
                    .isPresent();
            if (differs) {
                stages.add(stage);
            }
        }
        return stages;
    }

    private void checkTables(SwinConfig config) {
        boolean resizes = config.convention().isTimm() || config.convention() == Convention.MICROSOFT;
        for (Map.Entry<String, Entry> weight : weights.entrySet()) {
            if (!weight.getKey().endsWith(TABLE)) {
                continue;
            }
            int stage = BLOCK.match(weight.getKey()).orElseThrow().stage();
            Window window = CanonicalShapes.tableWindow(config, stage);
            Entry table = weight.getValue();
            boolean isSquare = BiasTables.side(table.shape().dim(0)).isPresent();
            if (table.shape().dim(0) != window.offsets() && !(resizes && isSquare)) {
                throw new CheckpointException(
                        "%s: '%s' is %s, expected [%d, %d]: at %s pixels stage %d has windows of %dx%d tokens and"
                                + " (2*%d-1)*(2*%d-1) relative positions; run it at the image size that it was trained at",
                        location,
                        table.name(),
                        table.shape(),
                        window.offsets(),
                        table.shape().dim(1),
                        config.image(),
                        stage,
                        window.height(),
                        window.width(),
                        window.height(),
                        window.width());
            }
        }
    }

    private void checkPositions(SwinConfig config) {
        find(POSITIONS).ifPresent(positions -> {
            Shape needed = CanonicalShapes.of(config).get(POSITIONS);
            if (!positions.shape().equals(needed)) {
                throw new CheckpointException(
                        "%s: '%s' is %s, expected %s: an absolute position for each patch of %d pixels at %s; run it at the"
                                + " image size that it was trained at",
                        location, positions.name(), positions.shape(), needed, config.patchSize(), config.image());
            }
        });
    }

    private Tensor canonical(SwinConfig config, String name, Shape shape) {
        List<Part> parts = parts(config, name, shape);
        if (parts.size() > 1) {
            List<Entry> entries =
                    parts.stream().map(part -> weights.get(part.canonical())).toList();
            DType dtype = sameType(entries);
            List<Tensor> tensors = entries.stream().map(Entry::tensor).toList();
            if (parts.size() == 2) { // V2 has no key bias
                tensors = List.of(
                        tensors.get(0), Tensors.zeros(dtype, parts.get(0).shape()), tensors.get(1));
            }
            return Tensors.concatenate(shape, tensors);
        }
        Tensor tensor = weights.get(name).tensor();
        if (name.endsWith(TABLE) && tensor.shape().dim(0) != shape.dim(0)) {
            Window window = CanonicalShapes.tableWindow(
                    config, BLOCK.match(name).orElseThrow().stage());
            return config.convention() == Convention.MICROSOFT
                    ? BiasTables.resizedAsMicrosoft(tensor, window)
                    : BiasTables.resizedAsTimm(tensor, window);
        }
        if (config.version() == SwinVersion.V2 && name.endsWith(QKV_BIAS)) {
            return Tensors.zeroMiddleThird(tensor);
        }
        boolean unfolded = layout.mergeOrder() == Layout.MergeOrder.UNFOLD
                && (name.endsWith(".merge.reduction.weight")
                        || (config.version() == SwinVersion.V1 && name.contains(".merge.norm.")));
        return unfolded ? Tensors.patchByPatch(tensor) : tensor;
    }

    /** The tensors of the file that make up a canonical one: more than one where queries, keys and values stand apart. */
    private List<Part> parts(SwinConfig config, String name, Shape shape) {
        if (name.endsWith(QKV_WEIGHT) && find("", ".attn.q.weight").isPresent()) {
            return thirds(name, Shape.of(shape.dim(0) / 3, shape.dim(1)), List.of("q", "k", "v"));
        }
        if (name.endsWith(QKV_BIAS) && find("", ".attn.q.bias").isPresent()) {
            List<String> biased = config.version() == SwinVersion.V1 ? List.of("q", "k", "v") : List.of("q", "v");
            return thirds(name, Shape.of(shape.dim(0) / 3), biased);
        }
        return List.of(new Part(name, shape));
    }

    private static List<Part> thirds(String name, Shape shape, List<String> letters) {
        return letters.stream()
                .map(letter -> new Part(name.replace(".qkv.", "." + letter + "."), shape))
                .toList();
    }

    private DType sameType(List<Entry> entries) {
        Entry first = entries.get(0);
        for (Entry entry : entries) {
            if (entry.tensor().dtype() != first.tensor().dtype()) {
                throw new CheckpointException(
                        "%s: '%s' is %s and '%s' is %s; they are parts of one tensor and need one type",
                        location,
                        first.name(),
                        first.tensor().dtype(),
                        entry.name(),
                        entry.tensor().dtype());
            }
        }
        return first.tensor().dtype();
    }

    /** A head stands beside the network, not under its prefix. */
    private String nameInFile(String canonical) {
        return (canonical.startsWith("head.") ? beside : prefix) + layout.toFile(canonical);
    }
}
