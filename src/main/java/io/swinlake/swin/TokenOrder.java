package io.swinlake.swin;

import java.util.Arrays;

/** The order in which the tokens of a map lie in memory. */
final class TokenOrder {
    private final ImageSize map;
    private final int[] positions; // row * width + column of each token, in memory order
    private final int[] places; // the inverse: where in memory the token of a position lies

    private TokenOrder(ImageSize map, int[] positions) {
        this.map = map;
        this.positions = positions;
        this.places = new int[positions.length];
        for (int place = 0; place < positions.length; place++) {
            places[positions[place]] = place;
        }
    }

    /**
     * An order of all tokens of a map.
     *
     * @param positions {@code row * width + column} of the tokens as they lie in memory, each once
     */
    static TokenOrder of(ImageSize map, int... positions) {
        return new TokenOrder(map, positions.clone());
    }

    /** Row by row. */
    static TokenOrder rows(ImageSize map) {
        int[] positions = new int[map.height() * map.width()];
        Arrays.setAll(positions, i -> i);
        return new TokenOrder(map, positions);
    }

    ImageSize map() {
        return map;
    }

    /** Number of tokens. */
    int count() {
        return positions.length;
    }

    /** {@code row * width + column} of the token at a place in memory. */
    int position(int place) {
        return positions[place];
    }

    /** Where in memory a token lies. */
    int place(int row, int column) {
        return places[row * map.width() + column];
    }

    /** For each token in the order {@code wanted}, where it lies in this order. */
    long[] placesOf(TokenOrder wanted) {
        return Arrays.stream(wanted.positions)
                .mapToLong(position -> places[position])
                .toArray();
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof TokenOrder that && map.equals(that.map) && Arrays.equals(positions, that.positions);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(positions);
    }
}
