package io.swinlake.search;

/**
 * The head and residual bound: what a product over the first few coordinates of two embeddings says of all of them.
 *
 * <p>Let x and y have length 1, let the columns of V be m orthonormal axes, x̂ = Vᵀx and ŷ = Vᵀy the <em>heads</em>, and
 * r(x) = √(1 - |x̂|²) the <em>residual</em>: the length of the part of x that the axes do not see. The parts that they do not see
 * have an inner product of at most r(x) r(y), by Cauchy and Schwarz, so
 *
 * <pre>⟨x, y⟩ ≤ ⟨x̂, ŷ⟩ + r(x) r(y)</pre>
 *
 * which is itself an inner product, of (x̂, r(x)) and (ŷ, r(y)): the rows of {@link #rows}, m + 1 numbers each.
 *
 * <p>What is computed is not that. {@link #slack} is by how much the true cosine may exceed the float32 inner product of two
 * rows:
 *
 * <ul>
 *   <li>A coordinate is off by at most g = {@link Float32Error#bound}, so a head by Δ = √m g. Then |x̂| is at least what was
 *       computed less Δ, which the residual allows for, and ⟨x̂, ŷ⟩ at most what was computed plus Δ (|x̂| + |ŷ| + Δ).
 *   <li>Float32 axes are not orthonormal: VᵀV = 1 + E with |E| ≤ ε. The projection on their span then has x̂ᵀ(1 + E)⁻¹ŷ for
 *       ⟨x̂, ŷ⟩, which differs by at most ε / (1 - ε) |x̂| |ŷ|, where |x̂|² ≤ 1 + ε; and r(x)² ≤ 1 - |x̂|² + ε.
 *   <li>The inner product of two rows, of length at most √(1 + 2Δ + 2ε), is itself computed in float32.
 * </ul>
 */
final class HeadBound {
    private final int head;
    private final double departure;
    private final double headError;

    /**
     * @param rotation that gives the coordinates
     * @param head how many of them make the head: m
     */
    HeadBound(Rotation rotation, int head) {
        this.head = head;
        this.departure = rotation.departure();
        this.headError = Math.sqrt(head) * Float32Error.bound(rotation.dimension()) * (1 + departure);
    }

    /** Numbers of a row: the head and its residual. */
    int width() {
        return head + 1;
    }

    /** By how much a cosine may exceed the float32 inner product of two rows. */
    double slack() {
        if (departure > 0.1 || headError > 0.1) {
            return Double.POSITIVE_INFINITY; // bounds nothing, and is chosen by nobody
        }
        double length = 1 + departure;
        double coordinates = headError * (2 * length + headError);
        double axes = departure / (1 - departure) * length;
        double product = Float32Error.bound(width()) * (1 + 3 * headError + 3 * departure);
        return coordinates + axes + product;
    }

    /**
     * {@code [rows, head + 1]}: heads, and their residuals, rounded up.
     *
     * @param coordinates {@code [rows, count]}, of a rotation of at least {@code head} axes
     */
    float[] rows(float[] coordinates, int rows, int count) {
        float[] bounds = new float[Math.multiplyExact(rows, width())];
        for (int row = 0; row < rows; row++) {
            int from = row * count;
            int to = row * width();
            double square = 0;
            for (int i = 0; i < head; i++) {
                float coordinate = coordinates[from + i];
                bounds[to + i] = coordinate;
                square += (double) coordinate * coordinate;
            }
            double least = Math.max(0, Math.sqrt(square) - headError);
            double residual = Math.sqrt(Math.max(0, 1 - least * least + departure)) + 1e-12;
            bounds[to + head] = Math.nextUp((float) residual);
        }
        return bounds;
    }
}
