package io.swinlake.swin;

import io.swinlake.graph.Dims;
import io.swinlake.graph.GraphException;
import io.swinlake.graph.Scope;
import io.swinlake.graph.Value;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.Optional;

/**
 * Cuts the image into patches and maps each to a token: a convolution whose stride is its kernel, so one linear map per
 * patch. arXiv:2103.14030, section 3.1.
 */
final class PatchEmbedding {
    private static final int COLOURS = 3;

    private final int patch;
    private final Convention convention;
    private final Value weight;
    private final Value bias;
    private final Optional<LayerNorm> norm;
    private final Optional<Value> positions;
    private final TokenOrder order;

    /** @param order that the tokens shall lie in */
    PatchEmbedding(Scope scope, SwinConfig config, TokenOrder order) {
        this.patch = config.patchSize();
        this.convention = config.convention();
        int channels = config.embedDim();
        Scope projection = scope.child("patch_embed").child("proj");
        this.weight = projection.constant(
                "weight", channelsLast(projection.tensor("weight", channels, COLOURS, patch, patch)));
        this.bias = projection.weight("bias", channels);
        this.norm = config.patchNorm()
                ? Optional.of(
                        new LayerNorm(scope.child("patch_embed").child("norm"), channels, LayerNorm.DEFAULT_EPSILON))
                : Optional.empty();
        this.positions = config.absolutePositions()
                ? Optional.of(scope.constant(
                        "absolute_pos_embed",
                        inOrder(order, scope.tensor("absolute_pos_embed", 1, order.count(), channels))))
                : Optional.empty();
        this.order = order;
    }

    /** Positions {@code [1, tokens, channels]}, which a checkpoint has row by row, as the tokens lie in memory. */
    private static Tensor inOrder(TokenOrder order, Tensor rows) {
        int channels = (int) rows.shape().dim(2);
        float[] from = rows.toFloats();
        float[] to = new float[from.length];
        for (int place = 0; place < order.count(); place++) {
            System.arraycopy(from, order.position(place) * channels, to, place * channels, channels);
        }
        return Tensor.of(rows.shape(), to);
    }

    /** {@code [out, 3, patch, patch]} as {@code [out, patch * patch * 3]}: the order in which pixels lie in memory. */
    private static Tensor channelsLast(Tensor kernel) {
        int out = (int) kernel.shape().dim(0);
        int area = (int) (kernel.shape().dim(2) * kernel.shape().dim(3));
        float[] from = kernel.toFloats();
        float[] to = new float[from.length];
        for (int o = 0; o < out; o++) {
            for (int pixel = 0; pixel < area; pixel++) {
                for (int colour = 0; colour < COLOURS; colour++) {
                    to[(o * area + pixel) * COLOURS + colour] = from[(o * COLOURS + colour) * area + pixel];
                }
            }
        }
        return Tensor.of(Shape.of(out, (long) area * COLOURS), to);
    }

    /** The map of tokens that an image of this size gives. */
    static ImageSize mapSize(SwinConfig config, ImageSize image) {
        int patch = config.patchSize();
        return switch (config.convention()) {
            case MICROSOFT -> {
                if (image.height() % patch != 0 || image.width() % patch != 0) {
                    throw new GraphException(
                            "an image of %s pixels does not divide into patches of %d: use a multiple of %d",
                            image, patch, patch);
                }
                yield new ImageSize(image.height() / patch, image.width() / patch);
            }
            case TIMM, TIMM_FLOOR, TORCHVISION -> new ImageSize(image.height() / patch, image.width() / patch);
            case HUGGINGFACE, HUGGINGFACE_BACKBONE, DETECTION, MMPRETRAIN ->
                new ImageSize(ceil(image.height(), patch), ceil(image.width(), patch));
        };
    }

    /**
     * Tokens of an image.
     *
     * @param image {@code [batch, height, width, 3]}, normalised
     */
    TokenMap apply(Value image) {
        Value whole =
                switch (convention) {
                    case MICROSOFT -> image;
                    case TIMM, TIMM_FLOOR, TORCHVISION ->
                        image.slice(1, 0, image.dims().size(1) / patch * patch)
                                .slice(2, 0, image.dims().size(2) / patch * patch);
                    case HUGGINGFACE, HUGGINGFACE_BACKBONE, DETECTION, MMPRETRAIN ->
                        image.padTo(1, roundUp(image.dims().size(1)))
                                .padTo(2, roundUp(image.dims().size(2)));
                };
        Dims dims = whole.dims();
        Value patches = whole.unflatten(2, dims.size(2) / patch, patch)
                .unflatten(1, dims.size(1) / patch, patch) // [batch, rows, patch, columns, patch, 3]
                .permute(0, 1, 3, 2, 4, 5)
                .flatten(3, 5)
                .flatten(1, 2); // [batch, rows * columns, patch * patch * 3]
        TokenMap map = new TokenMap(patches, TokenOrder.rows(order.map())).inOrder(order);
        Value tokens = map.tokens().linear(weight, bias);
        Value normed = norm.map(n -> n.apply(tokens)).orElse(tokens);
        return map.with(positions.map(normed::plus).orElse(normed));
    }

    private long roundUp(long pixels) {
        return (pixels + patch - 1) / patch * patch;
    }

    private static int ceil(int pixels, int patch) {
        return (pixels + patch - 1) / patch;
    }
}
